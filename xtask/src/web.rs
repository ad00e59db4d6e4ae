//! Builds the web app: cargo, then the bundle, then wasm-opt, then a look at what the module imports.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use wasmparser::{Parser, Payload};

use crate::{
    bundle,
    setup::{self, WebTools},
    shell,
};

/// The features that rustc's wasm32 target and `.cargo/config.toml` turn on; wasm-opt must be told.
const WASM_FEATURES: [&str; 8] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Folder in which the built web app lies.
pub fn dist() -> PathBuf {
    shell::root().join("dist")
}

/// Builds the app for release into [`dist`].
///
/// # Errors
/// When a tool fails, or when the module imports from `env`.
pub fn build(tools: &WebTools) -> Result<()> {
    shell::run(&mut compilation(tools)?)?;
    finish(tools)
}

/// What compiles the module, which takes most of the time and one tool, cargo.
///
/// # Errors
/// When the tools cannot be put on PATH.
pub fn compilation(tools: &WebTools) -> Result<Command> {
    let mut cargo = tools.command("cargo")?;
    cargo.args(["build", "--profile", "web", "-p", "ting-web", "--lib"]);
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    Ok(cargo)
}

/// Bundles and optimises the compiled module.
///
/// # Errors
/// When a tool fails, or when the module imports from `env`.
pub fn finish(tools: &WebTools) -> Result<()> {
    let module = bundle::bundle(&shell::root(), &compiled(), &dist())?;
    optimise(tools, &module)?;
    let bytes = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    refuse_env_imports(&bytes)?;
    println!(
        "  web app: module of {} kB in {}",
        bytes.len() / 1000,
        dist().display()
    );
    Ok(())
}

/// Checks that Trunk makes the same of the compiled app as [`bundle::bundle`]: what one sees while working on it is what others get.
///
/// # Errors
/// When Trunk fails, or a file differs.
pub fn compare_with_trunk(tools: &WebTools) -> Result<()> {
    let folder = setup::web_target_dir().join("alike");
    let (by_trunk, by_us) = (folder.join("trunk"), folder.join("own"));
    fs::create_dir_all(&folder)?;
    let mut trunk = tools.command("trunk")?;
    trunk.args(["build", "--release", "--cargo-profile", "web", "--dist"]);
    shell::run(trunk.arg(&by_trunk))?;
    bundle::bundle(&shell::root(), &compiled(), &by_us)?;
    bundle::refuse_differences(&by_trunk, &by_us)
}

fn compiled() -> PathBuf {
    setup::web_target_dir().join("wasm32-unknown-unknown/web/ting_web.wasm")
}

/// Makes a module smaller and faster in place, where there is wasm-opt.
///
/// Functions are put in the order of their names, so that instances of one generic function, which differ little, lie within the 32 kB in
/// which gzip finds repeats. Names are kept until that is done.
///
/// # Errors
/// When wasm-opt fails.
pub fn optimise(tools: &WebTools, module: &Path) -> Result<()> {
    let Some(wasm_opt) = &tools.wasm_opt else {
        return Ok(());
    };
    let pass = |options: &[&str]| {
        let mut pass = shell::command(wasm_opt);
        shell::run(
            pass.args(options)
                .args(WASM_FEATURES)
                .arg(module)
                .arg("-o")
                .arg(module),
        )
    };
    pass(&["-g", "-Oz", "--reorder-functions-by-name"])?;
    pass(&["--strip-debug"])
}

/// An import from `env` is a C symbol that nobody provides: the page would fail to load with an unclear error.
fn refuse_env_imports(module: &[u8]) -> Result<()> {
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(imports) = payload? else {
            continue;
        };
        for import in imports.into_imports() {
            let import = import?;
            if import.module == "env" {
                bail!(
                    "the module imports `{}` from `env`: a dependency expects C code there",
                    import.name
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_trunk_serves_lies_apart_from_what_is_built_for_release() {
        let settings = include_str!("../../Trunk.toml");
        let served = settings.lines().find_map(|line| line.strip_prefix("dist = "));
        let served = shell::root().join(served.unwrap().trim_matches('"'));
        assert!(!served.starts_with(dist()) && !dist().starts_with(served));
    }

    /// A module with one imported function of type () -> ().
    fn module_importing(from: &str) -> Vec<u8> {
        let name = [&[from.len() as u8], from.as_bytes()].concat();
        let import = [&[1], &name[..], &[1, b'f', 0, 0]].concat();
        [
            b"\0asm\x01\0\0\0",
            &[1, 4, 1, 0x60, 0, 0][..],
            &[2, import.len() as u8],
            &import,
        ]
        .concat()
    }

    #[test]
    fn an_import_from_env_is_refused() {
        assert!(refuse_env_imports(&module_importing("env")).is_err());
    }

    #[test]
    fn an_import_from_the_bindings_is_fine() {
        refuse_env_imports(&module_importing("./ting-web_bg.js")).unwrap();
    }
}

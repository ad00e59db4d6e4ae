//! From the compiled module to the folder that a relay serves: bindings for JavaScript, the page, and the files that the page names.
//!
//! Trunk does the same for whoever works on the app and wants it rebuilt upon every change. To play or to test it is not needed, and to build it takes
//! longer than to build the app. Both read the one list of files, `index.html`; a test compares what they make of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// What the page and the worker load: `ting-web.js` and `ting-web_bg.wasm`.
pub const NAME: &str = "ting-web";

/// Makes `folder` anew from a module that cargo built and the `index.html` of `root`; gives the module in it, to be optimised.
///
/// # Errors
/// When the module has no bindings of this version, or `index.html` names a file that is not there or a kind of file that is not known here.
pub fn bundle(root: &Path, module: &Path, folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(folder)?;
    let index = root.join("index.html");
    let index = fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    let (page, assets) = read(&index)?;
    for asset in assets {
        match asset {
            Asset::Module => bind(module, folder)?,
            Asset::File(file) => copy(&root.join(file), folder)?,
            Asset::Folder(source) => copy_folder(&root.join(source), folder)?,
        }
    }
    fs::write(folder.join("index.html"), page)?;
    Ok(folder.join(format!("{NAME}_bg.wasm")))
}

/// Something that the page wants beside it.
#[derive(Debug, PartialEq, Eq)]
enum Asset {
    /// The Rust module and its bindings.
    Module,
    /// A file that is copied under its own name.
    File(PathBuf),
    /// A folder that is copied under its own name.
    Folder(PathBuf),
}

/// The page as browsers get it, and what is to lie beside it: the lines for Trunk (`<link data-trunk …>`, one to a line) are instructions and no part
/// of the page. Of each an empty line is left, as Trunk leaves it.
fn read(index: &str) -> Result<(String, Vec<Asset>)> {
    let (mut page, mut assets) = (String::new(), Vec::new());
    for line in index.lines() {
        if line.trim_start().starts_with("<link data-trunk ") {
            assets.push(asset(line)?);
            page.extend(line.chars().take_while(|character| *character == ' '));
        } else {
            ensure!(!line.contains("data-trunk"), "more than an instruction: {line}");
            page.push_str(line);
        }
        page.push('\n');
    }
    Ok((page, assets))
}

fn asset(line: &str) -> Result<Asset> {
    let href = PathBuf::from(attribute(line, "href")?);
    Ok(match attribute(line, "rel")? {
        "rust" => Asset::Module,
        "copy-file" => Asset::File(href),
        "copy-dir" => Asset::Folder(href),
        other => bail!("index.html names a file of kind `{other}`, which is not known here"),
    })
}

fn attribute<'a>(line: &'a str, name: &str) -> Result<&'a str> {
    let value = line.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest);
    let value = value.and_then(|rest| rest.split_once('"'));
    value
        .map(|(value, _)| value)
        .with_context(|| format!("no {name} in {}", line.trim()))
}

fn bind(module: &Path, folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(NAME).typescript(false);
    // Page and worker name the module themselves; Trunk's way has the default all the same.
    bindgen.omit_default_module_path(false);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .with_context(|| format!("no bindings for {}", module.display()))
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file
        .file_name()
        .with_context(|| format!("{} is no file", file.display()))?;
    fs::copy(file, folder.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
    Ok(())
}

fn copy_folder(source: &Path, folder: &Path) -> Result<()> {
    let name = source
        .file_name()
        .with_context(|| format!("{} is no folder", source.display()))?;
    let target = folder.join(name);
    fs::create_dir_all(&target)?;
    let entries = fs::read_dir(source).with_context(|| format!("cannot read {}", source.display()))?;
    for entry in entries {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => copy(&entry.path(), &target)?,
        }
    }
    Ok(())
}

/// Compares two folders, file by file.
///
/// # Errors
/// Names the files that one has and the other has not, or has otherwise.
pub fn refuse_differences(left: &Path, right: &Path) -> Result<()> {
    let (one, other) = (files_below(left)?, files_below(right)?);
    let names: BTreeSet<&PathBuf> = one.keys().chain(other.keys()).collect();
    let different: Vec<String> = names
        .into_iter()
        .filter(|name| one.get(*name) != other.get(*name))
        .map(|name| name.display().to_string())
        .collect();
    let (left, right) = (left.display(), right.display());
    ensure!(
        different.is_empty(),
        "{left} and {right} differ in {}",
        different.join(", ")
    );
    Ok(())
}

/// All files below a folder, by their paths in it.
///
/// # Errors
/// When one cannot be read.
pub fn files_below(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let (mut files, mut open) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.strip_prefix(folder)?.to_path_buf(), fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_leave_the_page_and_say_what_lies_beside_it() {
        let index = r#"<head>
    <link data-trunk rel="rust" href="web/Cargo.toml" data-wasm-opt="0">
    <link data-trunk rel="copy-dir" href="web/style">
    <link rel="stylesheet" href="/style/base.css">
    <link data-trunk rel="copy-file" href="web/start.js">
</head>
"#;
        let (page, assets) = read(index).unwrap();
        assert_eq!(
            page,
            "<head>\n    \n    \n    <link rel=\"stylesheet\" href=\"/style/base.css\">\n    \n</head>\n"
        );
        let named = [
            Asset::Module,
            Asset::Folder("web/style".into()),
            Asset::File("web/start.js".into()),
        ];
        assert_eq!(assets, named);
    }

    #[test]
    fn a_kind_of_file_that_is_not_known_is_refused_by_name() {
        let refused = read(r#"<link data-trunk rel="sass" href="a.scss">"#).unwrap_err();
        assert!(refused.to_string().contains("`sass`"));
        assert!(read(r#"<p><link data-trunk rel="rust" href="a"></p>"#).is_err());
    }
}

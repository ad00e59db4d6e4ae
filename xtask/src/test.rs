//! `cargo xtask test`: every check, then a table of what ran and how long it took.
//!
//! A step that fails does not stop the others; the whole fails if any did. First comes what the end-to-end tests take. Then tabs and native peers play,
//! which mostly wait for slots, and all other checks go on beside them and make way for them (`nice`), in two lanes: native ones and those of WASM, since
//! one build alone often waits for one crate. Builds always choose the same packages, so that no crate is compiled twice for another choice of features.

use std::{
    fmt,
    process::Command,
    thread::{self, ScopedJoinHandle},
};

use anyhow::{Result, anyhow, bail};

use crate::{
    deny,
    report::{Line, Report},
    setup::{self, Browser, WebTools},
    shell,
    stage::Stage,
    tally::Tally,
    web,
};

/// A group of checks that can be run alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Format, clippy, licences.
    Lint,
    /// Tests of the native packages.
    Unit,
    /// Tests that run in a browser as WASM.
    Wasm,
    /// Real browser tabs and a real relay.
    EndToEnd,
}

impl Kind {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Lint, Self::Unit, Self::Wasm, Self::EndToEnd];

    /// The kind with this name on the command line.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lint => "lint",
            Self::Unit => "unit",
            Self::Wasm => "wasm",
            Self::EndToEnd => "e2e",
        })
    }
}

/// Runs these kinds of checks.
///
/// # Errors
/// When set-up fails or any check does.
pub fn test(kinds: &[Kind]) -> Result<()> {
    let mut report = Report::begin();
    let mut had = None;
    report.step("set-up", || {
        had = Some((setup::web()?, setup::browser()?));
        setup::nats_server()?;
        Ok(Tally::NONE)
    });
    if let Some((tools, browser)) = &had {
        run(kinds, &mut report, tools, browser);
    }
    report.finish()
}

fn run(kinds: &[Kind], report: &mut Report, tools: &WebTools, browser: &Browser) {
    let wants = |kind| kinds.contains(&kind);
    thread::scope(|scope| {
        if wants(Kind::Lint) {
            format(report);
        }
        let mut beside = Vec::new();
        if wants(Kind::EndToEnd) {
            let app = scope.spawn(|| shell::run_quietly(&mut web::compilation(tools)?));
            let mut stage = None;
            report.step("relay and stage", || {
                stage = Some(Stage::build(browser)?);
                Ok(Tally::NONE)
            });
            beside.push(scope.spawn(|| end_to_end(tools, stage, app)));
        }
        if wants(Kind::Wasm) {
            wasm_runner(report);
        }
        beside.push(scope.spawn(|| {
            let lint = wants(Kind::Lint).then(|| lint_wasm(tools));
            let tests = wants(Kind::Wasm).then(|| wasm(tools, browser));
            lint.into_iter().chain(tests.into_iter().flatten()).collect()
        }));
        if wants(Kind::Lint) {
            lint(report);
        }
        if wants(Kind::Unit) {
            unit(report);
        }
        println!("\n== waiting for what went on beside all that");
        for lines in beside {
            let panicked = |_| vec![Line::of("beside", || bail!("a thread panicked"))];
            report.extend(lines.join().unwrap_or_else(panicked));
        }
    });
}

fn format(report: &mut Report) {
    report.step("format", || {
        shell::run(shell::command("cargo").args(["fmt", "--all", "--check"]))?;
        Ok(Tally::NONE)
    });
}

fn lint(report: &mut Report) {
    report.step("clippy, native", || {
        // The first choice leaves out the tests that run by name only, the second the tests inside of libraries.
        for targets in [&["--all-targets"][..], &["--test", "*"]] {
            let mut clippy = shell::command("cargo");
            clippy
                .args(["clippy", "--workspace", "--exclude", "ting-web"])
                .args(targets);
            shell::run(&mut shell::yielding(clippy.args(["--", "-D", "warnings"])))?;
        }
        Ok(Tally::NONE)
    });
    licences(report);
}

fn licences(report: &mut Report) {
    if deny::is_installed() {
        report.step("cargo-deny", || deny::check_offline().map(|()| Tally::NONE));
    } else {
        println!("\n== cargo-deny is not installed: left out here, `cargo xtask deny` builds and runs it");
    }
}

fn unit(report: &mut Report) {
    // The web app's pure rules run here: in a browser the runner takes only what needs one.
    report.step("unit tests", || {
        let cargo = |arguments: &[&str]| {
            let mut cargo = shell::command("cargo");
            cargo.args(arguments).arg("--workspace");
            counted(&mut shell::yielding(&cargo))
        };
        if shell::output(shell::command("cargo").args(["nextest", "--version"])).is_none() {
            return cargo(&["test", "--no-fail-fast"]);
        }
        Ok(cargo(&["nextest", "run", "--no-fail-fast"])? + cargo(&["test", "--doc"])?)
    });
}

/// The program that starts WASM tests in a browser, which is a native one.
fn wasm_runner(report: &mut Report) {
    report.step("runner of WASM tests", || {
        let mut build = shell::command("cargo");
        build.args(["test", "--workspace", "--no-run", "--test", "runner"]);
        shell::run(&mut shell::yielding(&build)).map(|()| Tally::NONE)
    });
}

/// What runs as WASM, always chosen together: another choice would have other features, and compile most crates again.
const WASM_PACKAGES: [&str; 6] = ["-p", "ting-web", "-p", "ting-core", "-p", "ting-sim"];

fn lint_wasm(tools: &WebTools) -> Line {
    Line::of("clippy, wasm32", || {
        let mut clippy = tools.command("cargo")?;
        clippy.arg("clippy").args(WASM_PACKAGES);
        clippy.args(["--no-default-features", "--target", "wasm32-unknown-unknown"]);
        shell::run_quietly(&mut shell::yielding(clippy.args(["--", "-D", "warnings"])))?;
        Ok(Tally::NONE)
    })
}

/// Tests in a browser, quietly: other checks write to the screen meanwhile.
fn wasm(tools: &WebTools, browser: &Browser) -> Vec<Line> {
    let in_browser = |packages: &[&str], target: &[&str]| {
        let mut test = tools.command("cargo")?;
        test.arg("test").args(packages).args(target);
        test.args(["--no-default-features", "--target", "wasm32-unknown-unknown"]);
        test.env("CHROMEDRIVER", &browser.chromedriver);
        test.env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            setup::target_dir().join("debug/wasm-test-runner"),
        );
        counted_quietly(&mut shell::yielding(&test))
    };
    vec![
        Line::of("core in Chromium", || {
            in_browser(&WASM_PACKAGES, &["--test", "web"])
        }),
        Line::of("simulator in Chromium", || {
            in_browser(&WASM_PACKAGES, &["--test", "same_run"])
        }),
        // The libraries of the others have no tests for a browser.
        Line::of("web in Chromium", || in_browser(&["-p", "ting-web"], &["--lib"])),
    ]
}

/// Plays in real tabs and among native peers, quietly: other checks write to the screen meanwhile.
fn end_to_end(tools: &WebTools, stage: Option<Stage>, app: ScopedJoinHandle<'_, Result<()>>) -> Vec<Line> {
    let mut lines = vec![Line::of("web app", || {
        app.join().map_err(|_| anyhow!("a thread panicked"))??;
        web::finish(tools).map(|()| Tally::NONE)
    })];
    if let Some(tools) = tools.with_installed_trunk() {
        lines.push(Line::of("the same by trunk", || {
            web::compare_with_trunk(&tools).map(|()| Tally::NONE)
        }));
    } else {
        println!(
            "\n== trunk is not installed: that it makes the same of the app is left out here, `cargo xtask serve` installs it"
        );
    }
    let Some(stage) = stage else { return lines };
    // Native peers mostly wait for slots, tabs do so half of the time: so many tests go on side by side on two cores.
    let play = |name, tests, threads| {
        Ok(Line::of(name, || {
            counted_quietly(&mut stage.tests(tests, threads))
        }))
    };
    let played = shell::beside(
        || play("end to end", &stage.tabs, "--test-threads=2"),
        || play("native peers and relays", &stage.faults, "--test-threads=4"),
    );
    match played {
        Ok((tabs, peers)) => lines.extend([tabs, peers]),
        Err(error) => lines.push(Line::of("end to end", || Err(error))),
    }
    lines
}

/// Runs a test runner and counts its tests from its closing lines. Errors tell what happened in words: a backtrace through
/// async frames would only bury them.
fn counted(command: &mut Command) -> Result<Tally> {
    let (succeeded, printed) = shell::run_and_copy(command.env("RUST_LIB_BACKTRACE", "0"))?;
    Tally::of_run(succeeded, &printed)
}

/// Like [`counted`], but what the runner printed follows in one piece.
fn counted_quietly(command: &mut Command) -> Result<Tally> {
    let (succeeded, printed) = shell::run_and_keep(command.env("RUST_LIB_BACKTRACE", "0"))?;
    println!("{printed}");
    Tally::of_run(succeeded, &printed)
}

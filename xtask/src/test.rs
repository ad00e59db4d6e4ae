//! `cargo xtask test`: every check, one after the other, then a table of what ran and how long it took.
//!
//! A step that fails does not stop the others; the whole fails if any did.

use std::{
    fmt,
    ops::Add,
    process::Command,
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, bail};

use crate::{
    deny, relay,
    setup::{self, Browser, WebTools},
    shell,
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
    let mut report = Report {
        start: Instant::now(),
        lines: Vec::new(),
    };
    let mut had = None;
    report.step("set-up", || {
        had = Some((setup::web()?.and_test_runner()?, setup::browser()?));
        setup::nats_server()?;
        Ok(Tally::NONE)
    });
    if let Some((tools, browser)) = &had {
        // The app is compiled while other checks go on: its largest crates come last, one by one, and leave a core to them.
        thread::scope(|scope| {
            let compiles = kinds.contains(&Kind::EndToEnd);
            let mut app = compiles.then(|| scope.spawn(|| shell::run_quietly(&mut web::compilation(tools)?)));
            for kind in kinds {
                match kind {
                    Kind::Lint => lint(&mut report, tools),
                    Kind::Unit => unit(&mut report),
                    Kind::Wasm => wasm(&mut report, tools, browser),
                    Kind::EndToEnd => end_to_end(&mut report, tools, browser, app.take()),
                }
            }
        });
    }
    report.finish()
}

fn lint(report: &mut Report, tools: &WebTools) {
    report.step("format", || {
        shell::run(shell::command("cargo").args(["fmt", "--all", "--check"]))?;
        Ok(Tally::NONE)
    });
    report.step("clippy, native", || {
        let mut clippy = shell::command("cargo");
        clippy.args(["clippy", "--workspace", "--exclude", "ting-web", "--all-targets"]);
        shell::run(clippy.args(["--", "-D", "warnings"]))?;
        Ok(Tally::NONE)
    });
    report.step("clippy, wasm32", || {
        let mut clippy = tools.command("cargo")?;
        clippy.args([
            "clippy",
            "-p",
            "ting-web",
            "-p",
            "ting-core",
            "-p",
            "ting-sim",
            "--no-default-features",
            "--target",
            "wasm32-unknown-unknown",
        ]);
        shell::run(clippy.args(["--", "-D", "warnings"]))?;
        Ok(Tally::NONE)
    });
    if deny::is_installed() {
        report.step("cargo-deny", || deny::check_offline().map(|()| Tally::NONE));
    } else {
        println!("\n== cargo-deny is not installed: left out here, `cargo xtask deny` builds and runs it");
    }
}

fn unit(report: &mut Report) {
    // The web app's pure rules run here: in a browser the runner takes only what needs one.
    let packages = ["--workspace", "--exclude", "ting-e2e"];
    report.step("unit tests", || {
        if shell::output(shell::command("cargo").args(["nextest", "--version"])).is_none() {
            return counted(
                shell::command("cargo")
                    .args(["test", "--no-fail-fast"])
                    .args(packages),
            );
        }
        let run = counted(
            shell::command("cargo")
                .args(["nextest", "run", "--no-fail-fast"])
                .args(packages),
        )?;
        let documentation = counted(shell::command("cargo").args(["test", "--doc"]).args(packages))?;
        Ok(run + documentation)
    });
}

fn wasm(report: &mut Report, tools: &WebTools, browser: &Browser) {
    let in_browser = |arguments: &[&str]| {
        let mut test = tools.command("cargo")?;
        test.arg("test")
            .args(arguments)
            .args(["--target", "wasm32-unknown-unknown"]);
        test.env("CHROMEDRIVER", &browser.chromedriver);
        test.env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            "wasm-bindgen-test-runner",
        );
        counted(&mut test)
    };
    if shell::root().join("core/tests/web.rs").exists() {
        report.step("core in Chromium", || {
            in_browser(&["-p", "ting-core", "--test", "web"])
        });
    }
    report.step("simulator in Chromium", || {
        in_browser(&["-p", "ting-sim", "--no-default-features", "--test", "same_run"])
    });
    report.step("web in Chromium", || in_browser(&["-p", "ting-web", "--lib"]));
}

fn end_to_end(
    report: &mut Report,
    tools: &WebTools,
    browser: &Browser,
    app: Option<ScopedJoinHandle<'_, Result<()>>>,
) {
    report.step("web app", || {
        // Unless the same kind is named twice, it is being compiled since the start.
        if let Some(app) = app {
            app.join().map_err(|_| anyhow!("a thread panicked"))??;
        }
        web::build(tools).map(|()| Tally::NONE)
    });
    if setup::has_trunk() {
        report.step("the same by trunk", || {
            web::compare_with_trunk(tools).map(|()| Tally::NONE)
        });
    } else {
        println!(
            "\n== trunk is not installed: that it makes the same of the app is left out here, `cargo xtask serve` installs it"
        );
    }
    let played = |arguments: &[&str]| {
        let mut test = shell::command("cargo");
        test.args(["test", "--no-fail-fast", "-p", "ting-e2e"])
            .args(arguments);
        test.env("TING_RELAY", relay::build()?)
            .env("TING_WEB_ROOT", web::dist());
        test.env("TING_AXE", setup::axe()?);
        test.env("TING_CHROMIUM", &browser.chromium)
            .env("TING_CHROMEDRIVER", &browser.chromedriver);
        counted(&mut test)
    };
    // Native peers mostly wait for slots, tabs do so half of the time: so many tests go on side by side on two cores.
    report.step("native peers and relays", || {
        played(&["--test", "faults", "--", "--test-threads=8", "--nocapture"])
    });
    report.step("end to end", || {
        played(&["--lib", "--test", "tabs", "--", "--test-threads=2", "--nocapture"])
    });
}

/// Runs a test runner and counts its tests from its closing lines. Errors tell what happened in words: a backtrace through
/// async frames would only bury them.
fn counted(command: &mut Command) -> Result<Tally> {
    let (succeeded, printed) = shell::run_and_copy(command.env("RUST_LIB_BACKTRACE", "0"))?;
    let tally = Tally::of(&printed);
    if !succeeded && tally.failed == 0 {
        bail!("the tests could not run");
    }
    Ok(tally)
}

struct Report {
    start: Instant,
    lines: Vec<Line>,
}

struct Line {
    name: &'static str,
    tally: Tally,
    error: Option<String>,
    took: Duration,
}

impl Line {
    fn failed(&self) -> bool {
        self.error.is_some() || self.tally.failed > 0
    }
}

impl Report {
    fn step(&mut self, name: &'static str, check: impl FnOnce() -> Result<Tally>) {
        println!("\n== {name}");
        let start = Instant::now();
        let (tally, error) = match check() {
            Ok(tally) => (tally, None),
            Err(error) => (Tally::NONE, Some(format!("{error:#}"))),
        };
        if let Some(error) = &error {
            println!("  {name} failed: {error}");
        }
        self.lines.push(Line {
            name,
            tally,
            error,
            took: start.elapsed(),
        });
    }

    fn finish(self) -> Result<()> {
        println!(
            "\n{:<18} {:>7} {:>7} {:>8} {:>8}",
            "step", "passed", "failed", "skipped", "time"
        );
        for line in &self.lines {
            let Tally {
                passed,
                failed,
                skipped,
                ..
            } = &line.tally;
            let verdict = if line.failed() { "  FAILED" } else { "" };
            let seconds = line.took.as_secs_f32();
            println!(
                "{:<18} {passed:>7} {failed:>7} {skipped:>8} {seconds:>6.1} s{verdict}",
                line.name
            );
        }
        let all = self.lines.iter().map(|line| line.tally.clone());
        let all = all.fold(Tally::NONE, Tally::add);
        println!("\ntotal time {:.1} s", self.start.elapsed().as_secs_f32());
        println!(
            "{} passed, {} failed, {} skipped",
            all.passed, all.failed, all.skipped
        );
        for line in &self.lines {
            for complaint in line.error.iter().chain(&line.tally.complaints) {
                println!("\n{}: {complaint}", line.name);
            }
        }
        if self.lines.iter().any(Line::failed) {
            bail!("not everything passed");
        }
        Ok(())
    }
}

//! Where the end-to-end tests play: a relay, a browser, and their own programs, which run without cargo, since cargo compiles other things meanwhile.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    setup::{self, Browser},
    shell, web,
};

/// All that the end-to-end tests take but the app.
pub struct Stage {
    /// The tests among native peers.
    pub faults: PathBuf,
    /// The tests in real tabs.
    pub tabs: PathBuf,
    relay: PathBuf,
    axe: PathBuf,
    chromium: PathBuf,
    chromedriver: PathBuf,
}

impl Stage {
    /// Compiles the tests and the relay, whose program comes with its own tests.
    ///
    /// # Errors
    /// When something does not build, or axe-core cannot be had.
    pub fn build(browser: &Browser) -> Result<Self> {
        let mut cargo = shell::command("cargo");
        cargo.args([
            "test",
            "--workspace",
            "--no-run",
            "--message-format=json-render-diagnostics",
        ]);
        cargo.args(["--test", "tabs", "--test", "faults", "--test", "relay"]);
        let messages = cargo.stdout(Stdio::piped()).spawn()?.wait_with_output()?;
        if !messages.status.success() {
            bail!("the tests do not compile");
        }
        let messages = String::from_utf8_lossy(&messages.stdout);
        let program = |kind: &str, name: &str| {
            let found = messages.lines().find_map(|line| executable(line, kind, name));
            found.with_context(|| format!("cargo told of no program {name}"))
        };
        Ok(Self {
            faults: program("test", "faults")?,
            tabs: program("test", "tabs")?,
            relay: program("bin", "ting-relay")?,
            axe: setup::axe()?,
            chromium: browser.chromium.clone(),
            chromedriver: browser.chromedriver.clone(),
        })
    }

    /// The command that runs one of the test programs.
    pub fn tests(&self, program: &Path, threads: &str) -> Command {
        let mut command = shell::command(program);
        command
            .args([threads, "--nocapture"])
            .current_dir(shell::root().join("e2e"))
            .env("TING_RELAY", &self.relay)
            .env("TING_WEB_ROOT", web::dist())
            .env("TING_AXE", &self.axe)
            .env("TING_CHROMIUM", &self.chromium)
            .env("TING_CHROMEDRIVER", &self.chromedriver);
        command
    }
}

/// The program that a line of cargo's messages tells of, if it is this target's.
fn executable(line: &str, kind: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let target = message.get("target")?;
    let is_of_kind = target.get("kind")?.as_array()?.iter().any(|other| other == kind);
    let is_it = is_of_kind && target.get("name")? == name;
    let program = message.get("executable")?.as_str().filter(|_| is_it)?;
    Some(PathBuf::from(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_the_kind_and_name_of_its_target() {
        let line = r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"relay"},"executable":"/there/relay"}"#;
        assert_eq!(
            executable(line, "bin", "relay"),
            Some(PathBuf::from("/there/relay"))
        );
        assert_eq!(executable(line, "test", "relay"), None);
        assert_eq!(executable(line, "bin", "tabs"), None);
        assert_eq!(
            executable(&line.replace("\"/there/relay\"", "null"), "bin", "relay"),
            None
        );
        assert_eq!(executable("Finished", "bin", "relay"), None);
    }
}

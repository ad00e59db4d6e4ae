//! What ran, how it went and how long it took: the table at the end of `cargo xtask test`.

use std::{
    ops::Add,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::tally::Tally;

/// The steps of a command that have run so far, and how each went.
pub struct Report {
    start: Instant,
    lines: Vec<Line>,
}

/// What became of one step.
pub struct Line {
    name: &'static str,
    tally: Tally,
    error: Option<String>,
    took: Duration,
}

impl Line {
    /// Runs a check and notes how it went and for how long.
    pub fn of(name: &'static str, check: impl FnOnce() -> Result<Tally>) -> Self {
        let start = Instant::now();
        let (tally, error) = match check() {
            Ok(tally) => (tally, None),
            Err(error) => (Tally::NONE, Some(format!("{error:#}"))),
        };
        if let Some(error) = &error {
            println!("  {name} failed: {error}");
        }
        Self {
            name,
            tally,
            error,
            took: start.elapsed(),
        }
    }

    fn failed(&self) -> bool {
        self.error.is_some() || self.tally.failed > 0
    }
}

impl Report {
    /// Begins a report: nothing has run yet.
    pub fn begin() -> Self {
        Self {
            start: Instant::now(),
            lines: Vec::new(),
        }
    }

    /// Runs a check, after its name on the screen.
    pub fn step(&mut self, name: &'static str, check: impl FnOnce() -> Result<Tally>) {
        println!("\n== {name}");
        self.lines.push(Line::of(name, check));
    }

    /// Steps that went on beside these.
    pub fn extend(&mut self, lines: Vec<Line>) {
        self.lines.extend(lines);
    }

    /// Shows the table, and what failed in words.
    ///
    /// # Errors
    /// When a step failed.
    pub fn finish(self) -> Result<()> {
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

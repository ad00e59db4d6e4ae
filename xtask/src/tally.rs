//! Counts tests from the closing lines of the runners: cargo test, wasm-bindgen-test and nextest.

use std::ops::Add;

use anyhow::{Result, bail};

use crate::complaint::complaints;

/// How many tests ended how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Tests that were ignored.
    pub skipped: u32,
    /// What the failing ones said; empty if none failed.
    pub complaints: Vec<String>,
}

impl Tally {
    /// Nothing counted.
    pub const NONE: Self = Self {
        passed: 0,
        failed: 0,
        skipped: 0,
        complaints: Vec::new(),
    };

    /// What a runner that ended so says of its tests.
    ///
    /// # Errors
    /// When it failed without a test that did.
    pub fn of_run(succeeded: bool, printed: &str) -> Result<Self> {
        let tally = Self::of(printed);
        if !succeeded && tally.failed == 0 {
            bail!("the tests could not run");
        }
        Ok(tally)
    }

    /// The sum of all closing lines in what a runner printed.
    pub fn of(printed: &str) -> Self {
        let closing = printed.lines().map(str::trim).filter(|line| {
            line.starts_with("test result:") || (line.starts_with("Summary [") && line.contains(" run:"))
        });
        let mut tally = closing.fold(Self::NONE, |sum, line| sum + Self::of_closing_line(line));
        if tally.failed > 0 {
            tally.complaints = complaints(printed);
        }
        tally
    }

    fn of_closing_line(line: &str) -> Self {
        let words: Vec<&str> = line
            .split([' ', ';', ','])
            .filter(|word| !word.is_empty())
            .collect();
        let count = |label: &str| {
            let pairs = words.iter().zip(words.iter().skip(1));
            let mut counts = pairs
                .filter(|(_, word)| **word == label)
                .map(|(count, _)| count.parse().unwrap_or(0));
            counts.next().unwrap_or(0)
        };
        Self {
            passed: count("passed"),
            failed: count("failed"),
            skipped: count("ignored") + count("skipped"),
            complaints: Vec::new(),
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.complaints.extend(other.complaints);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_cargo_test_are_summed() {
        let printed = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
            test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(
            Tally::of(printed),
            Tally {
                passed: 5,
                failed: 1,
                skipped: 1,
                complaints: Vec::new(),
            }
        );
    }

    #[test]
    fn the_closing_line_of_nextest_is_read() {
        let printed = "     Summary [   0.512s] 12 tests run: 11 passed (1 slow), 1 failed, 2 skipped\n";
        assert_eq!(
            Tally::of(printed),
            Tally {
                passed: 11,
                failed: 1,
                skipped: 2,
                complaints: Vec::new(),
            }
        );
    }
}

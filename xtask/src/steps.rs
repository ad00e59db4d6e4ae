//! What is being done, of how many steps, and for how long: so that whoever waits the first time knows for what.

use std::{fmt::Display, time::Instant};

use anyhow::Result;

/// The steps of one command.
pub struct Steps {
    total: usize,
    begun: usize,
    start: Instant,
}

impl Steps {
    /// So many steps, of which none is begun.
    pub fn new(total: usize) -> Self {
        Self {
            total,
            begun: 0,
            start: Instant::now(),
        }
    }

    /// Does the next step, and says how long it took.
    ///
    /// # Errors
    /// As `work`.
    pub fn next<T>(&mut self, what: impl Display, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.begun += 1;
        let step = format!("[{}/{}]", self.begun, self.total);
        println!("\n{step} {what}");
        let start = Instant::now();
        let done = work()?;
        println!(
            "{step} done in {}, {} since the start",
            shown_seconds(start),
            shown_seconds(self.start)
        );
        Ok(done)
    }
}

/// Minutes and seconds since then.
fn shown_seconds(since: Instant) -> String {
    let seconds = since.elapsed().as_secs();
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

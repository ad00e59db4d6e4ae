//! A run in lines of text, for whoever reads along.

use super::sight::{Sight, Witness};
use crate::view::View;

/// Tells what is done and what peers tell, line by line.
pub struct Trace<F> {
    line: F,
}

impl<F: FnMut(String)> Trace<F> {
    /// A trace that gives every line to `line`.
    pub fn new(line: F) -> Self {
        Self { line }
    }
}

impl<F: FnMut(String)> Witness for Trace<F> {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        let at_ms = view.now().0;
        match sight {
            Sight::Acts(action) => (self.line)(format!("{at_ms:>8} {action:?}")),
            Sight::Meets { fate, .. } => (self.line)(format!("{at_ms:>8} {}", fate.words())),
            Sight::Tells { who, event } => (self.line)(format!("{at_ms:>8} peer {}: {event:?}", who.0)),
            // Too many to read.
            Sight::Sends { .. }
            | Sight::Stores { .. }
            | Sight::Signs { .. }
            | Sight::Rests(_)
            | Sight::Ends(_) => {}
        }
    }
}

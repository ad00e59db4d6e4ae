//! Lines that were sent and cannot go out yet: the ledger lets only so many of one account wait. They go out one after the other, in their
//! order, and what waits is shown, so that nothing is lost without a word however fast somebody writes.
//!
//! Bounded in lines and bytes; beyond that, a line comes back to who wrote it.

use std::collections::VecDeque;

use ting_core::peer::command::{Command, CommandResult};
use yew::Callback;

/// Most lines that may wait.
const MAX_LINES: usize = 512;
/// Most bytes of their texts.
const MAX_BYTES: usize = 256 * 1024;

/// A line, and who hears what became of it.
pub struct Line {
    command: Command,
    answered: Callback<CommandResult>,
}

impl Line {
    /// A line of a command to post something.
    pub const fn new(command: Command, answered: Callback<CommandResult>) -> Self {
        Self { command, answered }
    }

    /// Tells who sent it what became of it.
    pub fn answer(&self, result: CommandResult) {
        self.answered.emit(result);
    }

    fn text_bytes(&self) -> usize {
        shown(&self.command).map_or(0, |(_, text)| text.len())
    }
}

fn shown(command: &Command) -> Option<(&str, &str)> {
    match command {
        Command::Post { channel, text, .. } => Some((channel, text)),
        _ => None,
    }
}

/// The lines, in their order; the first is the one that is asked for.
#[derive(Default)]
pub struct Unsent {
    lines: VecDeque<Line>,
    bytes: usize,
}

impl Unsent {
    /// Adds a line at the end, and says whether it is the first.
    ///
    /// # Errors
    /// The line, if too much waits already.
    pub fn push(&mut self, line: Line) -> Result<bool, Line> {
        let bytes = self.bytes.saturating_add(line.text_bytes());
        if self.lines.len() >= MAX_LINES || bytes > MAX_BYTES {
            return Err(line);
        }
        self.bytes = bytes;
        self.lines.push_back(line);
        Ok(self.lines.len() == 1)
    }

    /// Command of the first line, if any waits.
    pub fn first(&self) -> Option<&Command> {
        self.lines.front().map(|line| &line.command)
    }

    /// Takes the first line out.
    pub fn pop(&mut self) -> Option<Line> {
        let line = self.lines.pop_front()?;
        self.bytes = self.bytes.saturating_sub(line.text_bytes());
        Some(line)
    }

    /// Channels and texts, as the page shows them.
    pub fn waiting(&self) -> Waiting {
        let lines = self.lines.iter().filter_map(|line| shown(&line.command));
        Waiting(
            lines
                .map(|(channel, text)| (channel.to_owned(), text.to_owned()))
                .collect(),
        )
    }
}

/// Channel and text of each line that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting(pub Vec<(String, String)>);

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        let command = Command::Post {
            channel: "hall".into(),
            text: text.into(),
            reply_to: None,
            mentions: Vec::new(),
        };
        Line::new(command, Callback::noop())
    }

    #[test]
    fn lines_leave_in_the_order_in_which_they_came() {
        let mut unsent = Unsent::default();
        let are_first =
            ["one", "two", "three"].map(|text| unsent.push(line(text)).is_ok_and(|is_first| is_first));
        assert_eq!(are_first, [true, false, false]);
        let texts: Vec<String> = unsent.waiting().0.into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["one", "two", "three"]);
        assert!(unsent.pop().is_some_and(|line| line.text_bytes() == 3));
        assert!(matches!(unsent.first(), Some(Command::Post { text, .. }) if text == "two"));
    }

    #[test]
    fn too_many_lines_and_too_many_bytes_come_back() {
        let mut many = Unsent::default();
        assert!((0..MAX_LINES).all(|_| many.push(line("a")).is_ok()));
        assert!(many.push(line("a")).is_err());
        let mut long = Unsent::default();
        let text = "a".repeat(MAX_BYTES / 2);
        assert!(long.push(line(&text)).is_ok() && long.push(line(&text)).is_ok());
        assert!(long.push(line("a")).is_err());
        long.pop();
        assert!(long.push(line("a")).is_ok());
    }
}

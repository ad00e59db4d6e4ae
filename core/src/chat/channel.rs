//! The lines of one channel that are in blocks, in chain order.

use std::collections::VecDeque;

use crate::{
    chat::line::{Line, is_unread},
    crypto::keys::Address,
    delivery::{Settled, Tracked},
    ledger::transaction::TransactionId,
};

/// The newest lines of a channel, the number of those before them, and how far I read. The room keeps `lines` within its bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Channel {
    forgotten: u64,
    lines: VecDeque<Settled<Line>>,
}

impl Channel {
    /// Number of the channel's lines in blocks, kept here or not.
    pub(super) fn count(&self) -> u64 {
        self.forgotten.saturating_add(self.lines.len() as u64)
    }

    /// Number of lines that are kept here.
    pub(super) fn kept(&self) -> usize {
        self.lines.len()
    }

    /// The kept lines, oldest first.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &Settled<Line>> {
        self.lines.iter()
    }

    /// The line with this number, counted from the channel's first.
    pub(super) fn line(&self, number: u64) -> Option<&Settled<Line>> {
        let index = number.checked_sub(self.forgotten)?;
        self.lines.get(usize::try_from(index).ok()?)
    }

    /// A block brought a line; the number it got.
    pub(super) fn push(&mut self, line: Settled<Line>) -> u64 {
        let number = self.count();
        self.lines.push_back(line);
        number
    }

    /// The block of the newest line was undone. `None` if the line was forgotten already; it is no longer counted then.
    pub(super) fn pop(&mut self, id: &TransactionId) -> Option<Tracked<Line>> {
        if self.lines.back().is_some_and(|line| line.tracked.id == *id) {
            return self.lines.pop_back().map(|line| line.tracked);
        }
        self.forgotten = self.forgotten.saturating_sub(1);
        None
    }

    /// Forgets the oldest kept line, but goes on counting it.
    pub(super) fn forget_oldest(&mut self) -> Option<TransactionId> {
        let line = self.lines.pop_front()?;
        self.forgotten = self.forgotten.saturating_add(1);
        Some(line.tracked.id)
    }

    /// What blocks up to this height hold is read.
    pub(super) fn mark_read(&mut self, height: u64) {
        for line in self.lines.iter_mut().take_while(|line| line.height <= height) {
            line.tracked.item.read = true;
        }
    }

    /// Kept lines that I did not read, oldest first.
    pub(super) fn unread(&self, me: &Address) -> impl Iterator<Item = &Tracked<Line>> {
        self.lines
            .iter()
            .map(|line| &line.tracked)
            .filter(|line| is_unread(line, me))
    }
}

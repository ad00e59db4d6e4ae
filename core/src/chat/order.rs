//! The order in which one block's lines are read: the block's own, but nobody answers a line that comes below.
//!
//! Proposers take an author's transactions by ascending nonces, so the block's order is a good one. Only a reply that pays more for its bytes
//! can be in a block above what it quotes; it is read right after that, and so is what its author wrote afterwards. The order depends on the
//! block alone, so all peers show the same. It costs `n log n` whatever the block holds, and lines that wait for each other in a circle,
//! which only somebody who means it can make, stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    chat::line::{Content, Line},
    crypto::keys::Address,
    delivery::Tracked,
    ledger::transaction::TransactionId,
    sorting,
};

/// Puts the lines of one block, given in the block's order, into the order of reading.
pub(super) fn in_reading_order(lines: Vec<Tracked<Line>>) -> Vec<Tracked<Line>> {
    let mut places: BTreeMap<TransactionId, usize> = BTreeMap::new();
    let mut is_in_order = true;
    // From below: what is found already lies below.
    for (place, line) in lines.iter().enumerate().rev() {
        is_in_order &= quote_of(line).is_none_or(|quote| !places.contains_key(&quote));
        places.insert(line.id, place);
    }
    if is_in_order {
        return lines;
    }
    let order = Waits::among(&lines, &places).into_order();
    let mut lines: Vec<Option<Tracked<Line>>> = lines.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|place| lines.get_mut(place)?.take())
        .collect()
}

fn quote_of(line: &Tracked<Line>) -> Option<TransactionId> {
    match &line.item.content {
        Content::Text { reply_to, .. } => *reply_to,
        _ => None,
    }
}

/// Which lines have to be read before which.
struct Waits {
    /// How many lines each one waits for.
    open: BTreeMap<usize, usize>,
    /// For each line those that wait for it.
    followers: BTreeMap<usize, Vec<usize>>,
}

impl Waits {
    fn among(lines: &[Tracked<Line>], places: &BTreeMap<TransactionId, usize>) -> Self {
        let mut waits = Self {
            open: BTreeMap::new(),
            followers: BTreeMap::new(),
        };
        let mut last_of: BTreeMap<Address, usize> = BTreeMap::new();
        for (place, line) in lines.iter().enumerate() {
            let before = last_of.insert(line.account, place);
            let quote = quote_of(line).and_then(|quote| places.get(&quote)).copied();
            waits.open.insert(place, 0);
            for other in before.into_iter().chain(quote) {
                waits.followers.entry(other).or_default().push(place);
                *waits.open.entry(place).or_default() += 1;
            }
        }
        waits
    }

    /// The first in the block that waits for nothing more comes next.
    fn into_order(mut self) -> Vec<usize> {
        let free = self.open.iter().filter(|(_, open)| **open == 0);
        let mut ready: BTreeSet<usize> = sorting::set(free.map(|(place, _)| *place));
        let mut order = Vec::new();
        while let Some(place) = ready.pop_first() {
            self.open.remove(&place);
            order.push(place);
            for follower in self.followers.remove(&place).unwrap_or_default() {
                if let Some(open) = self.open.get_mut(&follower) {
                    *open = open.saturating_sub(1);
                    if *open == 0 {
                        ready.insert(follower);
                    }
                }
            }
        }
        order.extend(self.open.into_keys());
        order
    }
}

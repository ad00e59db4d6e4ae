//! The place in the chain at which waiting transactions have to be valid.

use crate::{
    ledger::{anchor::Anchor, state::LedgerState},
    time::Slot,
};

/// What waiting transactions are checked against: the tip of the chosen chain, and the current slot.
#[derive(Clone, Copy, Debug)]
pub struct Tip<'a> {
    /// Accounts after the head of the chosen chain.
    pub ledger: &'a LedgerState,
    /// Blocks recorded as final, to which claims may bind their work.
    pub anchors: &'a [Anchor],
    /// Current slot, by which expiries are judged.
    pub slot: Slot,
}

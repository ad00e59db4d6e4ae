//! What waiting transactions are checked against.

use crate::{
    ledger::{anchor::Anchor, state::LedgerState},
    time::Slot,
};

/// What waiting transactions are checked against: the tip of the chosen chain, and the current slot.
#[derive(Clone, Copy, Debug)]
pub struct Tip<'a> {
    /// The ledger.
    pub ledger: &'a LedgerState,
    /// Blocks recorded as final, to which claims may bind their work.
    pub anchors: &'a [Anchor],
    /// The current slot.
    pub slot: Slot,
}

//! Counts checks of signatures and proofs, rounds of duties, and walks through the roster, so that tests can say what a message costs whatever the machine. Compiled into tests only.

use std::cell::Cell;

thread_local! {
    static CHECKS: Cell<Checks> = const { Cell::new(Checks { signatures: 0, proofs: 0, rounds: 0, walks: 0 }) };
}

/// How much was done on this thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checks {
    /// Signatures that were checked, alone or in batches.
    pub(crate) signatures: u64,
    /// VRF proofs that were checked.
    pub(crate) proofs: u64,
    /// Times that a peer went through its duties.
    pub(crate) rounds: u64,
    /// Times that the clock samples of all sessions were weighed.
    pub(crate) walks: u64,
}

impl Checks {
    /// All that was counted on this thread so far.
    pub(crate) fn now() -> Self {
        CHECKS.get()
    }

    /// What was counted after an earlier moment.
    pub(crate) fn since(earlier: Self) -> Self {
        let now = Self::now();
        Self {
            signatures: now.signatures - earlier.signatures,
            proofs: now.proofs - earlier.proofs,
            rounds: now.rounds - earlier.rounds,
            walks: now.walks - earlier.walks,
        }
    }

    pub(super) fn count_signatures(count: usize) {
        let mut checks = CHECKS.get();
        checks.signatures += count as u64;
        CHECKS.set(checks);
    }

    pub(crate) fn count_round() {
        let mut checks = CHECKS.get();
        checks.rounds += 1;
        CHECKS.set(checks);
    }

    pub(crate) fn count_walk() {
        let mut checks = CHECKS.get();
        checks.walks += 1;
        CHECKS.set(checks);
    }

    pub(super) fn count_proof() {
        let mut checks = CHECKS.get();
        checks.proofs += 1;
        CHECKS.set(checks);
    }
}

//! What a transaction costs at least, by the network's schedule.

use crate::ledger::{
    genesis::Fees,
    transaction::{Action, encoded_len_of},
};

impl Fees {
    /// The least fee, in µTNG, of a transaction with this action; none where the grant is drawn.
    pub fn minimum_micro(&self, action: &Action) -> u64 {
        if action.demand().draws_grant {
            return 0;
        }
        self.of(encoded_len_of(action), action.amount_micro())
    }
}

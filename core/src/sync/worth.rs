//! How much the chain that is followed weighs beside the chosen one, as far as its headers tell.

use std::collections::VecDeque;

use crate::{chain::block::Header, consensus::tree::headers::HeaderChain};

/// How much a chain weighs beside the chosen one, as far as its headers tell.
#[derive(Clone, Debug)]
pub(super) enum Worth {
    /// Its headers are being checked.
    Weighing {
        /// Headers that passed their checks.
        checked: HeaderChain,
        /// Headers still to be checked, in order.
        unchecked: VecDeque<Header>,
        /// Number of headers that passed.
        count: usize,
    },
    /// More than the chosen chain, when it was weighed.
    Heavier,
    /// Not more, as far as headers tell; others refer to it.
    Referred {
        /// A voter voted for its last block, so there is room for that one as well.
        is_tip_referred: bool,
    },
}

impl Worth {
    /// That of headers to come after a known block.
    pub(super) fn weighing(known: HeaderChain) -> Self {
        Self::Weighing {
            checked: known,
            unchecked: VecDeque::new(),
            count: 0,
        }
    }
}

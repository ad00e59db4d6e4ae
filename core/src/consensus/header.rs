//! What every header must show, whoever may make blocks (docs/protocol.md, section 5, steps 1 and 2).
//!
//! Costs nothing but comparisons, so it comes before any proof or signature, and a flood of nonsense is cheap to refuse.

use thiserror::Error;

use crate::{
    chain::block::{BlockHash, HeaderContent},
    crypto::keys::NetworkId,
    time::Slot,
};

/// What a header needs to know of its parent, to be checked as its child.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    /// Hash that the child has to name as its parent.
    pub hash: BlockHash,
    /// Slot that the child's has to be above.
    pub slot: Slot,
    /// Height of the parent; the child's is one more.
    pub height: u64,
}

/// Why a header is refused; the block is never executed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// It was made for another network.
    #[error("the block belongs to another network")]
    WrongNetwork,
    /// It names another parent than the one it is checked against.
    #[error("the block names another parent")]
    WrongParent,
    /// The slot is not after the parent's.
    #[error("the block's slot is not after its parent's")]
    SlotNotAfterParent,
    /// The height is not the parent's plus one.
    #[error("the block's height is not its parent's plus one")]
    WrongHeight,
    /// The proposer is no operator of the term.
    #[error("the proposer is no operator of the term")]
    NotAnOperator,
    /// The VRF proof does not verify.
    #[error("the VRF proof does not verify")]
    WrongVrfProof,
    /// The ticket wins at no level.
    #[error("the proposer's ticket does not win in this slot")]
    NotALeader,
    /// The ticket wins, but only at a level that needs a longer gap.
    #[error("level {level} is not allowed {gap} slots after the parent")]
    LevelNotAllowed {
        /// Level at which the ticket wins.
        level: u32,
        /// Slots from the parent to the block.
        gap: u64,
    },
    /// The signature does not fit.
    #[error("the header's signature does not fit")]
    BadSignature,
}

/// Checks that a header is a child of this parent.
///
/// # Errors
/// [`HeaderError`] names the first rule that it breaks.
pub(super) fn check_links(
    content: &HeaderContent,
    parent: &Parent,
    network: &NetworkId,
) -> Result<(), HeaderError> {
    if content.network != *network {
        return Err(HeaderError::WrongNetwork);
    }
    if content.parent != parent.hash {
        return Err(HeaderError::WrongParent);
    }
    if content.slot <= parent.slot {
        return Err(HeaderError::SlotNotAfterParent);
    }
    if parent.height.checked_add(1) != Some(content.height) {
        return Err(HeaderError::WrongHeight);
    }
    Ok(())
}

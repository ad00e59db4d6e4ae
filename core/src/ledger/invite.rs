//! Invites: by whose word newcomers draw a grant in a room of mode `Invite` (docs/protocol.md, section 3).
//!
//! An operator opens an invite for a number of uses and a time, and hands the secret half of its key, a pass, to the people that are meant. A claim
//! shows the pass by a signature; each one that is applied takes a use.
//!
//! Bounds: an account has at most `MAX_OPEN_INVITES` open ones, of at most `MAX_INVITE_USES` uses; expired and used ones make room for the next. To open
//! one takes an operator's stake and a fee. Invites are found by who opened them, so nobody can spoil an invite by opening one with the same key.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    codec::BoundedVec,
    crypto::{
        keys::{Address, NetworkId, PublicKey, Signature},
        pass::{self, PassSecret},
    },
    ledger::error::TransactionError,
    params::{MAX_INVITE_SLOTS, MAX_OPEN_INVITES},
    time::Slot,
};

/// What a claim shows of an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pass {
    /// Account that opened the invite.
    pub inviter: Address,
    /// Key of the invite.
    pub key: PublicKey,
    /// Signature by that key over the account that claims.
    pub signature: Signature,
}

impl Pass {
    /// Shows this account's right to an invite of `inviter`.
    pub fn sign(secret: &PassSecret, inviter: Address, network: &NetworkId, account: &Address) -> Self {
        Self {
            inviter,
            key: secret.public(),
            signature: secret.sign(network, account),
        }
    }

    /// Checks that the invite's key signed this account.
    ///
    /// # Errors
    /// [`TransactionError::BadPass`].
    pub fn verify(&self, network: &NetworkId, account: &Address) -> Result<(), TransactionError> {
        pass::verify(&self.key, network, account, &self.signature).map_err(|_| TransactionError::BadPass)
    }
}

/// An invite as the state keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OpenInvite {
    /// By which who opened it finds the pass again.
    pub number: u64,
    /// Key whose secret half is the pass.
    pub key: PublicKey,
    /// Claims that it still admits.
    pub uses_left: u8,
    /// Last slot in which it does.
    pub until: Slot,
}

impl OpenInvite {
    /// True if a claim in this slot may use it.
    pub fn is_open(&self, slot: Slot) -> bool {
        self.uses_left > 0 && slot <= self.until
    }
}

/// The invites of one account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Inviter {
    /// Account that opened them.
    pub account: Address,
    invites: BoundedVec<OpenInvite, MAX_OPEN_INVITES>,
}

impl Inviter {
    /// An account that has opened none.
    pub fn new(account: Address) -> Self {
        Self {
            account,
            invites: BoundedVec::new(),
        }
    }

    /// Those that a claim in this slot may use, in the order in which they were opened.
    pub fn open_in(&self, slot: Slot) -> impl Iterator<Item = &OpenInvite> {
        self.invites.iter().filter(move |invite| invite.is_open(slot))
    }

    /// Opens one more; those that are of no use any more make room.
    ///
    /// # Errors
    /// Its time is over, or too long; its key is taken; or too many are open. Nothing changes then.
    pub(super) fn open(&mut self, invite: OpenInvite, slot: Slot) -> Result<(), TransactionError> {
        let latest = slot.plus(MAX_INVITE_SLOTS);
        if !(slot..=latest).contains(&invite.until) {
            let until = invite.until;
            return Err(TransactionError::InviteTime { until, slot, latest });
        }
        let mut open: Vec<OpenInvite> = self.open_in(slot).copied().collect();
        if open.iter().any(|other| other.key == invite.key) {
            return Err(TransactionError::InviteTwice);
        }
        open.push(invite);
        self.invites = BoundedVec::try_from(open).map_err(|_| TransactionError::TooManyInvites {
            max: MAX_OPEN_INVITES,
        })?;
        Ok(())
    }

    /// The invite of this key, if a claim in this slot may use it.
    ///
    /// # Errors
    /// There is none, it is used up, or its time is over.
    pub fn check(&self, key: &PublicKey, slot: Slot) -> Result<&OpenInvite, TransactionError> {
        let invite = self.invites.iter().find(|invite| invite.key == *key);
        let invite = invite.ok_or(TransactionError::UnknownInvite)?;
        let until = invite.until;
        if slot > until {
            return Err(TransactionError::InviteExpired { until, slot });
        }
        if invite.uses_left == 0 {
            return Err(TransactionError::InviteUsedUp);
        }
        Ok(invite)
    }

    /// Takes a use of the invite of this key.
    ///
    /// # Errors
    /// As [`Self::check`]; nothing changes then.
    pub(super) fn take_use(&mut self, key: &PublicKey, slot: Slot) -> Result<(), TransactionError> {
        let used = OpenInvite {
            uses_left: self.check(key, slot)?.uses_left.saturating_sub(1),
            ..*self.check(key, slot)?
        };
        let after = self
            .invites
            .iter()
            .map(|invite| if invite.key == *key { used } else { *invite });
        self.invites = BoundedVec::try_from(after.collect::<Vec<_>>()).unwrap_or_default();
        Ok(())
    }
}

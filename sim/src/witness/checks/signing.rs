//! Nobody honest ever signs what is slashable: everything that was ever sent is compared with everything else by the same key.
//!
//! Votes and blocks name accounts, but what never contradicts itself is a key with its watermark: the two devices of one account have two keys,
//! and may well contradict each other. So whose signature something carries is found out before it is compared.

use std::collections::{BTreeMap, BTreeSet};

use ting_core::{
    chain::watermark::is_slashable,
    chain::{
        block::{BlockHash, Header},
        checkpoint::{Pair, Vote},
    },
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId, PublicKey},
    },
    time::Slot,
};

use super::rule::Rule;

/// All votes and blocks that were ever sent.
#[derive(Default)]
pub(super) struct SigningCheck {
    keys: BTreeMap<Address, BTreeSet<PublicKey>>,
    /// Votes that were looked at, signature included: most are heard again and again.
    heard: BTreeSet<Hash>,
    votes: BTreeMap<(NetworkId, PublicKey), BTreeSet<Pair>>,
    blocks: BTreeMap<(NetworkId, PublicKey, Slot), BlockHash>,
}

impl SigningCheck {
    /// A device signs for this account with this key.
    pub(super) fn note_device(&mut self, account: Address, key: PublicKey) {
        self.keys.entry(account).or_default().insert(key);
    }

    pub(super) fn look_at_votes<'v>(
        &mut self,
        network: NetworkId,
        votes: impl Iterator<Item = &'v Vote>,
    ) -> Vec<(Rule, String)> {
        votes
            .filter_map(|vote| self.look_at_vote(network, vote))
            .collect()
    }

    fn look_at_vote(&mut self, network: NetworkId, vote: &Vote) -> Option<(Rule, String)> {
        if !self.heard.insert(vote.id()) {
            return None;
        }
        let Some(key) = self.signer(&vote.voter, |key| vote.verify(&network, key).is_ok()) else {
            return Some((
                Rule::Slashable,
                format!("no device of {} signed {vote:?}", vote.voter),
            ));
        };
        let (signed, pair) = (self.votes.entry((network, key)).or_default(), vote.pair());
        let other = signed.iter().find(|other| is_slashable(other, &pair)).copied();
        signed.insert(pair);
        other.map(|other| {
            (
                Rule::Slashable,
                format!("{} votes {other:?} and {pair:?} with one key", vote.voter),
            )
        })
    }

    pub(super) fn look_at_header(&mut self, header: &Header) -> Option<(Rule, String)> {
        let content = &header.content;
        let Some(key) = self.signer(&content.proposer, |key| header.verify_signature(key).is_ok()) else {
            return Some((
                Rule::Slashable,
                format!("no device of {} signed a block that it makes", content.proposer),
            ));
        };
        let (hash, place) = (header.hash(), (content.network, key, content.slot));
        let is_second = *self.blocks.entry(place).or_insert(hash) != hash;
        is_second.then(|| {
            (
                Rule::Slashable,
                format!(
                    "{} makes two blocks in slot {} with one key",
                    content.proposer, content.slot.0
                ),
            )
        })
    }

    /// Which of the account's keys it is. Peers pass on only what they verified, so an account with one device needs no trying.
    fn signer(&self, account: &Address, is_signed_by: impl Fn(&PublicKey) -> bool) -> Option<PublicKey> {
        let keys = self.keys.get(account)?;
        let mut candidates = keys.iter();
        candidates
            .find(|key| keys.len() == 1 || is_signed_by(key))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use ting_core::{chain::checkpoint::Checkpoint, crypto::keys::SecretKey};

    use super::*;

    const NETWORK: NetworkId = NetworkId(Hash::ZERO);

    fn device(number: u8) -> SecretKey {
        SecretKey::from_seed([number; 32])
    }

    fn check() -> SigningCheck {
        let mut check = SigningCheck::default();
        for key in [1, 2] {
            check.note_device(device(9).address(), device(key).public());
        }
        check
    }

    fn vote(block: u8, key: u8) -> Vote {
        let checkpoint = |slot, block| Checkpoint {
            slot: Slot(slot),
            block: BlockHash(Hash([block; 32])),
        };
        let pair = Pair {
            source: checkpoint(1, 0),
            target: checkpoint(2, block),
        };
        Vote::sign(pair, 0, device(9).address(), &NETWORK, &device(key))
    }

    fn found(votes: &[Vote]) -> usize {
        check().look_at_votes(NETWORK, votes.iter()).len()
    }

    #[test]
    fn two_devices_may_contradict_each_other_and_no_key_itself() {
        assert_eq!(found(&[vote(5, 1), vote(6, 2), vote(5, 1), vote(6, 2)]), 0);
        assert_eq!(found(&[vote(5, 1), vote(6, 2), vote(6, 1)]), 1);
    }

    #[test]
    fn what_no_device_of_the_account_signed_was_passed_on_unverified() {
        assert_eq!(found(&[vote(5, 3)]), 1);
    }
}

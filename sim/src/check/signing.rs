//! Nobody honest ever signs what is slashable: everything that was ever sent is compared with everything else.

use std::collections::{BTreeMap, BTreeSet};

use ting_core::{
    chain::{
        block::{BlockHash, Header},
        checkpoint::{Pair, Vote},
    },
    consensus::watermark::is_slashable,
    crypto::keys::{Address, NetworkId},
    time::Slot,
};

use super::Rule;

/// All votes and blocks that were ever sent.
#[derive(Default)]
pub(super) struct SigningCheck {
    votes: BTreeMap<(NetworkId, Address), BTreeSet<Pair>>,
    blocks: BTreeMap<(NetworkId, Address, Slot), BlockHash>,
}

impl SigningCheck {
    pub(super) fn look_at_votes<'v>(
        &mut self,
        network: NetworkId,
        votes: impl Iterator<Item = &'v Vote>,
    ) -> Vec<(Rule, String)> {
        let mut found = Vec::new();
        for vote in votes {
            let signed = self.votes.entry((network, vote.voter)).or_default();
            let pair = vote.pair();
            if signed.contains(&pair) {
                continue;
            }
            if let Some(other) = signed.iter().find(|other| is_slashable(other, &pair)) {
                found.push((
                    Rule::Slashable,
                    format!("{} votes {other:?} and {pair:?}", vote.voter),
                ));
            }
            signed.insert(pair);
        }
        found
    }

    pub(super) fn look_at_header(&mut self, header: &Header) -> Vec<(Rule, String)> {
        let content = &header.content;
        let (hash, key) = (header.hash(), (content.network, content.proposer, content.slot));
        let twice = *self.blocks.entry(key).or_insert(hash) != hash;
        let what = || format!("{} makes two blocks in slot {}", content.proposer, content.slot.0);
        if twice {
            vec![(Rule::Slashable, what())]
        } else {
            Vec::new()
        }
    }
}

//! Which device of an account signs, and what this device's keys signed elsewhere (docs/protocol.md, sections 6 and 8).
//!
//! An account may live on several devices, each with operator keys of its own; the ledger names the keys of one of them. Keys that are
//! registered are replaced at the user's wish only, or two devices would replace each other's at every term. A device goes on signing while a
//! set counts its key: no finality could end the term otherwise. Keys of one device may live twice as well, in a restored profile or a copied
//! virtual machine. Whatever carries this device's signature binds it as if it had been signed here. Nobody else can make such a thing, so
//! nobody else can raise the watermark.

use super::{
    Peer,
    event::{Event, Warning},
    identity::Identity,
    network::Network,
    record::Record,
    view::SigningDevice,
};
use crate::{
    chain::{
        block::BlockHash,
        checkpoint::{Seat, Vote},
    },
    crypto::keys::PublicKey,
};

impl Peer {
    /// Which device signs for my account.
    pub(super) fn signing_device(&self) -> SigningDevice {
        self.network.as_ref().map_or(SigningDevice::Nobody, |network| {
            network.signing_device(&self.identity)
        })
    }

    /// Binds this peer to votes with its signature that it did not make itself.
    pub(super) fn heed_own_votes(&mut self, votes: &[Vote]) {
        let (me, key) = (self.identity.address(), self.identity.signing_public());
        for vote in votes.iter().filter(|vote| vote.voter == me) {
            let Some(network) = &mut self.network else { return };
            let covering = network.watermark.covering(&vote.pair());
            let is_news = covering != network.watermark && network.may_be_by(&key, vote);
            if is_news && vote.verify(&network.id, &key).is_ok() {
                network.watermark = covering;
                self.persist(Record::Watermark(covering));
                self.warn_of_copy();
            }
        }
    }

    /// Binds this peer to a block with its signature that it did not make itself. The block has been imported.
    pub(super) fn heed_own_block(&mut self, hash: &BlockHash) {
        let (me, key) = (self.identity.address(), self.identity.signing_public());
        let Some(network) = &mut self.network else { return };
        let Some(node) = network
            .tree
            .get(hash)
            .filter(|node| node.slot > network.last_slot)
        else {
            return;
        };
        let proposer = node.block.as_ref().map(|block| block.header.content.proposer);
        let acting = node.state().and_then(|state| state.term.operators.get(&me));
        if proposer == Some(me) && acting.is_some_and(|operator| operator.signing_key == key) {
            let slot = node.slot;
            network.last_slot = slot;
            self.persist(Record::LastSlot(slot));
            self.warn_of_copy();
        }
    }

    /// Once in a run: each of the copy's signatures would be news otherwise.
    fn warn_of_copy(&mut self) {
        if !std::mem::replace(&mut self.warned_of_copy, true) {
            self.outbox.event(Event::Warning(Warning::SignedElsewhere));
        }
    }
}

impl Network {
    fn signing_device(&self, identity: &Identity) -> SigningDevice {
        let (me, mine) = (identity.address(), identity.signing_public());
        let Some(state) = self.head_state() else {
            return SigningDevice::Nobody;
        };
        let Some(registered) = state.ledger.operator(&me) else {
            return SigningDevice::Nobody;
        };
        let rule = state.quorum_rule();
        let acting = state.term.operators.get(&me).map(|operator| operator.signing_key);
        let number = state.term.number;
        let seats = [Some(number), number.checked_sub(1)].into_iter().flatten();
        let mut counted = seats
            .filter_map(|term| rule.key_of(&Seat { term, account: me }).copied())
            .chain(acting);
        if registered.signing_key == mine {
            if counted.all(|key| key == mine) {
                SigningDevice::Here
            } else {
                SigningDevice::ComingHere
            }
        } else if counted.any(|key| key == mine) {
            SigningDevice::LeavingHere
        } else {
            SigningDevice::Elsewhere
        }
    }

    /// False if the vote's seat is known and has another key.
    fn may_be_by(&self, key: &PublicKey, vote: &Vote) -> bool {
        let target = self.tree.get(&vote.target.block).and_then(|node| node.state());
        target.is_none_or(|state| state.quorum_rule().key_of(&vote.seat()) == Some(key))
    }
}

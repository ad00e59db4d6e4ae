//! Which device of an account signs, and what this device's keys signed elsewhere (docs/protocol.md, sections 6 and 8).
//!
//! An account may live on several devices, each with operator keys of its own; the ledger names the keys of one of them. Keys that are
//! registered are replaced at the user's command only, or two devices would replace each other's at every term. A device goes on signing while a
//! set counts its key: no finality could end the term otherwise. Keys of one device may live twice as well, in a restored profile or a copied
//! virtual machine. Whatever carries this device's signature binds it as if it had been signed here. Nobody else can make such a thing, so
//! nobody else can raise the watermark.

use crate::{
    chain::{
        block::BlockHash,
        checkpoint::{Seat, Vote},
    },
    crypto::keys::PublicKey,
    peer::{
        Peer,
        event::{Event, Warning},
        identity::Identity,
        network::Network,
        record::Record,
        view::SigningDevice,
    },
};

impl Peer {
    /// Device that signs for my account, seen from this one.
    pub(in crate::peer) fn signing_device(&self) -> SigningDevice {
        self.network.as_ref().map_or(SigningDevice::Nobody, |network| {
            network.signing_device(&self.identity)
        })
    }

    /// Says so if another device was chosen in this one's place. Upon a new head.
    pub(in crate::peer) fn notice_signing_device(&mut self) {
        let device = self.signing_device();
        let before = std::mem::replace(&mut self.known_device, device);
        if is_chosen(before) && !is_chosen(device) {
            self.to_host.event(Event::Warning(Warning::OtherDeviceSigns));
        }
    }

    /// Binds this peer to votes with its signature that it did not make itself.
    pub(in crate::peer) fn heed_own_votes(&mut self, votes: &[Vote]) {
        let (me, key) = (self.identity.address(), self.identity.signing_public());
        for vote in votes.iter().filter(|vote| vote.voter == me) {
            let Some(network) = &mut self.network else { return };
            let is_news = !network.signing().covers(&vote.pair()) && network.may_be_by(&key, vote);
            if !is_news || vote.verify(&network.id(), &key).is_err() {
                continue;
            }
            let covering = network.signing_mut().cover(&vote.pair());
            self.persist(Record::Watermark(covering));
            self.warn_of_copy();
        }
    }

    /// Binds this peer to a block with its signature that it did not make itself. The block has been imported.
    pub(in crate::peer) fn heed_own_block(&mut self, hash: &BlockHash) {
        let (me, key) = (self.identity.address(), self.identity.signing_public());
        let Some(network) = &mut self.network else { return };
        let Some(node) = network
            .chain()
            .get(hash)
            .filter(|node| node.slot > network.signing().last_slot())
        else {
            return;
        };
        let proposer = node.block.as_ref().map(|block| block.header.content.proposer);
        let acting = node.summary().term.operators.get(&me);
        if proposer == Some(me) && acting.is_some_and(|operator| operator.signing_key == key) {
            let slot = node.slot;
            network.signing_mut().bind_slot(slot);
            self.persist(Record::LastSlot(slot));
            self.warn_of_copy();
        }
    }

    /// Once in a run: each of the copy's signatures would be news otherwise.
    fn warn_of_copy(&mut self) {
        if !std::mem::replace(&mut self.warned_of_copy, true) {
            self.to_host.event(Event::Warning(Warning::SignedElsewhere));
        }
    }
}

/// True if the chain names this device's keys.
fn is_chosen(device: SigningDevice) -> bool {
    match device {
        SigningDevice::Here | SigningDevice::ComingHere => true,
        SigningDevice::Nobody | SigningDevice::LeavingHere | SigningDevice::Elsewhere => false,
    }
}

impl Network {
    fn signing_device(&self, identity: &Identity) -> SigningDevice {
        let (me, mine) = (identity.address(), identity.signing_public());
        let Some((head, state)) = self.chain().head_node() else {
            return SigningDevice::Nobody;
        };
        let Some(registered) = state.ledger.operator(&me) else {
            return SigningDevice::Nobody;
        };
        let rule = head.summary().quorum_rule();
        let acting = state
            .term()
            .operators
            .get(&me)
            .map(|operator| operator.signing_key);
        let number = state.term().number;
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
        let target = self.chain().get(&vote.target.block);
        target.is_none_or(|node| node.summary().quorum_rule().key_of(&vote.seat()) == Some(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::checkpoint::{Checkpoint, Pair},
        chain::watermark::is_slashable,
        crypto::{seal::RoomSecret, seed::Seed},
        gossip::{envelope::RoomCodec, message::Message},
        ledger::genesis::Rules,
        peer::{
            History, PeerConfig,
            io::{ConnectionId, Effect, Input, LinkId},
        },
        time::Timestamp,
    };

    const BEGIN_MS: u64 = 1_700_000_000_000;

    fn room() -> RoomSecret {
        RoomSecret::new([5; 32])
    }

    fn effects(peer: &mut Peer) -> Vec<Effect> {
        std::iter::from_fn(|| peer.poll_effect()).collect()
    }

    /// A founder who is alone, in a slot with a block of its own on which it has not voted yet.
    fn founder_before_its_vote() -> Peer {
        let mut peer = Peer::new(PeerConfig {
            secret: room(),
            pinned: None,
            seed: Seed::new([1; 32]),
            suggested_name: "Ada".to_owned(),
            rules: Rules::default(),
            history: History::Whole,
        });
        let (link, own, others) = (LinkId(0), ConnectionId(1), 0);
        peer.handle(Timestamp(BEGIN_MS), Input::Start);
        peer.handle(Timestamp(BEGIN_MS), Input::LinkUp { link, own, others });
        for tenths in 1..600 {
            peer.handle(Timestamp(BEGIN_MS + 100 * tenths), Input::Tick);
            effects(&mut peer);
            let network = peer.network().unwrap();
            if network.chain().height() > network.chain().final_height() {
                return peer;
            }
        }
        panic!("it makes no block");
    }

    fn sign(peer: &Peer, source: Checkpoint, target: Checkpoint) -> Vote {
        let network = peer.network().unwrap();
        let term = network.head_state().unwrap().term().number;
        let (me, key) = (peer.account(), peer.identity.signing_key());
        Vote::sign(Pair { source, target }, term, me, &network.id(), key)
    }

    fn sent_votes(effects: &[Effect]) -> Vec<Pair> {
        let codec = RoomCodec::new(&room(), &Seed::new([2; 32]));
        let messages = effects.iter().filter_map(|effect| match effect {
            Effect::Send { bytes, .. } => Some(codec.open(bytes).unwrap().message),
            Effect::Persist(_) | Effect::Farewell(_) => None,
        });
        let votes = messages.filter_map(|message| match message {
            Message::Votes(votes) => Some(votes),
            _ => None,
        });
        votes
            .flat_map(|votes| votes.iter().map(Vote::pair).collect::<Vec<_>>())
            .collect()
    }

    /// A copy of this device has linked the same source to two targets, and both votes come in one certificate. By the first one the lower
    /// target is justified; to acknowledge it would be surrounded by the second one.
    #[test]
    fn a_certificate_binds_by_what_a_copy_signed_before_anything_in_it_is_acknowledged() {
        let mut peer = founder_before_its_vote();
        let network = peer.network().unwrap();
        let head = network.head().unwrap();
        let (slot, block) = (head.slot, head.hash);
        let source = network.chain().justified_checkpoint();
        let [lower, higher] = [slot, slot.plus(1)].map(|slot| Checkpoint { slot, block });
        let copies = [sign(&peer, source, lower), sign(&peer, source, higher)];
        peer.take_certificate(&copies);

        let carried_out = effects(&mut peer);
        for pair in sent_votes(&carried_out) {
            assert!(copies.iter().all(|copy| !is_slashable(&copy.pair(), &pair)));
        }
        let mark = peer.network().unwrap().signing().watermark();
        assert!(copies.iter().all(|copy| mark.covering(&copy.pair()) == mark));
        let kept = carried_out.iter().rev().find_map(|effect| match effect {
            Effect::Persist(record) => match **record {
                Record::Watermark(mark) => Some(mark),
                _ => None,
            },
            Effect::Send { .. } | Effect::Farewell(_) => None,
        });
        assert_eq!(kept, Some(mark));
        let warning = Event::Warning(Warning::SignedElsewhere);
        let warned = std::iter::from_fn(|| peer.poll_event()).filter(|event| *event == warning);
        assert_eq!(warned.count(), 1);
    }

    #[test]
    fn nobody_else_can_raise_the_watermark() {
        let mut peer = founder_before_its_vote();
        let before = peer.network().unwrap().signing().watermark();
        let network = peer.network().unwrap();
        let source = network.chain().justified_checkpoint();
        let target = Checkpoint {
            slot: network.head().unwrap().slot.plus(1_000),
            block: network.chain().head(),
        };
        let good = sign(&peer, source, target);
        let mut unsigned = good.clone();
        unsigned.target.slot = target.slot.plus(1);
        let other_key = crate::chain::samples::secret(9);
        let foreign = Vote::sign(good.pair(), good.term, peer.account(), &network.id(), &other_key);
        peer.heed_own_votes(&[unsigned, foreign]);
        assert_eq!(peer.network().unwrap().signing().watermark(), before);
        peer.heed_own_votes(&[good]);
        assert_ne!(peer.network().unwrap().signing().watermark(), before);
    }
}

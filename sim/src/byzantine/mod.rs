//! A host that breaks rules: a real peer, whose words pass through [`Vice`]s on their way out.
//!
//! A vice sees one message that the peer would send, and says what is sent in its place, and to whom. It has the keys of its peer, reads its
//! chain, and has a stream of chance of its own. There is one small file for each, named for what it does.
//!
//! What the protocol promises, it promises against less than a third of the votes. So vices act only while all Byzantine hosts together hold
//! less than that, of voters, previous voters and operators alike, and a second vote is signed only for a block in whose state this is true.

mod bad_blocks;
mod bogus_claims;
mod bogus_votes;
mod forged_heads;
mod lying_clock;
mod lying_source;
mod made_up_networks;
mod silent_source;
mod split_blocks;
mod split_votes;
mod withheld_votes;

use std::collections::BTreeSet;

use ting_core::{
    chain::block::BlockHash,
    consensus::stake::term::TermOperator,
    crypto::{hash::Hash, keys::Address, seal::RoomSecret, seed::Seed},
    gossip::{envelope::RoomCodec, message::Message},
    peer::{identity::Identity, io::To, network::Network},
    time::Timestamp,
};

use crate::random::Random;

/// A way in which a Byzantine host breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vice {
    /// Makes several blocks in one slot, and shows each half of the room its own.
    SplitBlocks,
    /// Votes for two blocks, or from below what it voted for, and tells each half of the room one of it.
    SplitVotes,
    /// Mostly keeps its votes to itself.
    WithheldVotes,
    /// Says that it has a chain that nobody has.
    ForgedHeads,
    /// Says hello from networks that it made up.
    MadeUpNetworks,
    /// Sends greetings by a clock that is far off.
    LyingClock,
    /// Gives nobody what they ask for.
    SilentSource,
    /// Answers with headers, bodies and votes that are not so.
    LyingSource,
    /// Claims for accounts that nobody has, on made-up anchors and such that are not final.
    BogusClaims,
    /// Signs blocks that break a rule.
    BadBlocks,
    /// Votes for blocks that do not exist.
    BogusVotes,
}

/// Every vice there is.
pub const VICES: [Vice; 11] = [
    Vice::SplitBlocks,
    Vice::SplitVotes,
    Vice::WithheldVotes,
    Vice::ForgedHeads,
    Vice::MadeUpNetworks,
    Vice::LyingClock,
    Vice::SilentSource,
    Vice::LyingSource,
    Vice::BogusClaims,
    Vice::BadBlocks,
    Vice::BogusVotes,
];

/// One of the two halves of a room: hosts with even or with odd numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Hosts with even numbers.
    Even,
    /// Hosts with odd numbers.
    Odd,
}

impl Half {
    /// The half that this one is not.
    pub fn other(self) -> Self {
        match self {
            Self::Even => Self::Odd,
            Self::Odd => Self::Even,
        }
    }

    /// True if the host of this number is in it.
    pub fn holds(self, host: usize) -> bool {
        host.is_multiple_of(2) == (self == Self::Even)
    }
}

/// Which hosts a message is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whom the relay reaches with it.
    Whole(To),
    /// The hosts of one half of the room only.
    Half(Half),
}

/// A message that is about to leave a host, and whom it is for.
#[derive(Clone, Debug)]
pub struct Speech {
    /// Hosts that it is sent to.
    to: Audience,
    /// The message, not sealed yet.
    message: Message,
}

impl Speech {
    fn to_all(message: Message) -> Self {
        Self {
            to: Audience::Whole(To::All),
            message,
        }
    }

    fn to_half(half: Half, message: Message) -> Self {
        Self {
            to: Audience::Half(half),
            message,
        }
    }
}

/// What a vice can use to twist a message.
struct Stage<'a> {
    /// Time by the host's clock.
    now: Timestamp,
    network: &'a Network,
    identity: &'a Identity,
    /// The accounts of all Byzantine hosts.
    accomplices: &'a BTreeSet<Address>,
    random: &'a mut Random,
}

impl Stage<'_> {
    /// True if Byzantine hosts hold less than a third of whatever counts in the state of this block.
    fn is_minority_at(&self, block: &BlockHash) -> bool {
        let Some(node) = self.network.chain().get(block) else {
            return false;
        };
        let term = &node.summary().term;
        self.is_minority(term.voters.iter())
            && self.is_minority(term.previous_voters.iter())
            && self.is_minority(term.operators.iter())
    }

    fn is_minority<'o>(&self, operators: impl Iterator<Item = &'o TermOperator>) -> bool {
        let (mut ours_micro, mut total_micro) = (0, 0);
        for operator in operators {
            let stake_micro = u128::from(operator.stake_micro);
            total_micro += stake_micro;
            if self.accomplices.contains(&operator.account) {
                ours_micro += stake_micro;
            }
        }
        3 * ours_micro < total_micro
    }

    fn made_up_hash(&mut self) -> Hash {
        Hash(self.random.bytes())
    }

    fn one_half(&mut self) -> Half {
        if self.random.chance(500) {
            Half::Even
        } else {
            Half::Odd
        }
    }
}

impl Vice {
    /// What is said in place of a message.
    fn twist(self, stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
        match self {
            Self::SplitBlocks => split_blocks::twist(stage, speech),
            Self::SplitVotes => split_votes::twist(stage, speech),
            Self::WithheldVotes => withheld_votes::twist(stage, speech),
            Self::ForgedHeads => forged_heads::twist(stage, speech),
            Self::MadeUpNetworks => made_up_networks::twist(stage, speech),
            Self::LyingClock => lying_clock::twist(stage, speech),
            Self::SilentSource => silent_source::twist(speech),
            Self::LyingSource => lying_source::twist(stage, speech),
            Self::BogusClaims => bogus_claims::twist(stage, speech),
            Self::BadBlocks => bad_blocks::twist(stage, speech),
            Self::BogusVotes => bogus_votes::twist(stage, speech),
        }
    }
}

/// The vices of a host, and what they work with.
pub struct Byzantine {
    vices: Vec<Vice>,
    codec: RoomCodec,
    random: Random,
}

impl Byzantine {
    /// With these vices, in a room, with a stream of chance of its own.
    pub fn new(vices: Vec<Vice>, secret: &RoomSecret, mut random: Random) -> Self {
        let codec = RoomCodec::new(secret, &Seed::new(random.bytes()));
        Self { vices, codec, random }
    }

    /// The ways in which it breaks the rules.
    pub fn vices(&self) -> &[Vice] {
        &self.vices
    }

    /// What leaves the host in place of a frame: the vices twist it one after the other. `identity` holds the keys of the peer.
    pub fn twist(
        &mut self,
        now: Timestamp,
        network: Option<&Network>,
        identity: Option<Identity>,
        accomplices: &BTreeSet<Address>,
        frame: (To, Vec<u8>),
    ) -> Vec<(Audience, Vec<u8>)> {
        let (to, bytes) = frame;
        let unchanged = vec![(Audience::Whole(to), bytes)];
        let Some((_, bytes)) = unchanged.first() else {
            return Vec::new();
        };
        let (Some(network), Some(identity), Ok(opened)) = (network, identity, self.codec.open(bytes)) else {
            return unchanged;
        };
        let mut stage = Stage {
            now,
            network,
            identity: &identity,
            accomplices,
            random: &mut self.random,
        };
        if !stage.is_minority_at(&network.chain().head()) {
            return unchanged;
        }
        let mut speeches = vec![Speech {
            to: Audience::Whole(to),
            message: opened.message,
        }];
        for vice in &self.vices {
            let twisted = speeches
                .into_iter()
                .flat_map(|speech| vice.twist(&mut stage, speech));
            speeches = twisted.collect();
        }
        let seal = |speech: Speech| Some((speech.to, self.codec.seal(&speech.message).ok()?));
        speeches.into_iter().filter_map(seal).collect()
    }
}

//! How long posts take to become final: for their authors while these are there, else for anybody.
//!
//! A post whose author is the last to leave, within ten seconds of it, is counted apart: a room without anybody makes no blocks.

use std::collections::BTreeMap;

use ting_core::{
    crypto::hash::Hash,
    peer::{command::CommandResult, event::Event, network::Network, record::Record},
};

use crate::{
    action::Action,
    clock::Moment,
    hub::PeerId,
    view::View,
    witness::sight::{Sight, Witness},
};

/// What becomes final later than this is late, in milliseconds.
pub(super) const LATE_MS: u64 = 10_000;

/// What was posted, and what became of it.
#[derive(Default)]
pub struct Posts {
    posts: Vec<Post>,
    /// Heights of the final blocks with transactions of the room, as far as anybody found them final.
    final_at_height: BTreeMap<Hash, u64>,
    /// Up to which height each peer's final blocks were looked at.
    looked_at: BTreeMap<PeerId, u64>,
    /// Who left last, when the room emptied, until it returns.
    last_is_away: Option<PeerId>,
}

struct Post {
    author: PeerId,
    id: Hash,
    at: Moment,
    /// Who left the room last was still away.
    last_is_away: bool,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is not final yet.
    Open,
    /// It was final after so many milliseconds.
    Final(u64),
    /// Everybody left before it could be.
    RoomEmptied,
}

impl Posts {
    /// How long people waited.
    pub fn waits(&self) -> Waits {
        Self::waits_for(self.posts.iter())
    }

    /// The same of what was said while who left the room last was not missing: that one left without a word, and is waited for.
    pub fn waits_with_the_last(&self) -> Waits {
        Self::waits_for(self.posts.iter().filter(|post| !post.last_is_away))
    }

    fn waits_for<'a>(posts: impl Iterator<Item = &'a Post>) -> Waits {
        let mut waits = Waits::default();
        for post in posts {
            match post.fate {
                Fate::Open => waits.never += 1,
                Fate::Final(wait_ms) => waits.final_ms.push(wait_ms),
                Fate::RoomEmptied => waits.emptied += 1,
            }
        }
        waits.final_ms.sort_unstable();
        waits
    }

    /// Blocks that became final for a peer since it was last looked at.
    fn look_at(&mut self, view: &View, peer: PeerId, network: &Network) {
        let final_height = network.chain().final_height();
        let before = self.looked_at.insert(peer, final_height).unwrap_or_default();
        if final_height <= before {
            return;
        }
        for height in before + 1..=final_height {
            let node = network.chain().at_height(height);
            let block = node.and_then(|node| node.block.as_ref());
            for transaction in block.iter().flat_map(|block| block.transactions.iter()) {
                self.final_at_height.insert(transaction.id().0, height);
            }
        }
        self.close_open(view.now(), |author| {
            let is_there = view.peer(author).is_some();
            let is_somebody_s = !is_there || author == peer;
            is_somebody_s.then_some(final_height)
        });
    }

    /// Closes open posts that are final up to the height which counts for their author.
    fn close_open(&mut self, now: Moment, counts: impl Fn(PeerId) -> Option<u64>) {
        for post in self.posts.iter_mut().filter(|post| post.fate == Fate::Open) {
            let height = self.final_at_height.get(&post.id);
            let is_final = height.is_some_and(|height| counts(post.author).is_some_and(|top| *height <= top));
            if is_final {
                post.fate = Fate::Final(now.ms_since(post.at));
            }
        }
    }

    /// From now on what others know as final counts for the posts of somebody who leaves.
    fn note_end(&mut self, view: &View, who: PeerId) {
        self.close_open(view.now(), |author| (author == who).then_some(u64::MAX));
        if view.running().any(|(peer, _)| peer != who) {
            return;
        }
        self.last_is_away = Some(who);
        let is_cut_short =
            |post: &&mut Post| post.fate == Fate::Open && view.now().ms_since(post.at) < LATE_MS;
        for post in self.posts.iter_mut().filter(is_cut_short) {
            post.fate = Fate::RoomEmptied;
        }
    }
}

impl Witness for Posts {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        match sight {
            Sight::Tells {
                who,
                event:
                    Event::Command {
                        result: CommandResult::Sent(id),
                        ..
                    },
            } => self.posts.push(Post {
                author: who,
                id: *id,
                at: view.now(),
                last_is_away: self.last_is_away.is_some(),
                fate: Fate::Open,
            }),
            Sight::Stores {
                who,
                record: Record::SignedAnew { old, transaction },
            } => {
                let mut posts = self.posts.iter_mut();
                if let Some(post) = posts.find(|post| post.author == who && post.id == old.0) {
                    post.id = transaction.id().0;
                }
            }
            Sight::Acts(Action::Restart(who)) => {
                self.last_is_away.take_if(|last| last == who);
            }
            Sight::Rests(who) => {
                if let Some(network) = view.network(who) {
                    self.look_at(view, who, network);
                }
            }
            Sight::Ends(who) => self.note_end(view, who),
            Sight::Tells { .. }
            | Sight::Stores { .. }
            | Sight::Acts(_)
            | Sight::Signs { .. }
            | Sight::Sends { .. }
            | Sight::Meets { .. } => {}
        }
    }
}

/// How long posts waited to become final.
#[derive(Clone, Debug, Default)]
pub struct Waits {
    /// In milliseconds, ascending.
    final_ms: Vec<u64>,
    /// Number of posts that never became final.
    never: usize,
    /// Number of posts that nobody stayed for.
    emptied: usize,
}

impl Waits {
    /// Number of posts that somebody stayed for.
    pub fn count(&self) -> usize {
        self.final_ms.len() + self.never
    }

    /// Number of posts that nobody stayed for: they count nowhere else.
    pub fn emptied(&self) -> usize {
        self.emptied
    }

    /// Share of posts that were final within so many milliseconds; 0 of none.
    pub fn within(&self, ms: u64) -> f64 {
        let in_time = self.final_ms.partition_point(|wait_ms| *wait_ms <= ms);
        in_time as f64 / self.count().max(1) as f64
    }

    /// The wait, in milliseconds, that so many of a thousand posts did not exceed; none if some of those never became final.
    pub fn per_mille(&self, share: usize) -> Option<u64> {
        let index = self.count().saturating_sub(1) * share / 1_000;
        self.final_ms.get(index).copied()
    }

    /// Adds another run's waits.
    pub fn add(&mut self, other: &Self) {
        self.final_ms.extend(&other.final_ms);
        self.final_ms.sort_unstable();
        self.never += other.never;
        self.emptied += other.emptied;
    }
}

//! Who of the voters has left politely, and who is coming back (docs/protocol.md, section 6, "Leaving politely").
//!
//! Invariants: a voter rests from the block that records its rest until a wake of the same life *returns* it: that takes a checkpoint on or above the block that
//! records the wake to be final, by those who stayed. From then on it counts again, and until a block that already says so is final, quorums
//! are needed both with it and without it: two branches that part in between would count different voters otherwise. One batch returns at a time,
//! so there are never more than these two readings.
//!
//! Nobody but a voter can make it rest or wake, since its key signs both. Who states what is not true contradicts its own votes, which two
//! signatures prove. Bounded by the seats of two terms.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::{checkpoint::Pair, statement::Life, watermark::Watermark},
    codec::BoundedVec,
    crypto::keys::{Address, PublicKey},
    params::MAX_SEATS,
    time::Slot,
};

/// Who rests after a block, and in which life each voter is.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rests {
    /// Ordered by account; whoever is not among them is in its first life, and awake.
    standings: BoundedVec<Standing, MAX_SEATS>,
}

/// How one account stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Standing {
    account: Address,
    life: Life,
    /// Its rest in this life.
    rest: Option<Rest>,
    /// Its rest in the life before, while its return is not final.
    returning: Option<Returning>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Rest {
    key: PublicKey,
    watermark: Watermark,
    /// Slot of the block that recorded its wake.
    woken: Option<Slot>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Returning {
    key: PublicKey,
    watermark: Watermark,
    /// Slot of the first block that counts it again.
    since: Slot,
}

/// Which of two readings of who rests is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Who returns counts again.
    Returned,
    /// Who returns is not back yet.
    NotYetReturned,
}

/// What the rest of a voter means for votes on one pair of checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// It is neither waited for nor heard.
    Resting,
    /// It is not waited for, and heard only if everybody rests.
    Waking,
}

/// How a voter comes and goes, for people to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestState {
    /// It left.
    Resting,
    /// It is back, and does not count yet.
    Waking,
}

impl Rests {
    /// The life that this account is in.
    pub fn life_of(&self, account: &Address) -> Life {
        self.get(account)
            .map_or(Life::default(), |standing| standing.life)
    }

    /// Whether this key of the account has left.
    pub fn state_of(&self, account: &Address, key: &PublicKey) -> Option<RestState> {
        let rest = self.get(account)?.rest.as_ref().filter(|rest| rest.key == *key)?;
        Some(match rest.woken {
            None => RestState::Resting,
            Some(_) => RestState::Waking,
        })
    }

    /// True if a voter that is in this life by its own account votes here with this key: it does not rest; or it wakes, which counts if everybody rests.
    pub fn lets_vote(&self, account: &Address, key: &PublicKey, own: Life) -> bool {
        let life = self.life_of(account);
        match self.state_of(account, key) {
            None => own == life,
            Some(RestState::Resting) => false,
            Some(RestState::Waking) => own == life.next(),
        }
    }

    /// True if somebody is on the way back: it takes blocks and final checkpoints to get there.
    pub fn has_returns(&self) -> bool {
        self.standings.iter().any(|standing| {
            let wakes = standing.rest.as_ref().is_some_and(|rest| rest.woken.is_some());
            wakes || standing.returning.is_some()
        })
    }

    /// The readings by each of which a quorum is needed.
    pub(super) fn readings(&self) -> impl Iterator<Item = Reading> {
        let any_returning = self.standings.iter().any(|standing| standing.returning.is_some());
        [
            Some(Reading::Returned),
            any_returning.then_some(Reading::NotYetReturned),
        ]
        .into_iter()
        .flatten()
    }

    /// What the voter's rest means for this pair, if anything: only votes that its watermark still allows are left out, for it may have signed others.
    pub(super) fn leave_out(
        &self,
        reading: Reading,
        (account, key): (&Address, &PublicKey),
        pair: &Pair,
    ) -> Option<LeftOut> {
        let standing = self.get(account)?;
        let is_beyond = |by: &PublicKey, watermark: &Watermark| by == key && watermark.allows(pair);
        if let (Reading::NotYetReturned, Some(returning)) = (reading, &standing.returning)
            && is_beyond(&returning.key, &returning.watermark)
        {
            return Some(LeftOut::Waking);
        }
        let rest = standing.rest.as_ref()?;
        is_beyond(&rest.key, &rest.watermark).then_some(match rest.woken {
            None => LeftOut::Resting,
            Some(_) => LeftOut::Waking,
        })
    }

    /// The voter has left, as a block says.
    pub(super) fn rest(&mut self, account: Address, key: PublicKey, watermark: Watermark) {
        self.change(account, |standing| {
            standing.rest = Some(Rest {
                key,
                watermark,
                woken: None,
            });
        });
    }

    /// The voter is back, as the block in this slot says.
    pub(super) fn wake(&mut self, account: Address, slot: Slot) {
        self.change(account, |standing| {
            if let Some(rest) = &mut standing.rest {
                rest.woken = Some(slot);
            }
        });
    }

    /// The block in `slot` records that the one in `final_slot` is final: returns are complete that it holds, and who was waking there returns. Gives these,
    /// with their keys and new lives.
    pub(super) fn settle(&mut self, final_slot: Slot, slot: Slot) -> Vec<(Address, PublicKey, Life)> {
        let mut standings = std::mem::take(&mut self.standings).into_vec();
        let mut is_busy = false;
        for standing in &mut standings {
            standing
                .returning
                .take_if(|returning| returning.since <= final_slot);
            is_busy |= standing.returning.is_some();
        }
        let mut returned = Vec::new();
        for standing in standings.iter_mut().filter(|_| !is_busy) {
            let awake = |rest: &mut Rest| rest.woken.is_some_and(|woken| woken <= final_slot);
            let Some(Rest { key, watermark, .. }) = standing.rest.take_if(awake) else {
                continue;
            };
            standing.life = standing.life.next();
            standing.returning = Some(Returning {
                key,
                watermark,
                since: slot,
            });
            returned.push((standing.account, key, standing.life));
        }
        self.standings = BoundedVec::try_from(standings).unwrap_or_default();
        returned
    }

    /// From a block on these vote: who of them is new comes with the life that its account has reached, and who is not among them is let go.
    pub(super) fn enter(
        &mut self,
        voters: impl Iterator<Item = Address>,
        life_of: impl Fn(&Address) -> Life,
    ) {
        let mut next = Self::default();
        for account in voters {
            let (known, life) = (self.get(&account), life_of(&account));
            if known.is_some() || life > Life::default() {
                next.change(account, |standing| match known {
                    Some(known) => *standing = known.clone(),
                    None => standing.life = life,
                });
            }
        }
        *self = next;
    }

    /// Who returns is back, whatever was final: what the rule of two readings is there to prevent.
    #[cfg(test)]
    pub(super) fn forget_returns(&mut self) {
        let mut standings = std::mem::take(&mut self.standings).into_vec();
        standings
            .iter_mut()
            .for_each(|standing| standing.returning = None);
        self.standings = BoundedVec::try_from(standings).unwrap_or_default();
    }

    fn get(&self, account: &Address) -> Option<&Standing> {
        let place = self
            .standings
            .binary_search_by_key(account, |standing| standing.account);
        self.standings.get(place.ok()?)
    }

    /// Changes how an account stands, which is awake in its first life if it was not heard of. There is room: only accounts with seats come here.
    fn change(&mut self, account: Address, how: impl FnOnce(&mut Standing)) {
        let mut standings = std::mem::take(&mut self.standings).into_vec();
        let place = standings.binary_search_by_key(&account, |standing| standing.account);
        let index = place.unwrap_or_else(|index| {
            let first = Standing {
                account,
                life: Life::default(),
                rest: None,
                returning: None,
            };
            standings.insert(index, first);
            index
        });
        if let Some(standing) = standings.get_mut(index) {
            how(standing);
        }
        self.standings = BoundedVec::try_from(standings).unwrap_or_default();
    }
}

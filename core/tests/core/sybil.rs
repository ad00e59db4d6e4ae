//! What one core reaches in an hour that makes as many accounts as it can, in each way into a room. A measurement, for docs/benchmarks.md:
//! `cargo test -p ting-core --test core -- --ignored --nocapture sybil`.
//!
//! The room is one in which all goes well for the crowd: every block is final before the next comes, and each account takes part as soon as it may. Only
//! hashes are not computed but paid for, by what this machine does in a second.

use std::time::{Duration, Instant};

use ting_core::{
    codec::BoundedString,
    crypto::{
        hash::{Domain, Hash},
        pass::PassSecret,
        work::WorkSearch,
    },
    ledger::{
        anchor::Anchor,
        claim::ClaimWork,
        genesis::{ClaimMode, MICRO_PER_COIN, Rules},
        invite::Pass,
        transaction::Action,
    },
    params::{MAX_INVITE_SLOTS, MAX_INVITE_USES},
    peer::identity::Identity,
};

use crate::common::council::Council;

/// Honest people, of whom each has a grant and the founder its own.
const HONEST: u8 = 5;
const HOUR_SLOTS: u64 = 3_600;
/// Left of a grant for fees when the rest is bonded.
const FEES_MICRO: u64 = 10 * MICRO_PER_COIN;

/// Hashes that one core of this machine tries in a second.
fn hashes_per_s() -> f64 {
    let mut search = WorkSearch::new(Domain::ClaimWork, Hash([7; 32]), 256);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        search.step(20_000);
    }
    search.tries() as f64 / begun.elapsed().as_secs_f64()
}

/// The account with this number.
fn puppet(number: u64) -> Identity {
    let mut seed = [0x5b; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let mut operator = seed;
    operator[31] = 1;
    Identity::new(seed, operator, BoundedString::default())
}

/// Somebody who makes accounts.
struct Crowd {
    council: Council,
    /// Hashes that may still be paid for.
    budget: f64,
    /// Bits that the account whose turn it is has been paid for; its place among the people.
    paid_bits: Option<u32>,
    next: usize,
    /// The last invite: who opened it, the pass, and its uses.
    invite: Option<(usize, PassSecret, u8)>,
}

impl Crowd {
    fn new(mode: ClaimMode) -> Self {
        let rules = Rules {
            claim_mode: mode,
            claim_work_bits: 0,
            ..Rules::default()
        };
        let mut council = Council::with_rules(HONEST, rules);
        let invite = (mode == ClaimMode::Invite).then(|| {
            let pass = PassSecret::new([1; 32]);
            council.wish(0, open_invite(&council, 1, &pass, HONEST));
            (0, pass, HONEST)
        });
        council.add(puppet(0));
        Self {
            council,
            budget: 0.0,
            paid_bits: None,
            next: 1,
            invite,
        }
    }

    fn mode(&self) -> ClaimMode {
        self.council.network.genesis().rules.claim_mode
    }

    /// One block: a claim if it can be paid for, then the keys and the bond of who got its grant.
    fn step(&mut self, rate: f64) {
        let council = &mut self.council;
        council.finalize(council.head());
        let slot = council.head().slot;
        let is_honest = self.next < HONEST.into();
        if is_honest || self.can_pay() {
            self.claim();
        }
        self.council.grow();
        self.budget += rate * self.council.head().slot.since(slot) as f64;
        self.settle();
    }

    /// Pays for the work of the account whose turn it is, as far as that is not done.
    fn can_pay(&mut self) -> bool {
        let rules = &self.council.network.genesis().rules;
        let needed = self
            .council
            .state()
            .ledger
            .claims()
            .needed_bits(rules, self.council.head().slot);
        let cost = |bits: u32| f64::from(u32::from(Rules::default().claim_work_bits) + bits).exp2();
        let due = cost(needed) - self.paid_bits.map_or(0.0, cost).min(cost(needed));
        if due > self.budget {
            return false;
        }
        self.budget -= due;
        self.paid_bits = self.paid_bits.max(Some(needed));
        true
    }

    fn claim(&mut self) {
        let council = &mut self.council;
        let (slot, me) = (council.head().slot, council.address(self.next));
        let anchor = Anchor::for_new_work(council.state().anchors(), slot)
            .unwrap()
            .block;
        let network = council.network.id();
        let bits = council
            .state()
            .ledger
            .claims()
            .needed_bits(&council.network.genesis().rules, slot);
        let shows = |nonce: &u64| {
            let (anchor, nonce) = (&anchor, *nonce);
            ClaimWork { anchor, nonce }.bits(&network, &me) >= bits
        };
        let work_nonce = (0..).find(shows).unwrap();
        let pass = self
            .invite
            .as_ref()
            .map(|(inviter, pass, _)| Pass::sign(pass, council.address(*inviter), &network, &me));
        let action = Action::Claim {
            anchor,
            work_nonce,
            pass,
        };
        council.wish_free(self.next, action);
    }

    /// What follows once an account has its grant: it becomes an operator, and the next one's turn comes.
    fn settle(&mut self) {
        let council = &mut self.council;
        let who = self.next;
        let account = council.state().ledger.account(&council.address(who));
        if !account.is_some_and(|account| account.claimed) {
            return;
        }
        let keys = Action::Operator {
            signing_key: council.people[who].signing_public(),
            vrf_key: council.people[who].vrf_public(),
        };
        council.wish(who, keys);
        let is_honest = who < HONEST.into();
        let rules = council.network.genesis().rules.clone();
        if !is_honest && rules.claim_mode != ClaimMode::Open {
            let amount_micro = rules.grant_micro - rules.grant_bond_micro - FEES_MICRO;
            council.wish(who, Action::Bond { amount_micro });
        }
        self.next += 1;
        self.paid_bits = None;
        if self.next >= council.people.len() {
            council.add(puppet(self.next as u64));
        }
        if let Some((_, _, uses)) = &mut self.invite {
            *uses -= 1;
            if *uses == 0 && !is_honest {
                let number = self.next as u64;
                let pass = PassSecret::new(puppet(number).signing_key().to_seed());
                let action = open_invite(council, number, &pass, MAX_INVITE_USES);
                council.wish(who, action);
                self.invite = Some((who, pass, MAX_INVITE_USES));
            }
        }
    }

    fn report(&self, rate: f64) {
        let term = self.council.state().term();
        let is_crowd = |account: &_| {
            (HONEST.into()..self.council.people.len()).any(|who| self.council.address(who) == *account)
        };
        let tickets: u64 = term
            .operators
            .iter()
            .filter(|one| is_crowd(&one.account))
            .map(|one| one.stake_micro)
            .sum();
        let votes: u128 = term
            .voters
            .iter()
            .filter(|one| is_crowd(&one.account))
            .map(|one| u128::from(one.voting_micro))
            .sum();
        println!(
            "{:?}: {:.1} million hashes/s; after {} s, {} blocks: {} accounts, {:.0} % of the tickets, {:.0} % of the votes",
            self.mode(),
            rate / 1e6,
            self.council.head().slot.0,
            self.council.network.chain().height(),
            self.next - usize::from(HONEST),
            100.0 * tickets as f64 / term.operators.total_micro() as f64,
            100.0 * votes as f64 / term.voters.total_micro() as f64,
        );
    }
}

fn open_invite(council: &Council, number: u64, pass: &PassSecret, uses: u8) -> Action {
    Action::Invite {
        number,
        key: pass.public(),
        uses,
        until: council.head().slot.plus(MAX_INVITE_SLOTS),
    }
}

fn measure(mode: ClaimMode) {
    let rate = hashes_per_s();
    let mut crowd = Crowd::new(mode);
    while crowd.next < HONEST.into() {
        crowd.step(0.0);
    }
    let begun = crowd.council.head().slot;
    let mut told = 0;
    while crowd.council.head().slot.since(begun) < HOUR_SLOTS {
        crowd.step(rate);
        let minutes = crowd.council.head().slot.since(begun) / 60;
        if minutes / 10 > told {
            told = minutes / 10;
            crowd.report(rate);
        }
    }
    crowd.report(rate);
}

#[test]
#[ignore = "measures for some minutes"]
fn sybil_by_link() {
    measure(ClaimMode::Link);
}

#[test]
#[ignore = "measures for some minutes"]
fn sybil_by_an_invite_for_one() {
    measure(ClaimMode::Invite);
}

#[test]
#[ignore = "measures for some minutes"]
fn sybil_in_an_open_room() {
    measure(ClaimMode::Open);
}

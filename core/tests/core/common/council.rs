//! A network of several operators whose blocks and votes are made at will: real terms, real tickets, real quorums.
//!
//! Nobody's watermark is asked, so a test can also vote against itself.

use ting_core::{
    chain::{
        block::{Block, Header, Seal},
        checkpoint::{Checkpoint, Pair, Vote},
        statement::Statement,
    },
    codec::BoundedString,
    consensus::{
        branch::BranchState,
        engine::{Makers, Plan},
        stake::{
            lottery::ticket_alpha,
            term::Term,
            ticket::{Ticket, Winning, draw_ticket},
        },
        transition::{self, Proposer, Verified},
    },
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId},
    },
    ledger::{
        genesis::{Founder, GENESIS_VERSION, Genesis, MICRO_PER_COIN, Rules},
        transaction::{Action, Transaction},
    },
    peer::{
        identity::Identity,
        network::{ImportError, Network, Origin},
    },
    time::{Slot, Timestamp},
};

/// Stake of the founder, and the least that an operator needs, in µTNG.
pub const FOUNDER_STAKE_MICRO: u64 = 100 * MICRO_PER_COIN;

/// People with operator keys, the network of the first of them, and what waits for its next block.
pub struct Council {
    pub people: Vec<Identity>,
    pub network: Network,
    /// What people said of themselves, for the next block to record.
    pub statements: Vec<Statement>,
    waiting: Vec<Transaction>,
    nonces: Vec<u64>,
}

impl Council {
    /// So many people. The first one founded; the others have nothing yet.
    pub fn new(people: u8) -> Self {
        let rules = Rules {
            grant_bond_micro: FOUNDER_STAKE_MICRO,
            ..Rules::default()
        };
        Self::with_rules(people, rules)
    }

    /// The same in a network with these rules.
    pub fn with_rules(people: u8, rules: Rules) -> Self {
        let people: Vec<Identity> = (1..=people).map(person).collect();
        let founder = people.first().expect("there is somebody");
        let genesis = Genesis {
            version: GENESIS_VERSION,
            room: Hash::ZERO,
            founded_at: Timestamp(1_000_000),
            rules,
            founder: Founder {
                account: founder.address(),
                signing_key: founder.signing_public(),
                vrf_key: founder.vrf_public(),
            },
        };
        Self {
            network: Network::new(genesis, founder.address(), Origin::Founded),
            statements: Vec::new(),
            waiting: Vec::new(),
            nonces: vec![0; people.len()],
            people,
        }
    }

    /// Three voters in their own term: the founder with a stake of 100, the others with 300 and 100 coins.
    pub fn of_three() -> Self {
        let mut council = Self::new(3);
        council.invest(1, 300 * MICRO_PER_COIN);
        council.invest(2, 100 * MICRO_PER_COIN);
        council.go_on_until(|state| state.term().previous_voters.len() == 3);
        council
    }

    /// Lets a person pay, speak or bond in the next block.
    pub fn wish(&mut self, who: usize, action: Action) {
        self.wish_for(who, action, 100_000);
    }

    /// Lets a person claim in the next block, who has no coins for a fee.
    pub fn wish_free(&mut self, who: usize, action: Action) {
        self.wish_for(who, action, 0);
    }

    /// Somebody more, who has nothing yet.
    pub fn add(&mut self, person: Identity) {
        self.people.push(person);
        self.nonces.push(0);
    }

    fn wish_for(&mut self, who: usize, action: Action, fee_micro: u64) {
        self.nonces[who] += 1;
        let last = Slot(self.head().slot.0 + 1_000);
        let (key, nonce) = (self.people[who].account_key(), self.nonces[who]);
        let transaction = Transaction::sign(key, self.network.id(), nonce, last, fee_micro, action);
        self.waiting.push(transaction);
    }

    /// The founder gives a person a stake, which becomes an operator with it.
    pub fn invest(&mut self, who: usize, stake_micro: u64) {
        let to = self.address(who);
        let gift = Action::transfer(to, stake_micro + MICRO_PER_COIN, "").expect("short");
        self.wish(0, gift);
        self.wish(
            who,
            Action::Bond {
                amount_micro: stake_micro,
            },
        );
        let operator = Action::Operator {
            signing_key: self.people[who].signing_public(),
            vrf_key: self.people[who].vrf_public(),
        };
        self.wish(who, operator);
    }

    pub fn address(&self, who: usize) -> Address {
        self.people[who].address()
    }

    pub fn state(&self) -> &BranchState {
        self.network.head_state().expect("the head's state is kept")
    }

    /// The tip, at its own slot.
    pub fn head(&self) -> Checkpoint {
        let head = self.network.head().expect("there is a tip");
        Checkpoint {
            slot: head.slot,
            block: head.hash,
        }
    }

    /// The block of this height, at its own slot.
    pub fn checkpoint(&self, height: u64) -> Checkpoint {
        let node = self.network.chain().at_height(height).expect("on the chain");
        Checkpoint {
            slot: node.slot,
            block: node.hash,
        }
    }

    /// A vote of a person in this term, whether it may give it or not.
    pub fn vote_in(&self, term: u64, who: usize, source: Checkpoint, target: Checkpoint) -> Vote {
        let person = &self.people[who];
        let pair = Pair { source, target };
        Vote::sign(
            pair,
            term,
            person.address(),
            &self.network.id(),
            person.signing_key(),
        )
    }

    /// A vote of a person in the tip's term.
    pub fn vote(&self, who: usize, source: Checkpoint, target: Checkpoint) -> Vote {
        self.vote_in(self.state().term().number, who, source, target)
    }

    /// The next block on the tip by whoever may make one first, not before `from`: with what waits, and with those of these votes that it may record.
    pub fn block_from(&self, from: Slot, votes: &[Vote]) -> Block {
        let everybody: Vec<usize> = (0..self.people.len()).collect();
        self.block_of(&everybody, from, votes)
    }

    /// The same by one of these.
    pub fn block_of(&self, makers: &[usize], from: Slot, votes: &[Vote]) -> Block {
        let head = self.network.head().expect("there is a tip");
        let branch = self.network.chain().branch(head.hash);
        let around = self
            .network
            .chain()
            .surroundings(&branch, head)
            .expect("the state is kept");
        let first = from.max(head.slot.plus(1));
        let (slot, proposer) = (first.0..)
            .map(Slot)
            .find_map(|slot| {
                let Makers::Stake(term) = around.makers(slot);
                let gap = slot.since(head.slot);
                let mut leaders = makers.iter().filter_map(|who| {
                    draw(&self.network.id(), &term, &self.people[*who], slot)
                        .filter(|proposer| ticket_of(proposer).level.is_allowed_after(gap))
                });
                Some((slot, leaders.next()?))
            })
            .expect("somebody leads at last");
        let heard = (self.statements.iter(), votes.iter());
        transition::propose(&around, slot, proposer, heard, self.waiting.iter()).0
    }

    pub fn block(&self, votes: &[Vote]) -> Block {
        self.block_from(Slot(0), votes)
    }

    /// The next block with exactly these votes, in this order, committed to and signed as if that were right.
    pub fn forge(&self, votes: Vec<Vote>) -> Block {
        self.forge_from(Slot(0), votes)
    }

    /// The same, not before `from`.
    pub fn forge_from(&self, from: Slot, votes: Vec<Vote>) -> Block {
        let mut block = self.block_from(from, &[]);
        block.testimony.votes = votes.try_into().expect("few votes");
        block.header.content.testimony_hash = block.testimony.hash();
        self.sign(block)
    }

    /// The block with its header signed anew by its proposer.
    pub fn sign(&self, block: Block) -> Block {
        let proposer = block.header.content.proposer;
        let person = self.people.iter().find(|person| person.address() == proposer);
        let key = person.expect("one of us").signing_key();
        let Seal::Stake { vrf_proof, .. } = block.header.seal;
        Block {
            header: Header::sign(block.header.content, vrf_proof, key),
            ..block
        }
    }

    /// Takes a block as one that came from somebody else.
    ///
    /// # Errors
    /// As [`Network::import`].
    pub fn import(&mut self, block: Block) -> Result<(), ImportError> {
        let now = self.network.clock().middle_of(block.header.content.slot);
        let verified = Verified::Nothing { entropy: [9; 32] };
        self.network.import(block, verified, now)?;
        let _ = self.network.settle(now);
        Ok(())
    }

    /// Imports what has to be refused, and checks that nothing changed.
    pub fn refusal(&mut self, block: Block) -> ImportError {
        let before = (self.network.chain().head(), self.network.chain().nodes().count());
        let error = self.import(block).expect_err("it has to be refused");
        let after = (self.network.chain().head(), self.network.chain().nodes().count());
        assert_eq!(before, after);
        error
    }

    /// Makes the next block with what waits and all votes that were heard.
    pub fn grow(&mut self) {
        let heard: Vec<Vote> = self.network.chain().recent_votes().cloned().collect();
        let block = self.block(&heard);
        self.waiting.clear();
        self.import(block).expect("an honest block is taken");
    }

    /// Hears votes half a slot after the newest of their targets.
    pub fn hear(&mut self, votes: &[Vote]) {
        for vote in votes {
            let now = self.network.clock().middle_of(vote.target.slot);
            self.network.offer_vote(vote, now).expect("a good vote is taken");
            let _ = self.network.settle(now);
        }
    }

    /// Everybody who votes in the tip's term links the highest justified checkpoint to this one and acknowledges it.
    pub fn finalize(&mut self, target: Checkpoint) {
        let source = self.network.chain().justified_checkpoint();
        let node = self.network.chain().get(&target.block).expect("known");
        let rule = node.summary().quorum_rule();
        let voters: Vec<(usize, u64)> = (0..self.people.len())
            .filter_map(|who| {
                let seat = rule.seat_of(&self.address(who), &self.people[who].signing_public())?;
                Some((who, seat.term))
            })
            .collect();
        for (source, target) in [(source, target), (target, target)] {
            let votes: Vec<Vote> = voters
                .iter()
                .map(|(who, term)| self.vote_in(*term, *who, source, target))
                .filter(|vote| self.network.chain().votes().all(|known| known != vote))
                .collect();
            for vote in &votes {
                let now = self.network.clock().middle_of(target.slot);
                // The last ones come when there was a quorum already.
                let _ = self.network.offer_vote(vote, now);
                let _ = self.network.settle(now);
            }
        }
    }

    /// Blocks of which each is final before the next comes, until the tip's state is so. Nobody has voted on the tip yet.
    pub fn go_on_until(&mut self, is_so: impl Fn(&BranchState) -> bool) {
        for _ in 0..400 {
            if is_so(self.state()) {
                return;
            }
            self.finalize(self.head());
            self.grow();
        }
        panic!("it never comes to this");
    }
}

/// The person with this number.
pub fn person(number: u8) -> Identity {
    Identity::new(
        [number; 32],
        [number.wrapping_add(100); 32],
        BoundedString::default(),
    )
}

/// The ticket by which a block is proposed.
pub fn ticket_of<'p>(proposer: &'p Proposer<'_>) -> &'p Ticket {
    let Plan::Stake(winning) = &proposer.plan;
    &winning.ticket
}

/// What a person draws in a slot of a term, if it wins at any level; nothing with keys that do not act there.
pub fn draw<'a>(network: &NetworkId, term: &Term, person: &'a Identity, slot: Slot) -> Option<Proposer<'a>> {
    let account = person.address();
    let operator = term.operators.get(&account)?;
    if operator.signing_key != person.signing_public() {
        return None;
    }
    let alpha = ticket_alpha(network, &term.nonce, slot, &account);
    let (output, proof) = person.vrf_key().prove(alpha.as_bytes());
    Some(Proposer {
        account,
        signing_key: person.signing_key(),
        plan: Plan::Stake(Winning {
            ticket: draw_ticket(output, operator, term).ok()?,
            proof,
            nonce: term.nonce,
        }),
    })
}

//! What a peer refuses, each with its typed reason and nothing lost: blocks and votes. (Transactions: `ledger::apply`; frames: the relay.)

use ting_core::{
    chain::{
        block::{Block, BlockHash, BodyError, Header, Seal, transactions_root},
        checkpoint::{Checkpoint, Pair, Vote},
    },
    codec::BoundedString,
    consensus::{
        engine::{Makers, Plan},
        header::HeaderError,
        stake::{
            lottery::ticket_alpha,
            pool::PoolError,
            recorded::{TestimonyError, VoteError},
            ticket::{Winning, draw_ticket},
        },
        transition::{self, BlockError, Proposer, Verified},
        tree::InsertError,
    },
    crypto::{
        hash::{Domain, Hash},
        keys::NetworkId,
    },
    ledger::{
        error::TransactionError,
        genesis::{Founder, GENESIS_VERSION, Genesis, Rules},
        transaction::{Action, Transaction},
    },
    params::{MAX_BLOCK_BYTES, MAX_POST_BYTES, PATIENCE_SLOTS},
    peer::{
        identity::Identity,
        network::{ImportError, Network, Origin},
    },
    time::{Slot, Timestamp},
};

const UNVERIFIED: Verified = Verified::Nothing { entropy: [9; 32] };

/// A network with its founder, who can make blocks at will.
struct Bench {
    me: Identity,
    network: Network,
}

impl Bench {
    fn new() -> Self {
        Self::founded_by(identity(1))
    }

    fn founded_by(me: Identity) -> Self {
        let founder = Founder {
            account: me.address(),
            signing_key: me.signing_public(),
            vrf_key: me.vrf_public(),
        };
        let genesis = Genesis {
            version: GENESIS_VERSION,
            room: Hash::ZERO,
            founded_at: Timestamp(1_000_000),
            rules: Rules::default(),
            founder,
        };
        let network = Network::new(genesis, me.address(), Origin::Founded);
        Self { me, network }
    }

    fn at(&self, slot: Slot) -> Timestamp {
        self.network.clock().middle_of(slot)
    }

    /// The first slot after the head, at the smallest gap from `from`, in which the founder leads (or does not).
    fn slot_where(&self, from: u64, leads: bool) -> Slot {
        let head = self.network.head().unwrap().slot;
        (from..)
            .map(|gap| head.plus(gap))
            .find(|slot| self.draw(*slot).is_some() == leads)
            .unwrap()
    }

    fn draw(&self, slot: Slot) -> Option<Proposer<'_>> {
        let state = self.network.head_state().unwrap();
        let term = state.term();
        let operator = term.operators.get(&self.me.address())?;
        let alpha = ticket_alpha(&self.network.id(), &term.nonce, slot, &self.me.address());
        let (output, proof) = self.me.vrf_key().prove(alpha.as_bytes());
        let ticket = draw_ticket(output, operator, term).ok()?;
        Some(Proposer {
            account: self.me.address(),
            signing_key: self.me.signing_key(),
            plan: Plan::Stake(Winning {
                ticket,
                proof,
                nonce: term.nonce,
            }),
        })
    }

    /// A valid block on the head.
    fn block(&self, transactions: &[Transaction]) -> Block {
        let slot = self.slot_where(1, true);
        let head = self.network.chain().head();
        let branch = self.network.chain().branch(head);
        let around = self
            .network
            .chain()
            .surroundings(&branch, self.network.head().unwrap())
            .unwrap();
        let proposer = self.draw(slot).unwrap();
        let chain = self.network.chain();
        let heard = (chain.statements().iter(), chain.recent_votes());
        transition::propose(&around, slot, proposer, heard, transactions.iter()).0
    }

    /// The block with its header changed and signed again.
    fn resigned(&self, block: &Block, change: impl FnOnce(&mut Header)) -> Block {
        let mut header = block.header.clone();
        change(&mut header);
        Block {
            header: Header::sign(
                header.content.clone(),
                vrf_proof_of(&header),
                self.me.signing_key(),
            ),
            ..block.clone()
        }
    }

    fn import(&mut self, block: Block) -> Result<BlockHash, ImportError> {
        let now = self.at(block.header.content.slot);
        self.network.import(block, UNVERIFIED, now)
    }

    /// Imports, and checks that a refusal leaves everything as it was.
    fn refusal(&mut self, block: Block) -> ImportError {
        let before = (self.network.chain().head(), self.network.chain().nodes().count());
        let error = self.import(block).unwrap_err();
        assert_eq!(
            before,
            (self.network.chain().head(), self.network.chain().nodes().count())
        );
        error
    }

    fn grow(&mut self, blocks: usize) {
        for _ in 0..blocks {
            let block = self.block(&[]);
            let now = self.at(block.header.content.slot);
            self.import(block).unwrap();
            let _ = self.network.settle(now);
        }
    }

    fn transfer(&self, amount_micro: u64) -> Transaction {
        let to = identity(2).address();
        let action = Action::transfer(to, amount_micro, "").unwrap();
        Transaction::sign(
            self.me.account_key(),
            self.network.id(),
            1,
            Slot(1_000),
            100_000,
            action,
        )
    }
}

fn identity(number: u8) -> Identity {
    Identity::new(
        [number; 32],
        [number.wrapping_add(100); 32],
        BoundedString::default(),
    )
}

fn header_error(error: ImportError) -> HeaderError {
    match error {
        ImportError::Block(BlockError::Header(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_honest_block_is_taken() {
    let mut bench = Bench::new();
    let block = bench.block(&[bench.transfer(5)]);
    assert_eq!(block.transactions.len(), 1);
    bench.import(block).unwrap();
}

fn vrf_proof_of(header: &Header) -> ting_core::crypto::vrf::VrfProof {
    let Seal::Stake { vrf_proof, .. } = &header.seal;
    *vrf_proof
}

#[test]
fn a_block_by_somebody_who_is_no_operator_is_refused() {
    let mut bench = Bench::new();
    let stranger = identity(2);
    let block = bench.block(&[]);
    let mut content = block.header.content.clone();
    content.proposer = stranger.address();
    let forged = Block {
        header: Header::sign(content, vrf_proof_of(&block.header), stranger.signing_key()),
        ..block
    };
    assert_eq!(header_error(bench.refusal(forged)), HeaderError::NotAnOperator);
}

#[test]
fn a_block_in_a_slot_whose_ticket_does_not_win_is_refused() {
    let mut bench = Bench::new();
    let slot = bench.slot_where(1, false);
    let term = bench.network.head_state().unwrap().term().clone();
    let alpha = ticket_alpha(&bench.network.id(), &term.nonce, slot, &bench.me.address());
    let (_, proof) = bench.me.vrf_key().prove(alpha.as_bytes());
    let block = bench.block(&[]);
    let forged = bench.resigned(&block, |header| {
        header.content.slot = slot;
        let Seal::Stake { vrf_proof, .. } = &mut header.seal;
        *vrf_proof = proof;
    });
    assert_eq!(header_error(bench.refusal(forged)), HeaderError::NotALeader);
}

/// With a thousandth of the stake most winning tickets are easy ones, which need a longer gap.
#[test]
fn a_level_that_the_gap_does_not_allow_is_refused() {
    use ting_core::consensus::{
        header::Parent,
        stake::term::{OperatorSet, Term, TermOperator},
    };

    let bench = Bench::new();
    let operator = |identity: &Identity, stake_micro| TermOperator {
        account: identity.address(),
        signing_key: identity.signing_public(),
        vrf_key: identity.vrf_public(),
        stake_micro,
        voting_micro: stake_micro,
        since: Slot(0),
    };
    let operators = OperatorSet::new([operator(&bench.me, 1), operator(&identity(2), 999)].into_iter());
    let term = Term::founding(&bench.network.id().0, operators);
    let me = term.operators.get(&bench.me.address()).unwrap();
    let (slot, level, proof) = (1..)
        .find_map(|slot| {
            let alpha = ticket_alpha(&bench.network.id(), &term.nonce, Slot(slot), &bench.me.address());
            let (output, proof) = bench.me.vrf_key().prove(alpha.as_bytes());
            let ticket = draw_ticket(output, me, &term).ok()?;
            let deep_enough = slot > u64::from(ticket.level.0) + PATIENCE_SLOTS;
            (ticket.level.0 > 0 && deep_enough).then_some((Slot(slot), ticket.level.0, proof))
        })
        .unwrap();
    let mut content = bench.block(&[]).header.content;
    content.slot = slot;
    let header = Header::sign(content, proof, bench.me.signing_key());
    let needed = u64::from(level) + PATIENCE_SLOTS;
    let after = |gap: u64| {
        let parent = Parent {
            hash: header.content.parent,
            slot: slot.minus(gap),
            height: 0,
        };
        let makers = Makers::Stake(std::sync::Arc::new(term.clone()));
        makers
            .check(&header, &parent, &bench.network.id())
            .map(|proof| proof.level())
    };
    let gap = needed - 1;
    assert_eq!(after(gap), Err(HeaderError::LevelNotAllowed { level, gap }));
    assert_eq!(after(needed), Ok(level));
}

#[test]
fn a_wrong_vrf_proof_is_refused() {
    let mut bench = Bench::new();
    let block = bench.block(&[]);
    let forged = bench.resigned(&block, |header| {
        let Seal::Stake { vrf_proof, .. } = &mut header.seal;
        vrf_proof.0[40] ^= 1;
    });
    assert_eq!(header_error(bench.refusal(forged)), HeaderError::WrongVrfProof);
}

#[test]
fn a_forged_header_signature_is_refused() {
    let mut bench = Bench::new();
    let mut block = bench.block(&[]);
    let Seal::Stake { signature, .. } = &mut block.header.seal;
    signature.0[3] ^= 1;
    assert_eq!(header_error(bench.refusal(block)), HeaderError::BadSignature);
}

#[test]
fn a_block_of_another_network_is_refused() {
    let mut bench = Bench::new();
    let block = bench.block(&[]);
    let forged = bench.resigned(&block, |header| header.content.network = NetworkId(Hash([5; 32])));
    assert_eq!(header_error(bench.refusal(forged)), HeaderError::WrongNetwork);
}

#[test]
fn a_wrong_height_or_a_slot_not_after_the_parent_is_refused() {
    let mut bench = Bench::new();
    let block = bench.block(&[]);
    let high = bench.resigned(&block, |header| header.content.height = 7);
    assert_eq!(header_error(bench.refusal(high)), HeaderError::WrongHeight);
    bench.grow(2);
    let block = bench.block(&[]);
    let parent_slot = bench.network.head().unwrap().slot;
    let early = bench.resigned(&block, |header| header.content.slot = parent_slot);
    let error = bench.refusal(early);
    assert!(matches!(
        error,
        ImportError::Block(BlockError::Header(HeaderError::SlotNotAfterParent))
            | ImportError::Tree(InsertError::TooManyInSlot)
    ));
}

#[test]
fn a_wrong_state_root_is_refused() {
    let mut bench = Bench::new();
    let block = bench.block(&[]);
    let forged = bench.resigned(&block, |header| header.content.state_root.0[0] ^= 1);
    assert_eq!(
        bench.refusal(forged),
        ImportError::Block(BlockError::WrongStateRoot)
    );
}

#[test]
fn a_right_header_with_a_wrong_body_is_refused_and_the_right_body_is_taken_afterwards() {
    let mut bench = Bench::new();
    let block = bench.block(&[bench.transfer(5)]);
    let mut swapped = block.clone();
    swapped.transactions = vec![bench.transfer(6)].try_into().unwrap();
    assert_eq!(
        bench.refusal(swapped),
        ImportError::Block(BlockError::Body(BodyError::Transactions))
    );
    bench.import(block).unwrap();
}

#[test]
fn a_block_with_a_forged_transaction_is_refused_and_names_it() {
    let mut bench = Bench::new();
    let honest = bench.block(&[bench.transfer(5)]);
    let mut bytes = ting_core::codec::encode(&bench.transfer(5));
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    bytes[last - 40] ^= 1;
    let forged: Transaction = ting_core::codec::decode(&bytes, 9_000).unwrap();
    let mut block = honest.clone();
    block.transactions = vec![forged].try_into().unwrap();
    let root = transactions_root(&block.transactions);
    let block = bench.resigned(&block, |header| header.content.transactions_root = root);
    let reason = TransactionError::BadSignature;
    assert_eq!(
        bench.refusal(block),
        ImportError::Block(BlockError::Transaction { index: 0, reason })
    );
}

#[test]
fn a_block_with_a_transaction_that_does_not_apply_is_refused_and_names_it() {
    let mut bench = Bench::new();
    let (first, twin) = (bench.transfer(5), bench.transfer(6));
    let mut block = bench.block(std::slice::from_ref(&first));
    block.transactions = vec![first, twin].try_into().unwrap();
    let root = transactions_root(&block.transactions);
    let block = bench.resigned(&block, |header| header.content.transactions_root = root);
    let reason = TransactionError::NonceUsed { nonce: 1 };
    assert_eq!(
        bench.refusal(block),
        ImportError::Block(BlockError::Transaction { index: 1, reason })
    );
}

#[test]
fn a_block_over_the_size_bound_is_refused() {
    let mut bench = Bench::new();
    let long = |nonce| {
        let action = Action::post("hall", vec![b'a'; MAX_POST_BYTES]).unwrap();
        let key = bench.me.account_key();
        Transaction::sign(key, bench.network.id(), nonce, Slot(1_000), 1_000_000, action)
    };
    let posts: Vec<Transaction> = (1..=64).map(long).collect();
    let honest = bench.block(&posts);
    assert!(honest.transactions.len() < posts.len() && honest.encoded_len() <= MAX_BLOCK_BYTES);
    let mut block = honest.clone();
    block.transactions = posts.try_into().unwrap();
    assert!(block.encoded_len() > MAX_BLOCK_BYTES);
    let root = transactions_root(&block.transactions);
    let block = bench.resigned(&block, |header| header.content.transactions_root = root);
    assert_eq!(
        bench.refusal(block),
        ImportError::Block(BlockError::Body(BodyError::TooLarge))
    );
    bench.import(honest).unwrap();
}

#[test]
fn a_stored_block_that_was_altered_is_refused_though_its_signatures_are_not_checked_again() {
    let mut bench = Bench::new();
    let block = bench.block(&[bench.transfer(5)]);
    let now = bench.at(block.header.content.slot);
    let altered = bench.resigned(&block, |header| header.content.state_root.0[0] ^= 1);
    let refused = bench.network.import(altered, Verified::Signatures, now);
    assert_eq!(refused, Err(ImportError::Block(BlockError::WrongStateRoot)));
    bench.network.import(block, Verified::Signatures, now).unwrap();
}

#[test]
fn a_block_from_the_future_waits_and_is_taken_when_its_time_has_come() {
    let mut bench = Bench::new();
    let block = bench.block(&[]);
    let slot = block.header.content.slot;
    let early = bench.at(slot.minus(2).max(Slot(0)));
    if slot > bench.network.slot(early).plus(1) {
        assert_eq!(
            bench.network.import(block.clone(), UNVERIFIED, early),
            Err(ImportError::Future)
        );
    } else {
        let before = Timestamp(0);
        let parked = bench.resigned(&block, |header| header.content.slot = slot.plus(50));
        assert_eq!(
            bench.network.import(parked, UNVERIFIED, before),
            Err(ImportError::Future)
        );
    }
    let due = bench.network.unpark(bench.at(slot.plus(60)));
    assert_eq!(due.len(), 1);
}

#[test]
fn a_flood_of_unknown_parents_or_of_the_future_adds_nothing_and_keeps_nothing_waiting() {
    let mut bench = Bench::new();
    let block = bench.block(&[]);
    for number in 0..1_000_u32 {
        let orphan = bench.resigned(&block, |header| {
            header.content.parent = BlockHash(Hash::of(Domain::Content, &[&number.to_le_bytes()]));
        });
        assert_eq!(
            bench.refusal(orphan),
            ImportError::Tree(InsertError::UnknownParent)
        );
        let late = bench.resigned(&block, |header| {
            header.content.slot = Slot(100_000 + u64::from(number))
        });
        assert_eq!(
            bench.network.import(late, UNVERIFIED, bench.at(Slot(5))),
            Err(ImportError::Future)
        );
    }
    let waiting = bench.network.unpark(bench.at(Slot(1_000_000)));
    assert_eq!(waiting, [], "no ticket of theirs won for its slot");
    bench.import(block).unwrap();
}

fn vote(bench: &Bench, source: Checkpoint, target: Checkpoint) -> Vote {
    Vote::sign(
        Pair { source, target },
        0,
        bench.me.address(),
        &bench.network.id(),
        bench.me.signing_key(),
    )
}

fn checkpoint(bench: &Bench, height: u64) -> Checkpoint {
    let node = bench.network.chain().at_height(height).unwrap();
    Checkpoint {
        slot: node.slot,
        block: node.hash,
    }
}

#[test]
fn a_vote_whose_source_is_no_ancestor_is_refused_by_pool_and_block() {
    let mut bench = Bench::new();
    bench.grow(3);
    let mut source = checkpoint(&bench, 1);
    source.block = BlockHash(Hash([3; 32]));
    let vote = vote(&bench, source, checkpoint(&bench, 3));
    let now = bench.at(checkpoint(&bench, 3).slot.plus(1));
    assert_eq!(
        bench.network.offer_vote(&vote, now),
        Err(PoolError::SourceNotAncestor)
    );

    let block = bench.block(&[]);
    let mut with_vote = block.clone();
    with_vote.testimony.votes = vec![vote].try_into().unwrap();
    let hash = with_vote.testimony.hash();
    let forged = bench.resigned(&with_vote, |header| header.content.testimony_hash = hash);
    let reason = VoteError::NotOnBranch;
    assert_eq!(
        bench.refusal(forged),
        ImportError::Block(BlockError::Testimony(TestimonyError::Vote { index: 0, reason }))
    );
}

#[test]
fn votes_that_are_forged_or_by_nobody_or_for_another_term_are_refused() {
    let mut bench = Bench::new();
    bench.grow(2);
    let (source, target) = (checkpoint(&bench, 0), checkpoint(&bench, 2));
    let now = bench.at(target.slot.plus(1));
    let mut forged = vote(&bench, source, target);
    forged.signature.0[9] ^= 1;
    assert_eq!(
        bench.network.offer_vote(&forged, now),
        Err(PoolError::BadSignature)
    );
    let mut stranger = vote(&bench, source, target);
    stranger.voter = identity(2).address();
    assert_eq!(
        bench.network.offer_vote(&stranger, now),
        Err(PoolError::NotAVoter)
    );
    let mut other_term = vote(&bench, source, target);
    other_term.term = 4;
    assert_eq!(
        bench.network.offer_vote(&other_term, now),
        Err(PoolError::WrongTerm)
    );
    let backwards = vote(&bench, target, source);
    assert_eq!(
        bench.network.offer_vote(&backwards, now),
        Err(PoolError::SourceNotAncestor)
    );
    let early = bench.at(Slot(0));
    assert_eq!(
        bench.network.offer_vote(&vote(&bench, source, target), early),
        Err(PoolError::OutOfRange)
    );
    bench
        .network
        .offer_vote(&vote(&bench, source, target), now)
        .unwrap();
    assert_eq!(
        bench.network.offer_vote(&vote(&bench, source, target), now),
        Err(PoolError::Known)
    );
}

#[test]
fn a_branch_that_leaves_the_final_block_is_refused() {
    let mut bench = Bench::new();
    let rival = Bench::new();
    bench.grow(2);
    let target = checkpoint(&bench, 2);
    let now = bench.at(target.slot.plus(1));
    for pair in [(checkpoint(&bench, 0), target), (target, target)] {
        let vote = vote(&bench, pair.0, pair.1);
        bench.network.offer_vote(&vote, now).unwrap();
        let _ = bench.network.settle(now);
    }
    assert_eq!(bench.network.chain().final_height(), 2);
    let fork = rival.block(&[rival.transfer(5)]);
    assert_eq!(bench.refusal(fork), ImportError::Tree(InsertError::AgainstFinal));
}

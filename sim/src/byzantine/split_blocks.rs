//! Several blocks in one slot: each half of the room sees two of its own.

use ting_core::{
    chain::block::{Block, Seal},
    consensus::{
        engine::{Makers, Plan},
        stake::ticket::{Winning, draw_ticket},
        transition::{self, Proposer},
    },
    gossip::{
        compact::CompactBlock,
        message::{Message, TransactionList},
    },
    ledger::transaction::{Action, Transaction},
};

use super::{Speech, Stage};

/// Others that are made beside the block.
const TWINS: u64 = 3;
const FEE_MICRO: u64 = 100_000;

pub(super) fn twist(stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
    let Message::Block(block) = &speech.message else {
        return vec![speech];
    };
    if block.header.content.proposer != stage.identity.address() {
        return vec![speech];
    }
    let twins: Vec<(Transaction, Block)> = (0..TWINS)
        .filter_map(|number| twin_of(stage, block, number))
        .collect();
    let Ok(posts) = TransactionList::try_from(twins.iter().map(|(post, _)| post.clone()).collect::<Vec<_>>())
    else {
        return vec![speech];
    };
    let mut said = vec![Speech::to_all(Message::Transactions(posts))];
    let mut half = stage.one_half();
    said.push(Speech::to_half(half, speech.message));
    for (_, twin) in &twins {
        half = half.other();
        said.push(Speech::to_half(
            half,
            Message::Block(Box::new(CompactBlock::of(twin))),
        ));
    }
    said
}

/// A block with the same ticket and another post in it.
fn twin_of(stage: &mut Stage<'_>, block: &CompactBlock, number: u64) -> Option<(Transaction, Block)> {
    let (network, identity, content) = (stage.network, stage.identity, &block.header.content);
    let parent = network.chain().get(&content.parent)?;
    let branch = network.chain().branch(parent.hash);
    let around = network.chain().surroundings(&branch, parent)?;
    let Makers::Stake(term) = around.makers(content.slot);
    let Seal::Stake { vrf_proof, .. } = &block.header.seal;
    let output = vrf_proof.claimed_output().ok()?;
    let operator = term.operators.get(&content.proposer)?;
    let proposer = Proposer {
        account: content.proposer,
        signing_key: identity.signing_key(),
        plan: Plan::Stake(Winning {
            ticket: draw_ticket(output, operator, &term).ok()?,
            proof: *vrf_proof,
            nonce: term.nonce,
        }),
    };
    let used = around.state.ledger.account(&identity.address())?.nonces.highest();
    let post = Transaction::sign(
        identity.account_key(),
        network.id(),
        used + 1 + number,
        content.slot.plus(600),
        FEE_MICRO,
        Action::post("hall", stage.random.bytes().to_vec()).ok()?,
    );
    let heard = (
        network.chain().statements().iter(),
        network.chain().recent_votes(),
    );
    let (twin, _) = transition::propose(&around, content.slot, proposer, heard, [&post].into_iter());
    (twin.hash() != block.hash()).then_some((post, twin))
}

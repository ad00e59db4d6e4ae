//! Answers that are not so: headers nobody signed, bodies of other blocks, votes nobody gave, too little of everything.

use ting_core::{
    chain::block::{Block, Header, Seal},
    codec::BoundedVec,
    gossip::message::{Give, Message, TransactionList, VoteList},
};

use super::{Speech, Stage};

pub(super) fn twist(stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
    match speech.message {
        Message::Give { request_id, what } if stage.random.chance(800) => {
            let what = lie(stage, what);
            vec![Speech {
                to: speech.to,
                message: Message::Give { request_id, what },
            }]
        }
        _ => vec![speech],
    }
}

fn lie(stage: &mut Stage<'_>, what: Give) -> Give {
    match what {
        Give::Genesis(_) => Give::Genesis(None),
        Give::Headers(headers) => Give::Headers(bend_headers(stage, headers.into_vec())),
        Give::Blocks(blocks) => Give::Blocks(bend_blocks(stage, blocks.into_vec())),
        Give::Transactions { block, .. } => Give::Transactions {
            block,
            transactions: BoundedVec::default(),
        },
        Give::Certificate(votes) => Give::Certificate(bend_votes(stage, votes)),
        Give::Mempool(_) => Give::Mempool(TransactionList::new()),
    }
}

/// Leaves the first one out, or signs the last one anew with another state.
fn bend_headers<const MAX: usize>(
    stage: &mut Stage<'_>,
    mut headers: Vec<Header>,
) -> BoundedVec<Header, MAX> {
    if stage.random.chance(500) && !headers.is_empty() {
        headers.remove(0);
    } else if let Some(last) = headers.last_mut() {
        let mut content = last.content.clone();
        content.state_root = stage.made_up_hash();
        let Seal::Stake { vrf_proof, .. } = last.seal;
        *last = Header::sign(content, vrf_proof, stage.identity.signing_key());
    }
    BoundedVec::try_from(headers).unwrap_or_default()
}

/// Gives nothing, or bodies without what was said in them.
fn bend_blocks<const MAX: usize>(stage: &mut Stage<'_>, mut blocks: Vec<Block>) -> BoundedVec<Block, MAX> {
    if stage.random.chance(300) {
        blocks.clear();
    }
    for block in &mut blocks {
        block.transactions = BoundedVec::default();
    }
    BoundedVec::try_from(blocks).unwrap_or_default()
}

/// The same votes for a block that nobody made.
fn bend_votes(stage: &mut Stage<'_>, votes: VoteList) -> VoteList {
    let mut votes = votes.into_vec();
    for vote in &mut votes {
        vote.target.block.0 = stage.made_up_hash();
    }
    VoteList::try_from(votes).unwrap_or_default()
}

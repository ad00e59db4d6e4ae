//! Claims for accounts that nobody has: well worked for, on anchors that are not final or made up.

use ting_core::{
    crypto::{
        hash::{Domain, Hash},
        keys::SecretKey,
        work::WorkSearch,
    },
    gossip::message::{Message, TransactionList},
    ledger::{
        claim::claim_challenge,
        transaction::{Action, Transaction},
    },
};

use super::{Speech, Stage};

const CLAIMS_AT_ONCE: usize = 16;
/// Twice to the sixth times what the simulator's rules ask for.
const ZERO_BITS: u32 = 10;
const MAX_TRIES: u32 = 1 << 14;

pub(super) fn twist(stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
    if !matches!(speech.message, Message::Presence(_)) || !stage.random.chance(300) {
        return vec![speech];
    }
    let claims: Vec<Transaction> = (0..CLAIMS_AT_ONCE).filter_map(|_| bogus_claim(stage)).collect();
    match TransactionList::try_from(claims) {
        Ok(claims) => vec![speech, Speech::to_all(Message::Transactions(claims))],
        Err(_) => vec![speech],
    }
}

fn bogus_claim(stage: &mut Stage<'_>) -> Option<Transaction> {
    let network = stage.network;
    let nobody = SecretKey::from_seed(stage.random.bytes());
    let anchor = bogus_anchor(stage);
    let challenge = claim_challenge(&network.id(), &nobody.address(), &anchor);
    let work_nonce = WorkSearch::new(Domain::ClaimWork, challenge, ZERO_BITS).step(MAX_TRIES)?;
    let last = network.slot(stage.now).plus(600);
    let claim = Action::Claim {
        anchor,
        work_nonce,
        pass: None,
    };
    Some(Transaction::sign(&nobody, network.id(), 1, last, 0, claim))
}

fn bogus_anchor(stage: &mut Stage<'_>) -> Hash {
    let tree = stage.network.chain();
    if stage.random.chance(500) {
        return stage.made_up_hash();
    }
    tree.head().0
}

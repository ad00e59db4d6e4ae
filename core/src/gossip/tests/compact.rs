use std::collections::BTreeMap;

use super::*;
use crate::{
    chain::block::{BodyError, Votes},
    crypto::hash::Domain,
    gossip::compact::{CompactBlock, FillError, IdPrefix, PartialBlock, Rebuild},
};

/// A network in which the founder, account 1, can pay for posts.
struct Room {
    network: NetworkId,
    known: BTreeMap<IdPrefix, Transaction>,
}

impl Room {
    fn new() -> Self {
        let network = genesis().network_id();
        Self {
            network,
            known: BTreeMap::new(),
        }
    }

    fn post(&self, nonce: u64) -> Transaction {
        let action = Action::post("hall", vec![7; 20]).unwrap();
        Transaction::sign(&secret(1), self.network, nonce, Slot(100), 50_000, action)
    }

    fn knows(&mut self, transaction: &Transaction) {
        self.known
            .insert(IdPrefix::of(&transaction.id()), transaction.clone());
    }

    fn rebuild(&self, compact: CompactBlock) -> Rebuild {
        Rebuild::of(compact, |prefix| self.known.get(prefix).cloned())
    }
}

fn partial(rebuild: Rebuild) -> PartialBlock {
    match rebuild {
        Rebuild::Missing(partial) => *partial,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_block_of_known_transactions_is_rebuilt() {
    let mut room = Room::new();
    let transactions = vec![room.post(2), room.post(1)];
    transactions
        .iter()
        .for_each(|transaction| room.knows(transaction));
    let block = block_after(BlockHash(Hash([1; 32])), 2, 3, transactions, vec![vote(1)]);
    assert_eq!(
        room.rebuild(CompactBlock::of(&block)),
        Rebuild::Complete(Box::new(block))
    );
}

#[test]
fn an_empty_block_needs_nothing() {
    let block = block_after(BlockHash(Hash([1; 32])), 2, 3, vec![], vec![]);
    let rebuilt = Room::new().rebuild(CompactBlock::of(&block));
    assert_eq!(rebuilt, Rebuild::Complete(Box::new(block)));
}

#[test]
fn missing_transactions_are_named_and_filled_in() {
    let mut room = Room::new();
    let transactions: Vec<Transaction> = (1..=4).map(|nonce| room.post(nonce)).collect();
    room.knows(&transactions[1]);
    room.knows(&transactions[2]);
    let block = block_after(BlockHash(Hash([1; 32])), 2, 3, transactions.clone(), vec![]);
    let partial = partial(room.rebuild(CompactBlock::of(&block)));
    assert_eq!(partial.missing().into_vec(), [0, 3]);
    assert_eq!(partial.hash(), block.hash());
    let [first, second, _, last] = &transactions[..] else {
        unreachable!()
    };
    let wrong: [&[&Transaction]; 5] = [
        &[],
        &[first],
        &[last, first],
        &[first, second],
        &[first, last, last],
    ];
    for given in wrong {
        let given: Vec<Transaction> = given.iter().map(|&transaction| transaction.clone()).collect();
        assert_eq!(partial.fill(&given), Err(FillError::NotMissing));
    }
    assert_eq!(partial.fill(&[first.clone(), last.clone()]), Ok(block));
}

#[test]
fn a_body_that_does_not_fit_its_header_is_a_mismatch() {
    let mut room = Room::new();
    let transactions = vec![room.post(1), room.post(2)];
    room.knows(&transactions[0]);
    let block = block_after(BlockHash(Hash([1; 32])), 2, 3, transactions.clone(), vec![]);
    let mut compact = CompactBlock::of(&block);
    compact.header.content.transactions_root = Hash::of(Domain::Content, &[b"other"]);
    let partial = partial(room.rebuild(compact.clone()));
    assert_eq!(
        partial.fill(&transactions[1..]),
        Err(FillError::Body(BodyError::Transactions))
    );
    room.knows(&transactions[1]);
    assert_eq!(room.rebuild(compact), Rebuild::Mismatch(BodyError::Transactions));
    let swapped = CompactBlock {
        testimony: Votes::try_from(vec![vote(1)]).unwrap().into(),
        ..CompactBlock::of(&block)
    };
    assert_eq!(room.rebuild(swapped), Rebuild::Mismatch(BodyError::Testimony));
}

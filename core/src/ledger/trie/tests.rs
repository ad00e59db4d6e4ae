use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    codec::{decode, encode},
    crypto::hash::Domain,
};

type Model = BTreeMap<Path, Vec<u8>>;

/// Paths that often share long beginnings.
fn path() -> impl Strategy<Value = Path> {
    let near = (0_usize..32, any::<u8>()).prop_map(|(at, byte)| {
        let mut bytes = [0; 32];
        bytes[at] = byte;
        Path(bytes)
    });
    let last_bits = (0_u8..4).prop_map(|low| {
        let mut bytes = [0xaa; 32];
        bytes[31] = low;
        Path(bytes)
    });
    prop_oneof![near, last_bits, any::<[u8; 32]>().prop_map(Path)]
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Path, Vec<u8>),
    InsertAll(Vec<(Path, Vec<u8>)>),
    Remove(Path),
    RemoveOneThere(usize),
    Clone,
}

fn step() -> impl Strategy<Value = Step> {
    let value = || proptest::collection::vec(any::<u8>(), 0..4);
    prop_oneof![
        4 => (path(), value()).prop_map(|(path, value)| Step::Insert(path, value)),
        1 => proptest::collection::vec((path(), value()), 0..5).prop_map(Step::InsertAll),
        1 => path().prop_map(Step::Remove),
        2 => any::<usize>().prop_map(Step::RemoveOneThere),
        1 => Just(Step::Clone),
    ]
}

fn trie_of<'a>(entries: impl IntoIterator<Item = (&'a Path, &'a Vec<u8>)>) -> Trie {
    let mut trie = Trie::new();
    for (path, value) in entries {
        trie.insert(*path, value.as_slice().into()).unwrap();
    }
    trie
}

fn assert_equal(trie: &Trie, model: &Model) {
    assert_eq!(trie.len(), model.len());
    assert_eq!(trie.is_empty(), model.is_empty());
    assert!(
        trie.iter()
            .map(|(path, value)| (path, &**value))
            .eq(model.iter().map(|(path, value)| (path, &**value)))
    );
    assert_eq!(trie.root(), trie_of(model).root());
}

fn path_with(first: u8, last: u8) -> Path {
    let mut bytes = [0; 32];
    bytes[0] = first;
    bytes[31] = last;
    Path(bytes)
}

#[test]
fn an_empty_trie_has_the_zero_root() {
    assert_eq!(Trie::new().root(), Hash::ZERO);
    assert_eq!(Trie::new().remove(&path_with(0, 0)), None);
    assert_eq!(Trie::new().iter().count(), 0);
}

#[test]
fn golden_roots_and_paths() {
    // Computed by an implementation of the documented format in another language.
    let mut trie = Trie::new();
    trie.insert(path_with(0, 0), b"a".as_slice().into()).unwrap();
    assert_eq!(
        trie.root().to_string(),
        "43db6bed8a166b97546929535e9724842f3fc78285b9f2d8927b8f981bb271cb"
    );
    trie.insert(path_with(0x40, 0), b"b".as_slice().into()).unwrap();
    assert_eq!(
        trie.root().to_string(),
        "fde8e9209c028a1a458c2b0b2443ddef6c25b5ff32f835c8cb779475a331c6d1"
    );
    let path = Hash(Path::of(5, b"key").0);
    assert_eq!(
        path.to_string(),
        "05cfa8c66a4d4e193f38a3ff82b47f4a7f7d09a1bb174bf20c9f68d3accaaf53"
    );
}

#[test]
fn golden_bytes_of_proofs() {
    let siblings = vec![Hash([7; 32])];
    let present = TrieProof::new(siblings.clone(), ProofEnd::Present);
    assert_eq!(encode(&present), [&[1, 0, 0, 0][..], &[7; 32], &[0]].concat());
    let empty = TrieProof::new(siblings.clone(), ProofEnd::Empty);
    assert_eq!(encode(&empty), [&[1, 0, 0, 0][..], &[7; 32], &[1]].concat());
    let end = ProofEnd::Other {
        path: Path([8; 32]),
        value_hash: Hash([9; 32]),
    };
    let other = TrieProof::new(siblings, end);
    assert_eq!(
        encode(&other),
        [&[1, 0, 0, 0][..], &[7; 32], &[2], &[8; 32], &[9; 32]].concat()
    );
}

#[test]
fn paths_that_differ_in_the_last_bit_only_live_256_levels_down() {
    let mut trie = Trie::new();
    let (left, right) = (path_with(0, 0), path_with(0, 1));
    trie.insert(left, b"left".as_slice().into()).unwrap();
    let alone = trie.root();
    trie.insert(right, b"right".as_slice().into()).unwrap();
    let proof = trie.proof(&right);
    assert_eq!(proof.siblings.len(), PATH_BITS);
    assert_eq!(proof.verify(&trie.root(), &right, Some(b"right")), Ok(()));
    assert_eq!(decode::<TrieProof>(&encode(&proof), 9_000), Ok(proof));
    assert_eq!(trie.remove(&right).as_deref(), Some(b"right".as_slice()));
    assert_eq!(trie.root(), alone);
}

#[test]
fn a_value_over_the_bound_is_refused_and_nothing_changes() {
    let mut trie = trie_of([(&path_with(1, 1), &vec![1])]);
    let root = trie.root();
    let long = vec![0; MAX_VALUE_BYTES + 1];
    let error = BoundExceeded {
        len: MAX_VALUE_BYTES + 1,
        max: MAX_VALUE_BYTES,
    };
    assert_eq!(trie.insert(path_with(1, 1), long.into()), Err(error));
    let both = vec![
        (path_with(2, 2), [2].into()),
        (path_with(1, 1), vec![0; MAX_VALUE_BYTES + 1].into()),
    ];
    assert_eq!(trie.insert_all(both), Err(error));
    assert_eq!(trie.root(), root);
    assert_eq!(
        trie.insert(path_with(1, 1), vec![0; MAX_VALUE_BYTES].into())
            .unwrap()
            .as_deref(),
        Some(&[1][..])
    );
}

#[test]
fn a_proof_of_presence_says_nothing_of_absence() {
    let trie = trie_of([(&path_with(1, 1), &vec![1]), (&path_with(2, 2), &vec![2])]);
    let there = trie.proof(&path_with(1, 1));
    assert_eq!(
        there.verify(&trie.root(), &path_with(1, 1), None),
        Err(TrieProofError::Opposite)
    );
    let absent = path_with(1, 2);
    assert_eq!(trie.proof(&absent).verify(&trie.root(), &absent, None), Ok(()));
    assert_eq!(
        trie.proof(&absent).verify(&trie.root(), &absent, Some(&[1])),
        Err(TrieProofError::Opposite)
    );
}

#[test]
fn a_leaf_from_elsewhere_does_not_show_absence() {
    let (left, right) = (path_with(0, 0), path_with(0x80, 0));
    let trie = trie_of([(&left, &vec![1]), (&right, &vec![2])]);
    let end = ProofEnd::Other {
        path: right,
        value_hash: Hash::of(Domain::StateValue, &[&[2]]),
    };
    let forged = TrieProof {
        end,
        ..trie.proof(&right)
    };
    assert_eq!(
        forged.verify(&trie.root(), &left, None),
        Err(TrieProofError::MisplacedLeaf)
    );
    assert_eq!(
        forged.verify(&trie.root(), &right, None),
        Err(TrieProofError::MisplacedLeaf)
    );
}

#[test]
fn tries_with_other_entries_are_not_equal() {
    let (one, other) = (vec![1], vec![2]);
    let trie = |value| trie_of([(&path_with(0, 0), value)]);
    assert!(trie(&one) == trie(&one));
    assert!(trie(&one) != trie(&other));
}

#[test]
fn a_prefix_longer_than_a_path_holds_nothing() {
    let trie = trie_of([(&path_with(0, 0), &vec![1]), (&path_with(0, 1), &vec![2])]);
    assert_eq!(trie.iter_prefix(&[0; 33]).count(), 0);
    assert_eq!(trie.iter_prefix(&[0; 32]).count(), 1);
}

proptest! {
    #[test]
    fn a_trie_behaves_as_a_map_and_its_clones_stay_as_they_were(steps in proptest::collection::vec(step(), 0..60)) {
        let mut trie = Trie::new();
        let mut model = Model::new();
        let mut clones = Vec::new();
        for step in steps {
            match step {
                Step::Insert(path, value) => {
                    let old = trie.insert(path, value.as_slice().into()).unwrap();
                    prop_assert_eq!(old.map(|old| old.to_vec()), model.insert(path, value));
                }
                Step::InsertAll(entries) => {
                    let shared = entries.iter().map(|(path, value)| (*path, value.as_slice().into())).collect();
                    let len_before = model.len();
                    model.extend(entries);
                    prop_assert_eq!(trie.insert_all(shared), Ok(model.len() - len_before));
                }
                Step::Remove(path) => {
                    prop_assert_eq!(trie.remove(&path).map(|old| old.to_vec()), model.remove(&path));
                }
                Step::RemoveOneThere(pick) if !model.is_empty() => {
                    let path = *model.keys().nth(pick % model.len()).unwrap();
                    prop_assert_eq!(trie.remove(&path).map(|old| old.to_vec()), model.remove(&path));
                }
                Step::RemoveOneThere(_) => {}
                Step::Clone => clones.push((trie.clone(), trie.root(), model.clone())),
            }
            prop_assert!(model.iter().all(|(path, value)| trie.get(path).map(|found| &**found) == Some(&**value)));
        }
        assert_equal(&trie, &model);
        for (clone, root, model) in clones {
            prop_assert_eq!(clone.root(), root);
            assert_equal(&clone, &model);
        }
    }

    #[test]
    fn the_root_depends_on_the_entries_and_not_on_their_order(
        entries in proptest::collection::btree_map(path(), proptest::collection::vec(any::<u8>(), 0..4), 0..40),
        extra in proptest::collection::vec(path(), 0..10),
        shuffle: [u8; 32],
    ) {
        let mut shuffled: Vec<_> = entries.iter().collect();
        shuffled.sort_by_key(|(path, _)| Hash::of(Domain::Content, &[&shuffle, &path.0]));
        let mut trie = trie_of(shuffled);
        for path in extra.iter().filter(|path| !entries.contains_key(path)) {
            trie.insert(*path, [].into()).unwrap();
            trie.root();
        }
        for path in extra.iter().filter(|path| !entries.contains_key(path)) {
            trie.remove(path);
        }
        prop_assert_eq!(trie.root(), trie_of(&entries).root());
        prop_assert_eq!(&trie, &trie_of(&entries));
    }

    #[test]
    fn different_entries_have_different_roots(
        entries in proptest::collection::btree_map(path(), any::<[u8; 1]>().prop_map(Vec::from), 1..20),
        pick: usize,
    ) {
        let path = *entries.keys().nth(pick % entries.len()).unwrap();
        let root = trie_of(&entries).root();
        let mut changed = entries.clone();
        changed.get_mut(&path).unwrap().push(0);
        prop_assert_ne!(trie_of(&changed).root(), root);
        changed.remove(&path);
        prop_assert_ne!(trie_of(&changed).root(), root);
    }

    #[test]
    fn a_prefix_finds_exactly_what_begins_with_it(
        entries in proptest::collection::btree_map(path(), any::<[u8; 1]>().prop_map(Vec::from), 0..30),
        start in path(),
        len in 0_usize..4,
    ) {
        let prefix = &start.0[..len];
        let trie = trie_of(&entries);
        let found: Vec<Path> = trie.iter_prefix(prefix).map(|(path, _)| *path).collect();
        let expected: Vec<Path> = entries.keys().filter(|path| path.0.starts_with(prefix)).copied().collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn proofs_hold_for_presence_and_absence_and_break_when_altered(
        entries in proptest::collection::btree_map(path(), any::<[u8; 2]>().prop_map(Vec::from), 0..30),
        asked in path(),
        pick: usize,
        flip: usize,
        bit in 0_u32..8,
    ) {
        let trie = trie_of(&entries);
        let root = trie.root();
        let there = entries.iter().nth(pick % entries.len().max(1)).map(|(path, value)| (*path, Some(value.clone())));
        let asked = (asked, entries.get(&asked).cloned());
        for (path, value) in there.into_iter().chain([asked]) {
            let proof = trie.proof(&path);
            prop_assert_eq!(proof.verify(&root, &path, value.as_deref()), Ok(()));
            prop_assert_eq!(decode::<TrieProof>(&encode(&proof), 9_000), Ok(proof.clone()));
            prop_assert!(proof.verify(&Hash([1; 32]), &path, value.as_deref()).is_err());
            prop_assert!(proof.verify(&root, &path, Some(b"another value")).is_err());
            prop_assert!(value.is_none() || proof.verify(&root, &path, None).is_err());
            let mut bytes = encode(&proof);
            let at = flip % bytes.len();
            bytes[at] ^= 1 << bit;
            if let Ok(altered) = decode::<TrieProof>(&bytes, 9_000) {
                prop_assert!(altered.verify(&root, &path, value.as_deref()).is_err());
            }
        }
    }
}

//! SHA-256 under domain tags, and Merkle roots of lists.
//!
//! No two different inputs of [`Hash::of`] give the same bytes to SHA-256: the tag and every part carry their length,
//! and tags are unique (a test says so). So an object of one kind never has the identity of an object of another.

use core::{fmt, str::FromStr};

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::codec::{
    BoundedVec,
    text::{HexError, byte_newtype, decode_hex, encode_hex, shorten},
};

/// What a hash or a signature is for; its tag is part of what is hashed or signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Domain {
    /// Genesis of a network; its hash is the network id.
    Genesis,
    /// Transaction, signed by its account; also its id.
    Transaction,
    /// Block header, signed by its leader; also the block's id.
    Header,
    /// Body of a block beside its transactions.
    Body,
    /// Finality vote, signed by its voter.
    Vote,
    /// A voter's word that it leaves or is back, signed by it.
    Statement,
    /// Nonce of a term, which seeds its lottery.
    TermNonce,
    /// Draw of the lottery, from a VRF output.
    Lottery,
    /// Ticket of an operator in a slot: input of the VRF.
    Ticket,
    /// Proof of work of a claim.
    ClaimWork,
    /// Pass of an account to a grant, signed by the key of an invite.
    Pass,
    /// First message on a link, signed.
    Hello,
    /// Presence of a peer, signed.
    Presence,
    /// Content of a gossip message, for telling duplicates.
    Content,
    /// Path of an entry in the state trie.
    StatePath,
    /// Value of an entry in the state trie.
    StateValue,
    /// Leaf of the state trie.
    StateLeaf,
    /// Inner node of the state trie.
    StateNode,
    /// Leaf of a list's Merkle tree.
    MerkleLeaf,
    /// Inner node of a list's Merkle tree.
    MerkleNode,
    /// Number of leaves and top of a list's Merkle tree.
    MerkleRoot,
    /// Fingerprint shown to people.
    Fingerprint,
    /// Stored record's checksum.
    Record,
    /// Seed of the factors of a signature batch.
    Batch,
}

impl Domain {
    /// All domains; tests check that their tags differ.
    pub const ALL: [Self; 24] = [
        Self::Genesis,
        Self::Transaction,
        Self::Header,
        Self::Body,
        Self::Vote,
        Self::Statement,
        Self::TermNonce,
        Self::Lottery,
        Self::Ticket,
        Self::ClaimWork,
        Self::Pass,
        Self::Hello,
        Self::Presence,
        Self::Content,
        Self::StatePath,
        Self::StateValue,
        Self::StateLeaf,
        Self::StateNode,
        Self::MerkleLeaf,
        Self::MerkleNode,
        Self::MerkleRoot,
        Self::Fingerprint,
        Self::Record,
        Self::Batch,
    ];

    /// The tag: unique, under 64 bytes of ASCII, with the version of the encoding that it names.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Genesis => "ting/genesis/1",
            Self::Transaction => "ting/tx/1",
            Self::Header => "ting/header/1",
            Self::Body => "ting/body/1",
            Self::Vote => "ting/vote/1",
            Self::Statement => "ting/statement/1",
            Self::TermNonce => "ting/term-nonce/1",
            Self::Lottery => "ting/lottery/1",
            Self::Ticket => "ting/ticket/1",
            Self::ClaimWork => "ting/claim-work/1",
            Self::Pass => "ting/pass/1",
            Self::Hello => "ting/hello/1",
            Self::Presence => "ting/presence/1",
            Self::Content => "ting/content/1",
            Self::StatePath => "ting/state-path/1",
            Self::StateValue => "ting/state-value/1",
            Self::StateLeaf => "ting/state-leaf/1",
            Self::StateNode => "ting/state-node/1",
            Self::MerkleLeaf => "ting/merkle-leaf/1",
            Self::MerkleNode => "ting/merkle-node/1",
            Self::MerkleRoot => "ting/merkle-root/1",
            Self::Fingerprint => "ting/fingerprint/1",
            Self::Record => "ting/record/1",
            Self::Batch => "ting/batch/1",
        }
    }

    /// The tag with its length before it: no prefixed tag is the start of another.
    pub(crate) fn prefix(self) -> impl Iterator<Item = u8> {
        let tag = self.tag().as_bytes();
        u8::try_from(tag.len()).into_iter().chain(tag.iter().copied())
    }
}

/// A SHA-256 hash: 32 bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of nothing: no input is known that has it.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 of the length of the tag (one byte), the tag, and for each part its length (`u64`, little-endian)
    /// and its bytes.
    pub fn of(domain: Domain, parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        let tag = domain.tag().as_bytes();
        hasher.update([tag.len() as u8]);
        hasher.update(tag);
        for part in parts {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The hash as 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// First six and last four digits, for people.
    pub fn short(&self) -> String {
        shorten(&encode_hex(&self.0), 6, 4)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&encode_hex(&self.0))
    }
}

impl FromStr for Hash {
    type Err = HexError;
    fn from_str(text: &str) -> Result<Self, HexError> {
        decode_hex(text).map(Self)
    }
}

byte_newtype!(Hash);

/// Levels of the largest Merkle tree: its number of leaves is a `u32`.
const MAX_MERKLE_DEPTH: usize = 32;

/// Root of a list: the tree of RFC 6962, section 2.1, under a node that holds the number of leaves, so that a proof
/// cannot lie about positions. The root of no leaves is [`Hash::ZERO`].
pub fn merkle_root(leaves: &[Hash]) -> Hash {
    let mut level: Vec<Hash> = leaves.iter().map(merkle_leaf).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(merkle_parent).collect();
    }
    level
        .first()
        .map_or(Hash::ZERO, |top| merkle_top(leaves.len() as u64, top))
}

/// Proof that the leaf at `index` is in the list; none when there is no such leaf, or over 2^32-1 leaves.
pub fn merkle_proof(leaves: &[Hash], index: usize) -> Option<MerkleProof> {
    leaves.get(index)?;
    let mut siblings = Vec::new();
    let mut level: Vec<Hash> = leaves.iter().map(merkle_leaf).collect();
    let mut position = index;
    while level.len() > 1 {
        siblings.extend(level.get(position ^ 1).copied());
        level = level.chunks(2).map(merkle_parent).collect();
        position /= 2;
    }
    Some(MerkleProof {
        index: index.try_into().ok()?,
        leaf_count: leaves.len().try_into().ok()?,
        siblings: siblings.try_into().ok()?,
    })
}

/// That a leaf stands at a place in a list with a known [`merkle_root`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct MerkleProof {
    /// Place of the leaf in the list, from 0.
    pub index: u32,
    /// Number of leaves in the list.
    pub leaf_count: u32,
    /// Hashes beside the way up, from the leaf to the top.
    pub siblings: BoundedVec<Hash, MAX_MERKLE_DEPTH>,
}

/// A Merkle proof does not lead from the leaf to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the proof does not lead from the leaf to the root")]
pub struct ProofError;

impl MerkleProof {
    /// Checks that `leaf` is at `index` of the `leaf_count` leaves under `root`.
    ///
    /// # Errors
    /// [`ProofError`] when it is not, or the proof is not well formed.
    pub fn verify(&self, root: &Hash, leaf: &Hash) -> Result<(), ProofError> {
        if self.index >= self.leaf_count {
            return Err(ProofError);
        }
        let (mut position, mut width) = (self.index, self.leaf_count);
        let mut siblings = self.siblings.iter();
        let mut node = merkle_leaf(leaf);
        while width > 1 {
            if position % 2 == 1 {
                node = merkle_parent(&[*siblings.next().ok_or(ProofError)?, node]);
            } else if position + 1 < width {
                node = merkle_parent(&[node, *siblings.next().ok_or(ProofError)?]);
            }
            position /= 2;
            width = width.div_ceil(2);
        }
        let complete = siblings.next().is_none() && merkle_top(self.leaf_count.into(), &node) == *root;
        if complete { Ok(()) } else { Err(ProofError) }
    }
}

fn merkle_leaf(leaf: &Hash) -> Hash {
    Hash::of(Domain::MerkleLeaf, &[&leaf.0])
}

/// Parent of one or two nodes; a node without a neighbour moves up unchanged.
fn merkle_parent(children: &[Hash]) -> Hash {
    match children {
        [left, right] => Hash::of(Domain::MerkleNode, &[&left.0, &right.0]),
        [single] => *single,
        _ => Hash::ZERO,
    }
}

fn merkle_top(leaf_count: u64, top: &Hash) -> Hash {
    Hash::of(Domain::MerkleRoot, &[&leaf_count.to_le_bytes(), &top.0])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::{decode, encode};

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count)
            .map(|i| Hash::of(Domain::Content, &[&i.to_le_bytes()]))
            .collect()
    }

    #[test]
    fn tags_are_unique_and_short() {
        let tags: BTreeSet<&str> = Domain::ALL.iter().map(|domain| domain.tag()).collect();
        assert_eq!(tags.len(), Domain::ALL.len());
        assert!(tags.iter().all(|tag| tag.len() < 64 && tag.is_ascii()));
    }

    #[test]
    fn golden_hash_is_sha256_of_the_documented_bytes() {
        let mut bytes = b"\x09ting/tx/1".to_vec();
        bytes.extend(2_u64.to_le_bytes());
        bytes.extend(b"ab");
        let hash = Hash::of(Domain::Transaction, &[b"ab"]);
        assert_eq!(hash.0, <[u8; 32]>::from(Sha256::digest(&bytes)));
        assert_eq!(
            hash.to_string(),
            "02da51978daffa50a8dae44da04731b4966dda2bdb7f3b01d1e56e32c225a905"
        );
        assert_eq!(encode(&hash), hash.0);
    }

    #[test]
    fn moving_a_byte_between_parts_changes_the_hash() {
        let hashes: BTreeSet<Hash> = [
            &[b"ab" as &[u8], b"c"] as &[&[u8]],
            &[b"a", b"bc"],
            &[b"abc"],
            &[b"abc", b""],
        ]
        .iter()
        .map(|parts| Hash::of(Domain::Content, parts))
        .collect();
        assert_eq!(hashes.len(), 4);
    }

    #[test]
    fn a_hash_is_hexadecimal_for_people_and_bytes_for_machines() {
        let hash = Hash([0xab; 32]);
        assert_eq!(hash.short(), "ababab…abab");
        assert_eq!(serde_json::to_string(&hash).unwrap(), format!("\"{hash}\""));
        assert_eq!(
            serde_json::from_str::<Hash>(&format!("\"{hash}\"")).unwrap(),
            hash
        );
        assert_eq!(
            postcard::from_bytes::<Hash>(&postcard::to_allocvec(&hash).unwrap()).unwrap(),
            hash
        );
        assert_eq!(hash.to_string().parse(), Ok(hash));
    }

    #[test]
    fn golden_merkle_roots() {
        let roots: Vec<String> = [0, 1, 2, 3]
            .iter()
            .map(|&n| merkle_root(&leaves(n)).to_string())
            .collect();
        assert_eq!(roots[0], Hash::ZERO.to_string());
        let [a, b, c] = leaves(3)[..] else { panic!() };
        let pair = merkle_parent(&[merkle_leaf(&a), merkle_leaf(&b)]);
        let top = merkle_parent(&[pair, merkle_leaf(&c)]);
        assert_eq!(roots[3], merkle_top(3, &top).to_string());
        assert_eq!(
            roots[3],
            "19a72d91f049c3625ab453ec26fa09311989f38e948a170c9ed655b830a01426"
        );
    }

    #[test]
    fn a_root_depends_on_the_number_of_leaves() {
        let one = leaves(1);
        assert_ne!(merkle_root(&one), merkle_root(&[one[0], one[0]]));
        assert_ne!(merkle_root(&one), one[0]);
    }

    proptest! {
        #[test]
        fn every_leaf_has_a_proof_that_holds_for_it_alone(count in 1_usize..70, pick: usize, other: usize) {
            let leaves = leaves(count);
            let (index, other) = (pick % count, other % count);
            let root = merkle_root(&leaves);
            let proof = merkle_proof(&leaves, index).unwrap();
            prop_assert_eq!(proof.verify(&root, &leaves[index]), Ok(()));
            prop_assert_eq!(decode::<MerkleProof>(&encode(&proof), 2_000), Ok(proof.clone()));
            if other != index {
                prop_assert_eq!(proof.verify(&root, &leaves[other]), Err(ProofError));
            }
        }

        #[test]
        fn an_altered_proof_is_refused(count in 1_u32..70, pick: u32, step in 1_u32..100, flip: usize, bit in 0_u32..8) {
            let leaves = leaves(count as usize);
            let index = pick % count;
            let root = merkle_root(&leaves);
            let proof = merkle_proof(&leaves, index as usize).unwrap();
            let leaf = &leaves[index as usize];
            let moved = MerkleProof { index: (index + step) % 128, ..proof.clone() };
            prop_assert!(moved.index == index || moved.verify(&root, leaf).is_err());
            let grown = MerkleProof { leaf_count: count + step, ..proof.clone() };
            prop_assert!(grown.verify(&root, leaf).is_err());
            let mut siblings = proof.siblings.to_vec();
            if !siblings.is_empty() {
                let at = flip % siblings.len();
                siblings[at].0[flip % 32] ^= 1 << bit;
                let bent = MerkleProof { siblings: siblings.clone().try_into().unwrap(), ..proof.clone() };
                prop_assert!(bent.verify(&root, leaf).is_err());
                siblings.pop();
                let cut = MerkleProof { siblings: siblings.try_into().unwrap(), ..proof };
                prop_assert!(cut.verify(&root, leaf).is_err());
            }
        }
    }
}

//! The hash of two hashes by a single compression: half the price of SHA-256 of 64 bytes, which needs a second one for
//! its padding. The state trie hashes thousands of pairs per block.
//!
//! It is SHA-256's compression function on the 64 bytes, started from what the compression of the domain's tag, filled
//! up with zeros to 64 bytes, leaves behind (the midstate of a tagged hash, as in BIP 340). All inputs have one length,
//! so no padding is needed to tell them apart: a collision would be one of the compression function itself. Inputs of
//! [`Hash::of`] begin with a length below 64 and never with a tag's first letter, so the two never meet.

use sha2::block_api::compress256;

use super::hash::Hash;

/// SHA-256's state after the tag of [`super::hash::Domain::StateNode`].
const NODE_START: [u32; 8] = [
    0x51e895d3, 0xe100aaa1, 0xae60d56f, 0xfba71a33, 0x1e76c252, 0xd97169cc, 0x6704e504, 0x3587101b,
];
/// SHA-256's state after the tag of [`super::hash::Domain::StateLeaf`].
const LEAF_START: [u32; 8] = [
    0xc3092a41, 0x7ca18f54, 0x5b1a8f3d, 0xab724390, 0x59524a17, 0xbde52b63, 0x5d012c31, 0xb88117eb,
];

/// Hash of an inner node of the state trie.
pub(crate) fn node_of(left: &Hash, right: &Hash) -> Hash {
    compress(NODE_START, &left.0, &right.0)
}

/// Hash of a leaf of the state trie: its path and the hash of its value.
pub(crate) fn leaf_of(path: &[u8; 32], value_hash: &Hash) -> Hash {
    compress(LEAF_START, path, &value_hash.0)
}

fn compress(mut state: [u32; 8], left: &[u8; 32], right: &[u8; 32]) -> Hash {
    let mut block = [0; 64];
    let (first, second) = block.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    compress256(&mut state, &[block]);
    let mut bytes = [0; 32];
    let words = state.iter().flat_map(|word| word.to_be_bytes());
    bytes.iter_mut().zip(words).for_each(|(byte, word)| *byte = word);
    Hash(bytes)
}

#[cfg(test)]
mod tests {
    use super::{super::hash::Domain, *};

    const SHA256_START: [u32; 8] = [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    #[test]
    fn starts_are_the_states_after_the_tags() {
        for (domain, start) in [(Domain::StateNode, NODE_START), (Domain::StateLeaf, LEAF_START)] {
            let mut block = [0; 64];
            block[..domain.tag().len()].copy_from_slice(domain.tag().as_bytes());
            let mut state = SHA256_START;
            compress256(&mut state, &[block]);
            assert_eq!(state, start);
        }
    }

    #[test]
    fn golden_pair() {
        // Computed by an implementation of FIPS 180-4 in another language.
        let expected = "0a8a4e96add845249f3e706a2b94df1c2eafd432cbce7e7a1806534ae5c83a0c";
        assert_eq!(node_of(&Hash([1; 32]), &Hash([2; 32])).to_string(), expected);
        assert_ne!(
            node_of(&Hash([1; 32]), &Hash([2; 32])),
            leaf_of(&[1; 32], &Hash([2; 32]))
        );
        assert_ne!(
            node_of(&Hash([1; 32]), &Hash([2; 32])),
            node_of(&Hash([2; 32]), &Hash([1; 32]))
        );
    }
}

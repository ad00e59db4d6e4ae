//! What stands for a room or an address in the logs: enough to follow one of them, not enough to find it.
//!
//! A tag is a hash under a key that each process draws anew (SipHash), so tags of one run say nothing about another,
//! and whoever holds a list of addresses cannot look them up.

use std::{
    fmt,
    hash::{BuildHasher, Hash, RandomState},
};

/// Makes tags; keyed anew for each process, so tags of two runs cannot be compared.
#[derive(Debug, Default)]
pub(crate) struct Tags(RandomState);

/// What stands for a room or an address in the logs: eight hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u32);

impl Tags {
    pub(crate) fn tag(&self, secret: impl Hash) -> Tag {
        Tag(self.0.hash_one(secret) as u32)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_stable_in_one_process_and_another_in_the_next() {
        let (one, other) = (Tags::default(), Tags::default());
        assert_eq!(one.tag([1; 32]), one.tag([1; 32]));
        assert_ne!(
            [one.tag(1), one.tag(2)],
            [other.tag(1), other.tag(2)],
            "two keys agree by chance once in 2^64"
        );
        assert_eq!(one.tag(1).to_string().len(), 8);
    }
}

//! What a post says: the bytes that the ledger carries unread (docs/protocol.md, section 11).
//!
//! Bodies are bounded in decoding. A kind that a later version adds has a new first byte, which this version does not know: it shows such
//! a post as unreadable and goes on.

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

use crate::{
    codec::{BoundedString, BoundedVec, decode, encode, letters},
    crypto::keys::Address,
    ledger::transaction::TransactionId,
    params::{MAX_MENTIONS, MAX_POST_BYTES, MAX_TEXT_BYTES},
};

/// What a post says. The first byte of its encoding is the kind.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ChatBody {
    /// A text that people read.
    Text {
        /// Drawn with a small markup; not empty.
        text: BoundedString<MAX_TEXT_BYTES>,
        /// Message that it answers, if it answers one.
        reply_to: Option<TransactionId>,
        /// Accounts that the text names, who are told of it.
        mentions: BoundedVec<Address, MAX_MENTIONS>,
    },
}

/// Why a message cannot be sent as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// Nothing but white space and letters that show nothing.
    #[error("the message is empty")]
    Empty,
    /// It holds a letter that makes what follows read in another order than it was written.
    #[error("the message holds an invisible character that turns the text around (U+202D or U+202E)")]
    Turned,
    /// The text has more bytes than [`MAX_TEXT_BYTES`].
    #[error("the message is {bytes} bytes long, at most {MAX_TEXT_BYTES} fit")]
    TooLong {
        /// Bytes of the text in UTF-8.
        bytes: usize,
    },
    /// It names more accounts than [`MAX_MENTIONS`].
    #[error("the message names {count} people, at most {MAX_MENTIONS} are allowed")]
    TooManyMentions {
        /// Accounts that it names.
        count: usize,
    },
}

impl ChatBody {
    /// A text message, checked as whoever writes it needs it checked.
    ///
    /// # Errors
    /// [`BodyError`] if there is nothing to say, or too much.
    pub fn text(
        text: &str,
        reply_to: Option<TransactionId>,
        mentions: Vec<Address>,
    ) -> Result<Self, BodyError> {
        if !letters::shows_something(text) {
            return Err(BodyError::Empty);
        }
        if text.contains(letters::is_override) {
            return Err(BodyError::Turned);
        }
        let count = mentions.len();
        Ok(Self::Text {
            text: text
                .try_into()
                .map_err(|_| BodyError::TooLong { bytes: text.len() })?,
            reply_to,
            mentions: mentions
                .try_into()
                .map_err(|_| BodyError::TooManyMentions { count })?,
        })
    }

    /// The body of the post that says this: at most `MAX_POST_BYTES`.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads the body of a post; `None` if it is of a later kind, or of none.
    pub fn parse(body: &[u8]) -> Option<Self> {
        decode(body, MAX_POST_BYTES).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{hash::Hash, keys::SecretKey};

    fn somebody() -> Address {
        SecretKey::from_seed([7; 32]).address()
    }

    #[test]
    fn the_longest_message_fits_exactly_into_a_post() {
        let text = "x".repeat(MAX_TEXT_BYTES);
        let reply_to = Some(TransactionId(Hash([1; 32])));
        let body = ChatBody::text(&text, reply_to, vec![somebody(); MAX_MENTIONS]).unwrap();
        assert_eq!(body.encode().len(), MAX_POST_BYTES);
        assert_eq!(ChatBody::parse(&body.encode()), Some(body));
    }

    #[test]
    fn too_much_or_nothing_is_refused_in_words() {
        let long = "x".repeat(MAX_TEXT_BYTES + 1);
        let too_long = Err(BodyError::TooLong {
            bytes: MAX_TEXT_BYTES + 1,
        });
        assert_eq!(ChatBody::text(&long, None, vec![]), too_long);
        for blank in [" \n", "\u{200b}", "\u{3164}\u{a0}", "\u{2800}\u{feff}"] {
            assert_eq!(ChatBody::text(blank, None, vec![]), Err(BodyError::Empty));
        }
        assert_eq!(
            ChatBody::text("5\u{202e}21 TNG", None, vec![]),
            Err(BodyError::Turned)
        );
        let too_many = Err(BodyError::TooManyMentions {
            count: MAX_MENTIONS + 1,
        });
        assert_eq!(
            ChatBody::text("hi", None, vec![somebody(); MAX_MENTIONS + 1]),
            too_many
        );
    }

    #[test]
    fn golden_bytes_of_a_short_message() {
        let body = ChatBody::text("hi", None, vec![]).unwrap();
        assert_eq!(body.encode(), [0, 2, 0, 0, 0, b'h', b'i', 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_later_kind_is_unreadable_and_no_error() {
        assert_eq!(ChatBody::parse(&[9, 1, 2, 3]), None);
        assert_eq!(ChatBody::parse(&[]), None);
    }

    proptest! {
        #[test]
        fn bytes_that_can_be_read_are_the_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..80), flip in 0_usize..40) {
            let mut near = ChatBody::text("hello", None, vec![somebody()]).unwrap().encode();
            let at = flip % near.len();
            near[at] ^= bytes.first().copied().unwrap_or(1);
            for candidate in [bytes, near] {
                if let Some(body) = ChatBody::parse(&candidate) {
                    prop_assert_eq!(body.encode(), candidate);
                }
            }
        }
    }
}

//! An append-only log of byte strings that survives a crash at any byte.
//!
//! ```text
//! log    = header ‖ entry…
//! header = "TING-LOG" ‖ version u32 ‖ generation u32 ‖ first 8 bytes of H("record", those 16 bytes)
//! entry  = length u32 ‖ ones' complement of length ‖ first 8 bytes of H("record", length, payload) ‖ payload
//! ```
//! Integers are little-endian, a payload has 1 to `MAX_RECORD_BYTES` bytes. A log is only ever appended to, or replaced as
//! a whole by one of a higher generation.
//!
//! Two kinds of damage are told apart, because they mean different things for a peer that must never sign twice: *torn*
//! bytes at the end are a write that was never acknowledged, so nothing that mattered is lost; *corrupt* bytes anywhere else
//! mean that an acknowledged record is gone.
//!
//! Payloads hold what strangers wrote (blocks do), but strangers cannot forge entries: reading goes on only where the length
//! of the entry before says, never by searching for something that looks like an entry.

use thiserror::Error;

use crate::{
    crypto::hash::{Domain, Hash},
    params::MAX_RECORD_BYTES,
};

/// Bytes of the header at the beginning of a log.
pub const HEADER_BYTES: usize = 24;
/// Bytes of an entry before its payload.
pub const ENTRY_HEADER_BYTES: usize = 16;
/// Version of the format that this module reads and writes.
pub const FORMAT_VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"TING-LOG";
const CHECKSUM_BYTES: usize = 8;

/// Why bytes are not a log of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Fewer bytes than a header has: an empty file, or a log that was being made.
    #[error("too short for a log")]
    TooShort,
    /// Another kind of file, or a damaged header.
    #[error("not a log of Ting, or its beginning is damaged")]
    NotALog,
    /// Written in another version of the format.
    #[error("the log has format version {0}, this version reads {FORMAT_VERSION}")]
    Version(u32),
}

/// A payload is empty or too large to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{len} bytes to store, 1 to {MAX_RECORD_BYTES} fit into one record")]
pub struct PayloadSizeError {
    /// Bytes of the payload.
    pub len: usize,
}

/// What is wrong with the bytes of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// The last write did not end. It was never acknowledged.
    #[error("the last write was torn at byte {at}")]
    Torn {
        /// Byte at which the valid part ends.
        at: usize,
    },
    /// Entries that were acknowledged cannot be read any more.
    #[error(
        "damaged at byte {at}: {skipped_entries} records and {lost_bytes} bytes behind them cannot be read"
    )]
    Corrupt {
        /// Where the first damaged entry begins.
        at: usize,
        /// Damaged entries that were stepped over.
        skipped_entries: usize,
        /// Bytes at the end that cannot be told apart into entries.
        lost_bytes: usize,
    },
}

/// What could be read of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents<'a> {
    /// Counts the replacements of the log.
    pub generation: u32,
    /// The readable payloads, oldest first.
    pub payloads: Vec<&'a [u8]>,
    /// How many of them stand before the last damage (all, if the log's end is lost).
    pub before_damage: usize,
    /// What is wrong, if anything.
    pub damage: Option<Damage>,
}

/// The header of a log that replaces those of lower generations.
pub fn header(generation: u32) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    let fields: Vec<u8> = MAGIC
        .into_iter()
        .chain(FORMAT_VERSION.to_le_bytes())
        .chain(generation.to_le_bytes())
        .collect();
    let check = checksum(&[&fields]);
    for (byte, value) in bytes.iter_mut().zip(fields.into_iter().chain(check)) {
        *byte = value;
    }
    bytes
}

/// Frames a payload as an entry: length, checksum and payload.
///
/// # Errors
/// [`PayloadSizeError`] when it is empty or over [`MAX_RECORD_BYTES`].
pub fn entry(payload: &[u8]) -> Result<Vec<u8>, PayloadSizeError> {
    let refused = PayloadSizeError { len: payload.len() };
    if payload.is_empty() || payload.len() > MAX_RECORD_BYTES {
        return Err(refused);
    }
    let length = u32::try_from(payload.len()).map_err(|_| refused)?;
    let check = checksum(&[&length.to_le_bytes(), payload]);
    Ok([
        &length.to_le_bytes()[..],
        &(!length).to_le_bytes(),
        &check,
        payload,
    ]
    .concat())
}

/// Reads a log. Whatever is damaged, every entry before the first damaged byte is in the result. A log with nothing but
/// its header damaged is read as generation 0.
///
/// # Errors
/// [`HeaderError`] when the bytes do not begin as a log of this format.
pub fn read(bytes: &[u8]) -> Result<Contents<'_>, HeaderError> {
    let header = read_header(bytes);
    let body = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let (generation, mut first_bad) = match header {
        Ok(generation) => (generation, None),
        // A whole entry where the first one belongs: only the header was hit, and what it protects is all there.
        Err(HeaderError::NotALog) if matches!(next(body), Next::Whole(_)) => (0, Some(0)),
        Err(error) => return Err(error),
    };
    let mut payloads = Vec::new();
    let mut before_damage = 0;
    let mut skipped_entries = 0;
    let mut at = HEADER_BYTES;
    let damage = loop {
        let rest = bytes.get(at..).unwrap_or_default();
        match next(rest) {
            Next::Whole(payload) => {
                payloads.push(payload);
                at += ENTRY_HEADER_BYTES + payload.len();
            }
            // The length is sound, for it is written twice, so reading goes on behind the entry. Whether this was the last write, of which nobody
            // was told that it is stored, shows only at the end.
            Next::Wrong { length } => {
                first_bad.get_or_insert(at);
                skipped_entries += 1;
                before_damage = payloads.len();
                at += ENTRY_HEADER_BYTES + length;
            }
            // Nothing was wrong so far, and the rest is less than it says: nobody was told that it is stored.
            Next::End | Next::Cut if first_bad.is_none() => {
                break (!rest.is_empty()).then_some(Damage::Torn { at });
            }
            // An entry of the right size and the wrong bytes at the very end: its write was begun.
            Next::End if skipped_entries == 1 && before_damage == payloads.len() => {
                break first_bad.map(|at| Damage::Torn { at });
            }
            // Where not even the length can be believed, everything behind it is lost: searching on would find what a stranger wrote to be found.
            Next::End | Next::Cut | Next::Nonsense => {
                let lost_bytes = rest.len();
                if lost_bytes > 0 {
                    before_damage = payloads.len();
                }
                break Some(Damage::Corrupt {
                    at: first_bad.unwrap_or(at),
                    skipped_entries,
                    lost_bytes,
                });
            }
        }
    };
    Ok(Contents {
        generation,
        payloads,
        before_damage,
        damage,
    })
}

fn read_header(bytes: &[u8]) -> Result<u32, HeaderError> {
    let given = bytes.first_chunk::<HEADER_BYTES>().ok_or(HeaderError::TooShort)?;
    let (fields, check) = given.split_at(HEADER_BYTES - CHECKSUM_BYTES);
    let (version, generation) = (word(given, 8), word(given, 12));
    if !given.starts_with(&MAGIC) || *check != checksum(&[fields]) {
        Err(HeaderError::NotALog)
    } else if version != FORMAT_VERSION {
        Err(HeaderError::Version(version))
    } else {
        Ok(generation)
    }
}

/// What stands at the beginning of some bytes.
enum Next<'a> {
    /// An entry with a correct checksum: its payload.
    Whole(&'a [u8]),
    /// An entry whose checksum is wrong.
    Wrong { length: usize },
    /// The beginning of an entry, or bytes set aside and never written.
    Cut,
    /// Nothing that a write could have left.
    Nonsense,
    /// The end of the log.
    End,
}

fn next(rest: &[u8]) -> Next<'_> {
    if rest.is_empty() {
        return Next::End;
    }
    if rest.len() < ENTRY_HEADER_BYTES || rest.iter().all(|byte| *byte == 0) {
        return Next::Cut;
    }
    let (entry_header, body) = rest.split_at(ENTRY_HEADER_BYTES);
    let length = word(entry_header, 0);
    let size = usize::try_from(length).unwrap_or(usize::MAX);
    if word(entry_header, 4) != !length || size == 0 || size > MAX_RECORD_BYTES {
        return Next::Nonsense;
    }
    match body.get(..size) {
        None => Next::Cut,
        Some(payload) if entry_header.ends_with(&checksum(&[&length.to_le_bytes(), payload])) => {
            Next::Whole(payload)
        }
        Some(_) => Next::Wrong { length: size },
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |word| u32::from_le_bytes(*word))
}

fn checksum(parts: &[&[u8]]) -> [u8; CHECKSUM_BYTES] {
    Hash::of(Domain::Record, parts)
        .as_bytes()
        .first_chunk()
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn log_of(payloads: &[Vec<u8>]) -> Vec<u8> {
        let mut log = header(7).to_vec();
        payloads
            .iter()
            .for_each(|payload| log.extend(entry(payload).unwrap()));
        log
    }

    /// The number of payloads whose entries end at or before `at`.
    fn entries_before(payloads: &[Vec<u8>], at: usize) -> usize {
        let ends = payloads.iter().scan(HEADER_BYTES, |end, payload| {
            *end += ENTRY_HEADER_BYTES + payload.len();
            Some(*end)
        });
        ends.filter(|end| *end <= at).count()
    }

    fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
        proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..60), 0..8)
    }

    #[test]
    fn an_empty_log_is_whole() {
        let bytes = header(3);
        let contents = read(&bytes).unwrap();
        assert_eq!(
            (contents.generation, contents.payloads.len(), contents.damage),
            (3, 0, None)
        );
    }

    #[test]
    fn golden_bytes() {
        let log = crate::codec::text::encode_hex(&log_of(&[b"ting".to_vec()]));
        assert!(log.starts_with("54494e472d4c4f470100000007000000"), "{log}");
        assert!(log.contains("04000000fbffffff"), "{log}");
        assert!(log.ends_with("74696e67"), "{log}");
    }

    #[test]
    fn empty_and_oversized_payloads_are_refused() {
        assert_eq!(entry(&[]), Err(PayloadSizeError { len: 0 }));
        let len = MAX_RECORD_BYTES + 1;
        assert_eq!(entry(&vec![0; len]), Err(PayloadSizeError { len }));
        assert!(entry(&vec![0; MAX_RECORD_BYTES]).is_ok());
    }

    #[test]
    fn other_files_and_versions_are_refused() {
        assert_eq!(read(b"").unwrap_err(), HeaderError::TooShort);
        assert_eq!(read(&[0; 100]).unwrap_err(), HeaderError::NotALog);
        let mut newer = header(1);
        newer[8] = 2;
        let check = checksum(&[&newer[..16]]);
        newer[16..].copy_from_slice(&check);
        assert_eq!(read(&newer).unwrap_err(), HeaderError::Version(2));
    }

    #[test]
    fn a_damaged_header_costs_the_generation_and_no_record() {
        let all = [vec![1; 5], vec![2; 6]];
        for at in 0..HEADER_BYTES {
            let mut log = log_of(&all);
            log[at] ^= 1;
            let contents = read(&log).unwrap();
            assert_eq!(
                (contents.generation, &contents.payloads[..]),
                (0, &[&all[0][..], &all[1][..]][..])
            );
            assert_eq!(
                contents.damage,
                Some(Damage::Corrupt {
                    at: 0,
                    skipped_entries: 0,
                    lost_bytes: 0
                })
            );
        }
    }

    #[test]
    fn zeros_after_the_last_entry_are_a_torn_write() {
        let mut log = log_of(&[vec![1; 5]]);
        let at = log.len();
        log.extend([0; 33]);
        let contents = read(&log).unwrap();
        assert_eq!(
            (contents.payloads.len(), contents.damage),
            (1, Some(Damage::Torn { at }))
        );
    }

    #[test]
    fn a_damaged_payload_in_the_middle_loses_only_itself_and_is_reported() {
        let all = [vec![1; 5], vec![2; 6], vec![3; 7]];
        let mut log = log_of(&all);
        let at = HEADER_BYTES + ENTRY_HEADER_BYTES + 5;
        log[at + ENTRY_HEADER_BYTES] ^= 4;
        let contents = read(&log).unwrap();
        assert_eq!(contents.payloads, [&all[0][..], &all[2][..]]);
        assert_eq!(contents.before_damage, 1);
        assert_eq!(
            contents.damage,
            Some(Damage::Corrupt {
                at,
                skipped_entries: 1,
                lost_bytes: 0
            })
        );
    }

    #[test]
    fn a_damaged_length_in_the_middle_is_not_taken_for_a_torn_write() {
        let mut log = log_of(&[vec![1; 5], vec![2; 6]]);
        let lost_bytes = log.len() - HEADER_BYTES;
        log[HEADER_BYTES + 1] ^= 1;
        let damage = read(&log).unwrap().damage;
        assert_eq!(
            damage,
            Some(Damage::Corrupt {
                at: HEADER_BYTES,
                skipped_entries: 0,
                lost_bytes
            })
        );
    }

    proptest! {
        #[test]
        fn what_was_appended_is_read_back(payloads in payloads()) {
            let log = log_of(&payloads);
            let contents = read(&log).unwrap();
            prop_assert_eq!(&contents.payloads, &payloads);
            prop_assert_eq!(contents.damage, None);
        }

        #[test]
        fn a_cut_at_any_byte_is_a_torn_write_and_loses_no_entry_before_it(payloads in payloads(), cut in any::<prop::sample::Index>()) {
            let log = log_of(&payloads);
            let at = HEADER_BYTES + cut.index(log.len() - HEADER_BYTES + 1);
            let contents = read(&log[..at]).unwrap();
            let kept = entries_before(&payloads, at);
            prop_assert_eq!(&contents.payloads, &payloads[..kept]);
            let whole = log_of(&payloads[..kept]).len();
            prop_assert_eq!(contents.damage, (whole < at).then_some(Damage::Torn { at: whole }));
        }

        #[test]
        fn a_flip_at_any_byte_is_noticed_and_loses_no_entry_before_it(
            payloads in payloads().prop_filter("not empty", |payloads| !payloads.is_empty()),
            flip in any::<prop::sample::Index>(),
            mask in 1_u8..,
        ) {
            let mut log = log_of(&payloads);
            let at = HEADER_BYTES + flip.index(log.len() - HEADER_BYTES);
            log[at] ^= mask;
            let contents = read(&log).unwrap();
            let kept = entries_before(&payloads, at);
            prop_assert!(contents.damage.is_some());
            prop_assert_eq!(&contents.payloads[..kept], &payloads[..kept]);
            prop_assert!(contents.payloads.iter().all(|payload| payloads.iter().any(|stored| stored == payload)));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut log = header(0).to_vec();
            log.extend(bytes);
            prop_assert!(read(&log).is_ok());
        }
    }
}

//! Records in a log: how a host writes, reads, compacts and exports them.
//!
//! A log is trusted as far as its own disk is: whatever was damaged is reported, never guessed. If a lost record may have been
//! a watermark, the slot of the last block or a life, [`Stored::signing_state_lost`] says so, and the host must not go on with the
//! same operator keys.

mod compaction;
#[cfg(test)]
mod tests;

pub use self::compaction::compact;
use super::record::Record;
use crate::{
    codec,
    params::MAX_RECORD_BYTES,
    store::log::{self, Damage, HeaderError, PayloadSizeError},
};

/// Records read from a log, and what was wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// All readable records, oldest first.
    pub records: Vec<Record>,
    /// What is wrong with the file, if anything.
    pub damage: Option<Damage>,
    /// Whole records that this version cannot read.
    pub unreadable: usize,
    /// A watermark, last slot or life may be lost: only new operator keys may sign.
    pub signing_state_lost: bool,
}

/// Encodes a record as the bytes to append to a log.
///
/// # Errors
/// [`PayloadSizeError`] for a record over [`MAX_RECORD_BYTES`], which no bound of the protocol admits.
pub fn entry(record: &Record) -> Result<Vec<u8>, PayloadSizeError> {
    log::entry(&codec::encode(record))
}

/// The entries of records, one after the other.
///
/// # Errors
/// As [`entry`].
pub fn entries(records: &[Record]) -> Result<Vec<u8>, PayloadSizeError> {
    let entries: Result<Vec<Vec<u8>>, PayloadSizeError> = records.iter().map(entry).collect();
    entries.map(|entries| entries.concat())
}

/// Reads all records of a log that can still be read.
///
/// # Errors
/// [`HeaderError`] when the bytes are no log of this version.
pub fn read(bytes: &[u8]) -> Result<Stored, HeaderError> {
    let contents = log::read(bytes)?;
    let mut records = Vec::new();
    let mut unreadable = 0;
    let mut after_damage = 0;
    for (index, payload) in contents.payloads.iter().enumerate() {
        if index == contents.before_damage {
            after_damage = records.len();
        }
        match codec::decode(payload, MAX_RECORD_BYTES) {
            Ok(record) => records.push(record),
            Err(_) => {
                unreadable += 1;
                after_damage = records.len();
            }
        }
    }
    if contents.before_damage == contents.payloads.len() && unreadable == 0 {
        after_damage = records.len();
    }
    let lost = unreadable > 0
        || matches!(contents.damage, Some(Damage::Corrupt { skipped_entries, lost_bytes, .. }) if skipped_entries + lost_bytes > 0);
    let newer = records.get(after_damage..).unwrap_or_default();
    let renewed = newer
        .iter()
        .any(|record| matches!(record, Record::OperatorSeed(_)))
        || (newer.iter().any(|record| matches!(record, Record::Watermark(_)))
            && newer.iter().any(|record| matches!(record, Record::LastSlot(_)))
            && newer.iter().any(|record| matches!(record, Record::Life { .. })));
    Ok(Stored {
        records,
        damage: contents.damage,
        unreadable,
        signing_state_lost: lost && !renewed,
    })
}

/// The part of a log that is everybody's, as a file of its own: genesis and blocks.
///
/// # Errors
/// As [`entry`].
pub fn export(records: &[Record]) -> Result<Vec<u8>, PayloadSizeError> {
    let public: Vec<Record> = compact(records.to_vec())
        .into_iter()
        .filter_map(public_part)
        .collect();
    Ok([&log::header(1)[..], &entries(&public)?].concat())
}

fn public_part(record: Record) -> Option<Record> {
    match record {
        Record::Network { genesis, .. } => Some(Record::Network {
            genesis,
            founded: false,
            pinned: true,
        }),
        Record::Block(block) => Some(Record::Block(block)),
        _ => None,
    }
}

//! The peer's memory: its records, durable before anything that follows from them leaves the host.
//!
//! Records are noted as the peer gives them and written together by [`Journal::flush`], which alone gives the proof, [`Durable`], that
//! nothing waits any more. When a write fails (the disk is full), records wait in memory and there is no proof, so nothing is ever signed
//! that a restart would not remember. Each record that comes later tries again with all that waits.

use core::{error::Error, marker::PhantomData};

use thiserror::Error;
use ting_core::{
    peer::{
        record::Record,
        stored::{self, Stored},
    },
    store::log::{Damage, HeaderError, PayloadSizeError},
};

use crate::{edge, storage::Storage};

/// Unwritten bytes that wait at most; with more, the host stays silent until it is started again.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// A log of at least this size is compacted at the start if half of it or more is superseded.
const COMPACT_FROM_BYTES: usize = 64 * 1024;

/// The log of one identity, open.
pub struct Journal<S> {
    storage: S,
    waiting: Vec<u8>,
    /// Something was noted since the last attempt to write.
    has_news: bool,
    /// A record could not even wait: nothing may leave any more.
    is_lossy: bool,
    failing: Option<String>,
}

/// Proof that every record noted so far is durable, for as long as none is noted.
#[derive(Clone, Copy)]
pub(crate) struct Durable<'a>(PhantomData<&'a ()>);

/// What a journal found in storage when it was opened.
#[derive(Debug, Default)]
pub struct Found {
    /// The records, fit to be given to a peer.
    pub records: Vec<Record>,
    /// What of the log is lost, if anything.
    pub loss: Option<Loss>,
}

/// What of a log could not be read. What was left out of it is gone from storage, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Loss {
    /// The log is damaged, and was repaired as far as it could be.
    #[error("stored records: {0}")]
    Damaged(Damage),
    /// So many records were written by another version.
    #[error("{0} stored records are of another version and were left out")]
    Unreadable(usize),
}

/// Why a journal cannot be used.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum JournalError<E: Error + 'static> {
    /// The bytes are not to be had, or not to be changed.
    #[error(transparent)]
    Storage(E),
    /// The bytes are no log that this version reads.
    #[error(transparent)]
    Log(#[from] HeaderError),
    /// A record has a size that no log takes.
    #[error(transparent)]
    Record(#[from] PayloadSizeError),
}

impl<S: Storage> Journal<S> {
    /// A journal in this storage, which holds these bytes; none: a new identity. A damaged log is repaired in one step; if it may have
    /// lost what the operator keys signed last, that step replaces them by those of the fresh seed.
    ///
    /// # Errors
    /// [`JournalError`] if the bytes cannot be read or repaired, or are no log of this version.
    pub async fn open(
        storage: S,
        bytes: &[u8],
        fresh_operator_seed: [u8; 32],
    ) -> Result<(Self, Found), JournalError<S::Error>> {
        let mut journal = Self {
            storage,
            waiting: Vec::new(),
            has_news: false,
            is_lossy: false,
            failing: None,
        };
        if bytes.is_empty() {
            return Ok((journal, Found::default()));
        }
        let Stored {
            records,
            damage,
            unreadable,
            signing_state_lost,
        } = stored::read(bytes)?;
        let mut records = stored::compact(records);
        if signing_state_lost {
            let fresh = Record::OperatorSeed(fresh_operator_seed);
            records = stored::compact(records.into_iter().chain([fresh]).collect());
        }
        let entries = stored::entries(&records)?;
        let superseded = bytes.len() >= COMPACT_FROM_BYTES && entries.len() <= bytes.len() / 2;
        if damage.is_some() || unreadable > 0 || superseded {
            let replaced = journal.storage.replace(&entries).await;
            replaced.map_err(JournalError::Storage)?;
        }
        let loss = match damage {
            Some(damage) => Some(Loss::Damaged(damage)),
            None => (unreadable > 0).then_some(Loss::Unreadable(unreadable)),
        };
        Ok((journal, Found { records, loss }))
    }

    /// Takes a record that the next flush writes, behind all that wait.
    pub(crate) fn note(&mut self, record: &Record) {
        match stored::entry(record) {
            Ok(entry) if self.waiting.len().saturating_add(entry.len()) <= MAX_WAITING_BYTES => {
                self.waiting.extend_from_slice(&entry);
                self.has_news = true;
            }
            Ok(_) => self.is_lossy = true,
            Err(error) => {
                edge::storage_fails(&error);
                (self.is_lossy, self.failing) = (true, Some(error.to_string()));
            }
        }
    }

    /// Writes what was noted; the proof that all of it is durable, if it is.
    pub(crate) async fn flush(&mut self) -> Option<Durable<'_>> {
        if self.has_news && !self.is_lossy {
            self.has_news = false;
            match self.storage.append(&self.waiting).await {
                Ok(()) => (self.waiting, self.failing) = (Vec::new(), None),
                Err(error) => {
                    edge::storage_fails(&error);
                    self.failing = Some(error.to_string());
                }
            }
        }
        (self.waiting.is_empty() && !self.is_lossy).then_some(Durable(PhantomData))
    }

    /// Reads all stored records, compacted.
    ///
    /// # Errors
    /// [`JournalError`] if the bytes cannot be read, or are no log of this version.
    pub async fn records(&self) -> Result<Vec<Record>, JournalError<S::Error>> {
        let bytes = self.storage.read().await.map_err(JournalError::Storage)?;
        Ok(stored::compact(stored::read(&bytes)?.records))
    }

    /// Replaces all records, those that wait too.
    ///
    /// # Errors
    /// [`JournalError`]; the journal is as before.
    pub(crate) async fn rewrite(&mut self, records: &[Record]) -> Result<(), JournalError<S::Error>> {
        let entries = stored::entries(records)?;
        let replaced = self.storage.replace(&entries).await;
        replaced.map_err(JournalError::Storage)?;
        self.waiting = Vec::new();
        (self.has_news, self.is_lossy, self.failing) = (false, false, None);
        Ok(())
    }

    /// Deletes the log; what is stored afterwards ends with the process.
    ///
    /// # Errors
    /// [`JournalError::Storage`]; parts of the log may still be there.
    pub(crate) async fn delete(&mut self) -> Result<(), JournalError<S::Error>> {
        self.storage.delete().await.map_err(JournalError::Storage)
    }

    /// Storage that holds the log, for reading.
    pub fn storage(&self) -> &S {
        &self.storage
    }

    /// Why the last write failed, if it did.
    pub fn failing(&self) -> Option<&str> {
        self.failing.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use ting_core::{store::log, time::Slot};

    use super::*;
    use crate::{
        storage::MemoryLog,
        testing::{Disk, DiskFull, TestLog, ready},
    };

    fn identity() -> [Record; 2] {
        [Record::AccountSeed([1; 32]), Record::OperatorSeed([2; 32])]
    }

    fn log_of(parts: &[&[u8]]) -> MemoryLog {
        let mut file = MemoryLog::default();
        for part in parts {
            ready(file.append(part)).unwrap();
        }
        file
    }

    fn open(file: MemoryLog) -> (Journal<MemoryLog>, Found) {
        let bytes = ready(file.read()).unwrap();
        ready(Journal::open(file, &bytes, [9; 32])).unwrap()
    }

    #[test]
    fn a_torn_write_is_cut_off_and_what_follows_is_kept() {
        let torn = stored::entry(&Record::LastSlot(Slot(7))).unwrap();
        let whole = stored::entries(&identity()).unwrap();
        let (mut journal, found) = open(log_of(&[&whole, &torn[..torn.len() - 2]]));
        assert_eq!(found.records, identity());
        assert!(matches!(found.loss, Some(Loss::Damaged(Damage::Torn { .. }))));
        journal.note(&Record::LastSlot(Slot(8)));
        assert!(ready(journal.flush()).is_some());
        let (_, found) = open(journal.storage);
        assert_eq!(found.records.last(), Some(&Record::LastSlot(Slot(8))));
        assert_eq!(found.loss, None);
    }

    #[test]
    fn a_lost_watermark_costs_the_operator_keys_for_good() {
        let mut corrupt = stored::entry(&Record::LastSlot(Slot(7))).unwrap();
        *corrupt.last_mut().unwrap() ^= 1;
        let whole = stored::entries(&identity()).unwrap();
        let account = stored::entry(&Record::AccountSeed([1; 32])).unwrap();
        let (journal, repaired) = open(log_of(&[&whole, &corrupt, &account]));
        assert!(repaired.loss.is_some());
        assert!(repaired.records.contains(&Record::OperatorSeed([9; 32])));
        assert!(!repaired.records.contains(&Record::OperatorSeed([2; 32])));
        let (_, later) = open(journal.storage);
        assert_eq!((later.records, later.loss), (repaired.records, None));
    }

    #[test]
    fn what_is_no_log_is_refused() {
        let opened = ready(Journal::open(MemoryLog::default(), b"anything", [9; 32]));
        assert!(matches!(opened.map(|_| ()), Err(JournalError::Log(_))));
    }

    #[test]
    fn no_proof_is_given_while_a_record_waits_and_only_a_new_one_is_tried_again() {
        let file = TestLog::new();
        let (mut journal, _) = ready(Journal::open(file.clone(), &[], [9; 32])).unwrap();
        assert!(ready(journal.flush()).is_some());
        file.disk.set(Disk::Fails);
        journal.note(&Record::LastSlot(Slot(1)));
        assert!(ready(journal.flush()).is_none());
        assert_eq!(journal.failing(), Some("the disk is full"));
        file.disk.set(Disk::Works);
        assert!(ready(journal.flush()).is_none(), "nothing came since");
        journal.note(&Record::LastSlot(Slot(2)));
        assert!(ready(journal.flush()).is_some());
        let stored = stored::read(&file.bytes()).unwrap().records;
        assert_eq!(stored, [Record::LastSlot(Slot(1)), Record::LastSlot(Slot(2))]);
    }

    #[test]
    fn a_host_whose_records_cannot_even_wait_stays_silent_until_all_are_replaced() {
        let file = TestLog::new();
        let (mut journal, _) = ready(Journal::open(file.clone(), &[], [9; 32])).unwrap();
        file.disk.set(Disk::Fails);
        let entry_bytes = stored::entry(&Record::LastSlot(Slot(1))).unwrap().len();
        for slot in 0..=MAX_WAITING_BYTES / entry_bytes {
            journal.note(&Record::LastSlot(Slot(slot as u64)));
        }
        file.disk.set(Disk::Works);
        assert!(ready(journal.flush()).is_none());
        journal.note(&Record::LastSlot(Slot(1)));
        assert!(ready(journal.flush()).is_none());
        ready(journal.rewrite(&identity())).unwrap();
        assert!(ready(journal.flush()).is_some());
        assert_eq!(ready(journal.records()).unwrap(), identity());
    }

    #[test]
    fn a_failed_replacement_leaves_the_journal_as_it_was() {
        let file = TestLog::new();
        let (mut journal, _) = ready(Journal::open(file.clone(), &[], [9; 32])).unwrap();
        journal.note(&Record::LastSlot(Slot(1)));
        file.disk.set(Disk::Fails);
        assert_eq!(
            ready(journal.rewrite(&identity())),
            Err(JournalError::Storage(DiskFull))
        );
        assert_eq!(file.bytes(), log::header(1));
        file.disk.set(Disk::Works);
        assert!(ready(journal.flush()).is_some());
        assert_eq!(ready(journal.records()).unwrap(), [Record::LastSlot(Slot(1))]);
    }
}

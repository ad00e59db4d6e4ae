//! The peer's memory: its records, durable before anything that follows from them leaves the tab.
//!
//! When a write fails (the disk is full), records wait in memory and [`Journal::is_durable`] is false: the driver then
//! lets no frame out, so nothing is ever signed that a restart would not remember. Each later write tries again with all that waits.

use ting_core::peer::record::Record;
use ting_core::peer::stored::{self, Stored};

use super::host::random;
use super::storage::{self, LogFile, StorageError};
use crate::bridge::StorageStatus;

/// Unwritten bytes that wait at most; with more, the tab stays silent until it is reloaded.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// A log of at least this size is compacted at the start if half of it or more is superseded.
const COMPACT_FROM_BYTES: usize = 64 * 1024;

/// The log of one identity, open.
pub(crate) struct Journal {
    file: LogFile,
    waiting: Vec<u8>,
    overflowed: bool,
    failing: Option<String>,
    persistent: bool,
}

/// What was found in storage.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The records, fit to be given to a peer.
    pub(crate) records: Vec<Record>,
    /// What was damaged, in a sentence for people.
    pub(crate) damage: Option<String>,
}

impl Journal {
    /// Opens the log of a slot and reads it; in memory if the slot may be somebody else's too. A damaged log is repaired in one
    /// step; if it may have lost what the operator keys signed last, that step replaces the keys.
    ///
    /// # Errors
    /// [`StorageError`] when the log exists and cannot be used.
    pub(crate) async fn open(
        room_hex: &str,
        slot: u32,
        exclusive: bool,
    ) -> Result<(Self, Found), StorageError> {
        let (file, bytes) = if exclusive {
            LogFile::open(room_hex, slot).await?
        } else {
            (LogFile::memory(), Vec::new())
        };
        let persistent = storage::is_persistent().await;
        let mut journal = Self {
            file,
            waiting: Vec::new(),
            overflowed: false,
            failing: None,
            persistent,
        };
        if bytes.is_empty() {
            return Ok((journal, Found::default()));
        }
        let Stored {
            records,
            damage,
            unreadable,
            signing_state_lost,
        } = stored::read(&bytes)?;
        let mut records = stored::compact(records);
        if signing_state_lost {
            let fresh = Record::OperatorSeed(random().map_err(StorageError::Browser)?);
            records = stored::compact(records.into_iter().chain([fresh]).collect());
        }
        let frames = stored::frames(&records).map_err(|error| StorageError::Browser(error.to_string()))?;
        let superseded = bytes.len() >= COMPACT_FROM_BYTES && frames.len() <= bytes.len() / 2;
        if damage.is_some() || unreadable > 0 || superseded {
            journal.file.replace(&frames).await?;
        }
        let damage = match damage {
            Some(damage) => Some(format!("this tab's stored records: {damage}")),
            None => (unreadable > 0)
                .then(|| format!("{unreadable} stored records are of another version and were left out")),
        };
        Ok((journal, Found { records, damage }))
    }

    /// Makes records durable, after all that wait already.
    pub(crate) async fn append(&mut self, records: &[Record]) {
        match stored::frames(records) {
            Ok(frames) => self.append_frames(&frames).await,
            Err(error) => (self.overflowed, self.failing) = (true, Some(error.to_string())),
        }
    }

    async fn append_frames(&mut self, frames: &[u8]) {
        if self.waiting.len().saturating_add(frames.len()) > MAX_WAITING_BYTES {
            self.overflowed = true;
        }
        if self.overflowed {
            return;
        }
        self.waiting.extend_from_slice(frames);
        match self.file.append(&self.waiting).await {
            Ok(()) => {
                self.waiting = Vec::new();
                self.failing = None;
            }
            Err(error) => self.failing = Some(error.to_string()),
        }
    }

    /// Whether all that was to be stored is stored.
    pub(crate) fn is_durable(&self) -> bool {
        self.waiting.is_empty() && !self.overflowed
    }

    /// All stored records, compacted.
    ///
    /// # Errors
    /// [`StorageError`]
    pub(crate) async fn records(&self) -> Result<Vec<Record>, StorageError> {
        Ok(stored::compact(stored::read(&self.file.read().await?)?.records))
    }

    /// Replaces the whole log.
    ///
    /// # Errors
    /// [`StorageError`]; the log is as before.
    pub(crate) async fn rewrite(&mut self, records: &[Record]) -> Result<(), StorageError> {
        let frames = stored::frames(records).map_err(|error| StorageError::Browser(error.to_string()))?;
        self.file.replace(&frames).await?;
        (self.waiting, self.overflowed, self.failing) = (Vec::new(), false, None);
        Ok(())
    }

    /// Deletes the log; what is stored afterwards ends with the tab.
    ///
    /// # Errors
    /// [`StorageError`]
    pub(crate) async fn delete(&mut self) -> Result<(), StorageError> {
        std::mem::replace(&mut self.file, LogFile::memory())
            .delete()
            .await
    }

    /// Asks the browser again whether it promised to keep the log.
    pub(crate) async fn refresh_persistence(&mut self) {
        if !self.persistent {
            self.persistent = storage::is_persistent().await;
        }
    }

    /// What the page says about storage.
    pub(crate) fn status(&self) -> StorageStatus {
        StorageStatus {
            kind: self.file.kind(),
            persistent: self.persistent,
            used_bytes: self.file.used_bytes(),
            failing: self.failing.clone(),
        }
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::*;
    use ting_core::time::Slot;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn new_room() -> String {
        random::<8>()
            .unwrap()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn identity() -> [Record; 2] {
        [Record::AccountSeed([1; 32]), Record::OperatorSeed([2; 32])]
    }

    async fn reopen(journal: Journal, room: &str) -> (Journal, Found) {
        drop(journal);
        Journal::open(room, 0, true).await.unwrap()
    }

    #[wasm_bindgen_test]
    async fn records_survive_a_reload_and_a_torn_write() {
        let room = new_room();
        let (mut journal, found) = Journal::open(&room, 0, true).await.unwrap();
        assert!(found.records.is_empty() && found.damage.is_none());
        journal.append(&identity()).await;
        assert!(journal.is_durable());
        let torn = stored::frame(&Record::LastSlot(Slot(7))).unwrap();
        journal
            .file
            .append(torn.get(..torn.len() - 2).unwrap())
            .await
            .unwrap();
        let (mut journal, found) = reopen(journal, &room).await;
        assert_eq!(found.records, identity());
        assert!(found.damage.is_some());
        journal.append(&[Record::LastSlot(Slot(8))]).await;
        let (mut journal, found) = reopen(journal, &room).await;
        assert_eq!(found.records.last(), Some(&Record::LastSlot(Slot(8))));
        assert_eq!(found.damage, None);
        journal.delete().await.unwrap();
    }

    #[wasm_bindgen_test]
    async fn a_lost_watermark_costs_the_operator_keys_for_good() {
        let room = new_room();
        let (mut journal, _) = Journal::open(&room, 0, true).await.unwrap();
        journal.append(&identity()).await;
        let mut corrupt = stored::frame(&Record::LastSlot(Slot(7))).unwrap();
        *corrupt.last_mut().unwrap() ^= 1;
        journal.file.append(&corrupt).await.unwrap();
        journal.append(&[Record::AccountSeed([1; 32])]).await;
        let (journal, found) = reopen(journal, &room).await;
        let fresh = found.records.clone();
        assert!(found.damage.is_some());
        assert!(!fresh.contains(&Record::OperatorSeed([2; 32])));
        let (mut journal, found) = reopen(journal, &room).await;
        assert_eq!((found.records, found.damage), (fresh, None));
        journal.delete().await.unwrap();
    }

    #[wasm_bindgen_test]
    async fn a_slot_that_is_not_exclusive_stores_nothing() {
        let room = new_room();
        let (mut journal, _) = Journal::open(&room, 0, false).await.unwrap();
        journal.append(&identity()).await;
        assert_eq!(journal.records().await.unwrap(), identity());
        let (mut journal, found) = reopen(journal, &room).await;
        assert!(found.records.is_empty());
        journal.delete().await.unwrap();
    }
}

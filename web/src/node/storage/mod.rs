//! Where an identity's log lies: in the origin-private file system, else in IndexedDB, else only in memory.
//!
//! The log's format is that of [`ting_core::store`]; here are bytes, each kind under the contract of [`Storage`].

mod error;
mod indexed_db;
mod opfs;
#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests;

pub(crate) use error::StorageError;
pub(crate) use indexed_db::{IndexedDbLog, Settings};
pub(crate) use opfs::OpfsLog;
use ting_host::{MemoryLog, Storage};
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageManager;

use super::host::navigator_object;
use crate::bridge::StorageKind;

/// The log of one identity, in whichever storage this browser has.
pub(crate) enum LogFile {
    /// In the origin-private file system.
    Opfs(OpfsLog),
    /// In the browser's database, IndexedDB.
    IndexedDb(IndexedDbLog),
    /// In this tab's memory only: it ends with the tab.
    Memory(MemoryLog),
}

impl LogFile {
    /// Opens the log of a slot in the best storage of this browser, and reads it. An empty answer: a new identity.
    ///
    /// # Errors
    /// [`StorageError::Log`] for a log of another version, [`StorageError::Busy`]. Storage that does not work falls back to
    /// the next kind.
    pub(crate) async fn open(room_hex: &str, slot: u32) -> Result<(Self, Vec<u8>), StorageError> {
        match OpfsLog::open(room_hex, slot).await {
            Ok((log, bytes)) => return Ok((Self::Opfs(log), bytes)),
            Err(error @ (StorageError::Log(_) | StorageError::Busy)) => return Err(error),
            Err(_) => {}
        }
        match IndexedDbLog::open(room_hex, slot).await {
            Ok((log, bytes)) => Ok((Self::IndexedDb(log), bytes)),
            Err(_) => Ok((Self::memory(), Vec::new())),
        }
    }

    /// A log that ends with the tab.
    pub(crate) fn memory() -> Self {
        Self::Memory(MemoryLog::default())
    }

    /// Kind of storage that it is in.
    pub(crate) fn kind(&self) -> StorageKind {
        match self {
            Self::Opfs(_) => StorageKind::Opfs,
            Self::IndexedDb(_) => StorageKind::IndexedDb,
            Self::Memory(_) => StorageKind::Memory,
        }
    }

    /// Size of the log in bytes.
    pub(crate) fn used_bytes(&self) -> u64 {
        match self {
            Self::Opfs(log) => log.used_bytes(),
            Self::IndexedDb(log) => log.used_bytes(),
            Self::Memory(log) => log.used_bytes(),
        }
    }
}

impl Storage for LogFile {
    type Error = StorageError;

    async fn read(&self) -> Result<Vec<u8>, StorageError> {
        match self {
            Self::Opfs(log) => log.read(),
            Self::IndexedDb(log) => log.read().await,
            Self::Memory(log) => Ok(log.read().await?),
        }
    }

    async fn append(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        match self {
            Self::Opfs(log) => log.append(bytes),
            Self::IndexedDb(log) => log.append(bytes).await,
            Self::Memory(log) => Ok(log.append(bytes).await?),
        }
    }

    async fn replace(&mut self, entries: &[u8]) -> Result<(), StorageError> {
        match self {
            Self::Opfs(log) => log.replace(entries),
            Self::IndexedDb(log) => log.replace(entries).await,
            Self::Memory(log) => Ok(log.replace(entries).await?),
        }
    }

    async fn delete(&mut self) -> Result<(), StorageError> {
        match std::mem::replace(self, Self::memory()) {
            Self::Opfs(log) => log.delete().await,
            Self::IndexedDb(log) => log.delete().await,
            Self::Memory(_) => Ok(()),
        }
    }
}

/// Asks the browser to keep what is stored here also when the disk is full, and says whether it promised. Only a page
/// can ask; a worker reads the answer by [`is_persistent`].
pub async fn ask_for_persistence() -> bool {
    let Some(manager) = navigator_object("storage") else {
        return false;
    };
    let Ok(asked) = StorageManager::from(manager).persist() else {
        return false;
    };
    JsFuture::from(asked).await.is_ok_and(|answer| answer.is_truthy())
}

/// Whether the browser promised to keep what is stored here, also when the disk is full.
pub(crate) async fn is_persistent() -> bool {
    let Some(manager) = navigator_object("storage") else {
        return false;
    };
    let Ok(asked) = StorageManager::from(manager).persisted() else {
        return false;
    };
    JsFuture::from(asked).await.is_ok_and(|answer| answer.is_truthy())
}

//! Where an identity's log lies: in the origin-private file system, else in IndexedDB, else only in memory.
//!
//! The log's format is that of [`ting_core::store`]; here are bytes. Contract of every kind: [`LogFile::append`] returns when
//! the bytes are durable, or changes nothing that a later read could see as whole; [`LogFile::replace`] leaves the
//! old or the new log after a crash at any moment, never a mixture.

mod indexed_db;
mod opfs;
#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests;

use thiserror::Error;
use ting_core::store::log::{self, HeaderError};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageManager;

pub(crate) use indexed_db::{IndexedDbLog, Settings};
pub(crate) use opfs::OpfsLog;

use super::host::{navigator_object, reason};
use crate::bridge::StorageKind;

/// Why storage did not do as it was told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum StorageError {
    /// The disk or the browser's allowance is full.
    #[error("the browser's storage is full")]
    Full,
    /// Another worker has the log open.
    #[error("another tab has this identity's log open; close it and reload")]
    Busy,
    /// The log is not ours to read.
    #[error(transparent)]
    Log(#[from] HeaderError),
    /// Another reason, in the browser's words.
    #[error("{0}")]
    Browser(String),
}

impl From<JsValue> for StorageError {
    fn from(thrown: JsValue) -> Self {
        match reason(&thrown) {
            reason if reason.starts_with("QuotaExceededError") => Self::Full,
            reason => Self::Browser(reason),
        }
    }
}

/// The log of one identity.
pub(crate) enum LogFile {
    /// In the origin-private file system.
    Opfs(OpfsLog),
    /// In IndexedDB.
    IndexedDb(IndexedDbLog),
    /// In this tab only.
    Memory(Vec<u8>),
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
        Self::Memory(log::header(1).to_vec())
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`StorageError`]; the log is as before.
    pub(crate) async fn append(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        match self {
            Self::Opfs(log) => log.append(bytes),
            Self::IndexedDb(log) => log.append(bytes).await,
            Self::Memory(log) => {
                log.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Replaces the whole log by these frames, under a header of the next generation.
    ///
    /// # Errors
    /// [`StorageError`]; the log is as before.
    pub(crate) async fn replace(&mut self, frames: &[u8]) -> Result<(), StorageError> {
        match self {
            Self::Opfs(log) => log.replace(frames),
            Self::IndexedDb(log) => log.replace(frames).await,
            Self::Memory(log) => {
                *log = [&log::header(1)[..], frames].concat();
                Ok(())
            }
        }
    }

    /// The whole log as it is stored.
    ///
    /// # Errors
    /// [`StorageError`]
    pub(crate) async fn read(&self) -> Result<Vec<u8>, StorageError> {
        match self {
            Self::Opfs(log) => log.read(),
            Self::IndexedDb(log) => log.read().await,
            Self::Memory(log) => Ok(log.clone()),
        }
    }

    /// Deletes the log.
    ///
    /// # Errors
    /// [`StorageError`]
    pub(crate) async fn delete(self) -> Result<(), StorageError> {
        match self {
            Self::Opfs(log) => log.delete().await,
            Self::IndexedDb(log) => log.delete().await,
            Self::Memory(_) => Ok(()),
        }
    }

    /// Where it is.
    pub(crate) fn kind(&self) -> StorageKind {
        match self {
            Self::Opfs(_) => StorageKind::Opfs,
            Self::IndexedDb(_) => StorageKind::IndexedDb,
            Self::Memory(_) => StorageKind::Memory,
        }
    }

    /// Its size.
    pub(crate) fn used_bytes(&self) -> u64 {
        match self {
            Self::Opfs(log) => log.used_bytes(),
            Self::IndexedDb(log) => log.used_bytes(),
            Self::Memory(log) => log.len() as u64,
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

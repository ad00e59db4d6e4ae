//! Why storage fails, in sentences for people.

use std::convert::Infallible;

use thiserror::Error;
use ting_core::store::log::HeaderError;
use wasm_bindgen::JsValue;

use crate::node::host::reason;

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

impl From<Infallible> for StorageError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<JsValue> for StorageError {
    fn from(thrown: JsValue) -> Self {
        match reason(&thrown) {
            reason if reason.starts_with("QuotaExceededError") => Self::Full,
            reason => Self::Browser(reason),
        }
    }
}

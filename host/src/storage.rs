//! Storage of the bytes of one log, which a platform has to bring. What they mean is [`ting_core::store`]'s and the journal's.

use core::{convert::Infallible, error::Error, future::Future};

use ting_core::store::log;

/// One log of one identity, which nobody else writes to.
pub trait Storage {
    /// Why storage did not do as it was told.
    type Error: Error + 'static;

    /// Reads the whole log as it is stored.
    ///
    /// # Errors
    /// The bytes cannot be read.
    fn read(&self) -> impl Future<Output = Result<Vec<u8>, Self::Error>>;

    /// Adds bytes at the end. Returns when they are durable, or has changed nothing that a later [`Storage::read`] could see as whole.
    ///
    /// # Errors
    /// The log is as before.
    fn append(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), Self::Error>>;

    /// Replaces the log by these entries under a header of the next generation. A crash at any moment leaves the old log or the new one.
    ///
    /// # Errors
    /// The log is as before.
    fn replace(&mut self, entries: &[u8]) -> impl Future<Output = Result<(), Self::Error>>;

    /// Deletes the log; what is stored from now on ends with the process.
    ///
    /// # Errors
    /// Parts of it may still be there.
    fn delete(&mut self) -> impl Future<Output = Result<(), Self::Error>>;
}

/// A log in memory, which ends with the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryLog(Vec<u8>);

impl Default for MemoryLog {
    fn default() -> Self {
        Self(log::header(1).to_vec())
    }
}

impl MemoryLog {
    /// Size of the log in bytes.
    pub fn used_bytes(&self) -> u64 {
        self.0.len() as u64
    }
}

impl Storage for MemoryLog {
    type Error = Infallible;

    async fn read(&self) -> Result<Vec<u8>, Infallible> {
        Ok(self.0.clone())
    }

    async fn append(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    async fn replace(&mut self, entries: &[u8]) -> Result<(), Infallible> {
        self.0 = [&log::header(1)[..], entries].concat();
        Ok(())
    }

    async fn delete(&mut self) -> Result<(), Infallible> {
        *self = Self::default();
        Ok(())
    }
}

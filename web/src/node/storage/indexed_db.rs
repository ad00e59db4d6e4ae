//! IndexedDB: a log as numbered chunks, and the few settings that all tabs of a browser share.
//!
//! A chunk is what one append wrote, or one replacement; a transaction adds or exchanges chunks as a whole, so a crash leaves
//! whole ones. Transactions ask for strict durability: the browser answers after the disk did. A transaction ends when
//! control returns to the event loop, so nothing but its own requests is awaited while one is open.

use idb::{
    KeyRange, ObjectStore, Query, Transaction,
    builder::{DatabaseBuilder, ObjectStoreBuilder},
};
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use ting_core::store::log::{self, HEADER_BYTES};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{IdbDatabase, IdbTransaction};

use super::error::StorageError;

const DATABASE: &str = "ting";
const LOGS: &str = "logs";
const SETTINGS: &str = "settings";

impl From<idb::Error> for StorageError {
    fn from(error: idb::Error) -> Self {
        let text = error.to_string();
        if text.contains("QuotaExceeded") {
            Self::Full
        } else {
            Self::Browser(text)
        }
    }
}

async fn open_database() -> Result<IdbDatabase, StorageError> {
    let builder = DatabaseBuilder::new(DATABASE).version(1);
    let [logs, settings] = [LOGS, SETTINGS].map(ObjectStoreBuilder::new);
    Ok(builder
        .add_object_store(logs)
        .add_object_store(settings)
        .build()
        .await?
        .into())
}

fn reading(database: &IdbDatabase, store: &str) -> Result<Transaction, StorageError> {
    Ok(database.transaction_with_str(store)?.into())
}

/// A transaction whose end means that what it wrote is on the disk.
fn writing(database: &IdbDatabase, store: &str) -> Result<Transaction, StorageError> {
    let begin: Function = Reflect::get(database, &"transaction".into())?.dyn_into()?;
    let options = Object::new();
    Reflect::set(&options, &"durability".into(), &"strict".into())?;
    let stores = Array::of1(&store.into());
    let transaction = begin.call3(database, &stores, &"readwrite".into(), &options)?;
    Ok(transaction.dyn_into::<IdbTransaction>()?.into())
}

async fn committed(transaction: Transaction) -> Result<(), StorageError> {
    if transaction.await?.is_committed() {
        Ok(())
    } else {
        Err(StorageError::Full)
    }
}

/// The log of one identity, open in the browser's database.
pub(crate) struct IndexedDbLog {
    database: IdbDatabase,
    prefix: String,
    generation: u32,
    next_chunk: u64,
    len: u64,
}

impl IndexedDbLog {
    /// Opens or makes the log of a slot and reads it.
    ///
    /// # Errors
    /// [`StorageError`] when the browser has no such database, or it fails, or the log is of another version.
    pub(crate) async fn open(room_hex: &str, slot: u32) -> Result<(Self, Vec<u8>), StorageError> {
        let database = open_database().await?;
        let mut opened = Self {
            database,
            prefix: format!("{room_hex}/{slot}/"),
            generation: 0,
            next_chunk: 0,
            len: 0,
        };
        let keys = {
            let transaction = reading(&opened.database, LOGS)?;
            transaction
                .object_store(LOGS)?
                .get_all_keys(opened.query()?, None)?
                .await?
        };
        let bytes = opened.read().await?;
        let last_chunk = keys
            .last()
            .and_then(JsValue::as_string)
            .and_then(|key| chunk_number(&key));
        opened.next_chunk = last_chunk.map_or(0, |number| number.saturating_add(1));
        if bytes.is_empty() {
            opened.replace(&[]).await?;
            return Ok((opened, bytes));
        }
        opened.generation = log::read(&bytes)?.generation;
        opened.len = bytes.len() as u64;
        Ok((opened, bytes))
    }

    /// See [`ting_host::Storage::append`].
    pub(crate) async fn append(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        let transaction = writing(&self.database, LOGS)?;
        self.put_chunk(&transaction.object_store(LOGS)?, bytes)?;
        committed(transaction).await?;
        self.next_chunk = self.next_chunk.saturating_add(1);
        self.len = self.len.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// See [`ting_host::Storage::replace`].
    pub(crate) async fn replace(&mut self, entries: &[u8]) -> Result<(), StorageError> {
        let generation = self.generation.saturating_add(1);
        let log = [&log::header(generation)[..], entries].concat();
        let transaction = writing(&self.database, LOGS)?;
        let store = transaction.object_store(LOGS)?;
        store.delete(self.all_chunks()?)?;
        self.put_chunk(&store, &log)?;
        committed(transaction).await?;
        self.generation = generation;
        self.next_chunk = self.next_chunk.saturating_add(1);
        self.len = (HEADER_BYTES + entries.len()) as u64;
        Ok(())
    }

    /// See [`ting_host::Storage::read`].
    pub(crate) async fn read(&self) -> Result<Vec<u8>, StorageError> {
        let transaction = reading(&self.database, LOGS)?;
        let chunks = transaction
            .object_store(LOGS)?
            .get_all(self.query()?, None)?
            .await?;
        Ok(chunks
            .iter()
            .flat_map(|chunk| Uint8Array::new(chunk).to_vec())
            .collect())
    }

    /// See [`ting_host::Storage::delete`].
    pub(crate) async fn delete(self) -> Result<(), StorageError> {
        let transaction = writing(&self.database, LOGS)?;
        transaction.object_store(LOGS)?.delete(self.all_chunks()?)?;
        committed(transaction).await
    }

    /// Size of the log in bytes.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.len
    }

    fn put_chunk(&self, store: &ObjectStore, bytes: &[u8]) -> Result<(), StorageError> {
        let key = format!("{}{:016}", self.prefix, self.next_chunk);
        store.put(&Uint8Array::from(bytes), Some(&key.into()))?;
        Ok(())
    }

    fn query(&self) -> Result<Option<Query>, StorageError> {
        Ok(Some(Query::KeyRange(self.all_chunks()?)))
    }

    /// Keys are ordered as strings: all that begin with the prefix.
    fn all_chunks(&self) -> Result<KeyRange, StorageError> {
        let end = format!("{}~", self.prefix);
        Ok(KeyRange::bound(
            &self.prefix.as_str().into(),
            &end.into(),
            None,
            None,
        )?)
    }
}

fn chunk_number(key: &str) -> Option<u64> {
    key.rsplit('/').next()?.parse().ok()
}

/// Short texts by name, the same for all tabs of a browser.
pub(crate) struct Settings {
    database: IdbDatabase,
}

impl Settings {
    /// Opens the settings of this browser.
    ///
    /// # Errors
    /// [`StorageError`] when the browser has no such database.
    pub(crate) async fn open() -> Result<Self, StorageError> {
        Ok(Self {
            database: open_database().await?,
        })
    }

    /// Reads the text kept under this name, if there is one.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        let transaction = reading(&self.database, SETTINGS)?;
        let value = transaction
            .object_store(SETTINGS)?
            .get(Query::Key(name.into()))?
            .await?;
        Ok(value.and_then(|value| value.as_string()))
    }

    /// Keeps a text under this name.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub(crate) async fn set(&self, name: &str, text: &str) -> Result<(), StorageError> {
        let transaction = writing(&self.database, SETTINGS)?;
        transaction
            .object_store(SETTINGS)?
            .put(&text.into(), Some(&name.into()))?;
        committed(transaction).await
    }
}

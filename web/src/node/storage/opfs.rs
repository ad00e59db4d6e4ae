//! A log in the origin-private file system, through synchronous handles: written and flushed before a call returns.
//!
//! Two files per slot, `ting/<room>/<slot>.a.log` and `.b.log`. The one with the valid header of the higher generation
//! counts. Replacing writes the other one, its header last, so a crash in between leaves the old log in force.
//!
//! A file has one handle at a time in the whole browser. The slot's lock says that nobody else wants it; a worker that
//! just ended may still hold it for a moment, so opening tries again.

use js_sys::{Object, Promise, Reflect};
use ting_core::store::log::{self, HEADER_BYTES, HeaderError};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemSyncAccessHandle, StorageManager,
};

use super::error::StorageError;
use crate::node::host::{navigator_object, reason, sleep_ms};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = FileSystemFileHandle)]
    type SyncFileHandle;

    #[wasm_bindgen(method, catch, js_name = createSyncAccessHandle)]
    fn create_sync_access_handle(this: &SyncFileHandle) -> Result<Promise, JsValue>;
}

const OPEN_ATTEMPTS: u32 = 20;
const OPEN_PAUSE_MS: u32 = 100;

/// An open log: both files of a slot.
pub(crate) struct OpfsLog {
    directory: FileSystemDirectoryHandle,
    names: [String; 2],
    current: Handle,
    spare: Handle,
    generation: u32,
    len: u64,
}

impl OpfsLog {
    /// Opens or makes the log of a slot and reads it.
    ///
    /// # Errors
    /// [`StorageError`] when the browser has no such file system, or it fails, or the log is of another version.
    pub(crate) async fn open(room_hex: &str, slot: u32) -> Result<(Self, Vec<u8>), StorageError> {
        let directory = room_directory(room_hex).await?;
        let names = ["a", "b"].map(|which| format!("{slot}.{which}.log"));
        let [name_a, name_b] = &names;
        let first = Handle::open(&directory, name_a).await?;
        let second = Handle::open(&directory, name_b).await?;
        let (bytes_a, bytes_b) = (first.read()?, second.read()?);
        let (generation_a, generation_b) = (generation(&bytes_a)?, generation(&bytes_b)?);
        let (current, spare, generation, bytes) = if generation_b > generation_a {
            (second, first, generation_b, bytes_b)
        } else {
            (first, second, generation_a, bytes_a)
        };
        let mut log = Self {
            directory,
            names,
            current,
            spare,
            generation: generation.unwrap_or(0),
            len: bytes.len() as u64,
        };
        if generation.is_none() {
            log.current.rewrite(&log::header(1), &[])?;
            (log.generation, log.len) = (1, HEADER_BYTES as u64);
            return Ok((log, Vec::new()));
        }
        Ok((log, bytes))
    }

    /// See [`ting_host::Storage::append`].
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        match self
            .current
            .write(bytes, self.len)
            .and_then(|()| self.current.flush())
        {
            Ok(()) => {
                self.len = self.len.saturating_add(bytes.len() as u64);
                Ok(())
            }
            Err(error) => {
                // Whatever part of it arrived is cut off again; if that fails too, reading takes it for a torn write.
                let _ = self.current.truncate(self.len);
                Err(error)
            }
        }
    }

    /// See [`ting_host::Storage::replace`].
    pub(crate) fn replace(&mut self, entries: &[u8]) -> Result<(), StorageError> {
        let generation = self.generation.saturating_add(1);
        self.spare.rewrite(&log::header(generation), entries)?;
        std::mem::swap(&mut self.current, &mut self.spare);
        (self.generation, self.len) = (generation, (HEADER_BYTES + entries.len()) as u64);
        // The new log is in force already: the old one only takes space.
        let _ = self.spare.truncate(0).and_then(|()| self.spare.flush());
        Ok(())
    }

    /// See [`ting_host::Storage::read`].
    pub(crate) fn read(&self) -> Result<Vec<u8>, StorageError> {
        self.current.read()
    }

    /// See [`ting_host::Storage::delete`].
    pub(crate) async fn delete(self) -> Result<(), StorageError> {
        let Self {
            directory,
            names,
            current,
            spare,
            ..
        } = self;
        for handle in [&current, &spare] {
            handle.truncate(0)?;
            handle.flush()?;
        }
        drop((current, spare));
        for name in &names {
            JsFuture::from(directory.remove_entry(name)).await?;
        }
        Ok(())
    }

    /// Size of the log in bytes.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.len
    }
}

/// The generation of a log; `None` for what is no log yet.
fn generation(bytes: &[u8]) -> Result<Option<u32>, StorageError> {
    match log::read(bytes) {
        Ok(contents) => Ok(Some(contents.generation)),
        Err(HeaderError::TooShort | HeaderError::NotALog) => Ok(None),
        Err(error @ HeaderError::Version(_)) => Err(error.into()),
    }
}

async fn room_directory(room_hex: &str) -> Result<FileSystemDirectoryHandle, StorageError> {
    let manager =
        navigator_object("storage").ok_or_else(|| StorageError::Browser("no file system".to_owned()))?;
    Reflect::get(&manager, &"getDirectory".into()).and_then(JsCast::dyn_into::<js_sys::Function>)?;
    let root = JsFuture::from(StorageManager::from(manager).get_directory()).await?;
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    let mut directory: FileSystemDirectoryHandle = root.dyn_into()?;
    for name in ["ting", room_hex] {
        directory = JsFuture::from(directory.get_directory_handle_with_options(name, &options))
            .await?
            .dyn_into()?;
    }
    Ok(directory)
}

/// One file, exclusively ours; closed when dropped.
struct Handle(FileSystemSyncAccessHandle);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Handle {
    async fn open(directory: &FileSystemDirectoryHandle, name: &str) -> Result<Self, StorageError> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let file = JsFuture::from(directory.get_file_handle_with_options(name, &options)).await?;
        Reflect::get(&file, &"createSyncAccessHandle".into())
            .and_then(JsCast::dyn_into::<js_sys::Function>)?;
        let file: SyncFileHandle = file.unchecked_into();
        let mut attempts = 1;
        loop {
            match JsFuture::from(file.create_sync_access_handle()?).await {
                Ok(handle) => return Ok(Self(handle.unchecked_into())),
                Err(error) if !reason(&error).starts_with("NoModificationAllowedError") => {
                    return Err(error.into());
                }
                Err(_) if attempts == OPEN_ATTEMPTS => return Err(StorageError::Busy),
                Err(_) => {
                    attempts += 1;
                    sleep_ms(OPEN_PAUSE_MS).await;
                }
            }
        }
    }

    fn read(&self) -> Result<Vec<u8>, StorageError> {
        let mut bytes = vec![0; self.0.get_size()? as usize];
        let read = self.0.read_with_u8_array_and_options(&mut bytes, &at(0))?;
        bytes.truncate(read as usize);
        Ok(bytes)
    }

    fn write(&self, bytes: &[u8], position: u64) -> Result<(), StorageError> {
        let written = self.0.write_with_u8_array_and_options(bytes, &at(position))?;
        if written as usize == bytes.len() {
            Ok(())
        } else {
            Err(StorageError::Full)
        }
    }

    fn flush(&self) -> Result<(), StorageError> {
        Ok(self.0.flush()?)
    }

    fn truncate(&self, len: u64) -> Result<(), StorageError> {
        Ok(self.0.truncate_with_f64(len as f64)?)
    }

    /// Makes the file a header and entries; the header comes last, when all else is durable.
    fn rewrite(&self, header: &[u8], entries: &[u8]) -> Result<(), StorageError> {
        self.truncate(0)?;
        self.write(&vec![0; header.len()], 0)?;
        self.write(entries, header.len() as u64)?;
        self.flush()?;
        self.write(header, 0)?;
        self.flush()
    }
}

fn at(position: u64) -> FileSystemReadWriteOptions {
    let options: FileSystemReadWriteOptions = Object::new().unchecked_into();
    options.set_at_f64(position as f64);
    options
}

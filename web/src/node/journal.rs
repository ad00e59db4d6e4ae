//! The journal of one identity in this browser: in the best storage that there is, or in memory if the slot may be somebody else's too.

use ting_host::{Found, Journal, JournalError, Loss};

use super::{
    host::random,
    storage::{LogFile, StorageError},
};
use crate::bridge::StorageStatus;

/// Opens the journal of an identity in a room and reads it.
///
/// # Errors
/// [`JournalError`] when the log exists and cannot be used.
pub(crate) async fn open(
    room_hex: &str,
    slot: u32,
    exclusive: bool,
) -> Result<(Journal<LogFile>, Found), JournalError<StorageError>> {
    let fresh = random().map_err(|reason| JournalError::Storage(StorageError::Browser(reason)))?;
    let (file, bytes) = if exclusive {
        let opened = LogFile::open(room_hex, slot).await;
        opened.map_err(JournalError::Storage)?
    } else {
        (LogFile::memory(), Vec::new())
    };
    Journal::open(file, &bytes, fresh).await
}

/// What the page says about storage.
pub(crate) fn status(journal: &Journal<LogFile>, persistent: bool) -> StorageStatus {
    StorageStatus {
        kind: journal.storage().kind(),
        persistent,
        used_bytes: journal.storage().used_bytes(),
        failing: journal.failing().map(str::to_owned),
    }
}

/// What was lost, in a sentence for people.
pub(crate) fn sentence(loss: Loss) -> String {
    match loss {
        Loss::Damaged(_) => format!("this tab's {loss}"),
        Loss::Unreadable(_) => loss.to_string(),
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use ting_core::{
        peer::{record::Record, stored},
        time::Slot,
    };
    use ting_host::Storage;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::bridge::StorageKind;

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

    async fn append(room: &str, parts: &[&[u8]]) {
        let (mut file, _) = LogFile::open(room, 0).await.unwrap();
        for part in parts {
            file.append(part).await.unwrap();
        }
    }

    async fn found(room: &str) -> Found {
        open(room, 0, true).await.unwrap().1
    }

    async fn delete(room: &str) {
        LogFile::open(room, 0).await.unwrap().0.delete().await.unwrap();
    }

    #[wasm_bindgen_test]
    async fn records_survive_a_reload_and_a_torn_write() {
        let room = new_room();
        let nothing = found(&room).await;
        assert!(nothing.records.is_empty() && nothing.loss.is_none());
        let torn = stored::entry(&Record::LastSlot(Slot(7))).unwrap();
        let whole = stored::entries(&identity()).unwrap();
        append(&room, &[&whole, torn.get(..torn.len() - 2).unwrap()]).await;
        let repaired = found(&room).await;
        assert_eq!(repaired.records, identity());
        assert!(repaired.loss.is_some());
        append(&room, &[&stored::entry(&Record::LastSlot(Slot(8))).unwrap()]).await;
        let later = found(&room).await;
        assert_eq!(later.records.last(), Some(&Record::LastSlot(Slot(8))));
        assert_eq!(later.loss, None);
        delete(&room).await;
    }

    #[wasm_bindgen_test]
    async fn a_lost_watermark_costs_the_operator_keys_for_good() {
        let room = new_room();
        let mut corrupt = stored::entry(&Record::LastSlot(Slot(7))).unwrap();
        *corrupt.last_mut().unwrap() ^= 1;
        let [whole, account] = [&identity()[..], &[Record::AccountSeed([1; 32])]]
            .map(|records| stored::entries(records).unwrap());
        append(&room, &[&whole, &corrupt, &account]).await;
        let repaired = found(&room).await;
        assert!(repaired.loss.is_some());
        assert!(!repaired.records.contains(&Record::OperatorSeed([2; 32])));
        let later = found(&room).await;
        assert_eq!((later.records, later.loss), (repaired.records, None));
        delete(&room).await;
    }

    #[wasm_bindgen_test]
    async fn a_slot_that_is_not_exclusive_stores_nothing() {
        let room = new_room();
        let (journal, nothing) = open(&room, 0, false).await.unwrap();
        assert_eq!(journal.storage().kind(), StorageKind::Memory);
        assert!(nothing.records.is_empty());
        assert!(found(&room).await.records.is_empty());
        delete(&room).await;
    }
}

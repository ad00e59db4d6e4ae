//! Real storage in a real browser. Every test uses a room of its own, and leaves nothing behind.

use ting_core::store::log;
use ting_host::Storage;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{IndexedDbLog, LogFile, OpfsLog, Settings, StorageError};
use crate::{bridge::StorageKind, node::host::random};

fn new_room() -> String {
    random::<8>()
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn entry(payload: &[u8]) -> Vec<u8> {
    log::entry(payload).unwrap()
}

fn payloads(bytes: &[u8]) -> Vec<Vec<u8>> {
    let contents = log::read(bytes).unwrap();
    assert_eq!(contents.damage, None);
    contents.payloads.into_iter().map(<[u8]>::to_vec).collect()
}

#[wasm_bindgen_test]
async fn an_opfs_log_survives_reopening() {
    let room = new_room();
    let (mut file, bytes) = OpfsLog::open(&room, 0).await.unwrap();
    assert!(bytes.is_empty());
    file.append(&entry(b"first")).unwrap();
    file.append(&[entry(b"second"), entry(b"third")].concat())
        .unwrap();
    drop(file);
    let (file, bytes) = OpfsLog::open(&room, 0).await.unwrap();
    assert_eq!(
        payloads(&bytes),
        [b"first".to_vec(), b"second".to_vec(), b"third".to_vec()]
    );
    assert_eq!(file.used_bytes(), bytes.len() as u64);
    file.delete().await.unwrap();
    let (file, bytes) = OpfsLog::open(&room, 0).await.unwrap();
    assert!(bytes.is_empty());
    file.delete().await.unwrap();
}

#[wasm_bindgen_test]
async fn a_replaced_opfs_log_counts_up_its_generation_and_can_be_appended_to() {
    let room = new_room();
    let (mut file, _) = OpfsLog::open(&room, 3).await.unwrap();
    for round in 0..3_u8 {
        file.append(&entry(b"long and old")).unwrap();
        file.replace(&entry(&[b'a' + round])).unwrap();
    }
    file.append(&entry(b"new")).unwrap();
    drop(file);
    let (file, bytes) = OpfsLog::open(&room, 3).await.unwrap();
    assert_eq!(payloads(&bytes), [b"c".to_vec(), b"new".to_vec()]);
    assert_eq!(log::read(&bytes).unwrap().generation, 4);
    file.delete().await.unwrap();
}

#[wasm_bindgen_test]
async fn a_log_that_is_open_elsewhere_is_refused_not_replaced_by_another_kind() {
    let room = new_room();
    let (file, _) = OpfsLog::open(&room, 0).await.unwrap();
    assert!(matches!(LogFile::open(&room, 0).await, Err(StorageError::Busy)));
    file.delete().await.unwrap();
}

#[wasm_bindgen_test]
async fn the_best_storage_is_chosen() {
    let room = new_room();
    let (mut file, bytes) = LogFile::open(&room, 0).await.unwrap();
    assert_eq!((file.kind(), bytes.len()), (StorageKind::Opfs, 0));
    file.delete().await.unwrap();
}

#[wasm_bindgen_test]
async fn an_indexed_db_log_survives_reopening_and_replacing() {
    let room = new_room();
    let (mut file, bytes) = IndexedDbLog::open(&room, 1).await.unwrap();
    assert!(bytes.is_empty());
    for number in 0..12_u8 {
        file.append(&entry(&[number + 1])).await.unwrap();
    }
    let (mut other, _) = IndexedDbLog::open(&room, 11).await.unwrap();
    other.append(&entry(b"another slot")).await.unwrap();
    drop(file);
    let (mut file, bytes) = IndexedDbLog::open(&room, 1).await.unwrap();
    assert_eq!(
        payloads(&bytes),
        (0..12_u8).map(|number| vec![number + 1]).collect::<Vec<_>>()
    );
    file.replace(&entry(b"compact")).await.unwrap();
    file.append(&entry(b"more")).await.unwrap();
    drop(file);
    let (file, bytes) = IndexedDbLog::open(&room, 1).await.unwrap();
    assert_eq!(payloads(&bytes), [b"compact".to_vec(), b"more".to_vec()]);
    assert_eq!(file.used_bytes(), bytes.len() as u64);
    file.delete().await.unwrap();
    let (_, bytes) = IndexedDbLog::open(&room, 11).await.unwrap();
    assert_eq!(payloads(&bytes), [b"another slot".to_vec()]);
    other.delete().await.unwrap();
}

#[wasm_bindgen_test]
async fn settings_are_kept() {
    let name = new_room();
    let settings = Settings::open().await.unwrap();
    assert_eq!(settings.get(&name).await.unwrap(), None);
    settings.set(&name, "kept").await.unwrap();
    assert_eq!(
        Settings::open()
            .await
            .unwrap()
            .get(&name)
            .await
            .unwrap()
            .as_deref(),
        Some("kept")
    );
}

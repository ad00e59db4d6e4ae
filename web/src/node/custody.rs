//! What the user does with keys and chain: bring another account by its words, take the room away in a file, bring one
//! in, and be forgotten. Each either happens as a whole or is refused with a sentence and changes nothing.

use ting_core::crypto::keys::SecretKey;
use ting_core::crypto::words::Words;
use ting_core::peer::record::Record;
use ting_core::peer::{imported, stored};

use super::driver::{Node, now};
use super::host::random;
use super::port;
use crate::bridge::FromWorker;

impl Node {
    /// Replaces the account by the one of these words. Operator keys are made anew, so that two devices with the same words
    /// never sign with the same ones. Refused while another tab runs the account that is coming.
    pub(super) async fn restore_words(&mut self, words: &str) -> Result<(), String> {
        let seed = Words::parse(words).map_err(|error| error.to_string())?.to_seed();
        let account = SecretKey::from_seed(seed).address();
        let room = self.invite.storage_name();
        let reserved = self.identity.reserve(&room, &account).await;
        let reserved = reserved.map_err(|error| error.to_string())?;
        let identity = [Record::AccountSeed(seed), Record::OperatorSeed(random()?)];
        let stored = self.journal.records().await.map_err(|error| error.to_string())?;
        let kept = stored.into_iter().filter(|record| {
            matches!(
                record,
                Record::Name(_) | Record::Network { .. } | Record::Block(_) | Record::Final(_)
            )
        });
        let records: Vec<Record> = identity.into_iter().chain(kept).collect();
        self.journal
            .rewrite(&records)
            .await
            .map_err(|error| error.to_string())?;
        self.identity.become_account(reserved);
        self.restart(&records).await
    }

    /// Hands genesis and blocks to the page.
    pub(super) async fn export(&mut self) -> Result<(), String> {
        if self.peer.network().is_none() {
            return Err("there is nothing to export yet: this room's network is not known".to_owned());
        }
        let stored = self.journal.records().await.map_err(|error| error.to_string())?;
        let file = stored::export(&stored).map_err(|error| error.to_string())?;
        port::post(&FromWorker::Exported(file));
        Ok(())
    }

    /// Adds the blocks of a file to this room, after every one of them was checked.
    pub(super) async fn import(&mut self, file: &[u8]) -> Result<(), String> {
        let imported = imported::import(file, &self.invite.secret, self.invite.network, random()?, now())
            .map_err(|error| error.to_string())?;
        let mut records = self.journal.records().await.map_err(|error| error.to_string())?;
        let knows_network = records
            .iter()
            .any(|record| matches!(record, Record::Network { .. }));
        records.extend(
            imported
                .into_iter()
                .filter(|record| !knows_network || matches!(record, Record::Block(_))),
        );
        let records = stored::compact(records);
        self.journal
            .rewrite(&records)
            .await
            .map_err(|error| error.to_string())?;
        self.restart(&records).await
    }

    /// Deletes keys and chain from this browser.
    pub(super) async fn forget_me(&mut self) -> Result<(), String> {
        self.journal.delete().await.map_err(|error| error.to_string())?;
        self.identity.release();
        port::post(&FromWorker::Forgotten);
        Ok(())
    }
}

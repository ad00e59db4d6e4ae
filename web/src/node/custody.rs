//! What the user does with keys and chain, as far as it is this browser's: other tabs, and answers to the page. What it means is
//! [`ting_host::custody`]. Each either happens as a whole or is refused with a sentence and changes nothing.

use std::fmt::Display;

use ting_host::custody::Account;

use super::{
    driver::{Node, now},
    port,
};
use crate::bridge::FromWorker;

impl Node {
    /// Replaces the account by the one of these words. Refused while another tab runs that one.
    pub(super) async fn restore_words(&mut self, words: &str) -> Result<(), String> {
        let account = Account::of_words(words).map_err(sentence)?;
        let room = self.host.invite().storage_name();
        let reserved = self.identity.reserve(&room, &account.address()).await;
        let reserved = reserved.map_err(sentence)?;
        self.host
            .become_account(now(), &account)
            .await
            .map_err(sentence)?;
        self.identity.become_account(reserved);
        self.show_anew().await;
        Ok(())
    }

    /// Hands genesis and blocks to the page.
    pub(super) async fn export(&mut self) -> Result<(), String> {
        let file = self.host.export().await.map_err(sentence)?;
        port::post(&FromWorker::Exported(file));
        Ok(())
    }

    /// Adds the blocks of a file to this room.
    pub(super) async fn import(&mut self, file: &[u8]) -> Result<(), String> {
        self.host.import(now(), file).await.map_err(sentence)?;
        self.show_anew().await;
        Ok(())
    }

    /// Deletes keys and chain from this browser.
    pub(super) async fn forget_me(&mut self) -> Result<(), String> {
        self.host.forget().await.map_err(sentence)?;
        self.identity.release();
        port::post(&FromWorker::Forgotten);
        Ok(())
    }
}

fn sentence(error: impl Display) -> String {
    error.to_string()
}

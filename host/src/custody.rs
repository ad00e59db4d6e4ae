//! What a person does with keys and chain: bring another account by its words, take the room away in a file, bring one in, and be
//! forgotten. Each either happens as a whole or is refused with a sentence and changes nothing.
//!
//! A file may come from anybody: [`ting_core::peer::imported`] executes it with every proof and signature checked before any of it is kept.

use core::error::Error;

use thiserror::Error;
use ting_core::{
    crypto::{
        keys::{Address, SecretKey},
        words::{Words, WordsError},
    },
    peer::{imported, record::Record, stored},
    store::log::PayloadSizeError,
    time::Timestamp,
};

use crate::{farewell::Keeper, host::Host, journal::JournalError, socket::Dial, storage::Storage};

/// An account that somebody brings by its backup words.
pub struct Account {
    seed: [u8; 32],
}

impl Account {
    /// Reads the backup words of an account.
    ///
    /// # Errors
    /// [`WordsError`] if they are not the backup of an account.
    pub fn of_words(words: &str) -> Result<Self, WordsError> {
        let seed = Words::parse(words)?.to_seed();
        Ok(Self { seed })
    }

    /// The account that stored records belong to, if any was stored.
    pub fn stored(records: &[Record]) -> Option<Self> {
        records.iter().rev().find_map(|record| match record {
            Record::AccountSeed(seed) => Some(Self { seed: *seed }),
            _ => None,
        })
    }

    /// Address of the account.
    pub fn address(&self) -> Address {
        SecretKey::from_seed(self.seed).address()
    }

    /// What is kept of a journal when this account takes it over: all that is not its former account's.
    fn take_over(&self, operator_seed: [u8; 32], records: Vec<Record>) -> Vec<Record> {
        let identity = [
            Record::AccountSeed(self.seed),
            Record::OperatorSeed(operator_seed),
        ];
        let kept = records.into_iter().filter(|record| match record {
            Record::Name(_)
            | Record::Pass(_)
            | Record::Network { .. }
            | Record::Block(_)
            | Record::Final(_)
            | Record::Snapshot(_) => true,
            Record::AccountSeed(_)
            | Record::OperatorSeed(_)
            | Record::Watermark(_)
            | Record::LastSlot(_)
            | Record::Life { .. }
            | Record::Vote(_)
            | Record::Own(_)
            | Record::SignedAnew { .. }
            | Record::ReadMark { .. } => false,
        });
        identity.into_iter().chain(kept).collect()
    }
}

/// Why a room cannot be exported.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum ExportError<E: Error + 'static> {
    /// The room has no network yet, so there is nothing to export.
    #[error("there is nothing to export yet: this room's network is not known")]
    NoNetwork,
    /// The stored records cannot be read or replaced.
    #[error(transparent)]
    Journal(#[from] JournalError<E>),
    /// A record has a size that no file takes.
    #[error(transparent)]
    Record(#[from] PayloadSizeError),
}

/// Why a room file was not imported.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum ImportError<E: Error + 'static> {
    /// The file is not one of this room, or breaks a rule.
    #[error(transparent)]
    File(#[from] imported::RoomFileError),
    /// The stored records cannot be read or replaced.
    #[error(transparent)]
    Journal(#[from] JournalError<E>),
}

impl<S: Storage, D: Dial, K: Keeper> Host<S, D, K> {
    /// Replaces the account. Operator keys are made anew, so that two devices with the same words never sign with the same ones.
    ///
    /// # Errors
    /// [`JournalError`]; the account is as before then.
    pub async fn become_account(
        &mut self,
        now: Timestamp,
        account: &Account,
    ) -> Result<(), JournalError<S::Error>> {
        let records = self.journal().records().await?;
        let records = account.take_over(self.fresh_key(), records);
        self.begin_anew(now, &records).await
    }

    /// Exports the network as the bytes of a file: its genesis and blocks, and nothing private.
    ///
    /// # Errors
    /// [`ExportError`] says why there is no file.
    pub async fn export(&self) -> Result<Vec<u8>, ExportError<S::Error>> {
        if self.peer().network().is_none() {
            return Err(ExportError::NoNetwork);
        }
        Ok(stored::export(&self.journal().records().await?)?)
    }

    /// Adds the blocks of a file to this room, after every one of them was checked.
    ///
    /// # Errors
    /// [`ImportError`] says why; nothing was added then.
    pub async fn import(&mut self, now: Timestamp, file: &[u8]) -> Result<(), ImportError<S::Error>> {
        let entropy = self.fresh_key();
        let invite = self.invite();
        let imported = imported::import(file, &invite.secret, invite.network, entropy, now)?;
        let mut records = self.journal().records().await?;
        let knows_network = records
            .iter()
            .any(|record| matches!(record, Record::Network { .. }));
        records.extend(
            imported
                .into_iter()
                .filter(|record| !knows_network || matches!(record, Record::Block(_))),
        );
        Ok(self.begin_anew(now, &stored::compact(records)).await?)
    }
}

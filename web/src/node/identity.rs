//! Which of this browser's identities in a room a tab is.
//!
//! Identities are numbered slots. A worker holds the Web Lock of its slot for life, so no two tabs ever sign with the
//! same keys: three tabs are three peers. A page keeps the number over a reload and asks for it again; the worker before
//! it may need a moment to die, so the new one queues for the lock, ahead of tabs that only look for a free slot. A
//! duplicated tab asks for a number that stays taken, and gets the next free one.
//!
//! The same backup words can be in several slots. Two tabs of one account would spend the same nonces, so an account has a
//! Web Lock of its own, beside that of the slot.

use thiserror::Error;
use ting_core::crypto::keys::Address;

use super::locks::{self, HeldLock, Patience};

/// Identities of one browser in one room.
pub(crate) const MAX_SLOTS: u32 = 64;
/// How long a reloaded page waits for its own slot.
const RELOAD_PATIENCE_MS: u32 = 1_500;

/// A slot that only this worker uses.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The number of the slot, from 0.
    pub(crate) slot: u32,
    /// `None` where the browser has no locks; nothing may be stored then.
    lock: Option<HeldLock>,
    account: Option<HeldLock>,
}

impl Identity {
    /// Whether no other tab can be this identity, so that its keys may be stored and found again.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.lock.is_some()
    }

    /// Where the page marks for the next run of this identity that it left its farewell; nowhere if there is none.
    pub(crate) fn farewell_mark(&self, room_hex: &str) -> Option<String> {
        let slot = self.slot;
        self.is_exclusive()
            .then(|| format!("ting.farewell/{room_hex}/{slot}"))
    }

    /// The lock of an account that no other tab runs in the room; `None` where the browser has no locks.
    ///
    /// # Errors
    /// [`AccountTaken`] if another tab of this room acts for that account.
    pub(crate) async fn reserve(
        &self,
        room_hex: &str,
        account: &Address,
    ) -> Result<Option<HeldLock>, AccountTaken> {
        if !self.is_exclusive() {
            return Ok(None);
        }
        let name = format!("ting/{room_hex}/{account}");
        let lock = locks::acquire(&name, Patience::Ms(RELOAD_PATIENCE_MS)).await;
        lock.map(Some).ok_or(AccountTaken)
    }

    /// This identity is the account of this lock from now on; other tabs may run the one before.
    pub(crate) fn become_account(&mut self, reserved: Option<HeldLock>) {
        self.account = reserved;
    }

    /// Lets other tabs have slot and account.
    pub(crate) fn release(&mut self) {
        (self.lock, self.account) = (None, None);
    }
}

/// All slots are taken by other tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{MAX_SLOTS} tabs of this browser are in the room already; close one of them")]
pub(crate) struct AllSlotsTaken;

/// Another tab of this browser runs the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("another tab of this browser runs that account already; go on there, or close that tab first")]
pub(crate) struct AccountTaken;

/// Takes the preferred slot of the room named `room_hex`, or else the first free one.
///
/// # Errors
/// [`AllSlotsTaken`] if every identity of this room is in use.
pub(crate) async fn claim(room_hex: &str, preferred: Option<u32>) -> Result<Identity, AllSlotsTaken> {
    if !locks::supported() {
        return Ok(Identity {
            slot: 0,
            lock: None,
            account: None,
        });
    }
    let wanted = preferred
        .filter(|slot| *slot < MAX_SLOTS)
        .map(|slot| (slot, Patience::Ms(RELOAD_PATIENCE_MS)));
    let free = (0..MAX_SLOTS).map(|slot| (slot, Patience::None));
    for (slot, patience) in wanted.into_iter().chain(free) {
        if let Some(lock) = locks::acquire(&format!("ting/{room_hex}/{slot}"), patience).await {
            return Ok(Identity {
                slot,
                lock: Some(lock),
                account: None,
            });
        }
    }
    Err(AllSlotsTaken)
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use ting_core::crypto::keys::SecretKey;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::node::host::{now_ms, random, sleep_ms};

    fn new_room() -> String {
        random::<8>()
            .unwrap()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    #[wasm_bindgen_test]
    async fn each_tab_gets_its_own_slot_and_a_released_one_is_taken_again() {
        let room = new_room();
        let first = claim(&room, None).await.unwrap();
        let mut second = claim(&room, None).await.unwrap();
        let third = claim(&room, None).await.unwrap();
        assert_eq!((first.slot, second.slot, third.slot), (0, 1, 2));
        assert!(first.is_exclusive());
        second.release();
        assert_eq!(claim(&room, None).await.unwrap().slot, 1);
        assert_eq!(claim(&new_room(), None).await.unwrap().slot, 0);
    }

    #[wasm_bindgen_test]
    async fn a_reloaded_tab_waits_for_its_slot_and_goes_before_tabs_that_look_for_any() {
        let room = new_room();
        let mut before_reload = claim(&room, None).await.unwrap();
        let name = room.clone();
        wasm_bindgen_futures::spawn_local(async move {
            sleep_ms(300).await;
            before_reload.release();
        });
        assert_eq!(claim(&room, Some(0)).await.unwrap().slot, 0);
        assert_eq!(claim(&name, None).await.unwrap().slot, 1);
    }

    #[wasm_bindgen_test]
    async fn a_duplicated_tab_gets_the_next_free_slot_after_a_moment() {
        let room = new_room();
        let original = claim(&room, None).await.unwrap();
        let started_ms = now_ms();
        let copy = claim(&room, Some(0)).await.unwrap();
        assert_eq!((original.slot, copy.slot), (0, 1));
        assert!(now_ms() - started_ms < 5_000);
    }

    #[wasm_bindgen_test]
    async fn an_account_that_one_tab_runs_is_refused_to_the_others() {
        let room = new_room();
        let [one, other] = [[1; 32], [2; 32]].map(|seed| SecretKey::from_seed(seed).address());
        let mut first = claim(&room, None).await.unwrap();
        let second = claim(&room, None).await.unwrap();
        let reserved = first.reserve(&room, &one).await.unwrap();
        first.become_account(reserved);
        assert_eq!(second.reserve(&room, &one).await.unwrap_err(), AccountTaken);
        // What was reserved and not used is free again.
        drop(second.reserve(&room, &other).await.unwrap());
        let reserved = first.reserve(&room, &other).await.unwrap();
        first.become_account(reserved);
        assert!(second.reserve(&room, &one).await.is_ok());
        first.release();
        assert!(second.reserve(&room, &other).await.is_ok());
    }

    #[wasm_bindgen_test]
    async fn a_preference_that_no_tab_can_have_is_ignored() {
        assert_eq!(claim(&new_room(), Some(MAX_SLOTS)).await.unwrap().slot, 0);
    }
}

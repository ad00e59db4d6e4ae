//! Which of this browser's identities in a room a tab is.
//!
//! Identities are numbered slots. A worker holds the Web Lock of its slot for life, so no two tabs ever sign with the
//! same keys: three tabs are three peers. A page keeps the number over a reload and asks for it again; the worker before
//! it may need a moment to die, so the new one queues for the lock, ahead of tabs that only look for a free slot. A
//! duplicated tab asks for a number that stays taken, and gets the next free one.

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
}

impl Identity {
    /// Whether no other tab can be this identity, so that its keys may be stored and found again.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.lock.is_some()
    }

    /// Lets other tabs have the slot.
    pub(crate) fn release(self) {
        if let Some(lock) = self.lock {
            lock.release();
        }
    }
}

/// All slots are taken by other tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_SLOTS} tabs of this browser are in the room already; close one of them")]
pub(crate) struct AllSlotsTaken;

/// Takes the preferred slot of the room named `room_hex`, or else the first free one.
///
/// # Errors
/// [`AllSlotsTaken`].
pub(crate) async fn claim(room_hex: &str, preferred: Option<u32>) -> Result<Identity, AllSlotsTaken> {
    if !locks::supported() {
        return Ok(Identity { slot: 0, lock: None });
    }
    let wanted = preferred.filter(|slot| *slot < MAX_SLOTS).map(|slot| (slot, Patience::Ms(RELOAD_PATIENCE_MS)));
    let free = (0..MAX_SLOTS).map(|slot| (slot, Patience::None));
    for (slot, patience) in wanted.into_iter().chain(free) {
        if let Some(lock) = locks::acquire(&format!("ting/{room_hex}/{slot}"), patience).await {
            return Ok(Identity { slot, lock: Some(lock) });
        }
    }
    Err(AllSlotsTaken)
}

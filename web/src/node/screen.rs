//! What the page sees: whole views, only of what it shows, only when they changed, at most ten times a second. A hidden page sees how
//! much is unread, and nothing else.

use std::collections::BTreeMap;

use ting_core::{peer::Peer, time::Timestamp};

use super::port;
use crate::bridge::{FromWorker, RelayStatus, StorageStatus, Unread, Watch};

/// Least time between two drawings.
const MIN_INTERVAL_MS: u64 = 100;
/// Least time between two reports of what is unread to a hidden page.
const HIDDEN_INTERVAL_MS: u64 = 1_000;
/// Least time between two reports about storage that only differ in size.
const STORAGE_INTERVAL_MS: u64 = 5_000;

/// Kinds of views; of each, the page has at most the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Pulse,
    Wallet,
    Watched,
    Relays,
    Unread,
}

/// What the page shows and already has, so that only changes are sent.
pub(crate) struct Screen {
    watch: Watch,
    visible: bool,
    stale: bool,
    drawn_at_ms: u64,
    sent: BTreeMap<Kind, Vec<u8>>,
    storage: Option<(u64, StorageStatus)>,
}

impl Screen {
    /// Of a page that shows nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            watch: Watch::Nothing,
            visible: true,
            stale: true,
            drawn_at_ms: 0,
            sent: BTreeMap::new(),
            storage: None,
        }
    }

    /// The page shows something else: it is drawn at once.
    pub(crate) fn watch(&mut self, watch: Watch) {
        self.watch = watch;
        self.sent.remove(&Kind::Watched);
        (self.stale, self.drawn_at_ms) = (true, 0);
    }

    /// The page came to light or went.
    pub(crate) fn set_visible(&mut self, visible: bool) {
        self.visible = visible;
        (self.stale, self.drawn_at_ms) = (true, 0);
    }

    /// Everything is sent again, because the page or the peer is new.
    pub(crate) fn forget(&mut self) {
        self.sent.clear();
        (self.stale, self.storage) = (true, None);
    }

    /// Something happened that views may show.
    pub(crate) fn touch(&mut self) {
        self.stale = true;
    }

    /// Time at which [`Screen::draw`] is due; none while nothing changed.
    pub(crate) fn next_deadline_ms(&self) -> Option<u64> {
        let interval_ms = if self.visible {
            MIN_INTERVAL_MS
        } else {
            HIDDEN_INTERVAL_MS
        };
        self.stale.then(|| self.drawn_at_ms.saturating_add(interval_ms))
    }

    /// Whether a drawing is due. A clock that was set back does not blind the page.
    pub(crate) fn is_due(&self, now_ms: u64) -> bool {
        self.next_deadline_ms()
            .is_some_and(|at_ms| at_ms <= now_ms || self.drawn_at_ms > now_ms)
    }

    /// Sends the views that changed since the page last had them.
    pub(crate) fn draw(
        &mut self,
        peer: &Peer,
        relays: Vec<RelayStatus>,
        storage: StorageStatus,
        now_ms: u64,
    ) {
        (self.stale, self.drawn_at_ms) = (false, now_ms);
        if self.visible {
            self.draw_pages(peer, relays, now_ms);
            self.report_storage(storage, now_ms);
        }
        let unread = Unread {
            view: peer.unread_view(),
            is_caught_up: self.visible,
        };
        self.send(Kind::Unread, &FromWorker::Unread(unread));
    }

    fn draw_pages(&mut self, peer: &Peer, relays: Vec<RelayStatus>, now_ms: u64) {
        let now = Timestamp(now_ms);
        self.send(Kind::Pulse, &FromWorker::Pulse(peer.pulse_view(now)));
        self.send(Kind::Relays, &FromWorker::Relays(relays));
        let watched = match &self.watch {
            Watch::Chat { channel, limit } => {
                Some(FromWorker::Chat(peer.chat_view(now, channel, *limit as usize)))
            }
            Watch::Chain => peer.chain_view(now).map(FromWorker::Chain),
            Watch::Network => Some(FromWorker::Network(peer.network_view(now))),
            Watch::Wallet | Watch::Nothing => None,
        };
        if let Some(view) = watched {
            self.send(Kind::Watched, &view);
        }
        self.send(Kind::Wallet, &FromWorker::Wallet(peer.wallet_view(now)));
    }

    fn send(&mut self, kind: Kind, message: &FromWorker) {
        let bytes = port::encode(message);
        if self.sent.get(&kind) != Some(&bytes) {
            port::post_bytes(&bytes);
            self.sent.insert(kind, bytes);
        }
    }

    fn report_storage(&mut self, status: StorageStatus, now_ms: u64) {
        let due = match &self.storage {
            None => true,
            Some((_, sent)) if *sent == status => false,
            Some((at_ms, sent)) => {
                let same_but_size = StorageStatus {
                    used_bytes: status.used_bytes,
                    ..sent.clone()
                } == status;
                !same_but_size || now_ms >= at_ms.saturating_add(STORAGE_INTERVAL_MS)
            }
        };
        if due {
            port::post(&FromWorker::Storage(status.clone()));
            self.storage = Some((now_ms, status));
        }
    }
}

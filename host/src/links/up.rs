//! A link that a relay welcomed: what comes, what goes, and whether it still lives.
//!
//! **Noticing a dead socket.** TCP may take minutes to notice a cable that was pulled, and scripts do not see the relay's
//! pings. So a link that heard nothing for [`PROBE_AFTER_MS`] sends itself a frame through the relay (random bytes of the
//! smallest padded size); if nothing at all comes back within [`PROBE_PATIENCE_MS`], the socket is dead. The time of the
//! probe is what counts, so a host that slept asks first and does not judge by its own absence.

use ting_core::{
    crypto::seal::MIN_SEALED,
    peer::io::{ConnectionId, Input, LinkId, To},
};
use ting_frame::{ClientFrame, Control, Destination, NoticeKind, RelayFrame, Welcome};

use super::{
    dialer::Numbered,
    outbox::{FrameTooLarge, Outbox},
};
use crate::{
    chance::Chance,
    socket::{Socket, SocketId},
    status::RelayState,
};

/// Silence after which a link asks whether it lives.
const PROBE_AFTER_MS: u64 = 5_000;
/// How long a link waits for the answer, before it counts as dead.
const PROBE_PATIENCE_MS: u64 = 4_000;
/// The platform's own queue is kept this short; the rest waits here, where it can be dropped.
const MAX_BUFFERED_BYTES: u32 = 1024 * 1024;
/// When to look again at a platform's queue that was too long.
const BUFFERED_RETRY_MS: u64 = 50;

/// A socket that a relay has welcomed into the room.
pub(super) struct Up<S> {
    open: Numbered<S>,
    own_id: ting_frame::ConnectionId,
    others: u32,
    limits: ting_frame::Limits,
    outbox: Outbox,
    since_ms: u64,
    heard_at_ms: u64,
    probed_at_ms: Option<u64>,
    notice: String,
}

impl<S: Socket> Up<S> {
    pub(super) fn new(open: Numbered<S>, welcome: &Welcome, now_ms: u64) -> Self {
        Self {
            open,
            own_id: welcome.your_id,
            others: welcome.member_count.saturating_sub(1),
            limits: welcome.limits,
            outbox: Outbox::new(&welcome.limits, now_ms),
            since_ms: now_ms,
            heard_at_ms: now_ms,
            probed_at_ms: None,
            notice: String::new(),
        }
    }

    pub(super) fn number(&self) -> SocketId {
        self.open.number
    }

    pub(super) fn others(&self) -> u32 {
        self.others
    }

    /// How long the relay's welcome is ago.
    pub(super) fn up_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.since_ms)
    }

    /// The input that tells a peer of the link.
    pub(super) fn link_up(&self, link: LinkId) -> Input {
        Input::LinkUp {
            link,
            own: ConnectionId(self.own_id.get()),
            others: self.others,
        }
    }

    pub(super) fn state(&self) -> RelayState {
        RelayState::Up {
            max_frame_bytes: self.limits.max_frame_bytes,
            frames_per_s: self.limits.frames_per_s,
            max_members: self.limits.max_members,
            notice: self.notice.clone(),
        }
    }

    /// Something came, whatever it is: the link lives.
    pub(super) fn hear(&mut self, now_ms: u64) {
        self.heard_at_ms = now_ms;
        self.probed_at_ms = None;
    }

    /// What a frame of the relay is to the peer. Own probes are nothing to it, nor is a second welcome.
    pub(super) fn input_of(&mut self, link: LinkId, frame: RelayFrame<'_>) -> Option<Input> {
        match frame {
            RelayFrame::Peer { source, .. } if source == self.own_id => None,
            RelayFrame::Peer { source, payload } => Some(Input::Frame {
                link,
                from: ConnectionId(source.get()),
                bytes: payload.to_vec(),
            }),
            RelayFrame::Control(Control::Joined(id)) => {
                self.others = self.others.saturating_add(1);
                let connection = ConnectionId(id.get());
                Some(Input::Joined { link, connection })
            }
            RelayFrame::Control(Control::Left(id)) => {
                self.others = self.others.saturating_sub(1);
                let connection = ConnectionId(id.get());
                Some(Input::Left { link, connection })
            }
            RelayFrame::Control(Control::Notice(notice)) => {
                self.notice = match notice.kind() {
                    NoticeKind::Draining | NoticeKind::CutOff => notice.text().to_owned(),
                    NoticeKind::Rejoined => String::new(),
                };
                None
            }
            RelayFrame::Control(Control::Welcome(_)) => None,
        }
    }

    /// Sends a frame as soon as the relay's limits allow.
    pub(super) fn send(&mut self, to: To, payload: &[u8], now_ms: u64) -> Result<(), FrameTooLarge> {
        let destination = match to {
            To::All => Destination::EverybodyElse,
            // Only what the relay numbered is a connection, and it numbers none 0, which would be everybody.
            To::One(ConnectionId(number)) => match ting_frame::ConnectionId::new(number) {
                Some(id) => Destination::One(id),
                None => return Ok(()),
            },
        };
        self.outbox.push(ClientFrame { destination, payload }.encode())?;
        self.flush(now_ms);
        Ok(())
    }

    pub(super) fn is_dead(&self, now_ms: u64) -> bool {
        self.probed_at_ms
            .is_some_and(|probed_at_ms| now_ms >= probed_at_ms.saturating_add(PROBE_PATIENCE_MS))
    }

    pub(super) fn probe_if_silent(&mut self, now_ms: u64, chance: &mut Chance) {
        // A clock that was set back would silence the probe for as long: start to count anew.
        self.heard_at_ms = self.heard_at_ms.min(now_ms);
        if self.probed_at_ms.is_some() || now_ms < self.heard_at_ms.saturating_add(PROBE_AFTER_MS) {
            return;
        }
        let probe = ClientFrame {
            destination: Destination::One(self.own_id),
            payload: &chance.bytes(MIN_SEALED),
        };
        self.open.socket.send(&probe.encode());
        self.probed_at_ms = Some(now_ms);
    }

    /// Sends what waits, as far as the limits allow.
    pub(super) fn flush(&mut self, now_ms: u64) {
        while self.open.socket.buffered_bytes() < MAX_BUFFERED_BYTES {
            match self.outbox.pop(now_ms) {
                Some(frame) => self.open.socket.send(&frame),
                None => return,
            }
        }
    }

    pub(super) fn next_deadline_ms(&mut self, now_ms: u64) -> u64 {
        let alive = match self.probed_at_ms {
            Some(probed_at_ms) => probed_at_ms.saturating_add(PROBE_PATIENCE_MS),
            None => self.heard_at_ms.saturating_add(PROBE_AFTER_MS),
        };
        let sending = match self.outbox.ready_in_ms(now_ms) {
            Some(0) => now_ms.saturating_add(BUFFERED_RETRY_MS),
            Some(wait_ms) => now_ms.saturating_add(wait_ms),
            None => u64::MAX,
        };
        alive.min(sending)
    }
}

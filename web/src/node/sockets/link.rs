//! The life of one link: connecting, up, down with a reason and a pause.
//!
//! **Noticing a dead socket.** TCP may take minutes to notice a cable that was pulled, and scripts do not see the relay's
//! pings. So a link that heard nothing for [`PROBE_AFTER_MS`] sends itself a frame through the relay (random bytes of the
//! smallest padded size); if nothing at all comes back within [`PROBE_PATIENCE_MS`], the socket is dead. The time of the
//! probe is what counts, so a worker that slept asks first and does not judge by its own absence.

use ting_core::crypto::seal::MIN_SEALED;
use ting_core::peer::io::{ConnectionId, Input, LinkId, To};
use ting_frame::{ClientFrame, CloseReason, Control, Destination, Limits, NoticeKind, RelayFrame};

use super::backoff::Backoff;
use super::outbox::Outbox;
use super::socket::{Socket, What};
use crate::bridge::{LinkFault, PastFault, RelayState, RelayStatus};
use crate::node::host::{random, random_below};

/// Silence after which a link asks whether it lives.
const PROBE_AFTER_MS: u64 = 5_000;
/// How long it waits for an answer.
const PROBE_PATIENCE_MS: u64 = 4_000;
/// How long a relay may take to say welcome.
const WELCOME_PATIENCE_MS: u64 = 10_000;
/// The browser's own queue is kept this short; the rest waits here, where it can be dropped.
const MAX_BUFFERED_BYTES: u32 = 1024 * 1024;
/// When to look again at a browser's queue that was too long.
const BUFFERED_RETRY_MS: u64 = 50;

/// A link to one relay.
pub(super) struct Link {
    id: LinkId,
    address: String,
    backoff: Backoff,
    phase: Phase,
    last_fault: Option<PastFault>,
}

enum Phase {
    Paused {
        until_ms: u64,
        fault: Option<LinkFault>,
        pause_ms: u32,
    },
    Connecting {
        socket: Socket,
        since_ms: u64,
    },
    Up(Box<Up>),
}

struct Up {
    socket: Socket,
    own_id: ting_frame::ConnectionId,
    others: u32,
    limits: Limits,
    outbox: Outbox,
    since_ms: u64,
    heard_at_ms: u64,
    probed_at_ms: Option<u64>,
    notice: String,
}

impl Link {
    /// A link that connects at the first tick.
    pub(super) fn new(id: LinkId, address: String) -> Self {
        let phase = Phase::Paused {
            until_ms: 0,
            fault: None,
            pause_ms: 0,
        };
        Self {
            id,
            address,
            backoff: Backoff::default(),
            phase,
            last_fault: None,
        }
    }

    pub(super) fn id(&self) -> LinkId {
        self.id
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Whether this is the link's present socket.
    pub(super) fn owns(&self, number: u64) -> bool {
        match &self.phase {
            Phase::Paused { .. } => false,
            Phase::Connecting { socket, .. } => socket.number() == number,
            Phase::Up(up) => up.socket.number() == number,
        }
    }

    /// Ends the link for good.
    pub(super) fn give_up(&mut self) -> Option<Input> {
        let was_up = matches!(self.phase, Phase::Up(_));
        self.phase = Phase::Paused {
            until_ms: u64::MAX,
            fault: None,
            pause_ms: 0,
        };
        was_up.then_some(Input::LinkDown { link: self.id })
    }

    /// Ends the pause, if one is on.
    pub(super) fn hurry(&mut self) {
        if let Phase::Paused { until_ms, .. } = &mut self.phase {
            *until_ms = 0;
        }
    }

    pub(super) fn on_event(&mut self, what: What, now_ms: u64) -> Vec<Input> {
        match what {
            What::Message(bytes) => self.on_message(&bytes, now_ms),
            What::Closed { code } => {
                let fault = self.close_fault(code);
                self.fail(fault, now_ms).into_iter().collect()
            }
        }
    }

    /// Does what is due; may bring the link down.
    pub(super) fn tick(
        &mut self,
        now_ms: u64,
        connect: &mut dyn FnMut(&str) -> Result<Socket, String>,
    ) -> Option<Input> {
        match &mut self.phase {
            Phase::Paused { until_ms, .. } if *until_ms <= now_ms => match connect(&self.address) {
                Ok(socket) => {
                    self.phase = Phase::Connecting {
                        socket,
                        since_ms: now_ms,
                    };
                    None
                }
                Err(reason) => self.fail(LinkFault::Refused(reason), now_ms),
            },
            Phase::Paused { .. } => None,
            Phase::Connecting { since_ms, .. } if now_ms >= since_ms.saturating_add(WELCOME_PATIENCE_MS) => {
                self.fail(LinkFault::NoWelcome, now_ms)
            }
            Phase::Connecting { .. } => None,
            Phase::Up(up) => {
                if up.is_dead(now_ms) {
                    return self.fail(LinkFault::Dead, now_ms);
                }
                up.probe_if_silent(now_ms);
                up.flush(now_ms);
                None
            }
        }
    }

    pub(super) fn next_deadline_ms(&mut self, now_ms: u64) -> Option<u64> {
        match &mut self.phase {
            Phase::Paused { until_ms, .. } => (*until_ms < u64::MAX).then_some(*until_ms),
            Phase::Connecting { since_ms, .. } => Some(since_ms.saturating_add(WELCOME_PATIENCE_MS)),
            Phase::Up(up) => Some(up.next_deadline_ms(now_ms)),
        }
    }

    pub(super) fn send(&mut self, to: To, payload: &[u8], now_ms: u64) {
        let destination = match to {
            To::All => Some(Destination::EverybodyElse),
            To::One(ConnectionId(number)) => ting_frame::ConnectionId::new(number).map(Destination::One),
        };
        if let (Phase::Up(up), Some(destination)) = (&mut self.phase, destination) {
            up.outbox.push(ClientFrame { destination, payload }.encode());
            up.flush(now_ms);
        }
    }

    /// The input that tells a peer of this link, if it is up.
    pub(super) fn link_up(&self) -> Option<Input> {
        match &self.phase {
            Phase::Up(up) => Some(Input::LinkUp {
                link: self.id,
                own: ConnectionId(up.own_id.get()),
                others: up.others,
            }),
            _ => None,
        }
    }

    pub(super) fn status(&self) -> RelayStatus {
        let state = match &self.phase {
            Phase::Up(up) => RelayState::Up {
                max_frame_bytes: up.limits.max_frame_bytes,
                frames_per_s: up.limits.frames_per_s,
                max_members: up.limits.max_members,
                notice: up.notice.clone(),
            },
            Phase::Paused {
                fault: Some(fault),
                pause_ms,
                ..
            } => RelayState::Down {
                fault: fault.clone(),
                retry_in_ms: *pause_ms,
            },
            Phase::Paused { fault: None, .. } | Phase::Connecting { .. } => RelayState::Connecting,
        };
        RelayStatus {
            address: self.address.clone(),
            state,
            last_fault: self.last_fault.clone(),
        }
    }

    fn on_message(&mut self, bytes: &[u8], now_ms: u64) -> Vec<Input> {
        let link = self.id;
        if let Phase::Up(up) = &mut self.phase {
            up.heard_at_ms = now_ms;
            up.probed_at_ms = None;
        }
        match (RelayFrame::decode(bytes), &mut self.phase) {
            (Ok(RelayFrame::Control(Control::Welcome(welcome))), Phase::Connecting { .. }) => {
                self.welcomed(&welcome, now_ms)
            }
            (Ok(RelayFrame::Control(Control::Joined(id))), Phase::Up(up)) => {
                up.others = up.others.saturating_add(1);
                vec![Input::Joined {
                    link,
                    connection: ConnectionId(id.get()),
                }]
            }
            (Ok(RelayFrame::Control(Control::Left(id))), Phase::Up(up)) => {
                up.others = up.others.saturating_sub(1);
                vec![Input::Left {
                    link,
                    connection: ConnectionId(id.get()),
                }]
            }
            (Ok(RelayFrame::Peer { source, payload }), Phase::Up(up)) if source != up.own_id => {
                vec![Input::Frame {
                    link,
                    from: ConnectionId(source.get()),
                    bytes: payload.to_vec(),
                }]
            }
            (Ok(RelayFrame::Control(Control::Notice(notice))), Phase::Up(up)) => {
                up.notice = match notice.kind() {
                    NoticeKind::Draining | NoticeKind::CutOff => notice.text().to_owned(),
                    NoticeKind::Rejoined => String::new(),
                };
                Vec::new()
            }
            // Own probes and garbage, which costs a relay nothing but our time.
            _ => Vec::new(),
        }
    }

    fn welcomed(&mut self, welcome: &ting_frame::Welcome, now_ms: u64) -> Vec<Input> {
        let pause = Phase::Paused {
            until_ms: u64::MAX,
            fault: None,
            pause_ms: 0,
        };
        match std::mem::replace(&mut self.phase, pause) {
            Phase::Connecting { socket, .. } => {
                self.phase = Phase::Up(Box::new(Up {
                    socket,
                    own_id: welcome.your_id,
                    others: welcome.member_count.saturating_sub(1),
                    limits: welcome.limits,
                    outbox: Outbox::new(&welcome.limits, now_ms),
                    since_ms: now_ms,
                    heard_at_ms: now_ms,
                    probed_at_ms: None,
                    notice: String::new(),
                }));
            }
            other => self.phase = other,
        }
        self.link_up().into_iter().collect()
    }

    /// Closes the socket and begins a pause.
    fn fail(&mut self, fault: LinkFault, now_ms: u64) -> Option<Input> {
        let (was_up_ms, others) = match &self.phase {
            Phase::Up(up) => (now_ms.saturating_sub(up.since_ms), up.others),
            _ => (0, 0),
        };
        let was_up = matches!(self.phase, Phase::Up(_));
        let pause_ms = self.backoff.next_pause_ms(was_up_ms, others, random_below);
        // A retry that fails says less than what brought the link down.
        if was_up || self.last_fault.is_none() {
            self.last_fault = Some(PastFault {
                fault: fault.clone(),
                at_ms: now_ms,
            });
        }
        self.phase = Phase::Paused {
            until_ms: now_ms.saturating_add(u64::from(pause_ms)),
            fault: Some(fault),
            pause_ms,
        };
        was_up.then_some(Input::LinkDown { link: self.id })
    }

    fn close_fault(&self, code: u16) -> LinkFault {
        match CloseReason::from_code(code) {
            Some(reason) => LinkFault::Closed(reason),
            None if matches!(self.phase, Phase::Connecting { .. }) => LinkFault::Unreachable,
            None => LinkFault::Lost,
        }
    }
}

impl Up {
    fn is_dead(&self, now_ms: u64) -> bool {
        self.probed_at_ms
            .is_some_and(|probed_at_ms| now_ms >= probed_at_ms.saturating_add(PROBE_PATIENCE_MS))
    }

    fn probe_if_silent(&mut self, now_ms: u64) {
        // A clock that was set back would silence the probe for as long: start to count anew.
        self.heard_at_ms = self.heard_at_ms.min(now_ms);
        if self.probed_at_ms.is_some() || now_ms < self.heard_at_ms.saturating_add(PROBE_AFTER_MS) {
            return;
        }
        let Ok(payload) = random::<MIN_SEALED>() else {
            return;
        };
        let probe = ClientFrame {
            destination: Destination::One(self.own_id),
            payload: &payload,
        };
        self.socket.send(&probe.encode());
        self.probed_at_ms = Some(now_ms);
    }

    fn flush(&mut self, now_ms: u64) {
        while self.socket.buffered_bytes() < MAX_BUFFERED_BYTES {
            match self.outbox.pop(now_ms) {
                Some(frame) => self.socket.send(&frame),
                None => return,
            }
        }
    }

    fn next_deadline_ms(&mut self, now_ms: u64) -> u64 {
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

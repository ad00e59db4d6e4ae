//! The life of one link: connecting, up, down with a reason and a pause.

use ting_core::peer::io::{Input, LinkId, To};
use ting_frame::{CloseReason, Control, RelayFrame, Welcome};

use super::{
    backoff::Backoff,
    dialer::{Dialer, Numbered},
    up::Up,
};
use crate::{
    chance::Chance,
    edge,
    socket::{Dial, Socket, SocketId, SocketNews},
    status::{LinkFault, PastFault, RelayState, RelayStatus},
};

/// How long a relay may take to say welcome.
const WELCOME_PATIENCE_MS: u64 = 10_000;

/// The link to one relay, which is opened again whenever it breaks.
pub(super) struct Link<S> {
    id: LinkId,
    address: String,
    backoff: Backoff,
    phase: Phase<S>,
    last_fault: Option<PastFault>,
}

enum Phase<S> {
    Paused {
        until_ms: u64,
        fault: Option<LinkFault>,
        pause_ms: u32,
    },
    Connecting {
        open: Numbered<S>,
        since_ms: u64,
    },
    Up(Box<Up<S>>),
}

impl<S> Phase<S> {
    /// A pause that ends at the next tick.
    const NOTHING_YET: Self = Self::Paused {
        until_ms: 0,
        fault: None,
        pause_ms: 0,
    };
}

impl<S: Socket> Link<S> {
    /// A link that connects at the first tick.
    pub(super) fn new(id: LinkId, address: String) -> Self {
        Self {
            id,
            address,
            backoff: Backoff::default(),
            phase: Phase::NOTHING_YET,
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
    pub(super) fn owns(&self, number: SocketId) -> bool {
        match &self.phase {
            Phase::Paused { .. } => false,
            Phase::Connecting { open, .. } => open.number == number,
            Phase::Up(up) => up.number() == number,
        }
    }

    /// Ends the link for good; tells the peer if it was up.
    pub(super) fn end(self) -> Option<Input> {
        matches!(self.phase, Phase::Up(_)).then_some(Input::LinkDown { link: self.id })
    }

    /// Ends the pause before the next attempt, if there is one.
    pub(super) fn hurry(&mut self) {
        if let Phase::Paused { until_ms, .. } = &mut self.phase {
            *until_ms = 0;
        }
    }

    pub(super) fn on_event(&mut self, news: SocketNews, now_ms: u64, chance: &mut Chance) -> Option<Input> {
        match news {
            SocketNews::Message(bytes) => self.on_message(&bytes, now_ms),
            SocketNews::Closed { code } => {
                let fault = self.close_fault(code);
                self.fail(fault, now_ms, chance)
            }
        }
    }

    /// Does what is due; may bring the link down.
    pub(super) fn tick<D: Dial<Socket = S>>(&mut self, now_ms: u64, dialer: &mut Dialer<D>) -> Option<Input> {
        match &mut self.phase {
            Phase::Paused { until_ms, .. } if *until_ms <= now_ms => match dialer.open(&self.address) {
                Ok(open) => {
                    self.phase = Phase::Connecting {
                        open,
                        since_ms: now_ms,
                    };
                    None
                }
                Err(reason) => self.fail(LinkFault::Refused(reason), now_ms, dialer.chance()),
            },
            Phase::Paused { .. } => None,
            Phase::Connecting { since_ms, .. } if now_ms >= since_ms.saturating_add(WELCOME_PATIENCE_MS) => {
                self.fail(LinkFault::NoWelcome, now_ms, dialer.chance())
            }
            Phase::Connecting { .. } => None,
            Phase::Up(up) => {
                if up.is_dead(now_ms) {
                    return self.fail(LinkFault::Dead, now_ms, dialer.chance());
                }
                up.probe_if_silent(now_ms, dialer.chance());
                up.flush(now_ms);
                None
            }
        }
    }

    pub(super) fn next_deadline_ms(&mut self, now_ms: u64) -> Option<u64> {
        match &mut self.phase {
            Phase::Paused { until_ms, .. } => Some(*until_ms),
            Phase::Connecting { since_ms, .. } => Some(since_ms.saturating_add(WELCOME_PATIENCE_MS)),
            Phase::Up(up) => Some(up.next_deadline_ms(now_ms)),
        }
    }

    /// Sends a frame if the link is up.
    pub(super) fn send(&mut self, to: To, payload: &[u8], now_ms: u64) {
        if let Phase::Up(up) = &mut self.phase
            && let Err(too_large) = up.send(to, payload, now_ms)
        {
            edge::frame_refused(&self.address, &too_large);
        }
    }

    /// The input that tells a peer of this link, if it is up.
    pub(super) fn link_up(&self) -> Option<Input> {
        match &self.phase {
            Phase::Up(up) => Some(up.link_up(self.id)),
            Phase::Paused { .. } | Phase::Connecting { .. } => None,
        }
    }

    pub(super) fn status(&self) -> RelayStatus {
        let state = match &self.phase {
            Phase::Up(up) => up.state(),
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

    /// Garbage is ignored: it costs a relay nothing but our time.
    fn on_message(&mut self, bytes: &[u8], now_ms: u64) -> Option<Input> {
        let frame = RelayFrame::decode(bytes);
        match &mut self.phase {
            Phase::Up(up) => {
                up.hear(now_ms);
                up.input_of(self.id, frame.ok()?)
            }
            Phase::Connecting { .. } => match frame.ok()? {
                RelayFrame::Control(Control::Welcome(welcome)) => self.begin(&welcome, now_ms),
                RelayFrame::Control(_) | RelayFrame::Peer { .. } => None,
            },
            Phase::Paused { .. } => None,
        }
    }

    fn begin(&mut self, welcome: &Welcome, now_ms: u64) -> Option<Input> {
        match std::mem::replace(&mut self.phase, Phase::NOTHING_YET) {
            Phase::Connecting { open, .. } => {
                let up = Up::new(open, welcome, now_ms);
                edge::link_up(&self.address, up.others());
                self.phase = Phase::Up(Box::new(up));
            }
            other @ (Phase::Paused { .. } | Phase::Up(_)) => self.phase = other,
        }
        self.link_up()
    }

    /// Closes the socket and begins a pause.
    fn fail(&mut self, fault: LinkFault, now_ms: u64, chance: &mut Chance) -> Option<Input> {
        edge::link_down(&self.address, &fault);
        let (was_up, was_up_ms, others) = match &self.phase {
            Phase::Up(up) => (true, up.up_ms(now_ms), up.others()),
            Phase::Paused { .. } | Phase::Connecting { .. } => (false, 0, 0),
        };
        let pause_ms = self
            .backoff
            .next_pause_ms(was_up_ms, others, |bound| chance.below(bound));
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

//! The peer's farewell: a sealed frame, signed ahead, that whoever outlives the peer holds and leaves with the room's relays when the peer
//! is stopped without time to speak.
//!
//! What the farewell says holds for everything that was signed up to it. So **a frame leaves only when the newest farewell is held**, as it
//! leaves only when the records before it are durable; and since the next run has to know what was promised, a farewell is held only
//! when those records are durable. [`Farewell::settle`] gives the proof of both, [`Held`]. While nobody takes the farewell (the keeper
//! fails, or is about to leave the one before and does not answer any more), nothing leaves. Each farewell that comes later is tried in
//! its place, so one waits at most. Records that follow it are written all the same: to remember more never hurts.

use core::{convert::Infallible, error::Error, future::Future, marker::PhantomData};

use ting_frame::RoomName;

use crate::{edge, journal::Durable};

/// Whoever outlives the peer, and leaves its farewell once it is stopped.
pub trait Keeper {
    /// Why the farewell is not held.
    type Error: Error + 'static;

    /// Holds this frame in place of the one before; `None`: holds nothing any more. Returns when that is so. A keeper that has left what
    /// it held never returns again.
    ///
    /// # Errors
    /// It holds what it held before.
    fn hold(&mut self, frame: Option<&[u8]>) -> impl Future<Output = Result<(), Self::Error>>;
}

/// Nobody outlives the peer, so no farewell is ever left.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeeper;

impl Keeper for NoKeeper {
    type Error = Infallible;

    async fn hold(&mut self, _: Option<&[u8]>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Where one frame for everybody in a room is left by HTTP POST, at the relay of this address (`ws://` or `wss://`, no path).
pub fn post_url(relay: &str, room: &RoomName) -> Option<String> {
    let (scheme, host) = relay.split_once("://")?;
    let scheme = match scheme {
        "ws" => "http",
        "wss" => "https",
        _ => return None,
    };
    Some(format!("{scheme}://{host}/room/{room}"))
}

/// The newest farewell of a peer, on its way to its keeper.
pub(crate) struct Farewell<K> {
    keeper: K,
    /// What is to be held and is not yet.
    waiting: Option<Option<Vec<u8>>>,
    /// Something was noted since the last attempt.
    has_news: bool,
}

/// Proof that every record noted so far is durable and the newest farewell is held, for as long as none is noted.
#[derive(Clone, Copy)]
pub(crate) struct Held<'a>(PhantomData<&'a ()>);

impl<K: Keeper> Farewell<K> {
    pub(crate) fn new(keeper: K) -> Self {
        Self {
            keeper,
            waiting: None,
            has_news: false,
        }
    }

    /// Takes a farewell in place of the one before, or none.
    pub(crate) fn note(&mut self, frame: Option<Vec<u8>>) {
        self.waiting = Some(frame);
        self.has_news = true;
    }

    /// Whether one was noted that is not held.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Has the newest one held; the proof that it is, if it is.
    pub(crate) async fn settle<'a>(&'a mut self, _durable: Durable<'a>) -> Option<Held<'a>> {
        self.try_to_hold().await;
        self.waiting.is_none().then_some(Held(PhantomData))
    }

    /// Has nothing held any more. As long as that fails, there is no proof.
    pub(crate) async fn withdraw(&mut self) {
        self.note(None);
        self.try_to_hold().await;
    }

    async fn try_to_hold(&mut self) {
        let Some(frame) = self.waiting.as_ref().filter(|_| self.has_news) else {
            return;
        };
        self.has_news = false;
        match self.keeper.hold(frame.as_deref()).await {
            Ok(()) => self.waiting = None,
            Err(error) => edge::farewell_not_held(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_farewell_is_left_where_the_relay_has_its_rooms() {
        let room = RoomName::from_bytes([0xab; 32]);
        let url = |relay| post_url(relay, &room);
        let name = "ab".repeat(32);
        assert_eq!(
            url("ws://relay:4040"),
            Some(format!("http://relay:4040/room/{name}"))
        );
        assert_eq!(url("wss://relay"), Some(format!("https://relay/room/{name}")));
        assert_eq!(url("file://relay"), None);
        assert_eq!(url("relay"), None);
    }
}

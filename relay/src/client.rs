//! Who a request came from, and what its socket holds of the relay's bounded numbers.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::OwnedSemaphorePermit;

use crate::addresses::Place;

/// Who a request came from.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The real one, where a trusted proxy told it.
    pub(crate) address: IpAddr,
    /// The request comes from this machine and nobody says that it was forwarded.
    pub(crate) is_local: bool,
    /// Those of its socket.
    pub(crate) places: Arc<Places>,
}

/// A socket's places among the bounded numbers of sockets, given back when its last holder is gone. A trusted proxy
/// needs none of its own: it speaks for many.
#[derive(Debug)]
pub(crate) struct Places {
    _socket: OwnedSemaphorePermit,
    _address: Option<Place>,
}

impl Places {
    /// Keeps these for as long as somebody holds them.
    pub(crate) fn of(socket: OwnedSemaphorePermit, address: Option<Place>) -> Self {
        Self {
            _socket: socket,
            _address: address,
        }
    }
}

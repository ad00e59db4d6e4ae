//! Who a request came from, and what its socket holds of the relay's bounded numbers.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::OwnedSemaphorePermit;

use crate::addresses::Place;

/// The sender of an HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// Address of the sender; behind a trusted proxy the one that the proxy told.
    pub(crate) address: IpAddr,
    /// The request comes from this machine and nobody says that it was forwarded.
    pub(crate) is_local: bool,
    /// Places that its socket holds among the relay's bounded numbers.
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

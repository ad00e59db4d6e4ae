//! The worker's side of the bridge.

mod host;
mod identity;
mod inbox;
mod locks;
mod rooms;
mod sockets;
mod storage;

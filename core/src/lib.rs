//! The Ting peer.

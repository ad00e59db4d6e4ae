//! Ed25519 keys and signatures (RFC 8032), verified by the rule of ZIP 215.
//!
//! ZIP 215 fixes the one equation `8sB = 8R + 8kA` with canonical `s`, so that checking alone and in a batch
//! ([`super::batch`]) always agree; a peer cannot craft a signature that splits the chain.
//!
//! A signature covers `len(tag) ‖ tag ‖ network id ‖ message`: it is worth nothing for another purpose or network.
//!
//! A [`PublicKey`] is a point on the curve in its canonical encoding and not of small order, however it arrived: keys
//! under which one signature fits many messages cannot be made. A key with a small-order component beside its large
//! one is allowed: under the cofactored equation it behaves as any other.

mod address;
pub(super) mod ed25519;
mod network_id;
#[cfg(test)]
mod tests;

pub use self::{
    address::{Address, AddressError},
    ed25519::{KeyError, KeyTextError, PublicKey, SecretKey, Signature, SignatureError},
    network_id::NetworkId,
};

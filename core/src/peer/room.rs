//! The room that a network belongs to.

use crate::crypto::{
    hash::{Domain, Hash},
    seal::RoomSecret,
};

/// What a genesis says of its room: bound to the secret, tells nothing about it.
pub fn room_hash(secret: &RoomSecret) -> Hash {
    Hash::of(Domain::Fingerprint, &[&secret.room_name()])
}

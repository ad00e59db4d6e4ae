//! The hash by which a genesis names its room, so that a network belongs to one room only.

use crate::crypto::{
    hash::{Domain, Hash},
    seal::RoomSecret,
};

/// What a genesis says of its room: bound to the secret, tells nothing about it.
pub fn room_hash(secret: &RoomSecret) -> Hash {
    Hash::of(Domain::Fingerprint, &[&secret.room_name()])
}

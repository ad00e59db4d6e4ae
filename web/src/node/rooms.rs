//! Which room a tab opens: the one its link names, else the one this browser was last in, else a new one.
//!
//! Tabs opened at the same moment must not make a room each: looking for the last room and making one is done under a lock.

use thiserror::Error;
use ting_core::{
    codec::text::decode_hex,
    crypto::{hash::Hash, keys::NetworkId, seal::RoomSecret},
    ledger::genesis::ClaimMode,
};
use ting_host::{Invite, InviteError};

use super::{
    host::random,
    locks::{self, Patience},
    storage::Settings,
};
use crate::bridge::new_room;

const LAST_ROOM: &str = "last-room";
const LAST_ROOM_LOCK: &str = "ting/last-room";

/// Why no room could be found or made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum OpenError {
    /// The link's fragment is not an invite.
    #[error(transparent)]
    Link(#[from] InviteError),
    /// The browser cannot make a secret.
    #[error("{0}")]
    Browser(String),
}

/// Finds the room for a link's fragment (without `#`), and by which way newcomers get in, should it be founded here.
///
/// # Errors
/// [`OpenError`] says why there is no room.
pub(crate) async fn open(
    fragment: &str,
    settings: Option<&Settings>,
) -> Result<(Invite, ClaimMode), OpenError> {
    let chosen = ClaimMode::ALL
        .into_iter()
        .find(|mode| new_room(*mode) == fragment);
    let mut invite = match (fragment, chosen) {
        ("", _) => last_or_new(settings).await.map_err(OpenError::Browser)?,
        (_, Some(mode)) => found(mode, settings).await.map_err(OpenError::Browser)?,
        (fragment, None) => Invite::from_link(fragment)?,
    };
    if invite.network.is_none() {
        invite.network = network_before(&invite, settings).await;
    }
    let mode = match chosen {
        Some(mode) => mode,
        None => chosen_before(&invite, settings).await.unwrap_or_default(),
    };
    Ok((invite, mode))
}

async fn last_or_new(settings: Option<&Settings>) -> Result<Invite, String> {
    let lock = locks::acquire(LAST_ROOM_LOCK, Patience::Forever).await;
    let invite = match last(settings).await {
        Some(invite) => Ok(invite),
        None => found(ClaimMode::default(), settings).await,
    };
    drop(lock);
    invite
}

async fn found(mode: ClaimMode, settings: Option<&Settings>) -> Result<Invite, String> {
    let invite = Invite {
        secret: RoomSecret::new(random()?),
        network: None,
        pass: None,
    };
    remember(&invite, settings).await;
    if let Some(settings) = settings {
        let _ = settings.set(&mode_setting(&invite), new_room(mode)).await;
    }
    Ok(invite)
}

/// Without storage there is no last room, and the link in the address bar is all there is: not an error.
async fn last(settings: Option<&Settings>) -> Option<Invite> {
    settings?.get(LAST_ROOM).await.ok()??.parse().ok()
}

fn mode_setting(invite: &Invite) -> String {
    format!("claims/{}", invite.storage_name())
}

/// The way in that was chosen when the room was made here: a page that is loaded again before there is a network still founds that one.
async fn chosen_before(invite: &Invite, settings: Option<&Settings>) -> Option<ClaimMode> {
    let text = settings?.get(&mode_setting(invite)).await.ok()??;
    ClaimMode::ALL.into_iter().find(|mode| new_room(*mode) == text)
}

fn network_setting(invite: &Invite) -> String {
    format!("network/{}", invite.storage_name())
}

/// The network that this browser once knew in the room, whoever was forgotten since: a room that has one is never founded anew.
async fn network_before(invite: &Invite, settings: Option<&Settings>) -> Option<NetworkId> {
    let text = settings?.get(&network_setting(invite)).await.ok()??;
    Some(NetworkId(Hash(decode_hex(&text).ok()?)))
}

/// Keeps which network the room has, beyond the identity that knows it.
pub(crate) async fn remember_network(invite: &Invite, settings: Option<&Settings>) {
    if let (Some(settings), Some(network)) = (settings, &invite.network) {
        let _ = settings.set(&network_setting(invite), &network.to_string()).await;
    }
}

/// Keeps the room for the plain address.
pub(crate) async fn remember(invite: &Invite, settings: Option<&Settings>) {
    if let Some(settings) = settings {
        let _ = settings.set(LAST_ROOM, &invite.fragment()).await;
    }
}

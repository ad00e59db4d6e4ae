//! The pages and their addresses. The room's secret is in the fragment, which no page's address touches.

use std::{convert::Infallible, fmt, str::FromStr};

use yew_router::Routable;

/// The channel that always exists.
pub const HALL: &str = "hall";
/// So many letters of base64url begin every invite; a channel's name is shorter.
const SECRET_LETTERS: usize = 43;

/// A page of the app, with its path.
#[derive(Clone, Debug, PartialEq, Routable)]
pub enum Route {
    /// The chat, open at its first channel.
    #[at("/")]
    Home,
    /// The chat, open at its first channel.
    #[at("/chat")]
    Chat,
    /// The chat, open at this channel.
    #[at("/chat/:channel")]
    Channel {
        /// Name of the channel, without `#`.
        channel: ChannelSegment,
    },
    /// Coins of the account.
    #[at("/wallet")]
    Wallet,
    /// The tree of blocks, and what waits.
    #[at("/chain")]
    Chain,
    /// The tree, with the details of one block.
    #[at("/chain/block/:hash")]
    Block {
        /// Hash of the block, in hexadecimal digits.
        hash: String,
    },
    /// The page of one transaction.
    #[at("/chain/transaction/:id")]
    Transaction {
        /// Id of the transaction, in hexadecimal digits.
        id: String,
    },
    /// Peers, stake and relay links.
    #[at("/network")]
    Network,
    /// Name, theme, notifications, relays, and what this browser keeps.
    #[at("/settings")]
    Settings,
    /// Any other path.
    #[not_found]
    #[at("/404")]
    NotFound,
}

impl Route {
    /// The page of a channel, by its name without `#`.
    pub fn channel(name: &str) -> Self {
        if name == HALL {
            Self::Chat
        } else {
            Self::Channel {
                channel: ChannelSegment(name.to_owned()),
            }
        }
    }

    /// The channel that a page shows, without `#`.
    pub fn shown_channel(&self) -> Option<&str> {
        match self {
            Self::Home | Self::Chat => Some(HALL),
            Self::Channel { channel } => Some(&channel.0),
            _ => None,
        }
    }
}

/// A channel's name as a part of an address. It has no dot there: servers take one for a file's, and browsers go up a folder by two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelSegment(String);

impl fmt::Display for ChannelSegment {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0.replace('~', "~~").replace('.', "~d"))
    }
}

impl FromStr for ChannelSegment {
    type Err = Infallible;

    /// Dots that somebody typed are dots.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let parts: Vec<String> = text.split("~~").map(|part| part.replace("~d", ".")).collect();
        Ok(Self(parts.join("~")))
    }
}

/// Path and fragment that were meant by an address whose `#` became `%23` on its way, or whose path got lost before a room.
pub fn mended(path: &str, fragment: &str) -> (String, String) {
    let is_nowhere = |path: &str| matches!(Route::recognize(path), None | Some(Route::NotFound));
    let (path, fragment) = match path.split_once("%23") {
        Some((before, behind)) if begins_with_a_secret(behind) || is_nowhere(path) => (before, behind),
        _ => (path, fragment),
    };
    let path = if is_nowhere(path) && !fragment.is_empty() {
        Route::Chat.to_path()
    } else {
        path.to_owned()
    };
    (path, fragment.to_owned())
}

/// The page that an address of this site leads to, if that is in the room of this fragment: the address may name the room's network or not.
pub fn within_room(path: &str, fragment: &str, room: &str) -> Option<Route> {
    let (path, fragment) = mended(path, fragment);
    let secret = room.split_once('.').map_or(room, |(secret, _)| secret);
    let is_this = !secret.is_empty() && (fragment == room || fragment == secret);
    is_this.then(|| Route::recognize(&path).unwrap_or(Route::Chat))
}

/// Whether this fragment is an invite to the room of that one which carries a pass, by which a grant can be drawn.
pub fn carries_pass(fragment: &str, room: &str) -> bool {
    let behind = fragment.strip_prefix(room).filter(|_| !room.is_empty());
    behind.is_some_and(|behind| behind.starts_with('.') && behind.len() > 1)
}

fn begins_with_a_secret(text: &str) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.bytes().take_while(is_letter).count() >= SECRET_LETTERS
}

/// An entry of the navigation, with a page behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Chat,
    Wallet,
    Chain,
    Network,
    Settings,
}

/// The page of the channel that was open last.
#[derive(Clone, Debug, PartialEq)]
pub struct LastChat(pub Route);

impl Default for LastChat {
    fn default() -> Self {
        Self(Route::Chat)
    }
}

impl Section {
    /// In the order of the navigation.
    pub const ALL: [Self; 5] = [
        Self::Chat,
        Self::Wallet,
        Self::Chain,
        Self::Network,
        Self::Settings,
    ];

    /// Name that the navigation shows.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Chat => "Chat",
            Self::Wallet => "Wallet",
            Self::Chain => "Chain",
            Self::Network => "Network",
            Self::Settings => "Settings",
        }
    }

    /// Where it leads: to the channel that one came from, for one.
    pub fn route(self, last_chat: &LastChat) -> Route {
        match self {
            Self::Chat => last_chat.0.clone(),
            Self::Wallet => Route::Wallet,
            Self::Chain => Route::Chain,
            Self::Network => Route::Network,
            Self::Settings => Route::Settings,
        }
    }

    /// The entry that a page belongs to.
    pub const fn of(route: &Route) -> Option<Self> {
        match route {
            Route::Home | Route::Chat | Route::Channel { .. } => Some(Self::Chat),
            Route::Wallet => Some(Self::Wallet),
            Route::Chain | Route::Block { .. } | Route::Transaction { .. } => Some(Self::Chain),
            Route::Network => Some(Self::Network),
            Route::Settings => Some(Self::Settings),
            Route::NotFound => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

    #[test]
    fn every_name_of_a_channel_comes_back_from_its_address_which_has_no_dot() {
        for name in [
            "v1.2", ".", "..", "...", "~", "~d", "~~.", "a/b", "a%23b", "100%", "grüße", "a b?c#d",
        ] {
            let path = Route::channel(name).to_path();
            assert!(!path.contains('.'), "{path}");
            let back = Route::recognize(&path);
            assert_eq!(back.as_ref().and_then(Route::shown_channel), Some(name), "{path}");
        }
        assert_eq!(Route::channel(HALL).to_path(), "/chat");
    }

    #[test]
    fn a_dot_that_somebody_typed_into_the_address_is_a_dot() {
        let typed = Route::recognize("/chat/v1.2");
        assert_eq!(typed.as_ref().and_then(Route::shown_channel), Some("v1.2"));
    }

    #[test]
    fn an_invite_of_this_room_leads_to_a_page_of_it() {
        let room = format!("{SECRET}.{}", "0a".repeat(32));
        for (path, fragment, page) in [
            ("/chat", room.as_str(), Some(Route::Chat)),
            ("/chat", SECRET, Some(Route::Chat)),
            ("/wallet", SECRET, Some(Route::Wallet)),
            (&format!("/chat%23{room}"), "", Some(Route::Chat)),
            ("/chat", "", None),
            ("/chat", &format!("{SECRET}.{}", "0b".repeat(32)), None),
            ("/chat", &SECRET.replace('B', "C"), None),
        ] {
            assert_eq!(within_room(path, fragment, &room), page, "{path}#{fragment}");
        }
        assert_eq!(within_room("/chat", "", ""), None);
    }

    #[test]
    fn an_invite_with_a_pass_is_no_page_of_this_room_but_opened_anew() {
        let room = format!("{SECRET}.{}", "0a".repeat(32));
        let with_pass = format!("{room}.{SECRET}");
        assert!(carries_pass(&with_pass, &room));
        assert_eq!(within_room("/chat", &with_pass, &room), None);
        for other in [room.as_str(), SECRET, "", &format!("{room}.")] {
            assert!(!carries_pass(other, &room), "{other}");
        }
        assert!(!carries_pass(&with_pass, ""));
    }

    #[test]
    fn an_address_with_a_written_out_number_sign_or_a_lost_path_is_mended() {
        let meant = ("/chat".to_owned(), SECRET.to_owned());
        assert_eq!(mended(&format!("/chat%23{SECRET}"), ""), meant);
        assert_eq!(mended(&format!("/cha%23{SECRET}"), ""), meant);
        assert_eq!(mended("/cha", SECRET), meant);
        assert_eq!(mended("/chat", SECRET), meant);
        assert_eq!(mended(&format!("/%23{SECRET}"), "").1, SECRET);
        assert_eq!(
            mended(&format!("/chat/v1%23{SECRET}"), ""),
            ("/chat/v1".into(), SECRET.into())
        );
        // Cut behind the number sign: what is left is no secret, and is told to be none.
        assert_eq!(mended("/chat%23BwcH", ""), ("/chat".into(), "BwcH".into()));
    }

    #[test]
    fn an_address_that_is_whole_is_left_alone() {
        for (path, fragment) in [
            ("/", ""),
            ("/wallet", SECRET),
            ("/chat/a%23b", ""),
            ("/nowhere", ""),
        ] {
            assert_eq!(mended(path, fragment), (path.to_owned(), fragment.to_owned()));
        }
    }
}

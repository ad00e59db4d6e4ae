//! Icons: one stroke each, drawn on a grid of 24.

use yew::prelude::*;

use crate::route::Section;

/// What an icon stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// The app itself: the assembly under its roof.
    Ting,
    /// The chat page.
    Chat,
    /// The wallet page.
    Wallet,
    /// The chain page, and blocks.
    Chain,
    /// The network page.
    Network,
    /// The settings page.
    Settings,
    /// Letting somebody in.
    Invite,
    /// The people who are here.
    People,
    /// Closing what shows.
    Close,
    /// Copying into the clipboard.
    Copy,
    /// Sending what was written.
    Send,
    /// Answering a message.
    Reply,
    /// Paying somebody.
    Pay,
    /// More that can be done.
    More,
    /// One more; or a drawing made larger.
    Plus,
    /// A drawing made smaller.
    Minus,
    /// Going to the end of a list.
    Down,
    /// Going back to where one came from.
    Back,
    /// From one party to another, as a payment goes.
    Forth,
    /// A channel.
    Hash,
    /// A list in place of a drawing.
    List,
    /// Searching.
    Search,
    /// Pausing what moves.
    Pause,
    /// Letting it move again.
    Play,
    /// Something that a person should look at.
    Warning,
    /// Something that is done.
    Check,
    /// Backup words on a sheet.
    Words,
}

/// What [`Icon`] shows.
#[derive(PartialEq, Properties)]
pub struct IconProps {
    /// Meaning of the icon, which chooses its picture.
    pub symbol: Symbol,
}

/// A decorative icon; the word beside it says what it means.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={props.symbol.path()} /></svg>
    }
}

impl Symbol {
    /// The icon by which the navigation shows a page.
    pub const fn of(section: Section) -> Self {
        match section {
            Section::Chat => Self::Chat,
            Section::Wallet => Self::Wallet,
            Section::Chain => Self::Chain,
            Section::Network => Self::Network,
            Section::Settings => Self::Settings,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Ting => "M4 17c4-9 12-9 16 0M7 17c2.6-5 7.400-5 10 0M12 4v3M4 20h16",
            Self::Chat => "M4 5h16v11h-9l-5 4v-4H4z",
            Self::Wallet => {
                "M4 7h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zm0 0a2 2 0 0 1 2-2h11M15.500 13h1"
            }
            Self::Chain => "M4 12h3m4 0h3m-7-2h4v4H7zm7 0h4v4h-4zm4 2h3M9 14v4h7M16 16h4v4h-4z",
            Self::Network => {
                "M12 5a2 2 0 1 0 0 .01M5 18a2 2 0 1 0 0 .01M19 18a2 2 0 1 0 0 .01M11 7l-5 9m7-9l5 9M8 18h8"
            }
            Self::Settings => "M4 7h9m4 0h3M4 17h3m4 0h9M15 5v4M9 15v4",
            Self::Invite => {
                "M10 8a3.500 3.500 0 1 1-.010 0M3.500 20c.6-4 3-6 6.500-6 1.500 0 2.800.4 3.800 1.100M18 14v6m-3-3h6"
            }
            Self::People => {
                "M9 10a3 3 0 1 0-.010 0M3.500 19c.4-3.400 2.400-5 5.500-5s5.100 1.600 5.500 5M16 5.300a3 3 0 0 1 0 5.500M17.500 14.300c1.900.7 2.800 2.300 3 4.700"
            }
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Copy => "M9 9h10v11H9zM5 15V4h10",
            Self::Send => "M12 19V5m-6 6l6-6 6 6",
            Self::Reply => "M10 6l-6 6 6 6M4 12h9c4 0 6 2 7 6",
            Self::Pay => {
                "M12 4a8 8 0 1 0 .01 0M12 8v8m2.500-6.500c-.6-.7-1.500-1-2.500-1-1.500 0-2.500.7-2.500 1.800 0 2.600 5 1 5 3.600 0 1.100-1 1.700-2.500 1.700-1.200 0-2.100-.4-2.600-1.100"
            }
            Self::More => "M5.500 12h.01M12 12h.01M18.500 12h.01",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Minus => "M5 12h14",
            Self::Down => "M12 5v14m-6-6l6 6 6-6",
            Self::Back => "M19 12H5m6-6l-6 6 6 6",
            Self::Forth => "M5 12h14m-6-6l6 6-6 6",
            Self::Hash => "M9 4L7 20M17 4l-2 16M4 9h16M4 15h16",
            Self::List => "M4 7h16M4 12h16M4 17h10",
            Self::Search => "M10.500 4a6.500 6.500 0 1 0 .01 0M15.500 15.500L20 20",
            Self::Pause => "M9 5v14M15 5v14",
            Self::Play => "M7 5l12 7-12 7z",
            Self::Warning => "M12 4l9 16H3zM12 10v4M12 17h.01",
            Self::Check => "M5 12.500l4.500 4.500L19 7",
            Self::Words => "M5 4h11l3 3v13H5zM8 10h8M8 14h8M8 18h5",
        }
    }
}

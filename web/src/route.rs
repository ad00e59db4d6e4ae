//! The pages and their addresses. The room's secret is in the fragment, which no address here touches.

use yew_router::Routable;

/// A page.
#[derive(Clone, Debug, PartialEq, Routable)]
pub enum Route {
    /// The first channel.
    #[at("/")]
    Home,
    /// The first channel.
    #[at("/chat")]
    Chat,
    /// A channel.
    #[at("/chat/:channel")]
    Channel {
        /// Its name without `#`.
        channel: String,
    },
    /// The wallet.
    #[at("/wallet")]
    Wallet,
    /// The tree of blocks.
    #[at("/chain")]
    Chain,
    /// A block.
    #[at("/chain/block/:hash")]
    Block {
        /// Its hash.
        hash: String,
    },
    /// A transaction.
    #[at("/chain/transaction/:id")]
    Transaction {
        /// Its hash.
        id: String,
    },
    /// Peers and links.
    #[at("/network")]
    Network,
    /// Settings.
    #[at("/settings")]
    Settings,
    /// No page of ours.
    #[not_found]
    #[at("/404")]
    NotFound,
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Chat.
    Chat,
    /// Wallet.
    Wallet,
    /// Chain.
    Chain,
    /// Network.
    Network,
    /// Settings.
    Settings,
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

    /// What the entry is called.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Chat => "Chat",
            Self::Wallet => "Wallet",
            Self::Chain => "Chain",
            Self::Network => "Network",
            Self::Settings => "Settings",
        }
    }

    /// Where it leads.
    pub const fn route(self) -> Route {
        match self {
            Self::Chat => Route::Chat,
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

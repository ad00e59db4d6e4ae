//! The four ways into a room, in words: when a room is made, when somebody invites, and when somebody waits at the door.

use ting_core::{
    ledger::genesis::ClaimMode,
    peer::view::{PassView, PulseView, WalletView},
};
use yew::prelude::*;

use crate::{
    parts::{
        icon::{Icon, Symbol},
        key::Copied,
    },
    store::use_slice,
};

/// What a way in is called, when a room is made.
pub const fn title(mode: ClaimMode) -> &'static str {
    match mode {
        ClaimMode::Link => "By link",
        ClaimMode::Invite => "By invitation",
        ClaimMode::Open => "Open to all",
        ClaimMode::None => "Without grants",
    }
}

/// What it means for who makes the room.
pub const fn meaning(mode: ClaimMode) -> &'static str {
    match mode {
        ClaimMode::Link => {
            "Who has the link gets a welcome grant and takes part in everything. For people who trust each other."
        }
        ClaimMode::Invite => {
            "Who has the link can read. A welcome grant takes a pass as well, which members make for a number of people and a time."
        }
        ClaimMode::Open => {
            "A public lobby. Everybody gets a welcome grant and helps to make blocks; what is final is for you alone to decide, so keep this browser around."
        }
        ClaimMode::None => {
            "Who has the link can read, and writes once somebody has sent coins. All coins are yours to begin with."
        }
    }
}

/// What others can do by the link, for who hands it out.
pub const fn promise(mode: ClaimMode) -> &'static str {
    match mode {
        ClaimMode::Link => "Who has this link can read the room, write, and claim a welcome grant.",
        ClaimMode::Invite => {
            "Who has this link can read the room. To write they need a welcome grant, and for that a link with a pass."
        }
        ClaimMode::Open => {
            "Who has this link can read the room, write, and claim a welcome grant. This room is open to all: stake that was granted makes blocks and does not vote."
        }
        ClaimMode::None => {
            "Who has this link can read the room. There are no welcome grants here: to write, newcomers have to be sent coins. Their page shows them the address to give to you."
        }
    }
}

/// What somebody without coins has to do here; none where the grant comes by itself.
fn needed(wallet: &WalletView) -> Option<&'static str> {
    let is_outside = wallet.available_micro == 0 && wallet.bonded_micro == 0 && wallet.grant.is_none();
    if !is_outside {
        return None;
    }
    match (wallet.claim_mode, wallet.pass) {
        (ClaimMode::Link | ClaimMode::Open, _) | (ClaimMode::Invite, PassView::Held) => None,
        (ClaimMode::Invite, PassView::Void) => Some(
            "Your pass leads in no more: it is used up, or its time is over. Ask somebody here for another link with a pass.",
        ),
        (ClaimMode::Invite, PassView::None) => Some(
            "You can read this room. To write, ask somebody here for a link with a pass, and open it in this tab.",
        ),
        (ClaimMode::None, _) => Some(
            "You can read this room. To write you need coins, and nobody gets any for coming: ask somebody here to send some to your address.",
        ),
    }
}

/// Says what keeps somebody from writing who has no coins and will get none by itself.
#[component]
pub fn WayInCard() -> Html {
    let wallet = use_slice::<WalletView>();
    let knows_network = use_slice::<PulseView>().is_some_and(|pulse| pulse.network.is_some());
    let Some((wallet, needed)) = wallet
        .filter(|_| knows_network)
        .and_then(|wallet| needed(&wallet).map(|needed| (wallet, needed)))
    else {
        return Html::default();
    };
    html! {
        <div class="card way-in">
            <Icon symbol={Symbol::Invite} />
            <p>{needed}
                if wallet.claim_mode == ClaimMode::None {
                    {" "}<Copied what="address" whole={wallet.account.to_string()} short={wallet.account.short()} />
                }
            </p>
        </div>
    }
}

//! Cards above the talk: the first visit, a room that takes more than its link, a browser that keeps nothing, another device that signs, and the reminder to write down the backup words once there
//! is something to lose.

use ting_core::{
    ledger::genesis::ClaimMode,
    peer::{
        command::Command,
        view::{Delivery, HistoryKind, PulseView, SigningDevice, WalletView},
    },
};
use web_sys::HtmlInputElement;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    amount::tng,
    bridge::{StorageKind, StorageStatus},
    browser,
    client::use_client,
    pages::wallet::kept::Kept,
    parts::{
        icon::{Icon, Symbol},
        identicon::Identicon,
        said::Said,
        signing::{SigningDeviceLine, use_signing_device},
    },
    route::Route,
    store::{Session, Words, use_slice},
    ways::WayInCard,
};

/// Where it is remembered that the first card was put away in this tab.
const WELCOMED_KEY: &str = "ting.welcomed";
/// Where it is remembered that the warning was put away in this tab.
const NOTHING_KEPT_KEY: &str = "ting.nothing-kept";
/// Where it is remembered that the question which device signs was put away in this tab.
const OTHER_DEVICE_KEY: &str = "ting.other-device";

/// The cards above the messages, as far as they apply now.
#[component]
pub fn Cards() -> Html {
    html! { <><WelcomeCard /><WayInCard /><NothingKeptCard /><OtherDeviceCard /><BackupCard /></> }
}

/// Whether a card was put away in this tab, and what puts it away.
#[hook]
fn use_put_away(key: &'static str) -> (bool, Callback<MouseEvent>) {
    let is_away = use_state_eq(|| browser::recall(browser::of_this_tab(), key).is_some());
    let put_away = {
        let is_away = is_away.setter();
        Callback::from(move |_: MouseEvent| {
            browser::remember(browser::of_this_tab(), key, Some("yes"));
            is_away.set(true);
        })
    };
    (*is_away, put_away)
}

#[component]
fn WelcomeCard() -> Html {
    let session = use_slice::<Session>();
    let wallet = use_slice::<WalletView>();
    let client = use_client();
    let is_alone = use_slice::<PulseView>().is_some_and(|pulse| pulse.peers == 0);
    let (is_away, put_away) = use_put_away(WELCOMED_KEY);
    // A new name, while it is typed.
    let typed = use_state_eq(|| None::<String>);
    let is_new = session
        .as_deref()
        .and_then(Session::started)
        .is_some_and(|started| started.new_identity);
    let Some(wallet) = wallet.filter(|_| is_new && !is_away) else {
        return Html::default();
    };
    let rename = {
        let (typed, name) = (typed.setter(), wallet.name.clone());
        Callback::from(move |_: MouseEvent| typed.set(Some(name.clone())))
    };
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| {
            typed.set(Some(event.target_unchecked_into::<HtmlInputElement>().value()))
        })
    };
    let onsubmit = {
        let typed = typed.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(name) = &*typed {
                let name = name.trim().to_owned();
                client.submit(Command::SetName { name });
            }
            typed.set(None);
        })
    };
    let coins = match wallet.grant {
        Some(Delivery::Sent) => format!("{} are on their way.", tng(wallet.grant_micro)),
        Some(Delivery::InBlock(_) | Delivery::Final(_)) if wallet.claim_mode == ClaimMode::Open => format!(
            "{} have arrived. This room is open to all: your stake makes blocks and does not vote.",
            tng(wallet.grant_micro)
        ),
        Some(Delivery::InBlock(_) | Delivery::Final(_)) => {
            format!("{} have arrived.", tng(wallet.grant_micro))
        }
        Some(Delivery::Expired) => "The welcome grant is being asked for again.".into(),
        None if is_alone => "The room is yours: invite somebody.".into(),
        None => String::new(),
    };
    html! {
        <div class="card welcome">
            <Identicon account={wallet.account} class="large" />
            if let Some(name) = &*typed {
                <form class="field-row" {onsubmit}>
                    <input class="field" aria-label="Name" maxlength="32" required=true pattern=r".*\S.*" title="At least one letter" autofocus=true value={name.clone()} {oninput} />
                    <button class="button primary">{"Save name"}</button>
                </form>
            } else {
                <p>{"You are "}<strong><Said text={wallet.name.clone()} /></strong>{". "}<button class="text-button" onclick={rename}>{"Change name"}</button>
                    {". "}{coins}</p>
            }
            <button class="icon-button" aria-label="Put away" onclick={put_away}><Icon symbol={Symbol::Close} /></button>
        </div>
    }
}

/// Warns where neither keys nor coins outlive the page: private windows, and pages over plain HTTP, which get no locks.
#[component]
fn NothingKeptCard() -> Html {
    let storage = use_slice::<StorageStatus>();
    let (is_away, put_away) = use_put_away(NOTHING_KEPT_KEY);
    if is_away || storage.is_none_or(|storage| storage.kind != StorageKind::Memory) {
        return Html::default();
    }
    let remedy = if browser::is_trusted_page() {
        "Outside of a private window, and with free space, it would remember you."
    } else {
        "If the relay spoke HTTPS, it would remember you."
    };
    html! {
        <div class="card backup-card">
            <Icon symbol={Symbol::Warning} />
            <p>{"This browser keeps nothing of this page: once it is closed or loaded again, you are somebody new, without these coins. "}{remedy}</p>
            <button class="icon-button" aria-label="Understood" onclick={put_away}><Icon symbol={Symbol::Close} /></button>
        </div>
    }
}

/// Asks whether this device shall sign, where another one of the account does.
#[component]
fn OtherDeviceCard() -> Html {
    let device = use_signing_device();
    let (is_away, put_away) = use_put_away(OTHER_DEVICE_KEY);
    if is_away || device != SigningDevice::Elsewhere {
        return Html::default();
    }
    html! {
        <div class="card backup-card">
            <Icon symbol={Symbol::Words} />
            <SigningDeviceLine />
            <button class="icon-button" aria-label="Later" onclick={put_away}><Icon symbol={Symbol::Close} /></button>
        </div>
    }
}

/// Asks for a backup after the first coins from somebody else, of each account once.
#[component]
pub fn BackupCard() -> Html {
    let wallet = use_slice::<WalletView>();
    // While the words show, and once they were put away again, what is known of them may be another.
    let words = use_slice::<Words>();
    let redraw = use_force_update();
    let navigator = use_navigator();
    let Some(wallet) = wallet.filter(|_| words.is_none()) else {
        return Html::default();
    };
    let has_received = wallet.history.iter().any(|entry| {
        matches!(entry.kind, HistoryKind::Received { .. }) && entry.delivery != Delivery::Expired
    });
    let account = wallet.account;
    if !has_received || Kept::of(&account) != Kept::Unknown {
        return Html::default();
    }
    let put_away = Callback::from(move |_: MouseEvent| {
        Kept::Later.remember(&account);
        redraw.force_update();
    });
    let lead_there = Callback::from(move |_: MouseEvent| {
        if let Some(navigator) = &navigator {
            navigator.push(&Route::Wallet);
        }
        browser::focus_once_there(".backup button".into());
    });
    html! {
        <div class="card backup-card">
            <Icon symbol={Symbol::Words} />
            <p>{"Somebody paid you. Your coins live in this browser only: "}
                <button class="text-button" onclick={lead_there}>{"write down your backup words"}</button>{"."}</p>
            <button class="icon-button" aria-label="Later" onclick={put_away}><Icon symbol={Symbol::Close} /></button>
        </div>
    }
}

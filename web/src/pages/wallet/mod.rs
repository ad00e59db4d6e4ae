//! The wallet: what is there, sending and receiving it, what happened, staking, and the backup.

mod backup;
mod confirmed;
mod history;
pub mod kept;
pub mod means;
mod payee;
mod receive;
mod restore;
mod send;
mod stake;

use ting_core::peer::view::WalletView;
use yew::prelude::*;

use self::{
    backup::Backup, history::History, means::use_wallet, receive::Receive, send::SendForm, stake::Stake,
};
pub use self::{
    send::{PayDialog, PayRequest, PaymentDraft},
    stake::share,
};
use crate::{
    amount::{coins, tng},
    bridge::Watch,
    client::use_watch,
    pages::chat::BackupCard,
    parts::{empty::Skeleton, key::Account, tabs::Tabs},
    store::use_slice,
};

/// The wallet page.
#[component]
pub fn WalletPage() -> Html {
    // The wallet itself comes whatever is watched; the network gives the names of the people to pay.
    use_watch(Watch::Network);
    let open = use_state_eq(|| 0_usize);
    let known = use_wallet();
    let Some(wallet) = use_slice::<WalletView>() else {
        return html! { <div class="wallet column"><h1 class="page-title">{"Wallet"}</h1><Skeleton rows={5} /></div> };
    };
    let on_open = {
        let open = open.setter();
        Callback::from(move |place| open.set(place))
    };
    html! {
        <div class="wallet column" data-available={wallet.available_micro.to_string()} data-bonded={wallet.bonded_micro.to_string()}
            data-account={wallet.account.to_string()} data-going-out={wallet.pending_out_micro.to_string()}>
            <h1 class="page-title">{"Wallet"}</h1>
            <BackupCard />
            <Balance wallet={(*wallet).clone()} unknown={known.as_ref().err().cloned()} />
            <Tabs label="Wallet" titles={vec!["Send", "Receive", "History", "Stake"]} open={*open} {on_open} />
            <section id="panel" class="panel-of-tabs" role="tabpanel">
                {match *open {
                    0 => html! { <SendForm on_sent={Callback::noop()} /> },
                    1 => html! { <Receive account={wallet.account} /> },
                    2 => html! { <History entries={wallet.history.clone()} /> },
                    _ => match known {
                        Ok(wallet) => html! { <Stake {wallet} /> },
                        Err(reason) => html! { <p class="quiet">{reason}</p> },
                    },
                }}
            </section>
            <Backup />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct BalanceProps {
    wallet: WalletView,
    /// Why the figures are not known yet.
    unknown: Option<String>,
}

/// One large figure; the rest below it.
#[component]
fn Balance(props: &BalanceProps) -> Html {
    let wallet = &props.wallet;
    let unbonding: u64 = wallet
        .unbonding
        .iter()
        .map(|entry| entry.amount_micro)
        .fold(0, u64::saturating_add);
    let figure = |label: &str, value: String, class: &'static str| {
        html! { <div {class}><dt>{label}</dt><dd class="amount">{value}</dd></div> }
    };
    let spendable = wallet.available_micro;
    let (whole, decimals) = {
        let text = coins(spendable);
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        (whole.to_owned(), decimals.to_owned())
    };
    if let Some(reason) = &props.unknown {
        return html! {
            <section class="balance" aria-label="Balance">
                <p class="balance-label">{"Available"}</p>
                <p class="balance-figure waiting">{"…"}</p>
                <p role="status">{reason.clone()}</p>
                <p class="balance-account"><Account account={wallet.account} /></p>
            </section>
        };
    }
    html! {
        <section class="balance" aria-label="Balance">
            <p class="balance-label">{"Available"}</p>
            <p class="balance-figure amount">{whole}<span class="decimals">{format!(".{decimals}")}</span><span class="unit">{" TNG"}</span></p>
            <dl class="balance-parts">
                {figure("Bonded", tng(wallet.bonded_micro), "")}
                {figure("Unbonding", tng(unbonding), if unbonding == 0 { "none" } else { "" })}
                {figure("Coming in", tng(wallet.pending_in_micro), if wallet.pending_in_micro == 0 { "none" } else { "waiting" })}
                {figure("Going out", tng(wallet.pending_out_micro), if wallet.pending_out_micro == 0 { "none" } else { "waiting" })}
            </dl>
            <p class="balance-account"><Account account={wallet.account} /></p>
        </section>
    }
}

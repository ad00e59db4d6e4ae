//! The wallet: what is there, sending and receiving it, what happened, staking, and the backup.

mod backup;
mod bonding;
mod confirm;
mod fields;
mod history;
pub mod kept;
pub mod means;
mod offered;
mod payee;
mod payment;
mod receive;
mod restore;
mod send;
mod stake;
mod summary;

use ting_core::peer::view::WalletView;
use yew::prelude::*;

use self::{
    backup::Backup, history::History, means::use_wallet, receive::Receive, send::SendForm, stake::Stake,
};
pub use self::{payment::PaymentDraft, send::PayDialog};
use crate::{
    amount::{coins, tng},
    bridge::Watch,
    client::use_watch,
    pages::chat::BackupCard,
    parts::{empty::Skeleton, key::Account, tabs::Tabs},
    store::use_slice,
};

/// The wallet page: the balance, and tabs for paying, receiving, the history and the stake.
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
            <BackupCard />
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

/// One large figure; the rest below it. It keeps its height while the figures are unknown: what stands below would move under a finger.
#[component]
fn Balance(props: &BalanceProps) -> Html {
    let wallet = &props.wallet;
    let is_known = props.unknown.is_none();
    let unbonding = wallet.unbonding.iter().map(|entry| entry.amount_micro);
    let unbonding_micro = unbonding.fold(0, u64::saturating_add);
    let figure = |label: &str, micro: u64, class: &'static str| {
        let class = if is_known && micro > 0 { class } else { "none" };
        let value = if is_known { tng(micro) } else { "…".into() };
        html! { <div {class}><dt>{label}</dt><dd class="amount">{value}</dd></div> }
    };
    let text = coins(wallet.available_micro);
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    html! {
        <section class="balance" aria-label="Balance">
            <p class="balance-label">{"Available"}<span role="status">{props.unknown.as_ref().map(|reason| format!(". {reason}"))}</span></p>
            <p class="balance-figure amount">
                if is_known { {whole.to_owned()}<span class="decimals">{format!(".{decimals}")}</span><span class="unit">{" TNG"}</span> }
                else { {"…"} }
            </p>
            <dl class="balance-parts">
                {figure("Bonded", wallet.bonded_micro, "")}
                {figure("Unbonding", unbonding_micro, "")}
                {figure("Coming in", wallet.pending_in_micro, "waiting")}
                {figure("Going out", wallet.pending_out_micro, "waiting")}
            </dl>
            <p class="balance-account"><Account account={wallet.account} /></p>
        </section>
    }
}

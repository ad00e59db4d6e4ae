//! The stake: what it does, and moving coins in and out of it.

use ting_core::{
    ledger::genesis::ClaimMode,
    peer::view::{PulseView, UnbondingView, WalletView},
};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{
    bonding::{Bonding, Way, summary},
    means::Means,
};
use crate::{
    amount::{plain, share, thousands, tng},
    store::use_slice,
    when,
};

/// What [`Stake`] shows.
#[derive(PartialEq, Properties)]
pub struct StakeProps {
    /// The wallet whose bond it shows.
    pub wallet: WalletView,
}

/// The account's stake: what is bonded, and forms to bond and unbond.
#[component]
pub fn Stake(props: &StakeProps) -> Html {
    let typed = use_state_eq(String::new);
    let asked = use_state_eq(|| None::<(Way, u64)>);
    let slot_ms = use_slice::<PulseView>().map_or(1_000, |pulse| pulse.slot_ms);
    let wallet = &props.wallet;
    if wallet.claim_mode == ClaimMode::Open {
        return html! {
            <div class="stake">
                {figures(wallet)}
                <p>{"This room is open to all. Stake comes with the welcome grant: it lets this tab make blocks and does not vote, and nobody bonds more. What is final is decided by the stake of who made the room."}</p>
            </div>
        };
    }
    let means = Means::of(wallet);
    let bonding = Bonding::of(&typed, wallet);
    let delay = when::span(wallet.unbonding_slots.saturating_mul(slot_ms));
    let (is_wrong, words) = bonding.words(&delay);
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let all = {
        let (typed, most_micro) = (typed.setter(), bonding.bondable_micro);
        Callback::from(move |_: MouseEvent| typed.set(plain(most_micro)))
    };
    let ask = |way: Way| {
        let (asked, amount_micro) = (asked.setter(), bonding.amount_micro());
        Callback::from(move |_: MouseEvent| asked.set(amount_micro.map(|micro| (way, micro))))
    };
    let finish = {
        let (asked, typed) = (asked.setter(), typed.setter());
        Callback::from(move |is_signed: bool| {
            asked.set(None);
            if is_signed {
                typed.set(String::new());
            }
        })
    };
    html! {
        <div class="stake">
            {figures(wallet)}
            <p>{"Bonded coins let this tab make blocks and vote. A larger share makes more blocks and earns more fees; nothing is lost by being away."}</p>
            <label class="label" for="stake-amount">{"Amount"}</label>
            <div class="field-row">
                <input id="stake-amount" class="field amount" aria-label="Stake amount" inputmode="decimal" autocomplete="off" placeholder="0.00"
                    aria-invalid={is_wrong.to_string()} value={(*typed).clone()} {oninput} />
                <span class="unit">{"TNG"}</span>
                <button type="button" class="button" onclick={all}>{"All"}</button>
                <button class="button primary" disabled={!bonding.can(Way::In)} onclick={ask(Way::In)}>{"Bond"}</button>
                <button class="button" disabled={!bonding.can(Way::Out)} onclick={ask(Way::Out)}>{"Unbond"}</button>
            </div>
            <div class="field-note" aria-live="polite">
                <span class={if is_wrong { "wrong" } else { "quiet" }}>{words}</span>
            </div>
            {unbonding(&wallet.unbonding, slot_ms)}
            if let Some((way, amount_micro)) = *asked {
                {summary(way, amount_micro, &means, &delay, finish)}
            }
        </div>
    }
}

fn figures(wallet: &WalletView) -> Html {
    html! {
        <dl class="figures">
            <div><dt>{"Your share of the stake"}</dt><dd>{share(wallet.stake_share_ppm)}</dd></div>
            <div><dt>{"Blocks made"}</dt><dd>{thousands(wallet.blocks_made)}</dd>{since(wallet.known_after_height)}</div>
            <div><dt>{"Fees earned"}</dt><dd class="amount">{tng(wallet.earned_micro)}</dd></div>
            <div><dt>{"Bonded"}</dt><dd class="amount">{tng(wallet.bonded_micro)}</dd>
                <dd class="quiet">{format!("{} of it for good", tng(wallet.granted_bond_micro))}</dd></div>
        </dl>
    }
}

/// From when on a figure counts, where earlier blocks are not known here.
fn since(after_height: u64) -> Html {
    if after_height == 0 {
        return Html::default();
    }
    html! { <dd class="quiet">{format!("since block {}", thousands(after_height))}</dd> }
}

/// Coins that left the bond and are not available yet.
fn unbonding(entries: &[UnbondingView], slot_ms: u64) -> Html {
    if entries.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3>{"On their way out"}</h3>
            <ul class="unbonding">
                {entries.iter().enumerate().map(|(place, entry)| html! {
                    <li key={place}><span class="amount">{tng(entry.amount_micro)}</span>
                        <span class="quiet">{format!("in about {}", when::span(entry.remaining_slots.saturating_mul(slot_ms)))}</span></li>
                }).collect::<Html>()}
            </ul>
        </>
    }
}

//! The stake: what it does, and moving coins in and out of it.

use ting_core::peer::{
    command::Command,
    view::{PulseView, WalletView},
};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{confirmed::confirmed, means::Means};
use crate::{
    amount::{self, AmountError, plain, thousands, tng},
    client::use_signing,
    parts::dialog::Dialog,
    store::{use_dispatch, use_slice},
    when,
};

/// What [`Stake`] shows.
#[derive(PartialEq, Properties)]
pub struct StakeProps {
    /// The wallet.
    pub wallet: WalletView,
}

/// Which way coins are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Into the bond.
    In,
    /// Out of it.
    Out,
}

/// The stake.
#[component]
pub fn Stake(props: &StakeProps) -> Html {
    let typed = use_state_eq(String::new);
    let asked = use_state_eq(|| None::<(Way, u64)>);
    let slot_ms = use_slice::<PulseView>().map_or(1_000, |pulse| pulse.slot_ms);
    let wallet = &props.wallet;
    let amount = amount::parse(&typed).and_then(|micro| {
        if micro == 0 {
            Err(AmountError::Empty)
        } else {
            Ok(micro)
        }
    });
    let means = Means::of(wallet);
    let free_bond = wallet.bonded_micro.saturating_sub(wallet.granted_bond_micro);
    let bondable = means.most_bondable_micro();
    let fits = |most: u64| amount.is_ok_and(|micro| micro <= most);
    let (can_bond, can_unbond) = (fits(bondable), fits(free_bond));
    let delay = when::span(wallet.unbonding_slots.saturating_mul(slot_ms));
    // A button that is off has its reason beside it.
    let (is_wrong, words) = match &amount {
        Err(error) if *error != AmountError::Empty => (true, error.to_string()),
        Ok(_) if !(can_bond && can_unbond) => (
            !can_bond && !can_unbond,
            format!(
                "At most {} can be bonded and {} unbonded: {} stay free for fees.",
                tng(bondable),
                tng(free_bond),
                tng(means.kept_free_micro())
            ),
        ),
        _ => (
            false,
            format!(
                "Unbonded coins are available again after {delay} of blocks. Until then they can neither be spent nor make blocks."
            ),
        ),
    };
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let all = {
        let typed = typed.setter();
        Callback::from(move |_: MouseEvent| typed.set(plain(bondable)))
    };
    let ask = |way: Way| {
        let asked = asked.setter();
        Callback::from(move |_: MouseEvent| asked.set(amount.ok().map(|micro| (way, micro))))
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
            <dl class="figures">
                <div><dt>{"Your share of the stake"}</dt><dd>{share(wallet.stake_share_ppm)}</dd></div>
                <div><dt>{"Blocks made"}</dt><dd>{thousands(wallet.blocks_made)}</dd></div>
                <div><dt>{"Fees earned"}</dt><dd class="amount">{tng(wallet.earned_micro)}</dd></div>
                <div><dt>{"Bonded"}</dt><dd class="amount">{tng(wallet.bonded_micro)}</dd>
                    <dd class="quiet">{format!("{} of it for good", tng(wallet.granted_bond_micro))}</dd></div>
            </dl>
            <p>{"Bonded coins let this tab make blocks and vote. A larger share makes more blocks and earns more fees; nothing is lost by being away."}</p>
            <label class="label" for="stake-amount">{"Amount"}</label>
            <div class="field-row">
                <input id="stake-amount" class="field amount" aria-label="Stake amount" inputmode="decimal" autocomplete="off" placeholder="0.00"
                    aria-invalid={is_wrong.to_string()} value={(*typed).clone()} {oninput} />
                <span class="unit">{"TNG"}</span>
                <button type="button" class="button" onclick={all}>{"All"}</button>
                <button class="button primary" disabled={!can_bond} onclick={ask(Way::In)}>{"Bond"}</button>
                <button class="button" disabled={!can_unbond} onclick={ask(Way::Out)}>{"Unbond"}</button>
            </div>
            <div class="field-note" aria-live="polite">
                <span class={if is_wrong { "wrong" } else { "quiet" }}>{words}</span>
            </div>
            if !wallet.unbonding.is_empty() {
                <h3>{"On their way out"}</h3>
                <ul class="unbonding">
                    {wallet.unbonding.iter().enumerate().map(|(place, entry)| html! {
                        <li key={place}><span class="amount">{tng(entry.amount_micro)}</span>
                            <span class="quiet">{format!("in about {}", when::span(entry.remaining_slots.saturating_mul(slot_ms)))}</span></li>
                    }).collect::<Html>()}
                </ul>
            }
            if let Some((way, amount_micro)) = *asked {
                <Confirm {way} {amount_micro} fee_micro={means.bond_fee_micro(amount_micro)} available_micro={means.available_micro} {delay} on_end={finish} />
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct ConfirmProps {
    way: Way,
    amount_micro: u64,
    fee_micro: u64,
    available_micro: u64,
    /// How long unbonding takes, in words.
    delay: String,
    /// True if it was signed.
    on_end: Callback<bool>,
}

/// What it means, before anything is signed.
#[component]
fn Confirm(props: &ConfirmProps) -> Html {
    let signing = use_signing();
    let is_busy = signing.is_busy();
    let dispatch = use_dispatch();
    let amount_micro = props.amount_micro;
    let (title, action, command, sent, taken_micro) = match props.way {
        Way::In => (
            "Bond coins",
            "Confirm bond",
            Command::Bond { amount_micro },
            "The coins are on their way into the bond.",
            amount_micro,
        ),
        Way::Out => (
            "Unbond coins",
            "Confirm unbonding",
            Command::Unbond { amount_micro },
            "The coins are on their way out of the bond.",
            0,
        ),
    };
    let left_micro = props
        .available_micro
        .saturating_sub(taken_micro)
        .saturating_sub(props.fee_micro);
    let cancel = props.on_end.reform(|()| false);
    let cancel_click = props.on_end.reform(|_: MouseEvent| false);
    let confirm = {
        let on_end = props.on_end.clone();
        Callback::from(move |_: MouseEvent| {
            let answered = confirmed(dispatch.clone(), sent.to_owned(), on_end.clone());
            signing.sign(command.clone(), answered);
        })
    };
    html! {
        <Dialog {title} on_close={cancel}>
            <dl class="summary">
                <div><dt>{"Amount"}</dt><dd class="amount large">{tng(amount_micro)}</dd></div>
                <div><dt>{"Fee"}</dt><dd class="amount">{tng(props.fee_micro)}</dd></div>
                <div><dt>{"Available afterwards"}</dt><dd class="amount">{tng(left_micro)}</dd></div>
            </dl>
            <p class="hint">
                if props.way == Way::In { {format!("Bonded coins cannot be spent. Once you unbond them, they come back after {} of blocks.", props.delay)} }
                else { {format!("They come back after {} of blocks. Until then they can neither be spent nor make blocks.", props.delay)} }
            </p>
            <div class="actions">
                <button type="button" class="button" onclick={cancel_click}>{"Cancel"}</button>
                <button type="button" class="button primary" disabled={is_busy} onclick={confirm}>{action}</button>
            </div>
        </Dialog>
    }
}

/// Parts per million as percent with two decimals.
pub fn share(ppm: u32) -> String {
    format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percents() {
        assert_eq!(share(1_000_000), "100.00 %");
        assert_eq!(share(253_456), "25.34 %");
        assert_eq!(share(99), "0.00 %");
    }
}

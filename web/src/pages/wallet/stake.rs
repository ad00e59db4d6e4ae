//! The stake: what it does, and moving coins in and out of it.

use ting_core::peer::{
    command::{Command, CommandResult},
    view::{PulseView, WalletView},
};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    amount::{self, AmountError, thousands, tng},
    client::use_client,
    store::{Tone, use_dispatch, use_slice},
    when,
};

/// What [`Stake`] shows.
#[derive(PartialEq, Properties)]
pub struct StakeProps {
    /// The wallet.
    pub wallet: WalletView,
}

/// The stake.
#[component]
pub fn Stake(props: &StakeProps) -> Html {
    let typed = use_state_eq(String::new);
    let client = use_client();
    let dispatch = use_dispatch();
    let slot_ms = use_slice::<PulseView>().map_or(1_000, |pulse| pulse.slot_ms);
    let wallet = &props.wallet;
    let amount = amount::parse(&typed).and_then(|micro| {
        if micro == 0 {
            Err(AmountError::Empty)
        } else {
            Ok(micro)
        }
    });
    let free_bond = wallet.bonded_micro.saturating_sub(wallet.granted_bond_micro);
    let spendable = wallet.available_micro.saturating_sub(wallet.pending_out_micro);
    let problem = match &amount {
        Ok(micro) if *micro > spendable && *micro > free_bond => Some(format!(
            "At most {} can be bonded and {} unbonded.",
            tng(spendable),
            tng(free_bond)
        )),
        Err(error) if !matches!(error, AmountError::Empty) => Some(error.to_string()),
        _ => None,
    };
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let submit = |make: fn(u64) -> Command, said: &'static str| {
        let (client, dispatch, typed, amount) = (client.clone(), dispatch.clone(), typed.setter(), amount);
        Callback::from(move |_: MouseEvent| {
            let Ok(amount_micro) = amount else { return };
            let (dispatch, typed) = (dispatch.clone(), typed.clone());
            let answered = Callback::from(move |result| {
                if !matches!(result, CommandResult::Refused(_)) {
                    typed.set(String::new());
                    dispatch
                        .iter()
                        .for_each(|dispatch| dispatch.toast(Tone::Good, said));
                }
            });
            client.submit_then(make(amount_micro), answered);
        })
    };
    let bond = submit(
        |amount_micro| Command::Bond { amount_micro },
        "The coins are on their way into the bond.",
    );
    let unbond = submit(
        |amount_micro| Command::Unbond { amount_micro },
        "The coins are on their way out of the bond.",
    );
    let delay = when::span(wallet.unbonding_slots.saturating_mul(slot_ms));
    let fits = |most: u64| amount.is_ok_and(|micro| micro <= most);
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
                    aria-invalid={problem.is_some().to_string()} value={(*typed).clone()} {oninput} />
                <span class="unit">{"TNG"}</span>
                <button class="button primary" disabled={!fits(spendable)} onclick={bond}>{"Bond"}</button>
                <button class="button" disabled={!fits(free_bond)} onclick={unbond}>{"Unbond"}</button>
            </div>
            <div class="field-note" aria-live="polite">
                if let Some(problem) = problem { <span class="wrong">{problem}</span> }
                else { <span class="quiet">{format!("Unbonded coins are available again after {delay} of blocks. Until then they can neither be spent nor make blocks.")}</span> }
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
        </div>
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

//! Sending coins: a form that says at once what is wrong, and a plain summary before anything is signed.

use std::rc::Rc;

use ting_core::{
    codec::BoundedString,
    crypto::keys::Address,
    ledger::{genesis::Fees, transaction::Action},
    params::MAX_MEMO_BYTES,
    peer::{
        command::{Command, CommandResult},
        view::WalletView,
    },
};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    amount::{self, AmountError, coins, tng},
    client::use_client,
    parts::{dialog::Dialog, identicon::Identicon, key::Account},
    store::{People, Tone, use_dispatch, use_slice},
};

/// People offered at once.
const MAX_OFFERED: usize = 5;

/// A payment as it begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PayRequest {
    /// Name or address, as typed.
    pub to: String,
    /// µTNG.
    pub amount_micro: Option<u64>,
    /// Straight to the summary, if nothing is wrong.
    pub review: bool,
}

/// A payment that only needs a yes.
#[derive(Clone, Debug, PartialEq)]
struct Payment {
    to: Address,
    amount_micro: u64,
    fee_micro: u64,
    memo: String,
}

/// Who is meant by a name or an address.
fn receiver(typed: &str, people: Option<&People>, me: Option<Address>) -> Result<Address, String> {
    let typed = typed.trim().trim_start_matches('@');
    if typed.is_empty() {
        return Err("Choose who gets the coins.".into());
    }
    let found = match typed.parse::<Address>() {
        Ok(address) => address,
        Err(error) if typed.starts_with("ting1") => return Err(format!("That is no address: {error}.")),
        Err(_) => by_name(typed, people)?,
    };
    if Some(found) == me {
        Err("That is you.".into())
    } else {
        Ok(found)
    }
}

fn by_name(typed: &str, people: Option<&People>) -> Result<Address, String> {
    let mut named = people
        .into_iter()
        .flat_map(|people| &people.0)
        .filter(|(_, name)| name.eq_ignore_ascii_case(typed))
        .map(|(account, _)| *account);
    match (named.next(), named.next()) {
        (Some(account), None) => Ok(account),
        (Some(_), Some(_)) => Err(format!(
            "Several people are called {typed}. Choose by the address."
        )),
        (None, _) => Err(format!(
            "Nobody here is called {typed}. Use a name or an address."
        )),
    }
}

/// The least fee of a transfer.
fn fee_micro(wallet: &WalletView, to: Address, amount_micro: u64, memo: &str) -> u64 {
    let fees = Fees {
        flat_micro: wallet.fee_flat_micro,
        per_byte_micro: wallet.fee_per_byte_micro,
        basis_points: u16::try_from(wallet.fee_basis_points).unwrap_or(u16::MAX),
    };
    let memo = BoundedString::<MAX_MEMO_BYTES>::try_from(memo).unwrap_or_default();
    fees.minimum_micro(&Action::Transfer {
        to,
        amount_micro,
        memo,
    })
}

/// What may be spent now: what is there less what is on its way out.
fn spendable_micro(wallet: &WalletView) -> u64 {
    wallet.available_micro.saturating_sub(wallet.pending_out_micro)
}

/// What [`PayDialog`] needs.
#[derive(PartialEq, Properties)]
pub struct PayDialogProps {
    /// How it begins.
    pub request: PayRequest,
    /// Closes it.
    pub on_close: Callback<()>,
}

/// The form over any page.
#[component]
pub fn PayDialog(props: &PayDialogProps) -> Html {
    html! {
        <Dialog title="Pay" on_close={props.on_close.clone()}>
            <SendForm request={props.request.clone()} on_sent={props.on_close.clone()} />
        </Dialog>
    }
}

/// What [`SendForm`] needs.
#[derive(PartialEq, Properties)]
pub struct SendFormProps {
    /// How it begins.
    #[prop_or_default]
    pub request: PayRequest,
    /// The payment is signed and on its way, or was given up in the summary it began with.
    pub on_sent: Callback<()>,
}

/// The form.
#[component]
pub fn SendForm(props: &SendFormProps) -> Html {
    let wallet = use_slice::<WalletView>();
    let people = use_slice::<People>();
    let to = use_state_eq(|| props.request.to.clone());
    let amount = use_state_eq(|| props.request.amount_micro.map(coins).unwrap_or_default());
    let memo = use_state_eq(String::new);
    let was_tried = use_state_eq(|| false);
    let reviewed = use_state_eq(|| None::<Payment>);
    let me = wallet.as_deref().map(|wallet| wallet.account);
    let receiver = receiver(&to, people.as_deref(), me);
    let amount_micro = amount::parse(&amount).and_then(|micro| {
        if micro == 0 {
            Err(AmountError::Empty)
        } else {
            Ok(micro)
        }
    });
    let fee_for = |amount_micro: u64| {
        let (wallet, to) = (wallet.as_deref()?, receiver.clone().ok().or(me)?);
        Some(fee_micro(wallet, to, amount_micro, &memo))
    };
    let fee = fee_for(amount_micro.unwrap_or(0)).unwrap_or_default();
    let spendable = wallet.as_deref().map_or(0, spendable_micro);
    let lacking = amount_micro.is_ok_and(|micro| micro.saturating_add(fee) > spendable);
    let payment = match (&receiver, &amount_micro) {
        (Ok(to), Ok(amount_micro)) if !lacking && memo.len() <= MAX_MEMO_BYTES => Some(Payment {
            to: *to,
            amount_micro: *amount_micro,
            fee_micro: fee,
            memo: memo.trim().to_owned(),
        }),
        _ => None,
    };
    use_effect_with(props.request.review, {
        let (reviewed, payment, was_tried) = (reviewed.setter(), payment.clone(), was_tried.setter());
        move |review| {
            if *review {
                was_tried.set(true);
                reviewed.set(payment);
            }
        }
    });
    let set = |state: &UseStateHandle<String>| {
        let state = state.setter();
        Callback::from(move |event: InputEvent| {
            state.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let all = {
        let (amount, most) = (
            amount.setter(),
            spendable.saturating_sub(fee_for(spendable).unwrap_or_default()),
        );
        Callback::from(move |_: MouseEvent| amount.set(coins(most)))
    };
    let onsubmit = {
        let (reviewed, was_tried) = (reviewed.setter(), was_tried.setter());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            was_tried.set(true);
            reviewed.set(payment.clone());
        })
    };
    let finish = {
        let (reviewed, was_tried, on_sent) = (reviewed.setter(), was_tried.setter(), props.on_sent.clone());
        let (to, amount, memo) = (to.setter(), amount.setter(), memo.setter());
        Callback::from(move |sent: bool| {
            reviewed.set(None);
            if sent {
                was_tried.set(false);
                [&to, &amount, &memo]
                    .into_iter()
                    .for_each(|field| field.set(String::new()));
                on_sent.emit(());
            }
        })
    };
    let to_problem = receiver
        .as_ref()
        .err()
        .filter(|_| *was_tried || to.starts_with("ting1"));
    let amount_problem = match &amount_micro {
        Ok(_) if lacking => Some(format!(
            "Insufficient funds: {} needed with the fee, {} available.",
            tng(amount_micro.unwrap_or(0).saturating_add(fee)),
            tng(spendable)
        )),
        Err(error) if *was_tried || !matches!(error, AmountError::Empty) => Some(error.to_string()),
        _ => None,
    };
    html! {
        <form class="form" {onsubmit}>
            <label class="label" for="recipient">{"To"}</label>
            <input id="recipient" class="field" aria-label="Recipient" autocomplete="off" spellcheck="false" placeholder="Name or ting1… address"
                aria-invalid={to_problem.is_some().to_string()} value={(*to).clone()} oninput={set(&to)} />
            <div class="field-note">
                if let Some(problem) = to_problem { <span class="wrong">{problem.clone()}</span> }
                else if let Ok(account) = &receiver { <Account account={*account} /> }
                else { <Offered typed={(*to).clone()} {people} {me} on_choose={let to = to.setter(); Callback::from(move |name: String| to.set(name))} /> }
            </div>
            <label class="label" for="amount">{"Amount"}</label>
            <div class="field-row">
                <input id="amount" class="field amount" aria-label="Amount" inputmode="decimal" autocomplete="off" placeholder="0.00"
                    aria-invalid={amount_problem.is_some().to_string()} value={(*amount).clone()} oninput={set(&amount)} />
                <span class="unit">{"TNG"}</span>
                <button type="button" class="button" onclick={all}>{"All"}</button>
            </div>
            <div class="field-note" aria-live="polite">
                if let Some(problem) = amount_problem { <span class="wrong">{problem}</span> }
                else { <span class="quiet">{format!("{} available", tng(spendable))}</span> }
            </div>
            <label class="label" for="memo">{"Memo "}<span class="quiet">{"(everybody in the room can read it)"}</span></label>
            <input id="memo" class="field" aria-label="Memo" autocomplete="off" value={(*memo).clone()} oninput={set(&memo)} />
            <div class="field-note">
                if memo.len() > MAX_MEMO_BYTES { <span class="wrong">{format!("{} bytes too long.", memo.len() - MAX_MEMO_BYTES)}</span> }
                else { <span class="quiet">{format!("Fee {}", tng(fee))}</span> }
            </div>
            <div class="actions"><button class="button primary">{"Review"}</button></div>
            if let Some(payment) = &*reviewed { <Confirm payment={payment.clone()} on_end={finish} /> }
        </form>
    }
}

#[derive(PartialEq, Properties)]
struct OfferedProps {
    typed: String,
    people: Option<Rc<People>>,
    me: Option<Address>,
    on_choose: Callback<String>,
}

/// People whose names fit what is typed.
#[component]
fn Offered(props: &OfferedProps) -> Html {
    let typed = props.typed.trim().trim_start_matches('@').to_lowercase();
    let fitting = props
        .people
        .iter()
        .flat_map(|people| &people.0)
        .filter(|(account, name)| {
            Some(**account) != props.me && !name.is_empty() && name.to_lowercase().contains(&typed)
        });
    html! {
        <span class="offered-people">
            {fitting.take(MAX_OFFERED).map(|(account, name)| {
                let (on_choose, address) = (props.on_choose.clone(), account.to_string());
                html! {
                    <button key={account.to_string()} type="button" class="chip" title={address.clone()} onclick={move |_| on_choose.emit(address.clone())}>
                        <Identicon account={*account} class="small" />{name.clone()}
                    </button>
                }
            }).collect::<Html>()}
        </span>
    }
}

#[derive(PartialEq, Properties)]
struct ConfirmProps {
    payment: Payment,
    /// True if it was signed.
    on_end: Callback<bool>,
}

/// The summary before signing.
#[component]
fn Confirm(props: &ConfirmProps) -> Html {
    let client = use_client();
    let dispatch = use_dispatch();
    let is_signing = use_state_eq(|| false);
    let payment = &props.payment;
    let cancel = {
        let on_end = props.on_end.clone();
        Callback::from(move |()| on_end.emit(false))
    };
    let confirm = {
        let (payment, on_end, is_signing) = (payment.clone(), props.on_end.clone(), is_signing.setter());
        Callback::from(move |_: MouseEvent| {
            is_signing.set(true);
            let command = Command::Transfer {
                to: payment.to,
                amount_micro: payment.amount_micro,
                memo: payment.memo.clone(),
                fee_micro: Some(payment.fee_micro),
            };
            let (on_end, is_signing, dispatch) = (on_end.clone(), is_signing.clone(), dispatch.clone());
            let sent = format!("{} on the way.", tng(payment.amount_micro));
            let answered = Callback::from(move |result| {
                is_signing.set(false);
                if matches!(result, CommandResult::Refused(_)) {
                    return;
                }
                dispatch
                    .iter()
                    .for_each(|dispatch| dispatch.toast(Tone::Good, sent.clone()));
                on_end.emit(true);
            });
            client.submit_then(command, answered);
        })
    };
    let cancel_click = cancel.reform(|_: MouseEvent| ());
    html! {
        <Dialog title="Payment" on_close={cancel}>
            <dl class="summary">
                <div><dt>{"To"}</dt><dd><Account account={payment.to} /></dd></div>
                <div><dt>{"Amount"}</dt><dd class="amount large">{tng(payment.amount_micro)}</dd></div>
                <div><dt>{"Fee"}</dt><dd class="amount">{tng(payment.fee_micro)}</dd></div>
                <div><dt>{"In all"}</dt><dd class="amount">{tng(payment.amount_micro.saturating_add(payment.fee_micro))}</dd></div>
                if !payment.memo.is_empty() { <div><dt>{"Memo"}</dt><dd>{payment.memo.clone()}</dd></div> }
            </dl>
            <p class="hint">{"Once final, a payment cannot be taken back."}</p>
            <div class="actions">
                <button type="button" class="button" onclick={cancel_click}>{"Cancel"}</button>
                <button type="button" class="button primary" disabled={*is_signing} onclick={confirm}>{"Confirm payment"}</button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use ting_core::crypto::keys::SecretKey;

    use super::*;

    fn account(seed: u8) -> Address {
        SecretKey::from_seed([seed; 32]).address()
    }

    #[test]
    fn a_receiver_is_found_by_name_and_by_address() {
        let people = People([(account(1), "Anna".to_owned()), (account(2), "Bertil".to_owned())].into());
        assert_eq!(receiver("@anna", Some(&people), None), Ok(account(1)));
        assert_eq!(
            receiver(&account(3).to_string(), Some(&people), None),
            Ok(account(3))
        );
        assert!(receiver("Carin", Some(&people), None).is_err());
        assert!(receiver("", Some(&people), None).is_err());
        assert!(receiver("Anna", Some(&people), Some(account(1))).is_err());
    }

    #[test]
    fn two_people_of_one_name_are_told_apart_by_address_only() {
        let people = People([(account(1), "Anna".to_owned()), (account(2), "Anna".to_owned())].into());
        assert!(receiver("Anna", Some(&people), None).is_err());
    }

    #[test]
    fn a_mistyped_address_is_refused() {
        let address = account(1).to_string();
        let mistyped = address.replace(address.chars().last().unwrap(), "q");
        assert!(receiver(&mistyped, None, None).is_err() || mistyped == address);
    }
}

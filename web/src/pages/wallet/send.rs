//! Sending coins: a form that says at once what is wrong, and a plain summary before anything is signed.

use std::{cell::RefCell, rc::Rc};

use ting_core::{crypto::keys::Address, params::MAX_MEMO_BYTES, peer::command::Command};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{
    confirmed::confirmed,
    means::{Means, use_wallet},
    payee::{Acquaintance, Payee, PayeeWords},
};
use crate::{
    amount::{self, AmountError, coins, plain, tng},
    client::use_signing,
    direction::isolated,
    parts::{dialog::Dialog, identicon::Identicon, said::Said},
    people::People,
    store::{use_dispatch, use_slice},
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
    acquaintance: Acquaintance,
    /// So little is left that its owner cannot write any more.
    leaves_nothing: bool,
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
    let like = people.map(|people| people.like(typed)).unwrap_or_default();
    let has_that_name = |account: &Address| {
        let name = people.and_then(|people| people.name(account));
        name.is_some_and(|name| name.to_lowercase() == typed.to_lowercase())
    };
    let shown = isolated(typed);
    match like.as_slice() {
        [only] if has_that_name(only) => Ok(*only),
        [] => Err(format!(
            "Nobody here is called {shown}. Use a name or an address."
        )),
        [_] => Err(format!(
            "Nobody here is called {shown}; somebody has a name that looks like it. Choose by the address."
        )),
        _ => Err(format!(
            "Several people here have a name that looks like {shown}. Choose by the address."
        )),
    }
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

/// What is typed into the form.
#[derive(Clone, Debug, Default, PartialEq)]
struct Typed {
    to: String,
    amount: String,
    memo: String,
    /// Everything, as far as the fee allows: the amount follows the memo.
    is_all: bool,
}

/// The payment in work. It outlives the form: a dialog that is closed by accident, or another page in between, costs nothing.
#[derive(Clone, Default)]
pub struct PaymentDraft(Rc<RefCell<Option<(PayRequest, Typed)>>>);

impl PartialEq for PaymentDraft {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl PaymentDraft {
    /// What was typed for this request, or the request itself. A form that asks for nothing goes on with the payment in work, if there is one.
    fn begin(&self, request: &PayRequest) -> Typed {
        let mut draft = self.0.borrow_mut();
        match &*draft {
            Some((begun, typed)) if begun == request || *request == PayRequest::default() => typed.clone(),
            _ => {
                let typed = Typed {
                    to: request.to.clone(),
                    amount: request.amount_micro.map(coins).unwrap_or_default(),
                    ..Typed::default()
                };
                *draft = (typed != Typed::default()).then(|| (request.clone(), typed.clone()));
                typed
            }
        }
    }
}

/// The form.
#[component]
pub fn SendForm(props: &SendFormProps) -> Html {
    let (typed, change) = use_typed(&props.request);
    let people = use_slice::<People>();
    let was_tried = use_state_eq(|| false);
    let reviewed = use_state_eq(|| None::<Payment>);
    let wallet = use_wallet();
    let me = wallet.as_ref().ok().map(|wallet| wallet.account);
    let receiver = receiver(&typed.to, people.as_deref(), me);
    let means = wallet.as_ref().ok().map(Means::of);
    let to_count_for = receiver.as_ref().ok().copied().or(me);
    let amount = match (typed.is_all, &means, to_count_for) {
        (true, Some(means), Some(to)) => plain(means.most_payable_micro(to, typed.memo.trim())),
        _ => typed.amount.clone(),
    };
    let amount_micro = amount::parse(&amount).and_then(|micro| {
        if micro == 0 {
            Err(AmountError::Empty)
        } else {
            Ok(micro)
        }
    });
    let sum_micro = amount_micro.unwrap_or(0);
    let fee_micro = match (&means, to_count_for) {
        (Some(means), Some(to)) => means.transfer_fee_micro(to, sum_micro, typed.memo.trim()),
        _ => 0,
    };
    let left_micro = means.and_then(|means| {
        means
            .available_micro
            .checked_sub(sum_micro.saturating_add(fee_micro))
    });
    let payment = match (&receiver, &wallet, &means, left_micro) {
        (Ok(to), Ok(wallet), Some(means), Some(left_micro))
            if amount_micro.is_ok() && typed.memo.len() <= MAX_MEMO_BYTES =>
        {
            let nobody = People::default();
            let people = people.as_deref().unwrap_or(&nobody);
            Some(Payment {
                to: *to,
                amount_micro: sum_micro,
                fee_micro,
                memo: typed.memo.trim().to_owned(),
                acquaintance: Acquaintance::with(to, me, &wallet.history, people),
                leaves_nothing: left_micro < means.message_fee_micro(1),
            })
        }
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
    let set = |write: fn(&mut Typed, String)| {
        let (typed, change) = (typed.clone(), change.clone());
        Callback::from(move |event: InputEvent| {
            let mut typed = typed.clone();
            write(
                &mut typed,
                event.target_unchecked_into::<HtmlInputElement>().value(),
            );
            change.emit(typed);
        })
    };
    let all = {
        let (typed, change) = (typed.clone(), change.clone());
        Callback::from(move |_: MouseEvent| {
            change.emit(Typed {
                is_all: true,
                ..typed.clone()
            })
        })
    };
    let choose = {
        let (typed, change) = (typed.clone(), change.clone());
        Callback::from(move |to: String| change.emit(Typed { to, ..typed.clone() }))
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
        let (reviewed, was_tried) = (reviewed.setter(), was_tried.setter());
        let (change, on_sent) = (change.clone(), props.on_sent.clone());
        Callback::from(move |sent: bool| {
            reviewed.set(None);
            if sent {
                was_tried.set(false);
                change.emit(Typed::default());
                on_sent.emit(());
            }
        })
    };
    let to_problem = receiver
        .as_ref()
        .err()
        .filter(|_| *was_tried || typed.to.starts_with("ting1"));
    let amount_problem = match (&amount_micro, &means) {
        (Ok(micro), Some(means)) if left_micro.is_none() => Some(format!(
            "Insufficient funds: {} needed with the fee, {} available.",
            tng(micro.saturating_add(fee_micro)),
            tng(means.available_micro)
        )),
        (Err(error), _) if *was_tried || !matches!(error, AmountError::Empty) => Some(error.to_string()),
        _ => None,
    };
    html! {
        <form class="form" {onsubmit}>
            <label class="label" for="recipient">{"To"}</label>
            <input id="recipient" class="field" aria-label="Recipient" autocomplete="off" spellcheck="false" placeholder="Name or ting1… address"
                aria-invalid={to_problem.is_some().to_string()} value={typed.to.clone()} oninput={set(|typed, to| typed.to = to)} />
            <div class="field-note">
                if let Some(problem) = to_problem { <span class="wrong">{problem.clone()}</span> }
                if let Ok(account) = &receiver { <Payee account={*account} /> }
                else { <Offered typed={typed.to.clone()} {people} {me} on_choose={choose} /> }
            </div>
            <label class="label" for="amount">{"Amount"}</label>
            <div class="field-row">
                <input id="amount" class="field amount" aria-label="Amount" inputmode="decimal" autocomplete="off" placeholder="0.00"
                    aria-invalid={amount_problem.is_some().to_string()} value={amount} oninput={set(|typed, amount| { typed.amount = amount; typed.is_all = false; })} />
                <span class="unit">{"TNG"}</span>
                <button type="button" class="button" onclick={all}>{"All"}</button>
            </div>
            <div class="field-note" aria-live="polite">
                if let Some(problem) = amount_problem { <span class="wrong">{problem}</span> }
                else { <span class="quiet">{match &wallet { Ok(wallet) => format!("{} available", tng(wallet.available_micro)), Err(reason) => reason.clone() }}</span> }
            </div>
            <label class="label" for="memo">{"Memo "}<span class="quiet">{"(everybody in the room can read it)"}</span></label>
            <input id="memo" class="field" aria-label="Memo" maxlength={(4 * MAX_MEMO_BYTES).to_string()} autocomplete="off" value={typed.memo.clone()} oninput={set(|typed, memo| typed.memo = memo)} />
            <div class="field-note">
                if typed.memo.len() > MAX_MEMO_BYTES { <span class="wrong">{format!("{} bytes too long.", typed.memo.len() - MAX_MEMO_BYTES)}</span> }
                else { <span class="quiet">{format!("Fee {}", tng(fee_micro))}</span> }
            </div>
            <div class="actions"><button class="button primary">{"Review"}</button></div>
            if let Some(payment) = &*reviewed { <Confirm payment={payment.clone()} on_end={finish} /> }
        </form>
    }
}

/// What is typed, and what changes it; kept in the [`PaymentDraft`].
#[hook]
fn use_typed(request: &PayRequest) -> (Typed, Callback<Typed>) {
    let draft = use_context::<PaymentDraft>().unwrap_or_default();
    let typed = use_state_eq(|| draft.begin(request));
    let change = {
        let (typed, request) = (typed.setter(), request.clone());
        Callback::from(move |newer: Typed| {
            let is_empty = newer == Typed::default();
            *draft.0.borrow_mut() = (!is_empty).then(|| (request.clone(), newer.clone()));
            typed.set(newer);
        })
    };
    ((*typed).clone(), change)
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
    let people = props.people.as_deref();
    let like = people.map(|people| people.like(&typed)).unwrap_or_default();
    let by_beginning = people.into_iter().flat_map(People::iter);
    let fitting = by_beginning.filter(|(account, name)| {
        let fits = name.to_lowercase().contains(&typed) || like.contains(account);
        Some(*account) != props.me && !name.is_empty() && fits
    });
    html! {
        <span class="offered-people">
            {fitting.take(MAX_OFFERED).map(|(account, name)| {
                let (on_choose, address, name) = (props.on_choose.clone(), account.to_string(), name.to_owned());
                html! {
                    <button key={account.to_string()} type="button" class="chip" title={address.clone()} onclick={move |_| on_choose.emit(address.clone())}>
                        <Identicon {account} class="small" /><Said text={name} /><code class="quiet">{account.short()}</code>
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
    let signing = use_signing();
    let is_busy = signing.is_busy();
    let dispatch = use_dispatch();
    let payment = &props.payment;
    let cancel = props.on_end.reform(|()| false);
    let cancel_click = props.on_end.reform(|_: MouseEvent| false);
    let confirm = {
        let (payment, on_end) = (payment.clone(), props.on_end.clone());
        Callback::from(move |_: MouseEvent| {
            let command = Command::Transfer {
                to: payment.to,
                amount_micro: payment.amount_micro,
                memo: payment.memo.clone(),
                fee_micro: Some(payment.fee_micro),
            };
            let sent = format!("{} on the way.", tng(payment.amount_micro));
            let answered = confirmed(dispatch.clone(), sent, on_end.clone());
            signing.sign(command, answered);
        })
    };
    html! {
        <Dialog title="Payment" on_close={cancel}>
            <dl class="summary">
                <div><dt>{"To"}</dt><dd><Payee account={payment.to} /></dd></div>
                <div><dt>{"Amount"}</dt><dd class="amount large">{tng(payment.amount_micro)}</dd></div>
                <div><dt>{"Fee"}</dt><dd class="amount">{tng(payment.fee_micro)}</dd></div>
                <div><dt>{"In all"}</dt><dd class="amount">{tng(payment.amount_micro.saturating_add(payment.fee_micro))}</dd></div>
                if !payment.memo.is_empty() { <div><dt>{"Memo"}</dt><dd><Said text={payment.memo.clone()} /></dd></div> }
            </dl>
            <PayeeWords acquaintance={payment.acquaintance.clone()} />
            if payment.leaves_nothing { <p class="hint">{"Nothing is left for the fee of a message: you cannot write until coins come in."}</p> }
            <p class="hint">{"Once final, a payment cannot be taken back."}</p>
            <div class="actions">
                <button type="button" class="button" onclick={cancel_click}>{"Cancel"}</button>
                <button type="button" class="button primary" disabled={is_busy} onclick={confirm}>{"Confirm payment"}</button>
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
        let people = People::default().with([(account(1), "Anna"), (account(2), "Bertil")]);
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
        for other in ["Anna", "ANNA"] {
            let people = People::default().with([(account(1), "Anna"), (account(2), other)]);
            assert!(receiver("Anna", Some(&people), None).is_err());
        }
        let people = People::default().with([(account(1), "Ernrna")]);
        assert!(receiver("Emma", Some(&people), None).is_err());
        assert_eq!(receiver("ernrna", Some(&people), None), Ok(account(1)));
    }

    #[test]
    fn a_payment_in_work_is_still_there_when_the_same_form_opens_again() {
        let draft = PaymentDraft::default();
        let anna = PayRequest {
            to: "Anna".into(),
            ..PayRequest::default()
        };
        let typed = Typed {
            memo: "for the herring".into(),
            ..draft.begin(&anna)
        };
        *draft.0.borrow_mut() = Some((anna.clone(), typed.clone()));
        assert_eq!(draft.begin(&anna), typed);
        assert_eq!(draft.begin(&PayRequest::default()), typed);
    }

    #[test]
    fn a_payment_that_was_asked_for_in_the_talk_and_given_up_is_still_in_the_wallet() {
        let draft = PaymentDraft::default();
        let asked = PayRequest {
            to: "Anna".into(),
            amount_micro: Some(5_000_000),
            review: true,
        };
        let typed = draft.begin(&asked);
        assert_eq!((typed.to.as_str(), typed.amount.as_str()), ("Anna", "5.00"));
        assert_eq!(draft.begin(&PayRequest::default()), typed);
    }

    #[test]
    fn a_mistyped_address_is_refused() {
        let address = account(1).to_string();
        let mistyped = address.replace(address.chars().last().unwrap(), "q");
        assert!(receiver(&mistyped, None, None).is_err() || mistyped == address);
    }
}

//! Sending coins: a form that says at once what is wrong, and a plain summary before anything is signed.

use std::rc::Rc;

use ting_core::{
    crypto::keys::Address,
    params::MAX_MEMO_BYTES,
    peer::{command::Command, view::WalletView},
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::{
    confirmed::confirmed,
    means::use_wallet,
    payee::{Payee, PayeeWords},
    payment::{PayRequest, Payment, PaymentDraft, Place, Reading, Refusal, Typed},
};
use crate::{
    amount::tng,
    client::use_signing,
    parts::{dialog::Dialog, identicon::Identicon, said::Said},
    people::People,
    store::{use_dispatch, use_slice},
};

/// People offered at once.
const MAX_OFFERED: usize = 5;

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
    let (typed, change) = use_typed(&props.request);
    let people = use_slice::<People>().unwrap_or_default();
    let was_tried = use_state_eq(|| false);
    let reviewed = use_state_eq(|| None::<Payment>);
    let wallet = use_wallet();
    let me = use_slice::<WalletView>().map(|wallet| wallet.account);
    let reading = Reading::of(&typed, &wallet, &people);
    let payment = reading.payment;
    use_effect_with(props.request.review, {
        let (reviewed, payment, was_tried) = (reviewed.setter(), payment.clone(), was_tried.setter());
        move |review| {
            if *review {
                was_tried.set(true);
                reviewed.set(payment.ok());
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
        let (reviewed, was_tried, payment) = (reviewed.setter(), was_tried.setter(), payment.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            was_tried.set(true);
            // What is wrong may be out of sight.
            if let Some(field) = payment.as_ref().err().and_then(|refusals| field_of(refusals)) {
                focus_in(&event, field);
            }
            reviewed.set(payment.clone().ok());
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
    let refusals = payment.err().unwrap_or_default();
    let wrong = |place| {
        let mut said = refusals
            .iter()
            .filter(|refusal| *was_tried || !refusal.is_unfinished);
        let words = said.find(|refusal| refusal.place == place)?.words.clone();
        Some(html! { <span class="wrong">{words}</span> })
    };
    let is_wrong = |place| wrong(place).is_some().to_string();
    let form = html! {
        <form class="form" {onsubmit}>
            <label class="label" for="recipient">{"To"}</label>
            <input id="recipient" class="field" aria-label="Recipient" autocomplete="off" spellcheck="false" placeholder="Name or ting1… address"
                aria-invalid={is_wrong(Place::Receiver)} value={typed.to.clone()} oninput={set(|typed, to| typed.to = to)} />
            <div class="field-note">
                {wrong(Place::Receiver)}
                if let Some(account) = reading.to { <Payee {account} /> }
                else { <Offered typed={typed.to.clone()} {people} {me} on_choose={choose} /> }
            </div>
            <label class="label" for="amount">{"Amount"}</label>
            <div class="field-row">
                <input id="amount" class="field amount" aria-label="Amount" inputmode="decimal" autocomplete="off" placeholder="0.00"
                    aria-invalid={is_wrong(Place::Amount)} value={reading.amount} oninput={set(|typed, amount| { typed.amount = amount; typed.is_all = false; })} />
                <span class="unit">{"TNG"}</span>
                <button type="button" class="button" onclick={all}>{"All"}</button>
            </div>
            <div class="field-note" aria-live="polite">
                {wrong(Place::Amount).unwrap_or_else(|| html! {
                    <span class="quiet">{match &wallet { Ok(wallet) => format!("{} available", tng(wallet.available_micro)), Err(reason) => reason.clone() }}</span>
                })}
            </div>
            <label class="label" for="memo">{"Memo "}<span class="quiet">{"(everybody in the room can read it)"}</span></label>
            <input id="memo" class="field" aria-label="Memo" maxlength={(4 * MAX_MEMO_BYTES).to_string()} autocomplete="off" aria-invalid={is_wrong(Place::Memo)}
                value={typed.memo.clone()} oninput={set(|typed, memo| typed.memo = memo)} />
            <div class="field-note">
                {wrong(Place::Memo).unwrap_or_else(|| html! {
                    if wallet.is_ok() { <span class="quiet">{format!("Fee {}", tng(reading.fee_micro))}</span> }
                })}
            </div>
            <div class="actions"><span class="beside" role="alert">{wrong(Place::Books)}</span><button class="button primary">{"Review"}</button></div>
        </form>
    };
    // Within the form, the dialog's own buttons would send it off.
    let summary = (*reviewed)
        .clone()
        .map(|payment| html! { <Confirm {payment} on_end={finish} /> });
    html! { <>{form}{summary}</> }
}

/// The field of the first refusal that has one.
fn field_of(refusals: &[Refusal]) -> Option<&'static str> {
    refusals.iter().find_map(|refusal| match refusal.place {
        Place::Receiver => Some("#recipient"),
        Place::Amount => Some("#amount"),
        Place::Memo => Some("#memo"),
        Place::Books => None,
    })
}

/// The form of a dialog and that of the page have fields of the same names.
fn focus_in(event: &SubmitEvent, field: &str) {
    let form = event.target_dyn_into::<Element>();
    let found = form.and_then(|form| form.query_selector(field).ok().flatten());
    if let Some(field) = found.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        let _ = field.focus();
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
            draft.keep(&request, &newer);
            typed.set(newer);
        })
    };
    ((*typed).clone(), change)
}

#[derive(PartialEq, Properties)]
struct OfferedProps {
    typed: String,
    people: Rc<People>,
    me: Option<Address>,
    on_choose: Callback<String>,
}

/// People whose names fit what is typed.
#[component]
fn Offered(props: &OfferedProps) -> Html {
    let typed = props.typed.trim().trim_start_matches('@').to_lowercase();
    let like = props.people.like(&typed);
    let fitting = props.people.iter().filter(|(account, name)| {
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

//! Sending coins: a form that says at once what is wrong, and a plain summary before anything is signed.

use ting_core::peer::view::WalletView;
use yew::prelude::*;

use super::{
    fields::{Fields, field_of, focus_in},
    means::use_wallet,
    payment::{Payment, PaymentDraft, Place, Reading, Typed},
    summary::summary,
};
use crate::{overlays::PayRequest, parts::dialog::Dialog, people::People, store::use_slice};

/// What [`PayDialog`] needs.
#[derive(PartialEq, Properties)]
pub struct PayDialogProps {
    /// What the form begins with.
    pub request: PayRequest,
    /// Called to close the dialog.
    pub on_close: Callback<()>,
}

/// The payment form as a dialog over any page.
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
    /// What the form begins with.
    #[prop_or_default]
    pub request: PayRequest,
    /// The payment is signed and on its way, or was given up in the summary it began with.
    pub on_sent: Callback<()>,
}

/// The payment form, and after it the summary that is signed.
#[component]
pub fn SendForm(props: &SendFormProps) -> Html {
    let (typed, change) = use_typed(&props.request);
    let people = use_slice::<People>().unwrap_or_default();
    let was_tried = use_state_eq(|| false);
    let reviewed = use_state_eq(|| None::<Payment>);
    let wallet = use_wallet();
    let me = use_slice::<WalletView>().map(|wallet| wallet.account);
    let reading = Reading::of(&typed, &wallet, &people);
    let payment = reading.payment.clone();
    use_effect_with(props.request.review, {
        let (reviewed, payment, was_tried) = (reviewed.setter(), payment.clone(), was_tried.setter());
        move |review| {
            if *review {
                was_tried.set(true);
                reviewed.set(payment.ok());
            }
        }
    });
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
    let fields = Fields {
        typed: &typed,
        reading: &reading,
        wallet: wallet.as_ref(),
        shows_unfinished: *was_tried,
        change: &change,
    };
    let form = html! {
        <form class="form" {onsubmit}>
            {fields.receiver_field(people, me)}
            {fields.amount_field()}
            {fields.memo_field()}
            <div class="actions"><span class="beside" role="alert">{fields.wrong(Place::Wallet)}</span><button class="button primary">{"Review"}</button></div>
        </form>
    };
    // Within the form, the dialog's own buttons would send it off.
    let summary = reviewed.as_ref().map(|payment| summary(payment, finish));
    html! { <>{form}{summary}</> }
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

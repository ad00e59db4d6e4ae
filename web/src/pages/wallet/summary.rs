//! A payment as it will be, before it is signed.

use ting_core::peer::command::Command;
use yew::prelude::*;

use super::{
    confirmed::confirmed,
    payee::{Payee, PayeeWords},
    payment::Payment,
};
use crate::{
    amount::tng,
    client::use_signing,
    parts::{dialog::Dialog, said::Said},
    store::use_dispatch,
};

/// What [`PaymentSummary`] shows.
#[derive(PartialEq, Properties)]
pub struct PaymentSummaryProps {
    /// The payment.
    pub payment: Payment,
    /// True if it was signed.
    pub on_end: Callback<bool>,
}

/// The summary before signing.
#[component]
pub fn PaymentSummary(props: &PaymentSummaryProps) -> Html {
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

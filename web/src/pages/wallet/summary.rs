//! A payment as it will be, before it is signed.

use ting_core::peer::command::Command;
use yew::prelude::*;

use super::{
    confirm::Confirm,
    payee::{Payee, PayeeWords},
    payment::Payment,
};
use crate::{amount::tng, parts::said::Said};

/// The summary before signing; `on_end` hears whether it was signed.
pub fn summary(payment: &Payment, on_end: Callback<bool>) -> Html {
    let command = Command::Transfer {
        to: payment.to,
        amount_micro: payment.amount_micro,
        memo: payment.memo.clone(),
        fee_micro: Some(payment.fee_micro),
    };
    let sent = format!("{} on the way.", tng(payment.amount_micro));
    html! {
        <Confirm title="Payment" action="Confirm payment" {command} {sent} {on_end}>
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
        </Confirm>
    }
}

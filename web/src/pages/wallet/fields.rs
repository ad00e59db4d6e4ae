//! The fields of a payment: what is typed, and beside each what is wrong with it.

use std::rc::Rc;

use ting_core::{crypto::keys::Address, params::MAX_MEMO_BYTES, peer::view::WalletView};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::{
    offered::Offered,
    payee::Payee,
    payment::{Place, Reading, Refusal, Typed},
};
use crate::{amount::tng, people::People};

/// What all fields of the payment form share.
pub struct Fields<'a> {
    /// What is typed into the form.
    pub typed: &'a Typed,
    /// What the form means as it stands.
    pub reading: &'a Reading,
    /// The wallet, or in words why it is not known.
    pub wallet: Result<&'a WalletView, &'a String>,
    /// What is not finished is told, too: the form was tried to be sent off.
    pub shows_unfinished: bool,
    /// Called to change what is typed.
    pub change: &'a Callback<Typed>,
}

impl Fields<'_> {
    /// Draws what is wrong in one field, if something is.
    pub fn wrong(&self, place: Place) -> Option<Html> {
        let refusals = self.reading.payment.as_ref().err()?;
        let mut told = refusals
            .iter()
            .filter(|refusal| self.shows_unfinished || !refusal.is_unfinished);
        let words = told.find(|refusal| refusal.place == place)?.words.clone();
        Some(html! { <span class="wrong">{words}</span> })
    }

    fn is_wrong(&self, place: Place) -> String {
        self.wrong(place).is_some().to_string()
    }

    fn set(&self, write: fn(&mut Typed, String)) -> Callback<InputEvent> {
        let (typed, change) = (self.typed.clone(), self.change.clone());
        Callback::from(move |event: InputEvent| {
            let mut typed = typed.clone();
            write(
                &mut typed,
                event.target_unchecked_into::<HtmlInputElement>().value(),
            );
            change.emit(typed);
        })
    }

    /// Draws the field for the receiver.
    pub fn receiver_field(&self, people: Rc<People>, me: Option<Address>) -> Html {
        let (typed, change) = (self.typed.clone(), self.change.clone());
        let choose = Callback::from(move |to: String| change.emit(Typed { to, ..typed.clone() }));
        html! {
            <>
                <label class="label" for="recipient">{"To"}</label>
                <input id="recipient" class="field" aria-label="Recipient" autocomplete="off" spellcheck="false" placeholder="Name or ting1… address"
                    aria-invalid={self.is_wrong(Place::Receiver)} value={self.typed.to.clone()} oninput={self.set(|typed, to| typed.to = to)} />
                <div class="field-note">
                    {self.wrong(Place::Receiver)}
                    if let Some(account) = self.reading.to { <Payee {account} /> }
                    else { <Offered typed={self.typed.to.clone()} {people} {me} on_choose={choose} /> }
                </div>
            </>
        }
    }

    /// Draws the field for the amount.
    pub fn amount_field(&self) -> Html {
        let (typed, change) = (self.typed.clone(), self.change.clone());
        let all = Callback::from(move |_: MouseEvent| {
            change.emit(Typed {
                is_all: true,
                ..typed.clone()
            })
        });
        let write = |typed: &mut Typed, amount| {
            typed.amount = amount;
            typed.is_all = false;
        };
        let available = || match self.wallet {
            Ok(wallet) => format!("{} available", tng(wallet.available_micro)),
            Err(reason) => reason.clone(),
        };
        html! {
            <>
                <label class="label" for="amount">{"Amount"}</label>
                <div class="field-row">
                    <input id="amount" class="field amount" aria-label="Amount" inputmode="decimal" autocomplete="off" placeholder="0.00"
                        aria-invalid={self.is_wrong(Place::Amount)} value={self.reading.amount.clone()} oninput={self.set(write)} />
                    <span class="unit">{"TNG"}</span>
                    <button type="button" class="button" onclick={all}>{"All"}</button>
                </div>
                <div class="field-note" aria-live="polite">
                    {self.wrong(Place::Amount).unwrap_or_else(|| html! { <span class="quiet">{available()}</span> })}
                </div>
            </>
        }
    }

    /// What is said with it, and what it costs.
    pub fn memo_field(&self) -> Html {
        html! {
            <>
                <label class="label" for="memo">{"Memo "}<span class="quiet">{"(everybody in the room can read it)"}</span></label>
                <input id="memo" class="field" aria-label="Memo" maxlength={(4 * MAX_MEMO_BYTES).to_string()} autocomplete="off" aria-invalid={self.is_wrong(Place::Memo)}
                    value={self.typed.memo.clone()} oninput={self.set(|typed, memo| typed.memo = memo)} />
                <div class="field-note">
                    {self.wrong(Place::Memo).unwrap_or_else(|| html! {
                        if self.wallet.is_ok() { <span class="quiet">{format!("Fee {}", tng(self.reading.fee_micro))}</span> }
                    })}
                </div>
            </>
        }
    }
}

/// The field of the first refusal that has one.
pub fn field_of(refusals: &[Refusal]) -> Option<&'static str> {
    refusals.iter().find_map(|refusal| match refusal.place {
        Place::Receiver => Some("#recipient"),
        Place::Amount => Some("#amount"),
        Place::Memo => Some("#memo"),
        Place::Wallet => None,
    })
}

/// Puts the focus into a field of the form that was sent off: that of a dialog and that of the page have fields of the same names.
pub fn focus_in(event: &SubmitEvent, field: &str) {
    let form = event.target_dyn_into::<Element>();
    let found = form.and_then(|form| form.query_selector(field).ok().flatten());
    if let Some(field) = found.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        let _ = field.focus();
    }
}

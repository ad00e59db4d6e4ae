//! Receiving coins: the address, and the same as a QR code.

use ting_core::crypto::keys::Address;
use yew::prelude::*;

use crate::{
    clipboard,
    parts::{
        icon::{Icon, Symbol},
        identicon::Identicon,
        qr::Qr,
        said::PersonName,
    },
    store::use_dispatch,
};

/// What [`Receive`] shows.
#[derive(PartialEq, Properties)]
pub struct ReceiveProps {
    /// Account that is to be paid.
    pub account: Address,
}

/// The account's address, as text to copy and as a QR code.
#[component]
pub fn Receive(props: &ReceiveProps) -> Html {
    let dispatch = use_dispatch();
    let address = props.account.to_string();
    let copy = {
        let address = address.clone();
        Callback::from(move |_| {
            clipboard::copy(&address, dispatch.as_ref(), "Your address is copied.");
        })
    };
    html! {
        <div class="receive">
            <Qr text={address.clone()} label="Your address as QR code" />
            <p class="receive-name"><Identicon account={props.account} /><strong><PersonName account={props.account} /></strong></p>
            <p class="hint">{"People in this room can pay you by your name. Anybody else in it needs this address."}</p>
            <div class="field-row">
                <input class="field mono" readonly=true aria-label="Your address" value={address} />
                <button class="button primary" onclick={copy}><Icon symbol={Symbol::Copy} />{"Copy address"}</button>
            </div>
        </div>
    }
}

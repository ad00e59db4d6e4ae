//! The invite: a link whose fragment holds the room's secret, and the same as a QR code.

use ting_core::{
    ledger::genesis::ClaimMode,
    peer::{command::Command, view::WalletView},
};
use yew::prelude::*;

use crate::{
    browser,
    client::use_client,
    clipboard,
    overlays::{Overlay, use_overlays},
    parts::{
        dialog::Dialog,
        icon::{Icon, Symbol},
        qr::Qr,
    },
    passes::Passes,
    route::Route,
    store::{Session, use_dispatch, use_slice},
    ways,
};

/// What [`InviteDialog`] needs.
#[derive(PartialEq, Properties)]
pub struct InviteProps {
    /// Called to close the dialog.
    pub on_close: Callback<()>,
}

/// The link that opens this room, and nothing of this person; none before the room's network is known, which every invite names.
pub fn invite_link(session: Option<&Session>) -> Option<String> {
    use yew_router::Routable;
    let started = session
        .and_then(Session::started)
        .filter(|started| started.fragment.contains('.'))?;
    Some(format!(
        "{}{}#{}",
        browser::origin(),
        Route::Chat.to_path(),
        started.fragment
    ))
}

/// The button that opens the invite.
#[component]
pub fn InviteButton() -> Html {
    let overlays = use_overlays();
    let onclick = Callback::from(move |_| overlays.show(Overlay::Invite));
    html! { <button class="button invite" {onclick}><Icon symbol={Symbol::Invite} />{"Invite"}</button> }
}

/// The invite: the room's link and its QR code; and passes, where the link alone does not lead in.
#[component]
pub fn InviteDialog(props: &InviteProps) -> Html {
    let session = use_slice::<Session>();
    let dispatch = use_dispatch();
    let client = use_client();
    let mode = use_slice::<WalletView>().map_or_else(ClaimMode::default, |wallet| wallet.claim_mode);
    let link = invite_link(session.as_deref());
    use_effect_with(link.clone(), move |link| {
        if link.is_some() {
            client.submit(Command::InviteShown);
        }
    });
    let Some(link) = link else {
        return html! {
            <Dialog title="Invite" on_close={props.on_close.clone()}><p>{"The room is still opening."}</p></Dialog>
        };
    };
    let copy = {
        let link = link.clone();
        Callback::from(move |_| {
            clipboard::copy(&link, dispatch.as_ref(), "The invite link is copied.");
        })
    };
    html! {
        <Dialog title="Invite" on_close={props.on_close.clone()} class="invite-dialog">
            if mode == ClaimMode::Invite { <Passes link={link.clone()} /> }
            <p>{ways::promise(mode)}{" The part after # is its key and is never sent to a server."}</p>
            if mode != ClaimMode::Invite { <Qr text={link.clone()} label="Invite link as QR code" /> }
            <div class="field-row">
                <input class="field mono" readonly=true aria-label="Invite link" value={link} />
                <button class="button primary" onclick={copy}><Icon symbol={Symbol::Copy} />{"Copy link"}</button>
            </div>
            if browser::is_on_this_machine() {
                <p class="hint">{"This page's address leads to this machine only: so does the link. For other devices, open the page by an address that they reach, then invite."}</p>
            }
        </Dialog>
    }
}

//! Keys and hashes for people: shortened in the middle, copied whole by one click. Accounts with name and weave.

use ting_core::crypto::{hash::Hash, keys::Address};
use yew::prelude::*;

use super::{
    icon::{Icon, Symbol},
    identicon::Identicon,
    said::Said,
};
use crate::{
    clipboard,
    people::People,
    store::{use_dispatch, use_slice},
};

/// What [`Copied`] shows.
#[derive(PartialEq, Properties)]
pub struct CopiedProps {
    /// Text that is copied.
    pub whole: AttrValue,
    /// Shortened text that shows.
    pub short: AttrValue,
    /// What it is: "address", "hash".
    pub what: AttrValue,
}

/// A shortened text that one click copies whole.
#[component]
pub fn Copied(props: &CopiedProps) -> Html {
    let dispatch = use_dispatch();
    let onclick = {
        let (whole, what) = (props.whole.clone(), props.what.clone());
        Callback::from(move |_| {
            clipboard::copy(&whole, dispatch.as_ref(), format!("The {what} is copied."));
        })
    };
    html! {
        <button type="button" class="copied" title={props.whole.clone()} aria-label={format!("Copy {} {}", props.what, props.short)} {onclick}>
            <code>{props.short.clone()}</code><Icon symbol={Symbol::Copy} />
        </button>
    }
}

/// What [`HashText`] shows.
#[derive(PartialEq, Properties)]
pub struct HashTextProps {
    /// Hash that shows shortened.
    pub hash: Hash,
}

/// A hash, shortened, copied whole by one click.
#[component]
pub fn HashText(props: &HashTextProps) -> Html {
    html! { <Copied what="hash" whole={props.hash.to_string()} short={props.hash.short()} /> }
}

/// What [`Account`] shows.
#[derive(PartialEq, Properties)]
pub struct AccountProps {
    /// Account that shows with its picture and name.
    pub account: Address,
}

/// Weave, name and short address: together wherever money is involved.
#[component]
pub fn Account(props: &AccountProps) -> Html {
    let people = use_slice::<People>().unwrap_or_default();
    html! {
        <span class="account">
            <Identicon account={props.account} />
            if let Some(name) = people.name(&props.account) { <Said text={name.to_owned()} class="account-name" /> }
            <Copied what="address" whole={props.account.to_string()} short={props.account.short()} />
        </span>
    }
}

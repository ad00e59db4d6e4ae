//! Texts that a person chose, among those of the app: names, channels, memos, beginnings of messages.
//!
//! All of them are drawn by [`Said`], or by [`PersonName`], which says whose a name is where two look alike. Each reads in its own
//! direction and turns nothing beside it: an amount that follows a memo stands there as it was written, whatever the memo holds.

use ting_core::crypto::keys::Address;
use yew::prelude::*;

use crate::{direction::readable, people::People, store::use_slice};

/// What [`Said`] shows.
#[derive(PartialEq, Properties)]
pub struct SaidProps {
    /// Text as the person wrote it.
    pub text: AttrValue,
    /// Classes of the text.
    #[prop_or_default]
    pub class: Classes,
}

/// A text that a person chose.
#[component]
pub fn Said(props: &SaidProps) -> Html {
    html! { <bdi class={props.class.clone()}>{readable(&props.text)}</bdi> }
}

/// What [`PersonName`] shows.
#[derive(PartialEq, Properties)]
pub struct PersonNameProps {
    /// Account whose name shows.
    pub account: Address,
    /// Classes of the name.
    #[prop_or_default]
    pub class: Classes,
}

/// The name of a person, with the short address beside it where another name looks like it. Without a name it is the short address.
#[component]
pub fn PersonName(props: &PersonNameProps) -> Html {
    let people = use_slice::<People>().unwrap_or_default();
    let account = &props.account;
    html! {
        <>
            <Said text={people.name_of(account)} class={props.class.clone()} />
            if people.is_ambiguous(account) { <Which account={*account} /> }
        </>
    }
}

/// What [`Which`] shows.
#[derive(PartialEq, Properties)]
pub struct WhichProps {
    /// Account that is meant.
    pub account: Address,
}

/// Which of several people of one name.
#[component]
pub fn Which(props: &WhichProps) -> Html {
    html! { <>{" "}<code class="which" dir="ltr">{props.account.short()}</code></> }
}

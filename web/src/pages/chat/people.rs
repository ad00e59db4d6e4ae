//! The list of people in the room, and whether they are here now.

use std::rc::Rc;

use ting_core::peer::view::{ChatView, MemberView};
use yew::prelude::*;

use crate::{
    browser,
    overlays::use_overlays,
    parts::{
        icon::{Icon, Symbol},
        identicon::Identicon,
        said::Said,
    },
    people::People,
    store::use_slice,
};

/// What [`PeoplePanel`] shows.
#[derive(PartialEq, Properties)]
pub struct PeoplePanelProps {
    /// The chat, whose members it lists; none before it is known.
    pub view: Option<Rc<ChatView>>,
    /// Shows over the page where there is no room beside it.
    pub open: bool,
    /// Called to close it where it lies over the page.
    pub on_close: Callback<()>,
}

/// The list of people beside the messages.
#[component]
pub fn PeoplePanel(props: &PeoplePanelProps) -> Html {
    let on_close = props.on_close.clone();
    let onkeydown = {
        let on_close = props.on_close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                on_close.emit(());
            }
        })
    };
    use_effect_with(props.open, |open| {
        if *open {
            browser::focus(".panel-close");
        }
    });
    let members = props
        .view
        .as_deref()
        .map(|view| view.members.as_slice())
        .unwrap_or_default();
    let (here, away): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.online || member.me);
    html! {
        <aside class={classes!("panel", props.open.then_some("open"))} aria-label="People" {onkeydown}>
            <header class="panel-head">
                <h2>{"People"}</h2>
                <button class="icon-button panel-close" aria-label="Close people" onclick={move |_| on_close.emit(())}><Icon symbol={Symbol::Close} /></button>
            </header>
            {group("Here", &here)}
            {group("Away", &away)}
        </aside>
    }
}

fn group(title: &str, members: &[&MemberView]) -> Html {
    if members.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3>{format!("{title} — {}", members.len())}</h3>
            <ul class="people">
                {members.iter().map(|member| html! {
                    <Person key={member.account.to_string()} member={(*member).clone()} />
                }).collect::<Html>()}
            </ul>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct PersonProps {
    member: MemberView,
}

#[component]
fn Person(props: &PersonProps) -> Html {
    let overlays = use_overlays();
    let member = &props.member;
    let pay = {
        let to = member.account;
        Callback::from(move |_| overlays.pay(&to))
    };
    let people = use_slice::<People>().unwrap_or_default();
    let is_here = member.online || member.me;
    html! {
        <li class={classes!("person", (!is_here).then_some("away"))}>
            <span class="person-face">
                <Identicon account={member.account} />
                <span class={classes!("presence", is_here.then_some("here"))} title={if is_here { "Here" } else { "Away" }}></span>
            </span>
            <span class="person-text">
                <span class="person-name"><Said text={people.name_of(&member.account)} />if member.me { <span class="quiet">{" (you)"}</span> }</span>
                <code class="person-key">{member.account.short()}</code>
            </span>
            if !member.me {
                <button class="icon-button person-pay" aria-label={format!("Pay {}", people.words(&member.account))} onclick={pay}><Icon symbol={Symbol::Pay} /></button>
            }
        </li>
    }
}

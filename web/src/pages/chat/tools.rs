//! What can be done with a message: reply, pay, copy, details. On hover as buttons, else as a menu.

use ting_core::{
    codec::letters,
    crypto::hash::Hash,
    peer::view::{MessageContent, MessageView},
};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, Node};
use yew::prelude::*;
use yew_router::prelude::*;

use super::content::is_talk;
use crate::{
    browser, clipboard,
    drafts::Reply,
    overlays::use_overlays,
    parts::icon::{Icon, Symbol},
    route::Route,
    store::use_dispatch,
};

/// Characters of a message that its answer quotes, at most.
const QUOTED_CHARS: usize = 120;

/// The buttons beside a message that is hovered over. Whatever is no talk has details only, which are in the menu.
pub fn buttons(message: &MessageView, on_reply: &Callback<Reply>, on_menu: &Callback<()>) -> Html {
    let more = on_menu.reform(|_: MouseEvent| ());
    html! {
        <div class="tools">
            if is_talk(&message.content) {
                <button class="icon-button" tabindex="-1" aria-label="Reply" onclick={replied(message, on_reply, &Callback::noop())}><Icon symbol={Symbol::Reply} /></button>
            }
            <button class="icon-button" tabindex="-1" aria-label="More" onclick={more}><Icon symbol={Symbol::More} /></button>
        </div>
    }
}

/// What [`Menu`] needs.
#[derive(PartialEq, Properties)]
pub struct MenuProps {
    /// Message that the menu is of.
    pub message: MessageView,
    /// Called when it is to be answered.
    pub on_reply: Callback<Reply>,
    /// Called to close the menu.
    pub on_hide: Callback<()>,
}

/// The menu, which takes the focus.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let overlays = use_overlays();
    let dispatch = use_dispatch();
    let navigator = use_navigator();
    let menu = use_node_ref();
    let message = &props.message;
    let id = message.id;
    use_effect_with((), move |()| {
        browser::focus(&format!("[data-id='{id}'] [role=menuitem]"))
    });
    // Each of them puts the menu away first.
    let chosen = |act: Callback<()>| {
        let on_hide = props.on_hide.clone();
        Callback::from(move |_: MouseEvent| {
            on_hide.emit(());
            act.emit(());
        })
    };
    let author = message.author;
    let pay = chosen(Callback::from(move |()| overlays.pay(&author)));
    let text = text_of(&message.content).to_owned();
    let copy = chosen(Callback::from(move |()| {
        clipboard::copy(&text, dispatch.as_ref(), "The text is copied.")
    }));
    let details = chosen(Callback::from(move |()| {
        if let Some(navigator) = &navigator {
            navigator.push(&Route::Transaction { id: id.to_string() });
        }
    }));
    let onfocusout = {
        let (menu, on_hide) = (menu.clone(), props.on_hide.clone());
        Callback::from(move |event: FocusEvent| {
            let next = event
                .related_target()
                .and_then(|target| target.dyn_into::<Node>().ok());
            if menu.get().is_some_and(|menu| !menu.contains(next.as_ref())) {
                on_hide.emit(());
            }
        })
    };
    html! {
        <div ref={menu} class="menu" role="menu" aria-label="Message" {onfocusout} onkeydown={menu_keys(props.on_hide.clone(), id)}>
            if is_talk(&message.content) {
                <button role="menuitem" onclick={replied(message, &props.on_reply, &props.on_hide)}><Icon symbol={Symbol::Reply} />{"Reply"}</button>
                if !message.mine { <button role="menuitem" onclick={pay}><Icon symbol={Symbol::Pay} />{"Pay"}</button> }
                <button role="menuitem" onclick={copy}><Icon symbol={Symbol::Copy} />{"Copy text"}</button>
            }
            <button role="menuitem" onclick={details}><Icon symbol={Symbol::List} />{"Details"}</button>
        </div>
    }
}

/// Asks for the composer to answer the message, once what shows over it is hidden.
fn replied(
    message: &MessageView,
    on_reply: &Callback<Reply>,
    on_hide: &Callback<()>,
) -> Callback<MouseEvent> {
    let answered = Reply {
        id: message.id,
        author: message.author,
        excerpt: letters::beginning(text_of(&message.content), QUOTED_CHARS).to_owned(),
    };
    let (on_reply, on_hide) = (on_reply.clone(), on_hide.clone());
    Callback::from(move |_: MouseEvent| {
        on_hide.emit(());
        on_reply.emit(answered.clone());
    })
}

fn text_of(content: &MessageContent) -> &str {
    match content {
        MessageContent::Text { text, .. } => text,
        MessageContent::Payment { memo, .. } => memo,
        MessageContent::Joined | MessageContent::Unreadable => "",
    }
}

fn menu_keys(on_hide: Callback<()>, id: Hash) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        let focused = browser::focused();
        let next = match event.key().as_str() {
            "Escape" => {
                on_hide.emit(());
                browser::focus(&format!("[data-id='{id}']"));
                None
            }
            "ArrowDown" => focused.and_then(|item| item.next_element_sibling()),
            "ArrowUp" => focused.and_then(|item| item.previous_element_sibling()),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
            let _ = next.focus();
        }
    })
}

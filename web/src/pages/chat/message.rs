//! One line of the talk: a message, a payment, an arrival. Its coin changes in place.

use gloo_timers::callback::Timeout;
use ting_core::peer::view::{Delivery, MessageView};
use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use super::{
    content::{content, is_talk, kind_word},
    tools::{self, Menu},
};
use crate::{
    drafts::Reply,
    parts::{
        again::SendAgain,
        coin::{Coin, sentence, word},
        identicon::Identicon,
        link::PageLink,
        said::PersonName,
    },
    route::Route,
    when,
};

/// A finger that rests so long opens the menu.
const LONG_PRESS_MS: u32 = 450;

/// What [`Message`] shows.
#[derive(PartialEq, Properties)]
pub struct MessageProps {
    /// The message that it draws.
    pub message: MessageView,
    /// True if it shows its author, as the first of a group.
    pub begins_group: bool,
    /// Called when it is to be answered.
    pub on_reply: Callback<Reply>,
}

/// One line of the chat.
#[component]
pub fn Message(props: &MessageProps) -> Html {
    let has_menu = use_state_eq(|| false);
    let message = &props.message;
    let set_menu = {
        let has_menu = has_menu.setter();
        Callback::from(move |is_open: bool| has_menu.set(is_open))
    };
    let (show_menu, hide_menu) = (set_menu.reform(|()| true), set_menu.reform(|()| false));
    let (onpointerdown, release) = use_long_press(show_menu.clone());
    let onkeydown = {
        let show_menu = show_menu.clone();
        Callback::from(move |event: KeyboardEvent| {
            let on_line = event
                .target_dyn_into::<Element>()
                .is_some_and(|target| target.get_attribute("role").as_deref() == Some("article"));
            if on_line && matches!(event.key().as_str(), "Enter" | "ContextMenu") {
                event.prevent_default();
                show_menu.emit(());
            }
        })
    };
    let class = classes!(
        "line",
        kind_word(&message.content),
        message.mine.then_some("mine"),
        message.mentions_me.then_some("mentions-me"),
        props.begins_group.then_some("first"),
        word(message.delivery),
    );
    html! {
        <article {class} role="article" tabindex="-1" data-id={message.id.to_string()} data-delivery={word(message.delivery)}
            data-author={message.author.to_string()} {onkeydown} {onpointerdown} onpointerup={release.clone()}
            onpointercancel={release.clone()} onpointermove={release}>
            <div class="gutter">
                if props.begins_group && is_talk(&message.content) { <Identicon account={message.author} /> }
                else { <time class="gutter-time">{when::clock(message.time_ms)}</time> }
            </div>
            <div class="words">
                if props.begins_group && is_talk(&message.content) {
                    <header><PersonName account={message.author} class="author" />
                        <time title={when::exact(message.time_ms)}>{when::clock(message.time_ms)}</time></header>
                }
                {content(message)}
                if message.delivery == Delivery::Expired && message.mine { <p class="expired-words">{"No block took it in time. "}<SendAgain id={message.id} /></p> }
            </div>
            <PageLink to={Route::Transaction { id: message.id.to_string() }} class="coin-link" tabindex="-1" label={sentence(message.delivery)}>
                <Coin delivery={message.delivery} />
            </PageLink>
            if *has_menu { <Menu message={message.clone()} on_reply={props.on_reply.clone()} on_hide={hide_menu} /> }
            else { {tools::buttons(message, &props.on_reply, &show_menu)} }
        </article>
    }
}

/// What happens when a pointer goes down, and when it moves or goes up: a finger that rests shows the menu.
#[hook]
fn use_long_press(show_menu: Callback<()>) -> (Callback<PointerEvent>, Callback<PointerEvent>) {
    let pressed = use_mut_ref(|| None::<Timeout>);
    let press = {
        let pressed = pressed.clone();
        Callback::from(move |event: PointerEvent| {
            if event.pointer_type() == "touch" {
                let show_menu = show_menu.clone();
                *pressed.borrow_mut() = Some(Timeout::new(LONG_PRESS_MS, move || show_menu.emit(())));
            }
        })
    };
    let release = Callback::from(move |_: PointerEvent| drop(pressed.borrow_mut().take()));
    (press, release)
}

//! One line of the talk: a message, a payment, an arrival. Its coin changes in place.

use gloo_timers::callback::Timeout;
use ting_core::{
    codec::letters,
    crypto::hash::Hash,
    peer::view::{Delivery, MessageContent, MessageView, QuoteView},
};
use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;
use yew_router::prelude::*;

use super::log::Seek;
use crate::{
    amount::tng,
    browser, clipboard,
    drafts::Reply,
    frame::{Overlay, Overlays},
    markup::MarkedText,
    pages::wallet::PayRequest,
    parts::{
        again::SendAgain,
        coin::{Coin, sentence, word},
        icon::Icon,
        identicon::Identicon,
        link::PageLink,
        said::{PersonName, Said},
    },
    route::Route,
    store::use_dispatch,
    when,
};

/// A finger that rests so long opens the menu.
const LONG_PRESS_MS: u32 = 450;

/// What [`Message`] shows.
#[derive(PartialEq, Properties)]
pub struct MessageProps {
    /// The message.
    pub message: MessageView,
    /// It shows its author.
    pub begins_group: bool,
    /// It is to be answered.
    pub on_reply: Callback<Reply>,
}

/// One line of the talk.
#[component]
pub fn Message(props: &MessageProps) -> Html {
    let has_menu = use_state_eq(|| false);
    let pressed = use_mut_ref(|| None::<Timeout>);
    let message = &props.message;
    let show_menu = {
        let has_menu = has_menu.setter();
        Callback::from(move |()| has_menu.set(true))
    };
    let hide_menu = {
        let has_menu = has_menu.setter();
        Callback::from(move |()| has_menu.set(false))
    };
    let onpointerdown = {
        let (pressed, show_menu) = (pressed.clone(), show_menu.clone());
        Callback::from(move |event: PointerEvent| {
            if event.pointer_type() == "touch" {
                let show_menu = show_menu.clone();
                *pressed.borrow_mut() = Some(Timeout::new(LONG_PRESS_MS, move || show_menu.emit(())));
            }
        })
    };
    let release = Callback::from(move |_: PointerEvent| drop(pressed.borrow_mut().take()));
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
                <Content message={message.clone()} />
                if message.delivery == Delivery::Expired && message.mine { <p class="expired-words">{"No block took it in time. "}<SendAgain id={message.id} /></p> }
            </div>
            <PageLink to={Route::Transaction { id: message.id.to_string() }} class="coin-link" tabindex="-1" label={sentence(message.delivery)}>
                <Coin delivery={message.delivery} />
            </PageLink>
            <Tools message={message.clone()} on_reply={props.on_reply.clone()} has_menu={*has_menu} on_menu={show_menu} on_hide={hide_menu} />
        </article>
    }
}

const fn kind_word(content: &MessageContent) -> &'static str {
    match content {
        MessageContent::Text { .. } | MessageContent::Unreadable => "talked",
        MessageContent::Payment { .. } => "payment",
        MessageContent::Joined => "joined",
    }
}

const fn is_talk(content: &MessageContent) -> bool {
    matches!(content, MessageContent::Text { .. } | MessageContent::Unreadable)
}

#[derive(PartialEq, Properties)]
struct ContentProps {
    message: MessageView,
}

#[component]
fn Content(props: &ContentProps) -> Html {
    let message = &props.message;
    match &message.content {
        MessageContent::Text {
            text,
            reply_to,
            mentions,
        } => html! {
            <>
                if let Some(quote) = reply_to { <Quote quote={quote.clone()} /> }
                <MarkedText text={text.clone()} mentions={mentions.clone()} />
            </>
        },
        MessageContent::Payment {
            to,
            amount_micro,
            memo,
        } => html! {
            <p class="payment-words" title={when::exact(message.time_ms)}>
                <Identicon account={message.author} class="small" /><strong><PersonName account={message.author} /></strong>{" paid "}
                <Identicon account={*to} class="small" /><strong><PersonName account={*to} /></strong>{" "}
                <span class="amount">{tng(*amount_micro)}</span>
                if !memo.is_empty() { <Said text={memo.clone()} class="memo" /> }
            </p>
        },
        MessageContent::Joined => html! {
            <p class="joined-words" title={when::exact(message.time_ms)}>
                <Identicon account={message.author} class="small" /><strong><PersonName account={message.author} /></strong>{" joined the room"}
            </p>
        },
        MessageContent::Unreadable => {
            html! { <p class="text quiet">{"A message that this version cannot read."}</p> }
        }
    }
}

#[derive(PartialEq, Properties)]
struct QuoteProps {
    quote: QuoteView,
}

#[component]
fn Quote(props: &QuoteProps) -> Html {
    let show = {
        let (id, seek) = (props.quote.id, use_context::<Seek>());
        Callback::from(move |_: MouseEvent| seek.iter().for_each(|seek| seek.0.emit(id)))
    };
    html! {
        <button class="quote" onclick={show}>
            if let Some(account) = props.quote.author { <PersonName {account} class="quote-author" /> } else { <span class="quote-author">{"Somebody"}</span> }
            if props.quote.excerpt.is_empty() { {"…"} } else { <Said text={props.quote.excerpt.clone()} class="quote-text" /> }
        </button>
    }
}

#[derive(PartialEq, Properties)]
struct ToolsProps {
    message: MessageView,
    on_reply: Callback<Reply>,
    has_menu: bool,
    on_menu: Callback<()>,
    on_hide: Callback<()>,
}

/// Reply, pay, copy, details: on hover as buttons, else as a menu. Whatever is no talk has details only.
#[component]
fn Tools(props: &ToolsProps) -> Html {
    let overlays = use_context::<Overlays>();
    let dispatch = use_dispatch();
    let menu = use_node_ref();
    use_effect_with(props.has_menu, {
        let id = props.message.id;
        move |has_menu| {
            if *has_menu {
                browser::focus(&format!("[data-id='{id}'] [role=menuitem]"));
            }
        }
    });
    let message = &props.message;
    let text = match &message.content {
        MessageContent::Text { text, .. } => text.clone(),
        MessageContent::Payment { memo, .. } => memo.clone(),
        _ => String::new(),
    };
    let reply = {
        let answered = Reply {
            id: message.id,
            author: message.author,
            excerpt: letters::beginning(&text, 120).to_owned(),
        };
        let (on_reply, on_hide) = (props.on_reply.clone(), props.on_hide.clone());
        Callback::from(move |_: MouseEvent| {
            on_hide.emit(());
            on_reply.emit(answered.clone());
        })
    };
    let pay = {
        let (to, on_hide) = (message.author.to_string(), props.on_hide.clone());
        Callback::from(move |_: MouseEvent| {
            on_hide.emit(());
            if let Some(overlays) = &overlays {
                overlays.show(Overlay::Pay(PayRequest {
                    to: to.clone(),
                    ..PayRequest::default()
                }));
            }
        })
    };
    let copy = {
        let on_hide = props.on_hide.clone();
        Callback::from(move |_: MouseEvent| {
            on_hide.emit(());
            clipboard::copy(&text, dispatch.as_ref(), "The text is copied.");
        })
    };
    let details = {
        let (id, navigator, on_hide) = (message.id, use_navigator(), props.on_hide.clone());
        Callback::from(move |_: MouseEvent| {
            on_hide.emit(());
            if let Some(navigator) = &navigator {
                navigator.push(&Route::Transaction { id: id.to_string() });
            }
        })
    };
    let can_answer = is_talk(&message.content);
    if !props.has_menu {
        let more = props.on_menu.clone();
        return html! {
            <div class="tools">
                if can_answer { <button class="icon-button" tabindex="-1" aria-label="Reply" onclick={reply}><Icon name="reply" /></button> }
                <button class="icon-button" tabindex="-1" aria-label="More" onclick={move |_| more.emit(())}><Icon name="more" /></button>
            </div>
        };
    }
    let onfocusout = {
        let (menu, on_hide) = (menu.clone(), props.on_hide.clone());
        Callback::from(move |event: FocusEvent| {
            let next = event
                .related_target()
                .and_then(|target| wasm_bindgen::JsCast::dyn_into::<web_sys::Node>(target).ok());
            if menu.get().is_some_and(|menu| !menu.contains(next.as_ref())) {
                on_hide.emit(());
            }
        })
    };
    html! {
        <div ref={menu} class="menu" role="menu" aria-label="Message" {onfocusout} onkeydown={menu_keys(props.on_hide.clone(), message.id)}>
            if can_answer {
                <button role="menuitem" onclick={reply}><Icon name="reply" />{"Reply"}</button>
                if !message.mine { <button role="menuitem" onclick={pay}><Icon name="pay" />{"Pay"}</button> }
                <button role="menuitem" onclick={copy}><Icon name="copy" />{"Copy text"}</button>
            }
            <button role="menuitem" onclick={details}><Icon name="list" />{"Details"}</button>
        </div>
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
        if let Some(next) =
            next.and_then(|next| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(next).ok())
        {
            let _ = next.focus();
        }
    })
}

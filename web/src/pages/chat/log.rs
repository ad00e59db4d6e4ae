//! The list of messages: stays at the end while one reads there, stays put when earlier ones come, and says what is unread.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use ting_core::{
    crypto::hash::Hash,
    peer::{command::Command, view::ChatView},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, KeyboardEvent, ResizeObserver};
use yew::prelude::*;

use super::{
    message::Message,
    rows::{Row, rows},
};
use crate::{
    browser,
    client::{Client, use_client},
    drafts::Reply,
    parts::{icon::Icon, said::Said},
    when,
};

/// So close to the end counts as at the end, in pixels.
const END_PX: i32 = 48;
/// So close to the beginning asks for earlier messages, in pixels.
const BEGINNING_PX: i32 = 200;

/// What [`MessageLog`] shows.
#[derive(PartialEq, Properties)]
pub struct LogProps {
    /// The channel.
    pub view: Rc<ChatView>,
    /// The beginning is near; so many messages show.
    pub on_earlier: Callback<usize>,
    /// A message is to be answered.
    pub on_reply: Callback<Reply>,
}

/// Where the reader is.
struct Place {
    at_end: bool,
    height: i32,
    top: i32,
    first: Option<Hash>,
    unread_line: Option<Hash>,
    /// The channel was just opened, or the page just came back to light: what is unread now is marked by the line.
    is_fresh: bool,
    marked: Option<Hash>,
}

impl Place {
    const fn new() -> Self {
        Self {
            at_end: true,
            height: 0,
            top: 0,
            first: None,
            unread_line: None,
            is_fresh: true,
            marked: None,
        }
    }

    /// Decides where the unread line stands; it stays while the channel is open, though the messages are read.
    fn take_unread(&mut self, view: &ChatView) -> Option<Hash> {
        if (self.is_fresh || !self.at_end) && self.unread_line.is_none() {
            self.unread_line = view.first_unread;
        }
        self.is_fresh = false;
        self.unread_line
    }

    /// After drawing: goes on to the end, or keeps what is read where it was when earlier messages came above it.
    fn settle(&mut self, element: &Element, view: &ChatView) {
        let first = view.messages.first().map(|message| message.id);
        let came_above =
            self.first != first && view.messages.iter().any(|message| Some(message.id) == self.first);
        if self.at_end {
            element.set_scroll_top(element.scroll_height());
        } else if came_above {
            element.set_scroll_top(element.scroll_height() - self.height + self.top);
        }
        self.first = first;
        self.note(element);
    }

    fn note(&mut self, element: &Element) {
        self.height = element.scroll_height();
        self.top = element.scroll_top();
    }

    /// Marks the channel as read once its end was seen.
    fn mark_read(&mut self, client: &Client, view: &ChatView) {
        let last = view.messages.last().map(|message| message.id);
        let unread = view
            .channels
            .iter()
            .any(|channel| channel.name == view.channel && channel.unread > 0);
        if self.at_end && unread && self.marked != last && browser::is_visible() {
            self.marked = last;
            client.submit(Command::MarkRead {
                channel: view.channel.clone(),
            });
        }
    }
}

/// The talk of one channel.
#[component]
pub fn MessageLog(props: &LogProps) -> Html {
    let node = use_node_ref();
    let place = use_mut_ref(Place::new);
    let is_away = use_state_eq(|| false);
    let client = use_client();
    let view = Rc::clone(&props.view);
    let unread_line = place.borrow_mut().take_unread(&view);
    use_effect({
        let (node, place, view, client) = (node.clone(), Rc::clone(&place), Rc::clone(&view), client.clone());
        move || {
            if let Some(element) = node.cast::<Element>() {
                place.borrow_mut().settle(&element, &view);
                place.borrow_mut().mark_read(&client, &view);
            }
        }
    });
    use_staying_at_end(&node, &place);
    use_freshness(&place);
    let onscroll = {
        let (node, place, view, client) = (node.clone(), Rc::clone(&place), Rc::clone(&view), client);
        let (is_away, on_earlier) = (is_away.setter(), props.on_earlier.clone());
        Callback::from(move |_: Event| {
            let Some(element) = node.cast::<Element>() else {
                return;
            };
            let mut place = place.borrow_mut();
            let is_near = element.scroll_height() - element.scroll_top() - element.client_height() < END_PX;
            // Only a reader leaves the end: a list that shrinks or grows does not move backwards.
            place.at_end = is_near || (place.at_end && element.scroll_top() >= place.top);
            place.note(&element);
            place.mark_read(&client, &view);
            is_away.set(!place.at_end);
            if element.scroll_top() < BEGINNING_PX && view.has_earlier {
                on_earlier.emit(view.messages.len());
            }
        })
    };
    let to_end = {
        let node = node.clone();
        Callback::from(move |_| {
            if let Some(element) = node.cast::<Element>() {
                element.set_scroll_top(element.scroll_height());
            }
        })
    };
    let unread = view
        .channels
        .iter()
        .find(|channel| channel.name == view.channel)
        .map_or(0, |channel| channel.unread);
    html! {
        <div class="log-frame">
            <div ref={node} class="log" role="log" aria-label="Messages" aria-live="off" tabindex="0" {onscroll} onkeydown={Callback::from(walk)}>
                if view.messages.is_empty() { <EmptyChannel channel={view.channel.clone()} /> }
                {rows(&view.messages, unread_line, when::day).iter().map(|row| draw(row, &props.on_reply)).collect::<Html>()}
            </div>
            if *is_away {
                <button class="button to-end" onclick={to_end}>
                    <Icon name="down" />{"Latest"}if unread > 0 { <span class="badge">{unread.min(99)}</span> }
                </button>
            }
        </div>
    }
}

fn draw(row: &Row, on_reply: &Callback<Reply>) -> Html {
    match row {
        Row::Day(day) => html! {
            <div key={format!("day-{day}")} class="day" role="separator"><span>{when::day_name(*day)}</span></div>
        },
        Row::Unread => {
            html! { <div key="unread" class="unread-line" role="separator"><span>{"New"}</span></div> }
        }
        Row::Message {
            message,
            begins_group,
        } => {
            html! {
                <Message key={message.id.to_string()} message={(*message).clone()} begins_group={*begins_group} on_reply={on_reply.clone()} />
            }
        }
    }
}

#[derive(PartialEq, Properties)]
struct EmptyChannelProps {
    channel: String,
}

#[component]
fn EmptyChannel(props: &EmptyChannelProps) -> Html {
    html! {
        <div class="empty first">
            <Icon name="Chat" />
            <p class="empty-title">{"This is the beginning of #"}<Said text={props.channel.clone()} /></p>
            <p class="empty-text">{"Everybody with the invite link can read this channel, today and later. The relay between you sees only sealed, padded frames."}</p>
        </div>
    }
}

/// Stays at the end when the list changes its size: a keyboard opens, the composer grows, a panel comes.
#[hook]
fn use_staying_at_end(node: &NodeRef, place: &Rc<RefCell<Place>>) {
    let (node, place) = (node.clone(), Rc::clone(place));
    use_effect_with((), move |()| {
        let element = node.cast::<Element>();
        let changed = Closure::<dyn Fn()>::new({
            let element = element.clone();
            move || {
                if let (Some(element), true) = (&element, place.borrow().at_end) {
                    element.set_scroll_top(element.scroll_height());
                }
            }
        });
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
        }
        move || {
            observer.iter().for_each(ResizeObserver::disconnect);
            drop(changed);
        }
    });
}

/// A page that comes back to light marks anew what came meanwhile.
#[hook]
fn use_freshness(place: &Rc<RefCell<Place>>) {
    let place = Rc::clone(place);
    use_effect_with((), move |()| {
        let listener = browser::document().map(|document| {
            EventListener::new(&document, "visibilitychange", move |_| {
                if !browser::is_visible() {
                    let mut place = place.borrow_mut();
                    (place.is_fresh, place.unread_line) = (true, None);
                }
            })
        });
        move || drop(listener)
    });
}

/// Arrow keys walk through the messages.
fn walk(event: KeyboardEvent) {
    let Some(list) = event
        .current_target()
        .and_then(|target| target.dyn_into::<Element>().ok())
    else {
        return;
    };
    let focused =
        browser::focused().filter(|focused| focused.get_attribute("role").as_deref() == Some("article"));
    let step = |element: Element, forward: bool| -> Option<Element> {
        let mut next = Some(element);
        loop {
            next = next.and_then(|element| {
                if forward {
                    element.next_element_sibling()
                } else {
                    element.previous_element_sibling()
                }
            });
            match &next {
                Some(element) if element.get_attribute("role").as_deref() != Some("article") => {}
                _ => return next,
            }
        }
    };
    let next = match (event.key().as_str(), focused) {
        ("ArrowUp", Some(element)) => step(element.into(), false),
        ("ArrowDown", Some(element)) => step(element.into(), true),
        ("ArrowUp", None) => list.last_element_child(),
        _ => return,
    };
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        let _ = next.focus();
    }
}

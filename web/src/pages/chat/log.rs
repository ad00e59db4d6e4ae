//! The list of messages: stays where its reader is, and says what is unread.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_events::EventListener;
use ting_core::{
    crypto::hash::Hash,
    peer::{command::Command, view::ChatView},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, KeyboardEvent, MutationObserver, MutationObserverInit, ResizeObserver};
use yew::prelude::*;

use super::{
    content::Seek,
    message::Message,
    place::Place,
    rows::{Row, rows},
};
use crate::{
    bridge::Unread,
    browser,
    client::{Client, use_client},
    drafts::Reply,
    parts::{
        empty::Skeleton,
        icon::{Icon, Symbol},
        said::Said,
        ticker::use_today,
    },
    store::{Dispatch, Tone, use_dispatch, use_slice},
    when,
};

/// With fewer messages above those in sight, earlier ones are asked for.
const LINES_AHEAD: usize = 20;

/// What [`MessageLog`] shows.
#[derive(PartialEq, Properties)]
pub struct LogProps {
    /// The chat, open at the channel.
    pub view: Rc<ChatView>,
    /// Called when earlier messages are wanted, with the number of those that show.
    pub on_earlier: Callback<usize>,
    /// Called when a message is to be answered.
    pub on_reply: Callback<Reply>,
    /// So many messages were sent from here while this shows.
    pub sent: u64,
}

/// The list and where its reader is.
#[derive(Clone)]
struct Reader {
    node: NodeRef,
    place: Rc<RefCell<Place>>,
    shown: Rc<RefCell<Option<Rc<ChatView>>>>,
    is_elsewhere: UseStateSetter<bool>,
    on_earlier: Callback<usize>,
    client: Client,
}

impl Reader {
    /// Takes a change in, and does what follows from where the reader is then.
    fn after(&self, change: impl FnOnce(&mut Place, &Element)) {
        let (Some(list), Some(view)) = (self.node.cast::<Element>(), self.shown.borrow().clone()) else {
            return;
        };
        let mut place = self.place.borrow_mut();
        change(&mut place, &list);
        if place.reads(&view) {
            self.client.submit(Command::MarkRead {
                channel: view.channel.clone(),
            });
        }
        self.is_elsewhere.set(!place.is_at_end());
        if view.has_earlier && place.lines_above(&view) < LINES_AHEAD {
            self.on_earlier.emit(view.messages.len());
        }
    }

    /// Keeps the place for whoever comes back.
    fn keep(&self) {
        if let Some(view) = &*self.shown.borrow() {
            self.place.borrow().keep(&view.channel, view.messages.len());
        }
    }

    /// Goes to a message if it shows, else asks for earlier ones. False as long as it is on its way.
    fn seek(&self, id: &Hash, view: &ChatView, dispatch: Option<&Dispatch>) -> bool {
        let line = format!("[data-id='{id}']");
        if browser::exists(&line) {
            browser::focus(&line);
            self.after(Place::take_scroll);
            return true;
        }
        if view.has_earlier {
            self.on_earlier.emit(view.messages.len());
        } else if let Some(dispatch) = dispatch {
            dispatch.toast(Tone::Plain, "That message is no longer kept here.");
        }
        !view.has_earlier
    }
}

/// The list of one channel's messages, which keeps its reader's place.
#[component]
pub fn MessageLog(props: &LogProps) -> Html {
    let channel = props.view.channel.clone();
    let is_elsewhere = use_state_eq(|| false);
    let reader = Reader {
        node: use_node_ref(),
        place: use_mut_ref(move || Place::in_channel(&channel)),
        shown: use_mut_ref(|| None),
        is_elsewhere: is_elsewhere.setter(),
        on_earlier: props.on_earlier.clone(),
        client: use_client(),
    };
    let is_beyond = reader.place.borrow().is_beyond(&props.view);
    if !is_beyond {
        reader.shown.replace(Some(Rc::clone(&props.view)));
    }
    let view = reader.shown.borrow().clone();
    let list = reader.node.cast::<Element>();
    reader.place.borrow_mut().begin_drawing(list.as_ref());
    let new_line = view
        .as_ref()
        .and_then(|view| reader.place.borrow_mut().new_line(view, list.as_ref()));
    let is_caught_up = use_caught_up(&reader);
    let sought = use_sought(&reader, &props.view);
    use_effect({
        let (reader, newest) = (reader.clone(), Rc::clone(&props.view));
        move || {
            reader.after(Place::settle);
            if is_beyond {
                reader.on_earlier.emit(newest.messages.len());
            }
            if is_caught_up.get() && browser::is_attended() {
                reader.place.borrow_mut().come_back();
            }
        }
    });
    use_changes(&reader);
    let onscroll = {
        let reader = reader.clone();
        Callback::from(move |_: Event| reader.after(Place::take_scroll))
    };
    let to_end = {
        let reader = reader.clone();
        Callback::from(move |_| reader.after(Place::go_on_to_end))
    };
    // What one sent stands at the end.
    use_effect_with(props.sent, {
        let reader = reader.clone();
        move |sent| {
            if *sent > 0 {
                reader.after(Place::go_on_to_end);
            }
        }
    });
    let today = use_today();
    let Some(view) = view else {
        return html! { <div class="log-frame"><div ref={reader.node} class="log"><Skeleton rows={6} /></div></div> };
    };
    let beginning = if view.messages.is_empty() {
        empty_channel(&view.channel)
    } else {
        Html::default()
    };
    let unread = view
        .channels
        .iter()
        .find(|channel| channel.name == view.channel)
        .map_or(0, |channel| channel.unread);
    html! {
        <div class="log-frame">
            <ContextProvider<Seek> context={sought}>
            <div ref={reader.node} class="log" role="log" aria-label="Messages" aria-live="off" tabindex="0" {onscroll} onkeydown={Callback::from(walk)}>
                <div class="log-lines">
                    {beginning}
                    {rows(&view.messages, new_line, when::day).iter().map(|row| draw(row, today, &props.on_reply)).collect::<Html>()}
                </div>
            </div>
            </ContextProvider<Seek>>
            if *is_elsewhere {
                <button class="button to-end" onclick={to_end}>
                    <Icon symbol={Symbol::Down} />{"Latest"}if unread > 0 { <span class="badge">{unread.min(99)}</span> }
                </button>
            }
        </div>
    }
}

fn draw(row: &Row, today: u64, on_reply: &Callback<Reply>) -> Html {
    match row {
        Row::Day(day) => html! {
            <div key={format!("day-{day}")} class="day" role="separator"><span>{when::day_name(*day, today)}</span></div>
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

fn empty_channel(channel: &str) -> Html {
    html! {
        <div class="empty first">
            <Icon symbol={Symbol::Chat} />
            <p class="empty-title">{"This is the beginning of #"}<Said text={channel.to_owned()} /></p>
            <p class="empty-text">{"Everybody with the invite link can read this channel, today and later. The relay between you sees only sealed, padded frames."}</p>
        </div>
    }
}

/// Lines come and go, or the list or its lines change their sizes: a keyboard opens, the composer grows, a panel comes, something is
/// unfolded. All of this is heard before the browser paints it; effects may come later.
#[hook]
fn use_changes(reader: &Reader) {
    let reader = reader.clone();
    let is_shown = reader.shown.borrow().is_some();
    use_effect_with(is_shown, move |_| {
        let changed = Closure::<dyn Fn()>::new({
            let reader = reader.clone();
            move || reader.after(Place::take_size)
        });
        let sizes = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
        let comings_and_goings = MutationObserver::new(changed.as_ref().unchecked_ref()).ok();
        let list = reader.node.cast::<Element>();
        let lines = list.as_ref().and_then(Element::first_element_child);
        if let (Some(sizes), Some(comings_and_goings), Some(list), Some(lines)) =
            (&sizes, &comings_and_goings, &list, &lines)
        {
            sizes.observe(list);
            sizes.observe(lines);
            let of_lines = MutationObserverInit::new();
            of_lines.set_child_list(true);
            let _ = comings_and_goings.observe_with_options(lines, &of_lines);
        }
        move || {
            sizes.iter().for_each(ResizeObserver::disconnect);
            comings_and_goings.iter().for_each(MutationObserver::disconnect);
            drop(changed);
        }
    });
}

/// Whether what came while nobody looked is drawn. Notices when somebody looks and when nobody does, and keeps the place for later when
/// the page goes.
#[hook]
fn use_caught_up(reader: &Reader) -> Rc<Cell<bool>> {
    let is_caught_up = use_memo((), |()| Rc::new(Cell::new(false)));
    is_caught_up.set(use_slice::<Unread>().is_some_and(|unread| unread.is_caught_up));
    use_effect_with((), {
        let (reader, is_caught_up) = (reader.clone(), Rc::clone(&is_caught_up));
        move |()| {
            let turned = {
                let reader = reader.clone();
                move |_: &Event| {
                    reader.after(|place, _| {
                        if !browser::is_attended() {
                            place.leave();
                        } else if is_caught_up.get() {
                            place.come_back();
                        }
                    });
                }
            };
            let listeners = browser::window()
                .zip(browser::document())
                .map(|(window, document)| {
                    let leaving = reader.clone();
                    [
                        EventListener::new(&document, "visibilitychange", turned.clone()),
                        EventListener::new(&window, "focus", turned.clone()),
                        EventListener::new(&window, "blur", turned),
                        EventListener::new(&window, "pagehide", move |_| leaving.keep()),
                    ]
                });
            move || {
                drop(listeners);
                reader.keep();
            }
        }
    });
    Rc::clone(&is_caught_up)
}

/// Goes to messages that somebody looks for, loading the talk as far back as it takes.
#[hook]
fn use_sought(reader: &Reader, newest: &Rc<ChatView>) -> Seek {
    let sought = use_state_eq(|| None::<Hash>);
    let dispatch = use_dispatch();
    use_effect_with((*sought, Rc::clone(newest)), {
        let (reader, sought) = (reader.clone(), sought.setter());
        move |(id, newest): &(Option<Hash>, Rc<ChatView>)| {
            if id.is_some_and(|id| reader.seek(&id, newest, dispatch.as_ref())) {
                sought.set(None);
            }
        }
    });
    let sought = sought.setter();
    Seek(Callback::from(move |id| sought.set(Some(id))))
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
        ("ArrowUp", None) => list
            .first_element_child()
            .and_then(|lines| lines.last_element_child()),
        _ => return,
    };
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        let _ = next.focus();
    }
}

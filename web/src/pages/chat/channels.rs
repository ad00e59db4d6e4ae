//! The list of channels, in the rail and as a menu, and the way to a new one.

use ting_core::peer::view::{ChannelView, ChatView};
use web_sys::HtmlInputElement;
use yew::prelude::*;
use yew_router::prelude::*;

use super::spoken::channel_name;
use crate::{
    parts::{
        dialog::Dialog,
        icon::{Icon, Symbol},
        link::PageLink,
        said::Said,
    },
    route::{HALL, Route},
    store::{Session, use_slice},
};

/// The channels, the open one among them even if nobody wrote there yet.
fn channels_with(view: Option<&ChatView>, open: &str) -> Vec<ChannelView> {
    let mut channels = view.map(|view| view.channels.clone()).unwrap_or_default();
    for name in [HALL, open] {
        if channels.iter().all(|channel| channel.name != name) {
            channels.push(ChannelView {
                name: name.to_owned(),
                messages: 0,
                unread: 0,
                mentions: 0,
            });
        }
    }
    channels
}

/// Channels with their unread marks, and a button for a new one.
#[component]
pub fn ChannelList() -> Html {
    let view = use_slice::<ChatView>();
    let route = use_route::<Route>();
    let open = route.as_ref().and_then(Route::shown_channel).unwrap_or(HALL);
    let is_making = use_state_eq(|| false);
    let make = {
        let is_making = is_making.setter();
        Callback::from(move |_: MouseEvent| is_making.set(true))
    };
    let end = {
        let is_making = is_making.setter();
        Callback::from(move |()| is_making.set(false))
    };
    let entries: Html = channels_with(view.as_deref(), open)
        .iter()
        .map(|channel| entry(channel, open))
        .collect();
    html! {
        <nav class="channels" aria-label="Channels">
            <div class="channels-head">
                <h2>{"Channels"}</h2>
                <button class="icon-button" aria-label="New channel" onclick={make}><Icon symbol={Symbol::Plus} /></button>
            </div>
            {entries}
            if *is_making { <NewChannel on_close={end} /> }
        </nav>
    }
}

fn entry(channel: &ChannelView, open: &str) -> Html {
    let to = Route::channel(&channel.name);
    let is_open = channel.name == open;
    html! {
        <PageLink key={channel.name.clone()} {to} class={classes!("channel", (channel.unread > 0 && !is_open).then_some("unread"))} current={is_open}>
            <span class="channel-hash" aria-hidden="true">{"#"}</span><Said text={channel.name.clone()} class="channel-name" />
            if channel.unread > 0 && !is_open {
                <span class={classes!("badge", (channel.mentions > 0).then_some("mentions"))} title={format!("{} unread", channel.unread)}>
                    {if channel.mentions > 0 { "@" } else { "" }}{channel.unread.min(99)}
                </span>
            }
        </PageLink>
    }
}

/// What [`ChannelMenu`] shows.
#[derive(PartialEq, Properties)]
pub struct ChannelMenuProps {
    /// Name of the open channel, without `#`.
    pub channel: AttrValue,
}

/// The open channel as the heading; on a phone, a click opens the list.
#[component]
pub fn ChannelMenu(props: &ChannelMenuProps) -> Html {
    let is_open = use_state_eq(|| false);
    let view = use_slice::<ChatView>();
    let elsewhere = view
        .iter()
        .flat_map(|view| &view.channels)
        .filter(|channel| channel.name != props.channel.as_str());
    let unread: u32 = elsewhere.map(|channel| channel.unread).sum();
    let open = {
        let is_open = is_open.setter();
        Callback::from(move |_: MouseEvent| is_open.set(true))
    };
    let close = {
        let is_open = is_open.setter();
        Callback::from(move |()| is_open.set(false))
    };
    html! {
        <>
            <button class="button quiet phone-only" aria-label="Channels" onclick={open}>
                <Icon symbol={Symbol::List} />if unread > 0 { <span class="badge">{unread.min(99)}</span> }
            </button>
            <div class="channel-head">
                <h1 class="channel-title"><span class="channel-hash">{"#"}</span><Said text={props.channel.clone()} /></h1>
                <RoomName />
            </div>
            if *is_open {
                <Dialog title="Channels" on_close={close} class="sheet"><ChannelList /></Dialog>
            }
        </>
    }
}

/// Which room this is, where no rail says it.
#[component]
fn RoomName() -> Html {
    let session = use_slice::<Session>();
    let room = session
        .as_deref()
        .and_then(Session::started)
        .map(|started| started.room.clone());
    html! { <p class="room-name phone-only">{room}</p> }
}

#[derive(PartialEq, Properties)]
struct NewChannelProps {
    on_close: Callback<()>,
}

#[component]
fn NewChannel(props: &NewChannelProps) -> Html {
    let typed = use_state_eq(String::new);
    let navigator = use_navigator();
    let name = channel_name(&typed);
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let onsubmit = {
        let (name, on_close) = (name.clone(), props.on_close.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let (Some(channel), Some(navigator)) = (name.clone(), &navigator) {
                on_close.emit(());
                navigator.push(&Route::channel(&channel));
            }
        })
    };
    html! {
        <Dialog title="New channel" on_close={props.on_close.clone()}>
            <form {onsubmit}>
                <label class="label" for="channel-name">{"Name"}</label>
                <input id="channel-name" class="field" aria-label="Channel name" autofocus=true autocomplete="off" value={(*typed).clone()} {oninput} />
                <p class="hint">
                    if let Some(name) = &name { {"#"}<Said text={name.clone()} />{" appears for everybody with its first message."} }
                    else { {"Letters, digits and dashes."} }
                </p>
                <div class="actions"><button class="button primary" disabled={name.is_none()}>{"Open channel"}</button></div>
            </form>
        </Dialog>
    }
}

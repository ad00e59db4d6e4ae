//! The palette: go somewhere, pay somebody, copy the invite, find a message or a block.

mod entries;

use std::rc::Rc;

use ting_core::peer::{
    command::Command,
    view::{ChainView, ChatView, PulseView},
};
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;
use yew_router::prelude::*;

use self::entries::{Act, Entry, entries, known_blocks};
use crate::{
    browser,
    client::use_client,
    clipboard,
    invite::invite_link,
    overlays::{Overlay, use_overlays},
    parts::{
        dialog::Dialog,
        icon::{Icon, Symbol},
        listbox::{List, Listbox, option_id},
        said::Said,
    },
    people::People,
    route::{LastChat, Route},
    store::{Session, use_dispatch, use_slice},
};

/// Id of the list in the page, for the field that controls it.
const LIST_ID: &str = "palette-list";

/// What [`Palette`] needs.
#[derive(PartialEq, Properties)]
pub struct PaletteProps {
    /// Called to close the palette.
    pub on_close: Callback<()>,
}

/// The palette: a field that finds pages, people, messages and blocks.
#[component]
pub fn Palette(props: &PaletteProps) -> Html {
    let text = use_state_eq(String::new);
    let chosen = use_state_eq(|| 0_usize);
    let (chat, people) = (use_slice::<ChatView>(), use_slice::<People>());
    let (pulse, chain) = (use_slice::<PulseView>(), use_slice::<ChainView>());
    let entries = Rc::new(entries(
        &text,
        chat.as_deref(),
        people.as_deref(),
        &use_context::<LastChat>().unwrap_or_default(),
        &known_blocks(pulse.as_deref(), chain.as_deref()),
    ));
    let on_take = {
        let (entries, act) = (Rc::clone(&entries), use_act(props.on_close.clone()));
        Callback::from(move |place: usize| {
            if let Some(entry) = entries.get(place) {
                act.emit(entry.act.clone());
            }
        })
    };
    let oninput = {
        let (text, chosen) = (text.clone(), chosen.clone());
        Callback::from(move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlInputElement>().value());
            chosen.set(0);
        })
    };
    let onkeydown = {
        let (entries, chosen, on_take) = (Rc::clone(&entries), chosen.clone(), on_take.clone());
        Callback::from(move |event: KeyboardEvent| {
            if browser::is_composing(&event) {
                return;
            }
            let list = List {
                count: entries.len(),
                chosen: Some(*chosen),
            };
            match event.key().as_str() {
                "ArrowDown" => chosen.set(list.below()),
                "ArrowUp" => chosen.set(list.above()),
                "Enter" => on_take.emit(*chosen),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let row = |entry: &Entry| {
        html! {
            <><Icon symbol={entry.symbol} /><Said text={entry.title.clone()} class="palette-title" />
            <Said text={entry.hint.clone()} class="palette-hint" /></>
        }
    };
    let found = Listbox {
        id: LIST_ID,
        label: "Found",
        class: None,
        rows: entries.iter().map(row).collect(),
        chosen: Some(*chosen),
        on_take: &on_take,
    };
    html! {
        <Dialog title="Palette" on_close={props.on_close.clone()} class="palette" bare=true>
            <div class="palette-input focus-frame">
                <Icon symbol={Symbol::Search} />
                <input autofocus=true role="combobox" aria-label="Go to, pay, find" aria-autocomplete="list" aria-expanded="true" aria-controls={LIST_ID}
                    aria-activedescendant={entries.get(*chosen).map(|_| option_id(LIST_ID, *chosen))} placeholder="Go to, pay somebody, find…"
                    value={(*text).clone()} {oninput} {onkeydown} />
            </div>
            {found.draw()}
            <p class="palette-none" role="status">if entries.is_empty() { {"Nothing found. Only what this page has seen is searched."} }</p>
        </Dialog>
    }
}

#[hook]
fn use_act(on_close: Callback<()>) -> Callback<Act> {
    let navigator = use_navigator();
    let overlays = use_overlays();
    let session = use_slice::<Session>();
    let dispatch = use_dispatch();
    let client = use_client();
    Callback::from(move |act: Act| {
        on_close.emit(());
        match act {
            Act::Go(route) => navigator.iter().for_each(|navigator| navigator.push(&route)),
            Act::Message { channel, id } => {
                navigator
                    .iter()
                    .for_each(|navigator| navigator.push(&Route::channel(&channel)));
                browser::focus_once_there(format!("[data-id='{id}']"));
            }
            Act::Pay(to) => overlays.pay(&to),
            Act::CopyInvite => match invite_link(session.as_deref()) {
                Some(link) => {
                    client.submit(Command::InviteShown);
                    clipboard::copy(&link, dispatch.as_ref(), "The invite link is copied.");
                }
                // It says why there is none.
                None => overlays.show(Overlay::Invite),
            },
            Act::Shortcuts => overlays.show(Overlay::Shortcuts),
        }
    })
}

//! The palette: go somewhere, pay somebody, copy the invite, find a message or a block.

use std::rc::Rc;

use ting_core::{
    codec::letters,
    crypto::{hash::Hash, keys::Address},
    peer::{
        command::Command,
        view::{BlockView, ChainView, ChatView, MessageContent, PulseView},
    },
};
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    browser,
    client::use_client,
    clipboard,
    frame::{Overlay, Overlays},
    invite::invite_link,
    pages::wallet::PayRequest,
    parts::{dialog::Dialog, icon::Icon, said::Said},
    people::People,
    route::{LastChat, Route, Section},
    store::{Session, use_dispatch, use_slice},
};

/// Entries shown at most.
const MAX_SHOWN: usize = 9;

/// What an entry does.
#[derive(Clone, PartialEq)]
enum Act {
    Go(Route),
    Message { channel: String, id: Hash },
    Pay(Address),
    CopyInvite,
    Shortcuts,
}

struct Entry {
    icon: &'static str,
    title: String,
    hint: String,
    act: Act,
}

/// What [`Palette`] needs.
#[derive(PartialEq, Properties)]
pub struct PaletteProps {
    /// Closes it.
    pub on_close: Callback<()>,
}

/// The palette.
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
    let act = use_act(props.on_close.clone());
    let oninput = {
        let (text, chosen) = (text.clone(), chosen.clone());
        Callback::from(move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlInputElement>().value());
            chosen.set(0);
        })
    };
    let onkeydown = {
        let (entries, chosen, act) = (Rc::clone(&entries), chosen.clone(), act.clone());
        Callback::from(move |event: KeyboardEvent| {
            if browser::is_composing(&event) {
                return;
            }
            let count = entries.len().max(1);
            match event.key().as_str() {
                "ArrowDown" => chosen.set((*chosen + 1) % count),
                "ArrowUp" => chosen.set((*chosen + count - 1) % count),
                "Enter" => entries
                    .get(*chosen)
                    .into_iter()
                    .for_each(|entry| act.emit(entry.act.clone())),
                _ => return,
            }
            event.prevent_default();
        })
    };
    html! {
        <Dialog title="Palette" on_close={props.on_close.clone()} class="palette" bare=true>
            <div class="palette-input focus-frame">
                <Icon name="search" />
                <input autofocus=true role="combobox" aria-label="Go to, pay, find" aria-autocomplete="list" aria-expanded="true" aria-controls="palette-list"
                    aria-activedescendant={entries.get(*chosen).map(|_| format!("palette-{}", *chosen))} placeholder="Go to, pay somebody, find…"
                    value={(*text).clone()} {oninput} {onkeydown} />
            </div>
            <ul id="palette-list" role="listbox" aria-label="Found">
                {entries.iter().enumerate().map(|(place, entry)| {
                    let (act, what) = (act.clone(), entry.act.clone());
                    html! {
                        <li key={place} id={format!("palette-{place}")} role="option" aria-selected={(place == *chosen).to_string()}
                            onclick={move |_| act.emit(what.clone())}>
                            <Icon name={entry.icon} /><Said text={entry.title.clone()} class="palette-title" />
                            <Said text={entry.hint.clone()} class="palette-hint" />
                        </li>
                    }
                }).collect::<Html>()}
            </ul>
            <p class="palette-none" role="status">if entries.is_empty() { {"Nothing found. Only what this page has seen is searched."} }</p>
        </Dialog>
    }
}

#[hook]
fn use_act(on_close: Callback<()>) -> Callback<Act> {
    let navigator = use_navigator();
    let overlays = use_context::<Overlays>();
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
            Act::Pay(to) => {
                let request = PayRequest {
                    to: to.to_string(),
                    ..PayRequest::default()
                };
                overlays
                    .iter()
                    .for_each(|overlays| overlays.show(Overlay::Pay(request.clone())));
            }
            Act::CopyInvite => match invite_link(session.as_deref()) {
                Some(link) => {
                    client.submit(Command::InviteShown);
                    clipboard::copy(&link, dispatch.as_ref(), "The invite link is copied.");
                }
                // It says why there is none.
                None => overlays
                    .iter()
                    .for_each(|overlays| overlays.show(Overlay::Invite)),
            },
            Act::Shortcuts => overlays
                .iter()
                .for_each(|overlays| overlays.show(Overlay::Shortcuts)),
        }
    })
}

fn known_blocks(pulse: Option<&PulseView>, chain: Option<&ChainView>) -> Vec<BlockView> {
    let mut blocks: Vec<BlockView> = chain.map(|chain| chain.blocks.clone()).unwrap_or_default();
    let newer = pulse.into_iter().flat_map(|pulse| pulse.beads.iter());
    blocks.extend(
        newer
            .filter(|bead| chain.is_none_or(|chain| chain.blocks.iter().all(|block| block.hash != bead.hash)))
            .cloned(),
    );
    blocks
}

fn entries(
    text: &str,
    chat: Option<&ChatView>,
    people: Option<&People>,
    last_chat: &LastChat,
    blocks: &[BlockView],
) -> Vec<Entry> {
    let wanted = text.trim().to_lowercase();
    let mut found: Vec<Entry> = Section::ALL
        .into_iter()
        .map(|section| Entry {
            icon: section.title(),
            title: section.title().into(),
            hint: "Go to".into(),
            act: Act::Go(section.route(last_chat)),
        })
        .collect();
    found.push(Entry {
        icon: "invite",
        title: "Copy invite link".into(),
        hint: "Invite".into(),
        act: Act::CopyInvite,
    });
    found.push(Entry {
        icon: "words",
        title: "Keyboard shortcuts".into(),
        hint: "?".into(),
        act: Act::Shortcuts,
    });
    found.extend(
        chat.into_iter()
            .flat_map(|chat| &chat.channels)
            .map(|channel| Entry {
                icon: "hash",
                title: channel.name.clone(),
                hint: "Channel".into(),
                act: Act::Go(Route::channel(&channel.name)),
            }),
    );
    let me = chat
        .and_then(|chat| chat.members.iter().find(|member| member.me))
        .map(|member| member.account);
    found.extend(
        people
            .into_iter()
            .flat_map(|people| people.iter().map(move |(account, _)| (account, people)))
            .filter(|(account, _)| Some(*account) != me)
            .map(|(account, people)| Entry {
                icon: "pay",
                title: format!("Pay {}", people.name_of(&account)),
                hint: account.short(),
                act: Act::Pay(account),
            }),
    );
    found.retain(|entry| entry.title.to_lowercase().contains(&wanted));
    if !wanted.is_empty() {
        found.extend(addressed(&wanted));
        found.extend(
            blocks
                .iter()
                .filter(|block| names_block(block, &wanted))
                .map(block_entry),
        );
        found.extend(
            chat.into_iter()
                .flat_map(|chat| messages_with(chat, people, &wanted)),
        );
    }
    found.truncate(MAX_SHOWN);
    found
}

fn addressed(wanted: &str) -> Vec<Entry> {
    if let Ok(to) = wanted.parse::<Address>() {
        return vec![Entry {
            icon: "pay",
            title: format!("Pay {}", to.short()),
            hint: "Address".into(),
            act: Act::Pay(to),
        }];
    }
    let Ok(hash) = wanted.parse::<Hash>() else {
        return Vec::new();
    };
    let (block, transaction) = (
        Route::Block {
            hash: hash.to_string(),
        },
        Route::Transaction { id: hash.to_string() },
    );
    [("Transaction", transaction), ("Block", block)]
        .into_iter()
        .map(|(what, route)| Entry {
            icon: "Chain",
            title: format!("{what} {}", hash.short()),
            hint: "Hash".into(),
            act: Act::Go(route),
        })
        .collect()
}

/// A height names its block wholly, a hash by its beginning.
pub fn names_block(block: &BlockView, wanted: &str) -> bool {
    block.height.to_string() == wanted || (wanted.len() >= 6 && block.hash.to_string().starts_with(wanted))
}

fn block_entry(block: &BlockView) -> Entry {
    let act = Act::Go(Route::Block {
        hash: block.hash.to_string(),
    });
    Entry {
        icon: "Chain",
        title: format!("Block {}", block.height),
        hint: block.hash.short(),
        act,
    }
}

fn messages_with<'a>(
    chat: &'a ChatView,
    people: Option<&'a People>,
    wanted: &'a str,
) -> impl Iterator<Item = Entry> + 'a {
    chat.messages
        .iter()
        .rev()
        .filter_map(move |message| match &message.content {
            MessageContent::Text { text, .. } if text.to_lowercase().contains(wanted) => Some(Entry {
                icon: "Chat",
                title: letters::beginning(text, 80).to_owned(),
                hint: people
                    .map(|people| people.words(&message.author))
                    .unwrap_or_default(),
                act: Act::Message {
                    channel: chat.channel.clone(),
                    id: message.id,
                },
            }),
            _ => None,
        })
}

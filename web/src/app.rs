//! The app: starts the worker, holds the state, and gives each slice of it to who asks.

use std::{cell::Cell, rc::Rc};

use gloo_timers::callback::Timeout;
use ting_core::peer::view::{ChainView, ChatView, NetworkView, PulseView, WalletView};
use yew::prelude::*;
use yew_router::BrowserRouter;

use crate::{
    announcement::Announcement,
    bridge::{FromWorker, StorageStatus, ToWorker, Unread},
    browser,
    client::{Client, Listeners},
    drafts::Drafts,
    name,
    other_tab::{IDENTITY_KEY, note_origin},
    people::People,
    shell::Shell,
    store::{
        BlockAnswer, Change, Dispatch, Relays, Session, State, Summons, Toasts, Tone, TransactionAnswer,
        Words,
    },
    unsent::Waiting,
};

/// A room that does not open says so after so long.
const OPEN_PATIENCE_MS: u32 = 10_000;

/// Draws the app into the page, and keeps it drawn.
pub fn run() {
    browser::mend_address();
    yew::Renderer::<App>::new().render();
}

/// The relays that this page names: those of the link's query, else the one that served it. The worker adds the person's own.
fn relays() -> Vec<String> {
    let query = web_sys::UrlSearchParams::new_with_str(&browser::query()).ok();
    let named = query.map(|query| query.get_all("relay")).unwrap_or_default();
    if named.length() > 0 {
        return named.iter().filter_map(|relay| relay.as_string()).collect();
    }
    vec![browser::home_relay()]
}

#[component]
fn App() -> Html {
    let state = use_reducer(State::default);
    let dispatcher = state.dispatcher();
    let client = use_memo((), {
        let dispatcher = dispatcher.clone();
        move |()| open_room(&dispatcher)
    });
    html! {
        <ContextProvider<Client> context={(*client).clone()}>
        <ContextProvider<Dispatch> context={Dispatch(dispatcher)}>
        <ContextProvider<Option<Rc<Session>>> context={state.session.clone()}>
        <ContextProvider<Option<Rc<PulseView>>> context={state.pulse.clone()}>
        <ContextProvider<Option<Rc<ChatView>>> context={state.chat.clone()}>
        <ContextProvider<Option<Rc<WalletView>>> context={state.wallet.clone()}>
        <ContextProvider<Option<Rc<ChainView>>> context={state.chain.clone()}>
        <ContextProvider<Option<Rc<NetworkView>>> context={state.network.clone()}>
        <ContextProvider<Option<Rc<BlockAnswer>>> context={state.block.clone()}>
        <ContextProvider<Option<Rc<TransactionAnswer>>> context={state.transaction.clone()}>
        <ContextProvider<Option<Rc<Relays>>> context={state.relays.clone()}>
        <ContextProvider<Option<Rc<StorageStatus>>> context={state.storage.clone()}>
        <ContextProvider<Option<Rc<Words>>> context={state.words.clone()}>
        <ContextProvider<Option<Rc<People>>> context={state.people.clone()}>
        <ContextProvider<Option<Rc<Toasts>>> context={state.toasts.clone()}>
        <ContextProvider<Option<Rc<Announcement>>> context={state.announcement.clone()}>
        <ContextProvider<Option<Rc<Drafts>>> context={state.drafts.clone()}>
        <ContextProvider<Option<Rc<Unread>>> context={state.unread.clone()}>
        <ContextProvider<Option<Rc<Summons>>> context={state.summons.clone()}>
        <ContextProvider<Option<Rc<Waiting>>> context={state.waiting.clone()}>
            <Routed />
        </ContextProvider<Option<Rc<Waiting>>>>
        </ContextProvider<Option<Rc<Summons>>>>
        </ContextProvider<Option<Rc<Unread>>>>
        </ContextProvider<Option<Rc<Drafts>>>>
        </ContextProvider<Option<Rc<Announcement>>>>
        </ContextProvider<Option<Rc<Toasts>>>>
        </ContextProvider<Option<Rc<People>>>>
        </ContextProvider<Option<Rc<Words>>>>
        </ContextProvider<Option<Rc<StorageStatus>>>>
        </ContextProvider<Option<Rc<Relays>>>>
        </ContextProvider<Option<Rc<TransactionAnswer>>>>
        </ContextProvider<Option<Rc<BlockAnswer>>>>
        </ContextProvider<Option<Rc<NetworkView>>>>
        </ContextProvider<Option<Rc<ChainView>>>>
        </ContextProvider<Option<Rc<WalletView>>>>
        </ContextProvider<Option<Rc<ChatView>>>>
        </ContextProvider<Option<Rc<PulseView>>>>
        </ContextProvider<Option<Rc<Session>>>>
        </ContextProvider<Dispatch>>
        </ContextProvider<Client>>
    }
}

#[component]
fn Routed() -> Html {
    html! { <BrowserRouter><Shell /></BrowserRouter> }
}

fn open_room(dispatcher: &UseReducerDispatcher<State>) -> Client {
    let fragment = named_room();
    let preferred_identity =
        browser::recall(browser::of_this_tab(), IDENTITY_KEY).and_then(|slot| slot.parse().ok());
    let arrived = {
        let dispatcher = dispatcher.clone();
        let query = browser::query();
        let is_first = Cell::new(true);
        let names_no_room = fragment.is_empty() && browser::path() != "/";
        Callback::from(move |message: FromWorker| {
            act_on(&message, &query);
            if let FromWorker::Started(started) = &message
                && is_first.replace(false)
            {
                note_origin(started, preferred_identity);
                if names_no_room {
                    let text = format!("The address named no room. You are in “{}”.", started.room);
                    dispatcher.dispatch(Change::Toast(Tone::Plain, text));
                }
            }
            dispatcher.dispatch(Change::Arrived(Box::new(message), browser::now_ms()));
        })
    };
    let died = {
        let dispatcher = dispatcher.clone();
        Callback::from(move |()| dispatcher.dispatch(Change::Died))
    };
    let held = {
        let dispatcher = dispatcher.clone();
        let text = "It goes out as soon as your welcome grant is here.";
        Callback::from(move |()| dispatcher.dispatch(Change::Toast(Tone::Plain, text.into())))
    };
    let waiting = {
        let dispatcher = dispatcher.clone();
        Callback::from(move |waiting| dispatcher.dispatch(Change::Waiting(waiting)))
    };
    let client = Client::start(Listeners {
        arrived,
        held,
        waiting,
        died,
    });
    let late = dispatcher.clone();
    Timeout::new(OPEN_PATIENCE_MS, move || late.dispatch(Change::Late)).forget();
    client.post(&ToWorker::Start {
        fragment,
        relays: relays(),
        suggested_name: name::suggested(browser::random_bytes()),
        preferred_identity,
    });
    client
}

/// The fragment that names the room. One that was cut off wholly is passed on as its `#`, which names none.
fn named_room() -> String {
    if browser::is_cut_at_fragment() {
        "#".into()
    } else {
        browser::fragment()
    }
}

/// What an arrival does besides changing the state.
fn act_on(message: &FromWorker, query: &str) {
    match message {
        FromWorker::Started(started) => {
            browser::keep_in_address(query, &started.fragment);
            browser::remember(
                browser::of_this_tab(),
                IDENTITY_KEY,
                Some(&started.identity.to_string()),
            );
        }
        FromWorker::Exported(bytes) => browser::download("room.ting", bytes),
        FromWorker::Forgotten => {
            browser::forget_tab();
            browser::start_over();
        }
        _ => {}
    }
}

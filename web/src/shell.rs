//! The shell around every page: rail or bottom bar, pulse, page, overlays, notices.

use gloo_events::EventListener;
use ting_core::peer::view::PulseView;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    announcement::Announcement,
    bridge::{StartError, ToWorker, Unread},
    browser,
    client::use_client,
    files::use_files_refused,
    invite::{InviteButton, InviteDialog},
    kept_drafts::use_kept_drafts,
    keys::use_keys,
    notify::{use_notifications, use_unread_marks},
    other_tab::OtherTab,
    overlays::{Overlay, Overlays},
    pages::{
        chain::{ChainPage, TransactionPage},
        chat::{ChannelList, ChatPage},
        network::NetworkPage,
        settings::SettingsPage,
        wallet::{PayDialog, PaymentDraft, WalletPage},
    },
    palette::Palette,
    parts::{
        icon::{Icon, Symbol},
        link::PageLink,
        toast::Toaster,
    },
    persistence::use_persistence,
    pulse::Pulse,
    route::{HALL, LastChat, Route, Section},
    seen::use_seen,
    shortcuts::ShortcutsDialog,
    store::{Session, use_slice},
};

/// Everything that stays while pages change.
#[component]
pub fn Shell() -> Html {
    let overlay = use_state_eq(Overlay::default);
    let overlays = Overlays::new(overlay.setter());
    let payment = use_memo((), |()| PaymentDraft::default());
    use_address();
    use_visibility();
    let last_chat = use_last_chat();
    use_keys(overlays.clone(), last_chat.clone());
    use_files_refused();
    use_kept_drafts();
    use_notifications();
    use_unread_marks();
    use_seen();
    use_persistence();
    let close = {
        let overlays = overlays.clone();
        Callback::from(move |()| overlays.show(Overlay::None))
    };
    html! {
        <ContextProvider<Overlays> context={overlays}>
        <ContextProvider<LastChat> context={last_chat}>
        <ContextProvider<PaymentDraft> context={(*payment).clone()}>
            <div class="shell">
                <Rail />
                <div class="stage">
                    <Pulse />
                    <OtherTab />
                    <main class="page"><Pages /></main>
                </div>
                <nav class="bar" aria-label="Pages"><Entries /></nav>
                <Toaster />
                <Announcer />
                {match &*overlay {
                    Overlay::None => Html::default(),
                    Overlay::Invite => html! { <InviteDialog on_close={close} /> },
                    Overlay::Palette => html! { <Palette on_close={close} /> },
                    Overlay::Shortcuts => html! { <ShortcutsDialog on_close={close} /> },
                    Overlay::Pay(request) => html! { <PayDialog request={request.clone()} on_close={close} /> },
                }}
            </div>
        </ContextProvider<PaymentDraft>>
        </ContextProvider<LastChat>>
        </ContextProvider<Overlays>>
    }
}

#[component]
fn Pages() -> Html {
    let session = use_slice::<Session>();
    match session.as_deref() {
        Some(Session::Failed(error)) => html! { <Failed error={error.clone()} /> },
        Some(Session::Late) => notice_page(
            "The room takes long to open",
            "This browser has not handed out what it keeps for this room. The page goes on by itself once it does. If it does not: close other \
             tabs of Ting, free some space, or load the page again.",
            "",
            "Load again",
            Callback::from(|_| browser::reload()),
        ),
        Some(Session::NotStarted) => notice_page(
            "The node of this tab did not start",
            "Its program did not arrive, or this browser allows no workers here. Your keys and coins are not lost. Load the page again; if that \
             does not help, use a current browser and switch off what blocks scripts.",
            "",
            "Load again",
            Callback::from(|_| browser::reload()),
        ),
        Some(Session::Died) => notice_page(
            "The node of this tab stopped",
            "Nothing that was in a block is lost. Load the page again to start it anew.",
            "",
            "Load again",
            Callback::from(|_| browser::reload()),
        ),
        Some(Session::Left) => notice_page(
            "You went on in another tab",
            "There you are who you were here. Loaded again, this tab is somebody else.",
            "",
            "Load again",
            Callback::from(|_| browser::reload()),
        ),
        None | Some(Session::Opening | Session::Open(_)) => html! { <Switch<Route> render={page_of} /> },
    }
}

fn page_of(route: Route) -> Html {
    match route {
        Route::Home | Route::Chat | Route::Channel { .. } => {
            let channel = route.shown_channel().unwrap_or(HALL).to_owned();
            html! { <ChatPage channel={AttrValue::from(channel)} /> }
        }
        Route::Wallet => html! { <WalletPage /> },
        Route::Chain => html! { <ChainPage /> },
        Route::Block { hash } => html! { <ChainPage block={AttrValue::from(hash)} /> },
        Route::Transaction { id } => html! { <TransactionPage id={AttrValue::from(id)} /> },
        Route::Network => html! { <NetworkPage /> },
        Route::Settings => html! { <SettingsPage /> },
        Route::NotFound => html! {
            <section class="notice-page">
                <h1>{"There is no such page"}</h1>
                <p>{"The room itself is still here."}</p>
                <PageLink to={Route::Chat} class="button primary">{"Back to the room"}</PageLink>
            </section>
        },
    }
}

#[derive(PartialEq, Properties)]
struct FailedProps {
    error: StartError,
}

#[component]
fn Failed(props: &FailedProps) -> Html {
    match &props.error {
        StartError::WrongLink(reason) => notice_page(
            "This link opens no room",
            "Part of it seems to be missing. Ask for the invite again and copy all of it, or open a room of your own.",
            reason,
            "Open a room of my own",
            Callback::from(|_| browser::start_over()),
        ),
        StartError::Storage(reason) => notice_page(
            "The browser refuses storage",
            "Ting keeps your keys in this browser. Leave the private window, or free some space, and load the page again.",
            reason,
            "Load again",
            Callback::from(|_| browser::reload()),
        ),
    }
}

fn notice_page(title: &str, text: &str, reason: &str, action: &str, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <section class="notice-page" role="alert">
            <h1>{title}</h1>
            <p>{text}</p>
            if !reason.is_empty() { <p class="hint">{format!("Reason: {reason}")}</p> }
            <button class="button primary" {onclick}>{action}</button>
        </section>
    }
}

#[component]
fn Rail() -> Html {
    let session = use_slice::<Session>();
    let room = session
        .as_deref()
        .and_then(Session::started)
        .map(|started| started.room.clone());
    let is_shut = session.is_some_and(|session| session.is_shut());
    let current = use_route::<Route>().as_ref().and_then(Section::of);
    html! {
        <aside class="rail">
            <div class="rail-head">
                <span class="wordmark"><Icon symbol={Symbol::Ting} />{"Ting"}</span>
                <span class="room-name">{room.unwrap_or_else(|| if is_shut { "No room" } else { "Opening…" }.into())}</span>
                <InviteButton />
            </div>
            <nav class="rail-nav" aria-label="Pages"><Entries /></nav>
            if current == Some(Section::Chat) { <ChannelList /> }
        </aside>
    }
}

/// The channel that was open last: this page's own while it is a chat.
#[hook]
fn use_last_chat() -> LastChat {
    let last = use_mut_ref(LastChat::default);
    let mut last = last.borrow_mut();
    if let Some(channel) = use_route::<Route>().as_ref().and_then(Route::shown_channel) {
        *last = LastChat(Route::channel(channel));
    }
    last.clone()
}

#[component]
fn Entries() -> Html {
    let current = use_route::<Route>().as_ref().and_then(Section::of);
    let last_chat = use_context::<LastChat>().unwrap_or_default();
    let unread = use_slice::<Unread>().unwrap_or_default().view;
    let entry = |section: Section| {
        let shown = if section == Section::Chat {
            unread.messages
        } else {
            0
        };
        // The number describes the link and is no part of its name.
        let about = (shown > 0).then(|| AttrValue::from(format!("{shown} unread")));
        html! {
            <PageLink key={section.title()} to={section.route(&last_chat)} class="nav-entry" current={current == Some(section)} {about}>
                <Icon symbol={Symbol::of(section)} /><span>{section.title()}</span>
                if shown > 0 {
                    <span class={classes!("badge", (unread.mentions > 0).then_some("mentions"))} aria-hidden="true">{shown.min(99)}</span>
                }
            </PageLink>
        }
    };
    Section::ALL.into_iter().map(entry).collect()
}

#[component]
fn Announcer() -> Html {
    let said = use_slice::<Announcement>();
    html! {
        <div class="for-ears" role="status" aria-live="polite">
            {said.map(|said| html! { <p key={said.number()}>{said.text().to_owned()}</p> })}
        </div>
    }
}

/// Keeps room and network in the address bar through every navigation, goes to what a pasted link names, and marks the page
/// as ready once a message can be sent.
#[hook]
fn use_address() {
    let session = use_slice::<Session>();
    let (query, arrived_at) = (
        use_memo((), |()| browser::query()),
        use_memo((), |()| browser::fragment()),
    );
    let fragment = session
        .as_deref()
        .and_then(Session::started)
        .map(|started| started.fragment.clone());
    // A navigation to the page that shows already changes nothing that could be depended on, and yet drops the fragment.
    let _ = use_location();
    let named = fragment.clone().unwrap_or_else(|| arrived_at.to_string());
    use_effect({
        let query = query.clone();
        move || browser::keep_in_address(&query, &named)
    });
    use_effect_with(fragment, move |fragment| {
        let fragment = fragment.clone();
        let listener = browser::window().map(|window| {
            EventListener::new(&window, "hashchange", move |event| {
                let Some(fragment) = &fragment else { return };
                // The router heard of it first, and the address is in order again.
                let pasted = browser::pasted_fragment(event).unwrap_or_default();
                let says_no_more = |pasted: &str| {
                    let rest = fragment.strip_prefix(pasted);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                if pasted.is_empty() || says_no_more(&pasted) {
                    browser::keep_in_address(&query, fragment);
                } else {
                    browser::keep_in_address(&query, &pasted);
                    browser::reload();
                }
            })
        });
        move || drop(listener)
    });
    let knows_network = use_slice::<PulseView>().is_some_and(|pulse| pulse.network.is_some());
    let is_open = session.as_deref().and_then(Session::started).is_some();
    use_effect_with(knows_network && is_open, |ready| {
        browser::set_root_attribute("data-ready", Some(if *ready { "true" } else { "false" }));
    });
}

/// Tells the worker whether anybody looks.
#[hook]
fn use_visibility() {
    let client = use_client();
    use_effect_with((), move |()| {
        let listener = browser::document().map(|document| {
            EventListener::new(&document, "visibilitychange", move |_| {
                client.post(&ToWorker::Visible(browser::is_visible()));
            })
        });
        move || drop(listener)
    });
}

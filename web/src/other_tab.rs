//! Each tab of a browser is a person of its own. Who opens a page of the app in another tab, by a click with Ctrl or the middle button, is
//! told who they are there, and may go on as the one they came from.
//!
//! Tabs of one room talk over a channel that only pages of this site hear: one asks who is there, the others say who they are, and one that
//! is asked to gives up its identity, so that the tab that asked finds it free. All hear the answers; only who asked shows them.

use gloo_events::EventListener;
use ting_core::peer::view::WalletView;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};
use yew::prelude::*;

use crate::{
    bridge::{Started, ToWorker},
    browser,
    client::use_client,
    parts::{
        icon::{Icon, Symbol},
        said::Said,
    },
    store::{Change, Session, use_dispatch, use_slice},
};

/// Where this tab's identity slot is remembered across reloads.
pub const IDENTITY_KEY: &str = "ting.identity";
/// Where it is remembered that this tab was opened from another one, until that is settled.
const OPENED_KEY: &str = "ting.opened-from-another";

/// What one tab says to the others, as a line of text.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// Asks all other tabs who they are.
    Who,
    /// Answers: this tab is this one.
    Am(Other),
    /// Asks the tab with this identity to give it up to the asking one.
    Yield(u32),
}

/// The identity of another tab, and when it was last used.
#[derive(Clone, Debug, PartialEq)]
struct Other {
    identity: u32,
    /// When a person last left that tab, or now if it shows.
    seen_at_ms: u64,
    name: String,
}

impl Word {
    fn to_text(&self) -> String {
        match self {
            Self::Who => "who".into(),
            Self::Am(other) => format!("am {} {} {}", other.identity, other.seen_at_ms, other.name),
            Self::Yield(identity) => format!("yield {identity}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ' ');
        let word = parts.next()?;
        let number = |part: Option<&str>| part?.parse::<u64>().ok();
        match word {
            "who" => Some(Self::Who),
            "am" => Some(Self::Am(Other {
                identity: u32::try_from(number(parts.next())?).ok()?,
                seen_at_ms: number(parts.next())?,
                name: parts.next()?.to_owned(),
            })),
            "yield" => Some(Self::Yield(u32::try_from(number(parts.next())?).ok()?)),
            _ => None,
        }
    }
}

/// Notes, when a room has opened, whether this tab was opened from another one: it shows another page than an invite leads to, or came with
/// the identity of a tab that goes on.
pub fn note_origin(started: &Started, preferred_identity: Option<u32>) {
    let is_same = preferred_identity == Some(started.identity);
    if !is_same && (preferred_identity.is_some() || browser::path() != "/") {
        browser::remember(browser::of_this_tab(), OPENED_KEY, Some("yes"));
    }
}

/// Whether this tab wants to know from whom it was opened.
fn is_asking() -> bool {
    browser::recall(browser::of_this_tab(), OPENED_KEY).is_some()
}

fn say(channel: &BroadcastChannel, word: &Word) {
    let _ = channel.post_message(&JsValue::from(word.to_text()));
}

/// Of all who answered, the one whose tab was looked at last: from there the person came.
fn latest(known: Option<Other>, heard: Other) -> Other {
    match known {
        Some(known) if known.seen_at_ms > heard.seen_at_ms => known,
        _ => heard,
    }
}

/// Says who this tab is, where it was opened from another one. Answers other tabs.
#[component]
pub fn OtherTab() -> Html {
    let session = use_slice::<Session>();
    let started = session.as_deref().and_then(Session::started);
    let name = use_slice::<WalletView>().map(|wallet| wallet.name.clone());
    let (client, dispatch) = (use_client(), use_dispatch());
    let other = use_state_eq(|| None::<Other>);
    let heard = use_mut_ref(|| None::<Other>);
    let channel = use_mut_ref(|| None::<BroadcastChannel>);
    let seen_at_ms = use_mut_ref(browser::now_ms);
    use_effect_with((), {
        let seen_at_ms = seen_at_ms.clone();
        move |()| {
            let turned = move |_: &Event| *seen_at_ms.borrow_mut() = browser::now_ms();
            let listener =
                browser::document().map(|document| EventListener::new(&document, "visibilitychange", turned));
            move || drop(listener)
        }
    });
    let known = started
        .zip(name.clone())
        .map(|(started, name)| (started.secret().to_owned(), started.identity, name));
    use_effect_with(known, {
        let (other, channel) = (other.setter(), channel.clone());
        move |known| {
            let opened = known.clone().and_then(|(secret, identity, name)| {
                let opened = BroadcastChannel::new(&format!("ting/{secret}")).ok()?;
                *channel.borrow_mut() = Some(opened.clone());
                let answers = opened.clone();
                let listener = EventListener::new(&opened, "message", move |event| {
                    let text = event
                        .dyn_ref::<MessageEvent>()
                        .and_then(|event| event.data().as_string());
                    if browser::is_visible() {
                        *seen_at_ms.borrow_mut() = browser::now_ms();
                    }
                    match text.as_deref().and_then(Word::parse) {
                        Some(Word::Who) => say(
                            &answers,
                            &Word::Am(Other {
                                identity,
                                seen_at_ms: *seen_at_ms.borrow(),
                                name: name.clone(),
                            }),
                        ),
                        Some(Word::Am(answer)) if is_asking() => {
                            let newest = latest(heard.borrow_mut().take(), answer);
                            *heard.borrow_mut() = Some(newest.clone());
                            other.set(Some(newest));
                        }
                        Some(Word::Yield(wanted)) if wanted == identity => {
                            client.post(&ToWorker::Leave);
                            dispatch
                                .iter()
                                .for_each(|dispatch| dispatch.0.dispatch(Change::Left));
                        }
                        Some(Word::Am(_) | Word::Yield(_)) | None => {}
                    }
                });
                if is_asking() {
                    say(&opened, &Word::Who);
                }
                Some((opened, listener))
            });
            move || opened.into_iter().for_each(|(channel, _)| channel.close())
        }
    });
    let (Some(name), Some(other_one)) = (name, &*other) else {
        return Html::default();
    };
    let settle = || browser::remember(browser::of_this_tab(), OPENED_KEY, None);
    let stay = {
        let other = other.setter();
        move |_: MouseEvent| {
            settle();
            other.set(None);
        }
    };
    let go_on = {
        let identity = other_one.identity;
        move |_: MouseEvent| {
            settle();
            browser::remember(browser::of_this_tab(), IDENTITY_KEY, Some(&identity.to_string()));
            if let Some(channel) = &*channel.borrow() {
                say(channel, &Word::Yield(identity));
            }
            browser::reload();
        }
    };
    html! {
        <div class="card who-card" role="status">
            <Icon symbol={Symbol::People} />
            <p>{"In this tab you are "}<strong><Said text={name} /></strong>{", somebody else than in your other one. "}
                <button class="text-button" onclick={go_on}>{"Go on as "}<Said text={other_one.name.clone()} /></button></p>
            <button class="icon-button" aria-label="Stay" onclick={stay}><Icon symbol={Symbol::Close} /></button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tab_that_was_looked_at_last_is_the_one_that_was_come_from() {
        let other = |identity, seen_at_ms| Other {
            identity,
            seen_at_ms,
            name: "Anna".into(),
        };
        let heard = [other(0, 500), other(2, 900), other(1, 700)];
        let came_from = heard
            .into_iter()
            .fold(None, |known, heard| Some(latest(known, heard)));
        assert_eq!(came_from, Some(other(2, 900)));
    }

    #[test]
    fn what_tabs_say_to_each_other_comes_back_as_it_was_and_nothing_else_is_understood() {
        let am = Word::Am(Other {
            identity: 3,
            seen_at_ms: 1_700_000_000_000,
            name: "Calm Otter 2".into(),
        });
        for word in [Word::Who, am, Word::Yield(7)] {
            assert_eq!(Word::parse(&word.to_text()), Some(word));
        }
        for noise in [
            "",
            "am",
            "am 1",
            "am 1 2",
            "am x 2 Anna",
            "yield",
            "yield -1",
            "yield 5000000000",
            "whoever",
        ] {
            assert_eq!(Word::parse(noise), None, "{noise}");
        }
    }
}

//! The chat: channels, the talk of one of them, who is here, and the composer.

mod channels;
mod command;
mod composer;
mod content;
mod field;
mod log;
mod message;
mod offered;
mod people;
mod place;
mod pressed;
mod rows;
mod sending;
mod spoken;
mod tools;
mod typing;
mod waiting;
mod welcome;

use std::rc::Rc;

use ting_core::peer::view::ChatView;
use yew::prelude::*;

pub use self::{channels::ChannelList, welcome::BackupCard};
use self::{
    channels::ChannelMenu, composer::Composer, log::MessageLog, people::PeoplePanel, place::Spot,
    typing::Typing, waiting::WaitingLines, welcome::Cards,
};
use crate::{
    bridge::Watch,
    client::use_watch,
    drafts::{Edit, Reply},
    invite::InviteButton,
    kept_drafts::use_edit,
    parts::{
        empty::Skeleton,
        icon::{Icon, Symbol},
    },
    store::use_slice,
};

/// Messages asked for at first, and at least so many more each time earlier ones are wanted.
const PAGE_OF_MESSAGES: u32 = 60;

/// What [`ChatPage`] shows.
#[derive(PartialEq, Properties)]
pub struct ChatPageProps {
    /// Name of the open channel, without `#`.
    pub channel: AttrValue,
}

/// The chat page: channels, messages, composer and people.
#[component]
pub fn ChatPage(props: &ChatPageProps) -> Html {
    // Keyed by channel: limit and scroll position belong to one.
    html! { <Channel key={props.channel.to_string()} channel={props.channel.clone()} /> }
}

#[component]
fn Channel(props: &ChatPageProps) -> Html {
    let limit = {
        let channel = props.channel.clone();
        use_state_eq(move || {
            Spot::of(&channel).map_or(PAGE_OF_MESSAGES, |spot| spot.lines.max(PAGE_OF_MESSAGES))
        })
    };
    let people_open = use_state_eq(|| false);
    let sent = use_state_eq(|| 0_u64);
    use_watch(Watch::Chat {
        channel: props.channel.to_string(),
        limit: *limit,
    });
    let newest = use_slice::<ChatView>();
    let view: Option<Rc<ChatView>> = newest.filter(|view| view.channel == props.channel.as_str());
    let on_earlier = {
        let limit = limit.setter();
        Callback::from(move |shown: usize| {
            let shown = u32::try_from(shown).unwrap_or(u32::MAX);
            limit.set(shown.saturating_add(PAGE_OF_MESSAGES.max(shown / 2)));
        })
    };
    let on_reply = {
        let edit = use_edit(props.channel.clone());
        Callback::from(move |answered: Reply| edit.emit(Edit::Answer(Some(answered))))
    };
    let on_sent = {
        let sent = sent.clone();
        Callback::from(move |()| sent.set(*sent + 1))
    };
    let toggle_people = {
        let people_open = people_open.clone();
        Callback::from(move |_: MouseEvent| people_open.set(!*people_open))
    };
    let close_people = {
        let people_open = people_open.setter();
        Callback::from(move |()| people_open.set(false))
    };
    let here = view.as_deref().map_or(0, |view| {
        view.members
            .iter()
            .filter(|member| member.online || member.me)
            .count()
    });
    html! {
        <div class="chat">
            <section class="talk">
                <header class="page-head">
                    <ChannelMenu channel={props.channel.clone()} />
                    <span class="spacer"></span>
                    <span class="phone-only"><InviteButton /></span>
                    <button class="button quiet people-button" aria-expanded={people_open.to_string()} onclick={toggle_people}>
                        <Icon symbol={Symbol::People} /><span class="number">{here}</span><span class="for-ears">{" people are here"}</span>
                    </button>
                </header>
                <Cards />
                if let Some(view) = &view {
                    <MessageLog view={Rc::clone(view)} {on_earlier} {on_reply} sent={*sent} />
                } else {
                    <div class="log"><Skeleton rows={6} /></div>
                }
                <Typing view={view.clone()} />
                <WaitingLines channel={props.channel.clone()} />
                <Composer channel={props.channel.clone()} {on_sent} />
            </section>
            <PeoplePanel view={view.clone()} open={*people_open} on_close={close_people} />
        </div>
    }
}

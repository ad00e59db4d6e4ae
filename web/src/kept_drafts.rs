//! Drafts on the page: what changes them, and their way through a reload in the storage of this tab.

use yew::prelude::*;

use crate::{
    browser,
    drafts::{Drafts, Edit},
    store::{Change, Session, use_dispatch, use_slice},
    unsent::Waiting,
};

/// Where the drafts of the last room are.
const KEY: &str = "ting.drafts";

/// Changes the draft of a channel.
#[hook]
pub fn use_edit(channel: AttrValue) -> Callback<Edit> {
    let dispatch = use_dispatch();
    Callback::from(move |edit| {
        if let Some(dispatch) = &dispatch {
            dispatch.0.dispatch(Change::Draft(channel.to_string(), edit));
        }
    })
}

/// Keeps the drafts of this room through a reload.
#[hook]
pub fn use_kept_drafts() {
    let (drafts, dispatch) = (use_slice::<Drafts>(), use_dispatch());
    let session = use_slice::<Session>();
    let room = session
        .as_deref()
        .and_then(Session::started)
        .map(|started| started.secret().to_owned());
    use_effect_with(room.clone(), move |room| {
        let kept = browser::recall_value::<(String, Drafts)>(KEY);
        if let (Some(room), Some((of_room, earlier)), Some(dispatch)) = (room, kept, dispatch)
            && *room == of_room
        {
            dispatch.0.dispatch(Change::EarlierDrafts(earlier));
        }
    });
    let waiting = use_slice::<Waiting>();
    use_effect_with((room, drafts, waiting), |(room, drafts, waiting)| {
        let Some(room) = room.as_ref().filter(|_| drafts.is_some() || waiting.is_some()) else {
            return;
        };
        let mut drafts = drafts.as_deref().cloned().unwrap_or_default();
        drafts.take_unsent(waiting.iter().flat_map(|waiting| &waiting.0));
        browser::remember_value(KEY, &(room, drafts));
    });
}

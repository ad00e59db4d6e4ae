//! The people whose names fit the one in work behind an `@`, offered above the composer.

use std::rc::Rc;

use ting_core::peer::view::MemberView;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::{field, spoken::mention_in_work};
use crate::{
    drafts::Edit,
    parts::{
        identicon::Identicon,
        listbox::{List, Listbox},
        said::Said,
    },
};

/// Most names offered at once.
const MAX_OFFERED: usize = 6;
/// Id of the list in the page, for the field that controls it.
pub const LIST_ID: &str = "offered";

/// What is offered, and what happens to it.
pub struct Offer {
    people: Vec<MemberView>,
    /// Nobody is marked while the name is somebody's as it stands: then Enter sends, as it does behind any other word.
    pub list: List,
    /// The text changed, and the caret is behind so many bytes.
    pub on_write: Callback<usize>,
    /// This one is marked.
    pub on_mark: Callback<usize>,
    /// The name of this one is written.
    pub on_take: Callback<usize>,
    /// The list closes until the text changes.
    pub on_close: Callback<()>,
}

impl Offer {
    /// Draws the list, or nothing if nobody is offered.
    pub fn draw(&self) -> Html {
        if self.people.is_empty() {
            return Html::default();
        }
        let row = |member: &MemberView| {
            html! {
                <>
                    <Identicon account={member.account} class="small" /><Said text={member.name.clone()} />
                    <code class="quiet">{member.account.short()}</code>
                </>
            }
        };
        let list = Listbox {
            id: LIST_ID,
            label: "People",
            class: Some("offered"),
            rows: self.people.iter().map(row).collect(),
            chosen: self.list.chosen,
            on_take: &self.on_take,
        };
        list.draw()
    }
}

/// What is offered for a draft in a field.
#[hook]
pub fn use_offer(draft: &str, field: &NodeRef, members: &[MemberView], edit: Callback<Edit>) -> Offer {
    let caret = use_state_eq(|| 0_usize);
    let marked = use_state_eq(|| None::<usize>);
    let is_closed = use_state_eq(|| false);
    let people = if *is_closed {
        Vec::new()
    } else {
        fitting(draft, *caret, members)
    };
    let list = List {
        count: people.len(),
        chosen: marked.or((!is_written_out(draft, *caret, members)).then_some(0)),
    };
    let on_write = {
        let (caret, marked, is_closed) = (caret.setter(), marked.setter(), is_closed.setter());
        Callback::from(move |byte| {
            caret.set(byte);
            marked.set(None);
            is_closed.set(false);
        })
    };
    let on_take = {
        let (draft, field, caret) = (draft.to_owned(), field.clone(), caret.clone());
        let names: Rc<[String]> = people.iter().map(|member| member.name.clone()).collect();
        Callback::from(move |place: usize| {
            let written = names.get(place).and_then(|name| with_name(&draft, *caret, name));
            if let Some((before, after)) = written {
                let text = format!("{before}{after}");
                edit.emit(Edit::Write(text.clone()));
                caret.set(before.len());
                if let Some(area) = field.cast::<HtmlTextAreaElement>() {
                    field::write(&area, &text, &before);
                }
            }
        })
    };
    let (marked, is_closed) = (marked.setter(), is_closed.setter());
    Offer {
        people,
        list,
        on_write,
        on_mark: Callback::from(move |place| marked.set(Some(place))),
        on_take,
        on_close: Callback::from(move |()| is_closed.set(true)),
    }
}

/// The draft with a whole name in place of the one in work: what ends with that name, and what follows.
fn with_name(draft: &str, caret: usize, name: &str) -> Option<(String, String)> {
    let (start, typed) = mention_in_work(draft, caret)?;
    let (before, rest) = draft.split_at_checked(start)?;
    let after = rest.get(1 + typed.len()..).unwrap_or_default();
    Some((format!("{before}@{name} "), after.trim_start().to_owned()))
}

fn fitting(draft: &str, caret: usize, members: &[MemberView]) -> Vec<MemberView> {
    let Some((_, typed)) = mention_in_work(draft, caret) else {
        return Vec::new();
    };
    let typed = typed.to_lowercase();
    let fits = |member: &&MemberView| {
        let name = member.name.to_lowercase();
        !member.me && !name.is_empty() && name.starts_with(&typed) && name != typed.trim_end()
    };
    members.iter().filter(fits).take(MAX_OFFERED).cloned().collect()
}

/// Whether the name in work is somebody's as it stands, though others begin with it.
fn is_written_out(draft: &str, caret: usize, members: &[MemberView]) -> bool {
    mention_in_work(draft, caret).is_some_and(|(_, typed)| {
        let typed = typed.trim_end().to_lowercase();
        members.iter().any(|member| member.name.to_lowercase() == typed)
    })
}

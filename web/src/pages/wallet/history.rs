//! What happened in this wallet, by day.

use ting_core::peer::view::{Delivery, HistoryKind, HistoryView};
use yew::prelude::*;

use crate::{
    amount::tng,
    parts::{
        again::SendAgain,
        coin::{Coin, word},
        empty::Empty,
        icon::{Icon, Symbol},
        identicon::Identicon,
        link::PageLink,
        said::Said,
    },
    people::People,
    route::Route,
    store::use_slice,
    when,
};

/// What [`History`] shows.
#[derive(PartialEq, Properties)]
pub struct HistoryProps {
    /// Entries of the history, newest first.
    pub entries: Vec<HistoryView>,
}

/// Choice of the entries that show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    All,
    Payments,
    Stake,
    Messages,
}

impl Filter {
    const ALL: [(Self, &'static str); 4] = [
        (Self::All, "All"),
        (Self::Payments, "Payments"),
        (Self::Stake, "Stake"),
        (Self::Messages, "Messages"),
    ];

    const fn admits(self, kind: &HistoryKind) -> bool {
        match self {
            Self::All => true,
            Self::Payments => {
                matches!(
                    kind,
                    HistoryKind::Received { .. } | HistoryKind::Sent { .. } | HistoryKind::Grant
                )
            }
            Self::Stake => matches!(
                kind,
                HistoryKind::Bonded | HistoryKind::Unbonded | HistoryKind::Operator
            ),
            Self::Messages => matches!(
                kind,
                HistoryKind::Post { .. } | HistoryKind::Profile { .. } | HistoryKind::Invited { .. }
            ),
        }
    }
}

/// The history of the account's coins, with a choice of what shows.
#[component]
pub fn History(props: &HistoryProps) -> Html {
    let filter = use_state_eq(|| Filter::All);
    let shown: Vec<&HistoryView> = props
        .entries
        .iter()
        .filter(|entry| filter.admits(&entry.kind))
        .collect();
    let mut day = None;
    let rows = shown.iter().map(|entry| {
        let entry_day = when::day(entry.time_ms);
        let begins = day != Some(entry_day);
        day = Some(entry_day);
        html! {
            <>
                if begins { <h3 class="history-day">{when::day_name(entry_day, when::day(crate::browser::now_ms()))}</h3> }
                <Entry entry={(*entry).clone()} />
            </>
        }
    });
    html! {
        <div class="history">
            <div class="filters" role="group" aria-label="Show">
                {Filter::ALL.into_iter().map(|(choice, title)| {
                    let filter_setter = filter.setter();
                    html! {
                        <button key={title} class="chip" aria-pressed={(*filter == choice).to_string()} onclick={move |_| filter_setter.set(choice)}>{title}</button>
                    }
                }).collect::<Html>()}
            </div>
            if shown.is_empty() {
                <Empty symbol={Symbol::Wallet} title="Nothing here yet">{"What you receive, send, bond or write appears here with its state."}</Empty>
            } else {
                {rows.collect::<Html>()}
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct EntryProps {
    entry: HistoryView,
}

#[component]
fn Entry(props: &EntryProps) -> Html {
    let people = use_slice::<People>().unwrap_or_default();
    let entry = &props.entry;
    // The address stands below the name, so that two people of one name are told apart.
    let (face, title, said, note, sign) = match &entry.kind {
        HistoryKind::Received { from, memo } => {
            (Some(*from), "From ", people.name_of(from), memo.clone(), "+")
        }
        HistoryKind::Sent { to, memo } => (Some(*to), "To ", people.name_of(to), memo.clone(), "−"),
        HistoryKind::Grant => (None, "Welcome grant", String::new(), String::new(), "+"),
        HistoryKind::Bonded => (None, "Bonded", String::new(), String::new(), ""),
        HistoryKind::Unbonded => (None, "Unbonding began", String::new(), String::new(), ""),
        HistoryKind::Operator => (None, "Operator keys registered", String::new(), String::new(), ""),
        HistoryKind::Profile { name } => (None, "Name changed to ", name.clone(), String::new(), ""),
        HistoryKind::Invited { uses } => (None, "Invite for ", uses.to_string(), String::new(), ""),
        HistoryKind::Post { channel } => (None, "Message in #", channel.clone(), String::new(), ""),
    };
    let id = entry.id;
    let can_send_again =
        entry.delivery == Delivery::Expired && !matches!(entry.kind, HistoryKind::Received { .. });
    html! {
        <div class={classes!("history-row", word(entry.delivery))} data-id={entry.id.to_string()} data-delivery={word(entry.delivery)}>
            if let Some(account) = face { <Identicon {account} /> } else { <span class="history-icon"><Icon symbol={symbol_of(&entry.kind)} /></span> }
            <span class="history-text">
                <PageLink to={Route::Transaction { id: id.to_string() }} class="history-title">{title}<Said text={said} /></PageLink>
                <span class="history-note">
                    <time title={when::exact(entry.time_ms)}>{when::clock(entry.time_ms)}</time>
                    if let Some(account) = face { <code>{account.short()}</code> }
                    if !note.is_empty() { <Said text={note} class="memo" /> }
                    if can_send_again {
                        <SendAgain {id} />
                    }
                </span>
            </span>
            <span class="history-amounts">
                if entry.amount_micro > 0 { <span class={classes!("amount", (sign == "+").then_some("in"))}>{format!("{sign}{}", tng(entry.amount_micro))}</span> }
                if entry.fee_micro > 0 { <span class="amount fee">{format!("fee {}", tng(entry.fee_micro))}</span> }
            </span>
            <Coin delivery={entry.delivery} />
        </div>
    }
}

const fn symbol_of(kind: &HistoryKind) -> Symbol {
    match kind {
        HistoryKind::Post { .. } => Symbol::Chat,
        HistoryKind::Profile { .. } | HistoryKind::Invited { .. } => Symbol::People,
        HistoryKind::Bonded | HistoryKind::Unbonded | HistoryKind::Operator => Symbol::Chain,
        HistoryKind::Received { .. } | HistoryKind::Sent { .. } | HistoryKind::Grant => Symbol::Pay,
    }
}

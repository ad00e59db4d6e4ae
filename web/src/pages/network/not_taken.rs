//! What others sent and this tab did not take, and why: a table for those who look for it.

use ting_core::peer::{
    not_taken::{Kind, Reason},
    view::NotTakenView,
};
use yew::prelude::*;

use crate::amount::thousands;

/// The table, folded away until somebody wants it.
pub fn details(entries: &[NotTakenView]) -> Html {
    html! {
        <details class="card-section not-taken">
            <summary>{"Details"}</summary>
            <p class="hint">{"What others sent since this tab was opened and it did not take. Some of it is usual: much comes by two ways."}</p>
            if entries.is_empty() { <p class="quiet">{"Everything was taken."}</p> } else { {table(entries)} }
        </details>
    }
}

fn table(entries: &[NotTakenView]) -> Html {
    html! {
        <table>
            <thead><tr><th scope="col">{"What"}</th><th scope="col">{"Why not"}</th><th scope="col" class="number">{"Times"}</th></tr></thead>
            <tbody>
                {entries.iter().map(|entry| html! {
                    <tr key={format!("{:?}{:?}", entry.kind, entry.reason)}><th scope="row">{kind_word(entry.kind)}</th><td>{reason_words(entry.reason)}</td>
                        <td class="number">{thousands(entry.count)}</td></tr>
                }).collect::<Html>()}
            </tbody>
        </table>
    }
}

const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Frame => "Frame",
        Kind::Hello => "Greeting",
        Kind::Presence => "Sign of life",
        Kind::Transaction => "Transaction",
        Kind::Block => "Block",
        Kind::Vote => "Vote",
        Kind::Statement => "Leaving or return",
        Kind::Get => "Question",
        Kind::Give => "Answer",
    }
}

const fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Unreadable => "not sealed with this room's key, or damaged",
        Reason::OverRate => "its sender sends too much",
        Reason::Known => "was here already",
        Reason::Penalized => "its signer signed nonsense before",
        Reason::BadSignature => "its signature does not fit",
        Reason::OtherNetwork => "of another network",
        Reason::OutOfTime => "too old, or from the future",
        Reason::Unconnected => "builds on nothing that is kept here",
        Reason::AgainstRules => "breaks a rule",
        Reason::NoRoom => "too much waits already",
        Reason::Unasked => "nobody asked for it",
        Reason::Misleading => "broke a rule or led to nothing",
    }
}

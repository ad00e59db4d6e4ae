//! Draws the text of a message as elements of the page.

use std::rc::Rc;

use ting_core::crypto::keys::Address;
use web_sys::Url;
use yew::prelude::*;

use super::{
    blocks, clamp,
    parts::{Block, Inline, Item, Mark},
};
use crate::{
    browser,
    direction::readable,
    mention,
    parts::{
        link::PageLink,
        said::{Said, Which},
    },
    people::People,
    route::{carries_pass, within_room},
    store::{Session, use_slice},
};

/// What [`MarkedText`] shows.
#[derive(PartialEq, Properties)]
pub struct MarkedTextProps {
    /// The message as it was typed.
    pub text: AttrValue,
    /// Accounts that it names.
    pub mentions: Vec<Address>,
}

/// A message: a giant one shows its beginning until more is asked for.
#[component]
pub fn MarkedText(props: &MarkedTextProps) -> Html {
    let is_whole = use_state_eq(|| false);
    let blocks = use_memo(props.text.clone(), |text| blocks::parse(text));
    let beginning = use_memo(blocks.clone(), |blocks| clamp::beginning(blocks));
    let around = Around {
        mentions: &props.mentions,
        people: use_slice::<People>(),
        session: use_slice::<Session>(),
    };
    let shown = match beginning.as_ref() {
        Some(beginning) if !*is_whole => beginning,
        _ => &*blocks,
    };
    let turn = {
        let (setter, is_whole) = (is_whole.setter(), *is_whole);
        move |_| setter.set(!is_whole)
    };
    html! {
        <div class="text" dir="auto">
            {around.blocks(shown)}
            if beginning.is_some() {
                <button class="text-button more" aria-expanded={is_whole.to_string()} onclick={turn}>
                    {if *is_whole { "Show less" } else { "Show more" }}
                </button>
            }
        </div>
    }
}

/// What drawing needs to know besides the message.
struct Around<'a> {
    mentions: &'a [Address],
    people: Option<Rc<People>>,
    session: Option<Rc<Session>>,
}

impl Around<'_> {
    fn blocks(&self, blocks: &[Block]) -> Html {
        let draw = |block: &Block| match block {
            Block::Paragraph(inside) => html! { <p>{self.inlines(inside)}</p> },
            Block::Fence { label, code } => html! {
                <figure>
                    if !label.is_empty() { <figcaption>{readable(label)}</figcaption> }
                    <pre tabindex="0" dir="auto"><code>{readable(code)}</code></pre>
                </figure>
            },
            Block::Quote(inside) => html! { <blockquote>{self.blocks(inside)}</blockquote> },
            Block::List(items) if items.first().is_some_and(|item| item.number.is_some()) => {
                html! { <ol>{self.items(items)}</ol> }
            }
            Block::List(items) => html! { <ul>{self.items(items)}</ul> },
        };
        blocks.iter().map(draw).collect()
    }

    fn items(&self, items: &[Item]) -> Html {
        let draw = |item: &Item| {
            html! { <li value={item.number.map(|number| number.to_string())}>{self.inlines(&item.line)}{self.blocks(&item.below)}</li> }
        };
        items.iter().map(draw).collect()
    }

    fn inlines(&self, inlines: &[Inline]) -> Html {
        let draw = |inline: &Inline| match inline {
            Inline::Text(text) => self.words(text),
            Inline::Code(code) => html! { <code>{readable(code)}</code> },
            Inline::Link { address, words } => self.link(address, words),
            Inline::Marked(mark, inside) => {
                let inside = self.inlines(inside);
                match mark {
                    Mark::Emphasis => html! { <em>{inside}</em> },
                    Mark::Strong => html! { <strong>{inside}</strong> },
                    Mark::StrongEmphasis => html! { <strong><em>{inside}</em></strong> },
                    Mark::Strike => html! { <s>{inside}</s> },
                    Mark::Spoiler => html! { <Spoiler>{inside}</Spoiler> },
                }
            }
        };
        inlines.iter().map(draw).collect()
    }

    /// Text with the mentioned people marked.
    fn words(&self, text: &str) -> Html {
        let people: Vec<_> = self.people.iter().flat_map(|people| people.iter()).collect();
        let mut drawn = Vec::new();
        let mut begun = 0;
        for found in mention::find(text, &people) {
            let meant = found
                .accounts
                .iter()
                .filter(|account| self.mentions.contains(account));
            let meant: Vec<Address> = meant.copied().collect();
            if meant.is_empty() {
                continue;
            }
            let is_ambiguous =
                |account: &Address| self.people.iter().any(|people| people.is_ambiguous(account));
            let name = text.get(found.place.clone()).unwrap_or_default().to_owned();
            drawn.push(html! { {readable(text.get(begun..found.place.start).unwrap_or_default())} });
            drawn.push(html! { <Said class="mention" text={name} /> });
            drawn.extend(
                meant
                    .into_iter()
                    .filter(is_ambiguous)
                    .map(|account| html! { <Which {account} /> }),
            );
            begun = found.place.end;
        }
        drawn.push(html! { {readable(text.get(begun..).unwrap_or_default())} });
        drawn.into_iter().collect()
    }

    /// A link. An invite of this very room opens in place, one with a pass in this tab, for who is here to use it; any other says which host it leads to,
    /// unless its words begin with that.
    fn link(&self, address: &str, words: &str) -> Html {
        let Ok(url) = Url::new(address) else {
            return html! { {readable(words)} };
        };
        let started = self.session.as_deref().and_then(Session::started);
        let here = started.filter(|_| url.origin() == browser::origin());
        let fragment = url.hash();
        let fragment = fragment.trim_start_matches('#');
        if let Some(to) = here.and_then(|here| within_room(&url.pathname(), fragment, &here.fragment)) {
            return html! { <PageLink {to}><Said text={words.to_owned()} /></PageLink> };
        }
        if here.is_some_and(|here| carries_pass(fragment, &here.fragment)) {
            return html! { <a href={address.to_owned()}><Said text={words.to_owned()} /></a> };
        }
        let host = url.host();
        html! {
            <>
                <a href={address.to_owned()} target="_blank" rel="noopener noreferrer nofollow"><Said text={words.to_owned()} /></a>
                if !host.is_empty() && !names_host(words, &host) { <Said class="quiet host" text={format!(" ({host})")} /> }
            </>
        }
    }
}

/// Whether the words are an address of this host, so that whoever reads them knows where they lead.
fn names_host(words: &str, host: &str) -> bool {
    let words = words.to_lowercase();
    let rest = words
        .strip_prefix("https://")
        .or_else(|| words.strip_prefix("http://"))
        .unwrap_or(&words);
    rest.strip_prefix(host)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', ':']))
}

#[derive(PartialEq, Properties)]
struct SpoilerProps {
    children: Html,
}

/// A part of a message that is hidden until it is asked for.
#[component]
fn Spoiler(props: &SpoilerProps) -> Html {
    let is_open = use_state_eq(|| false);
    if *is_open {
        return props.children.clone();
    }
    let setter = is_open.setter();
    html! {
        <button class="spoiler" aria-label="Hidden text: show it" onclick={move |_| setter.set(true)}>
            <span aria-hidden="true">{props.children.clone()}</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_the_host_that_it_leads_to_unless_its_words_do() {
        for (words, host) in [
            ("https://ting.example/x", "ting.example"),
            ("HTTPS://Ting.Example", "ting.example"),
            ("www.ting.example/x", "www.ting.example"),
            ("http://127.0.0.1:4040/chat", "127.0.0.1:4040"),
        ] {
            assert!(names_host(words, host), "{words}");
        }
        for (words, host) in [
            ("https://bank.example", "evil.example"),
            ("https://google.com@evil.example", "evil.example"),
            ("https://bank.example.evil.example", "bank.example"),
            ("https://bаnk.example", "xn--bnk-7cd.example"),
            ("the docs", "docs.example"),
        ] {
            assert!(!names_host(words, host), "{words}");
        }
    }
}

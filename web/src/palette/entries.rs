//! What the palette finds: pages, channels and people by name, blocks and messages that this page has seen.

use ting_core::{
    codec::letters,
    crypto::{hash::Hash, keys::Address},
    peer::view::{BlockView, ChainView, ChatView, MessageContent, PulseView},
};

use crate::{
    pages::chain::names_block,
    parts::icon::Symbol,
    people::People,
    route::{LastChat, Route, Section},
};

/// Most entries shown at once.
const MAX_SHOWN: usize = 9;

/// What happens when an entry is chosen.
#[derive(Clone, PartialEq)]
pub enum Act {
    /// Goes to a page.
    Go(Route),
    /// Goes to a message of a channel.
    Message {
        /// Name of the channel, without `#`.
        channel: String,
        /// Id of the message.
        id: Hash,
    },
    /// Pays somebody.
    Pay(Address),
    /// Copies the invite link.
    CopyInvite,
    /// Shows the list of keys.
    Shortcuts,
}

/// One thing that the palette offers.
pub struct Entry {
    /// Icon before its title.
    pub symbol: Symbol,
    /// What it is called; what is typed is looked for here.
    pub title: String,
    /// What kind of thing it is.
    pub hint: String,
    /// What happens when it is chosen.
    pub act: Act,
}

/// The newest blocks that this page has seen.
pub fn known_blocks(pulse: Option<&PulseView>, chain: Option<&ChainView>) -> Vec<BlockView> {
    let mut blocks: Vec<BlockView> = chain.map(|chain| chain.blocks.clone()).unwrap_or_default();
    let newer = pulse.into_iter().flat_map(|pulse| pulse.beads.iter());
    blocks.extend(
        newer
            .filter(|bead| chain.is_none_or(|chain| chain.blocks.iter().all(|block| block.hash != bead.hash)))
            .cloned(),
    );
    blocks
}

/// What fits the text, at most [`MAX_SHOWN`].
pub fn entries(
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
            symbol: Symbol::of(section),
            title: section.title().into(),
            hint: "Go to".into(),
            act: Act::Go(section.route(last_chat)),
        })
        .collect();
    found.push(Entry {
        symbol: Symbol::Invite,
        title: "Copy invite link".into(),
        hint: "Invite".into(),
        act: Act::CopyInvite,
    });
    found.push(Entry {
        symbol: Symbol::Words,
        title: "Keyboard shortcuts".into(),
        hint: "?".into(),
        act: Act::Shortcuts,
    });
    found.extend(
        chat.into_iter()
            .flat_map(|chat| &chat.channels)
            .map(|channel| Entry {
                symbol: Symbol::Hash,
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
                symbol: Symbol::Pay,
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
            symbol: Symbol::Pay,
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
            symbol: Symbol::Chain,
            title: format!("{what} {}", hash.short()),
            hint: "Hash".into(),
            act: Act::Go(route),
        })
        .collect()
}

fn block_entry(block: &BlockView) -> Entry {
    let act = Act::Go(Route::Block {
        hash: block.hash.to_string(),
    });
    Entry {
        symbol: Symbol::Chain,
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
                symbol: Symbol::Chat,
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

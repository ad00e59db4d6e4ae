//! What people wrote, as elements: the small markup of a chat. Text is what was typed.
//!
//! | typed | shown |
//! |---|---|
//! | `*a*`, `_a_`, `**a**`, `~~a~~`, `\|\|a\|\|` | emphasis, the same, strong, struck through, hidden until asked for |
//! | `` `a` `` and fences of three back-ticks | code |
//! | lines that begin with `> `, `- `, `* `, `1. ` | quotes and lists |
//! | `https://…`, `http://…`, `www.…`, `mailto:…`, `[words](https://…)` | links |
//!
//! Everything else stands as it was typed, white space included: there are no headings, no entities, no escapes. Only the marks themselves
//! vanish, and only in pairs around something, so no message shows as nothing, and none loses a letter.
//!
//! A message is of a stranger. It becomes text nodes and these elements, never markup; links lead to `http`, `https` and `mailto` only and
//! name the host that they lead to. Nesting deeper than [`MAX_DEPTH`] stands as typed, and reading takes time in proportion to the length.

mod address;
mod blocks;
mod clamp;
mod draw;
mod inline;
#[cfg(test)]
mod tests;

pub use draw::MarkedText;

/// Elements within elements.
const MAX_DEPTH: usize = 8;

/// A part of a message that stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    /// Lines of text, blank ones included.
    Paragraph(Vec<Inline>),
    /// Code between two fences, and what stood behind the first one: mostly a language.
    Fence {
        label: String,
        code: String,
    },
    Quote(Vec<Block>),
    List(Vec<Item>),
}

/// An entry of a list: its own line, and the lines below it that are indented.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    /// Its number as typed; none behind a dash or a star.
    number: Option<u32>,
    line: Vec<Inline>,
    below: Vec<Block>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Inline {
    Text(String),
    Code(String),
    Marked(Mark, Vec<Inline>),
    Link {
        /// Where it leads.
        address: String,
        /// What shows.
        words: String,
    },
}

/// What a pair of marks makes of the text between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Emphasis,
    Strong,
    StrongEmphasis,
    Strike,
    Spoiler,
}

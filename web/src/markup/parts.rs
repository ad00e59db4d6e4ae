//! The parts that a message is made of, as its markup is read.

/// Most levels of elements within elements.
pub(super) const MAX_DEPTH: usize = 8;

/// A part of a message that stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
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
pub(super) struct Item {
    /// Its number as typed; none behind a dash or a star.
    pub(super) number: Option<u32>,
    pub(super) line: Vec<Inline>,
    pub(super) below: Vec<Block>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inline {
    Text(String),
    Code(String),
    Marked(Mark, Vec<Inline>),
    Link {
        /// Address that it leads to.
        address: String,
        /// Text that shows in its place.
        words: String,
    },
}

/// What a pair of marks makes of the text between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Emphasis,
    Strong,
    StrongEmphasis,
    Strike,
    Spoiler,
}

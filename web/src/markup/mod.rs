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
//! name the host that they lead to. Nesting deeper than [`parts::MAX_DEPTH`] stands as typed, and reading takes time in proportion to the length.

mod address;
mod blocks;
mod clamp;
mod draw;
mod inline;
mod parts;
#[cfg(test)]
mod tests;

pub use draw::MarkedText;

//! `cargo xtask bench`: measures, and writes the figures into docs/benchmarks.md.
//!
//! Each kind of figures fills its own part of the document, so one can be measured again alone. What does not run leaves
//! the document as it was.

mod core;
mod divan;
mod document;
mod machine;
mod relay;
mod size;

use std::{ffi::OsString, fmt};

use anyhow::{Context, Result};

/// A group of figures that can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What core's work costs natively and in WASM.
    Core,
    /// More of core, natively.
    Detail,
    /// The relay's fan-out.
    Relay,
    /// The web app's size.
    Size,
}

impl Kind {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Core, Self::Detail, Self::Relay, Self::Size];

    /// The kind with this name on the command line.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Core => "core",
            Self::Detail => "detail",
            Self::Relay => "relay",
            Self::Size => "size",
        })
    }
}

/// Measures these kinds of figures, one after the other; options after them are the relay's.
///
/// # Errors
/// When something does not build or run, or the document lacks the part.
pub fn bench(words: &[OsString]) -> Result<()> {
    let is_option = |word: &OsString| word.to_string_lossy().starts_with('-');
    let names = words.iter().position(is_option).unwrap_or(words.len());
    let (names, options) = words.split_at(names);
    let kinds: Result<Vec<Kind>> = names.iter().map(kind).collect();
    let mut kinds = kinds?;
    let relay = relay::Options::parse(options)?;
    if kinds.is_empty() {
        kinds = Kind::ALL.to_vec();
    }
    for kind in kinds {
        println!("\n== {kind}");
        let measured = match kind {
            Kind::Core => Some(core::measure()?),
            Kind::Detail => Some(core::measure_details()?),
            Kind::Relay => relay::measure(&relay)?,
            Kind::Size => Some(size::measure()?),
        };
        let Some((figures, load)) = measured else { continue };
        let part = format!("{}\n\n{figures}", machine::stamp(kind, load));
        println!("\n{part}");
        document::refresh(kind, &part)?;
    }
    Ok(())
}

fn kind(word: &OsString) -> Result<Kind> {
    let name = word.to_string_lossy();
    Kind::parse(&name).with_context(|| format!("there is no kind of figures `{name}`"))
}

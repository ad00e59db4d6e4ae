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

use std::fmt;

use anyhow::Result;

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

/// Measures these kinds of figures, one after the other.
///
/// # Errors
/// When something does not build or run, or the document lacks the part.
pub fn bench(kinds: &[Kind]) -> Result<()> {
    for &kind in kinds {
        println!("\n== {kind}");
        let (figures, load) = match kind {
            Kind::Core => core::measure()?,
            Kind::Detail => core::measure_details()?,
            Kind::Relay => relay::measure()?,
            Kind::Size => size::measure()?,
        };
        let part = format!("{}\n\n{figures}", machine::stamp(kind, load));
        println!("\n{part}");
        document::refresh(kind, &part)?;
    }
    Ok(())
}

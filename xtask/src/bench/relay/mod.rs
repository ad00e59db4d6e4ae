//! The relay's fan-out, measured by the load tool: alone, or beside other servers in the same run.
//!
//! The load tool prints a line of JSON for each run; here these become tables and a picture.

mod aims;
mod plot;
mod suite;
mod tables;

use std::{ffi::OsString, fs};

use anyhow::{Context, Result};
use suite::Suite;

use super::machine::Load;
use crate::shell;

/// What to measure.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    peers: bool,
    quick: bool,
    /// Options of the load tool, for one run of one's own.
    own: Vec<OsString>,
}

impl Options {
    /// Reads `--peers` and `--quick`; all else is the load tool's.
    pub fn parse(words: &[OsString]) -> Result<Self> {
        let mut options = Self::default();
        for word in words {
            match word.to_str() {
                Some("--peers") => options.peers = true,
                Some("--quick") => options.quick = true,
                _ => options.own.push(word.clone()),
            }
        }
        Ok(options)
    }
}

/// Deliveries, latencies, processor time and memory. Short runs and runs of one's own are only shown.
pub fn measure(options: &Options) -> Result<Option<(String, Load)>> {
    let suite = Suite::prepare(options.peers)?;
    if !options.own.is_empty() {
        suite.run_own(&options.own)?;
        return Ok(None);
    }
    let (servers, load) = Load::around(|| suite.run(options.quick));
    let text = tables::all(&servers);
    if options.quick {
        println!("\n{text}");
        return Ok(None);
    }
    let picture = shell::root().join("docs/relay.svg");
    fs::write(&picture, plot::picture(&servers))
        .with_context(|| format!("cannot write {}", picture.display()))?;
    let link = "![CPU per delivery, latency and ceiling of each server](relay.svg)";
    Ok(Some((
        format!("{}\n\n{link}\n\n{text}", aims::table(&servers)),
        load,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_load_tool_are_passed_on() {
        let words = ["--peers", "--idle", "7"].map(OsString::from);
        let options = Options::parse(&words).unwrap();
        assert!(options.peers && !options.quick);
        assert_eq!(options.own, words[1..]);
    }
}

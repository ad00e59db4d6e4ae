//! Runs many seeded networks and says what broke, or one of them again; and measures the lottery.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::Cli::parse().obey()
}

//! What developers run: `cargo xtask setup | play | serve | test | bench | deny`.

mod bench;
mod bundle;
mod complaint;
mod deny;
mod play;
mod relay;
mod report;
mod setup;
mod shell;
mod stage;
mod steps;
mod tally;
mod test;
mod web;

use std::{ffi::OsString, net::Ipv4Addr, process::ExitCode};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use test::Kind;

const USAGE: &str = "\
usage: cargo xtask <command>

  play [--port 4040] [--no-open]   build the web app, start a relay that serves it, open the browser
  play --host 0.0.0.0              the same, open to other devices
  test [lint|unit|wasm|e2e]        all checks and tests, or one kind of them
  bench [core|detail|relay|size]   measures, and writes the figures into docs/benchmarks.md
  bench relay --peers              the relay beside other servers, which are installed first
  bench relay --quick|<options>    a short run, or one of your own (see load/src/main.rs), only shown
  serve [trunk's options]          `trunk serve` with the installed tools: rebuilds on every change
  deny                             licences, sources and advisories of all dependencies
  setup                            only install what is missing; play and test do it by themselves
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = lexopt::Parser::from_env();
    let command = match arguments.next()? {
        Some(Value(command)) => command.string()?,
        Some(Long("help") | Short('h')) | None => {
            print!("{USAGE}");
            return Ok(());
        }
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.as_str() {
        "play" => play::play(&play_options(arguments)?),
        "test" => test::test(&kinds(arguments)?),
        "bench" => bench::bench(&arguments.raw_args()?.collect::<Vec<_>>()),
        "serve" => serve(arguments.raw_args()?.collect()),
        "deny" => deny::check(),
        "setup" => setup::web()
            .and_then(|_| setup::browser())
            .and_then(|_| setup::nats_server())
            .map(drop),
        other => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
}

fn play_options(mut arguments: lexopt::Parser) -> Result<play::Options> {
    let mut options = play::Options {
        host: Ipv4Addr::LOCALHOST.into(),
        port: 4040,
        open: true,
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("host") => options.host = arguments.value()?.parse()?,
            Long("port") => options.port = arguments.value()?.parse()?,
            Long("no-open") => options.open = false,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

/// The kinds of tests named on the command line, or all of them.
fn kinds(mut arguments: lexopt::Parser) -> Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) => {
                let name = name.string()?;
                kinds.push(Kind::parse(&name).with_context(|| format!("there is no kind of test `{name}`"))?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(if kinds.is_empty() {
        Kind::ALL.to_vec()
    } else {
        kinds
    })
}

fn serve(options: Vec<OsString>) -> Result<()> {
    let tools = setup::web()?.and_trunk()?;
    println!(
        "  Rooms need a relay beside: cargo run --release -p ting-relay -- --listen 127.0.0.1:4040 --web-root dist"
    );
    shell::run(tools.command("trunk")?.arg("serve").args(options))
}

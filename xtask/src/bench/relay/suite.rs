//! The runs of the load tool, and what each server showed in them.

use std::{ffi::OsString, path::PathBuf};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::{relay, setup, shell};

/// Each kind of run that every server goes through, from short to long.
const QUICK: [&str; 3] = [
    "--connections 10,100 --seconds 1",
    "--connections 100 --saturated --seconds 1",
    "--idle 1000 --seconds 1",
];
const FULL: [&str; 5] = [
    "--connections 10,100,1000 --seconds 3 --rounds 3",
    "--connections 100 --saturated --seconds 2",
    "--connections 100 --ceiling",
    "--idle 1000 --seconds 1",
    "--stalled 5 --connections 20 --frame-bytes 16384 --rate 6000 --seconds 6",
];
/// What only the relay has to show.
const RELAY_ALONE: [&str; 7] = [
    "--idle 10000 --seconds 5",
    "--joins 1000",
    "--return 1000",
    "--connections 100 --rooms 10 --seconds 3 --rounds 3",
    "--connections 1000 --rooms 100 --seconds 3 --rounds 3",
    "--connections 1000 --rooms 500 --seconds 3 --rounds 3",
    "--connections 10000 --rooms 5000 --seconds 3 --rounds 3",
];

/// The load tool and the servers that it can start.
pub struct Suite {
    load: PathBuf,
    programs: Vec<(&'static str, Result<PathBuf>)>,
}

/// A server and what was measured of it.
pub struct Server {
    /// Name that the load tool has for it.
    pub name: &'static str,
    /// Results of the load tool, one object for each run.
    pub runs: Vec<Value>,
    /// Why there are no runs, or fewer.
    pub missing: Option<String>,
}

impl Server {
    /// The run of this kind with so many connections in so many rooms.
    pub fn run(&self, kind: &str, connections: u64, rooms: Option<u64>) -> Option<&Value> {
        self.runs.iter().find(|run| {
            let is = |name: &str, number| run.get(name).and_then(Value::as_u64) == Some(number);
            let is_kind = run.get("kind").and_then(Value::as_str) == Some(kind);
            is_kind && is("connections", connections) && rooms.is_none_or(|rooms| is("rooms", rooms))
        })
    }

    /// A number of such a run in one room.
    pub fn number(&self, kind: &str, connections: u64, name: &str) -> Option<f64> {
        let rooms = ["steady", "saturated"].contains(&kind).then_some(1);
        number(self.run(kind, connections, rooms)?, name)
    }
}

/// A number of a run, of its inner objects too (`healthy.lost`).
pub fn number(run: &Value, name: &str) -> Option<f64> {
    name.split('.')
        .try_fold(run, |value, part| value.get(part))?
        .as_f64()
}

impl Suite {
    /// Builds relay and load tool, and finds or installs the other servers.
    pub fn prepare(with_peers: bool) -> Result<Self> {
        let relay = relay::build_for_release()?;
        shell::run(shell::command("cargo").args(["build", "--release", "-p", "ting-load"]))?;
        let own = |program: &str| setup::target_dir().join("release").join(program);
        let mut programs = vec![("relay", Ok(relay)), ("bare-loop", Ok(own("bare-loop")))];
        if with_peers {
            programs.push(("axum-chat", Ok(own("axum-chat"))));
            programs.extend(setup::peers()?);
        }
        let load = own("ting-load");
        Ok(Self { load, programs })
    }

    /// One run of one's own: `--peer NAME` chooses the server.
    pub fn run_own(&self, options: &[OsString]) -> Result<()> {
        let after_peer = options.iter().skip_while(|word| *word != "--peer").nth(1);
        let wanted = after_peer.map_or("relay".into(), |name| name.to_string_lossy());
        let Some((_, program)) = self.programs.iter().find(|(name, _)| *name == wanted) else {
            bail!("there is no server `{wanted}`; most need --peers, which installs them");
        };
        match program {
            Ok(program) => shell::run(
                shell::command(&self.load)
                    .arg("--program")
                    .arg(program)
                    .args(options),
            ),
            Err(error) => bail!("{wanted}: {error:#}"),
        }
    }

    /// All servers, one after the other.
    pub fn run(&self, is_quick: bool) -> Vec<Server> {
        let servers = self.programs.iter().map(|(name, program)| {
            let mut server = Server {
                name,
                runs: Vec::new(),
                missing: None,
            };
            let kinds: Vec<&str> = match (is_quick, *name) {
                (true, _) => QUICK.to_vec(),
                (false, "relay") => FULL.into_iter().chain(RELAY_ALONE).collect(),
                (false, _) => FULL.to_vec(),
            };
            match program {
                Ok(program) => kinds
                    .into_iter()
                    .for_each(|options| self.add(&mut server, program, options)),
                Err(error) => server.missing = Some(format!("{error:#}")),
            }
            server
        });
        servers.collect()
    }

    fn add(&self, server: &mut Server, program: &PathBuf, options: &str) {
        let mut command = shell::command(&self.load);
        command
            .args(["--peer", server.name, "--program"])
            .arg(program)
            .args(options.split_whitespace());
        let (succeeded, printed) = shell::run_and_copy(&mut command).unwrap_or_default();
        let lines = printed.lines().filter(|line| line.starts_with('{'));
        server
            .runs
            .extend(lines.filter_map(|line| serde_json::from_str::<Value>(line).ok()));
        if !succeeded {
            let sentence = printed.lines().find_map(|line| line.strip_prefix("Error: "));
            server.missing = Some(sentence.unwrap_or("a run failed").to_owned());
        }
    }
}

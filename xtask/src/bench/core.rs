//! What core's work costs: natively by divan, and as WASM in Node's V8, in turns, so that both meet the same machine.
//!
//! On a shared machine the fastest sample is closest to what the work takes alone; the median beside it tells how much
//! was disturbed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use super::{
    divan::{self, Cost},
    document::{duration, grouped, table},
    machine::Load,
};
use crate::{setup, shell, web};

const ROUNDS: usize = 2;
const RUN_SCRIPT: &str = include_str!("run.cjs");

/// How the cost of a piece of work is told.
#[derive(Clone, Copy)]
enum Unit {
    PerSecond(&'static str),
    Time,
}

/// What is known of a piece of work beside its cost: name, unit, what we want to reach and what others reach, both as native / WASM.
const ROWS: [(&str, Unit, &str, &str); 15] = [
    (
        "block apply: verify, execute, root",
        Unit::PerSecond("tx/s"),
        "≥ 40,000 / 15,000",
        "Nimiq 2.3.0: 13,400 / 3,800-5,400",
    ),
    (
        "- signatures of the block in one batch",
        Unit::PerSecond("tx/s"),
        "",
        "57,300 / 18,900",
    ),
    ("- execution and root", Unit::PerSecond("tx/s"), "", ""),
    (
        "block from bytes to root",
        Unit::PerSecond("tx/s"),
        "≥ 40,000 / 18,000",
        "",
    ),
    ("- half of it heard before", Unit::PerSecond("tx/s"), "", ""),
    (
        "trie: 500 updates and root",
        Unit::Time,
        "≤ 1.5 / 3.5 ms",
        "1.3 / 3.2 ms",
    ),
    ("encode the block", Unit::Time, "", ""),
    ("decode the block", Unit::Time, "", ""),
    ("sign", Unit::PerSecond("/s"), "", "59,700 / 23,400"),
    (
        "verify one signature",
        Unit::PerSecond("/s"),
        "",
        "33,700 / 9,500",
    ),
    ("VRF prove", Unit::PerSecond("/s"), "", "14,400 / 3,700"),
    ("VRF verify", Unit::PerSecond("/s"), "", "13,200 / 4,300"),
    ("seal 1 KiB", Unit::PerSecond("/s"), "", "490,000 / 351,000"),
    ("open 1 KiB", Unit::PerSecond("/s"), "", ""),
    (
        "SHA-256 of 64 bytes",
        Unit::PerSecond("/s"),
        "",
        "10,300,000 / 2,900,000",
    ),
];

/// A piece of work on both machines.
struct Measured {
    name: String,
    items: f64,
    native: Times,
    wasm: Times,
}

/// The best of all rounds.
#[derive(Clone, Copy)]
struct Times {
    fastest_ns: f64,
    median_ns: f64,
}

impl Times {
    fn of(cost: &Cost) -> Self {
        Self {
            fastest_ns: cost.fastest_ns,
            median_ns: cost.median_ns,
        }
    }

    fn best(self, other: Self) -> Self {
        Self {
            fastest_ns: self.fastest_ns.min(other.fastest_ns),
            median_ns: self.median_ns.min(other.median_ns),
        }
    }
}

/// Measures core natively and as WASM, side by side.
pub fn measure() -> Result<(String, Load)> {
    build_native()?;
    let module = build_wasm()?;
    let (measured, load) = Load::around(|| measure_rounds(&module));
    let rows: Vec<Vec<String>> = measured?.iter().map(row).collect();
    let head = [
        "what",
        "native",
        "WASM",
        "WASM takes",
        "aim, native / WASM",
        "reference, native / WASM",
    ];
    let script = "'Node '+process.version+', V8 '+process.versions.v8";
    let engine = shell::output(shell::command("node").args(["-p", script])).unwrap_or_default();
    let note =
        format!("WASM in {engine}. Fastest sample of {ROUNDS} rounds in turns, the median in brackets.");
    Ok((format!("{note}\n\n{}", table(&head, &rows)), load))
}

fn measure_rounds(module: &Path) -> Result<Vec<Measured>> {
    let mut best: Vec<Measured> = Vec::new();
    for _ in 0..ROUNDS {
        let native = run_native(&["workload"])?;
        for (wasm, items) in run_wasm(module)? {
            let native = native
                .iter()
                .find(|native| native.name.last() == wasm.name.last());
            let native = native
                .map(Times::of)
                .context("a piece of work was measured in WASM alone")?;
            let (name, wasm) = (wasm.name.join(" "), Times::of(&wasm));
            if let Some(before) = best.iter_mut().find(|before| before.name == name) {
                (before.native, before.wasm) = (before.native.best(native), before.wasm.best(wasm));
            } else {
                best.push(Measured {
                    name,
                    items,
                    native,
                    wasm,
                });
            }
        }
    }
    Ok(best)
}

fn row(measured: &Measured) -> Vec<String> {
    let known = ROWS.iter().find(|(name, ..)| *name == measured.name);
    let (unit, aim, reference) = known.map_or((Unit::Time, "", ""), |(_, unit, aim, reference)| {
        (*unit, *aim, *reference)
    });
    let figure = |times: Times| match unit {
        Unit::PerSecond(unit) => {
            let rate = |ns: f64| grouped(measured.items * 1e9 / ns);
            format!("{} {unit} ({})", rate(times.fastest_ns), rate(times.median_ns))
        }
        Unit::Time => format!("{} ({})", duration(times.fastest_ns), duration(times.median_ns)),
    };
    vec![
        measured.name.clone(),
        figure(measured.native),
        figure(measured.wasm),
        format!("{:.1} ×", measured.wasm.fastest_ns / measured.native.fastest_ns),
        aim.to_owned(),
        reference.to_owned(),
    ]
}

/// The other benches of core, natively.
pub fn measure_details() -> Result<(String, Load)> {
    build_native()?;
    let (costs, load) = Load::around(|| run_native(&["--skip", "workload"]));
    let rows: Vec<Vec<String>> = costs?
        .iter()
        .map(|cost| {
            vec![
                cost.name.join(" / "),
                duration(cost.fastest_ns),
                duration(cost.median_ns),
            ]
        })
        .collect();
    Ok((table(&["what", "fastest", "median"], &rows), load))
}

const BENCH: [&str; 5] = ["bench", "-p", "ting-core", "--bench", "costs"];

fn build_native() -> Result<()> {
    shell::run(shell::command("cargo").args(BENCH).arg("--no-run"))
}

fn run_native(filters: &[&str]) -> Result<Vec<Cost>> {
    let (succeeded, printed) =
        shell::run_and_copy(shell::command("cargo").args(BENCH).arg("--").args(filters))?;
    let costs = divan::costs(&printed);
    if !succeeded || costs.is_empty() {
        bail!("the native bench failed");
    }
    Ok(costs)
}

/// Builds the same work as the web app is built, and returns the script to load.
fn build_wasm() -> Result<PathBuf> {
    let tools = setup::web()?;
    let mut build = tools.command("cargo")?;
    build.args([
        "build",
        "--profile",
        "web",
        "-p",
        "ting-core",
        "--example",
        "costs",
    ]);
    shell::run(build.args(["--target", "wasm32-unknown-unknown"]))?;
    let built = setup::web_target_dir().join("wasm32-unknown-unknown/web/examples/costs.wasm");
    let folder = setup::web_target_dir().join("bench");
    Bindgen::new()
        .input_path(&built)
        .typescript(false)
        .nodejs(true)
        .and_then(|bindgen| bindgen.generate(&folder))
        .with_context(|| format!("no bindings for {}", built.display()))?;
    web::optimise(&tools, &folder.join("costs_bg.wasm"))?;
    fs::write(folder.join("run.cjs"), RUN_SCRIPT)?;
    Ok(folder.join("costs.js"))
}

fn run_wasm(module: &Path) -> Result<Vec<(Cost, f64)>> {
    let mut node = shell::command("node");
    let (succeeded, printed) = shell::run_and_copy(node.arg(module.with_file_name("run.cjs")).arg(module))
        .context("Node.js is needed to run WASM in V8: install it and try again")?;
    if !succeeded {
        bail!("the WASM bench failed");
    }
    printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(wasm_cost)
        .collect()
}

/// A line of the script: the cost, and the number of things it is for.
fn wasm_cost(line: &str) -> Result<(Cost, f64)> {
    let line: Value = serde_json::from_str(line)?;
    let number = |name: &str| {
        line.get(name)
            .and_then(Value::as_f64)
            .context("a number is missing")
    };
    let name = line
        .get("name")
        .and_then(Value::as_str)
        .context("the name is missing")?;
    let cost = Cost {
        name: vec![name.to_owned()],
        fastest_ns: number("fastest_ns")?,
        median_ns: number("median_ns")?,
    };
    Ok((cost, number("items")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_workload_of_core() {
        let workloads = include_str!("../../../core/benches/costs/workloads.rs");
        for (name, ..) in ROWS {
            assert!(workloads.contains(&format!("=> \"{name}\"")), "{name}");
        }
    }

    #[test]
    fn a_row_tells_both_machines_in_the_unit_of_the_aim() {
        let times = |fastest_ns, median_ns| Times {
            fastest_ns,
            median_ns,
        };
        let measured = Measured {
            name: "block apply: verify, execute, root".to_owned(),
            items: 500.0,
            native: times(10e6, 12.5e6),
            wasm: times(25e6, 50e6),
        };
        let row = row(&measured);
        assert_eq!(
            row[1..4],
            ["50,000 tx/s (40,000)", "20,000 tx/s (10,000)", "2.5 ×"]
        );
    }
}

//! The command line.

mod parallel;
mod presence;

use std::{ops::Range, process::ExitCode, str::FromStr, time::Instant};

use clap::{Args, Parser, Subcommand, ValueEnum};
use ting_sim::{
    lottery,
    outcome::Outcome,
    portrait,
    random::Random,
    scenario::{Faults, Scenario},
    stepper::{Stepper, run},
    witness::{
        checks::rule::Rule,
        measure::{Measure, per_mille},
        not_taken::NotTaken,
        trace::Trace,
    },
};

/// Whole networks of real Ting peers on a virtual clock, from one seed.
#[derive(Parser)]
#[command(name = "ting-sim", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run many seeds and sum them up.
    Run {
        /// Seeds, as from..to.
        #[arg(long, default_value = "0..20")]
        seeds: Seeds,
        /// Runs at the same time; all cores if not given.
        #[arg(long)]
        threads: Option<usize>,
        #[command(flatten)]
        size: Size,
    },
    /// Run one seed again, and show what was drawn for it.
    Replay {
        /// The seed.
        #[arg(long)]
        seed: u64,
        /// Print everything that peers tell.
        #[arg(long)]
        trace: bool,
        #[command(flatten)]
        size: Size,
    },
    /// Measure how long what people say takes to become final while they come and go.
    Presence {
        /// Seeds, as from..to.
        #[arg(long, default_value = "0..20")]
        seeds: Seeds,
        /// Peers in a room, each of whom is there a third of the time.
        #[arg(long, value_delimiter = '|', default_value = "3|5|10")]
        peers: Vec<usize>,
        /// Runs at the same time; all cores if not given.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// Measure how long a room waits for blocks when only some of the stake is online.
    Lottery {
        /// Equal stakers.
        #[arg(long, default_value_t = 1_000)]
        stakers: u64,
        /// Shares of them that are online.
        #[arg(long, value_delimiter = '|', default_value = "1.0|0.1|0.001")]
        online: Vec<f64>,
        /// Slots to draw.
        #[arg(long, default_value_t = 200_000)]
        slots: u64,
        /// Seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

#[derive(Args, Clone, Copy)]
struct Size {
    /// Peers in a network.
    #[arg(long, default_value_t = 10)]
    peers: usize,
    /// Length of a run, in slots of a second.
    #[arg(long, default_value_t = 600)]
    slots: u64,
    /// Which faults are drawn.
    #[arg(long, value_enum, default_value_t = FaultArgument::All)]
    faults: FaultArgument,
}

#[derive(Clone, Copy, ValueEnum)]
enum FaultArgument {
    /// Perfect links and clocks.
    None,
    /// Loss, partitions, crashes, skew and more.
    All,
    /// One person on two devices, and short partitions; three to five people.
    Twins,
}

impl Size {
    fn draw(&self, seed: u64) -> Scenario {
        let faults = match self.faults {
            FaultArgument::None => Faults::None,
            FaultArgument::All => Faults::All,
            FaultArgument::Twins => Faults::Twins,
        };
        Scenario::draw(seed, self.peers, self.slots, faults)
    }

    fn replay_command(&self, seed: u64) -> String {
        let faults = match self.faults {
            FaultArgument::None => "none",
            FaultArgument::All => "all",
            FaultArgument::Twins => "twins",
        };
        format!(
            "cargo run --release -p ting-sim -- replay --seed {seed} --peers {} --slots {} --faults {faults}",
            self.peers, self.slots
        )
    }
}

#[derive(Clone)]
struct Seeds(Range<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |part: &str| part.parse::<u64>().map_err(|error| error.to_string());
        let (from, to) = text.split_once("..").ok_or("expected from..to, such as 0..200")?;
        Ok(Self(parse(from)?..parse(to)?))
    }
}

impl Cli {
    /// Does what was asked for; fails if any rule was broken.
    pub fn obey(self) -> ExitCode {
        match self.command {
            Command::Run { seeds, threads, size } => run_all(seeds.0, threads, size),
            Command::Replay { seed, trace, size } => replay(seed, trace, size),
            Command::Presence {
                seeds,
                peers,
                threads,
            } => presence::measure(&seeds.0, &peers, threads),
            Command::Lottery {
                stakers,
                online,
                slots,
                seed,
            } => measure_lottery(stakers, &online, slots, seed),
        }
    }
}

fn replay(seed: u64, trace: bool, size: Size) -> ExitCode {
    let scenario = size.draw(seed);
    println!("{scenario}");
    let ends_at = scenario.ends_at;
    let mut stepper = Stepper::new(scenario, trace.then(|| Trace::new(|line| println!("{line}"))));
    stepper.run_until(ends_at);
    if trace {
        println!("{}", portrait::of_all(stepper.view()));
    }
    let outcome = stepper.conclude();
    print_outcome(&outcome);
    print_not_taken(&outcome.not_taken);
    exit_code(outcome.violations.is_empty())
}

fn run_all(seeds: Range<u64>, threads: Option<usize>, size: Size) -> ExitCode {
    let began = Instant::now();
    let seeds: Vec<u64> = seeds.collect();
    let mut outcomes: Vec<Outcome> = Vec::new();
    parallel::run_all(
        &seeds,
        threads,
        |seed| run(&size.draw(*seed)),
        |outcome| {
            report_progress(&outcome, outcomes.len() + 1, seeds.len(), began, size);
            outcomes.push(outcome);
        },
    );
    summarize(&outcomes, began);
    exit_code(outcomes.iter().all(|outcome| outcome.violations.is_empty()))
}

fn report_progress(outcome: &Outcome, done: usize, count: usize, began: Instant, size: Size) {
    if !outcome.violations.is_empty() {
        println!(
            "FAILED, seed {}: {}",
            outcome.seed,
            size.replay_command(outcome.seed)
        );
        print_outcome(outcome);
    }
    eprintln!(
        "{done}/{count} after {:.0} s: seed {}, hash {}",
        began.elapsed().as_secs_f64(),
        outcome.seed,
        outcome.hash
    );
}

fn print_outcome(outcome: &Outcome) {
    let measure = &outcome.measure;
    println!(
        "seed {}, {} Byzantine hosts: hash {}, height {}, final {}, {} transactions sent, {} refused, {} reorganisations (deepest {})",
        outcome.seed,
        outcome.byzantine_hosts,
        outcome.hash,
        outcome.height,
        outcome.final_height,
        outcome.sent,
        outcome.refused,
        measure.reorgs,
        measure.deepest_reorg,
    );
    for violation in &outcome.violations {
        println!("  {violation}");
    }
}

fn summarize(outcomes: &[Outcome], began: Instant) {
    let broken = |rule: Rule| {
        let is_broken =
            |outcome: &&Outcome| outcome.violations.iter().any(|violation| violation.rule == rule);
        outcomes.iter().filter(is_broken).count()
    };
    let mut total = Measure::default();
    outcomes.iter().for_each(|outcome| total.add(&outcome.measure));
    let intervals: u64 = total.intervals.iter().map(|slots| u64::from(*slots)).sum();
    println!(
        "{} runs in {:.0} s, {} of them with Byzantine hosts; {} partitions, {} keys replaced",
        outcomes.len(),
        began.elapsed().as_secs_f64(),
        outcomes
            .iter()
            .filter(|outcome| outcome.byzantine_hosts > 0)
            .count(),
        outcomes.iter().map(|outcome| outcome.partitions).sum::<usize>(),
        outcomes.iter().map(|outcome| outcome.key_changes).sum::<usize>(),
    );
    println!(
        "disagreements {}, finals reverted {}, slashable {}, supply {}, state roots {}, bounds {}, liveness {}, clocks {}",
        broken(Rule::Agreement),
        broken(Rule::FinalReverted),
        broken(Rule::Slashable),
        broken(Rule::Supply),
        broken(Rule::StateRoot),
        broken(Rule::Bound),
        broken(Rule::Liveness),
        broken(Rule::Clock),
    );
    println!(
        "time to final p50 {} ms, p99 {} ms (blocks × peers: {})",
        per_mille(&total.to_final_ms, 500),
        per_mille(&total.to_final_ms, 990),
        total.to_final_ms.len()
    );
    println!(
        "block interval mean {:.2} slots, p99 {}, longest {} ({} blocks)",
        intervals as f64 / total.intervals.len().max(1) as f64,
        per_mille(&total.intervals, 990),
        per_mille(&total.intervals, 1_000),
        total.intervals.len()
    );
    println!(
        "transactions sent {}, reorganisations {} (deepest {} blocks)",
        outcomes.iter().map(|outcome| outcome.sent).sum::<usize>(),
        total.reorgs,
        total.deepest_reorg
    );
    let mut not_taken = NotTaken::default();
    outcomes
        .iter()
        .for_each(|outcome| not_taken.add(&outcome.not_taken));
    print_not_taken(&not_taken);
}

fn print_not_taken(not_taken: &NotTaken) {
    let mut rows = not_taken.iter().peekable();
    if rows.peek().is_some() {
        println!("{:<12} {:<13} {:>12}", "not taken", "reason", "times");
    }
    for (kind, reason, count) in rows {
        println!(
            "{:<12} {:<13} {count:>12}",
            format!("{kind:?}"),
            format!("{reason:?}")
        );
    }
}

fn measure_lottery(stakers: u64, online: &[f64], slots: u64, seed: u64) -> ExitCode {
    println!("{stakers} equal stakers, {slots} slots each");
    for share in online {
        let here = ((stakers as f64 * share).round() as u64).max(1);
        let found = lottery::simulate(&mut Random::new(seed, here), stakers, here, slots);
        println!(
            "{:>6.2} % online ({here}): block every {:.2} slots, p99 {}, longest {} ({} blocks)",
            share * 100.0,
            found.mean(),
            found.per_mille(990),
            found.longest(),
            found.blocks()
        );
    }
    ExitCode::SUCCESS
}

fn exit_code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

//! `ting-sim presence`: rooms that people come to and leave all the time, politely and by crashing.

use std::{ops::Range, process::ExitCode, time::Instant};

use ting_sim::{
    presence::{Found, Leaving, Waits, simulate},
    witness::checks::rule::Violation,
};

use super::{exit_code, parallel};

/// One room's ten minutes.
struct Job {
    people: usize,
    leaving: Leaving,
    seed: u64,
}

/// Lets people come and go in rooms of these sizes, for each of these seeds once in either way.
pub fn measure(seeds: &Range<u64>, peers: &[usize], threads: Option<usize>) -> ExitCode {
    let began = Instant::now();
    let ways = || [Leaving::Politely, Leaving::Crashing].into_iter();
    let rows: Vec<(usize, Leaving)> = peers
        .iter()
        .flat_map(|people| ways().map(|leaving| (*people, leaving)))
        .collect();
    let jobs: Vec<Job> = rows
        .iter()
        .flat_map(|&(people, leaving)| {
            seeds.clone().map(move |seed| Job {
                people,
                leaving,
                seed,
            })
        })
        .collect();
    let mut found = Vec::new();
    parallel::run_all(
        &jobs,
        threads,
        |job| (job, simulate(job.seed, job.people, job.leaving)),
        |(job, room)| {
            report_broken(job, &room.violations);
            found.push((job, room));
            eprintln!(
                "{}/{} after {:.0} s",
                found.len(),
                jobs.len(),
                began.elapsed().as_secs_f64()
            );
        },
    );
    println!(
        "{:>5} {:<8} {:>5} {:>8} {:>8} {:>8} {:>8} {:>13} {:>14}",
        "peers", "leave", "posts", "in 10 s", "p50 ms", "p99 ms", "emptied", "with the last", "in 10 s of it"
    );
    for (people, leaving) in rows {
        let of_row = found
            .iter()
            .filter(|(job, _)| (job.people, job.leaving) == (people, leaving));
        print_row(people, leaving, of_row.map(|(_, room)| room));
    }
    exit_code(found.iter().all(|(_, room)| room.violations.is_empty()))
}

fn report_broken(job: &Job, violations: &[Violation]) {
    for violation in violations {
        println!(
            "FAILED, seed {}, {} peers, {:?}: {violation}",
            job.seed, job.people, job.leaving
        );
    }
}

fn print_row<'a>(people: usize, leaving: Leaving, rooms: impl Iterator<Item = &'a Found>) {
    let (mut total, mut with_the_last) = (Waits::default(), Waits::default());
    for room in rooms {
        total.add(&room.waits);
        with_the_last.add(&room.with_the_last);
    }
    let of_thousand = |share| {
        let wait_ms = total.per_mille(share);
        wait_ms.map_or("never".to_owned(), |ms| ms.to_string())
    };
    println!(
        "{people:>5} {:<8} {:>5} {:>6.1} % {:>8} {:>8} {:>8} {:>13} {:>12.1} %",
        match leaving {
            Leaving::Politely => "politely",
            Leaving::Crashing => "crashing",
        },
        total.count(),
        total.within(10_000) * 100.0,
        of_thousand(500),
        of_thousand(990),
        total.emptied(),
        with_the_last.count(),
        with_the_last.within(10_000) * 100.0,
    );
}

//! The highest rate that one core of server delivers without loss, to clients that do not wait for it.
//!
//! The rate doubles until a run fails, then three runs halve what is between the best and the failed one.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::fan_out::{self, Figures, Load, Pace};
use crate::server::Program;

const FIRST_RATE: f64 = 50_000.0;
const MOST_DOUBLINGS: u32 = 8;
const HALVINGS: u32 = 3;
const STEP: Duration = Duration::from_millis(1_500);
/// A server that is later than this does not keep up.
const MAX_P99_US: u32 = 250_000;
/// Nor does one that delivers less of what is offered.
const MIN_DELIVERED: f64 = 0.97;

/// Highest rate without loss that the search found.
#[derive(Serialize)]
pub struct Ceiling {
    kind: &'static str,
    connections: u64,
    /// The run with the highest rate that held, if any did.
    best: Option<Figures>,
    /// The lowest rate that failed, and how.
    failed: Option<Failure>,
}

/// The run at a rate that was too much.
#[derive(Serialize)]
struct Failure {
    offered_per_s: f64,
    delivered_per_s: f64,
    lost: u64,
    closed: u64,
    p99_us: u32,
}

/// Searches with a fresh server for every step.
pub async fn run(program: &Program<'_>, load: Load) -> Result<Ceiling> {
    let mut best: Option<(f64, Figures)> = None;
    let mut failed: Option<Failure> = None;
    let mut rate = FIRST_RATE;
    for step in 0..MOST_DOUBLINGS + HALVINGS {
        let load = Load {
            pace: Pace::Steady(rate),
            duration: STEP,
            ..load.clone()
        };
        let figures = fan_out::run(program, &load).await;
        let holds = figures.as_ref().is_ok_and(|figures| {
            figures.lost == 0
                && figures.p99_us <= MAX_P99_US
                && figures.delivered_per_s >= MIN_DELIVERED * rate
        });
        match figures {
            Ok(figures) if holds => best = Some((rate, figures)),
            figures => failed = Some(failure(rate, figures.ok().as_ref())),
        }
        let (low, high) = (
            best.as_ref().map(|best| best.0),
            failed.as_ref().map(|failed| failed.offered_per_s),
        );
        rate = match (low, high) {
            (_, None) if step + 1 == MOST_DOUBLINGS => break,
            (_, None) => rate * 2.0,
            (low, Some(high)) if high / low.unwrap_or(1.0) > 1.1 => (low.unwrap_or_default() + high) / 2.0,
            _ => break,
        };
    }
    Ok(Ceiling {
        kind: "ceiling",
        connections: load.connections,
        best: best.map(|(_, figures)| figures),
        failed,
    })
}

fn failure(offered_per_s: f64, figures: Option<&Figures>) -> Failure {
    Failure {
        offered_per_s,
        delivered_per_s: figures.map_or(0.0, |figures| figures.delivered_per_s),
        lost: figures.map_or(0, |figures| figures.lost),
        closed: figures.map_or(0, |figures| figures.closed),
        p99_us: figures.map_or(0, |figures| figures.p99_us),
    }
}

//! Closes all connections before the relay stops, spread over time so that no storm of clients follows.
//!
//! Each close is a client that connects again, here or elsewhere. So closes are spread over a window, at random moments;
//! a relay with few members needs less than the window, because so few clients are no storm.

use std::{sync::Arc, time::Duration};

use ting_frame::{CloseReason, ConnectionId};
use tokio::time::{Instant, sleep_until};

use crate::outbox::{Ending, Outbox};

/// Longest mean pause between two closes.
const LONGEST_STEP: Duration = Duration::from_millis(20);

/// Closes members over at most `spread`.
pub(crate) async fn close_all(members: Vec<(ConnectionId, Arc<Outbox>)>, spread: Duration) {
    let moments = moments(members.iter().map(|(id, _)| *id), members.len(), spread);
    let start = Instant::now();
    for (moment, (_, outbox)) in moments.into_iter().zip(&members) {
        sleep_until(start + moment).await;
        outbox.end(Ending::Closed(CloseReason::Draining));
    }
}

/// When each is closed: one in each step of the window, somewhere in it. Ids are random, so they are the dice.
fn moments(ids: impl Iterator<Item = ConnectionId>, count: usize, spread: Duration) -> Vec<Duration> {
    let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    let step = (spread / count).min(LONGEST_STEP);
    let within = |id: ConnectionId| step * (id.get() % 1_024) as u32 / 1_024;
    (0..)
        .zip(ids)
        .map(|(number, id)| step * number + within(id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread_of(count: u64, spread_ms: u64) -> Vec<Duration> {
        let ids = (1..=count).map(|number| {
            ConnectionId::new((number * number).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20).unwrap()
        });
        moments(ids, count as usize, Duration::from_millis(spread_ms))
    }

    #[test]
    fn many_closes_fill_the_window_evenly_and_end_within_it() {
        let moments = spread_of(10_000, 5_000);
        assert!(moments.is_sorted() && moments.last().unwrap() < &Duration::from_secs(5));
        let first_half = moments.iter().filter(|moment| moment.as_millis() < 2_500).count();
        assert!((4_990..=5_010).contains(&first_half));
    }

    #[test]
    fn closes_are_not_in_step() {
        let moments = spread_of(100, 1_000);
        let pauses: std::collections::BTreeSet<_> =
            moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(pauses.len() > 50);
    }

    #[test]
    fn a_few_members_do_not_wait_for_the_window() {
        assert!(spread_of(4, 60_000).last().unwrap() < &Duration::from_millis(80));
        assert_eq!(spread_of(3, 0), [Duration::ZERO; 3]);
        assert!(spread_of(0, 1_000).is_empty());
    }
}

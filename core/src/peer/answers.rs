//! Questions of others that wait for their answers.
//!
//! An answer can be a thousand times as long as its question. So it is the answer that is charged, by its sealed bytes: to who asked
//! ([`OF_SOURCE`]), and to what this peer answers in all ([`OF_ALL`]), which leaves room on its links for blocks and votes. Questions wait, not answers,
//! and are answered after all else that an input led to.
//!
//! At most [`MAX_QUESTIONS`] wait, [`MAX_QUESTIONS_OF_SOURCE`] of one source, each for [`REQUEST_TIMEOUT_MS`], after which nobody waits for its answer any
//! more; a question is at most 4.2 kB, so they are a megabyte. Who was given least is answered first: to keep a newcomer waiting takes
//! ever new connections, for each of which there is one answer.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    gossip::{
        Source,
        bucket::{Bucket, Rate},
        message::{Get, RequestId},
    },
    params::{
        ANSWER_BURST_BYTES, ANSWER_BURST_BYTES_OF_SOURCE, ANSWER_BYTES_PER_S, ANSWER_BYTES_PER_S_OF_SOURCE,
        MAX_QUESTIONS, MAX_QUESTIONS_OF_SOURCE, MAX_RATE_SOURCES, MIN_ANSWER_BYTES, REQUEST_TIMEOUT_MS,
    },
    time::Timestamp,
};

/// Rate of all answers together, in bytes.
const OF_ALL: Rate = Rate {
    burst: ANSWER_BURST_BYTES,
    per_second: ANSWER_BYTES_PER_S,
};
/// Rate of the answers to one source, in bytes.
const OF_SOURCE: Rate = Rate {
    burst: ANSWER_BURST_BYTES_OF_SOURCE,
    per_second: ANSWER_BYTES_PER_S_OF_SOURCE,
};

/// A question that was asked of this peer.
#[derive(Clone, Debug)]
pub struct Question {
    /// Connection that asks.
    pub source: Source,
    /// Number of the request, for the answer to repeat.
    pub request_id: RequestId,
    /// What is asked for.
    pub what: Get,
    /// Time at which it came.
    pub at: Timestamp,
}

/// Waiting questions, and what answers have taken.
pub struct Answers {
    /// Questions in the order in which they came.
    waiting: Vec<Question>,
    of_all: Bucket,
    /// Buckets of the sources that have not regained their whole rate.
    of_sources: BTreeMap<Source, Bucket>,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            of_all: Bucket::full(OF_ALL, Timestamp::default()),
            of_sources: BTreeMap::new(),
        }
    }
}

impl Answers {
    /// Notes a question; it is dropped if too many wait, of its source or in all, unless another source has been given more.
    pub fn ask(&mut self, question: Question) {
        let (source, now) = (question.source, question.at);
        let of_source = self
            .waiting
            .iter()
            .filter(|waiting| waiting.source == source)
            .count();
        if of_source >= MAX_QUESTIONS_OF_SOURCE {
            return;
        }
        self.forget_old(now);
        if self.waiting.len() >= MAX_QUESTIONS && !self.make_room(source, now) {
            return;
        }
        self.waiting.push(question);
    }

    /// The question to be answered now: of the source that was given least, its oldest. None if none may be answered yet.
    pub fn next(&mut self, now: Timestamp) -> Option<Question> {
        self.forget_old(now);
        if self.of_all.level_milli(now) <= 0 {
            return None;
        }
        let turn = |(index, question): (usize, &Question)| {
            let level_milli = self.level_milli(&question.source, now);
            (level_milli > 0).then_some((level_milli, Reverse(index)))
        };
        let (_, Reverse(index)) = self.waiting.iter().enumerate().filter_map(turn).max()?;
        Some(self.waiting.remove(index))
    }

    /// When [`Self::next`] will give something; none if nothing waits.
    pub fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        let of_source = |question: &Question| {
            let bucket = self.of_sources.get(&question.source);
            bucket.map_or(now, |bucket| bucket.holds_some_at(now))
        };
        let first = self.waiting.iter().map(of_source).min()?;
        Some(first.max(self.of_all.holds_some_at(now)))
    }

    /// Charges the sealed bytes of an answer that was sent to this source.
    pub fn charge(&mut self, source: Source, bytes: usize, now: Timestamp) {
        let cost = u32::try_from(bytes).unwrap_or(u32::MAX).max(MIN_ANSWER_BYTES);
        self.of_all.charge(cost, now);
        if !self.of_sources.contains_key(&source) && self.of_sources.len() >= MAX_RATE_SOURCES {
            self.forget_a_source(now);
        }
        self.of_sources
            .entry(source)
            .or_insert(Bucket::full(OF_SOURCE, now))
            .charge(cost, now);
    }

    fn level_milli(&self, source: &Source, now: Timestamp) -> i64 {
        let fresh = || Bucket::full(OF_SOURCE, now);
        let bucket = self.of_sources.get(source).copied().unwrap_or_else(fresh);
        bucket.level_milli(now)
    }

    fn forget_old(&mut self, now: Timestamp) {
        self.waiting
            .retain(|question| now.0.abs_diff(question.at.0) < REQUEST_TIMEOUT_MS);
    }

    /// Drops a question of the source that was given most, if that is more than `asker` was given.
    fn make_room(&mut self, asker: Source, now: Timestamp) -> bool {
        let turn = |(index, question): (usize, &Question)| (self.level_milli(&question.source, now), index);
        let last = self.waiting.iter().enumerate().map(turn).min();
        let Some((_, index)) = last.filter(|(level, _)| *level < self.level_milli(&asker, now)) else {
            return false;
        };
        self.waiting.remove(index);
        true
    }

    /// Those that have regained all; if there is none, the one that is closest to it.
    fn forget_a_source(&mut self, now: Timestamp) {
        self.of_sources.retain(|_, bucket| !bucket.is_full(now));
        if self.of_sources.len() >= MAX_RATE_SOURCES {
            let fullest = self
                .of_sources
                .iter()
                .max_by_key(|(_, bucket)| bucket.level_milli(now));
            fullest
                .map(|(source, _)| *source)
                .and_then(|source| self.of_sources.remove(&source));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn source(connection: u64) -> Source {
        Source { link: 0, connection }
    }

    fn ask(answers: &mut Answers, connection: u64, number: u64) {
        answers.ask(Question {
            source: source(connection),
            request_id: RequestId(number),
            what: Get::Mempool,
            at: NOW,
        });
    }

    fn next(answers: &mut Answers, now: Timestamp) -> Option<u64> {
        answers.next(now).map(|question| question.request_id.0)
    }

    #[test]
    fn who_was_given_least_is_answered_first() {
        let mut answers = Answers::default();
        answers.charge(source(1), 2_000, NOW);
        answers.charge(source(2), 1_500, NOW);
        [(1, 1), (2, 2), (2, 3), (3, 4)]
            .into_iter()
            .for_each(|(connection, number)| ask(&mut answers, connection, number));
        let order: Vec<u64> = std::iter::from_fn(|| next(&mut answers, NOW)).collect();
        assert_eq!(order, [4, 2, 3, 1]);
    }

    #[test]
    fn all_answers_together_have_their_rate() {
        let mut answers = Answers::default();
        (0..3).for_each(|connection| ask(&mut answers, connection, connection));
        answers.charge(
            source(9),
            ANSWER_BURST_BYTES as usize + ANSWER_BYTES_PER_S as usize,
            NOW,
        );
        assert_eq!(next(&mut answers, NOW), None);
        let due = answers.next_at(NOW).unwrap();
        assert_eq!(due, NOW.plus_ms(1_001));
        assert_eq!(next(&mut answers, due), Some(0));
    }

    #[test]
    fn one_source_has_its_rate_and_holds_up_nobody() {
        let mut answers = Answers::default();
        answers.charge(source(1), ANSWER_BURST_BYTES_OF_SOURCE as usize, NOW);
        let later = NOW.plus_ms(2_000);
        answers.charge(source(1), ANSWER_BURST_BYTES_OF_SOURCE as usize, later);
        let now = later.plus_ms(900);
        ask(&mut answers, 1, 1);
        ask(&mut answers, 2, 2);
        assert_eq!(next(&mut answers, now), Some(2));
    }

    #[test]
    fn a_question_that_waited_too_long_is_dropped() {
        let mut answers = Answers::default();
        ask(&mut answers, 1, 1);
        assert_eq!(next(&mut answers, NOW.plus_ms(REQUEST_TIMEOUT_MS)), None);
        assert_eq!(answers.next_at(NOW), None);
    }

    #[test]
    fn waiting_questions_are_bounded_and_a_newcomer_finds_room() {
        let mut answers = Answers::default();
        (0..100).for_each(|number| ask(&mut answers, 1, number));
        assert_eq!(answers.waiting.len(), MAX_QUESTIONS_OF_SOURCE);
        for connection in 2..2 + MAX_QUESTIONS as u64 {
            answers.charge(source(connection), 1, NOW);
            ask(&mut answers, connection, connection);
        }
        assert_eq!(answers.waiting.len(), MAX_QUESTIONS);
        ask(&mut answers, 9_999, 9_999);
        assert_eq!(answers.waiting.len(), MAX_QUESTIONS);
        assert!(
            answers
                .waiting
                .iter()
                .any(|question| question.source == source(9_999))
        );
    }

    #[test]
    fn the_sources_that_are_remembered_are_bounded() {
        let mut answers = Answers::default();
        (0..2 * MAX_RATE_SOURCES as u64).for_each(|connection| answers.charge(source(connection), 1, NOW));
        assert_eq!(answers.of_sources.len(), MAX_RATE_SOURCES);
    }
}

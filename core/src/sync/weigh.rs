//! What a chain of headers is worth, found out before its bodies are fetched.
//!
//! A source may say what it likes about its chain; its headers cannot lie. They are checked in order until they outweigh the chosen chain: one check
//! for whoever only lacks the newest blocks, and all of them for the halves of a room that were apart for a night. What has been found heavier is
//! fetched however long it is, for no minority can make such a chain. What is lighter is of use only for its votes.

use super::{Cause, ChainReader, SyncSession, plan::Plan, worth::Worth};
use crate::{
    consensus::tree::headers::Unproven,
    params::{MAX_HEADERS_FOR_CHILD, MAX_WEIGHED_HEADERS, SYNC_HEADERS_PER_STEP},
    time::Timestamp,
};

/// What checking some headers led to.
enum Step {
    /// There is more to be checked, now or once more headers are here.
    Open,
    /// The chain outweighs the chosen one.
    Heavier,
    /// All headers passed, and it does not.
    Lighter,
    /// It leaves the chosen chain where nothing can follow any more.
    Nowhere,
    /// A later header did not pass: what comes before it has to be executed first.
    Cut,
    /// The first header breaks a rule, so its source misled this peer.
    Lie,
}

impl SyncSession {
    /// Checks some headers of the followed chain. None if there are none to check.
    pub(super) fn weigh_plan(&mut self, chain: &impl ChainReader, now: Timestamp) -> Option<usize> {
        let plan = self.plan.as_mut()?;
        let (leader, cause) = (plan.leader, plan.cause);
        let (step, checked) = plan.check_headers(chain)?;
        match step {
            Step::Open => {}
            Step::Heavier => plan.worth = Worth::Heavier,
            Step::Cut => plan.cut(),
            Step::Lie => {
                self.drop_plan();
                self.leave_out(leader, now);
            }
            Step::Lighter if matches!(cause, Cause::Vote | Cause::Justified) || plan.is_tie => {
                plan.worth = Worth::Referred {
                    is_tip_referred: cause == Cause::Vote,
                };
            }
            Step::Lighter | Step::Nowhere => {
                self.drop_plan();
                if !self.disappointed_by(leader) {
                    self.leave_out(leader, now);
                }
            }
        }
        Some(checked)
    }
}

impl Plan {
    fn check_headers(&mut self, chain: &impl ChainReader) -> Option<(Step, usize)> {
        let most = match self.cause {
            Cause::Child => MAX_HEADERS_FOR_CHILD,
            Cause::Weight | Cause::Justified | Cause::Vote => MAX_WEIGHED_HEADERS,
        };
        let Worth::Weighing {
            checked,
            unchecked,
            count,
        } = &mut self.worth
        else {
            return None;
        };
        let goal = chain.head_weight();
        let mut steps = 0;
        while checked.weight() <= goal && *count < most && steps < SYNC_HEADERS_PER_STEP {
            let Some(header) = unchecked.front() else { break };
            steps += 1;
            match chain.check_next(checked, header) {
                Ok(longer) => *checked = longer,
                Err(Unproven::Broken(_)) if checked.is_empty() => return Some((Step::Lie, steps)),
                Err(Unproven::Unconnected) if checked.is_empty() => return Some((Step::Nowhere, steps)),
                Err(Unproven::Broken(_) | Unproven::Unconnected) => return Some((Step::Cut, steps)),
            }
            self.last_admitted = chain.admits_unasked(header);
            unchecked.pop_front();
            *count += 1;
        }
        if checked.weight() > goal {
            return Some((Step::Heavier, steps));
        }
        let is_whole = unchecked.is_empty() && self.exhausted;
        if is_whole || *count >= most {
            self.is_tie = is_whole && checked.weight() == goal && self.last_admitted;
            return Some((Step::Lighter, steps));
        }
        (steps > 0).then_some((Step::Open, steps))
    }
}

//! What can be made to happen in a world, by a scenario, a test or somebody who watches.

use std::collections::BTreeMap;

use ting_core::peer::command::Command;

use crate::{
    byzantine::Vice,
    clock::QueueKey,
    hub::{HubId, PeerId},
};

/// How links behave, beyond their own latencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// A frame takes up to this much longer than its links' latencies, in milliseconds.
    pub jitter_ms: u64,
    /// So many of a thousand frames are lost on the way to each receiver.
    pub loss_per_mille: u64,
    /// So many of a thousand frames come twice.
    pub duplicate_per_mille: u64,
    /// Frames may overtake each other.
    pub reorder: bool,
}

/// Something that is made to happen. How it prints is part of a run's hash.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A host starts for the first time.
    Join(PeerId),
    /// A host dies between two inputs.
    Crash(PeerId),
    /// A host dies while it carries out effects: some records are stored and some frames are sent, the rest is lost.
    CrashMidway(PeerId),
    /// A host closes as a tab does: its peer says nothing more, and what that had it hold is left at its hubs.
    Close(PeerId),
    /// A host that died or closed starts again from its store.
    Restart(PeerId),
    /// A host goes for good, unless finality could not go on without it.
    Leave(PeerId),
    /// A host does nothing for so long, and then gets all that came meanwhile.
    Freeze(PeerId, u64),
    /// All of a host's links break, for so long.
    Cut(PeerId, u64),
    /// A hub is cut into these groups: nobody hears another group.
    Partition(HubId, BTreeMap<PeerId, u8>),
    /// A hub is whole again. With `reconnect`, everybody's link breaks and comes back; otherwise the others just join.
    Heal {
        /// Hub that is whole again.
        hub: HubId,
        /// True if every link to it breaks and comes back.
        reconnect: bool,
    },
    /// A hub forwards nothing for so long, without breaking a link.
    Silence(HubId, u64),
    /// Links behave like this from now on.
    Conditions(Conditions),
    /// The user of a host wants something.
    Wish(PeerId, Command),
    /// A frame that is on its way never arrives.
    Drop(QueueKey),
    /// A host breaks the rules in these ways from now on.
    Corrupt(PeerId, Vec<Vice>),
}

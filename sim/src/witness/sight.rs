//! What there is to see of a run, and who looks.

use ting_core::{
    crypto::keys::{Address, PublicKey},
    peer::{event::Event, record::Record},
};

use crate::{action::Action, hub::PeerId, view::View};

/// Something that happens. It is told of before what follows from it, but for what a peer tells or has at rest.
#[derive(Clone, Copy, Debug)]
pub enum Sight<'a> {
    /// An action is about to happen.
    Acts(&'a Action),
    /// A host that just started signs for an account with this key.
    Signs {
        /// Account that it signs for.
        account: Address,
        /// Operator key of this device.
        key: PublicKey,
    },
    /// A frame leaves a host, after its vices twisted it if it has any.
    Sends {
        /// Host that sends it.
        who: PeerId,
        /// The frame, sealed.
        bytes: &'a [u8],
    },
    /// A peer makes something durable.
    Stores {
        /// Host whose store takes it.
        who: PeerId,
        /// Record that it stores.
        record: &'a Record,
    },
    /// A peer tells its user something.
    Tells {
        /// Host whose peer tells it.
        who: PeerId,
        /// Event that it tells.
        event: &'a Event,
    },
    /// A peer has handled an input, and all that follows from it is done.
    Rests(PeerId),
    /// Chance or circumstances decide what becomes of a host.
    Meets {
        /// Host that it happens to.
        who: PeerId,
        /// What becomes of it.
        fate: Fate,
    },
    /// The peer in a host is about to end, with all that only its memory holds.
    Ends(PeerId),
}

/// What can become of a host without an action that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It dies in the midst of carrying out effects.
    DiesMidway,
    /// It was to leave for good, and stays.
    Stays,
}

impl Fate {
    /// In words, which are part of a run's hash.
    pub fn words(self) -> &'static str {
        match self {
            Self::DiesMidway => "dies midway",
            Self::Stays => "stays: finality could not go on without it",
        }
    }
}

/// Watches a world, and never changes it: a run with one more witness is the same run.
pub trait Witness {
    /// Looks at what happens.
    fn see(&mut self, view: &View, sight: Sight<'_>);
}

/// A run that nobody watches.
impl Witness for () {
    fn see(&mut self, _: &View, _: Sight<'_>) {}
}

/// A witness that may be there or not.
impl<W: Witness> Witness for Option<W> {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        if let Some(witness) = self {
            witness.see(view, sight);
        }
    }
}

/// Two witnesses, of which the first looks first.
impl<A: Witness, B: Witness> Witness for (A, B) {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        self.0.see(view, sight);
        self.1.see(view, sight);
    }
}

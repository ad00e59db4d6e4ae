//! One hash over everything that happened in a run, to show that the same seed gives the same run, on every kind of machine.

use sha2::{Digest, Sha256};

use super::sight::{Sight, Witness};
use crate::{clock::Moment, hub::PeerId, view::View};

/// Stands for nobody in particular where a host's number is hashed.
const NOBODY: u64 = u64::MAX;

/// First byte of what is hashed, by its kind.
const ACTED: u8 = 0;
const SENT: u8 = 1;
const TOLD: u8 = 2;

/// The hash of a run so far.
#[derive(Clone, Default)]
pub struct RunHash(Sha256);

impl RunHash {
    /// The hash so far, as 16 hexadecimal digits.
    pub fn digits(&self) -> String {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    fn note(&mut self, at: Moment, who: u64, kind: u8, what: &[u8]) {
        self.0.update(at.0.to_le_bytes());
        self.0.update(who.to_le_bytes());
        self.0.update([kind]);
        self.0.update((what.len() as u64).to_le_bytes());
        self.0.update(what);
    }
}

impl Witness for RunHash {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        let at = view.now();
        let number = |who: PeerId| who.0 as u64;
        match sight {
            Sight::Acts(action) => self.note(at, NOBODY, ACTED, format!("{action:?}").as_bytes()),
            Sight::Sends { who, bytes } => self.note(at, number(who), SENT, bytes),
            Sight::Tells { who, event } => {
                let what = postcard::to_allocvec(event).unwrap_or_default();
                self.note(at, number(who), TOLD, &what);
            }
            Sight::Meets { who, fate } => self.note(at, number(who), ACTED, fate.words().as_bytes()),
            // What is stored, signed or at rest shows in what is sent and told.
            Sight::Signs { .. } | Sight::Stores { .. } | Sight::Rests(_) | Sight::Ends(_) => {}
        }
    }
}

//! One hash over everything that happened in a run, to show that the same seed gives the same run.

use sha2::{Digest, Sha256};

/// A running hash.
#[derive(Clone, Default)]
pub struct RunHash(Sha256);

impl RunHash {
    /// Takes something that happened: when, to whom, of which kind, and what.
    pub fn note(&mut self, at_ms: u64, who: usize, kind: u8, what: &[u8]) {
        self.0.update(at_ms.to_le_bytes());
        self.0.update((who as u64).to_le_bytes());
        self.0.update([kind]);
        self.0.update((what.len() as u64).to_le_bytes());
        self.0.update(what);
    }

    /// The hash so far, as 16 hexadecimal digits.
    pub fn digits(&self) -> String {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

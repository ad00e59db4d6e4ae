//! What a voter states about its own coming and going (docs/protocol.md, section 6, "Leaving politely").
//!
//! A statement binds its voter, life and network by its signature; nobody else can make one, and whoever carries it may. Whether a block may record it is
//! decided by [`consensus`](crate::consensus). Of fixed size.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::watermark::Watermark,
    codec::encode,
    crypto::{
        hash::Domain,
        keys::{Address, NetworkId, PublicKey, SecretKey, Signature, SignatureError},
    },
};

/// Counts how often an account has come back from a rest. What is stated in an earlier life is of no more use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Life(pub u32);

impl Life {
    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Which step a voter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Step {
    /// It leaves: in this life its key has signed no vote that this watermark still allows, and never will.
    Rest(Watermark),
    /// It is back, and votes again in its next life once those who stayed have made this final.
    Wake,
}

/// A voter's word that it leaves, or that it is back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Statement {
    /// Account whose stake rests.
    pub voter: Address,
    /// The life that ends with it.
    pub life: Life,
    /// Leaving or returning.
    pub step: Step,
    /// By the voter's operator signing key, over all of the above and the network.
    pub signature: Signature,
}

impl Statement {
    /// Signs a statement. Who signs a rest that may leave has made durable that the life is over.
    pub fn sign(voter: Address, life: Life, step: Step, network: &NetworkId, key: &SecretKey) -> Self {
        let signature = key.sign(Domain::Statement, network, &signed_message(&voter, life, &step));
        Self {
            voter,
            life,
            step,
            signature,
        }
    }

    /// Checks the signature by the voter's operator signing key.
    ///
    /// # Errors
    /// [`SignatureError`] if it does not fit.
    pub fn verify(&self, network: &NetworkId, key: &PublicKey) -> Result<(), SignatureError> {
        key.verify(
            Domain::Statement,
            network,
            &self.signed_message(),
            &self.signature,
        )
    }

    fn signed_message(&self) -> Vec<u8> {
        signed_message(&self.voter, self.life, &self.step)
    }
}

fn signed_message(voter: &Address, life: Life, step: &Step) -> Vec<u8> {
    encode(&(voter, life, step))
}

//! The keys that a peer acts with: the account, and the operator keys of this device.
//!
//! Secrets leave this module only as records for the host's own storage and as backup words on the user's request.

use crate::{
    codec::BoundedString,
    crypto::{
        keys::{Address, PublicKey, SecretKey},
        seed::Seed,
        vrf::{VrfPublicKey, VrfSecretKey},
        words::Words,
    },
    params::MAX_NAME_BYTES,
};

/// An account key and the operator keys of one device.
pub struct Identity {
    account_seed: [u8; 32],
    account: SecretKey,
    signing: SecretKey,
    vrf: VrfSecretKey,
    name: BoundedString<MAX_NAME_BYTES>,
}

impl Identity {
    /// Derives the keys from the account's seed and the device's.
    pub fn new(account_seed: [u8; 32], operator_seed: [u8; 32], name: BoundedString<MAX_NAME_BYTES>) -> Self {
        let operator = Seed::new(operator_seed);
        Self {
            account_seed,
            account: SecretKey::from_seed(account_seed),
            signing: SecretKey::from_seed(operator.derive("operator signing key", 0)),
            vrf: VrfSecretKey::from_seed(operator.derive("operator vrf key", 0)),
            name,
        }
    }

    /// Address of the account.
    pub fn address(&self) -> Address {
        self.account.address()
    }

    /// Account key, which signs transactions and greetings.
    pub fn account_key(&self) -> &SecretKey {
        &self.account
    }

    /// This device's operator key, which signs blocks and votes.
    pub fn signing_key(&self) -> &SecretKey {
        &self.signing
    }

    /// The public half of the signing key.
    pub fn signing_public(&self) -> PublicKey {
        self.signing.public()
    }

    /// This device's operator key for drawing lottery tickets.
    pub fn vrf_key(&self) -> &VrfSecretKey {
        &self.vrf
    }

    /// The public half of the VRF key.
    pub fn vrf_public(&self) -> VrfPublicKey {
        self.vrf.public()
    }

    /// The name that the user goes by.
    pub fn name(&self) -> &BoundedString<MAX_NAME_BYTES> {
        &self.name
    }

    /// Changes the name that the user goes by.
    pub fn set_name(&mut self, name: BoundedString<MAX_NAME_BYTES>) {
        self.name = name;
    }

    /// The account key as backup words.
    pub fn words(&self) -> Words {
        Words::from_seed(&self.account_seed)
    }
}

//! Passes: what a link hands to a newcomer of a room whose grants are for invited people.
//!
//! A pass is a key pair that one member makes for others. The public half stands in the ledger with the number of its uses; the secret half travels in
//! the link's fragment, and signs the account that may draw a grant by it. So a claim that was overheard is of no use to another account, nor elsewhere.

use core::{fmt, str::FromStr};

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    hash::Domain,
    keys::{Address, NetworkId, PublicKey, SecretKey, Signature, SignatureError},
    seed::Seed,
};
use crate::codec::text::{decode_base64url, encode_base64url};

/// The secret half of a pass: 32 bytes. Wiped from memory when dropped, and printed only on demand.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, BorshSerialize, BorshDeserialize)]
pub struct PassSecret([u8; 32]);

impl PassSecret {
    /// Takes 32 bytes, which must be unpredictable or come from a link.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The pass that the owner of this account key makes in this network with this number. Whoever has the key finds it again on any device, and nobody
    /// else does; so it is stored nowhere.
    pub fn of_account(key: &SecretKey, network: &NetworkId, number: u64) -> Self {
        let seed = Seed::new(key.to_seed()).child("passes", 0);
        let of_network = Seed::new(seed.derive(&network.to_string(), 0));
        Self(of_network.derive("pass", number))
    }

    /// The public half, by which others check it.
    pub fn public(&self) -> PublicKey {
        self.key().public()
    }

    /// Lets this account of this network in.
    pub fn sign(&self, network: &NetworkId, account: &Address) -> Signature {
        self.key().sign(Domain::Pass, network, account.as_bytes())
    }

    /// The secret as 43 characters of base64url, for links.
    pub fn to_text(&self) -> String {
        encode_base64url(&self.0)
    }

    fn key(&self) -> SecretKey {
        SecretKey::from_seed(self.0)
    }
}

/// Checks that the pass with this public half lets this account of this network in.
///
/// # Errors
/// [`SignatureError`] when it does not.
pub fn verify(
    pass: &PublicKey,
    network: &NetworkId,
    account: &Address,
    signature: &Signature,
) -> Result<(), SignatureError> {
    pass.verify(Domain::Pass, network, account.as_bytes(), signature)
}

impl fmt::Debug for PassSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("PassSecret")
    }
}

/// Text is not 43 characters of base64url in their one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a pass: 43 characters of A-Z a-z 0-9 - _ expected")]
pub struct PassSecretError;

impl FromStr for PassSecret {
    type Err = PassSecretError;
    fn from_str(text: &str) -> Result<Self, PassSecretError> {
        decode_base64url(text).map(Self).ok_or(PassSecretError)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::hash::Hash;

    const NETWORK: NetworkId = NetworkId(Hash([5; 32]));

    fn account(number: u8) -> SecretKey {
        SecretKey::from_seed([number; 32])
    }

    #[test]
    fn a_pass_lets_in_the_account_and_network_that_it_signed_and_no_other() {
        let pass = PassSecret::new([7; 32]);
        let [alice, bob] = [1, 2].map(|number| account(number).address());
        let signature = pass.sign(&NETWORK, &alice);
        assert_eq!(verify(&pass.public(), &NETWORK, &alice, &signature), Ok(()));
        assert!(verify(&pass.public(), &NETWORK, &bob, &signature).is_err());
        assert!(verify(&pass.public(), &NetworkId(Hash([6; 32])), &alice, &signature).is_err());
        assert!(verify(&PassSecret::new([8; 32]).public(), &NETWORK, &alice, &signature).is_err());
    }

    #[test]
    fn passes_of_an_account_follow_from_its_key_network_and_number_alone() {
        let pass = |key: u8, network: u8, number: u64| {
            PassSecret::of_account(&account(key), &NetworkId(Hash([network; 32])), number)
        };
        let first = pass(1, 1, 1);
        assert_eq!(first, pass(1, 1, 1));
        assert!(
            [pass(2, 1, 1), pass(1, 2, 1), pass(1, 1, 2)]
                .iter()
                .all(|other| *other != first)
        );
        assert_eq!(first.to_text(), "l7ZBX_FueTLtb-aOJTJxk8OvnLgVHkwYfxkzRb_PN38");
    }

    #[test]
    fn a_pass_is_never_printed_by_accident() {
        assert_eq!(format!("{:?}", PassSecret::new([7; 32])), "PassSecret");
    }

    proptest! {
        #[test]
        fn a_pass_survives_its_text(bytes: [u8; 32]) {
            let pass = PassSecret::new(bytes);
            prop_assert_eq!(pass.to_text().len(), 43);
            prop_assert_eq!(pass.to_text().parse(), Ok(pass));
        }

        #[test]
        fn what_parses_as_a_pass_is_its_one_text(text in "[A-Za-z0-9_-]{40,45}") {
            if let Ok(pass) = text.parse::<PassSecret>() {
                prop_assert_eq!(pass.to_text(), text);
            }
        }
    }
}

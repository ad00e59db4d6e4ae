//! Transactions: what one account wants, with its signature (docs/protocol.md, sections 2 and 3).
//!
//! A [`Transaction`] cannot be changed after it was signed or decoded, so its id and size are computed once. Every field is bounded in
//! decoding. What needs no state is checked by [`Transaction::check_form`], the signature by [`Transaction::verify_signature`] or in a
//! batch by [`super::apply::verify_signatures`], and the rest by [`super::apply::apply_transaction`].

use std::{
    fmt,
    io::{Read, Write},
    ops::Deref,
};

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::{
    codec::{BoundedBytes, BoundedString, DecodeError, decode, encode},
    crypto::{
        batch::BatchVerifier,
        hash::{Domain, Hash},
        keys::{Address, NetworkId, PublicKey, SecretKey, Signature},
        vrf::VrfPublicKey,
    },
    ledger::{
        error::{NameError, TransactionError},
        genesis::{ClaimMode, Rules},
        invite::Pass,
        name,
    },
    params::{
        MAX_CHANNEL_BYTES, MAX_INVITE_USES, MAX_MEMO_BYTES, MAX_NAME_BYTES, MAX_POST_BYTES,
        MAX_TRANSACTION_BYTES,
    },
    time::Slot,
};

/// Bytes of a transaction beside its action: network, account, nonce, expiry, fee, signature.
const ENVELOPE_BYTES: usize = NETWORK_BYTES + 32 + 8 + 8 + 8 + 64;
/// Bytes of the network id, with which a transaction begins.
const NETWORK_BYTES: usize = 32;

/// Identifies a transaction: the hash of all its bytes.
#[derive(
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct TransactionId(pub Hash);

impl fmt::Display for TransactionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

/// What an account wants. Amounts are in µTNG.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Action {
    /// Move coins to another account.
    Transfer {
        /// Account that receives the coins, not the sender's own.
        to: Address,
        /// In µTNG, without the fee; more than 0.
        amount_micro: u64,
        /// Text for the receiver, which the ledger does not read; may be empty.
        memo: BoundedString<MAX_MEMO_BYTES>,
    },
    /// Say something; the ledger does not read it.
    Post {
        /// Name of the channel that it is said in.
        channel: BoundedString<MAX_CHANNEL_BYTES>,
        /// Encoded content, at least one byte.
        body: BoundedBytes<MAX_POST_BYTES>,
    },
    /// Move balance into the bond.
    Bond {
        /// In µTNG, without the fee; more than 0.
        amount_micro: u64,
    },
    /// Begin to move bond back to the balance.
    Unbond {
        /// In µTNG, at most the own bond; more than 0.
        amount_micro: u64,
    },
    /// Register operator keys, or replace them.
    Operator {
        /// Public key that will check the operator's signatures on blocks and votes.
        signing_key: PublicKey,
        /// Public key that will check the operator's lottery tickets.
        vrf_key: VrfPublicKey,
    },
    /// Choose the name that others see.
    Profile {
        /// The name, fit to be shown.
        name: BoundedString<MAX_NAME_BYTES>,
    },
    /// Draw the account's grant from the fund, once.
    Claim {
        /// A block recorded as final, to which the work is bound.
        anchor: Hash,
        /// Solution of the proof of work, as in [`ClaimWork::nonce`](crate::ledger::claim::ClaimWork::nonce).
        work_nonce: u64,
        /// Right to an operator's invite, in rooms where that is asked for.
        pass: Option<Pass>,
    },
    /// Let people draw a grant, in rooms where it takes an operator's word.
    Invite {
        /// Chosen by the account, which finds the secret half again by it; the ledger does not read it.
        number: u64,
        /// Key of the invite; who has its secret half can show a pass.
        key: PublicKey,
        /// How many may come, 1 to `MAX_INVITE_USES`.
        uses: u8,
        /// Last slot in which they may.
        until: Slot,
    },
}

impl Action {
    /// A transfer of `amount_micro` µTNG with a memo for the receiver.
    ///
    /// # Errors
    /// [`TransactionError::MemoTooLong`].
    pub fn transfer(to: Address, amount_micro: u64, memo: &str) -> Result<Self, TransactionError> {
        let too_long = TransactionError::MemoTooLong {
            bytes: memo.len(),
            max: MAX_MEMO_BYTES,
        };
        let memo = BoundedString::try_from(memo).map_err(|_| too_long)?;
        Ok(Self::Transfer {
            to,
            amount_micro,
            memo,
        })
    }

    /// A post of an encoded body.
    ///
    /// # Errors
    /// [`TransactionError::ChannelTooLong`], [`TransactionError::BodyTooLong`].
    pub fn post(channel: &str, body: Vec<u8>) -> Result<Self, TransactionError> {
        let channel_too_long = TransactionError::ChannelTooLong {
            bytes: channel.len(),
            max: MAX_CHANNEL_BYTES,
        };
        let body_too_long = TransactionError::BodyTooLong {
            bytes: body.len(),
            max: MAX_POST_BYTES,
        };
        let channel = BoundedString::try_from(channel).map_err(|_| channel_too_long)?;
        let body = BoundedBytes::try_from(body).map_err(|_| body_too_long)?;
        Ok(Self::Post { channel, body })
    }

    /// A choice of this name, if it is fit to be shown.
    ///
    /// # Errors
    /// [`TransactionError::BadName`].
    pub fn profile(name: &str) -> Result<Self, TransactionError> {
        let too_long = NameError::TooLong {
            bytes: name.len(),
            max: MAX_NAME_BYTES,
        };
        name::check(name).map_err(TransactionError::BadName)?;
        let name = BoundedString::try_from(name).map_err(|_| TransactionError::BadName(too_long))?;
        Ok(Self::Profile { name })
    }

    /// What it asks of its account beside the fee.
    pub fn demand(&self) -> Demand {
        match self {
            Self::Transfer { amount_micro, .. } | Self::Bond { amount_micro } => Demand {
                spent_micro: *amount_micro,
                ..Demand::default()
            },
            Self::Unbond { amount_micro } => Demand {
                unbonded_micro: Some(*amount_micro),
                ..Demand::default()
            },
            Self::Claim { .. } => Demand {
                draws_grant: true,
                ..Demand::default()
            },
            Self::Post { .. } | Self::Operator { .. } | Self::Profile { .. } | Self::Invite { .. } => {
                Demand::default()
            }
        }
    }

    /// The amount that it is about, in µTNG; 0 if it is about none.
    pub fn amount_micro(&self) -> u64 {
        let demand = self.demand();
        demand.unbonded_micro.unwrap_or(demand.spent_micro)
    }

    fn check_form(&self, account: &Address, mode: ClaimMode) -> Result<(), TransactionError> {
        match self {
            Self::Transfer { amount_micro: 0, .. }
            | Self::Bond { amount_micro: 0 }
            | Self::Unbond { amount_micro: 0 } => Err(TransactionError::ZeroAmount),
            Self::Transfer { to, .. } if to == account => Err(TransactionError::SelfTransfer),
            Self::Post { body, .. } if body.is_empty() => Err(TransactionError::EmptyBody),
            Self::Profile { name } => name::check(name).map_err(TransactionError::BadName),
            Self::Bond { .. } if mode == ClaimMode::Open => Err(TransactionError::NoBonding),
            Self::Claim { pass, .. } => check_pass_is_asked(mode, pass.is_some()),
            Self::Invite { .. } if mode != ClaimMode::Invite => Err(TransactionError::PassUnknown),
            Self::Invite { uses, .. } if !(1..=MAX_INVITE_USES).contains(uses) => {
                Err(TransactionError::InviteUses {
                    uses: *uses,
                    max: MAX_INVITE_USES,
                })
            }
            Self::Transfer { .. }
            | Self::Post { .. }
            | Self::Bond { .. }
            | Self::Unbond { .. }
            | Self::Operator { .. }
            | Self::Invite { .. } => Ok(()),
        }
    }
}

/// Checks that a claim shows a pass where one is asked for, and nowhere else.
fn check_pass_is_asked(mode: ClaimMode, is_shown: bool) -> Result<(), TransactionError> {
    match (mode, is_shown) {
        (ClaimMode::None, _) => Err(TransactionError::NoGrants),
        (ClaimMode::Invite, false) => Err(TransactionError::PassMissing),
        (ClaimMode::Link | ClaimMode::Open, true) => Err(TransactionError::PassUnknown),
        (ClaimMode::Invite, true) | (ClaimMode::Link | ClaimMode::Open, false) => Ok(()),
    }
}

/// What an action asks of its account beside the fee. [`Action::demand`] says so for every kind: fees, the sums of what waits, and what a wallet
/// shows as spent follow from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// What leaves the free balance at once, in µTNG.
    pub spent_micro: u64,
    /// What begins to leave the bond, in µTNG: an unbonding more in progress.
    pub unbonded_micro: Option<u64>,
    /// The grant is drawn. That needs no fee, since who draws it has no coins yet.
    pub draws_grant: bool,
}

/// Everything that a transaction says and its signature covers.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TransactionContent {
    /// Network that it is signed for; no other applies it.
    pub network: NetworkId,
    /// Account that signs and pays.
    pub account: Address,
    /// Number chosen by the sender; each counts once per account, so nothing can be replayed.
    pub nonce: u64,
    /// Last slot in which it may be applied.
    pub valid_until: Slot,
    /// What it pays for its place in a block, in µTNG; fund and proposer share it.
    pub fee_micro: u64,
    /// What the account wants done.
    pub action: Action,
}

/// A signed transaction. Its fields are read through [`TransactionContent`]; none can be changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    content: TransactionContent,
    signature: Signature,
    id: TransactionId,
}

impl Transaction {
    /// Signs a transaction of the key's account.
    pub fn sign(
        secret: &SecretKey,
        network: NetworkId,
        nonce: u64,
        valid_until: Slot,
        fee_micro: u64,
        action: Action,
    ) -> Self {
        let content = TransactionContent {
            network,
            account: secret.address(),
            nonce,
            valid_until,
            fee_micro,
            action,
        };
        let signature = secret.sign(Domain::Transaction, &network, signed_part(&encode(&content)));
        Self::new(content, signature)
    }

    /// Decodes one transaction, without checking its signature.
    ///
    /// # Errors
    /// [`TransactionError::TooLarge`], unread, or [`TransactionError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TransactionError> {
        decode(bytes, MAX_TRANSACTION_BYTES).map_err(|error| match error {
            DecodeError::TooLong { len, max } => TransactionError::TooLarge { bytes: len, max },
            other => TransactionError::Malformed(other),
        })
    }

    fn new(content: TransactionContent, signature: Signature) -> Self {
        let mut bytes = encode(&content);
        bytes.extend(signature.0);
        let id = TransactionId(Hash::of(Domain::Transaction, &[&bytes]));
        Self {
            content,
            signature,
            id,
        }
    }

    /// Hash of all its bytes, signature included.
    pub fn id(&self) -> TransactionId {
        self.id
    }

    /// Signature by the account's key over everything else.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Size of the encoding in bytes.
    pub fn encoded_len(&self) -> usize {
        encoded_len_of(&self.action)
    }

    /// Least balance that it needs, in µTNG: the fee, and the amount if it leaves the balance. Saturates.
    pub fn spending_micro(&self) -> u64 {
        self.fee_micro.saturating_add(self.action.demand().spent_micro)
    }

    /// Checks the account's signature.
    ///
    /// # Errors
    /// [`TransactionError::BadSignature`].
    pub fn verify_signature(&self) -> Result<(), TransactionError> {
        let bytes = encode(&self.content);
        self.account
            .verify(
                Domain::Transaction,
                &self.network,
                signed_part(&bytes),
                &self.signature,
            )
            .map_err(|_| TransactionError::BadSignature)
    }

    /// Leaves the check of the account's signature to a batch.
    pub(super) fn queue_signature(&self, batch: &mut BatchVerifier) {
        let bytes = encode(&self.content);
        batch.push_of_account(
            Domain::Transaction,
            &self.network,
            &self.account,
            signed_part(&bytes),
            &self.signature,
        );
    }

    /// Checks all that needs neither state nor slot nor cryptography.
    ///
    /// # Errors
    /// [`TransactionError`] names the first rule that is broken.
    pub fn check_form(&self, network: &NetworkId, rules: &Rules) -> Result<(), TransactionError> {
        if self.network != *network {
            return Err(TransactionError::WrongNetwork {
                expected: *network,
                found: self.network,
            });
        }
        self.action.check_form(&self.account, rules.claim_mode)?;
        let minimum_micro = rules.fees.minimum_micro(&self.action);
        if self.fee_micro < minimum_micro {
            return Err(TransactionError::FeeTooLow {
                fee_micro: self.fee_micro,
                minimum_micro,
            });
        }
        Ok(())
    }
}

/// Size in bytes of a signed transaction with this action.
pub fn encoded_len_of(action: &Action) -> usize {
    borsh::object_length(action)
        .unwrap_or(usize::MAX)
        .saturating_add(ENVELOPE_BYTES)
}

/// What is signed behind domain tag and network: the encoded content after the network, with which it begins.
fn signed_part(content: &[u8]) -> &[u8] {
    content.get(NETWORK_BYTES..).unwrap_or_default()
}

impl Deref for Transaction {
    type Target = TransactionContent;
    fn deref(&self) -> &TransactionContent {
        &self.content
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transaction")
            .field("id", &self.id)
            .field("content", &self.content)
            .finish()
    }
}

impl BorshSerialize for Transaction {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        BorshSerialize::serialize(&self.content, writer)?;
        BorshSerialize::serialize(&self.signature, writer)
    }
}

impl BorshDeserialize for Transaction {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let content = TransactionContent::deserialize_reader(reader)?;
        let signature = Signature::deserialize_reader(reader)?;
        Ok(Self::new(content, signature))
    }
}

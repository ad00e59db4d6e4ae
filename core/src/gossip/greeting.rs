//! Who is there, and how far they are: signed by the account that says it.
//!
//! The content can only be read through `verify`, so nothing acts on an unsigned word. A signature proves that the account said it, not
//! that it is true: heads and weights are hints about whom to ask, checked by asking. Sizes are fixed but for names and a genesis.

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    codec::{BoundedString, encode},
    crypto::{
        hash::Domain,
        keys::{Address, NetworkId, SecretKey, Signature},
    },
    ledger::genesis::Genesis,
    params::{MAX_CHANNEL_BYTES, MAX_NAME_BYTES},
    time::{Slot, Timestamp},
};

/// One run of a peer: 16 random bytes, drawn at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct SessionId(pub [u8; 16]);

/// The number of a probe, drawn by the prober.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ProbeNumber(pub [u8; 8]);

/// Name that a peer goes by, possibly empty; others may use the same.
pub type PeerName = BoundedString<MAX_NAME_BYTES>;
/// Name of a chat channel, without `#`.
pub type ChannelName = BoundedString<MAX_CHANNEL_BYTES>;

/// The last block of a peer's chosen chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// Hash of that block.
    pub block: BlockHash,
    /// Slot in which that block was made.
    pub slot: Slot,
    /// Number of its ancestors.
    pub height: u64,
    /// Weight of the chain that ends with it ([`Weight`](crate::consensus::merit::Weight)); a mere claim.
    pub weight: u128,
}

/// How far a peer has come: its head, and what it knows to be justified and final. A mere claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChainStatus {
    /// The last block of its chosen chain.
    pub head: Head,
    /// The highest justified checkpoint that it knows.
    pub justified: Checkpoint,
    /// The last final checkpoint that it knows.
    pub finalized: Checkpoint,
}

/// What a greeting asks for: an answer that tells the answerer's head and clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Question {
    /// Number by which the asker knows the answer again.
    pub probe: ProbeNumber,
    /// Who is asked, and always answers; none: everybody, and a handful answer.
    pub session: Option<SessionId>,
}

/// The signed part of a greeting.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HelloContent {
    /// Session of the sender, drawn anew at every start.
    pub session: SessionId,
    /// Its network, if it is on one or was invited to one.
    pub network: Option<NetworkId>,
    /// The network's genesis, for those who do not know it.
    pub genesis: Option<Box<Genesis>>,
    /// Its network is never given up for another one; worth something as the word of the network's founder only.
    pub pinned: bool,
    /// Account of the sender, whose key signs.
    pub account: Address,
    /// Name that the sender goes by.
    pub name: PeerName,
    /// How far it is; none before it knows the genesis.
    pub chain: Option<ChainStatus>,
    /// When it was sent, by the sender's clock.
    pub sent_at: Timestamp,
    /// The probe that this greeting answers.
    pub answers: Option<ProbeNumber>,
    /// What the sender asks in its turn.
    pub asks: Option<Question>,
}

/// What a peer says when it comes, and when it is asked: who it is and how far, signed by its account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Hello {
    content: HelloContent,
    signature: Signature,
}

/// Why a greeting or a sign of life is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GreetingError {
    /// The signature is not by the key of the account that it names.
    #[error("the account did not sign this")]
    BadSignature,
    /// It carries the genesis of another network than the one it names.
    #[error("the genesis is not the one of the network")]
    WrongGenesis,
}

impl Hello {
    /// Signs a greeting with the key of `content.account`.
    pub fn sign(content: HelloContent, account: &SecretKey) -> Self {
        let signature = account.sign(Domain::Hello, &signing_network(&content), &encode(&content));
        Self { content, signature }
    }

    /// Who claims to have sent it, before that is checked.
    pub fn claimed_account(&self) -> &Address {
        &self.content.account
    }

    /// What it says, if its account signed it and its genesis is that of its network.
    ///
    /// # Errors
    /// [`GreetingError`].
    pub fn verify(&self) -> Result<&HelloContent, GreetingError> {
        let content = &self.content;
        let genesis_fits = content
            .genesis
            .as_ref()
            .is_none_or(|genesis| content.network == Some(genesis.network_id()));
        if !genesis_fits {
            return Err(GreetingError::WrongGenesis);
        }
        content
            .account
            .verify(
                Domain::Hello,
                &signing_network(content),
                &encode(content),
                &self.signature,
            )
            .map_err(|_| GreetingError::BadSignature)?;
        Ok(content)
    }
}

/// A peer without a network signs under the id of none.
fn signing_network(content: &HelloContent) -> NetworkId {
    content.network.unwrap_or_default()
}

/// The signed part of a sign of life.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PresenceContent {
    /// Session of the sender, drawn anew at every start.
    pub session: SessionId,
    /// Account of the sender, whose key signs.
    pub account: Address,
    /// Name that the sender goes by.
    pub name: PeerName,
    /// How far the sender has come.
    pub chain: ChainStatus,
    /// The channel that its user is typing in.
    pub typing: Option<ChannelName>,
}

/// A signed sign of life within one network.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Presence {
    content: PresenceContent,
    signature: Signature,
}

impl Presence {
    /// Signs a sign of life with the key of `content.account`.
    pub fn sign(content: PresenceContent, network: &NetworkId, account: &SecretKey) -> Self {
        let signature = account.sign(Domain::Presence, network, &encode(&content));
        Self { content, signature }
    }

    /// Who claims to have sent it, before that is checked.
    pub fn claimed_account(&self) -> &Address {
        &self.content.account
    }

    /// What it says, if its account signed it in this network.
    ///
    /// # Errors
    /// [`GreetingError::BadSignature`].
    pub fn verify(&self, network: &NetworkId) -> Result<&PresenceContent, GreetingError> {
        let content = &self.content;
        content
            .account
            .verify(Domain::Presence, network, &encode(content), &self.signature)
            .map_err(|_| GreetingError::BadSignature)?;
        Ok(content)
    }
}

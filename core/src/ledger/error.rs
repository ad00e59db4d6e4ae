//! Why transactions are refused: one reason for each rule of docs/protocol.md, section 3.

use thiserror::Error;

use crate::{codec::DecodeError, crypto::keys::NetworkId, time::Slot};

/// Why a transaction was refused. The state is as it was before. Amounts are in µTNG, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages tell")]
pub enum TransactionError {
    /// Larger than any transaction may be.
    #[error("the transaction has {bytes} bytes, at most {max} are allowed")]
    TooLarge { bytes: usize, max: usize },
    /// The bytes do not decode as a transaction.
    #[error("these bytes are no transaction: {0}")]
    Malformed(DecodeError),
    /// Signed for another network.
    #[error("the transaction belongs to network {found}, not to {expected}")]
    WrongNetwork { expected: NetworkId, found: NetworkId },
    /// The account's key did not sign this.
    #[error("the account did not sign this transaction")]
    BadSignature,
    /// A transaction with this nonce was applied before.
    #[error("nonce {nonce} is used already")]
    NonceUsed { nonce: u64 },
    /// Zero, too far above the highest used nonce, or too far below it.
    #[error("nonce {nonce} is not within 64 of {highest}, the highest used one")]
    NonceOutOfWindow { nonce: u64, highest: u64 },
    /// Its last slot is over.
    #[error("the transaction was valid until slot {}, and this is slot {}", valid_until.0, slot.0)]
    Expired { valid_until: Slot, slot: Slot },
    /// It would stay valid for too long.
    #[error("the transaction is valid until slot {}, at most slot {} is allowed", valid_until.0, latest.0)]
    ValidTooLong {
        valid_until: Slot,
        /// Latest allowed expiry for a block of this slot.
        latest: Slot,
    },
    /// Pays less than the network's schedule asks.
    #[error("the fee is {fee_micro} µTNG, at least {minimum_micro} µTNG are needed")]
    FeeTooLow { fee_micro: u64, minimum_micro: u64 },
    /// The balance does not cover fee and amount.
    #[error("insufficient funds: {needed_micro} µTNG needed, {available_micro} µTNG available")]
    InsufficientFunds {
        needed_micro: u64,
        /// Balance, matured unbondings included.
        available_micro: u64,
    },
    /// The amounts add up to more than 64 bits hold.
    #[error("the amounts are too large to be counted")]
    AmountOverflow,
    /// A transfer, bond or unbonding of nothing.
    #[error("the amount is zero")]
    ZeroAmount,
    /// A transfer to bytes that are no account's key.
    #[error("the receiver is no account: nobody can have its key")]
    NoSuchKey,
    /// A transfer from an account to itself.
    #[error("the receiver is the sender")]
    SelfTransfer,
    /// A post without content.
    #[error("the message is empty")]
    EmptyBody,
    /// A post with too much content.
    #[error("the message has {bytes} bytes, at most {max} are allowed")]
    BodyTooLong { bytes: usize, max: usize },
    /// The name of a post's channel is too long.
    #[error("the channel's name has {bytes} bytes, at most {max} are allowed")]
    ChannelTooLong { bytes: usize, max: usize },
    /// The memo of a transfer is too long.
    #[error("the memo has {bytes} bytes, at most {max} are allowed")]
    MemoTooLong { bytes: usize, max: usize },
    /// A name that is not fit to be shown.
    #[error("{0}")]
    BadName(NameError),
    /// More than the balance is to be bonded.
    #[error("{amount_micro} µTNG cannot be bonded, {available_micro} µTNG are available after the fee")]
    BondExceedsBalance { amount_micro: u64, available_micro: u64 },
    /// More than the own bond is to be unbonded; granted bond never unbonds.
    #[error("{amount_micro} µTNG cannot be unbonded, the own bond is {bond_micro} µTNG")]
    UnbondExceedsBond {
        amount_micro: u64,
        /// Bond without the granted bond.
        bond_micro: u64,
    },
    /// Enough unbondings are in progress.
    #[error("{max} unbondings are in progress already")]
    TooManyUnbondings { max: usize },
    /// Operator keys need at least the bond of one grant.
    #[error("operator keys need a stake of {needed_micro} µTNG, the account has {stake_micro} µTNG")]
    StakeTooSmall { stake_micro: u64, needed_micro: u64 },
    /// The account drew its grant before.
    #[error("the account has claimed its grant before")]
    AlreadyClaimed,
    /// The fund does not hold a whole grant.
    #[error("the fund holds {fund_micro} µTNG, a grant is {grant_micro} µTNG")]
    FundEmpty { fund_micro: u64, grant_micro: u64 },
    /// The proof of work is not as hard as it must be now.
    #[error("the claim's work has {bits} leading zero bits, {needed} are needed")]
    WrongWork { bits: u32, needed: u32 },
    /// In this room nobody draws a grant.
    #[error("this room gives no grants: coins come from its members")]
    NoGrants,
    /// Grants of this room are for invited people, and the claim shows no pass.
    #[error("grants of this room are for invited people: the claim shows no pass")]
    PassMissing,
    /// A pass where none is asked for.
    #[error("this room knows no passes")]
    PassUnknown,
    /// An invite for nobody, or for too many.
    #[error("an invite for {uses} people is not for 1 to {max}")]
    InviteUses { uses: u8, max: u8 },
    /// An invite whose time is over, or too long.
    #[error("an invite until slot {} is not between slots {} and {}", until.0, slot.0, latest.0)]
    InviteTime {
        until: Slot,
        slot: Slot,
        /// Latest allowed end in a block of this slot.
        latest: Slot,
    },
    /// Only operators invite.
    #[error("only who signs blocks can invite: the account has no operator keys")]
    NotAnOperator,
    /// The account has an open invite with this key.
    #[error("an invite with this key is open already")]
    InviteTwice,
    /// The account has enough open invites.
    #[error("{max} invites are open already")]
    TooManyInvites { max: usize },
    /// The claim's pass belongs to no invite of the account that it names.
    #[error("the pass belongs to no open invite")]
    UnknownInvite,
    /// The invite's time is over.
    #[error("the invite was open until slot {}, and this is slot {}", until.0, slot.0)]
    InviteExpired { until: Slot, slot: Slot },
    /// The invite admitted as many as it may.
    #[error("the invite is used up")]
    InviteUsedUp,
    /// The pass did not sign this account.
    #[error("the pass is not for this account")]
    BadPass,
    /// In an open room stake is granted and never bonded.
    #[error("in an open room nobody bonds coins")]
    NoBonding,
    /// The claim's anchor is none of the final blocks that the state remembers.
    #[error("the claim is bound to a block that is not known as final")]
    UnknownAnchor,
    /// The claim's anchor became final too long ago.
    #[error("the claim is bound to a block {age_slots} slots old, at most {max_slots} are allowed")]
    OldAnchor { age_slots: u64, max_slots: u64 },
    /// The block holds as many claims as it may.
    #[error("the block holds a claim already")]
    TooManyClaimsInBlock,
    /// The term holds as many claims as it may.
    #[error("this term holds {allowed} claims already; the next one begins soon")]
    TooManyClaimsInTerm { allowed: u64 },
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages tell")]
pub enum NameError {
    /// It has no characters.
    #[error("the name is empty")]
    Empty,
    /// More bytes in UTF-8 than a name may have.
    #[error("the name has {bytes} bytes, at most {max} are allowed")]
    TooLong { bytes: usize, max: usize },
    /// A space at its beginning or end.
    #[error("the name begins or ends with a space")]
    OuterSpace,
    /// Two spaces side by side, which read as one.
    #[error("the name contains two spaces side by side")]
    DoubleSpace,
    /// An accent without a letter below it.
    #[error("the name contains an accent without a letter")]
    LooseMark,
    /// A character that shows nothing, or turns the text around it.
    #[error("the name contains an invisible character")]
    Invisible,
}

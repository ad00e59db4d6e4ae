//! The genesis of a network: who founded it, when, and by which rules. Its hash is the network's identity.
//!
//! A genesis comes from a peer: [`Genesis::validate`] refuses one whose rules could not work before anything is built on it.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    codec::encode,
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, NetworkId, PublicKey},
        vrf::VrfPublicKey,
    },
    params::{MAX_CLOCK_STEP, MAX_TRANSACTION_BYTES},
    time::{SlotClock, Timestamp},
};

/// µTNG in one TNG, the coin.
pub const MICRO_PER_COIN: u64 = 1_000_000;
/// The version of genesis, and so of the protocol, that this code speaks.
pub const GENESIS_VERSION: u16 = 5;

/// Slot lengths that make sense, in milliseconds: longer than a message takes, shorter than patience.
const SLOT_MS: core::ops::RangeInclusive<u32> = 100..=60_000;
/// More leading zero bits than this no tab finds in a day.
const MAX_CLAIM_WORK_BITS: u8 = 32;
/// Longest unbonding and longest term, in slots: keeps the branch clock's sums far from overflow.
const MAX_RULE_SLOTS: u64 = 1 << 40;
/// Shortest silence that counts, in slots: what two blocks after long gaps add to the branch clock must not make everybody silent.
const MIN_SILENCE_SLOTS: u64 = 3 * MAX_CLOCK_STEP;
/// The whole, in basis points.
const BASIS_POINTS_PER_WHOLE: u16 = 10_000;

/// The first word of a network, from which everything else follows; every peer holds the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Genesis {
    /// Version of the protocol that the network was founded with; [`GENESIS_VERSION`] here.
    pub version: u16,
    /// Derived from the room's secret: a network belongs to one room.
    pub room: Hash,
    /// Time at which slot 0 starts.
    pub founded_at: Timestamp,
    /// The rules, fixed for good.
    pub rules: Rules,
    /// Holds the first grant and is the first operator.
    pub founder: Founder,
}

/// Account and operator keys of whoever founded a network.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Founder {
    /// Receives the first grant.
    pub account: Address,
    /// Public key that checks the founder's signatures on blocks and votes.
    pub signing_key: PublicKey,
    /// Public key that checks the founder's lottery tickets.
    pub vrf_key: VrfPublicKey,
}

impl Genesis {
    /// The identity of the network: the hash of all of this.
    pub fn network_id(&self) -> NetworkId {
        NetworkId(Hash::of(Domain::Genesis, &[&encode(self)]))
    }

    /// Clock that turns times into slots of this network.
    pub fn clock(&self) -> SlotClock {
        SlotClock {
            founded_at: self.founded_at,
            slot_ms: u64::from(self.rules.slot_ms),
        }
    }

    /// Checks that this code can run the network.
    ///
    /// # Errors
    /// [`RulesError`] says what is in the way.
    pub fn validate(&self) -> Result<(), RulesError> {
        if self.version != GENESIS_VERSION {
            return Err(RulesError::UnknownVersion {
                version: self.version,
            });
        }
        if !self.founder.account.is_key() {
            return Err(RulesError::FounderKey);
        }
        self.rules.validate()
    }
}

/// Rules that a network's founder chose; they never change.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Rules {
    /// Length of a slot in milliseconds.
    pub slot_ms: u32,
    /// Least fee of a transaction by its size and amount; a claim needs none.
    pub fees: Fees,
    /// Paid from the fund to the proposer of each block while it lasts, in µTNG.
    pub block_reward_micro: u64,
    /// All coins there will ever be, in µTNG.
    pub supply_micro: u64,
    /// What a claim draws from the fund, in µTNG.
    pub grant_micro: u64,
    /// The part of a grant that is bonded for good, in µTNG, more than 0.
    pub grant_bond_micro: u64,
    /// Whose claims are accepted.
    pub claim_mode: ClaimMode,
    /// Leading zero bits of a claim's work when nobody else claims.
    pub claim_work_bits: u8,
    /// How far the branch clock advances until unbonded coins are free, in slots.
    pub unbonding_slots: u64,
    /// Least length of a term, in slots.
    pub term_slots: u64,
    /// When voters are not waited for; none: always, so that finality stands still while a third is away.
    pub absence: Option<AbsenceRule>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            slot_ms: 1_000,
            fees: Fees {
                flat_micro: 1_000,
                per_byte_micro: 10,
                basis_points: 0,
            },
            block_reward_micro: 0,
            supply_micro: 100_000_000 * MICRO_PER_COIN,
            grant_micro: 1_000 * MICRO_PER_COIN,
            grant_bond_micro: 200 * MICRO_PER_COIN,
            claim_mode: ClaimMode::default(),
            claim_work_bits: 19,
            unbonding_slots: 86_400,
            term_slots: 16,
            absence: Some(AbsenceRule {
                silence_slots: 60,
                forget_slots: 1_800,
            }),
        }
    }
}

/// The way into a room: who may draw a grant, and what it makes of them.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub enum ClaimMode {
    /// Everybody who holds the invite link, and so takes part in everything.
    #[default]
    Link,
    /// Who also has a pass: an operator's invite for a number of people and a time.
    Invite,
    /// Everybody who holds the invite link; what was granted makes blocks and never votes. Nobody bonds: whatever newcomers own was granted, and would
    /// vote once it is bonded. The founder's bond is its own, and votes.
    Open,
    /// Nobody: newcomers receive coins or have none. All coins are the founder's to begin with.
    None,
}

impl ClaimMode {
    /// All of them, the least guarded first.
    pub const ALL: [Self; 4] = [Self::Link, Self::Invite, Self::Open, Self::None];
}

/// After how much of the branch clock without a vote finality goes on without a voter. The shorter, the sooner it does; and the shorter a relay has to part a
/// room before dishonest voters can make two histories final in it, which then prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AbsenceRule {
    /// A voter is silent after so many slots: not waited for, as long as half of all vote.
    pub silence_slots: u64,
    /// It is forgotten after so many: not counted, until it votes. Then parts of a room that do not hear each other may each make a history final.
    pub forget_slots: u64,
}

/// The least fee of a transaction: a flat part, one by size and one by amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Fees {
    /// For every transaction, in µTNG.
    pub flat_micro: u64,
    /// For every encoded byte, in µTNG.
    pub per_byte_micro: u64,
    /// Of the amount, in hundredths of a percent.
    pub basis_points: u16,
}

impl Fees {
    /// The least fee, in µTNG, of so many bytes that move such an amount.
    pub(super) fn of(&self, encoded_len: usize, amount_micro: u64) -> u64 {
        let by_size = self.per_byte_micro.saturating_mul(encoded_len as u64);
        let whole = u128::from(BASIS_POINTS_PER_WHOLE);
        let by_amount = u128::from(amount_micro) * u128::from(self.basis_points) / whole;
        let by_amount = u64::try_from(by_amount).unwrap_or(u64::MAX);
        self.flat_micro.saturating_add(by_size).saturating_add(by_amount)
    }
}

/// Why a network with these rules, or of this version, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages tell")]
pub enum RulesError {
    /// Made for another version of the protocol.
    #[error("version {version} of the protocol is not known, only {GENESIS_VERSION} is")]
    UnknownVersion { version: u16 },
    /// The first grant would be lost.
    #[error("the founder's account is none: nobody can have its key")]
    FounderKey,
    /// Slots of no length, or too long for anybody to wait.
    #[error("a slot of {slot_ms} ms is not between {} and {} ms", SLOT_MS.start(), SLOT_MS.end())]
    SlotLength { slot_ms: u32 },
    /// More than the amount is taken from the amount.
    #[error("a fee of {basis_points} basis points is more than the amount")]
    FeeShare { basis_points: u16 },
    /// A newcomer could not pay for the largest transaction.
    #[error("fees of up to {fee_micro} µTNG are more than the {free_micro} µTNG that a newcomer has")]
    UnpayableFees {
        /// Fee of the largest transaction without its amount.
        fee_micro: u64,
        /// The free part of a grant.
        free_micro: u64,
    },
    /// Grants bond nothing, so that nobody could make blocks, or more than they hold.
    #[error("a grant of {grant_micro} µTNG cannot have {grant_bond_micro} µTNG of bond")]
    GrantBond { grant_micro: u64, grant_bond_micro: u64 },
    /// Not enough for the founder and one more.
    #[error("a supply of {supply_micro} µTNG is less than two grants of {grant_micro} µTNG")]
    Supply { supply_micro: u64, grant_micro: u64 },
    /// One block's reward is more than all coins.
    #[error("a block reward of {block_reward_micro} µTNG is more than the supply")]
    Reward { block_reward_micro: u64 },
    /// The work for a claim is so hard that nobody could do it.
    #[error("claims of {bits} bits of work are too hard, at most {MAX_CLAIM_WORK_BITS} are allowed")]
    ClaimWork { bits: u8 },
    /// Unbonding takes too long.
    #[error("unbonding takes {slots} slots, at most {MAX_RULE_SLOTS} are allowed")]
    Unbonding { slots: u64 },
    /// Voters would be given up between two blocks, or be forgotten before they are silent.
    #[error(
        "silence of {silence_slots} slots and forgetting after {forget_slots} are not in order between {MIN_SILENCE_SLOTS} and {MAX_RULE_SLOTS}"
    )]
    Absence { silence_slots: u64, forget_slots: u64 },
    /// Terms of no length, or without end.
    #[error("a term of {slots} slots is not between 1 and {MAX_RULE_SLOTS}")]
    TermLength { slots: u64 },
}

impl Rules {
    /// Refuses rules under which a network could not live.
    ///
    /// # Errors
    /// [`RulesError`] names the first absurd one.
    pub fn validate(&self) -> Result<(), RulesError> {
        self.validate_times()?;
        self.validate_coins()
    }

    fn validate_times(&self) -> Result<(), RulesError> {
        if !SLOT_MS.contains(&self.slot_ms) {
            return Err(RulesError::SlotLength {
                slot_ms: self.slot_ms,
            });
        }
        if self.unbonding_slots > MAX_RULE_SLOTS {
            return Err(RulesError::Unbonding {
                slots: self.unbonding_slots,
            });
        }
        if !(1..=MAX_RULE_SLOTS).contains(&self.term_slots) {
            return Err(RulesError::TermLength {
                slots: self.term_slots,
            });
        }
        if let Some(AbsenceRule {
            silence_slots,
            forget_slots,
        }) = self.absence
            && !(MIN_SILENCE_SLOTS <= silence_slots
                && silence_slots <= forget_slots
                && forget_slots <= MAX_RULE_SLOTS)
        {
            return Err(RulesError::Absence {
                silence_slots,
                forget_slots,
            });
        }
        if self.claim_work_bits > MAX_CLAIM_WORK_BITS {
            return Err(RulesError::ClaimWork {
                bits: self.claim_work_bits,
            });
        }
        Ok(())
    }

    fn validate_coins(&self) -> Result<(), RulesError> {
        let Self {
            grant_micro,
            grant_bond_micro,
            supply_micro,
            block_reward_micro,
            fees,
            ..
        } = *self;
        if !(1..=grant_micro).contains(&grant_bond_micro) {
            return Err(RulesError::GrantBond {
                grant_micro,
                grant_bond_micro,
            });
        }
        if supply_micro / 2 < grant_micro {
            return Err(RulesError::Supply {
                supply_micro,
                grant_micro,
            });
        }
        if block_reward_micro > supply_micro {
            return Err(RulesError::Reward { block_reward_micro });
        }
        if fees.basis_points > BASIS_POINTS_PER_WHOLE {
            return Err(RulesError::FeeShare {
                basis_points: fees.basis_points,
            });
        }
        let (fee_micro, free_micro) = (fees.of(MAX_TRANSACTION_BYTES, 0), grant_micro - grant_bond_micro);
        if fee_micro > free_micro {
            return Err(RulesError::UnpayableFees {
                fee_micro,
                free_micro,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rules_are_valid() {
        assert_eq!(Rules::default().validate(), Ok(()));
    }

    #[test]
    fn absurd_rules_are_refused() {
        let refused = |change: fn(&mut Rules)| {
            let mut rules = Rules::default();
            change(&mut rules);
            rules.validate().unwrap_err()
        };
        assert_eq!(
            refused(|rules| rules.slot_ms = 0),
            RulesError::SlotLength { slot_ms: 0 }
        );
        assert!(matches!(
            refused(|rules| rules.fees.basis_points = 10_001),
            RulesError::FeeShare { .. }
        ));
        assert!(matches!(
            refused(|rules| rules.fees.flat_micro = u64::MAX),
            RulesError::UnpayableFees { .. }
        ));
        assert!(matches!(
            refused(|rules| rules.grant_bond_micro = rules.grant_micro + 1),
            RulesError::GrantBond { .. }
        ));
        assert!(matches!(
            refused(|rules| rules.grant_bond_micro = 0),
            RulesError::GrantBond { .. }
        ));
        assert!(matches!(
            refused(|rules| rules.supply_micro = 2 * rules.grant_micro - 1),
            RulesError::Supply { .. }
        ));
        assert!(matches!(
            refused(|rules| rules.block_reward_micro = u64::MAX),
            RulesError::Reward { .. }
        ));
        assert!(matches!(
            refused(|rules| rules.claim_work_bits = 200),
            RulesError::ClaimWork { .. }
        ));
        assert!(matches!(
            refused(|rules| rules.unbonding_slots = u64::MAX),
            RulesError::Unbonding { .. }
        ));
        assert!(matches!(
            refused(|rules| rules.term_slots = 0),
            RulesError::TermLength { .. }
        ));
        for (silence_slots, forget_slots) in [(47, 1_000), (100, 99), (100, u64::MAX)] {
            let absence = Some(AbsenceRule {
                silence_slots,
                forget_slots,
            });
            let rules = Rules {
                absence,
                ..Rules::default()
            };
            assert!(matches!(rules.validate(), Err(RulesError::Absence { .. })));
        }
        assert!(matches!(
            refused(|rules| rules.grant_bond_micro = rules.grant_micro),
            RulesError::UnpayableFees { .. }
        ));
    }

    #[test]
    fn rules_may_be_as_large_as_their_bounds() {
        let changes: [fn(&mut Rules); 7] = [
            |rules| rules.absence = None,
            |rules| {
                rules.absence = Some(AbsenceRule {
                    silence_slots: MIN_SILENCE_SLOTS,
                    forget_slots: MAX_RULE_SLOTS,
                });
            },
            |rules| rules.unbonding_slots = MAX_RULE_SLOTS,
            |rules| rules.claim_work_bits = MAX_CLAIM_WORK_BITS,
            |rules| rules.block_reward_micro = rules.supply_micro,
            |rules| rules.fees.basis_points = BASIS_POINTS_PER_WHOLE,
            |rules| rules.grant_bond_micro = rules.grant_micro - rules.fees.of(MAX_TRANSACTION_BYTES, 0),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut rules = Rules::default();
            change(&mut rules);
            assert_eq!(rules.validate(), Ok(()), "change {index}");
        }
    }

    #[test]
    fn fees_add_flat_size_and_share() {
        let fees = Fees {
            flat_micro: 1_000,
            per_byte_micro: 10,
            basis_points: 300,
        };
        assert_eq!(fees.of(200, 1_000_000), 1_000 + 2_000 + 30_000);
        assert_eq!(fees.of(200, 33), 3_000);
        assert_eq!(
            fees.of(200, u64::MAX),
            3_000 + (u128::from(u64::MAX) * 3 / 100) as u64
        );
    }
}

//! What a person can spend: one figure for every page, what of it may go into a payment or the bond, and why it is not known yet.

use ting_core::{
    codec::BoundedString,
    crypto::keys::Address,
    ledger::{genesis::Fees, transaction::Action},
    params::{DEFAULT_CHANNEL, MAX_MEMO_BYTES, MAX_POST_BYTES},
    peer::view::{Condition, PulseView, WalletView},
};
use yew::prelude::*;

use crate::{amount::thousands, store::use_slice};

/// So many of the longest messages can still be paid for by who bonds all that may be bonded.
const KEPT_MESSAGES: u64 = 100;
/// A message that costs more than this part of what is available shows its fee where it is written.
const NOTABLE_PART: u64 = 100;
/// So few missing blocks do not hide a balance that is there.
const MAX_HIDDEN_LAG_BLOCKS: u64 = 4;

/// Coins at hand and what it costs to move them. All amounts are µTNG.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Means {
    /// Free to spend; what waits to go out is no longer in it.
    pub available_micro: u64,
    fees: Fees,
}

impl Means {
    /// Reads balance and fees from a wallet's view.
    pub fn of(wallet: &WalletView) -> Self {
        Self {
            available_micro: wallet.available_micro,
            fees: Fees {
                flat_micro: wallet.fee_flat_micro,
                per_byte_micro: wallet.fee_per_byte_micro,
                basis_points: u16::try_from(wallet.fee_basis_points).unwrap_or(u16::MAX),
            },
        }
    }

    /// Least fee of a payment with this memo, in µTNG.
    pub fn transfer_fee_micro(&self, to: Address, amount_micro: u64, memo: &str) -> u64 {
        let memo = BoundedString::<MAX_MEMO_BYTES>::try_from(memo).unwrap_or_default();
        self.fees.minimum_micro(&Action::Transfer {
            to,
            amount_micro,
            memo,
        })
    }

    /// The largest payment that leaves its fee; zero if not even the fee is there.
    pub fn most_payable_micro(&self, to: Address, memo: &str) -> u64 {
        let (mut fits, mut too_much) = (0, self.available_micro);
        while fits < too_much {
            let amount_micro = fits + (too_much - fits).div_ceil(2);
            let fee_micro = self.transfer_fee_micro(to, amount_micro, memo);
            if amount_micro.saturating_add(fee_micro) <= self.available_micro {
                fits = amount_micro;
            } else {
                too_much = amount_micro - 1;
            }
        }
        fits
    }

    /// The fee of moving coins into the bond or out of it.
    pub fn bond_fee_micro(&self, amount_micro: u64) -> u64 {
        self.fees.minimum_micro(&Action::Bond { amount_micro })
    }

    /// What stays free when coins are bonded, for the fees of messages and of the way back.
    pub fn kept_free_micro(&self) -> u64 {
        self.message_fee_micro(MAX_POST_BYTES)
            .saturating_mul(KEPT_MESSAGES)
    }

    /// What may go into the bond without locking its owner out of the talk.
    pub fn most_bondable_micro(&self) -> u64 {
        self.available_micro
            .saturating_sub(self.kept_free_micro())
            .saturating_sub(self.bond_fee_micro(self.available_micro))
    }

    /// The fee of a message with so many bytes of body.
    pub fn message_fee_micro(&self, body_bytes: usize) -> u64 {
        Action::post(DEFAULT_CHANNEL, vec![0; body_bytes.clamp(1, MAX_POST_BYTES)])
            .map_or(0, |action| self.fees.minimum_micro(&action))
    }

    /// The fee of a message, where it is no trifle beside what is available.
    pub fn notable_message_fee_micro(&self, body_bytes: usize) -> Option<u64> {
        let fee_micro = self.message_fee_micro(body_bytes);
        (fee_micro.saturating_mul(NOTABLE_PART) >= self.available_micro).then_some(fee_micro)
    }
}

/// The wallet, or in words why its figures are not known yet.
#[hook]
pub fn use_wallet() -> Result<WalletView, String> {
    let (wallet, pulse) = (use_slice::<WalletView>(), use_slice::<PulseView>());
    match (wallet.as_deref(), pulse.as_deref()) {
        (Some(wallet), Some(pulse)) => match catching_up(pulse, wallet.available_micro) {
            None => Ok(wallet.clone()),
            Some(reason) => Err(reason),
        },
        _ => Err("The room is being opened.".into()),
    }
}

/// Why the books at hand do not say yet what the account holds.
fn catching_up(pulse: &PulseView, available_micro: u64) -> Option<String> {
    // Coins before the first block are the founder's.
    let knows_nothing = pulse.network.is_none() || (pulse.height == 0 && available_micro == 0);
    match &pulse.condition {
        Condition::Syncing { behind } if *behind > MAX_HIDDEN_LAG_BLOCKS || available_micro == 0 => Some(
            format!("Catching up with the room: {} blocks to go.", thousands(*behind)),
        ),
        Condition::RelayGone if knows_nothing => {
            Some("No relay is reached yet, so the room's books are unknown.".into())
        }
        Condition::Joining if knows_nothing => Some("Asking the others for the room's books.".into()),
        // The founder of a room counts from nothing, and is alone then.
        _ if knows_nothing && pulse.network.is_some() && pulse.peers > 0 => {
            Some("Asking the others for the room's books.".into())
        }
        _ if pulse.network.is_none() => Some("Waiting for somebody who has the room's books.".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ting_core::{
        crypto::{
            hash::Hash,
            keys::{NetworkId, SecretKey},
        },
        peer::view::SigningDevice,
    };

    use super::*;

    fn means(available_micro: u64, basis_points: u16) -> Means {
        Means {
            available_micro,
            fees: Fees {
                flat_micro: 1_000,
                per_byte_micro: 10,
                basis_points,
            },
        }
    }

    #[test]
    fn all_leaves_exactly_the_fee_whatever_the_memo() {
        let to = SecretKey::from_seed([1; 32]).address();
        for basis_points in [0, 30, 10_000] {
            for memo in ["", "for the herring", "ä"] {
                let means = means(800_000_000, basis_points);
                let all = means.most_payable_micro(to, memo);
                let cost =
                    |amount_micro: u64| amount_micro + means.transfer_fee_micro(to, amount_micro, memo);
                assert!(cost(all) <= means.available_micro && cost(all + 1) > means.available_micro);
            }
        }
        assert_eq!(means(500, 0).most_payable_micro(to, ""), 0);
    }

    #[test]
    fn who_bonds_all_that_may_be_bonded_can_still_write_and_unbond() {
        for basis_points in [0, 30] {
            let before = means(800_000_000, basis_points);
            let bonded = before.most_bondable_micro();
            let after = means(
                before.available_micro - bonded - before.bond_fee_micro(bonded),
                basis_points,
            );
            assert!(bonded > 700_000_000);
            assert!(after.available_micro >= KEPT_MESSAGES * after.message_fee_micro(MAX_POST_BYTES));
        }
        assert_eq!(means(1_000_000, 0).most_bondable_micro(), 0);
    }

    #[test]
    fn the_fee_of_a_message_shows_once_it_matters() {
        assert_eq!(means(800_000_000, 0).notable_message_fee_micro(100), None);
        let fee_micro = means(0, 0).message_fee_micro(100);
        assert_eq!(
            means(50 * fee_micro, 0).notable_message_fee_micro(100),
            Some(fee_micro)
        );
        assert_eq!(means(0, 0).notable_message_fee_micro(100), Some(fee_micro));
    }

    fn pulse(condition: Condition, height: u64, is_known: bool) -> PulseView {
        PulseView {
            network: is_known.then_some(NetworkId(Hash([1; 32]))),
            beads: Vec::new(),
            slot: 9,
            slot_started_ms: 0,
            slot_ms: 1_000,
            height,
            final_height: 0,
            peers: 0,
            time_to_final_ms: None,
            condition,
            signing_device: SigningDevice::Here,
        }
    }

    #[test]
    fn no_balance_is_shown_that_the_books_do_not_hold_yet() {
        let behind = |behind| Condition::Syncing { behind };
        let unknown = [
            (pulse(behind(300), 20, true), 5_000_000),
            (pulse(behind(2), 300, true), 0),
            (pulse(Condition::Joining, 0, true), 0),
            (pulse(Condition::RelayGone, 0, true), 0),
            (pulse(Condition::WaitingForNetwork, 0, false), 0),
            (
                PulseView {
                    peers: 2,
                    ..pulse(Condition::Healthy, 0, true)
                },
                0,
            ),
        ];
        for (pulse, available_micro) in unknown {
            assert!(catching_up(&pulse, available_micro).is_some(), "{pulse:?}");
        }
        let known = [
            (pulse(Condition::Healthy, 0, true), 0),
            (pulse(behind(2), 300, true), 5_000_000),
            (pulse(Condition::RelayGone, 300, true), 5_000_000),
            (pulse(Condition::Joining, 300, true), 0),
            (
                PulseView {
                    peers: 1,
                    ..pulse(Condition::Healthy, 0, true)
                },
                800_000_000,
            ),
            (pulse(Condition::RelayGone, 0, true), 800_000_000),
        ];
        for (pulse, available_micro) in known {
            assert_eq!(catching_up(&pulse, available_micro), None, "{pulse:?}");
        }
    }
}

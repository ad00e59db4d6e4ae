//! Computes the wallet page.

use crate::{
    peer::{
        Peer,
        network::Network,
        view::{Delivery, PassView, UnbondingView, WalletView},
    },
    time::Timestamp,
};

impl Peer {
    /// The own account. `now` is only there for symmetry with the other views: amounts do not depend on it.
    pub fn wallet_view(&self, _now: Timestamp) -> WalletView {
        let me = self.identity.address();
        let network = self.network.as_ref();
        let rules = network.map_or(&self.rules, |network| &network.genesis().rules);
        let state = network.and_then(Network::head_state);
        let account = state
            .and_then(|state| state.ledger.account(&me))
            .unwrap_or_default();
        let clock = state.map_or(0, |state| state.ledger.clock());
        let pending = network
            .map(|network| network.told().wallet().pending_sums())
            .unwrap_or_default();
        let earnings = network
            .map(|network| network.told().wallet().earnings())
            .unwrap_or_default();
        let unbonding = account
            .unbonding
            .iter()
            .filter(|entry| entry.release_clock > clock);
        WalletView {
            account: me,
            name: self.name_of(&me),
            available_micro: account
                .available(clock)
                .saturating_sub(network.map_or(0, |network| network.mempool().pending_spending_micro(&me))),
            bonded_micro: account.stake(),
            granted_bond_micro: account.granted_bond_micro,
            unbonding: unbonding
                .map(|entry| UnbondingView {
                    amount_micro: entry.amount_micro,
                    remaining_slots: entry.release_clock.saturating_sub(clock),
                })
                .collect(),
            pending_in_micro: pending.in_micro,
            pending_out_micro: pending.out_micro,
            grant: self.grant(account.claimed),
            claim_mode: rules.claim_mode,
            pass: self.pass_view(),
            may_invite: network.is_some_and(|network| network.may_invite(&me)),
            invites: self.invite_views(),
            grant_micro: rules.grant_micro,
            history: network
                .map(|network| network.told().wallet().entries())
                .unwrap_or_default(),
            fee_flat_micro: rules.fees.flat_micro,
            fee_per_byte_micro: rules.fees.per_byte_micro,
            fee_basis_points: u32::from(rules.fees.basis_points),
            unbonding_slots: rules.unbonding_slots,
            known_after_height: earnings.after_height,
            blocks_made: earnings.blocks,
            earned_micro: earnings.micro,
            stake_share_ppm: self.stake_share_ppm(),
        }
    }

    fn grant(&self, claimed: bool) -> Option<Delivery> {
        let delivery = self
            .network
            .as_ref()
            .and_then(|network| network.told().wallet().grant());
        if claimed {
            delivery
        } else if self.pass_view() == PassView::Void {
            // A claim that lost the last use of its invite is not made again.
            None
        } else {
            delivery.or_else(|| self.timers.is_claiming().then_some(Delivery::Sent))
        }
    }

    fn stake_share_ppm(&self) -> u32 {
        let share = || {
            let term = self.network.as_ref()?.head_state()?.term();
            let stake = u128::from(term.operators.get(&self.identity.address())?.stake_micro);
            let ppm = (stake * 1_000_000).checked_div(u128::from(term.operators.total_micro()))?;
            u32::try_from(ppm).ok()
        };
        share().unwrap_or(0)
    }
}

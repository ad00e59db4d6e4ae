//! Computes what shows of the own invites, and of the pass that the user came by. A pass is found again by the number of its invite, so it shows on every device of the account.

use crate::{
    crypto::{keys::Address, pass::PassSecret},
    ledger::{genesis::ClaimMode, invite::OpenInvite, transaction::Action},
    peer::{
        Peer,
        network::Network,
        timers::Claiming,
        view::{InviteView, PassView},
    },
};

impl Peer {
    /// The own invites that are open, then those that wait for a block: at most `MAX_OPEN_INVITES` and what the account may have waiting.
    pub(super) fn invite_views(&self) -> Vec<InviteView> {
        let Some(network) = &self.network else {
            return Vec::new();
        };
        let me = self.identity.address();
        let slot = network.slot(self.now);
        let inviter = network.head_state().and_then(|state| state.ledger.inviter(&me));
        let open = inviter.iter().flat_map(|inviter| inviter.open_in(slot).copied());
        let waiting = network
            .mempool()
            .pending_of(&me)
            .filter_map(|transaction| match transaction.action {
                Action::Invite {
                    number,
                    key,
                    uses,
                    until,
                } => Some(OpenInvite {
                    number,
                    key,
                    uses_left: uses,
                    until,
                }),
                _ => None,
            });
        let open = open.map(|invite| self.invite_view(network, &invite, true));
        let waiting = waiting.map(|invite| self.invite_view(network, &invite, false));
        open.chain(waiting).collect()
    }

    /// What is known of the pass that the user came by.
    pub(super) fn pass_view(&self) -> PassView {
        match (&self.pass, &self.timers.claiming) {
            (None, _) => PassView::None,
            (Some(_), Some(Claiming::Uninvited(_))) => PassView::Void,
            (Some(_), _) => PassView::Held,
        }
    }

    fn invite_view(&self, network: &Network, invite: &OpenInvite, is_open: bool) -> InviteView {
        let pass = PassSecret::of_account(self.identity.account_key(), &network.id(), invite.number);
        InviteView {
            pass: (pass.public() == invite.key).then(|| pass.to_text()),
            uses_left: invite.uses_left,
            until_ms: network.clock().start_of(invite.until.plus(1)).0,
            is_open,
        }
    }
}

impl Network {
    /// True if the ledger would let this account open an invite, coins aside.
    pub(super) fn may_invite(&self, account: &Address) -> bool {
        let rules = &self.genesis().rules;
        let is_operator = || {
            let ledger = &self.head_state()?.ledger;
            ledger.operator(account)?;
            Some(ledger.account(account)?.stake() >= rules.grant_bond_micro)
        };
        rules.claim_mode == ClaimMode::Invite && is_operator().unwrap_or(false)
    }
}

//! What an account's waiting transactions ask of its account, all together.
//!
//! A transaction that could never be applied would hold its place without ever paying. So everything that an account has waiting must be
//! payable at once, from what the head's state says; only a waiting Claim counts as if it were applied.

use crate::{
    crypto::keys::Address,
    ledger::{
        account::Account,
        anchor::Anchor,
        apply::inviter_of,
        claim::ClaimWork,
        error::TransactionError,
        genesis::Rules,
        invite::Pass,
        state::LedgerState,
        transaction::{Action, Transaction},
    },
    mempool::tip::Tip,
    params::{MAX_UNBONDINGS, MAX_VALIDITY_SLOTS},
    time::Slot,
};

/// Sums over the waiting transactions of one account.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pending {
    spending_micro: u64,
    unbond_micro: u64,
    unbondings: usize,
    pub(super) claims: bool,
}

impl Pending {
    pub(super) fn add(&mut self, transaction: &Transaction) {
        self.spending_micro = self.spending_micro.saturating_add(transaction.spending_micro());
        let demand = transaction.action.demand();
        if let Some(amount_micro) = demand.unbonded_micro {
            self.unbond_micro = self.unbond_micro.saturating_add(amount_micro);
            self.unbondings = self.unbondings.saturating_add(1);
        }
        self.claims |= demand.draws_grant;
    }

    /// Sum of amounts and fees that leave the balance, in µTNG.
    pub(super) fn spending_micro(&self) -> u64 {
        self.spending_micro
    }

    /// Checks that the account can pay for all of it.
    pub(super) fn check(&self, account: &Account, clock: u64, rules: &Rules) -> Result<(), TransactionError> {
        let available_micro = available_micro(account, clock, self.claims, rules);
        if self.spending_micro > available_micro {
            let needed_micro = self.spending_micro;
            return Err(TransactionError::InsufficientFunds {
                needed_micro,
                available_micro,
            });
        }
        if self.unbond_micro > account.bond_micro {
            let (amount_micro, bond_micro) = (self.unbond_micro, account.bond_micro);
            return Err(TransactionError::UnbondExceedsBond {
                amount_micro,
                bond_micro,
            });
        }
        let in_progress = account
            .unbonding
            .iter()
            .filter(|unbonding| unbonding.release_clock > clock)
            .count();
        if in_progress.saturating_add(self.unbondings) > MAX_UNBONDINGS && self.unbondings > 0 {
            return Err(TransactionError::TooManyUnbondings { max: MAX_UNBONDINGS });
        }
        Ok(())
    }
}

/// What the account can spend, in µTNG: the free part of the grant counts while its Claim waits.
pub(super) fn available_micro(account: &Account, clock: u64, claims: bool, rules: &Rules) -> u64 {
    let grant_micro = if claims && !account.claimed {
        rules.grant_micro.saturating_sub(rules.grant_bond_micro)
    } else {
        0
    };
    account.available(clock).saturating_add(grant_micro)
}

/// Checks that the transaction can be applied in a block of this slot.
pub(super) fn check_expiry(transaction: &Transaction, slot: Slot) -> Result<(), TransactionError> {
    let valid_until = transaction.valid_until;
    if valid_until < slot {
        return Err(TransactionError::Expired { valid_until, slot });
    }
    let latest = slot.plus(MAX_VALIDITY_SLOTS);
    if valid_until > latest {
        return Err(TransactionError::ValidTooLong { valid_until, latest });
    }
    Ok(())
}

/// Checks that nothing of the account was applied with this nonce, and that it lies in the window.
pub(super) fn check_nonce(transaction: &Transaction, account: &Account) -> Result<(), TransactionError> {
    let mut nonces = account.nonces;
    nonces.take(transaction.nonce)
}

/// Checks a Claim by the rule of the ledger: whether its turn has come, a block decides.
pub(super) fn check_claim(
    transaction: &Transaction,
    account: &Account,
    tip: Tip<'_>,
    rules: &Rules,
) -> Result<(), TransactionError> {
    let Action::Claim {
        anchor,
        work_nonce,
        pass,
    } = &transaction.action
    else {
        return Ok(());
    };
    check_grant(account, tip.ledger, rules)?;
    let work = ClaimWork {
        anchor,
        nonce: *work_nonce,
    };
    let claimant = (&transaction.network, &transaction.account);
    tip.ledger
        .claims()
        .check(rules, (tip.anchors, tip.slot), work, claimant)?;
    check_invite(pass.as_ref(), tip)?;
    // Last, since it costs most: who has not done the work is not worth it.
    pass.as_ref()
        .map_or(Ok(()), |pass| pass.verify(claimant.0, claimant.1))
}

/// Checks that the invite that a Claim shows a pass of, if it does, admits one more.
fn check_invite(pass: Option<&Pass>, tip: Tip<'_>) -> Result<(), TransactionError> {
    let Some(pass) = pass else { return Ok(()) };
    inviter_of(tip.ledger, pass)?
        .check(&pass.key, tip.slot)
        .map(|_| ())
}

/// How many Claims the invite of a pass still admits.
pub(super) fn uses_left(pass: &Pass, tip: Tip<'_>) -> usize {
    let inviter = inviter_of(tip.ledger, pass);
    let invite = inviter.and_then(|inviter| inviter.check(&pass.key, tip.slot).copied());
    invite.map_or(0, |invite| usize::from(invite.uses_left))
}

/// Checks that a Claim that was taken once may still come to its turn. The work needed rises and falls within a minute: a claim that shows
/// too little of it for now waits, but one whose anchor is gone, or whose invite is used up or over, waits in vain.
pub(super) fn recheck_claim(
    transaction: &Transaction,
    account: &Account,
    tip: Tip<'_>,
    rules: &Rules,
) -> Result<(), TransactionError> {
    let Action::Claim { anchor, pass, .. } = &transaction.action else {
        return Ok(());
    };
    check_grant(account, tip.ledger, rules)?;
    check_invite(pass.as_ref(), tip)?;
    Anchor::check(tip.anchors, anchor, tip.slot)
}

/// Checks that there is a grant for this account.
fn check_grant(account: &Account, state: &LedgerState, rules: &Rules) -> Result<(), TransactionError> {
    if account.claimed {
        return Err(TransactionError::AlreadyClaimed);
    }
    let (fund_micro, grant_micro) = (state.fund_micro(), rules.grant_micro);
    if fund_micro < grant_micro {
        return Err(TransactionError::FundEmpty {
            fund_micro,
            grant_micro,
        });
    }
    Ok(())
}

/// The account as the ledger have it; an untouched one is empty.
pub(super) fn account_of(state: &LedgerState, account: &Address) -> Account {
    state.account(account).unwrap_or_default()
}

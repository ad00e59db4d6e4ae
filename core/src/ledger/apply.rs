//! Applies transactions to a state: the rules of docs/protocol.md, section 3, as code.
//!
//! A block is executed as [`advance_clock`], [`begin_block`], [`apply_transaction`] for each, [`settle_fees`]. A refused transaction leaves
//! the state as it was: every change is prepared on copies and stored when nothing can fail any more. Between a transaction and the
//! settlement its fee is on nobody's account; after the settlement all coins add up to the supply.

use crate::{
    crypto::{
        batch::BatchVerifier,
        keys::{Address, PublicKey},
        vrf::VrfPublicKey,
    },
    ledger::{
        account::{Account, Unbonding},
        claim::ClaimWork,
        context::BlockContext,
        error::TransactionError,
        genesis::Rules,
        invite::{Inviter, OpenInvite, Pass},
        state::{LedgerState, OperatorRecord, account_path},
        transaction::{Action, Transaction, TransactionId},
    },
    params::{MAX_CLOCK_STEP, MAX_UNBONDINGS, MAX_VALIDITY_SLOTS},
    time::Slot,
};

/// What an applied transaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Taken from the account, due in [`settle_fees`].
    pub fee_micro: u64,
}

/// Advances the branch clock by a block that many slots after its parent.
pub fn advance_clock(state: &mut LedgerState, slots_since_parent: u64) {
    let clock = &mut state.totals.clock;
    *clock = clock.saturating_add(slots_since_parent.min(MAX_CLOCK_STEP));
}

/// Makes the counters ready for a block.
pub fn begin_block(state: &mut LedgerState, block: &BlockContext<'_>) {
    state.totals.claims.begin_block(block.claims.period, block.slot);
}

/// Checks the signatures of all transactions in one batch. `entropy` is 32 bytes that nobody else knows.
///
/// # Errors
/// Index and [`TransactionError::BadSignature`] of the first that does not fit.
pub fn verify_signatures(
    transactions: &[Transaction],
    entropy: [u8; 32],
) -> Result<(), (usize, TransactionError)> {
    verify_new_signatures(transactions, entropy, |_| false)
}

/// Like [`verify_signatures`], but for transactions whose signature was verified before: those whose id is known.
///
/// # Errors
/// As [`verify_signatures`].
pub fn verify_new_signatures(
    transactions: &[Transaction],
    entropy: [u8; 32],
    is_known: impl Fn(&TransactionId) -> bool,
) -> Result<(), (usize, TransactionError)> {
    let mut batch = BatchVerifier::new();
    for transaction in transactions {
        if is_known(&transaction.id()) {
            batch.pass_over();
        } else {
            transaction.queue_signature(&mut batch);
        }
    }
    batch.verify(entropy).map_err(|culprits| {
        let first = culprits.first().copied().unwrap_or_default();
        (first, TransactionError::BadSignature)
    })
}

/// Applies a transaction whose signature was checked.
///
/// # Errors
/// [`TransactionError`] names the first rule that is broken; the state is unchanged then.
pub fn apply_transaction(
    state: &mut LedgerState,
    block: &BlockContext<'_>,
    transaction: &Transaction,
) -> Result<Receipt, TransactionError> {
    transaction.check_form(&block.network, block.rules)?;
    check_expiry(transaction.valid_until, block.slot)?;
    let path = account_path(&transaction.account);
    let mut account = state.load(&path).unwrap_or_default();
    account.release_matured(state.clock());
    account.nonces.take(transaction.nonce)?;
    let fee_micro = transaction.fee_micro;
    match &transaction.action {
        Action::Transfer { to, amount_micro, .. } => {
            let total_micro = fee_micro
                .checked_add(*amount_micro)
                .ok_or(TransactionError::AmountOverflow)?;
            account.debit(total_micro)?;
            credit(state, to, *amount_micro)?;
        }
        Action::Post { .. } => account.debit(fee_micro)?,
        Action::Bond { amount_micro } => {
            account.debit(fee_micro)?;
            bond(&mut account, *amount_micro)?;
        }
        Action::Unbond { amount_micro } => {
            account.debit(fee_micro)?;
            unbond(
                &mut account,
                *amount_micro,
                state.clock().saturating_add(block.rules.unbonding_slots),
            )?;
        }
        Action::Operator { signing_key, vrf_key } => {
            account.debit(fee_micro)?;
            check_stake(&account, block.rules)?;
            register(state, block.slot, transaction.account, *signing_key, *vrf_key);
        }
        Action::Profile { name } => {
            account.debit(fee_micro)?;
            account.name = Some(name.clone());
        }
        Action::Claim {
            anchor,
            work_nonce,
            pass,
        } => {
            account.debit(fee_micro)?;
            let used = take_use(state, block, &transaction.account, pass.as_ref())?;
            let nonce = *work_nonce;
            let work = ClaimWork { anchor, nonce };
            claim(state, block, &mut account, &transaction.account, work)?;
            used.iter().for_each(|inviter| state.put_inviter(inviter));
        }
        Action::Invite {
            number,
            key,
            uses,
            until,
        } => {
            account.debit(fee_micro)?;
            let invite = OpenInvite {
                number: *number,
                key: *key,
                uses_left: *uses,
                until: *until,
            };
            open_invite(state, block, &account, transaction.account, invite)?;
        }
    }
    state.store(path, account);
    Ok(Receipt { fee_micro })
}

/// Shares the fees of the block's receipts between fund and proposer, and pays the reward while the fund lasts. No sum here can exceed
/// the supply, of which all these coins are parts.
pub fn settle_fees(state: &mut LedgerState, block: &BlockContext<'_>, fees_micro: u64) {
    let to_fund = fees_micro / 2;
    let fund_micro = state.totals.fund_micro.saturating_add(to_fund);
    let reward_micro = block.rules.block_reward_micro.min(fund_micro);
    let to_proposer = (fees_micro - to_fund).saturating_add(reward_micro);
    state.totals.fund_micro = fund_micro - reward_micro;
    if to_proposer > 0 {
        let path = account_path(&block.proposer);
        let mut proposer = state.load(&path).unwrap_or_default();
        proposer.release_matured(state.clock());
        proposer.balance_micro = proposer.balance_micro.saturating_add(to_proposer);
        state.store(path, proposer);
    }
}

fn check_expiry(valid_until: Slot, slot: Slot) -> Result<(), TransactionError> {
    if valid_until < slot {
        return Err(TransactionError::Expired { valid_until, slot });
    }
    let latest = slot.plus(MAX_VALIDITY_SLOTS);
    if valid_until > latest {
        return Err(TransactionError::ValidTooLong { valid_until, latest });
    }
    Ok(())
}

/// The account that coins are to be sent to. One begins only where somebody can have the key: sent anywhere else coins would be lost.
///
/// # Errors
/// [`TransactionError::NoSuchKey`].
pub fn receiver(state: &LedgerState, to: &Address) -> Result<Account, TransactionError> {
    match state.load(&account_path(to)) {
        Some(account) => Ok(account),
        None if to.is_key() => Ok(Account::default()),
        None => Err(TransactionError::NoSuchKey),
    }
}

fn credit(state: &mut LedgerState, to: &Address, amount_micro: u64) -> Result<(), TransactionError> {
    let mut receiver = receiver(state, to)?;
    receiver.release_matured(state.clock());
    receiver.credit(amount_micro)?;
    state.store(account_path(to), receiver);
    Ok(())
}

fn bond(account: &mut Account, amount_micro: u64) -> Result<(), TransactionError> {
    let available_micro = account.balance_micro;
    account
        .debit(amount_micro)
        .map_err(|_| TransactionError::BondExceedsBalance {
            amount_micro,
            available_micro,
        })?;
    account.bond_micro = account
        .bond_micro
        .checked_add(amount_micro)
        .ok_or(TransactionError::AmountOverflow)?;
    Ok(())
}

fn unbond(account: &mut Account, amount_micro: u64, release_clock: u64) -> Result<(), TransactionError> {
    let bond_micro = account.bond_micro;
    account.bond_micro = bond_micro
        .checked_sub(amount_micro)
        .ok_or(TransactionError::UnbondExceedsBond {
            amount_micro,
            bond_micro,
        })?;
    account
        .unbonding
        .push(Unbonding {
            amount_micro,
            release_clock,
        })
        .map_err(|_| TransactionError::TooManyUnbondings { max: MAX_UNBONDINGS })
}

/// Registering costs a stake: otherwise fees alone would buy records that every term change walks through.
fn check_stake(account: &Account, rules: &Rules) -> Result<(), TransactionError> {
    let (stake_micro, needed_micro) = (account.stake(), rules.grant_bond_micro);
    if stake_micro < needed_micro {
        return Err(TransactionError::StakeTooSmall {
            stake_micro,
            needed_micro,
        });
    }
    Ok(())
}

fn register(
    state: &mut LedgerState,
    slot: Slot,
    account: Address,
    signing_key: PublicKey,
    vrf_key: VrfPublicKey,
) {
    state.put_operator(&OperatorRecord {
        account,
        signing_key,
        vrf_key,
        since: slot,
    });
}

/// Who opened the invite that a claim shows a pass of, if it has to show one, as it is after this use.
fn take_use(
    state: &LedgerState,
    block: &BlockContext<'_>,
    account: &Address,
    pass: Option<&Pass>,
) -> Result<Option<Inviter>, TransactionError> {
    let Some(pass) = pass else { return Ok(None) };
    let mut inviter = inviter_of(state, pass)?;
    inviter.take_use(&pass.key, block.slot)?;
    pass.verify(&block.network, account)?;
    Ok(Some(inviter))
}

/// Who opened the invite that a pass names.
///
/// # Errors
/// [`TransactionError::UnknownInvite`] if the account that it names never opened one.
pub fn inviter_of(state: &LedgerState, pass: &Pass) -> Result<Inviter, TransactionError> {
    state
        .inviter(&pass.inviter)
        .ok_or(TransactionError::UnknownInvite)
}

fn open_invite(
    state: &mut LedgerState,
    block: &BlockContext<'_>,
    account: &Account,
    address: Address,
    invite: OpenInvite,
) -> Result<(), TransactionError> {
    if state.operator(&address).is_none() {
        return Err(TransactionError::NotAnOperator);
    }
    check_stake(account, block.rules)?;
    let mut inviter = state.inviter(&address).unwrap_or_else(|| Inviter::new(address));
    inviter.open(invite, block.slot)?;
    state.put_inviter(&inviter);
    Ok(())
}

fn claim(
    state: &mut LedgerState,
    block: &BlockContext<'_>,
    account: &mut Account,
    address: &Address,
    work: ClaimWork<'_>,
) -> Result<(), TransactionError> {
    let Rules {
        grant_micro,
        grant_bond_micro,
        ..
    } = *block.rules;
    if account.claimed {
        return Err(TransactionError::AlreadyClaimed);
    }
    let fund_micro = state.totals.fund_micro;
    let left_micro = fund_micro
        .checked_sub(grant_micro)
        .ok_or(TransactionError::FundEmpty {
            fund_micro,
            grant_micro,
        })?;
    account.credit(grant_micro.saturating_sub(grant_bond_micro))?;
    account.granted_bond_micro = account
        .granted_bond_micro
        .checked_add(grant_bond_micro)
        .ok_or(TransactionError::AmountOverflow)?;
    account.claimed = true;
    state.totals.claims.record(block, address, work)?;
    state.totals.fund_micro = left_micro;
    Ok(())
}

//! The state of the ledger after a block: a persistent Merkle trie, and the accounts that changed since its root was last taken.
//!
//! Copies are free, so every block of every branch has its own state. Changed accounts wait decoded until [`LedgerState::root`] writes
//! each once, however often a block touched it. An entry costs its maker a fee, and its size is bounded by its type; nothing is
//! written that a block did not pay for.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};
use imbl::OrdMap;
use thiserror::Error;

use crate::{
    codec::{decode, encode},
    crypto::{
        hash::Hash,
        keys::{Address, PublicKey},
        vrf::VrfPublicKey,
    },
    error::BoundExceeded,
    ledger::{
        account::Account,
        claim::ClaimRecord,
        genesis::{ClaimMode, Founder, Genesis, Rules},
        invite::Inviter,
        trie::{MAX_VALUE_BYTES, Path, Trie, TrieProof},
    },
    time::Slot,
};

const SINGLETON: u8 = 0;
const ACCOUNT: u8 = 1;
const OPERATOR: u8 = 2;
const VOTER: u8 = 3;
const INVITER: u8 = 4;
/// Name of the singleton that holds [`Totals`].
const TOTALS: &str = "totals";

/// Leaves of which there is one, kept by consensus beside the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Singleton {
    /// The branch's current term: its operators, voters and nonce.
    Term,
    /// The snapshot of operators that waits for the next term.
    Pending,
    /// How votes are counted on the blocks from the recorded final one on.
    Quorums,
    /// When the voters were heard last.
    Attendance,
    /// What changes with every block: mixer and recorded finality.
    Consensus,
}

impl Singleton {
    /// Where the leaf stands in the state.
    pub fn path(self) -> Path {
        singleton_path(match self {
            Self::Term => "term",
            Self::Pending => "pending",
            Self::Quorums => "quorums",
            Self::Attendance => "attendance",
            Self::Consensus => "consensus",
        })
    }
}

/// Where an account stands in the state.
pub fn account_path(account: &Address) -> Path {
    Path::of(ACCOUNT, account.as_bytes())
}

/// Operator keys of an account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OperatorRecord {
    /// Account that holds the stake.
    pub account: Address,
    /// Public key that checks the operator's signatures on blocks and votes.
    pub signing_key: PublicKey,
    /// Public key that checks the operator's lottery tickets.
    pub vrf_key: VrfPublicKey,
    /// Slot in which these keys were registered.
    pub since: Slot,
}

/// What concerns no single account.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Totals {
    pub(super) fund_micro: u64,
    pub(super) clock: u64,
    pub(super) claims: ClaimRecord,
}

/// Why leaves are no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LeavesError {
    /// A leaf is longer than any leaf may be.
    #[error(transparent)]
    TooLong(#[from] BoundExceeded),
    /// One that every state has is missing, or cannot be read.
    #[error("a leaf that every state has is missing or cannot be read")]
    Incomplete,
}

/// All coins by where they are, in µTNG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Not given out yet: grants and rewards are drawn from here.
    pub fund_micro: u128,
    /// Free to spend, in all accounts.
    pub balance_micro: u128,
    /// Bonded by their owners.
    pub bond_micro: u128,
    /// Bonded for good with grants.
    pub granted_bond_micro: u128,
    /// On the way from bond to balance, matured ones included.
    pub unbonding_micro: u128,
}

impl Audit {
    /// All coins: the supply after every block.
    pub fn total_micro(&self) -> u128 {
        self.fund_micro
            + self.balance_micro
            + self.bond_micro
            + self.granted_bond_micro
            + self.unbonding_micro
    }
}

/// The ledger, and what consensus keeps beside it. Cloning is free.
#[derive(Clone, Debug)]
pub struct LedgerState {
    trie: Trie,
    /// Accounts that differ from the trie.
    changed: OrdMap<Path, Account>,
    pub(super) totals: Totals,
    /// Number of accounts in the trie.
    written_accounts: u64,
    supply_micro: u64,
}

impl LedgerState {
    /// The state in which a network begins: one grant is the founder's, all other coins are the fund's, or the founder's too where nobody can draw from
    /// it. The rules are valid.
    pub fn genesis(genesis: &Genesis) -> Self {
        let Rules {
            supply_micro,
            grant_micro,
            grant_bond_micro,
            claim_mode,
            ..
        } = genesis.rules;
        let Founder {
            account,
            signing_key,
            vrf_key,
        } = genesis.founder;
        let given_micro = match claim_mode {
            ClaimMode::Link | ClaimMode::Invite | ClaimMode::Open => grant_micro,
            ClaimMode::None => supply_micro,
        };
        // In an open room what was granted does not vote: the founder's bond is its own.
        let (bond_micro, granted_bond_micro) = match claim_mode {
            ClaimMode::Link | ClaimMode::Invite | ClaimMode::None => (0, grant_bond_micro),
            ClaimMode::Open => (grant_bond_micro, 0),
        };
        let totals = Totals {
            fund_micro: supply_micro.saturating_sub(given_micro),
            ..Totals::default()
        };
        let mut state = Self {
            trie: Trie::new(),
            changed: OrdMap::new(),
            totals,
            written_accounts: 0,
            supply_micro,
        };
        let founder = Account {
            balance_micro: given_micro.saturating_sub(grant_bond_micro),
            bond_micro,
            granted_bond_micro,
            claimed: true,
            ..Account::default()
        };
        state.store(account_path(&account), founder);
        state.put_operator(&OperatorRecord {
            account,
            signing_key,
            vrf_key,
            since: Slot::GENESIS,
        });
        state.flush();
        state
    }

    /// The state that consists of these leaves, of a network with these rules. Whoever gave them is believed until its root was compared with that of a
    /// header that is known to be right.
    ///
    /// # Errors
    /// [`LeavesError`] when they are no whole state.
    pub fn from_leaves(leaves: Vec<(Path, Arc<[u8]>)>, rules: &Rules) -> Result<Self, LeavesError> {
        let mut trie = Trie::new();
        trie.insert_all(leaves)?;
        let totals = trie.get(&singleton_path(TOTALS)).and_then(|bytes| read(bytes));
        Ok(Self {
            totals: totals.ok_or(LeavesError::Incomplete)?,
            changed: OrdMap::new(),
            written_accounts: trie.iter_prefix(&[ACCOUNT]).count() as u64,
            supply_micro: rules.supply_micro,
            trie,
        })
    }

    /// All leaves, of which the state can be built again elsewhere. Takes time in proportion to their number.
    pub fn leaves(&self) -> Vec<(Path, Arc<[u8]>)> {
        let mut flushed = self.clone();
        flushed.flush();
        let leaves = flushed.trie.iter_prefix(&[]);
        leaves.map(|(path, bytes)| (*path, bytes.clone())).collect()
    }

    /// An account that has been touched by a transaction.
    pub fn account(&self, account: &Address) -> Option<Account> {
        self.load(&account_path(account))
    }

    /// Number of accounts that the ledger knows, whatever they hold.
    pub fn accounts(&self) -> u64 {
        let new = self
            .changed
            .keys()
            .filter(|path| self.trie.get(path).is_none())
            .count();
        self.written_accounts.saturating_add(new as u64)
    }

    /// The operator keys of an account.
    pub fn operator(&self, account: &Address) -> Option<OperatorRecord> {
        read(self.trie.get(&operator_path(account))?)
    }

    /// All operators, whatever their stake, in the order of their paths.
    pub fn operators(&self) -> impl Iterator<Item = OperatorRecord> {
        self.trie
            .iter_prefix(&[OPERATOR])
            .filter_map(|(_, bytes)| read(bytes))
    }

    /// How many operators there are, whatever their stake.
    pub fn operator_count(&self) -> usize {
        self.trie.iter_prefix(&[OPERATOR]).count()
    }

    /// The invites of an account; none if it never opened one.
    pub fn inviter(&self, account: &Address) -> Option<Inviter> {
        read(self.trie.get(&inviter_path(account))?)
    }

    /// All accounts that ever opened an invite, in the order of their paths. Takes time in proportion to their number.
    pub fn inviters(&self) -> impl Iterator<Item = Inviter> {
        self.trie
            .iter_prefix(&[INVITER])
            .filter_map(|(_, bytes)| read(bytes))
    }

    /// Coins that can still be claimed, in µTNG.
    pub fn fund_micro(&self) -> u64 {
        self.totals.fund_micro
    }

    /// All coins there are, in µTNG.
    pub fn supply_micro(&self) -> u64 {
        self.supply_micro
    }

    /// The branch clock, in slots.
    pub fn clock(&self) -> u64 {
        self.totals.clock
    }

    /// Claims that still matter: how much work the next one needs.
    pub fn claims(&self) -> &ClaimRecord {
        &self.totals.claims
    }

    /// Puts a leaf of consensus, under 512 KiB.
    pub fn put_singleton(&mut self, singleton: Singleton, bytes: Vec<u8>) {
        self.write(singleton.path(), bytes);
    }

    /// What consensus keeps in this leaf, encoded; none if it was never written.
    pub fn singleton(&self, singleton: Singleton) -> Option<&[u8]> {
        self.trie.get(&singleton.path()).map(|bytes| &**bytes)
    }

    /// Puts what consensus keeps of a voter, under 512 KiB.
    pub fn put_voter_leaf(&mut self, voter: &Address, bytes: Vec<u8>) {
        self.write(voter_path(voter), bytes);
    }

    /// What consensus keeps of a voter, encoded; none if it was never written.
    pub fn voter_leaf(&self, voter: &Address) -> Option<&[u8]> {
        self.trie.get(&voter_path(voter)).map(|bytes| &**bytes)
    }

    /// Hash of all of the state.
    pub fn root(&mut self) -> Hash {
        self.flush();
        self.trie.root()
    }

    /// Proof of an account, or of its absence, under the root.
    pub fn account_proof(&self, account: &Address) -> TrieProof {
        let mut flushed = self.clone();
        flushed.flush();
        flushed.trie.proof(&account_path(account))
    }

    /// Counts all coins, for tests and checkers: takes time in proportion to the number of accounts.
    pub fn audit(&self) -> Audit {
        let mut flushed = self.clone();
        flushed.flush();
        let accounts = flushed
            .trie
            .iter_prefix(&[ACCOUNT])
            .filter_map(|(_, bytes)| read::<Account>(bytes));
        let fund = Audit {
            fund_micro: self.totals.fund_micro.into(),
            ..Audit::default()
        };
        accounts.fold(fund, |audit, account| Audit {
            balance_micro: audit.balance_micro + u128::from(account.balance_micro),
            bond_micro: audit.bond_micro + u128::from(account.bond_micro),
            granted_bond_micro: audit.granted_bond_micro + u128::from(account.granted_bond_micro),
            unbonding_micro: audit.unbonding_micro
                + account
                    .unbonding
                    .iter()
                    .map(|unbonding| u128::from(unbonding.amount_micro))
                    .sum::<u128>(),
            ..audit
        })
    }

    pub(super) fn load(&self, path: &Path) -> Option<Account> {
        self.changed
            .get(path)
            .cloned()
            .or_else(|| read(self.trie.get(path)?))
    }

    pub(super) fn store(&mut self, path: Path, account: Account) {
        self.changed.insert(path, account);
    }

    pub(super) fn put_operator(&mut self, operator: &OperatorRecord) {
        self.write(operator_path(&operator.account), encode(operator));
    }

    pub(super) fn put_inviter(&mut self, inviter: &Inviter) {
        self.write(inviter_path(&inviter.account), encode(inviter));
    }

    /// Writes what differs from the trie.
    fn flush(&mut self) {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let new = self.write_all(
            changed
                .map(|(path, account)| (path, encode(&account).into()))
                .collect(),
        );
        self.written_accounts = self.written_accounts.saturating_add(new as u64);
        let (path, totals) = (singleton_path(TOTALS), encode(&self.totals));
        if self.trie.get(&path).is_none_or(|written| **written != *totals) {
            self.write(path, totals);
        }
    }

    fn write(&mut self, path: Path, bytes: Vec<u8>) {
        self.write_all(vec![(path, bytes.into())]);
    }

    /// Writes leaves; the number of those that are new.
    #[expect(
        clippy::expect_used,
        reason = "only types far below the bound of a leaf are written"
    )]
    fn write_all(&mut self, leaves: Vec<(Path, Arc<[u8]>)>) -> usize {
        self.trie
            .insert_all(leaves)
            .expect("leaves are small by their types")
    }
}

fn singleton_path(name: &str) -> Path {
    Path::of(SINGLETON, name.as_bytes())
}

fn operator_path(account: &Address) -> Path {
    Path::of(OPERATOR, account.as_bytes())
}

fn voter_path(voter: &Address) -> Path {
    Path::of(VOTER, voter.as_bytes())
}

fn inviter_path(account: &Address) -> Path {
    Path::of(INVITER, account.as_bytes())
}

/// Reads a leaf that this module wrote.
fn read<T: BorshDeserialize>(bytes: &[u8]) -> Option<T> {
    decode(bytes, MAX_VALUE_BYTES).ok()
}

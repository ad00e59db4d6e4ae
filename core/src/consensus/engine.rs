//! Who makes blocks: the one place that knows which kinds of consensus there are.
//!
//! A network's genesis fixes its engine for good. Executing blocks, the tree, sync and the peer ask the enums below and never what is behind them.
//! Each has one variant as long as there is one engine. They stand all the same: every `match` here is exhaustive, so that the compiler names each
//! question that another engine has to answer, and no other file has to change its signatures for it (docs/architecture.md, "Another consensus").
//!
//! Nothing here trusts a header: [`Makers::check`] comes before anything of a block is executed.

use std::sync::Arc;

use crate::{
    chain::{
        block::{Header, HeaderContent, Testimony},
        checkpoint::{Checkpoint, Vote},
        statement::Statement,
    },
    consensus::{
        ancestors::Ancestors,
        header::{HeaderError, Parent, check_links},
        known::{Known, Unknown},
        merit::Merit,
        stake::{
            recorded::{self, TestimonyError},
            state::StakeState,
            summary::Summary,
            term::Term,
            ticket::{self, Drawer, Ticket, Winning},
        },
    },
    crypto::keys::{Address, NetworkId, SecretKey},
    ledger::{
        context::ClaimWindow,
        genesis::{Genesis, Rules},
        state::LedgerState,
    },
    time::Slot,
};

/// Kind of consensus by which a network makes its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// By operators with stake, who draw tickets in terms of at least so many slots.
    Stake {
        /// Least length of a term, in slots; it lasts on until a checkpoint that late is recorded as final.
        term_slots: u64,
    },
}

impl Engine {
    /// The kind that a network with these rules uses.
    pub fn of(rules: &Rules) -> Self {
        Self::Stake {
            term_slots: rules.term_slots,
        }
    }

    /// Who may make a child in `slot` of the block with this summary.
    pub fn makers(self, parent: &Summary, slot: Slot) -> Makers {
        match self {
            Self::Stake { term_slots } => Makers::Stake(parent.term_of_child(slot, term_slots)),
        }
    }

    /// Whose account of blocks in one slot a block goes to: many of one payer cost it nothing, so they are counted. None where each block has a
    /// price of its own.
    pub fn payer(self, content: &HeaderContent) -> Option<Address> {
        match self {
            Self::Stake { .. } => Some(content.proposer),
        }
    }
}

/// Who may make a block, and so what its header is checked against.
#[derive(Clone, Debug)]
pub enum Makers {
    /// The operators of this term.
    Stake(Arc<Term>),
}

impl Makers {
    /// Checks a header against its parent, proof and signature included.
    ///
    /// # Errors
    /// [`HeaderError`] names the first rule that it breaks.
    pub fn check(&self, header: &Header, parent: &Parent, network: &NetworkId) -> Result<Proof, HeaderError> {
        check_links(&header.content, parent, network)?;
        match self {
            Self::Stake(term) => ticket::check(header, parent, network, term).map(Proof::Stake),
        }
    }

    /// Reads a header that this peer checked before: everything but proof and signature.
    ///
    /// # Errors
    /// [`HeaderError`] names the first rule that it breaks.
    pub fn reread(
        &self,
        header: &Header,
        parent: &Parent,
        network: &NetworkId,
    ) -> Result<Proof, HeaderError> {
        check_links(&header.content, parent, network)?;
        match self {
            Self::Stake(term) => ticket::reread(header, parent, term).map(Proof::Stake),
        }
    }

    /// The right of whoever has these keys to make a block in `slot`, if there is one.
    pub fn plan(&self, keys: &Drawer<'_>, network: &NetworkId, slot: Slot) -> Option<Plan> {
        match self {
            Self::Stake(term) => keys.draw(network, term, slot).map(Plan::Stake),
        }
    }

    /// True if a right that was found before is one here as well, that many slots after the parent.
    pub fn admit(&self, plan: &Plan, gap: u64) -> bool {
        match (self, plan) {
            (Self::Stake(term), Plan::Stake(winning)) => {
                winning.nonce == term.nonce && winning.ticket.level.is_allowed_after(gap)
            }
        }
    }
}

/// The right to make a block in a slot, as its holder finds it.
#[derive(Clone, Debug)]
pub enum Plan {
    /// A ticket of the stake lottery that wins in this slot.
    Stake(Winning),
}

impl Plan {
    /// How long into the slot the block should wait for better ones, in milliseconds.
    pub fn delay_ms(&self) -> u64 {
        match self {
            Self::Stake(winning) => winning.ticket.delay_ms(),
        }
    }

    /// Level of the ticket: 0 is the rarest, and such a block weighs most.
    pub fn level(&self) -> u32 {
        match self {
            Self::Stake(winning) => winning.ticket.level.0,
        }
    }

    /// The header that says this, by whoever has the right and the key.
    pub(super) fn seal(&self, content: HeaderContent, key: &SecretKey) -> Header {
        match self {
            Self::Stake(winning) => Header::sign(content, winning.proof, key),
        }
    }

    /// What the header of a block made by this right will show.
    pub fn proof(&self) -> Proof {
        match self {
            Self::Stake(winning) => Proof::Stake(winning.ticket.clone()),
        }
    }
}

/// Right to make a block, as its checked header has shown it.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The winning ticket that the header's VRF proof shows.
    Stake(Ticket),
}

impl Proof {
    /// Level of the ticket: 0 is the rarest, and such a block weighs most.
    pub fn level(&self) -> u32 {
        match self {
            Self::Stake(ticket) => ticket.level.0,
        }
    }

    /// Weight and tie-break that it gives to the block.
    pub fn merit(&self) -> Merit {
        match self {
            Self::Stake(ticket) => ticket.merit(),
        }
    }
}

/// What a branch's state holds beside the ledger.
#[derive(Clone)]
pub enum EngineState {
    /// Terms, recorded finality and the mixer.
    Stake(StakeState),
}

impl EngineState {
    /// State of a network's genesis; also writes its leaves into `ledger`.
    pub fn genesis(genesis: &Genesis, ledger: &mut LedgerState) -> Self {
        match Engine::of(&genesis.rules) {
            Engine::Stake { .. } => {
                Self::Stake(StakeState::genesis(&genesis.network_id(), &genesis.rules, ledger))
            }
        }
    }

    /// What the leaves of this ledger say, in a network with these rules; none if one of them is missing or cannot be read.
    pub fn load(rules: &Rules, ledger: &LedgerState) -> Option<Self> {
        match Engine::of(rules) {
            Engine::Stake { .. } => StakeState::load(rules, ledger).map(Self::Stake),
        }
    }

    /// What is kept of it as long as the block is.
    pub fn summary(&self) -> Summary {
        match self {
            Self::Stake(stake) => stake.summary(),
        }
    }

    /// The branch's current term: its operators, voters and nonce.
    pub fn term(&self) -> &Arc<Term> {
        match self {
            Self::Stake(stake) => &stake.term,
        }
    }

    /// The last checkpoint that the branch has recorded as final.
    pub fn final_checkpoint(&self) -> Checkpoint {
        match self {
            Self::Stake(stake) => stake.finality.final_checkpoint(),
        }
    }

    /// Term, number of operators and anchors, by which claims are judged.
    pub fn claims(&self) -> ClaimWindow<'_> {
        match self {
            Self::Stake(stake) => ClaimWindow {
                period: stake.term.number,
                members: stake.term.operators.len(),
                anchors: stake.finality.anchors(),
            },
        }
    }

    /// Whether those who take part are about to change.
    pub fn membership_changes(&self, ledger: &LedgerState) -> bool {
        match self {
            Self::Stake(stake) => stake.membership_changes(ledger),
        }
    }

    /// Begins a block in `slot` that these made and that has shown this, on the ledger of its parent.
    pub(super) fn begin(&mut self, ledger: &mut LedgerState, slot: Slot, makers: &Makers, proof: &Proof) {
        match (self, makers, proof) {
            (Self::Stake(stake), Makers::Stake(term), Proof::Stake(ticket)) => {
                stake.begin(ledger, slot, term, &ticket.output);
            }
        }
    }

    /// Records the testimony of a block in `slot`. Without `unknown` its signatures were verified before.
    ///
    /// # Errors
    /// Which part breaks a rule, and which one.
    pub(super) fn record(
        &mut self,
        ledger: &mut LedgerState,
        branch: &impl Ancestors,
        (network, slot): (&NetworkId, Slot),
        testimony: &Testimony,
        unknown: Option<Unknown<'_, impl Known>>,
    ) -> Result<(), TestimonyError> {
        match self {
            Self::Stake(stake) => {
                recorded::record_all(stake, ledger, branch, (network, slot), testimony, unknown)
            }
        }
    }

    /// Records what a block in `slot` may of this, and gives it.
    pub(super) fn record_some<'v>(
        &mut self,
        ledger: &mut LedgerState,
        branch: &impl Ancestors,
        slot: Slot,
        heard: (
            impl Iterator<Item = &'v Statement>,
            impl Iterator<Item = &'v Vote>,
        ),
    ) -> Testimony {
        match self {
            Self::Stake(stake) => recorded::record_some(stake, ledger, branch, slot, heard),
        }
    }
}

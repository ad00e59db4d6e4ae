//! Computes the chain page, and the pages of single blocks and transactions.

use crate::{
    chain::{
        block::{BlockHash, Seal, transaction_ids},
        checkpoint::Vote,
        statement::{Statement, Step},
    },
    consensus::tree::Node,
    crypto::hash::{Hash, MerkleProof, merkle_proof},
    ledger::transaction::{Transaction, TransactionId},
    params::{MAX_SEARCHED_BLOCKS, MAX_VIEW_BLOCKS, MAX_VIEW_MEMPOOL},
    peer::{
        Peer,
        network::Network,
        view::{
            BlockDetailView, BlockView, ChainView, Delivery, StatementView, StepView, TransactionDetailView,
            VoteView,
        },
    },
    sorting,
    time::Timestamp,
};

impl Peer {
    /// The newest blocks with all side branches, the mempool and the totals; none without a network.
    pub fn chain_view(&self, _now: Timestamp) -> Option<ChainView> {
        let network = self.network.as_ref()?;
        let (head, state) = network.chain().head_node()?;
        let waiting = network.mempool().candidates().take(MAX_VIEW_MEMPOOL);
        Some(ChainView {
            blocks: network.newest_blocks(),
            head: head.hash.0,
            state_root: head.state_root,
            justified: network.chain().justified_checkpoint().block.0,
            final_block: network.chain().final_checkpoint().block.0,
            term: state.term().number,
            supply_micro: state.ledger.supply_micro(),
            fund_micro: state.ledger.fund_micro(),
            accounts: state.ledger.accounts(),
            mempool: waiting
                .map(|waiting| super::transaction_view(waiting, Delivery::Sent, None))
                .collect(),
            mempool_bytes: network.mempool().bytes() as u64,
            reorgs: network.reorgs().to_vec(),
        })
    }

    /// A block's page, if it is kept here.
    pub fn block_view(&self, hash: &Hash) -> Option<BlockDetailView> {
        let network = self.network.as_ref()?;
        network.block_detail(network.chain().get(&BlockHash(*hash))?)
    }

    /// A transaction's page, if it waits here, is in one of the newest blocks, or is an own one that expired.
    pub fn transaction_view(&self, id: &Hash) -> Option<TransactionDetailView> {
        let network = self.network.as_ref()?;
        let id = TransactionId(*id);
        if let Some(waiting) = network.mempool().get(&id) {
            return Some(network.transaction_detail(waiting, Delivery::Sent, None));
        }
        if let Some(unheard) = network.told().own().get(&id) {
            let has_expired = network.told().own().is_expired(&id, network.slot(self.now));
            let delivery = if has_expired || network.own_nonces().rules_out(unheard.nonce) {
                Delivery::Expired
            } else {
                Delivery::Sent
            };
            return Some(network.transaction_detail(unheard, delivery, None));
        }
        let lowest = network.chain().height().saturating_sub(MAX_SEARCHED_BLOCKS);
        network.chain().chosen_from(lowest).rev().find_map(|node| {
            let transactions = &node.block.as_ref()?.transactions;
            let place = transactions
                .iter()
                .position(|transaction| transaction.id() == id)?;
            Some(network.transaction_detail(
                transactions.get(place)?,
                network.delivery_in(node),
                Some((node, place)),
            ))
        })
    }
}

impl Network {
    fn newest_blocks(&self) -> Vec<BlockView> {
        let mut newest: Vec<&Node> = Vec::new();
        let lowest = self.chain().height().saturating_sub(MAX_VIEW_BLOCKS as u64);
        for node in self.chain().chosen_from(lowest) {
            newest.push(node);
            self.push_side_branches(node, &mut newest);
        }
        sorting::sort_by_key(&mut newest, |node| (node.slot, node.hash));
        let surplus = newest.len().saturating_sub(MAX_VIEW_BLOCKS);
        newest
            .into_iter()
            .skip(surplus)
            .map(|node| self.block_view(node))
            .collect()
    }

    fn push_side_branches<'a>(&'a self, from: &'a Node, into: &mut Vec<&'a Node>) {
        let mut stack: Vec<&BlockHash> = from
            .children
            .iter()
            .filter(|child| !self.chain().is_chosen(child))
            .collect();
        while let Some(node) = stack.pop().and_then(|hash| self.chain().get(hash)) {
            if into.len() > 4 * MAX_VIEW_BLOCKS {
                return;
            }
            into.push(node);
            stack.extend(node.children.iter());
        }
    }

    /// `found`: the node of the block that holds it, and its place there.
    fn transaction_detail(
        &self,
        transaction: &Transaction,
        delivery: Delivery,
        found: Option<(&Node, usize)>,
    ) -> TransactionDetailView {
        TransactionDetailView {
            transaction: super::transaction_view(transaction, delivery, found.map(|(node, _)| node.hash)),
            valid_until_ms: self.clock().start_of(transaction.valid_until.plus(1)).0,
            block: found.map(|(node, _)| self.block_view(node)),
            inclusion: found.and_then(|(node, place)| inclusion(node, place)),
        }
    }

    fn block_detail(&self, node: &Node) -> Option<BlockDetailView> {
        let block = node.block.as_deref()?;
        let Seal::Stake { vrf_proof, .. } = &block.header.seal;
        let delivery = self.delivery_in(node);
        let transactions = block.transactions.iter();
        Some(BlockDetailView {
            block: self.block_view(node),
            chain_weight: node.merit.weight.0,
            weight: node.own_weight.0,
            state_root: node.state_root,
            transactions_root: block.header.content.transactions_root,
            vrf_proof: *vrf_proof,
            term: node.term,
            transactions: transactions
                .map(|transaction| super::transaction_view(transaction, delivery, Some(node.hash)))
                .collect(),
            votes: block.testimony.votes.iter().map(vote_view).collect(),
            statements: block.testimony.statements.iter().map(statement_view).collect(),
            children: node.children.iter().map(|child| child.0).collect(),
        })
    }
}

fn inclusion(node: &Node, place: usize) -> Option<(Hash, MerkleProof)> {
    let block = node.block.as_deref()?;
    let ids: Vec<Hash> = transaction_ids(&block.transactions).map(|id| id.0).collect();
    Some((block.header.content.transactions_root, merkle_proof(&ids, place)?))
}

fn statement_view(statement: &Statement) -> StatementView {
    StatementView {
        voter: statement.voter,
        step: match statement.step {
            Step::Rest(_) => StepView::Leaves,
            Step::Wake => StepView::Returns,
        },
    }
}

fn vote_view(vote: &Vote) -> VoteView {
    VoteView {
        voter: vote.voter,
        source_slot: vote.source.slot.0,
        target_slot: vote.target.slot.0,
        acknowledgement: vote.pair().is_acknowledgement(),
    }
}

//! What must be true after everything was healed and had time: one chain, growing, final, with all that users sent in it.

use std::collections::BTreeSet;

use ting_core::{
    crypto::hash::Hash,
    delivery::Delivery,
    mempool::{MempoolError, Tip, VerifiedTransaction},
    peer::{Peer, network::Network, view::SigningView},
};

use super::{ledger, rule::Rule};
use crate::{
    clock::{Moment, PeerClock},
    hub::PeerId,
    view::View,
    witness::wishes::{Sent, Wishes},
};

/// Heads of different peers may be so many blocks apart: frames are under way.
const HEAD_TOLERANCE_BLOCKS: u64 = 2;
/// Peers whose clock is far behind fetch what is new only when their newest block is some slots old.
const OBSERVER_TOLERANCE_BLOCKS: u64 = 10;
/// The last final block may be so many slots old at the end.
const FINAL_TOLERANCE_SLOTS: u64 = 48;

/// How far a network was when the faults ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Baseline {
    height: u64,
    final_height: u64,
}

impl Baseline {
    /// Takes down how far the best honest peer is now.
    pub fn of(view: &View) -> Self {
        let networks = move || view.honest().filter_map(|(_, peer)| peer.network());
        Self {
            height: networks()
                .map(|network| network.chain().height())
                .max()
                .unwrap_or_default(),
            final_height: networks()
                .map(|network| network.chain().final_height())
                .max()
                .unwrap_or_default(),
        }
    }
}

/// What is not as it must be at the end. `settled_before`: what was sent until then must be in the chain.
pub(super) fn look(
    view: &View,
    baseline: Baseline,
    wishes: &Wishes,
    settled_before: Moment,
) -> Vec<(Rule, String)> {
    let peers: Vec<(PeerId, &Peer)> = view.honest().collect();
    let networks: Vec<(PeerId, &Network)> = peers
        .iter()
        .filter_map(|(id, peer)| Some((*id, peer.network()?)))
        .collect();
    let mut found = Vec::new();
    if networks.len() < peers.len() {
        found.push((Rule::Liveness, "somebody knows no network".to_owned()));
    }
    let Some((_, best)) = networks
        .iter()
        .copied()
        .max_by_key(|(_, network)| network.chain().height())
    else {
        return found;
    };
    for &(peer, network) in &networks {
        found.extend(compare(peer, network, best, view));
        found.extend(progress(peer, network, baseline, view));
    }
    found.extend(
        peers
            .iter()
            .filter_map(|(id, peer)| signs_against_time(*id, peer, view)),
    );
    let forgot = networks.iter().map(|(_, network)| *network);
    let forgot_most = forgot.max_by_key(|network| network.chain().root_height());
    let forgot_most = forgot_most.filter(|network| network.chain().root_height() > 0);
    for network in view.best_remembered().into_iter().chain(forgot_most) {
        found.extend(ledger::execute_again(network).err());
    }
    found.extend(lost(view, wishes, settled_before));
    found
}

/// A peer whose clock is far off that believes it may sign.
fn signs_against_time(id: PeerId, peer: &Peer, view: &View) -> Option<(Rule, String)> {
    let clock = view.host(id)?.clock;
    let signs = || peer.network_view(clock.show(view.now())).signing == SigningView::Signing;
    let what = || format!("peer {} signs, {} ms off", id.0, clock.offset_ms);
    (clock.must_observe() && signs()).then(|| (Rule::Clock, what()))
}

fn compare(peer: PeerId, network: &Network, best: &Network, view: &View) -> Option<(Rule, String)> {
    if network.id() != best.id() {
        return Some((Rule::Agreement, format!("peer {} is on another network", peer.0)));
    }
    // To a clock that is behind, the newest blocks are from the future.
    let clock = view.host(peer)?.clock;
    let behind_slots = clock.offset_ms.min(0).unsigned_abs().div_ceil(1_000);
    let rarely = if clock.must_observe() {
        OBSERVER_TOLERANCE_BLOCKS
    } else {
        0
    };
    let tolerance = HEAD_TOLERANCE_BLOCKS + behind_slots + rarely;
    let common = network
        .chain()
        .height()
        .min(best.chain().height())
        .saturating_sub(tolerance);
    // Blocks that either of them let go were compared when they became final.
    let is_apart = match (network.chain().hash_at(common), best.chain().hash_at(common)) {
        (Some(here), Some(there)) => here != there,
        (Some(_), None) => network.chain().final_height() < common,
        (None, _) => false,
    };
    if is_apart {
        return Some((
            Rule::Agreement,
            format!("peer {} is on another chain at height {common}", peer.0),
        ));
    }
    let behind = best.chain().height().saturating_sub(network.chain().height());
    let late = || format!("peer {} is {behind} blocks behind", peer.0);
    (behind > tolerance).then(|| (Rule::Agreement, late()))
}

fn progress(peer: PeerId, network: &Network, baseline: Baseline, view: &View) -> Option<(Rule, String)> {
    let (height, final_height) = (network.chain().height(), network.chain().final_height());
    if height <= baseline.height || final_height <= baseline.final_height {
        let what = format!(
            "peer {}: height {height} (was {}), final {final_height} (was {})",
            peer.0, baseline.height, baseline.final_height
        );
        return Some((Rule::Liveness, what));
    }
    let now = PeerClock::default().show(view.now());
    let age = network.slot(now).since(network.chain().final_checkpoint().slot);
    let idle = network.chain().final_height() == height;
    let behind_slots = view.host(peer)?.clock.offset_ms.min(0).unsigned_abs() / 1_000;
    (age > FINAL_TOLERANCE_SLOTS + behind_slots && !idle).then(|| {
        (
            Rule::Liveness,
            format!("peer {}: nothing became final for {age} slots", peer.0),
        )
    })
}

/// Transactions that a peer who still runs sent in time, that are in no block, nor what it signed in their place, and of which it does not say so.
fn lost(view: &View, wishes: &Wishes, settled_before: Moment) -> Option<(Rule, String)> {
    let whole = view.best_remembered()?;
    let included: BTreeSet<Hash> = whole
        .chain()
        .blocks()
        .flat_map(|block| block.transactions.iter().map(|transaction| transaction.id().0))
        .collect();
    let owed = wishes.sent().iter().filter(|sent| {
        let is_owed = view.is_honest(sent.peer) && view.peer(sent.peer).is_some();
        is_owed && sent.at < settled_before && sent.network == whole.id()
    });
    let lost: Vec<String> = owed
        .filter(|sent| !included.contains(&sent.id) && !is_ruled_out(sent, view))
        .map(|sent| format!("{:?} of peer {} at {} ms", sent.id, sent.peer.0, sent.at.0))
        .collect();
    let what = || format!("{} transactions are lost: {}", lost.len(), lost.join(", "));
    (!lost.is_empty()).then(|| (Rule::Liveness, what()))
}

/// True if the chain has ruled the transaction out, and its author is told so: what paid for it was on a branch that lost, or another device of
/// the account took its nonce. A message is said again by itself then.
fn is_ruled_out(sent: &Sent, view: &View) -> bool {
    let ruled_out = || {
        let (host, network) = (view.host(sent.peer)?, view.network(sent.peer)?);
        let transaction = network.told().own().iter().find(|own| own.id().0 == sent.id)?;
        let verified = VerifiedTransaction::verify(transaction.clone()).ok()?;
        let slot = network.slot(host.clock.show(view.now()));
        let state = network.head_state()?;
        let tip = Tip {
            ledger: &state.ledger,
            anchors: state.anchors(),
            slot,
        };
        let offered = network.mempool().clone().insert(verified, tip, true);
        let entries = network.told().wallet().entries();
        let shown = entries.iter().find(|entry| entry.id == sent.id)?.delivery;
        Some(matches!(offered, Err(MempoolError::Refused(_))) && shown == Delivery::Expired)
    };
    ruled_out().unwrap_or(false)
}

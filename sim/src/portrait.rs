//! Where a peer stands, in a few lines: for replays.

use std::fmt::Write;

use ting_core::peer::{Peer, network::Network};

use crate::view::View;

/// Describes all running peers, one to a line.
pub fn of_all(view: &View) -> String {
    view.running()
        .map(|(id, peer)| format!("peer {}: {}\n", id.0, of_peer(peer)))
        .collect()
}

fn of_peer(peer: &Peer) -> String {
    peer.network()
        .map_or_else(|| "no network".to_owned(), |network| of_network(peer, network))
}

fn of_network(peer: &Peer, network: &Network) -> String {
    let Some((node, state)) = network.chain().head_node() else {
        return "no head".to_owned();
    };
    let me = peer.account();
    let voters: Vec<String> = state
        .term()
        .voters
        .iter()
        .map(|voter| {
            format!(
                "{}:{}",
                short(&voter.account.to_string()),
                voter.stake_micro / 1_000_000
            )
        })
        .collect();
    let mut text = format!(
        "{} of network {:?}, head {:?} height {} slot {}, justified {:?}, final {:?}, recorded final {:?}\n",
        short(&me.to_string()),
        network.id(),
        node.hash,
        node.height,
        node.slot.0,
        network.chain().justified_checkpoint(),
        network.chain().final_checkpoint(),
        state.final_checkpoint(),
    );
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "    term {} from slot {}, {} operators, voters [{}], I vote: {}, {:?}, mempool {}, syncing: {}",
        state.term().number,
        state.term().first_slot.0,
        state.term().operators.len(),
        voters.join(" "),
        state.term().keys_of(&me).next().is_some(),
        network.signing().watermark(),
        network.mempool().len(),
        network.sync().is_active(),
    );
    let mut tallies: std::collections::BTreeMap<_, Vec<&str>> = std::collections::BTreeMap::new();
    let voters: Vec<_> = network
        .chain()
        .votes()
        .map(|vote| (vote.pair(), vote.voter.to_string(), vote.term))
        .collect();
    for (pair, voter, _) in &voters {
        tallies.entry(pair).or_default().push(short(voter));
    }
    for (pair, voters) in tallies.iter().rev().take(6) {
        let _ = write!(
            text,
            "\n    {:?} {:?} -> {:?} {:?}: {voters:?}",
            pair.source.slot, pair.source.block, pair.target.slot, pair.target.block
        );
    }
    text
}

fn short(address: &str) -> &str {
    address.get(5..11).unwrap_or(address)
}

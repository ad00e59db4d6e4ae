//! Imports an exported room from a file.
//!
//! The file may come from anybody. Stored records are believed when a peer starts, so nothing of a file becomes one before
//! it was executed with every proof and signature checked, as if a peer had sent it. Checkpoints are never taken over: a
//! peer finds out again what is final from the votes that the blocks record.

use thiserror::Error;

use super::{
    network::{self, Network, Origin},
    record::Record,
    room::room_hash,
    stored,
};
use crate::{
    chain::block::Block,
    consensus::{transition::Verified, tree::Standing},
    crypto::{keys::NetworkId, seal::RoomSecret},
    ledger::genesis::{Genesis, RulesError},
    params::LOAD_SETTLE_BLOCKS,
    store::log::HeaderError,
    time::Timestamp,
};

/// Why a file cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RoomFileError {
    /// The file is not a log.
    #[error("this file is not an exported room: {0}")]
    File(#[from] HeaderError),
    /// The file names no network.
    #[error("this file holds no room")]
    Empty,
    /// Of another room, or of a network other than the one known here.
    #[error("this file is of another room or network")]
    OtherNetwork,
    /// The room's first blocks are not in it, without which nobody can check the others.
    #[error(
        "this file begins at height {height}: the blocks before it are missing, and without them nothing in it can be checked"
    )]
    BeginsLate {
        /// Height of the lowest block in the file.
        height: u64,
    },
    /// A network that this version cannot run.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A block in it breaks a rule: somebody made the file up.
    #[error("this file is forged or damaged: the block at height {height} is refused: {reason}")]
    Refused {
        /// Height that the block says it has.
        height: u64,
        /// Rule that it breaks.
        reason: String,
    },
}

/// The records of an exported file, if it is of this room, and of `network` if that is given: the network, then its blocks,
/// all of them checked. `entropy` is random, so that no author of a block could know it.
///
/// # Errors
/// [`RoomFileError`] says why the file is refused as a whole.
pub fn import(
    bytes: &[u8],
    secret: &RoomSecret,
    network: Option<NetworkId>,
    entropy: [u8; 32],
    now: Timestamp,
) -> Result<Vec<Record>, RoomFileError> {
    let mut records = stored::compact(stored::read(bytes)?.records).into_iter();
    let found = records.find_map(|record| match record {
        Record::Network { genesis, .. } => Some(genesis),
        _ => None,
    });
    let genesis = found.ok_or(RoomFileError::Empty)?;
    if genesis.room != room_hash(secret) || network.is_some_and(|network| network != genesis.network_id()) {
        return Err(RoomFileError::OtherNetwork);
    }
    genesis.validate()?;
    let blocks = records.filter_map(|record| match record {
        Record::Block(block) => Some(*block),
        _ => None,
    });
    let blocks: Vec<Block> = blocks.collect();
    let lowest = blocks.iter().map(|block| block.header.content.height).min();
    if let Some(height) = lowest.filter(|height| *height > 1) {
        return Err(RoomFileError::BeginsLate { height });
    }
    let blocks = checked(&genesis, blocks, entropy, now)?;
    let network = Record::Network {
        genesis,
        founded: false,
        pinned: true,
    };
    Ok([network].into_iter().chain(blocks).collect())
}

/// The blocks that connect to genesis. Those without a parent or from the future are left out, as when they come from a peer.
fn checked(
    genesis: &Genesis,
    blocks: Vec<Block>,
    entropy: [u8; 32],
    now: Timestamp,
) -> Result<Vec<Record>, RoomFileError> {
    let mut chain = Network::new(genesis.clone(), genesis.founder.account, Origin::Named);
    let mut taken = Vec::new();
    for block in blocks {
        match chain.import_as(
            Standing::Promised,
            block.clone(),
            Verified::Nothing { entropy },
            now,
        ) {
            Ok(_) => taken.push(Record::Block(Box::new(block))),
            Err(network::ImportError::Tree(_) | network::ImportError::Future) => {}
            Err(network::ImportError::Block(error)) => {
                return Err(RoomFileError::Refused {
                    height: block.header.content.height,
                    reason: error.to_string(),
                });
            }
        }
        if (taken.len() as u64).is_multiple_of(LOAD_SETTLE_BLOCKS) {
            // Nobody is told of what a file holds before it is taken.
            let _ = chain.settle(now);
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::block::Seal,
        crypto::seed::Seed,
        ledger::genesis::Rules,
        peer::{
            History, Peer, PeerConfig,
            io::{ConnectionId, Effect, Input, LinkId},
        },
        store::log,
    };

    const NOW: u64 = 1_700_000_000_000;

    fn secret() -> RoomSecret {
        RoomSecret::new([5; 32])
    }

    /// What a founder stored who was alone for a minute.
    fn records() -> Vec<Record> {
        let mut peer = Peer::new(PeerConfig {
            secret: secret(),
            pinned: None,
            seed: Seed::new([1; 32]),
            suggested_name: "Ada".to_owned(),
            rules: Rules::default(),
            history: History::Whole,
        });
        let mut records = Vec::new();
        let mut now = Timestamp(NOW);
        let up = Input::LinkUp {
            link: LinkId(0),
            own: ConnectionId(1),
            others: 0,
        };
        let mut inputs = vec![up, Input::Start];
        while now.0 < NOW + 60_000 {
            peer.handle(now, inputs.pop().unwrap_or(Input::Tick));
            while let Some(effect) = peer.poll_effect() {
                if let Effect::Persist(record) = effect {
                    records.push(*record);
                }
            }
            now = now.plus_ms(100);
        }
        records
    }

    fn blocks(records: &[Record]) -> usize {
        records
            .iter()
            .filter(|record| matches!(record, Record::Block(_)))
            .count()
    }

    fn imported(
        file: &[u8],
        secret: &RoomSecret,
        network: Option<NetworkId>,
    ) -> Result<Vec<Record>, RoomFileError> {
        import(file, secret, network, [9; 32], Timestamp(NOW + 60_000))
    }

    #[test]
    fn an_exported_room_comes_back_without_secrets() {
        let records = records();
        assert!(blocks(&records) > 3);
        let back = imported(&stored::export(&records).unwrap(), &secret(), None).unwrap();
        assert_eq!(blocks(&back), blocks(&records));
        assert_eq!(back.len(), blocks(&records) + 1);
        let whole_log = [&log::header(1)[..], &stored::entries(&records).unwrap()].concat();
        assert_eq!(imported(&whole_log, &secret(), None), Ok(back));
    }

    #[test]
    fn a_file_of_another_room_or_network_is_refused() {
        let file = stored::export(&records()).unwrap();
        let other_room = RoomSecret::new([6; 32]);
        assert_eq!(
            imported(&file, &other_room, None),
            Err(RoomFileError::OtherNetwork)
        );
        let other_network = Some(NetworkId::default());
        assert_eq!(
            imported(&file, &secret(), other_network),
            Err(RoomFileError::OtherNetwork)
        );
        assert_eq!(
            imported(&log::header(1), &secret(), None),
            Err(RoomFileError::Empty)
        );
        assert!(matches!(
            imported(b"hello", &secret(), None),
            Err(RoomFileError::File(_))
        ));
    }

    #[test]
    fn a_file_without_the_rooms_first_blocks_says_that_it_cannot_be_checked() {
        let mut records = records();
        let is_early =
            |record: &Record| matches!(record, Record::Block(block) if block.header.content.height < 3);
        // Nothing is final in what is left, so that no block goes for not leading to the final one.
        records.retain(|record| !is_early(record) && !matches!(record, Record::Final(_)));
        let refused = imported(&stored::export(&records).unwrap(), &secret(), None);
        assert_eq!(refused, Err(RoomFileError::BeginsLate { height: 3 }));
    }

    #[test]
    fn a_file_with_a_forged_block_is_refused_as_a_whole() {
        let mut records = records();
        let forged = records.iter_mut().rev().find_map(|record| match record {
            Record::Block(block) => Some(block),
            _ => None,
        });
        let Seal::Stake { signature, .. } = &mut forged.unwrap().header.seal;
        signature.0[7] ^= 1;
        let refused = imported(&stored::export(&records).unwrap(), &secret(), None);
        assert!(matches!(refused, Err(RoomFileError::Refused { height, .. }) if height > 3));
    }
}

//! The chain that a sync follows: headers that link to a known block, and the bodies that have come so far.
//!
//! Headers here are nothing but a list of wanted hashes: they link, their slots rise and are not in the future. Whether they are worth
//! anything shows when the first block is executed. At most `MAX_SYNC_HEADERS` hashes and about `MAX_SYNC_BYTES` of bodies are held.

use std::collections::VecDeque;

use crate::{
    chain::block::{Block, BlockHash, Header},
    crypto::keys::NetworkId,
    gossip::{Source, message::RequestId},
    params::{MAX_GIVEN_BLOCKS, MAX_SYNC_BYTES, MAX_SYNC_HEADERS, SYNC_WINDOW_BLOCKS},
    sync::serve::{ChainReader, Position},
    time::{Slot, Timestamp},
};

/// A block that others have to link to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) hash: BlockHash,
    pub(super) position: Position,
}

#[derive(Clone, Debug)]
enum Body {
    Wanted,
    Asked(RequestId),
    Here { block: Box<Block>, bytes: usize },
}

#[derive(Clone, Debug)]
struct Planned {
    hash: BlockHash,
    body: Body,
}

/// A chain to follow.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Gave the headers.
    pub(super) leader: Source,
    /// The last header.
    pub(super) tip: Anchor,
    /// The leader had no more headers.
    pub(super) exhausted: bool,
    /// Blocks of it that were executed.
    pub(super) executed: u64,
    pub(super) started: Timestamp,
    /// The next one is being executed.
    pub(super) executing: Option<BlockHash>,
    blocks: VecDeque<Planned>,
    bytes: usize,
}

impl Plan {
    pub(super) fn new(leader: Source, anchor: Anchor, now: Timestamp) -> Self {
        Self {
            leader,
            tip: anchor,
            exhausted: false,
            executed: 0,
            started: now,
            executing: None,
            blocks: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Appends headers that were found to link to the tip.
    pub(super) fn extend(&mut self, links: Links) {
        self.blocks.extend(links.hashes.into_iter().map(|hash| Planned {
            hash,
            body: Body::Wanted,
        }));
        self.tip = links.tip;
    }

    /// The part that needs nothing more of the leader, led by somebody else from now on. None if there is no such part.
    pub(super) fn inherited_by(mut self, heir: Source) -> Option<Self> {
        let complete = self
            .blocks
            .iter()
            .take_while(|planned| matches!(planned.body, Body::Here { .. }))
            .count();
        for planned in self.blocks.drain(complete..) {
            if let Body::Here { bytes, .. } = planned.body {
                self.bytes = self.bytes.saturating_sub(bytes);
            }
        }
        let Planned {
            hash,
            body: Body::Here { block, .. },
        } = self.blocks.back()?
        else {
            return None;
        };
        let content = &block.header.content;
        self.tip = Anchor {
            hash: *hash,
            position: Position {
                height: content.height,
                slot: content.slot,
            },
        };
        self.exhausted = false;
        self.leader = heir;
        Some(self)
    }

    /// How many more headers can be held.
    pub(super) fn header_room(&self) -> usize {
        MAX_SYNC_HEADERS.saturating_sub(self.blocks.len())
    }

    /// Blocks that wait for their body or their execution.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The next blocks to ask for, at most `limit`.
    pub(super) fn wanted(&self, limit: usize) -> Vec<BlockHash> {
        // Beyond the bound on bytes only what execution waits for is fetched.
        let window = if self.bytes < MAX_SYNC_BYTES {
            SYNC_WINDOW_BLOCKS
        } else {
            1
        };
        let ahead = self.blocks.iter().take(window);
        let wanted = ahead
            .filter(|planned| matches!(planned.body, Body::Wanted))
            .map(|planned| planned.hash);
        wanted.take(limit.min(MAX_GIVEN_BLOCKS)).collect()
    }

    pub(super) fn mark_asked(&mut self, hashes: &[BlockHash], request: RequestId) {
        for planned in &mut self.blocks {
            if matches!(planned.body, Body::Wanted) && hashes.contains(&planned.hash) {
                planned.body = Body::Asked(request);
            }
        }
    }

    /// What was asked for by this request is wanted again.
    pub(super) fn unmark(&mut self, request: RequestId) {
        for planned in &mut self.blocks {
            if matches!(planned.body, Body::Asked(asked) if asked == request) {
                planned.body = Body::Wanted;
            }
        }
    }

    /// Keeps a body that fits its hash.
    pub(super) fn store(&mut self, hash: BlockHash, block: Block) {
        let planned = self.blocks.iter_mut().find(|planned| planned.hash == hash);
        if let Some(planned) = planned.filter(|planned| !matches!(planned.body, Body::Here { .. })) {
            let bytes = block.encoded_len();
            self.bytes = self.bytes.saturating_add(bytes);
            planned.body = Body::Here {
                block: Box::new(block),
                bytes,
            };
        }
    }

    /// Whether the next block's body is here.
    pub(super) fn has_next(&self) -> bool {
        let here = |next: &Planned| matches!(next.body, Body::Here { .. });
        self.executing.is_none() && self.blocks.front().is_some_and(here)
    }

    /// The next block, if its body is here and none is being executed.
    pub(super) fn next_to_execute(&mut self) -> Option<Box<Block>> {
        let next = self.blocks.front().filter(|_| self.executing.is_none())?;
        let Body::Here { block, .. } = &next.body else {
            return None;
        };
        let block = block.clone();
        self.executing = Some(next.hash);
        Some(block)
    }

    /// The block in execution was found valid.
    pub(super) fn finish_execution(&mut self) {
        self.executing = None;
        self.executed = self.executed.saturating_add(1);
        if let Some(Planned {
            body: Body::Here { bytes, .. },
            ..
        }) = self.blocks.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }
}

/// Headers that link to a block, as hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) hashes: Vec<BlockHash>,
    pub(super) tip: Anchor,
}

/// The answer is no chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unlinked;

/// Follows the links of headers from an anchor. Stops before the first that lies in the future or does not fit in `limit`.
pub(super) fn follow_links(
    anchor: Anchor,
    headers: &[Header],
    network: &NetworkId,
    latest: Slot,
    limit: usize,
) -> Result<Links, Unlinked> {
    let mut links = Links {
        hashes: Vec::new(),
        tip: anchor,
    };
    for header in headers {
        let (content, parent) = (&header.content, links.tip);
        let fits = content.network == *network
            && content.parent == parent.hash
            && content.slot > parent.position.slot
            && parent.position.height.checked_add(1) == Some(content.height);
        if !fits {
            return Err(Unlinked);
        }
        if content.slot > latest || links.hashes.len() >= limit {
            break;
        }
        let hash = header.hash();
        links.hashes.push(hash);
        links.tip = Anchor {
            hash,
            position: Position {
                height: content.height,
                slot: content.slot,
            },
        };
    }
    Ok(links)
}

/// Leaves out the leading headers of blocks that were executed here already: the last such block, and the headers after it. None if the
/// first header does not link to a known block.
pub(super) fn skip_known<'a>(
    headers: &'a [Header],
    chain: &impl ChainReader,
) -> Option<(Anchor, &'a [Header])> {
    let parent = headers.first()?.content.parent;
    let mut anchor = Anchor {
        hash: parent,
        position: chain.position(&parent)?,
    };
    let mut rest = headers;
    while let Some((first, others)) = rest.split_first() {
        let hash = first.hash();
        let Some(position) = chain.position(&hash) else {
            break;
        };
        (anchor, rest) = (Anchor { hash, position }, others);
    }
    Some((anchor, rest))
}

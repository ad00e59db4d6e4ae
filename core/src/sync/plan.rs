//! The chain that a sync follows: headers that link to a known block, and the bodies that have come so far.
//!
//! Headers here are a list of wanted hashes: they link, their slots rise and are not in the future; what they are worth is found out by
//! [`weigh`](super::weigh) before the first body is asked for. At most `MAX_SYNC_HEADERS` unchecked hashes, `MAX_WEIGHED_HEADERS` checked ones and
//! about `MAX_SYNC_BYTES` of bodies are held.

use std::collections::VecDeque;

use crate::{
    chain::block::{Block, BlockHash, Header},
    consensus::tree::{Standing, headers::HeaderChain},
    crypto::keys::NetworkId,
    gossip::{Source, message::RequestId},
    params::{MAX_GIVEN_BLOCKS, MAX_SYNC_BYTES, MAX_SYNC_HEADERS, SYNC_WINDOW_BLOCKS},
    sync::{
        serve::{ChainReader, Position},
        target::Cause,
        worth::Worth,
    },
    time::Slot,
};

/// A block that others have to link to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockRef {
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

/// A chain of headers that is followed, and the bodies that came for it.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Source that gave the headers.
    pub(super) leader: Source,
    /// Block of the last header.
    pub(super) tip: BlockRef,
    /// True once the leader had no more headers.
    pub(super) exhausted: bool,
    /// Number of its blocks that were executed.
    pub(super) executed: u64,
    /// Why it was followed at first.
    pub(super) cause: Cause,
    pub(super) worth: Worth,
    /// It weighs exactly what the chosen chain does, and its last block may stand beside that.
    pub(super) is_tie: bool,
    /// The last header that passed needs nobody to refer to its block.
    pub(super) last_admitted: bool,
    /// Block that is being executed now.
    pub(super) executing: Option<BlockHash>,
    blocks: VecDeque<Planned>,
    bytes: usize,
}

impl Plan {
    /// Nothing yet, to follow on a known block.
    pub(super) fn new(leader: Source, anchor: BlockRef, known: HeaderChain, cause: Cause) -> Self {
        Self {
            leader,
            tip: anchor,
            exhausted: false,
            executed: 0,
            cause,
            worth: Worth::weighing(known),
            is_tie: false,
            last_admitted: false,
            executing: None,
            blocks: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Appends headers that were found to link to the tip.
    pub(super) fn extend(&mut self, links: Links, headers: &[Header]) {
        if let Worth::Weighing { unchecked, .. } = &mut self.worth {
            unchecked.extend(headers.iter().take(links.hashes.len()).cloned());
        }
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
        self.tip = BlockRef {
            hash: *hash,
            position: Position {
                height: content.height,
                slot: content.slot,
            },
        };
        self.exhausted = false;
        self.leader = heir;
        // The part that made it heavier may be among what was cut off.
        self.worth = Worth::Referred {
            is_tip_referred: false,
        };
        Some(self)
    }

    /// How many more headers can be held.
    pub(super) fn header_room(&self) -> usize {
        match &self.worth {
            Worth::Weighing { unchecked, .. } => MAX_SYNC_HEADERS.saturating_sub(unchecked.len()),
            Worth::Heavier => MAX_SYNC_HEADERS.saturating_sub(self.blocks.len()),
            // It is weighed anew from where it stands once that is executed.
            Worth::Referred { .. } if !self.blocks.is_empty() => 0,
            Worth::Referred { .. } => MAX_SYNC_HEADERS,
        }
    }

    /// Keeps only what was checked, to be executed before anything after it can be.
    pub(super) fn cut(&mut self) {
        let Worth::Weighing {
            checked, unchecked, ..
        } = &self.worth
        else {
            return;
        };
        let tip = checked.tip();
        self.blocks
            .truncate(self.blocks.len().saturating_sub(unchecked.len()));
        self.tip = BlockRef {
            hash: tip.hash,
            position: Position {
                height: tip.height,
                slot: tip.slot,
            },
        };
        self.exhausted = false;
        // More follows on its last block, or the source lies and is found out by the next header.
        self.worth = Worth::Referred {
            is_tip_referred: true,
        };
    }

    /// True if all that was known of it is executed, and what follows has to be weighed anew.
    pub(super) fn is_to_be_weighed(&self) -> bool {
        matches!(self.worth, Worth::Referred { .. }) && self.blocks.is_empty()
    }

    /// Found to weigh more than the chosen chain.
    pub(super) fn is_heavier(&self) -> bool {
        matches!(self.worth, Worth::Heavier)
    }

    /// True if what follows the known blocks passed its checks, and there may be more to it than to the chosen chain.
    pub(super) fn is_promising(&self) -> bool {
        match &self.worth {
            Worth::Weighing { checked, .. } => {
                matches!(self.cause, Cause::Weight | Cause::Justified) && !checked.is_empty()
            }
            Worth::Heavier => true,
            Worth::Referred { .. } => self.cause == Cause::Justified,
        }
    }

    /// How many headers wait for their check.
    #[cfg(test)]
    pub(super) fn unchecked_headers(&self) -> usize {
        match &self.worth {
            Worth::Weighing { unchecked, .. } => unchecked.len(),
            Worth::Heavier | Worth::Referred { .. } => 0,
        }
    }

    /// Drops leading blocks that came by another way meanwhile.
    pub(super) fn skip_known(&mut self, chain: &impl ChainReader) {
        if matches!(self.worth, Worth::Weighing { .. }) {
            return;
        }
        while self.executing.is_none()
            && self
                .blocks
                .front()
                .is_some_and(|next| chain.position(&next.hash).is_some())
        {
            self.finish_execution();
        }
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
        if matches!(self.worth, Worth::Weighing { .. }) {
            return Vec::new();
        }
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
        for planned in self.window() {
            if matches!(planned.body, Body::Wanted) && hashes.contains(&planned.hash) {
                planned.body = Body::Asked(request);
            }
        }
    }

    /// The blocks whose bodies may be asked for.
    fn window(&mut self) -> impl Iterator<Item = &mut Planned> {
        self.blocks.iter_mut().take(SYNC_WINDOW_BLOCKS)
    }

    /// What was asked for by this request is wanted again.
    pub(super) fn unmark(&mut self, request: RequestId) {
        for planned in self.window() {
            if matches!(planned.body, Body::Asked(asked) if asked == request) {
                planned.body = Body::Wanted;
            }
        }
    }

    /// Keeps a body that fits its hash.
    pub(super) fn store(&mut self, hash: BlockHash, block: Block) {
        let bytes = block.encoded_len();
        let planned = self.window().find(|planned| planned.hash == hash);
        if let Some(planned) = planned.filter(|planned| !matches!(planned.body, Body::Here { .. })) {
            planned.body = Body::Here {
                block: Box::new(block),
                bytes,
            };
            self.bytes = self.bytes.saturating_add(bytes);
        }
    }

    /// The next block and what speaks for it, if its body is here and none is being executed.
    pub(super) fn next_to_execute(&mut self) -> Option<(Box<Block>, Standing)> {
        let next = self.blocks.front().filter(|_| self.executing.is_none())?;
        let Body::Here { block, .. } = &next.body else {
            return None;
        };
        let block = block.clone();
        self.executing = Some(next.hash);
        let is_tip = self.blocks.len() == 1;
        let standing = match self.worth {
            Worth::Heavier => Standing::Promised,
            Worth::Referred { is_tip_referred } if is_tip && !is_tip_referred => Standing::Unasked,
            Worth::Referred { .. } | Worth::Weighing { .. } => Standing::Referred,
        };
        Some((block, standing))
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
    pub(super) tip: BlockRef,
}

/// The headers do not follow each other from the anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unlinked;

/// Follows the links of headers from an anchor. Stops before the first that lies in the future or does not fit in `limit`.
pub(super) fn follow_links(
    anchor: BlockRef,
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
        links.tip = BlockRef {
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
) -> Option<(BlockRef, &'a [Header])> {
    let parent = headers.first()?.content.parent;
    let mut anchor = BlockRef {
        hash: parent,
        position: chain.position(&parent)?,
    };
    let mut rest = headers;
    while let Some((first, others)) = rest.split_first() {
        let hash = first.hash();
        let Some(position) = chain.position(&hash) else {
            break;
        };
        (anchor, rest) = (BlockRef { hash, position }, others);
    }
    Some((anchor, rest))
}

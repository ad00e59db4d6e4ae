//! Every bound and constant of the protocol, in one place.
//!
//! A container anywhere in this crate is bounded by a constant of this module; the module that owns the container says why a
//! malicious peer cannot exceed it. Values that a network chooses for itself are in its genesis (`Rules`) instead.

/// Largest encoded transaction, in bytes.
pub const MAX_TRANSACTION_BYTES: usize = 8 * 1024;
/// Largest body of a post, in bytes.
pub const MAX_POST_BYTES: usize = 4 * 1024;
/// Longest name of a channel, in bytes.
pub const MAX_CHANNEL_BYTES: usize = 32;
/// Longest profile name, in bytes.
pub const MAX_NAME_BYTES: usize = 32;
/// Longest memo of a transfer, in bytes.
pub const MAX_MEMO_BYTES: usize = 256;
/// How far ahead of the block a transaction may expire, in slots.
pub const MAX_VALIDITY_SLOTS: u64 = 3_600;
/// Width of the nonce window on either side of the highest used nonce.
pub const NONCE_WINDOW: u64 = 64;
/// Most unbondings in progress per account.
pub const MAX_UNBONDINGS: usize = 8;

/// Largest encoded block, in bytes: fits, sealed and padded, into one relay frame.
pub const MAX_BLOCK_BYTES: usize = 200_000;
/// Largest stored record, in bytes: the largest block and what is around it.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;
/// Most transactions in a block.
pub const MAX_BLOCK_TRANSACTIONS: usize = 2_048;
/// Most votes that one block records.
pub const MAX_BLOCK_VOTES: usize = 512;
/// Most statements of voters that one block records: each costs a signature check.
pub const MAX_BLOCK_STATEMENTS: usize = 64;
/// Most claims in a block.
pub const MAX_BLOCK_CLAIMS: usize = 1;
/// Fewest claims that a term admits, however few operators there are.
pub const MIN_CLAIMS_PER_TERM: u64 = 4;
/// Beyond those, a claim is admitted so many slots after the last one, however long the term lasts.
pub const CLAIM_SPACING_SLOTS: u64 = 16;
/// Claims recorded in this many slots make the next claim's work harder.
pub const CLAIM_RATE_SLOTS: u64 = 64;
/// So many claims within `CLAIM_RATE_SLOTS` double the work.
pub const CLAIMS_PER_DOUBLING: u64 = 8;
/// How old, in slots, the final block that a claim's work is bound to may be.
pub const CLAIM_ANCHOR_SLOTS: u64 = 600;
/// Most claims that one invite admits.
pub const MAX_INVITE_USES: u8 = 32;
/// Longest life of an invite, in slots: 24 hours of slots of a second.
pub const MAX_INVITE_SLOTS: u64 = 86_400;
/// Most open invites of an account.
pub const MAX_OPEN_INVITES: usize = 8;
/// Most anchors that the state keeps: the newest.
pub const MAX_ANCHORS: usize = 40;
/// Least distance of two anchors, in slots.
pub const ANCHOR_SPACING_SLOTS: u64 = 16;
/// Most slots that one block adds to the branch clock.
pub const MAX_CLOCK_STEP: u64 = 16;

/// Most operators in a term: the largest stakes.
pub const MAX_OPERATORS: usize = 2_048;
/// Most voters in a term.
pub const MAX_VOTERS: usize = 128;
/// Most seats in the sets of a term and of the one before.
pub const MAX_SEATS: usize = 2 * MAX_VOTERS;
/// How often who is away may change on a branch after the recorded final block, and checkpoints before still be counted on.
pub const MAX_ABSENCE_CHANGES: usize = 8;
/// How often who rests may change so. Without finality each voter leaves once and wakes once.
pub const MAX_REST_CHANGES: usize = 16;
/// Highest lottery level: the easiest to win, with the least weight.
pub const MAX_LEVEL: u32 = 32;
/// Slots of patience before easier tickets are allowed.
pub const PATIENCE_SLOTS: u64 = 4;
/// Votes per voter that the state remembers.
pub const MAX_RECORDED_VOTES: usize = 16;
/// Justified checkpoints above the final one that the state remembers.
pub const MAX_JUSTIFIED: usize = 32;
/// Coarsest grid of checkpoint slots, in slots.
pub const MAX_CHECKPOINT_GRID: u64 = 32;
/// Longest wait of voters after a checkpoint slot, in slots.
pub const MAX_CHECKPOINT_PATIENCE_SLOTS: u64 = 4;

/// Most blocks kept off the chosen chain.
pub const MAX_SIDE_BLOCKS: usize = 4_096;
/// Most bytes of blocks kept off the chosen chain.
pub const MAX_SIDE_BYTES: usize = 32 * 1024 * 1024;
/// Blocks per proposer and slot that are kept without being asked for (the second is evidence).
pub const MAX_HEADERS_PER_SLOT: usize = 2;
/// Unasked blocks older than this many slots are not looked at.
pub const UNASKED_WINDOW_SLOTS: u64 = 16;
/// Blocks from further ahead than the next slot that wait for their time.
pub const MAX_PARKED_BLOCKS: usize = 64;
/// An idle leader skips until the head is this old, in slots.
pub const IDLE_BLOCK_SLOTS: u64 = 8;
/// A light winner waits at most this long, in milliseconds.
pub const MAX_LIGHT_DELAY_MS: u64 = 300;

/// Most transactions that wait per account.
pub const MAX_MEMPOOL_PER_ACCOUNT: usize = 64;
/// Most bytes of transactions in the mempool.
pub const MAX_MEMPOOL_BYTES: usize = 4 * 1024 * 1024;
/// Most claims in the mempool.
pub const MAX_MEMPOOL_CLAIMS: usize = 64;
/// A replacement pays at least this much more, in percent.
pub const REPLACEMENT_PERCENT: u64 = 10;

/// Most accounts named in one message.
pub const MAX_MENTIONS: usize = 16;
/// Longest text of a message, in bytes: with a reply and all mentions it fits into a post.
pub const MAX_TEXT_BYTES: usize = MAX_POST_BYTES - (1 + 4 + 33 + 4 + 32 * MAX_MENTIONS);
/// Channels that the chat shows: the first ones of the chain.
pub const MAX_CHANNELS: usize = 256;
/// Most lines kept of one channel: the newest.
pub const MAX_CHANNEL_LINES: usize = 2_000;
/// Most lines kept of all channels together.
pub const MAX_ROOM_LINES: usize = 16_000;
/// Most lines of the chat that wait for a block.
pub const MAX_WAITING_LINES: usize = 1_024;
/// Most entries kept of a wallet's history: the newest.
pub const MAX_HISTORY: usize = 500;
/// Most entries of the history that wait for a block.
pub const MAX_WAITING_ENTRIES: usize = 256;

/// Most transactions in one gossip message.
pub const MAX_GOSSIP_TRANSACTIONS: usize = 256;
/// Most votes in one gossip message, or in the certificate of a checkpoint: links and acknowledgements of two voter sets.
pub const MAX_GOSSIP_VOTES: usize = 4 * MAX_VOTERS;
/// Own votes that a peer leaves behind beside its word that it leaves, the newest: others may need them to follow what it voted for.
pub const MAX_FAREWELL_VOTES: usize = 8;
/// Most statements of voters in one gossip message.
pub const MAX_GOSSIP_STATEMENTS: usize = 64;
/// Bytes of transactions or blocks that a sender packs into one message; leaves room for the rest of a sealed frame.
pub const MAX_PACKED_BYTES: usize = 240_000;
/// Most hashes in a locator: enough for 2^32 blocks at exponential distance.
pub const MAX_LOCATOR_HASHES: usize = 48;
/// Most headers in one answer.
pub const MAX_GIVEN_HEADERS: usize = 512;
/// Most blocks asked for or given at once.
pub const MAX_GIVEN_BLOCKS: usize = 32;
/// Most content ids remembered to tell duplicates.
pub const MAX_SEEN: usize = 16_384;
/// Most sources whose rate is tracked.
pub const MAX_RATE_SOURCES: usize = 1_024;
/// What a source may spend at once; costs are in units of about one signature check.
pub const RATE_BURST: u32 = 8_000;
/// What a source regains each second, in the same units.
pub const RATE_PER_SECOND: u32 = 2_000;
/// A source that is silent for so long is forgotten, in milliseconds.
pub const RATE_FORGET_MS: u64 = 60_000;
/// Most questions of others that wait for their answers.
pub const MAX_QUESTIONS: usize = 256;
/// Most of these from one source.
pub const MAX_QUESTIONS_OF_SOURCE: usize = 8;
/// Bytes of answers that a peer may send at once after a silence: two frames of the largest size.
pub const ANSWER_BURST_BYTES: u32 = 512 * 1024;
/// Bytes of answers that a peer sends each second, to all sources together: of the 4 MiB that a relay lets one connection send, a quarter is left for
/// blocks and votes.
pub const ANSWER_BYTES_PER_S: u32 = 3 * 1024 * 1024;
/// Bytes of answers that one source may get at once after a silence.
pub const ANSWER_BURST_BYTES_OF_SOURCE: u32 = 2 * 1024 * 1024;
/// Bytes of answers that one source may get each second.
pub const ANSWER_BYTES_PER_S_OF_SOURCE: u32 = 2 * 1024 * 1024;
/// What even the shortest answer is charged, in bytes: looking for it takes time.
pub const MIN_ANSWER_BYTES: u32 = 1_024;
/// Most keys ignored at a time for having signed bad objects.
pub const MAX_PENALTIES: usize = 1_024;
/// How long the objects of such a key are ignored, in milliseconds.
pub const PENALTY_MS: u64 = 60_000;
/// Most sessions in the roster of a room.
pub const MAX_ROSTER: usize = 1_024;
/// Most sessions that one connection may have announced or forwarded.
pub const MAX_ROSTER_PER_SOURCE: usize = 128;
/// How many peers answer a newcomer, on average.
pub const HELLO_ANSWERS: u64 = 5;
/// Longest round trip of a clock sample that counts, and so how long a probe is open, in milliseconds.
pub const MAX_SAMPLE_ROUND_TRIP_MS: u64 = 1_000;
/// Most clock probes that wait for their answers.
pub const MAX_OPEN_PROBES: usize = 16;
/// Operators whose clocks are probed at a time, the longest unheard first: those of some 80 are known, and a third of 240.
pub const PROBES_AT_A_TIME: usize = 4;
/// A clock sample older than this no longer counts, in milliseconds.
pub const MAX_SAMPLE_AGE_MS: u64 = 300_000;

/// Most sources that a sync knows.
pub const MAX_SYNC_SOURCES: usize = 64;
/// Most sources that a sync asks at the same time.
pub const MAX_SYNC_REQUESTS: usize = 4;
/// How long a sync waits for an answer, in milliseconds.
pub const SYNC_TIMEOUT_MS: u64 = 3_000;
/// A source that did not answer so many times in a row is left out.
pub const MAX_SYNC_TIMEOUTS: u32 = 2;
/// After so long without an answer a sync asks one more source, in milliseconds.
pub const SYNC_HEDGE_MS: u64 = 750;
/// Being behind keeps a peer from signing for this long in all, in milliseconds ...
pub const MAX_LAG_MS: u64 = 20_000;
/// ... of which it regains one for so many milliseconds that it is not behind.
pub const LAG_REGAIN: u64 = 10;
/// Headers that a sync holds ahead of what is executed, unless it has checked them.
pub const MAX_SYNC_HEADERS: usize = 1_024;
/// Checked headers that a sync holds the hashes of, until their chain is found to weigh more than the chosen one: 36 hours with a block in every
/// slot, or some five days as blocks come.
pub const MAX_WEIGHED_HEADERS: usize = 131_072;
/// Headers that a sync checks at a time.
pub const SYNC_HEADERS_PER_STEP: usize = 16;
/// Headers at most that a sync checks of a chain for which nothing speaks but a block whose parent is not known.
pub const MAX_HEADERS_FOR_CHILD: usize = 512;
/// Blocks behind the next one to be executed that a sync asks for.
pub const SYNC_WINDOW_BLOCKS: usize = 256;
/// Bytes of blocks that wait for execution before a sync stops asking for more.
pub const MAX_SYNC_BYTES: usize = 8 * 1024 * 1024;
/// How long a source is left out of syncs, in milliseconds.
pub const SYNC_LEFT_OUT_MS: u64 = 60_000;
/// How long a source that did not answer is left out of syncs, in milliseconds: frames get lost without anybody's lying.
pub const SYNC_SILENT_MS: u64 = 6_000;
/// Most invalid blocks that a sync remembers.
pub const MAX_SYNC_BAD_BLOCKS: usize = 64;
/// How often a source may change to another chain while a sync follows it.
pub const MAX_SYNC_SWITCHES: u32 = 3;

/// Most votes for unknown targets kept per voter.
pub const MAX_UNKNOWN_VOTES: usize = 4;
/// Most votes kept per voter and target slot.
pub const MAX_VOTES_PER_SLOT: usize = 2;

/// Most networks that a peer looks at beside its own.
pub const MAX_CANDIDATES: usize = 4;
/// How long it waits for the next block of such a network, in milliseconds.
pub const CANDIDATE_MS: u64 = 10_000;
/// How long a connection introduces no other network after one that came to nothing, in milliseconds.
pub const CANDIDATE_REST_MS: u64 = 60_000;
/// Blocks of such a network that are waited for: two weeks of idle talk of a founder with itself would be fewer.
pub const MAX_CANDIDATE_BLOCKS: u64 = 16_384;
/// Most connections whose rest is remembered.
pub const MAX_RESTING_SOURCES: usize = 64;

/// Silence after which a peer that asked for heads may sign, in milliseconds.
pub const HEADS_SILENCE_MS: u64 = 4_000;
/// A jump of the clock beyond this asks for heads again, in milliseconds.
pub const CLOCK_JUMP_MS: u64 = 3_000;
/// Clock offset that is worth a warning, in milliseconds.
pub const CLOCK_WARNING_MS: i64 = 500;
/// Clock offset beyond which a peer only observes, in milliseconds.
pub const CLOCK_OBSERVE_MS: i64 = 3_000;
/// Time between two looks at what all clock samples together say, in milliseconds.
pub const WEIGH_CLOCKS_MS: u64 = 1_000;
/// Most votes kept in the vote pool.
pub const MAX_POOL_VOTES: usize = 16_384;
/// Most reorganisations remembered for the user.
pub const MAX_REORG_LOG: usize = 20;
/// States that are kept of the newest blocks of a branch, without regard to finality.
pub const RECENT_STATES: u64 = 128;
/// Below those the state of every so many blocks is kept.
pub const SPARSE_STATES: u64 = 64;
/// Most states at hand that were computed again from blocks.
pub const MAX_RESTORED_STATES: usize = 16;
/// Most own transactions in no block: a message every two seconds of a night whose chain was lost.
pub const MAX_OWN_TRANSACTIONS: usize = 16_384;
/// Most bytes of own transactions in no block.
pub const MAX_OWN_BYTES: usize = 8 * 1024 * 1024;
/// An own transaction that is in no block is sent again after this long, in milliseconds.
pub const RESEND_MS: u64 = 8_000;
/// Most relay links of a peer.
pub const MAX_LINKS: usize = 8;
/// Zero bits beyond those needed that a newcomer works for when many claims wait: 64 times the work at most.
pub const MAX_OUTBID_BITS: u32 = 6;
/// A newcomer begins to work for its grant once its head is at most so many slots old: a chain that grows, and is known to its end.
pub const CLAIM_HEAD_SLOTS: u64 = 2 * UNASKED_WINDOW_SLOTS;
/// Hashes that a claim's search tries between two inputs.
pub const CLAIM_TRIES_PER_SLICE: u32 = 20_000;
/// Most events that wait for the host.
pub const MAX_WAITING_EVENTS: usize = 4_096;
/// Final blocks between two snapshots of the state in storage, at least. More than the chain page shows, so that the last but one always has as many above it.
pub const SNAPSHOT_BLOCKS: u64 = 256;
/// Bytes of a snapshot in one record.
pub const SNAPSHOT_PART_BYTES: usize = 128 * 1024;
/// While stored blocks are loaded, finality and the chosen chain are settled every so many blocks.
pub const LOAD_SETTLE_BLOCKS: u64 = 64;
/// Sources that are asked for votes at the same time.
pub const MAX_CERTIFICATE_REQUESTS: usize = 3;
/// Most open requests outside of sync.
pub const MAX_OPEN_REQUESTS: usize = 64;
/// A request that is not answered for this long is forgotten, in milliseconds.
pub const REQUEST_TIMEOUT_MS: u64 = 3_000;
/// Time between two announcements of presence in a small room, in milliseconds.
pub const PRESENCE_MS: u64 = 4_000;
/// In a large room presence is announced so rarely that about this many come per second in all.
pub const PRESENCE_PER_S: u64 = 8;
/// Time between two clock probes, in milliseconds.
pub const PROBE_MS: u64 = 15_000;
/// Times to final that the pulse's median is taken over.
pub const MAX_FINAL_TIMES: usize = 32;
/// Blocks of a sync that are executed per input.
pub const SYNC_BLOCKS_PER_TURN: usize = 32;
/// How long own transactions stay valid, in slots.
pub const OWN_VALIDITY_SLOTS: u64 = 3_500;
/// Name of the channel that everybody starts in.
pub const DEFAULT_CHANNEL: &str = "hall";
/// A peer heard within so many intervals of presence is online: 12 s in a small room.
pub const ONLINE_PRESENCES: u64 = 3;
/// Finality is called stalled after this many slots.
pub const STALL_SLOTS: u64 = 24;
/// Blocks of the chosen chain in the pulse.
pub const MAX_PULSE_BEADS: u64 = 24;
/// Most blocks on the chain page.
pub const MAX_VIEW_BLOCKS: usize = 160;
/// Most waiting transactions on the chain page.
pub const MAX_VIEW_MEMPOOL: usize = 200;
/// Most people and peers in lists.
pub const MAX_VIEW_MEMBERS: usize = 512;
/// Most blocks searched for a transaction, from the head downwards.
pub const MAX_SEARCHED_BLOCKS: u64 = 4_096;

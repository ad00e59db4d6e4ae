//! The room as people see it: channels of lines, each with how far it has come.
//!
//! [`ChatRoom`] is a function of the chosen chain and of what waits: undoing a block exactly takes back what applying it did, and lines of
//! undone blocks wait again. It follows that a room that saw reorganisations equals one that saw only the resulting chain (below the bounds;
//! a line once forgotten does not come back, though it is counted rightly).
//!
//! Bounds: `MAX_CHANNELS` channels, the first ones of the chain, so that nobody can push out a channel by opening others;
//! `MAX_CHANNEL_LINES` newest lines of each, `MAX_ROOM_LINES` of all, the longest channel forgetting first, so that a flood in one
//! channel costs the others nothing; `MAX_WAITING_LINES` that wait, where others never push out mine.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    chain::block::Block,
    chat::{
        channel::Channel,
        line::{ChannelName, Content, Line, hall, is_unread},
        order::in_reading_order,
        view::{ChannelView, ChatPage, MessageContent, MessageView, QuoteView, UnreadView},
    },
    codec::letters,
    crypto::keys::Address,
    delivery::{Delivery, Dropped, Settled, Tracked, Waiting},
    ledger::transaction::{Transaction, TransactionId},
    params::{MAX_CHANNEL_LINES, MAX_CHANNELS, MAX_ROOM_LINES, MAX_WAITING_LINES},
    sorting,
    time::{Slot, SlotClock, Timestamp},
};

/// Most characters of the excerpt by which a reply quotes a message.
const EXCERPT_CHARS: usize = 120;

/// A text of somebody else that was never seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Id of the transaction that posted it.
    pub id: TransactionId,
    /// Name of its channel, without `#`.
    pub channel: String,
    /// Account that wrote it.
    pub author: Address,
    /// True if it names my account.
    pub mentions_me: bool,
}

/// The chat, as one account sees it.
#[derive(Clone, Debug)]
pub struct ChatRoom {
    me: Address,
    clock: SlotClock,
    channels: BTreeMap<ChannelName, Channel>,
    /// Where each kept line is: channel and number.
    places: BTreeMap<TransactionId, (ChannelName, u64)>,
    /// What blocks up to this height hold of a channel is read, also if the channel is not known yet.
    read_marks: BTreeMap<ChannelName, u64>,
    waiting: Waiting<Line>,
    final_height: u64,
}

impl ChatRoom {
    /// The room of a network at its genesis, seen by `me`.
    pub fn new(me: Address, clock: SlotClock) -> Self {
        Self {
            me,
            clock,
            channels: sorting::map([(hall(), Channel::default())]),
            places: BTreeMap::new(),
            read_marks: BTreeMap::new(),
            waiting: Waiting::new(me, MAX_WAITING_LINES),
            final_height: 0,
        }
    }

    /// The chosen chain grew by this block. Returns the texts of others that were not even seen waiting.
    pub fn apply_block(&mut self, block: &Block) -> Vec<Arrival> {
        let header = &block.header.content;
        let time = self.clock.start_of(header.slot);
        let mut arrivals = Vec::new();
        let mut new = BTreeSet::new();
        let mut lines = Vec::new();
        for transaction in &block.transactions {
            let known = self.waiting.remove(&transaction.id());
            let is_new = known.is_none();
            let read = || Line::of(transaction).map(|line| Tracked::new(transaction, time, line));
            let Some(line) = known.or_else(read) else {
                continue;
            };
            if is_new {
                new.insert(line.id);
            }
            lines.push(line);
        }
        for tracked in in_reading_order(lines) {
            arrivals.extend(self.arrival(&tracked).filter(|_| new.contains(&tracked.id)));
            self.settle(Settled {
                height: header.height,
                time,
                tracked,
            });
        }
        self.forget_oldest_lines();
        arrivals
    }

    /// The chosen chain lost this block, which was its newest. Its lines wait again, until they are in another block, the mempool drops
    /// them, or they expire.
    pub fn undo_block(&mut self, block: &Block) {
        let time = self.clock.start_of(block.header.content.slot);
        let read = |transaction: &Transaction| Some(Tracked::new(transaction, time, Line::of(transaction)?));
        let lines = block.transactions.iter().filter_map(read).collect();
        for Tracked { id, item: line, .. } in in_reading_order(lines).into_iter().rev() {
            let Some(channel) = self.channels.get_mut(&line.channel) else {
                continue;
            };
            let popped = channel.pop(&id);
            let count = channel.count();
            self.places.remove(&id);
            if let Some(mark) = self.read_marks.get_mut(&line.channel) {
                *mark = block.header.content.height.saturating_sub(1).min(*mark);
            }
            if count == 0 && line.channel != hall() {
                self.channels.remove(&line.channel);
            }
            if let Some(tracked) = popped.filter(|tracked| tracked.item.content != Content::Joined) {
                self.waiting.insert(tracked);
            }
        }
    }

    /// A valid transaction waits for a block. Returns it if it is a text of somebody else that was never seen before.
    pub fn add_waiting(&mut self, transaction: &Transaction, now: Timestamp) -> Option<Arrival> {
        let id = transaction.id();
        let line = Line::of(transaction).filter(|line| line.content != Content::Joined)?;
        if self.places.contains_key(&id) {
            return None;
        }
        let is_new = self.waiting.get(&id).is_none();
        let tracked = Tracked::new(transaction, now, line);
        let arrival = self.arrival(&tracked).filter(|_| is_new);
        self.waiting.insert(tracked);
        arrival
    }

    /// The mempool let a transaction go that is in no block.
    pub fn let_go(&mut self, id: &TransactionId, reason: Dropped) {
        self.waiting.let_go(id, reason);
    }

    /// A message of mine that expired was sent again under another id: its line goes.
    pub fn forget_resent(&mut self, old: &TransactionId) {
        self.waiting.remove(old);
    }

    /// The present slot: what may no longer get into a block is expired (mine) or gone (of others).
    pub fn expire(&mut self, slot: Slot) {
        self.waiting.expire(slot);
    }

    /// All blocks of the chosen chain up to this height are final.
    pub fn finalize_up_to(&mut self, height: u64) {
        self.final_height = self.final_height.max(height);
    }

    /// Everything in the channel is read. Returns the height of the block of its newest line, to be stored.
    pub fn mark_read(&mut self, channel: &str) -> u64 {
        for line in self
            .waiting
            .items_mut()
            .filter(|line| line.channel.as_str() == channel)
        {
            line.read = true;
        }
        let Ok(name) = ChannelName::try_from(channel) else {
            return 0;
        };
        let newest = self
            .channels
            .get(&name)
            .and_then(|channel| channel.lines().next_back());
        let height = newest.map_or(0, |line| line.height);
        self.restore_read_mark(channel, height);
        height
    }

    /// What blocks up to this height hold of a channel is read, as [`Self::mark_read`] said earlier. Marks of more than `MAX_CHANNELS`
    /// channels are not kept.
    pub fn restore_read_mark(&mut self, channel: &str, height: u64) {
        let Ok(name) = ChannelName::try_from(channel) else {
            return;
        };
        if let Some(channel) = self.channels.get_mut(&name) {
            channel.mark_read(height);
        }
        if self.read_marks.contains_key(&name) || self.read_marks.len() < MAX_CHANNELS {
            self.read_marks.insert(name, height);
        }
    }

    /// All channels, the hall first, then by name; at most `MAX_CHANNELS`. Those in which something only waits are among them.
    pub fn channels(&self) -> Vec<ChannelView> {
        let waiting: Vec<&Tracked<Line>> = self
            .waiting
            .in_order()
            .into_iter()
            .map(|waiter| &waiter.tracked)
            .collect();
        let settled = self.channels.keys();
        let names: BTreeSet<&ChannelName> =
            sorting::set(settled.chain(waiting.iter().map(|line| &line.item.channel)));
        let (first, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| **name == hall());
        let names = first.into_iter().chain(others).take(MAX_CHANNELS);
        names.map(|name| self.channel_view(name, &waiting)).collect()
    }

    /// What I did not read in all channels together.
    pub fn unread(&self) -> UnreadView {
        let channels = self.channels();
        let sum = |part: fn(&ChannelView) -> u32| channels.iter().map(part).fold(0, u32::saturating_add);
        UnreadView {
            messages: sum(|channel| channel.unread),
            mentions: sum(|channel| channel.mentions),
        }
    }

    /// The newest lines of a channel, at most `limit`; `name_of` gives the authors' names.
    pub fn page(&self, channel: &str, limit: usize, name_of: impl Fn(&Address) -> String) -> ChatPage {
        let Ok(name) = ChannelName::try_from(channel) else {
            return ChatPage::default();
        };
        let channel = self.channels.get(&name);
        let settled = channel.into_iter().flat_map(Channel::lines).map(|line| {
            (
                &line.tracked,
                line.time,
                Delivery::at(line.height, self.final_height),
            )
        });
        let waiting = self.waiting.in_order();
        let waiting = waiting
            .iter()
            .filter(|waiter| waiter.tracked.item.channel == name);
        let waiting = waiting.map(|waiter| (&waiter.tracked, waiter.tracked.first_seen, waiter.delivery));
        let lines: Vec<_> = settled.chain(waiting).collect();
        let first = lines.len().saturating_sub(limit);
        let newest = lines.iter().skip(first);
        ChatPage {
            messages: newest
                .map(|(line, time, delivery)| self.message(line, *time, *delivery, &name_of))
                .collect(),
            has_earlier: first > 0,
            first_unread: lines
                .iter()
                .find(|(line, ..)| is_unread(line, &self.me))
                .map(|(line, ..)| line.id.0),
        }
    }

    /// How far a transaction of the chat has come, if it is kept here.
    pub fn delivery(&self, id: &TransactionId) -> Option<Delivery> {
        let settled = self
            .settled(id)
            .map(|line| Delivery::at(line.height, self.final_height));
        settled.or_else(|| self.waiting.get(id).map(|waiter| waiter.delivery))
    }

    fn settle(&mut self, mut line: Settled<Line>) {
        let name = line.tracked.item.channel.clone();
        let id = line.tracked.id;
        if !self.channels.contains_key(&name) && self.channels.len() >= MAX_CHANNELS {
            return;
        }
        let mark = self.read_marks.get(&name).copied().unwrap_or(0);
        let channel = self.channels.entry(name.clone()).or_default();
        line.tracked.item.read |= line.height <= mark;
        let number = channel.push(line);
        self.places.insert(id, (name, number));
    }

    fn forget_oldest_lines(&mut self) {
        while let Some(longest) = self.channels.values_mut().max_by_key(|channel| channel.kept()) {
            if longest.kept() <= MAX_CHANNEL_LINES && self.places.len() <= MAX_ROOM_LINES {
                return;
            }
            let Some(id) = longest.forget_oldest() else { return };
            self.places.remove(&id);
        }
    }

    fn settled(&self, id: &TransactionId) -> Option<&Settled<Line>> {
        let (name, number) = self.places.get(id)?;
        self.channels.get(name)?.line(*number)
    }

    fn arrival(&self, line: &Tracked<Line>) -> Option<Arrival> {
        let is_text = matches!(line.item.content, Content::Text { .. });
        (is_text && line.account != self.me).then(|| Arrival {
            id: line.id,
            channel: line.item.channel.to_string(),
            author: line.account,
            mentions_me: line.item.concerns(&self.me),
        })
    }

    fn channel_view(&self, name: &ChannelName, waiting: &[&Tracked<Line>]) -> ChannelView {
        let channel = self.channels.get(name);
        let waiting = waiting.iter().copied().filter(|line| line.item.channel == *name);
        let unread: Vec<&Tracked<Line>> = channel
            .into_iter()
            .flat_map(|channel| channel.unread(&self.me))
            .chain(waiting.clone().filter(|line| is_unread(line, &self.me)))
            .collect();
        let mentions = unread.iter().filter(|line| line.item.concerns(&self.me)).count();
        ChannelView {
            name: name.to_string(),
            messages: channel
                .map_or(0, Channel::count)
                .saturating_add(waiting.count() as u64),
            unread: u32::try_from(unread.len()).unwrap_or(u32::MAX),
            mentions: u32::try_from(mentions).unwrap_or(u32::MAX),
        }
    }

    fn message(
        &self,
        line: &Tracked<Line>,
        time: Timestamp,
        delivery: Delivery,
        name_of: impl Fn(&Address) -> String,
    ) -> MessageView {
        let mine = line.account == self.me;
        MessageView {
            id: line.id.0,
            author: line.account,
            author_name: name_of(&line.account),
            time_ms: time.0,
            content: self.content(&line.item.content),
            delivery,
            mine,
            mentions_me: !mine && line.item.concerns(&self.me),
        }
    }

    fn content(&self, content: &Content) -> MessageContent {
        match content {
            Content::Text {
                text,
                reply_to,
                mentions,
            } => MessageContent::Text {
                text: text.clone(),
                reply_to: reply_to.as_ref().map(|id| self.quote(id)),
                mentions: mentions.clone(),
            },
            Content::Payment {
                to,
                amount_micro,
                memo,
            } => MessageContent::Payment {
                to: *to,
                amount_micro: *amount_micro,
                memo: memo.clone(),
            },
            Content::Joined => MessageContent::Joined,
            Content::Unreadable => MessageContent::Unreadable,
        }
    }

    fn quote(&self, id: &TransactionId) -> QuoteView {
        let settled = self.settled(id).map(|line| &line.tracked);
        let line = settled.or_else(|| self.waiting.get(id).map(|waiter| &waiter.tracked));
        let text = line.map(|line| match &line.item.content {
            Content::Text { text, .. } => text.as_str(),
            Content::Payment { memo, .. } => memo.as_str(),
            Content::Joined | Content::Unreadable => "",
        });
        QuoteView {
            id: id.0,
            author: line.map(|line| line.account),
            excerpt: letters::beginning(text.unwrap_or_default(), EXCERPT_CHARS).to_owned(),
        }
    }
}

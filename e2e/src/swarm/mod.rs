//! A network of native peers: the core that tabs run, on real sockets and the real clock, without browsers.
//!
//! Faults of relays are tried with it, because many peers start in a moment and each can be asked what it knows. A peer
//! is kept by the host that keeps tabs, too, with one link to each of its relays at once. Its records are kept in memory: what a
//! crash of storage does is the simulator's subject.

mod socket;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use socket::Sockets;
use ting_core::{
    chat::view::MessageContent,
    crypto::{hash::Hash, keys::NetworkId, seal::RoomSecret, seed::Seed},
    delivery::Delivery,
    ledger::genesis::Rules,
    peer::{
        Peer,
        command::{Command, CommandId},
    },
    time::Timestamp,
};
use ting_host::{Host, HostConfig, HostInput, Invite, Journal, MemoryLog, SocketEvent};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tracing_subscriber::EnvFilter;

use crate::eventually;

/// The channel that everybody talks in.
const CHANNEL: &str = "hall";
/// Messages that a question for the chat covers.
const MESSAGES: usize = 500;
/// Frames and questions that wait for one peer.
const QUEUE: usize = 4_096;

type Question = Box<dyn FnOnce(&Peer, Timestamp) + Send>;

/// What a test wants of a peer, between two of its inputs.
enum Wish {
    /// To know something of the peer.
    Know(Question),
    /// To have a command done.
    Do(Command),
}

/// Native peers of one room, each in a task of its own.
pub struct Swarm {
    secret: RoomSecret,
    peers: Vec<NativePeer>,
}

/// One peer, running in a task of its own; it ends when dropped.
pub struct NativePeer {
    wishes: mpsc::Sender<Wish>,
    task: JoinHandle<()>,
}

impl Swarm {
    /// A founder on the first list of relays and one newcomer, by its invite, on each other. `number` makes the room and
    /// the peers' keys differ from those of other swarms on the same relays.
    ///
    /// # Errors
    /// When they do not become one network with voters in time.
    pub async fn gather(number: u8, relays: &[Vec<String>], limit: Duration) -> Result<Self> {
        show_what_hosts_tell();
        let secret = RoomSecret::new([number; 32]);
        let mut swarm = Self {
            secret,
            peers: Vec::new(),
        };
        let (first, others) = relays.split_first().context("a swarm needs a relay")?;
        swarm.add(first, None).await?;
        let founder = swarm.peer(0)?;
        let network = eventually("the founder's network", limit, async || {
            founder
                .ask(|peer, _| peer.network().map(|network| network.id()))
                .await
        })
        .await?;
        for relays in others {
            swarm.add(relays, Some(network)).await?;
        }
        swarm.wait_until_they_vote(limit).await?;
        Ok(swarm)
    }

    async fn add(&mut self, relays: &[String], network: Option<NetworkId>) -> Result<()> {
        let mut seed = *self.secret.as_bytes();
        if let Some(last) = seed.last_mut() {
            *last = last.wrapping_add(self.peers.len() as u8 + 1);
        }
        let config = HostConfig {
            invite: Invite {
                secret: self.secret.clone(),
                network,
                pass: None,
            },
            suggested_name: format!("peer {}", self.peers.len()),
            rules: Rules::default(),
            seed: Seed::new(seed),
            farewell_left: None,
        };
        self.peers.push(NativePeer::start(config, relays).await?);
        Ok(())
    }

    /// All peers of the swarm, by number.
    pub fn peers(&self) -> &[NativePeer] {
        &self.peers
    }

    /// The peer with this number, from 0.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn peer(&self, number: usize) -> Result<&NativePeer> {
        self.peers.get(number).context("no such peer")
    }

    /// Voters are added term by term. A fault may make any one of them deaf, so it waits until none of them has so much
    /// of the stake, a third, that the others cannot finalize without it.
    async fn wait_until_they_vote(&self, limit: Duration) -> Result<()> {
        for peer in &self.peers {
            eventually(
                "voters of whom each can be missed, and coins for each",
                limit,
                async || {
                    let (stakes_micro, coins_micro) = peer
                        .ask(|peer, now| {
                            let peers = peer.network_view(now).peers.into_iter();
                            let voters = peers.filter(|peer| peer.voter);
                            let stakes_micro: Vec<u64> = voters.map(|voter| voter.stake_micro).collect();
                            (stakes_micro, peer.wallet_view(now).available_micro)
                        })
                        .await?;
                    let most = stakes_micro.iter().copied().max().unwrap_or_default();
                    let each_can_be_missed = most * 3 < stakes_micro.iter().sum();
                    Ok((each_can_be_missed && coins_micro > 0).then_some(()))
                },
            )
            .await?;
        }
        Ok(())
    }

    /// Everybody says a line that begins with `topic`.
    ///
    /// # Errors
    /// When a peer ended.
    pub async fn everybody_says(&self, topic: &str) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for (number, peer) in self.peers.iter().enumerate() {
            let line = format!("{topic}, says {number}");
            peer.say(&line).await?;
            lines.push(line);
        }
        Ok(lines)
    }

    /// Waits until all lines are final at every peer, and all peers have the same head and state; the time it took.
    ///
    /// # Errors
    /// When that does not happen in time.
    pub async fn converges_on(&self, lines: &[String], limit: Duration) -> Result<Duration> {
        self.some_converge_on(self.peers.len(), lines, limit).await
    }

    /// The same among the first peers only.
    ///
    /// # Errors
    /// When that does not happen in time.
    pub async fn some_converge_on(
        &self,
        first: usize,
        lines: &[String],
        limit: Duration,
    ) -> Result<Duration> {
        let start = Instant::now();
        let peers = self.peers.get(..first).context("so many peers")?;
        for (number, peer) in peers.iter().enumerate() {
            eventually(
                &format!("all lines to be final at peer {number}"),
                limit,
                async || {
                    let heard = peer.final_lines().await?;
                    let missing = lines.iter().filter(|line| !heard.contains(line)).count();
                    ensure!(missing == 0, "{missing} of {} lines are missing", lines.len());
                    Ok(Some(()))
                },
            )
            .await?;
        }
        eventually("one history", limit, async || {
            let mut books = Vec::new();
            for peer in peers {
                books.push(peer.state_at_head().await?);
            }
            Ok(books
                .windows(2)
                .all(|pair| pair.first() == pair.last())
                .then_some(()))
        })
        .await?;
        Ok(start.elapsed())
    }
}

impl NativePeer {
    async fn start(config: HostConfig, relays: &[String]) -> Result<Self> {
        let (wishes, wished) = mpsc::channel(QUEUE);
        let (events, happened) = mpsc::channel(QUEUE);
        // Nothing was stored that a fresh key would have to replace.
        let (journal, found) = Journal::open(MemoryLog::default(), &[], [0; 32]).await?;
        let mut host = Host::new(config, journal, &found.records, now(), Sockets(events));
        host.handle(now(), HostInput::Start).await;
        host.handle(now(), HostInput::Relays(relays.to_vec())).await;
        Ok(Self {
            wishes,
            task: tokio::spawn(live(host, happened, wished)),
        })
    }

    /// Asks the peer something, between two of its inputs.
    ///
    /// # Errors
    /// When it ended.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Peer, Timestamp) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let asked = Box::new(move |peer: &Peer, now| {
            // Nobody waits for the answer any more: the test gave up.
            let _ = answer.send(question(peer, now));
        });
        self.wish(Wish::Know(asked)).await?;
        answered.await.context("the peer ended")
    }

    /// Writes a message in the first channel.
    ///
    /// # Errors
    /// When the peer ended.
    pub async fn say(&self, text: &str) -> Result<()> {
        let command = Command::Post {
            channel: CHANNEL.to_owned(),
            text: text.to_owned(),
            reply_to: None,
            mentions: Vec::new(),
        };
        self.wish(Wish::Do(command)).await
    }

    async fn wish(&self, wish: Wish) -> Result<()> {
        self.wishes.send(wish).await.ok().context("the peer ended")
    }

    async fn final_lines(&self) -> Result<Vec<String>> {
        self.ask(|peer, now| {
            let chat = peer.chat_view(now, CHANNEL, MESSAGES);
            let lines = chat.messages.into_iter();
            lines
                .filter_map(|message| match (message.delivery, message.content) {
                    (Delivery::Final(_), MessageContent::Text { text, .. }) => Some(text),
                    _ => None,
                })
                .collect()
        })
        .await
    }

    /// The head's hash and the root of its state.
    async fn state_at_head(&self) -> Result<Option<(Hash, Hash)>> {
        self.ask(|peer, now| peer.chain_view(now).map(|chain| (chain.head, chain.state_root)))
            .await
    }
}

impl Drop for NativePeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The life of one peer: until nobody has a wish any more.
async fn live(
    mut host: Host<MemoryLog, Sockets>,
    mut happened: mpsc::Receiver<SocketEvent>,
    mut wished: mpsc::Receiver<Wish>,
) {
    let id = CommandId(0);
    loop {
        while host.poll_event().is_some() {}
        let due = host.next_deadline(now());
        let wait_ms = due.map_or(1_000, |due| due.ms_since(now()));
        let input = tokio::select! {
            Some(event) = happened.recv() => HostInput::Socket(event),
            wish = wished.recv() => match wish {
                Some(Wish::Do(command)) => HostInput::Submit { id, command },
                Some(Wish::Know(question)) => {
                    question(host.peer(), now());
                    continue;
                }
                None => return,
            },
            () = tokio::time::sleep(Duration::from_millis(wait_ms)) => HostInput::Woke,
        };
        host.handle(now(), input).await;
    }
}

fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since_epoch.map_or(0, |elapsed| elapsed.as_millis() as u64))
}

/// What hosts tell at their edges goes to the screen as far as `RUST_LOG` asks for it; a test before may have seen to that.
fn show_what_hosts_tell() {
    let asked = EnvFilter::from_default_env();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(asked)
        .with_test_writer()
        .try_init();
}

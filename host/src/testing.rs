//! A platform that a test holds in its hand: storage that works, fails or hangs, sockets that remember, and a relay with one member.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use thiserror::Error;
use ting_core::{
    crypto::{pass::PassSecret, seal::RoomSecret, seed::Seed},
    ledger::genesis::Rules,
    peer::{
        command::{Command, CommandId},
        record::Record,
    },
    time::Timestamp,
};
use ting_frame::{ClientFrame, ConnectionId, Control, Destination, Limits, RelayFrame, Welcome};

use crate::{
    farewell::Keeper,
    host::{Host, HostConfig, HostInput},
    invite::Invite,
    journal::Journal,
    socket::{Dial, Socket, SocketEvent, SocketId, SocketNews},
    storage::{MemoryLog, Storage},
};

pub(crate) const RELAY: &str = "ws://relay";
pub(crate) const OWN_ID: u64 = 7;
const BEGIN_MS: u64 = 1_700_000_000_000;

/// The answer of what waits for nothing.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match poll(future.as_mut()) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it waits for something"),
    }
}

pub(crate) fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Disk {
    Works,
    Fails,
    Hangs,
}

#[derive(Debug, PartialEq, Eq, Error)]
#[error("the disk is full")]
pub(crate) struct DiskFull;

/// A log on a disk that can be told to fail or to hang; clones are the same log.
#[derive(Clone)]
pub(crate) struct TestLog {
    pub(crate) disk: Rc<Cell<Disk>>,
    log: Rc<RefCell<MemoryLog>>,
}

impl TestLog {
    pub(crate) fn new() -> Self {
        Self {
            disk: Rc::new(Cell::new(Disk::Works)),
            log: Rc::default(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        ready(Storage::read(&*self.log.borrow())).unwrap()
    }

    async fn change(&self, change: impl FnOnce(&mut MemoryLog)) -> Result<(), DiskFull> {
        poll_fn(|_| match self.disk.get() {
            Disk::Hangs => Poll::Pending,
            Disk::Works | Disk::Fails => Poll::Ready(()),
        })
        .await;
        if self.disk.get() == Disk::Fails {
            return Err(DiskFull);
        }
        change(&mut self.log.borrow_mut());
        Ok(())
    }
}

impl Storage for TestLog {
    type Error = DiskFull;

    async fn read(&self) -> Result<Vec<u8>, DiskFull> {
        Ok(self.bytes())
    }

    async fn append(&mut self, bytes: &[u8]) -> Result<(), DiskFull> {
        self.change(|log| ready(log.append(bytes)).unwrap()).await
    }

    async fn replace(&mut self, entries: &[u8]) -> Result<(), DiskFull> {
        self.change(|log| ready(log.replace(entries)).unwrap()).await
    }

    async fn delete(&mut self) -> Result<(), DiskFull> {
        self.change(|log| ready(log.delete()).unwrap()).await
    }
}

#[derive(Debug, PartialEq, Eq, Error)]
#[error("the page is gone")]
pub(crate) struct PageGone;

/// Who outlives the peer of a test, and can be told to fail or to hang as a disk can; clones are the same.
#[derive(Clone)]
pub(crate) struct TestKeeper {
    pub(crate) page: Rc<Cell<Disk>>,
    /// All that it was ever told to hold and does or did.
    pub(crate) held: Rc<RefCell<Vec<Option<Vec<u8>>>>>,
}

impl TestKeeper {
    pub(crate) fn new() -> Self {
        Self {
            page: Rc::new(Cell::new(Disk::Works)),
            held: Rc::default(),
        }
    }

    /// What it would leave now.
    pub(crate) fn holds(&self) -> Option<Vec<u8>> {
        self.held.borrow().last().cloned().flatten()
    }
}

impl Keeper for TestKeeper {
    type Error = PageGone;

    async fn hold(&mut self, frame: Option<&[u8]>) -> Result<(), PageGone> {
        poll_fn(|_| match self.page.get() {
            Disk::Hangs => Poll::Pending,
            Disk::Works | Disk::Fails => Poll::Ready(()),
        })
        .await;
        if self.page.get() == Disk::Fails {
            return Err(PageGone);
        }
        self.held.borrow_mut().push(frame.map(<[u8]>::to_vec));
        Ok(())
    }
}

/// What a host's sockets did; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Wire(pub(crate) Rc<RefCell<Seen>>);

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) dialled: Vec<(String, SocketId)>,
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) closed: Vec<SocketId>,
    pub(crate) buffered_bytes: u32,
    pub(crate) is_refusing: bool,
}

pub(crate) struct TestSocket(SocketId, Wire);

impl Wire {
    pub(crate) fn newest(&self) -> SocketId {
        self.0.borrow().dialled.last().unwrap().1
    }

    /// Frames that were sent to others: not the link's own probes.
    pub(crate) fn sent_to_others(&self) -> usize {
        let seen = self.0.borrow();
        let to_others = seen.sent.iter().filter(|frame| !is_probe(frame));
        to_others.count()
    }
}

fn is_probe(frame: &[u8]) -> bool {
    ClientFrame::decode(frame).unwrap().destination == Destination::One(ConnectionId::new(OWN_ID).unwrap())
}

impl Dial for Wire {
    type Socket = TestSocket;

    fn dial(&mut self, url: &str, number: SocketId) -> Result<TestSocket, String> {
        let mut seen = self.0.borrow_mut();
        if seen.is_refusing {
            return Err("no such scheme".to_owned());
        }
        seen.dialled.push((url.to_owned(), number));
        Ok(TestSocket(number, self.clone()))
    }
}

impl Socket for TestSocket {
    fn send(&self, bytes: &[u8]) {
        self.1.0.borrow_mut().sent.push(bytes.to_vec());
    }

    fn buffered_bytes(&self) -> u32 {
        self.1.0.borrow().buffered_bytes
    }
}

impl Drop for TestSocket {
    fn drop(&mut self) {
        self.1.0.borrow_mut().closed.push(self.0);
    }
}

pub(crate) fn message(socket: SocketId, frame: &RelayFrame<'_>) -> SocketEvent {
    let news = SocketNews::Message(frame.encode());
    SocketEvent { socket, news }
}

pub(crate) fn welcome(socket: SocketId) -> SocketEvent {
    let limits = Limits {
        max_frame_bytes: 1_000_000,
        frames_per_s: 1_000,
        burst_frames: 1_000,
        bytes_per_s: 10_000_000,
        burst_bytes: 10_000_000,
        max_members: 10,
    };
    let welcome = Welcome::new(ConnectionId::new(OWN_ID).unwrap(), 1, [], limits);
    message(socket, &RelayFrame::Control(Control::Welcome(welcome)))
}

/// What a former run left behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    Nothing,
    Farewell,
}

/// A host in a room where nobody else is, and the time there.
pub(crate) struct Alone {
    pub(crate) host: Host<TestLog, Wire, TestKeeper>,
    pub(crate) log: TestLog,
    pub(crate) keeper: TestKeeper,
    pub(crate) wire: Wire,
    pub(crate) now: Timestamp,
}

impl Alone {
    /// A host that has started from this log, with one relay that does not answer yet.
    pub(crate) fn open(log: TestLog, number: u8) -> Self {
        Self::begin(log, number, Left::Nothing, None)
    }

    /// The same, after a run that left this.
    pub(crate) fn open_after(log: TestLog, number: u8, left: Left) -> Self {
        Self::begin(log, number, left, None)
    }

    /// As [`Self::open`], by a link with this pass.
    pub(crate) fn open_with(log: TestLog, number: u8, pass: Option<PassSecret>) -> Self {
        Self::begin(log, number, Left::Nothing, pass)
    }

    fn begin(log: TestLog, number: u8, left: Left, pass: Option<PassSecret>) -> Self {
        let now = Timestamp(BEGIN_MS);
        let wire = Wire::default();
        let (journal, found) = ready(Journal::open(log.clone(), &log.bytes(), [number; 32])).unwrap();
        let config = HostConfig {
            invite: Invite {
                secret: RoomSecret::new([42; 32]),
                network: None,
                pass,
            },
            suggested_name: "somebody".to_owned(),
            rules: Rules {
                claim_work_bits: 1,
                ..Rules::default()
            },
            seed: Seed::new([number; 32]),
            farewell_left: (left == Left::Farewell).then(Vec::new),
        };
        let keeper = TestKeeper::new();
        let host = Host::with_keeper(config, journal, &found.records, now, wire.clone(), keeper.clone());
        let mut alone = Self {
            host,
            log,
            keeper,
            wire,
            now,
        };
        alone.give(HostInput::Start);
        alone.give(HostInput::Relays(vec![RELAY.to_owned()]));
        alone
    }

    /// A host that has founded a network.
    pub(crate) fn founder(number: u8) -> Self {
        let mut alone = Self::open(TestLog::new(), number);
        alone.give(HostInput::Socket(welcome(alone.wire.newest())));
        for _ in 0..1_000 {
            if alone.host.invite().network.is_some() {
                return alone;
            }
            alone.wait();
        }
        panic!("it founds nothing");
    }

    pub(crate) fn give(&mut self, input: HostInput) {
        ready(self.host.handle(self.now, input));
        while self.host.poll_event().is_some() {}
    }

    /// Lets the time pass until something is due, and the relay return what the link sent itself.
    pub(crate) fn wait(&mut self) {
        let due = self.host.next_deadline(self.now).unwrap();
        self.now = due.max(Timestamp(self.now.0 + 1));
        self.give(HostInput::Woke);
        let probe = self.wire.0.borrow_mut().sent.pop_if(|frame| is_probe(frame));
        if let Some(probe) = probe {
            let payload = ClientFrame::decode(&probe).unwrap().payload;
            let source = ConnectionId::new(OWN_ID).unwrap();
            let back = message(self.wire.newest(), &RelayFrame::Peer { source, payload });
            self.give(HostInput::Socket(back));
        }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        ready(self.host.journal().records()).unwrap()
    }
}

pub(crate) fn post() -> HostInput {
    HostInput::Submit {
        id: CommandId(1),
        command: Command::Post {
            channel: "hall".to_owned(),
            text: "hello".to_owned(),
            reply_to: None,
            mentions: Vec::new(),
        },
    }
}

//! Everything that happens to the worker, in one queue for one loop.
//!
//! Callbacks of the browser only put something in; the loop takes it out and owns all state. Bound: a relay can push frames
//! faster than the peer digests them, so waiting bytes are limited and frames beyond that are lost, as they may be
//! on any network. Everything else is made by this worker itself or by the page, which waits for answers.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use ting_host::SocketEvent;

use crate::bridge::ToWorker;

/// Bytes of frames that wait at most.
const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;

/// Something that the node has to handle.
#[derive(Debug)]
pub(crate) enum HostEvent {
    /// The page said something.
    Page(ToWorker),
    /// A socket did something.
    Socket(SocketEvent),
    /// The timer rang.
    Timer,
    /// The browser found a network again.
    Online,
}

impl HostEvent {
    fn frame_bytes(&self) -> usize {
        match self {
            Self::Socket(event) => event.frame_bytes(),
            _ => 0,
        }
    }
}

/// The queue; clones are the same queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox(Rc<RefCell<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<HostEvent>,
    frame_bytes: usize,
    waker: Option<Waker>,
}

impl Inbox {
    /// Puts an event at the end.
    pub(crate) fn push(&self, event: HostEvent) {
        let mut queue = self.0.borrow_mut();
        let bytes = event.frame_bytes();
        if bytes > 0 && queue.frame_bytes.saturating_add(bytes) > MAX_WAITING_BYTES {
            return;
        }
        queue.frame_bytes += bytes;
        queue.events.push_back(event);
        let waker = queue.waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits for the next event.
    pub(crate) async fn next(&self) -> HostEvent {
        poll_fn(|context| {
            let mut queue = self.0.borrow_mut();
            match queue.events.pop_front() {
                Some(event) => {
                    queue.frame_bytes -= event.frame_bytes();
                    Poll::Ready(event)
                }
                None => {
                    queue.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

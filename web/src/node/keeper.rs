//! The page as the keeper of the peer's farewell: it outlives the worker, which is gone before it could speak when a tab closes.
//!
//! One thing is asked at a time, and the host waits for the answer. A page that closes answers nothing any more, so whatever this worker
//! still does, nothing of it leaves after the farewell was left.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use ting_host::Keeper;

use super::port;
use crate::bridge::{Farewell, FarewellAnswer, FarewellWord, FromWorker};

/// The page; clones are the same page.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageKeeper(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    urls: Vec<String>,
    answer: Option<FarewellAnswer>,
    waker: Option<Waker>,
}

impl PageKeeper {
    /// Where farewells are to be left from now on. One that is held already stays where it is until the next comes, which each vote brings.
    pub(crate) fn set_urls(&self, urls: Vec<String>) {
        self.0.borrow_mut().urls = urls;
    }

    /// The farewell that the page of a former run left, or may have. From now on this page marks there what it leaves.
    pub(crate) async fn was_left(&self, mark: String) -> Option<Vec<u8>> {
        match self.ask(FarewellWord::WasLeft { mark }).await {
            FarewellAnswer::WasLeft(frame) => frame,
            // No answer to this question; to be careful costs least.
            FarewellAnswer::Held => Some(Vec::new()),
        }
    }

    /// What follows from that is durable.
    pub(crate) fn remembered(&self) {
        port::post(&FromWorker::Farewell(FarewellWord::Remembered));
    }

    /// Takes the page's answer.
    pub(crate) fn take(&self, answer: FarewellAnswer) {
        let mut state = self.0.borrow_mut();
        state.answer = Some(answer);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn ask(&self, word: FarewellWord) -> FarewellAnswer {
        self.0.borrow_mut().answer = None;
        port::post(&FromWorker::Farewell(word));
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            match state.answer.take() {
                Some(answer) => Poll::Ready(answer),
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Keeper for PageKeeper {
    type Error = Infallible;

    async fn hold(&mut self, frame: Option<&[u8]>) -> Result<(), Infallible> {
        let farewell = frame.map(|frame| Farewell {
            frame: frame.to_vec(),
            urls: self.0.borrow().urls.clone(),
        });
        self.ask(FarewellWord::Hold(farewell)).await;
        Ok(())
    }
}

//! What this page leaves behind when it closes: the peer's farewell, which the worker signed ahead and has the page hold, because a worker is
//! gone before it could speak.
//!
//! The others are told by it that this peer votes no more, so two things must hold. The worker sends no vote before the farewell that covers it is
//! held here: the page answers each, and answers nothing any more once it closes. And the next run of the identity must know that one was left:
//! the page marks that in the browser's storage before it leaves any. The place of the mark is taken when the first one is held, and by a
//! word of the same length, so that it can be written when there is no time to try twice; where that fails, none is held, and the others notice the
//! silence instead.
//!
//! A page that comes back from the browser's cache of pages was told closed to the others: it begins anew.

use std::cell::{Cell, RefCell};

use crate::{
    bridge::{Farewell, FarewellAnswer, FarewellWord},
    browser,
};

/// The mark of an identity whose farewell is held, or was and is of no account any more.
const HELD: &str = "held";
/// The mark of one whose farewell was left.
const LEFT: &str = "left";

/// The farewell that this page holds, if it does.
#[derive(Default)]
pub struct HeldFarewell {
    held: RefCell<Option<Farewell>>,
    /// Where it is marked that a farewell was left; nowhere for an identity that ends with this page.
    mark: RefCell<Option<String>>,
    is_closing: Cell<bool>,
}

impl HeldFarewell {
    /// Does what the worker asks, and answers; nothing of it once the page closes.
    pub fn obey(&self, word: FarewellWord) -> Option<FarewellAnswer> {
        if self.is_closing.get() {
            return None;
        }
        match word {
            FarewellWord::WasLeft { mark } => {
                self.mark.replace(Some(mark));
                Some(FarewellAnswer::WasLeft(self.is_marked(LEFT)))
            }
            FarewellWord::Remembered => {
                if self.is_marked(LEFT) {
                    self.set_mark(HELD);
                }
                None
            }
            FarewellWord::Hold(farewell) => {
                let farewell = farewell.filter(|_| self.can_mark());
                self.held.replace(farewell);
                Some(FarewellAnswer::Held)
            }
        }
    }

    /// The page closes: leaves what it holds with the relays.
    pub fn leave(&self) {
        self.is_closing.set(true);
        if let Some(farewell) = self.held.take()
            && self.set_mark(LEFT)
        {
            for url in &farewell.urls {
                browser::leave_behind(url, &farewell.frame);
            }
        }
    }

    /// The identity is no more: nothing is left of it, and nothing marked.
    pub fn forget(&self) {
        self.held.take();
        if let Some(mark) = self.mark.take() {
            browser::remember(browser::lasting(), &mark, None);
        }
    }

    /// Whether there is a place for the mark, which is taken now if it was not.
    fn can_mark(&self) -> bool {
        // A mark of the run before stands until what follows from it is durable.
        self.is_marked(LEFT) || self.is_marked(HELD) || self.set_mark(HELD)
    }

    fn is_marked(&self, word: &str) -> bool {
        let mark = self.mark.borrow();
        let marked = mark
            .as_ref()
            .and_then(|mark| browser::recall(browser::lasting(), mark));
        marked.as_deref() == Some(word)
    }

    /// Writes the mark, where there is one to be written; false if the browser refuses.
    fn set_mark(&self, word: &str) -> bool {
        let mark = self.mark.borrow();
        mark.as_ref()
            .is_none_or(|mark| browser::lasting().is_some_and(|storage| storage.set_item(mark, word).is_ok()))
    }
}

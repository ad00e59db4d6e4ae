//! What this page leaves behind when it closes: the peer's farewell, which the worker signed ahead and has the page hold, because a worker is
//! gone before it could speak.
//!
//! The others are told by it that this peer votes no more, so two things must hold. The worker sends no vote before the farewell that covers it is
//! held here: the page answers each, and answers nothing any more once it closes. And the next run of the identity must know which one was left:
//! the page writes that to the browser's storage, its *mark*, before it leaves any. The place of the mark is taken when the first one is held, and by
//! a text of the same length, so that it can be written when there is no time to try twice; where that fails, none is held, and the others notice the
//! silence instead. A farewell is a frame of the smaller sizes, some two thousand bytes.
//!
//! A page that comes back from the browser's cache of pages was told closed to the others: it begins anew.

use std::cell::{Cell, RefCell};

use crate::{
    bridge::{Farewell, FarewellAnswer, FarewellWord},
    browser,
};

/// Begins the mark of an identity whose farewell is held, or was and is of no account any more.
const HELD: &str = "held";
/// Begins the mark of one whose farewell was left, which follows.
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
                let frame = self
                    .marked(LEFT)
                    .map(|text| browser::bytes_of(&text).unwrap_or_default());
                Some(FarewellAnswer::WasLeft(frame))
            }
            FarewellWord::Remembered => {
                if let Some(frame) = self.marked(LEFT) {
                    self.set_mark(HELD, &room_for(frame.chars().count()));
                }
                None
            }
            FarewellWord::Hold(farewell) => {
                let farewell = farewell.filter(|farewell| self.can_mark(farewell.frame.len()));
                self.held.replace(farewell);
                Some(FarewellAnswer::Held)
            }
        }
    }

    /// The page closes: leaves what it holds with the relays.
    pub fn leave(&self) {
        self.is_closing.set(true);
        if let Some(farewell) = self.held.take()
            && self.set_mark(LEFT, &browser::text_of(&farewell.frame))
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

    /// Whether there is a place to mark a frame of so many bytes, which is taken now if it was not.
    fn can_mark(&self, bytes: usize) -> bool {
        // A mark of the run before stands until what follows from it is durable.
        if self.marked(LEFT).is_some() {
            return true;
        }
        let has_place = self.marked(HELD).is_some_and(|place| place.len() >= bytes);
        has_place || self.set_mark(HELD, &room_for(bytes))
    }

    /// What follows this word in the mark, if the mark begins with it.
    fn marked(&self, word: &str) -> Option<String> {
        let mark = self.mark.borrow();
        let text = browser::recall(browser::lasting(), mark.as_ref()?)?;
        text.strip_prefix(word).map(str::to_owned)
    }

    /// Writes the mark, where there is one to be written; false if the browser refuses.
    fn set_mark(&self, word: &str, rest: &str) -> bool {
        let mark = self.mark.borrow();
        mark.as_ref().is_none_or(|mark| {
            let text = format!("{word}{rest}");
            browser::lasting().is_some_and(|storage| storage.set_item(mark, &text).is_ok())
        })
    }
}

/// Takes the place of so many letters.
fn room_for(letters: usize) -> String {
    " ".repeat(letters)
}

//! Where the reader of a channel is: at its end, or at lines that stay where they are on the screen whatever happens around them.
//!
//! Who reads at the end goes on with it. Who reads elsewhere has anchors: the lines in sight, each with its distance from the screen's top
//! as the reader left it. After every change they are moved back to their places: where the order of messages changed, most of them; where
//! something was unfolded, the first. The places are not measured anew by our own moves, so that what screens round off never adds up; what
//! went elsewhere than the others is no anchor any more. What is read was before the eyes of somebody: the end of the list
//! was in sight, the page was seen and had the focus. For that, who comes back is shown what came meanwhile from its beginning.

use serde::{Deserialize, Serialize};
use ting_core::{
    crypto::hash::Hash,
    peer::view::{ChatView, Delivery, MessageView},
};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::browser;

/// So close to the end counts as at the end, in pixels.
const END_PX: i32 = 48;
/// Screens place text at their own pixels: less than this is no distance, in pixels of the page.
const ROUNDED_PX: f64 = 0.6;
/// So far below the list's upper edge the "New" line stands when it is the first that is shown, in pixels.
const NEW_LINE_PX: f64 = 8.0;
/// So many lines are loaded at most to begin with the first that came unseen.
const MOST_NEW_LINES: usize = 480;

/// A line that stays where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Anchor {
    id: Hash,
    /// From the screen's upper edge to what the line says.
    top_px: f64,
}

/// A place that is kept through a change of page or channel, and a reload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Number of lines that were loaded.
    pub lines: u32,
    anchors: Vec<Anchor>,
}

impl Spot {
    fn key(channel: &str) -> String {
        format!("ting.place.{channel}")
    }

    /// Where the reader left a channel, unless that was its end.
    pub fn of(channel: &str) -> Option<Self> {
        browser::recall_value(&Self::key(channel))
    }
}

/// Where the reader of one channel is, and what of it was read.
pub struct Place {
    is_at_end: bool,
    anchors: Vec<Anchor>,
    top_px: i32,
    /// Width and height of what is seen of the list.
    size_px: (i32, i32),
    new_line: NewLine,
    /// Nobody looked since, or the channel was just opened: what comes now was not seen coming.
    is_away: bool,
    /// The newest message when all was read, and the newest of those in blocks.
    read_to: (Option<Hash>, Option<Hash>),
    /// Lines were drawn since the reader's place was last settled.
    is_unsettled: bool,
}

impl Place {
    /// Where the reader left the channel: its end, if never.
    pub fn in_channel(channel: &str) -> Self {
        let spot = Spot::of(channel).unwrap_or_default();
        Self {
            is_at_end: spot.anchors.is_empty(),
            anchors: spot.anchors,
            top_px: 0,
            size_px: (0, 0),
            new_line: NewLine::default(),
            is_away: true,
            read_to: (None, None),
            is_unsettled: false,
        }
    }

    /// Keeps the place, `lines` being loaded.
    pub fn keep(&self, channel: &str, lines: usize) {
        let spot = Spot {
            lines: u32::try_from(lines).unwrap_or_default(),
            anchors: self.anchors.clone(),
        };
        if self.is_at_end {
            browser::remember(browser::of_this_tab(), &Spot::key(channel), None);
        } else {
            browser::remember_value(&Spot::key(channel), &spot);
        }
    }

    /// Whether the reader is at the end of the list.
    pub const fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// The view lacks what is being read, or where to begin with what came unseen, though more can be had: it must not be shown yet.
    pub fn is_beyond(&self, view: &ChatView) -> bool {
        let is_there = |id: &Hash| view.messages.iter().any(|message| message.id == *id);
        let has_what_is_wanted = if self.is_at_end {
            let is_begun = !self.is_away || view.messages.len() >= MOST_NEW_LINES;
            is_begun || view.first_unread.as_ref().is_none_or(is_there)
        } else {
            self.anchors.iter().any(|anchor| is_there(&anchor.id))
        };
        view.has_earlier && !has_what_is_wanted
    }

    /// Number of messages above what is being read.
    pub fn lines_above(&self, view: &ChatView) -> usize {
        let first = self.anchors.first();
        let place = first.and_then(|first| view.messages.iter().position(|message| message.id == first.id));
        place.unwrap_or(view.messages.len())
    }

    /// The message above which the "New" line stands. Who reads around it keeps it there: text would move if it went.
    pub fn new_line(&mut self, view: &ChatView, list: Option<&Element>) -> Option<Hash> {
        let is_read = self.read_to.0.is_some() && self.read_to.0 == newest(view);
        let is_looking = !self.is_away && browser::is_attended();
        let stays = is_looking && (self.is_at_end || list.is_some_and(shows_new_line));
        self.new_line.place(view.first_unread.filter(|_| !is_read), stays)
    }

    /// Before lines are drawn: where the reader went is taken, though the browser may tell of it later only. Until the place is settled,
    /// where lines are says nothing about the reader.
    pub fn begin_drawing(&mut self, list: Option<&Element>) {
        if let Some(list) = list {
            self.take_scroll(list);
        }
        self.is_unsettled = true;
    }

    /// After drawing: goes on to the end, or moves what is read back to where it was.
    pub fn settle(&mut self, list: &Element) {
        self.is_unsettled = false;
        if list.query_selector("[data-id]").is_ok_and(|line| line.is_none()) {
            return;
        }
        // A list that got shorter pulls its reader back, who did not scroll then; so does one that was taller for a moment.
        let is_pulled_back = list.scroll_top() < self.top_px
            && list.scroll_top() + list.client_height() >= list.scroll_height() - 1;
        if !is_pulled_back && !self.has_another_size(list) {
            self.take_scroll(list);
        }
        if self.is_at_end || !self.hold(list, middle) {
            self.go_to_end(list);
        }
        self.measure(list);
    }

    /// Goes to the end and stays there: the reader clicked for it, or sent something that will stand there.
    pub fn go_on_to_end(&mut self, list: &Element) {
        list.set_scroll_top(list.scroll_height());
        self.take_place(list);
    }

    /// Takes another size of the list, or of what is in it: puts back what is read.
    pub fn take_size(&mut self, list: &Element) {
        if self.is_unsettled {
            self.settle(list);
        } else if !self.is_at_end {
            self.hold(list, |moves_px| moves_px.first().copied());
            self.measure(list);
        } else if self.has_another_size(list) {
            self.settle(list);
        } else {
            // Something was unfolded: the reader goes on from there.
            self.take_place(list);
        }
    }

    /// Takes a scroll of the list, by its reader or by us: only a reader's counts as going elsewhere.
    pub fn take_scroll(&mut self, list: &Element) {
        if self.is_unsettled || (self.is_at_end && self.has_another_size(list)) {
            self.settle(list);
        } else if list.scroll_top() != self.top_px {
            // Only a reader leaves the end: a list that shrinks or grows does not move backwards.
            let goes_on = self.is_at_end && list.scroll_top() >= self.top_px;
            self.take_place(list);
            self.is_at_end |= goes_on;
        }
    }

    /// Whether everything was seen now, for the first time; and again when more of it is in blocks, since only that is remembered as read.
    pub fn reads(&mut self, view: &ChatView) -> bool {
        let is_unread = |view: &ChatView| {
            let mut channels = view.channels.iter();
            channels.any(|channel| channel.name == view.channel && channel.unread > 0)
        };
        let in_block =
            |message: &&MessageView| matches!(message.delivery, Delivery::InBlock(_) | Delivery::Final(_));
        let last_in_block = view.messages.iter().rfind(in_block).map(|message| message.id);
        let seen = (newest(view), last_in_block);
        let is_news = seen.1 != self.read_to.1 || (seen.0 != self.read_to.0 && is_unread(view));
        let reads = self.is_at_end && browser::is_attended() && is_news;
        if reads {
            self.read_to = seen;
            self.new_line.is_past = true;
        }
        reads
    }

    /// Notes that nobody looks any more.
    pub const fn leave(&mut self) {
        self.is_away = true;
    }

    /// Notes that somebody looks, and that what came meanwhile is drawn.
    pub const fn come_back(&mut self) {
        self.is_away = false;
    }

    /// To the end; who was away is shown first what came meanwhile.
    fn go_to_end(&mut self, list: &Element) {
        list.set_scroll_top(list.scroll_height());
        let line = new_line(list);
        let was_away = self.is_away || !browser::is_attended();
        if let (Some(line), true) = (line, was_away && !self.new_line.is_past)
            && !self.went_past(list, &line)
        {
            let above_px = top_px(list) + NEW_LINE_PX - top_px(&line);
            if above_px > 0.0 {
                list.scroll_by_with_x_and_y(0.0, -above_px);
            }
        }
        self.take_place(list);
    }

    /// The reader went on from what follows the "New" line, which a wheel does in a window without the focus too.
    fn went_past(&self, list: &Element, new_line: &Element) -> bool {
        let first_read = self.anchors.first().and_then(|anchor| line_of(list, anchor));
        let lines = first_read.zip(new_line.next_element_sibling());
        lines.is_some_and(|(read, new)| top_px(&new) + ROUNDED_PX < top_px(&read))
    }

    /// Takes back the move that is chosen from those of all anchors that are still there; false if there is none.
    fn hold(&mut self, list: &Element, chosen: fn(&[f64]) -> Option<f64>) -> bool {
        let move_px = |anchor: &Anchor| Some(said_at_px(&line_of(list, anchor)?) - anchor.top_px);
        let found: Vec<(Anchor, f64)> = self
            .anchors
            .iter()
            .filter_map(|anchor| Some((anchor.clone(), move_px(anchor)?)))
            .collect();
        let moves_px: Vec<f64> = found.iter().map(|(_, px)| *px).collect();
        let Some(chosen_px) = chosen(&moves_px) else {
            return false;
        };
        if chosen_px.abs() > ROUNDED_PX {
            list.scroll_by_with_x_and_y(0.0, chosen_px);
        }
        let went_along = found.into_iter().filter(|(_, px)| (px - chosen_px).abs() <= 1.0);
        self.anchors = went_along.map(|(anchor, _)| anchor).collect();
        true
    }

    /// Takes the list's present place as the reader's.
    fn take_place(&mut self, list: &Element) {
        self.is_at_end = list.scroll_height() - list.scroll_top() - list.client_height() < END_PX;
        self.anchors = in_sight(list);
        self.measure(list);
    }

    fn has_another_size(&self, list: &Element) -> bool {
        self.size_px != size_px(list)
    }

    fn measure(&mut self, list: &Element) {
        self.top_px = list.scroll_top();
        self.size_px = size_px(list);
    }
}

/// The line above what came unseen.
#[derive(Debug, Default)]
struct NewLine {
    at: Option<Hash>,
    /// Everything was read since it was placed. It stays, since nothing should move without need, until there is something new.
    is_past: bool,
}

impl NewLine {
    fn place(&mut self, first_unread: Option<Hash>, stays: bool) -> Option<Hash> {
        if first_unread.is_some() && !stays && (self.at.is_none() || self.is_past) {
            (self.at, self.is_past) = (first_unread, false);
        }
        self.at
    }
}

/// A move that at least half of all are no smaller than, and half no larger.
fn middle(moves_px: &[f64]) -> Option<f64> {
    let half = moves_px.len() / 2;
    let number = |is: &dyn Fn(f64) -> bool| moves_px.iter().filter(|px| is(**px)).count();
    let is_middle = |px: &f64| number(&|other| other < *px) <= half && half < number(&|other| other <= *px);
    moves_px.iter().copied().find(is_middle)
}

fn newest(view: &ChatView) -> Option<Hash> {
    view.messages.last().map(|message| message.id)
}

fn size_px(list: &Element) -> (i32, i32) {
    (list.client_width(), list.client_height())
}

fn top_px(element: &Element) -> f64 {
    element.get_bounding_client_rect().top()
}

fn line_of(list: &Element, anchor: &Anchor) -> Option<Element> {
    list.query_selector(&format!("[data-id='{}']", anchor.id)).ok()?
}

fn new_line(list: &Element) -> Option<Element> {
    list.query_selector(".unread-line").ok().flatten()
}

fn shows_new_line(list: &Element) -> bool {
    new_line(list).is_some_and(|line| {
        let (line, area) = (line.get_bounding_client_rect(), list.get_bounding_client_rect());
        line.bottom() > area.top() && line.top() < area.bottom()
    })
}

/// Where the words of a line begin: what stands above them, its author for one, may come and go.
fn said_at_px(line: &Element) -> f64 {
    let said = line.query_selector(".words > :not(header)").ok().flatten();
    top_px(said.as_ref().unwrap_or(line))
}

/// The lines in sight, topmost first.
fn in_sight(list: &Element) -> Vec<Anchor> {
    let Ok(lines) = list.query_selector_all("[data-id]") else {
        return Vec::new();
    };
    let line = |place: u32| lines.item(place)?.dyn_into::<Element>().ok();
    let area = list.get_bounding_client_rect();
    // All lines before the first one in sight end above the list's upper edge.
    let (mut first, mut beyond) = (0, lines.length());
    while first < beyond {
        let middle = first.midpoint(beyond);
        let is_above =
            line(middle).is_some_and(|line| line.get_bounding_client_rect().bottom() <= area.top());
        if is_above {
            first = middle + 1;
        } else {
            beyond = middle;
        }
    }
    (first..lines.length())
        .map_while(line)
        .take_while(|line| top_px(line) < area.bottom())
        .filter_map(|line| {
            Some(Anchor {
                id: line.get_attribute("data-id")?.parse().ok()?,
                top_px: said_at_px(&line),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn message(id: u8) -> Option<Hash> {
        Some(Hash([id; 32]))
    }

    #[test]
    fn most_lines_stay_though_some_change_their_places() {
        assert_eq!(middle(&[72.0, -24.0, -24.0, 0.0, 0.0, 0.0, 0.0]), Some(0.0));
        assert_eq!(middle(&[48.0, 48.0, 0.0]), Some(48.0));
        assert_eq!(middle(&[]), None);
    }

    #[test]
    fn what_is_seen_coming_is_not_new() {
        let mut line = NewLine::default();
        assert_eq!(line.place(message(1), true), None);
        assert_eq!(line.place(None, true), None);
    }

    #[test]
    fn the_line_stands_above_the_first_that_came_unseen_and_stays_when_all_is_read() {
        let mut line = NewLine::default();
        assert_eq!(line.place(message(1), false), message(1));
        assert_eq!(line.place(message(1), true), message(1));
        line.is_past = true;
        assert_eq!(line.place(None, true), message(1));
        assert_eq!(line.place(message(2), true), message(1));
    }

    #[test]
    fn the_line_goes_on_to_what_comes_unseen_after_all_was_read_and_no_sooner() {
        let mut line = NewLine::default();
        assert_eq!(line.place(message(1), false), message(1));
        assert_eq!(line.place(message(1), false), message(1));
        line.is_past = true;
        assert_eq!(line.place(None, false), message(1));
        assert_eq!(line.place(message(3), false), message(3));
    }
}

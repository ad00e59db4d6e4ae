//! Votes that nobody hears, or only half of the room.

use ting_core::gossip::message::Message;

use super::{Speech, Stage};

pub(super) fn twist(stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
    match speech.message {
        Message::Votes(_) if stage.random.chance(700) => Vec::new(),
        Message::Votes(_) => vec![Speech::to_half(stage.one_half(), speech.message)],
        _ => vec![speech],
    }
}

//! Greetings by a clock that is twenty seconds off, the same way every time.

use ting_core::{
    gossip::{
        greeting::{Hello, HelloContent},
        message::Message,
    },
    time::Timestamp,
};

use super::{Half, Speech, Stage};

const LIE_MS: u64 = 20_000;

pub(super) fn twist(stage: &mut Stage<'_>, mut speech: Speech) -> Vec<Speech> {
    let account = stage.identity.address();
    let [first, ..] = account.as_bytes();
    if let Message::Hello(hello) = &mut speech.message
        && let Ok(said) = hello.verify()
    {
        let sent_at = if Half::Even.holds(usize::from(*first)) {
            said.sent_at.plus_ms(LIE_MS)
        } else {
            Timestamp(said.sent_at.0.saturating_sub(LIE_MS))
        };
        let content = HelloContent {
            sent_at,
            ..said.clone()
        };
        **hello = Hello::sign(content, stage.identity.account_key());
    }
    vec![speech]
}

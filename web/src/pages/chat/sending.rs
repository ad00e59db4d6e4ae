//! What becomes of a draft that is sent off: a message, a payment to look at, a list of keys, or words about what is wrong.

use ting_core::{
    params::MAX_TEXT_BYTES,
    peer::{
        command::{Command, CommandResult},
        view::MemberView,
    },
};
use yew::prelude::*;

use super::spoken::{Spoken, mentions, understand};
use crate::{
    client::use_client,
    drafts::{Draft, Edit},
    overlays::{Overlay, PayRequest, use_overlays},
    store::{Tone, use_dispatch},
};

/// What is to be sent, where, and who hears of it.
pub struct Sending {
    /// Name of the channel, without `#`.
    pub channel: AttrValue,
    /// What was written, and what it answers.
    pub draft: Draft,
    /// True while the room takes messages.
    pub can_send: bool,
    /// People whom it may name.
    pub members: Vec<MemberView>,
    /// Changes the draft.
    pub edit: Callback<Edit>,
    /// Called when a message is on its way.
    pub on_sent: Callback<()>,
}

/// Sends the draft off.
#[hook]
pub fn use_send(sending: Sending) -> Callback<()> {
    let client = use_client();
    let overlays = use_overlays();
    let dispatch = use_dispatch();
    let Sending {
        channel,
        draft,
        can_send,
        members,
        edit,
        on_sent,
    } = sending;
    Callback::from(move |()| {
        if !can_send || draft.text.len() > MAX_TEXT_BYTES {
            return;
        }
        match understand(&draft.text, &members) {
            Spoken::Nothing => {}
            Spoken::Help => {
                edit.emit(Edit::Write(String::new()));
                overlays.show(Overlay::Shortcuts);
            }
            Spoken::Wrong(reason) => {
                if let Some(dispatch) = &dispatch {
                    dispatch.toast(Tone::Bad, reason);
                }
            }
            Spoken::Pay { to, amount_micro } => {
                edit.emit(Edit::Write(String::new()));
                overlays.show(Overlay::Pay(PayRequest {
                    to,
                    amount_micro: Some(amount_micro),
                    review: true,
                }));
            }
            Spoken::Message(text) => {
                let command = Command::Post {
                    channel: channel.to_string(),
                    mentions: mentions(&text, &members),
                    reply_to: draft.reply.as_ref().map(|reply| reply.id),
                    text,
                };
                client.submit(Command::Typing { channel: None });
                edit.emit(Edit::Send);
                on_sent.emit(());
                client.submit_then(command, back_when_refused(&edit, &draft));
            }
        }
    })
}

/// What was refused is not lost: it comes back into the composer.
fn back_when_refused(edit: &Callback<Edit>, draft: &Draft) -> Callback<CommandResult> {
    let (edit, draft) = (edit.clone(), draft.clone());
    Callback::from(move |result| {
        if matches!(result, CommandResult::Refused(_)) {
            edit.emit(Edit::TakeBack(draft.clone()));
        }
    })
}

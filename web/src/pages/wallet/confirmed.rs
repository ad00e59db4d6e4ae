//! What follows upon a summary that was confirmed, whatever it asks for.

use ting_core::peer::command::CommandResult;
use yew::Callback;

use crate::store::{Dispatch, Tone};

/// Takes the answer to a confirmed command: says `sent` and ends the summary, unless it was refused; then the summary stays.
pub fn confirmed(
    dispatch: Option<Dispatch>,
    sent: String,
    on_end: Callback<bool>,
) -> Callback<CommandResult> {
    Callback::from(move |result| {
        if matches!(result, CommandResult::Refused(_)) {
            return;
        }
        if let Some(dispatch) = &dispatch {
            dispatch.toast(Tone::Good, sent.clone());
        }
        on_end.emit(true);
    })
}

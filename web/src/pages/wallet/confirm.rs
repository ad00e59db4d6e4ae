//! The last look before something is signed, whatever it is.

use ting_core::peer::command::{Command, CommandResult};
use yew::prelude::*;

use crate::{
    client::use_signing,
    parts::dialog::Dialog,
    store::{Tone, use_dispatch},
};

/// What [`Confirm`] shows.
#[derive(PartialEq, Properties)]
pub struct ConfirmProps {
    /// What is to be done, as the dialog's heading.
    pub title: AttrValue,
    /// What it means for the person.
    pub children: Html,
    /// Words on the button that signs.
    pub action: AttrValue,
    /// Command that is submitted when the person says yes.
    pub command: Command,
    /// What is said once that is on its way.
    pub sent: AttrValue,
    /// Called when the dialog ends; true if the command was signed.
    pub on_end: Callback<bool>,
}

/// The dialog. It stays if what it asks for is refused, which is said elsewhere.
#[component]
pub fn Confirm(props: &ConfirmProps) -> Html {
    let signing = use_signing();
    let is_busy = signing.is_busy();
    let dispatch = use_dispatch();
    let cancel = props.on_end.reform(|()| false);
    let cancel_click = props.on_end.reform(|_: MouseEvent| false);
    let confirm = {
        let (command, sent, on_end) = (props.command.clone(), props.sent.clone(), props.on_end.clone());
        Callback::from(move |_: MouseEvent| {
            let (dispatch, sent, on_end) = (dispatch.clone(), sent.clone(), on_end.clone());
            let answered = Callback::from(move |result| {
                if matches!(result, CommandResult::Refused(_)) {
                    return;
                }
                if let Some(dispatch) = &dispatch {
                    dispatch.toast(Tone::Good, sent.to_string());
                }
                on_end.emit(true);
            });
            signing.sign(command.clone(), answered);
        })
    };
    html! {
        <Dialog title={props.title.clone()} on_close={cancel}>
            {props.children.clone()}
            <div class="actions">
                <button type="button" class="button" onclick={cancel_click}>{"Cancel"}</button>
                <button type="button" class="button primary" disabled={is_busy} onclick={confirm}>{props.action.clone()}</button>
            </div>
        </Dialog>
    }
}

//! A button that signs an own transaction anew that expired.

use ting_core::{
    crypto::hash::Hash,
    peer::command::{Command, CommandResult},
};
use yew::prelude::*;

use crate::client::use_signing;

/// What [`SendAgain`] needs.
#[derive(PartialEq, Properties)]
pub struct SendAgainProps {
    /// Id of the transaction that expired.
    pub id: Hash,
    /// Classes of the button.
    #[prop_or(classes!("text-button"))]
    pub class: Classes,
    /// Called with the id of the new transaction, once it is signed.
    #[prop_or_default]
    pub on_sent: Callback<Hash>,
}

/// A button that signs an expired transaction anew.
#[component]
pub fn SendAgain(props: &SendAgainProps) -> Html {
    let signing = use_signing();
    let is_busy = signing.is_busy();
    let onclick = {
        let (id, on_sent) = (props.id, props.on_sent.clone());
        Callback::from(move |_: MouseEvent| {
            let on_sent = on_sent.clone();
            let answered = Callback::from(move |result| {
                if let CommandResult::Sent(id) = result {
                    on_sent.emit(id);
                }
            });
            signing.sign(Command::SendAgain { id }, answered);
        })
    };
    html! { <button type="button" class={props.class.clone()} disabled={is_busy} {onclick}>{"Send again"}</button> }
}

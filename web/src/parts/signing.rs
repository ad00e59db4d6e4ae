//! Which device signs blocks and votes for the account, and the question whether this one shall.

use ting_core::peer::{
    command::{Command, CommandResult},
    view::{PulseView, SigningDevice},
};
use yew::prelude::*;

use crate::{client::use_client, store::use_slice};

/// What is to be said about the account's devices here.
#[hook]
pub fn use_signing_device() -> SigningDevice {
    use_slice::<PulseView>().map_or(SigningDevice::Nobody, |pulse| pulse.signing_device)
}

/// Says which device signs, and asks where another one does.
#[component]
pub fn SigningDeviceLine() -> Html {
    let device = use_signing_device();
    let client = use_client();
    let asked_at = use_state_eq(|| None::<SigningDevice>);
    let onclick = {
        let asked_at = asked_at.setter();
        Callback::from(move |_: MouseEvent| {
            asked_at.set(Some(device));
            let asked_at = asked_at.clone();
            let answered = Callback::from(move |result| {
                // Who was refused may ask again.
                if matches!(result, CommandResult::Refused(_)) {
                    asked_at.set(None);
                }
            });
            client.submit_then(Command::SignHere, answered);
        })
    };
    let (words, is_question) = match device {
        SigningDevice::Nobody => ("No device signs for you yet.", false),
        SigningDevice::Here => ("This device signs for you.", false),
        SigningDevice::ComingHere => (
            "This device was chosen to sign; another one of yours signs until it takes over.",
            false,
        ),
        SigningDevice::LeavingHere => (
            "Another device of yours was chosen to sign; this one signs until that takes over.",
            true,
        ),
        SigningDevice::Elsewhere => ("Another device of yours signs; this one only observes.", true),
    };
    html! {
        <p>{words}
            if is_question {
                {" "}<button class="text-button" disabled={*asked_at == Some(device)} {onclick}>{"Sign on this device from now on?"}</button>
            }
        </p>
    }
}

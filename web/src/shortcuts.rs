//! The list of all keys and commands, as a dialog.

use yew::prelude::*;

use crate::parts::dialog::Dialog;

const KEYS: [(&str, &str); 11] = [
    ("Ctrl K", "Go to a page, pay somebody, find a message or block"),
    ("Alt 1 … 5", "Chat, Wallet, Chain, Network, Settings"),
    ("/", "Write a message"),
    ("Enter", "Send (with a touch keyboard: a new line)"),
    ("Shift Enter", "New line"),
    ("@", "Mention somebody"),
    ("/pay @name 5", "Pay somebody from the chat"),
    ("/me waves", "Say what you do"),
    ("↑ ↓", "Walk through messages (when the list has the focus)"),
    ("Escape", "Close what is open"),
    ("?", "This list"),
];

/// What [`ShortcutsDialog`] needs.
#[derive(PartialEq, Properties)]
pub struct ShortcutsProps {
    /// Called to close the dialog.
    pub on_close: Callback<()>,
}

/// The list of all keys and commands.
#[component]
pub fn ShortcutsDialog(props: &ShortcutsProps) -> Html {
    html! {
        <Dialog title="Keyboard" on_close={props.on_close.clone()}>
            <dl class="keys">
                {KEYS.iter().map(|(keys, meaning)| html! {
                    <div key={*keys}><dt><kbd>{*keys}</kbd></dt><dd>{*meaning}</dd></div>
                }).collect::<Html>()}
            </dl>
        </Dialog>
    }
}

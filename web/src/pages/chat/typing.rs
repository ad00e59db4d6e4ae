//! Who is writing: others are told now and then that I am, and I am shown who else is.

use std::rc::Rc;

use ting_core::{
    crypto::keys::Address,
    peer::{command::Command, view::ChatView},
};
use yew::prelude::*;

use crate::{browser, client::use_client, parts::said::PersonName};

/// Others are told again that I write after so long.
const TOLD_EVERY_MS: u64 = 3_000;

/// Tells others now and then that I write.
#[hook]
pub fn use_typing(channel: AttrValue) -> Callback<bool> {
    let client = use_client();
    let told_at_ms = use_mut_ref(|| 0_u64);
    Callback::from(move |is_typing: bool| {
        let now_ms = browser::now_ms();
        if !is_typing {
            *told_at_ms.borrow_mut() = 0;
            client.submit(Command::Typing { channel: None });
        } else if now_ms.saturating_sub(*told_at_ms.borrow()) >= TOLD_EVERY_MS {
            *told_at_ms.borrow_mut() = now_ms;
            client.submit(Command::Typing {
                channel: Some(channel.to_string()),
            });
        }
    })
}

/// What [`Typing`] shows.
#[derive(PartialEq, Properties)]
pub struct TypingProps {
    /// The chat, which says who is typing where; none before it is known.
    pub view: Option<Rc<ChatView>>,
}

/// Who is writing. Its line is always there, so nothing jumps.
#[component]
pub fn Typing(props: &TypingProps) -> Html {
    let writing: Vec<Address> = props
        .view
        .iter()
        .flat_map(|view| view.members.iter().map(move |member| (member, &view.channel)))
        .filter(|(member, channel)| !member.me && member.typing_in.as_ref() == Some(*channel))
        .map(|(member, _)| member.account)
        .collect();
    let words = match *writing.as_slice() {
        [] => Html::default(),
        [one] => html! { <><PersonName account={one} />{" is writing…"}</> },
        [one, other] => {
            html! { <><PersonName account={one} />{" and "}<PersonName account={other} />{" are writing…"}</> }
        }
        _ => html! { {"Several people are writing…"} },
    };
    html! { <p class="typing">{words}</p> }
}

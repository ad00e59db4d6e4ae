//! The composer: grows with what is written, completes people, follows `/pay`.

use ting_core::{
    params::MAX_TEXT_BYTES,
    peer::view::{ChatView, MemberView, PulseView, WalletView},
};
use web_sys::{HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

use super::{
    field::{self, MAX_LETTERS, use_bounded_paste, use_focus},
    offered::{LIST_ID, Offer, use_offer},
    pressed::{Press, Pressed, pressed},
    sending::{Sending, use_send},
    typing::use_typing,
};
use crate::{
    amount::tng,
    browser,
    drafts::{Drafts, Edit, Reply},
    kept_drafts::use_edit,
    pages::wallet::means::Means,
    parts::{
        icon::{Icon, Symbol},
        listbox::option_id,
        said::{PersonName, Said},
    },
    store::{Session, use_slice},
};

/// So near its end, the room that is left for the message shows.
const WARN_BYTES: usize = 400;

/// What [`Composer`] needs.
#[derive(PartialEq, Properties)]
pub struct ComposerProps {
    /// Name of the channel, without `#`.
    pub channel: AttrValue,
    /// Called when a message is on its way.
    pub on_sent: Callback<()>,
}

/// The field in which messages are written, with all that helps with it.
#[component]
pub fn Composer(props: &ComposerProps) -> Html {
    let written = use_slice::<Drafts>().unwrap_or_default().of(&props.channel);
    let (draft, reply) = (written.text.clone(), written.reply.clone());
    let edit = use_edit(props.channel.clone());
    let node = use_node_ref();
    let members = use_slice::<ChatView>().map_or_else(Vec::<MemberView>::new, |view| view.members.clone());
    let can_send = use_can_send();
    let offer = use_offer(&draft, &node, &members, edit.clone());
    let end_reply = edit.reform(|()| Edit::Answer(None));
    let send = use_send(Sending {
        channel: props.channel.clone(),
        draft: written,
        can_send,
        members,
        edit: edit.clone(),
        on_sent: props.on_sent.clone(),
    });
    use_focus(&node, reply.clone());
    let onpaste = use_bounded_paste();
    let oninput = {
        let (tell_typing, on_write) = (use_typing(props.channel.clone()), offer.on_write.clone());
        Callback::from(move |event: InputEvent| {
            let (text, caret) = field::read(&event.target_unchecked_into::<HtmlTextAreaElement>());
            on_write.emit(caret);
            tell_typing.emit(!text.is_empty());
            edit.emit(Edit::Write(text));
        })
    };
    let onkeydown = keys(&offer, &send, &end_reply);
    let wallet = use_slice::<WalletView>();
    let is_offering = offer.list.count > 0;
    let marked = offer.list.chosen.filter(|_| is_offering);
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        send.emit(());
    });
    html! {
        <form class="composer" {onsubmit}>
            {offer.draw()}
            if let Some(reply) = &reply { {reply_line(reply, &end_reply)} }
            <div class="composer-row focus-frame">
                <textarea ref={node} aria-label="Message" rows={field::lines_of(&draft).to_string()} autocomplete="off"
                    maxlength={MAX_LETTERS.to_string()} placeholder={format!("Message #{}", props.channel)} value={draft.clone()}
                    role={is_offering.then_some("combobox")} aria-autocomplete="list" aria-haspopup="listbox"
                    aria-expanded={is_offering.then_some("true")} aria-controls={is_offering.then_some(LIST_ID)}
                    aria-activedescendant={marked.map(|place| option_id(LIST_ID, place))} {oninput} {onkeydown} {onpaste} />
                <button class="send" aria-label="Send" disabled={!can_send || draft.trim().is_empty() || draft.len() > MAX_TEXT_BYTES}>
                    <Icon symbol={Symbol::Send} />
                </button>
            </div>
            {hint(draft.len(), can_send, wallet.as_deref())}
        </form>
    }
}

/// Whether the room takes messages.
#[hook]
fn use_can_send() -> bool {
    let knows_network = use_slice::<PulseView>().is_some_and(|pulse| pulse.network.is_some());
    let is_open = use_slice::<Session>().is_some_and(|session| session.started().is_some());
    knows_network && is_open
}

fn keys(offer: &Offer, send: &Callback<()>, end_reply: &Callback<()>) -> Callback<KeyboardEvent> {
    let (list, on_mark, on_take) = (offer.list, offer.on_mark.clone(), offer.on_take.clone());
    let (on_close, send, end_reply) = (offer.on_close.clone(), send.clone(), end_reply.clone());
    Callback::from(move |event: KeyboardEvent| {
        if browser::is_composing(&event) {
            return;
        }
        let key = event.key();
        let press = Press {
            key: &key,
            is_shifted: event.shift_key(),
            is_touch: browser::is_touch(),
        };
        match pressed(press, list) {
            Pressed::Nothing => return,
            Pressed::Mark(place) => on_mark.emit(place),
            Pressed::Take(place) => on_take.emit(place),
            Pressed::Close => on_close.emit(()),
            Pressed::EndReply => end_reply.emit(()),
            Pressed::Send => send.emit(()),
        }
        event.prevent_default();
    })
}

fn reply_line(reply: &Reply, end_reply: &Callback<()>) -> Html {
    let end_reply = end_reply.clone();
    html! {
        <div class="reply-line">
            <Icon symbol={Symbol::Reply} />
            <PersonName account={reply.author} class="quote-author" />
            <Said text={reply.excerpt.clone()} class="quote-text" />
            <button type="button" class="icon-button" aria-label="Do not reply" onclick={move |_| end_reply.emit(())}><Icon symbol={Symbol::Close} /></button>
        </div>
    }
}

/// Why a draft of so many bytes cannot be sent, or what is worth knowing before it is.
fn hint(bytes: usize, can_send: bool, wallet: Option<&WalletView>) -> Html {
    let wallet = wallet.filter(|_| bytes > 0);
    let fee_micro = wallet.and_then(|wallet| Means::of(wallet).notable_message_fee_micro(bytes));
    let left = MAX_TEXT_BYTES.saturating_sub(bytes);
    html! {
        <p class="composer-hint" aria-live="polite">
            if bytes > MAX_TEXT_BYTES { <span class="wrong">{format!("{} bytes too long: send it in two.", bytes - MAX_TEXT_BYTES)}</span> }
            else if left < WARN_BYTES { {format!("{left} bytes left")} }
            else if !can_send && bytes > 0 { {"You can send as soon as the room's network is known."} }
            else if let Some(fee_micro) = fee_micro { {format!("This costs {}.", tng(fee_micro))} }
        </p>
    }
}

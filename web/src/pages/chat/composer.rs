//! The composer: grows with what is written, completes people, follows `/pay`.

use std::rc::Rc;

use ting_core::{
    params::MAX_TEXT_BYTES,
    peer::{
        command::{Command, CommandResult},
        view::{ChatView, MemberView, PulseView, WalletView},
    },
};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

use super::{
    pressed::{List, Press, Pressed, pressed},
    spoken::{Spoken, mention_in_work, mentions, understand},
};
use crate::{
    amount::{thousands, tng},
    browser,
    client::use_client,
    drafts::{Draft, Drafts, Edit, Reply, use_edit},
    frame::{Overlay, Overlays},
    pages::wallet::{PayRequest, means::Means},
    parts::{
        icon::Icon,
        identicon::Identicon,
        said::{PersonName, Said},
    },
    store::{Session, Tone, use_dispatch, use_slice},
};

/// Names offered at once.
const MAX_OFFERED: usize = 6;
/// Others are told again that I write after so long.
const TYPING_EVERY_MS: u64 = 3_000;
/// Letters that the field takes: more than one message holds, so that what is a little too long can be cut by who wrote it, and so few
/// that no key waits.
const MAX_LETTERS: usize = 4 * MAX_TEXT_BYTES;
/// So near its end, the room that is left for the message shows.
const WARN_BYTES: usize = 400;

/// What [`Composer`] needs.
#[derive(PartialEq, Properties)]
pub struct ComposerProps {
    /// Channel, without `#`.
    pub channel: AttrValue,
}

/// The composer.
#[component]
pub fn Composer(props: &ComposerProps) -> Html {
    let written = use_slice::<Drafts>().unwrap_or_default().of(&props.channel);
    let (draft, reply) = (written.text.clone(), written.reply.clone());
    let edit = use_edit(props.channel.clone());
    let caret = use_state_eq(|| 0_usize);
    let marked = use_state_eq(|| None::<usize>);
    let is_closed = use_state_eq(|| false);
    let node = use_node_ref();
    let view = use_slice::<ChatView>();
    let members: Rc<Vec<MemberView>> = Rc::new(view.map(|view| view.members.clone()).unwrap_or_default());
    let knows_network = use_slice::<PulseView>().is_some_and(|pulse| pulse.network.is_some());
    let is_open = use_slice::<Session>().is_some_and(|session| session.started().is_some());
    let can_send = knows_network && is_open;
    let end_reply = {
        let edit = edit.clone();
        Callback::from(move |()| edit.emit(Edit::Answer(None)))
    };
    let send = use_send(props, can_send, written, Rc::clone(&members), edit.clone());
    let offered = if *is_closed {
        Vec::new()
    } else {
        offer(&draft, *caret, &members)
    };
    let is_written_out = is_written_out(&draft, *caret, &members);
    let list = List {
        count: offered.len(),
        chosen: marked.or((!is_written_out).then_some(0)),
    };
    let choose = {
        let (draft, edit, node, caret) = (draft.clone(), edit.clone(), node.clone(), caret.clone());
        Callback::from(move |name: String| {
            if let Some((start, typed)) = mention_in_work(&draft, *caret) {
                let (before, rest) = draft.split_at(start);
                let after = rest.get(1 + typed.len()..).unwrap_or_default();
                let written = format!("{before}@{name} ");
                let place = written.chars().map(char::len_utf16).sum::<usize>();
                edit.emit(Edit::Write(format!("{written}{}", after.trim_start())));
                caret.set(written.len());
                if let Some(area) = node.cast::<HtmlTextAreaElement>() {
                    area.set_value(&format!("{written}{}", after.trim_start()));
                    let place = u32::try_from(place).ok();
                    let _ = area.set_selection_start(place);
                    let _ = area.set_selection_end(place);
                    let _ = area.focus();
                }
            }
        })
    };
    let tell_typing = use_typing(props.channel.clone());
    let oninput = {
        let (caret, marked, is_closed) = (caret.setter(), marked.setter(), is_closed.setter());
        Callback::from(move |event: InputEvent| {
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            let text = area.value();
            let units = area.selection_end().ok().flatten().unwrap_or_default() as usize;
            caret.set(byte_of_unit(&text, units));
            marked.set(None);
            is_closed.set(false);
            tell_typing.emit(!text.is_empty());
            edit.emit(Edit::Write(text));
        })
    };
    let onpaste = use_bounded_paste();
    let onkeydown = {
        let (names, marked, choose, send) =
            (names_of(&offered), marked.setter(), choose.clone(), send.clone());
        let (is_closed, end_reply) = (is_closed.setter(), end_reply.clone());
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
                Pressed::Mark(place) => marked.set(Some(place)),
                Pressed::Take(place) => names
                    .get(place)
                    .into_iter()
                    .for_each(|name| choose.emit(name.clone())),
                Pressed::Close => is_closed.set(true),
                Pressed::EndReply => end_reply.emit(()),
                Pressed::Send => send.emit(()),
            }
            event.prevent_default();
        })
    };
    use_effect_with((), {
        let node = node.clone();
        move |()| {
            // Who has just opened the page wants to write. With fingers, the keyboard would cover what is to be read first.
            let is_free = browser::focused().is_none_or(|element| element.tag_name() == "BODY");
            if let (true, false, Some(area)) =
                (is_free, browser::is_touch(), node.cast::<HtmlTextAreaElement>())
            {
                let _ = area.focus();
            }
        }
    });
    use_effect_with(reply.clone(), {
        let node = node.clone();
        move |reply| {
            if let (Some(_), Some(area)) = (reply, node.cast::<HtmlTextAreaElement>()) {
                let _ = area.focus();
            }
        }
    });
    let is_offering = !offered.is_empty();
    let lines =
        draft.lines().count().clamp(1, 8) + usize::from(draft.ends_with('\n') && draft.lines().count() < 8);
    let fee_micro = use_slice::<WalletView>()
        .filter(|_| !draft.is_empty())
        .and_then(|wallet| Means::of(&wallet).notable_message_fee_micro(draft.len()));
    let left = MAX_TEXT_BYTES.saturating_sub(draft.len());
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        send.emit(());
    });
    html! {
        <form class="composer" {onsubmit}>
            if is_offering { {offer_list(&offered, list.chosen, &choose)} }
            if let Some(reply) = &reply { {reply_line(reply, &end_reply)} }
            <div class="composer-row focus-frame">
                <textarea ref={node} aria-label="Message" rows={lines.to_string()} autocomplete="off"
                    maxlength={MAX_LETTERS.to_string()} placeholder={format!("Message #{}", props.channel)} value={draft.clone()}
                    role={is_offering.then_some("combobox")} aria-autocomplete="list" aria-haspopup="listbox"
                    aria-expanded={is_offering.then_some("true")} aria-controls={is_offering.then_some("offered")}
                    aria-activedescendant={list.chosen.filter(|_| is_offering).map(offer_id)} {oninput} {onkeydown} {onpaste} />
                <button class="send" aria-label="Send" disabled={!can_send || draft.trim().is_empty() || draft.len() > MAX_TEXT_BYTES}>
                    <Icon name="send" />
                </button>
            </div>
            <p class="composer-hint" aria-live="polite">
                if draft.len() > MAX_TEXT_BYTES { <span class="wrong">{format!("{} bytes too long: send it in two.", draft.len() - MAX_TEXT_BYTES)}</span> }
                else if left < WARN_BYTES { {format!("{left} bytes left")} }
                else if !can_send && !draft.is_empty() { {"You can send as soon as the room's network is known."} }
                else if let Some(fee_micro) = fee_micro { {format!("This costs {}.", tng(fee_micro))} }
            </p>
        </form>
    }
}

#[hook]
fn use_send(
    props: &ComposerProps,
    can_send: bool,
    draft: Draft,
    members: Rc<Vec<MemberView>>,
    edit: Callback<Edit>,
) -> Callback<()> {
    let client = use_client();
    let overlays = use_context::<Overlays>();
    let dispatch = use_dispatch();
    let channel = props.channel.clone();
    Callback::from(move |()| {
        if !can_send || draft.text.len() > MAX_TEXT_BYTES {
            return;
        }
        match understand(&draft.text, &members) {
            Spoken::Nothing => {}
            Spoken::Help => {
                edit.emit(Edit::Write(String::new()));
                if let Some(overlays) = &overlays {
                    overlays.show(Overlay::Shortcuts);
                }
            }
            Spoken::Wrong(reason) => {
                if let Some(dispatch) = &dispatch {
                    dispatch.toast(Tone::Bad, reason);
                }
            }
            Spoken::Pay { to, amount_micro } => {
                edit.emit(Edit::Write(String::new()));
                if let Some(overlays) = &overlays {
                    overlays.show(Overlay::Pay(PayRequest {
                        to,
                        amount_micro: Some(amount_micro),
                        review: true,
                    }));
                }
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
                let (edit, draft) = (edit.clone(), draft.clone());
                let answered = Callback::from(move |result| {
                    // What was refused is not lost: it comes back into the composer.
                    if matches!(result, CommandResult::Refused(_)) {
                        edit.emit(Edit::TakeBack(draft.clone()));
                    }
                });
                client.submit_then(command, answered);
            }
        }
    })
}

/// Refuses in words what is far too long, before the field takes it in.
#[hook]
fn use_bounded_paste() -> Callback<Event> {
    let dispatch = use_dispatch();
    Callback::from(move |event: Event| {
        let data = event
            .dyn_ref::<ClipboardEvent>()
            .and_then(ClipboardEvent::clipboard_data);
        let bytes = data
            .and_then(|data| data.get_data("text").ok())
            .map_or(0, |text| text.len());
        if bytes > MAX_LETTERS {
            event.prevent_default();
            if let Some(dispatch) = &dispatch {
                dispatch.toast(Tone::Bad, too_long(bytes));
            }
        }
    })
}

fn too_long(bytes: usize) -> String {
    format!(
        "Nothing was pasted: it has {} bytes, and a message holds {}.",
        thousands(bytes as u64),
        thousands(MAX_TEXT_BYTES as u64)
    )
}

/// Tells others now and then that I write.
#[hook]
fn use_typing(channel: AttrValue) -> Callback<bool> {
    let client = use_client();
    let told_at_ms = use_mut_ref(|| 0_u64);
    Callback::from(move |is_typing: bool| {
        let now_ms = browser::now_ms();
        if !is_typing {
            *told_at_ms.borrow_mut() = 0;
            client.submit(Command::Typing { channel: None });
        } else if now_ms.saturating_sub(*told_at_ms.borrow()) >= TYPING_EVERY_MS {
            *told_at_ms.borrow_mut() = now_ms;
            client.submit(Command::Typing {
                channel: Some(channel.to_string()),
            });
        }
    })
}

fn offer<'a>(draft: &str, caret: usize, members: &'a [MemberView]) -> Vec<&'a MemberView> {
    let Some((_, typed)) = mention_in_work(draft, caret) else {
        return Vec::new();
    };
    let typed = typed.to_lowercase();
    let fits = |member: &&MemberView| {
        let name = member.name.to_lowercase();
        !member.me && !name.is_empty() && name.starts_with(&typed) && name != typed.trim_end()
    };
    members.iter().filter(fits).take(MAX_OFFERED).collect()
}

/// Whether the name in work is somebody's as it stands, though others begin with it.
fn is_written_out(draft: &str, caret: usize, members: &[MemberView]) -> bool {
    mention_in_work(draft, caret).is_some_and(|(_, typed)| {
        let typed = typed.trim_end().to_lowercase();
        members.iter().any(|member| member.name.to_lowercase() == typed)
    })
}

fn names_of(offered: &[&MemberView]) -> Vec<String> {
    offered.iter().map(|member| member.name.clone()).collect()
}

fn offer_id(place: usize) -> String {
    format!("offered-{place}")
}

fn offer_list(offered: &[&MemberView], chosen: Option<usize>, choose: &Callback<String>) -> Html {
    html! {
        <ul id="offered" class="offered" role="listbox" aria-label="People">
            {offered.iter().enumerate().map(|(place, member)| {
                let (choose, name) = (choose.clone(), member.name.clone());
                html! {
                    <li key={member.account.to_string()} id={offer_id(place)} role="option" aria-selected={(Some(place) == chosen).to_string()}
                        onmousedown={move |event: MouseEvent| { event.prevent_default(); choose.emit(name.clone()); }}>
                        <Identicon account={member.account} class="small" /><Said text={member.name.clone()} />
                        <code class="quiet">{member.account.short()}</code>
                    </li>
                }
            }).collect::<Html>()}
        </ul>
    }
}

fn reply_line(reply: &Reply, end_reply: &Callback<()>) -> Html {
    let end_reply = end_reply.clone();
    html! {
        <div class="reply-line">
            <Icon name="reply" />
            <PersonName account={reply.author} class="quote-author" />
            <Said text={reply.excerpt.clone()} class="quote-text" />
            <button type="button" class="icon-button" aria-label="Do not reply" onclick={move |_| end_reply.emit(())}><Icon name="close" /></button>
        </div>
    }
}

/// Byte position of a position in UTF-16 units, as the browser counts.
fn byte_of_unit(text: &str, units: usize) -> usize {
    let mut passed = 0;
    for (byte, letter) in text.char_indices() {
        if passed >= units {
            return byte;
        }
        passed += letter.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_that_is_far_too_long_is_told_with_its_size() {
        let said = too_long(5_000_000);
        assert!(said.contains("5\u{2009}000\u{2009}000 bytes"), "{said}");
    }

    #[test]
    fn positions_of_the_browser_are_understood_beyond_ascii() {
        assert_eq!(byte_of_unit("aä😀b", 0), 0);
        assert_eq!(byte_of_unit("aä😀b", 2), 3);
        assert_eq!(byte_of_unit("aä😀b", 4), 7);
        assert_eq!(byte_of_unit("aä😀b", 9), 8);
    }
}

//! The backup words: shown on demand only, and the way back in with them.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::{
    bridge::ToWorker,
    browser,
    client::use_client,
    pages::chat::BACKED_UP_KEY,
    parts::{dialog::Dialog, icon::Icon},
    store::{Change, Words, use_dispatch, use_slice},
};

/// The card at the foot of the wallet.
#[component]
pub fn Backup() -> Html {
    let words = use_slice::<Words>();
    let client = use_client();
    let dispatch = use_dispatch();
    let is_restoring = use_state_eq(|| false);
    let show = {
        let client = client.clone();
        Callback::from(move |_: MouseEvent| client.post(&ToWorker::RevealWords))
    };
    let hide = Callback::from(move |()| {
        browser::remember(browser::lasting(), BACKED_UP_KEY, Some("yes"));
        dispatch
            .iter()
            .for_each(|dispatch| dispatch.0.dispatch(Change::HideWords));
    });
    let restore = {
        let is_restoring = is_restoring.setter();
        Callback::from(move |_: MouseEvent| is_restoring.set(true))
    };
    let end = {
        let is_restoring = is_restoring.setter();
        Callback::from(move |()| is_restoring.set(false))
    };
    html! {
        <section class="card-section backup" aria-labelledby="backup-title">
            <h2 id="backup-title"><Icon name="words" />{"Backup words"}</h2>
            <p>{"Twelve or more words are the key to your coins and your name. Whoever has them has both. Write them on paper; no screenshot, no mail."}</p>
            <div class="actions start">
                <button class="button" onclick={show}>{"Show words"}</button>
                <button class="button quiet" onclick={restore}>{"Use other words"}</button>
            </div>
            if let Some(words) = words { <WordsDialog words={words.0.clone()} on_close={hide} /> }
            if *is_restoring { <RestoreDialog on_close={end} /> }
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct WordsDialogProps {
    words: String,
    on_close: Callback<()>,
}

#[component]
fn WordsDialog(props: &WordsDialogProps) -> Html {
    let done = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <Dialog title="Your backup words" on_close={props.on_close.clone()}>
            <ol class="words-list" aria-label="Words">
                {props.words.split_whitespace().enumerate().map(|(place, word)| html! { <li key={place}>{word.to_owned()}</li> }).collect::<Html>()}
            </ol>
            <p class="hint">{"In this order. Keep them where nobody else looks."}</p>
            <div class="actions"><button class="button primary" onclick={done}>{"I wrote them down"}</button></div>
        </Dialog>
    }
}

#[derive(PartialEq, Properties)]
struct RestoreDialogProps {
    on_close: Callback<()>,
}

#[component]
fn RestoreDialog(props: &RestoreDialogProps) -> Html {
    let client = use_client();
    let node = use_node_ref();
    let onsubmit = {
        let (node, on_close) = (node.clone(), props.on_close.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(area) = node.cast::<HtmlTextAreaElement>() {
                client.post(&ToWorker::RestoreWords(area.value().trim().to_owned()));
                on_close.emit(());
            }
        })
    };
    html! {
        <Dialog title="Use other words" on_close={props.on_close.clone()}>
            <form class="form" {onsubmit}>
                <p>{"The account of these words takes the place of this one. Write down this one's words first, or its coins are lost."}</p>
                <textarea ref={node} class="field" rows="3" aria-label="Words" autocomplete="off" spellcheck="false" />
                <div class="actions"><button class="button danger">{"Replace this account"}</button></div>
            </form>
        </Dialog>
    }
}

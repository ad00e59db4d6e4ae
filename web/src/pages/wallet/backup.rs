//! The backup words: shown on demand only, and asked for again before they count as written down.

use ting_core::peer::view::WalletView;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{
    kept::{Kept, asked_places, first_wrong},
    restore::RestoreDialog,
};
use crate::{
    bridge::ToWorker,
    browser,
    client::use_client,
    parts::{
        dialog::Dialog,
        icon::{Icon, Symbol},
    },
    store::{Change, Tone, Words, use_dispatch, use_slice},
};

/// The card at the foot of the wallet.
#[component]
pub fn Backup() -> Html {
    let words = use_slice::<Words>();
    let account = use_slice::<WalletView>().map(|wallet| wallet.account);
    let client = use_client();
    let dispatch = use_dispatch();
    let is_restoring = use_state_eq(|| false);
    let show = Callback::from(move |_: MouseEvent| client.post(&ToWorker::RevealWords));
    let hide = Callback::from(move |is_checked: bool| {
        let Some(dispatch) = &dispatch else { return };
        if let (true, Some(account)) = (is_checked, &account) {
            Kept::Checked.remember(account);
            dispatch.toast(Tone::Good, "Your backup words are written down right.");
        }
        dispatch.0.dispatch(Change::HideWords);
    });
    let restore = {
        let is_restoring = is_restoring.setter();
        Callback::from(move |_: MouseEvent| is_restoring.set(true))
    };
    let end = {
        let is_restoring = is_restoring.setter();
        Callback::from(move |()| is_restoring.set(false))
    };
    let kept = account.as_ref().map_or(Kept::Unknown, Kept::of);
    html! {
        <section class="card-section backup" aria-labelledby="backup-title">
            <h2 id="backup-title"><Icon symbol={Symbol::Words} />{"Backup words"}</h2>
            <p>{"24 words are the key to your coins and your name. Whoever has them has both. Write them on paper; no screenshot, no mail."}</p>
            <p class="quiet">{match kept {
                Kept::Checked => "You wrote them down: some of them were asked for and right.",
                Kept::Unknown | Kept::Later => "They are not known to be written down yet.",
            }}</p>
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
    /// True if some of the words were asked for and right.
    on_close: Callback<bool>,
}

#[component]
fn WordsDialog(props: &WordsDialogProps) -> Html {
    let is_asking = use_state_eq(|| false);
    let ask = {
        let is_asking = is_asking.setter();
        Callback::from(move |_: MouseEvent| is_asking.set(true))
    };
    let show = {
        let is_asking = is_asking.setter();
        Callback::from(move |_: MouseEvent| is_asking.set(false))
    };
    html! {
        <Dialog title="Your backup words" on_close={props.on_close.reform(|()| false)}>
            if *is_asking {
                <Check words={props.words.clone()} on_right={props.on_close.reform(|()| true)} on_show={show} />
            } else {
                <ol class="words-list" aria-label="Words">
                    {props.words.split_whitespace().enumerate().map(|(place, word)| html! { <li key={place}>{word.to_owned()}</li> }).collect::<Html>()}
                </ol>
                <p class="hint">{"In this order. Keep them where nobody else looks."}</p>
                <div class="actions"><button class="button primary" onclick={ask}>{"I wrote them down"}</button></div>
            }
        </Dialog>
    }
}

#[derive(PartialEq, Properties)]
struct CheckProps {
    words: String,
    on_right: Callback<()>,
    on_show: Callback<MouseEvent>,
}

/// Asks for three of the words.
#[component]
fn Check(props: &CheckProps) -> Html {
    let wrong = use_state_eq(|| None::<usize>);
    let asked = use_memo((), |()| {
        let places = asked_places(props.words.split_whitespace().count(), browser::random_bytes());
        places.map(|place| (place, NodeRef::default()))
    });
    use_effect_with(asked.clone(), |asked| {
        if let Some(input) = asked
            .first()
            .and_then(|(_, node)| node.cast::<HtmlInputElement>())
        {
            let _ = input.focus();
        }
    });
    let onsubmit = {
        let (words, asked, wrong) = (props.words.clone(), asked.clone(), wrong.setter());
        let on_right = props.on_right.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let value = |node: &NodeRef| node.cast::<HtmlInputElement>().map(|input| input.value());
            let said: Vec<(usize, String)> = asked
                .iter()
                .map(|(place, node)| (*place, value(node).unwrap_or_default()))
                .collect();
            let words: Vec<&str> = words.split_whitespace().collect();
            match first_wrong(&words, &said) {
                None => on_right.emit(()),
                Some(place) => wrong.set(Some(place)),
            }
        })
    };
    html! {
        <form class="form" {onsubmit}>
            <p>{"Which words stand in these places on your paper?"}</p>
            {asked.iter().map(|(place, node)| {
                let title = format!("Word {}", place + 1);
                html! {
                    <label key={*place} class="label">{title.clone()}
                        <input ref={node} class="field" aria-label={title} autocomplete="off" autocapitalize="none"
                            spellcheck="false" aria-invalid={(*wrong == Some(*place)).to_string()} />
                    </label>
                }
            }).collect::<Html>()}
            <p class="field-note" role="alert">
                if let Some(place) = *wrong { <span class="wrong">{format!("Word {} is another one. Look at your paper, and at the words again if it says this.", place + 1)}</span> }
            </p>
            <div class="actions">
                <button type="button" class="button" onclick={props.on_show.clone()}>{"Show words again"}</button>
                <button class="button primary">{"Check"}</button>
            </div>
        </form>
    }
}

//! The way back in with backup words. What was typed stays until it has led to another account: one slip of a finger costs one word, not
//! twenty-four.

use ting_core::{
    crypto::{
        keys::{Address, SecretKey},
        words::{WORD_COUNT, Words, WordsError},
    },
    peer::view::WalletView,
};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::kept::Kept;
use crate::{
    bridge::ToWorker,
    client::use_client,
    parts::dialog::Dialog,
    store::{Tone, use_dispatch, use_slice},
};

/// Words that are offered in place of a wrong one.
const MAX_OFFERED: usize = 4;
/// The first letters of a word that nearly everybody gets right; four tell any two words of the list apart.
const SURE_LETTERS: usize = 3;

/// The account of these words, if it is another one than this.
///
/// # Errors
/// In words, what to look at.
fn account_of(text: &str, me: Option<Address>) -> Result<Address, String> {
    let words = Words::parse(text).map_err(|error| problem(error, text))?;
    let account = SecretKey::from_seed(words.to_seed()).address();
    if Some(account) == me {
        Err("These are the words of this account itself.".into())
    } else {
        Ok(account)
    }
}

fn problem(error: WordsError, text: &str) -> String {
    match error {
        WordsError::WrongCount { count } if count < WORD_COUNT => {
            format!("{count} of {WORD_COUNT} words are here.")
        }
        WordsError::WrongCount { count } => {
            format!("{count} words are here; a backup has {WORD_COUNT}.")
        }
        WordsError::UnknownWord { position } => {
            let word = Words::split(text).nth(position.saturating_sub(1)).unwrap_or_default();
            let near = near(word);
            let offer = if near.is_empty() {
                String::new()
            } else {
                format!(" Is it {}?", near.join(", or "))
            };
            format!("Word {position}, “{word}”, is none of a backup.{offer}")
        }
        WordsError::WrongChecksum => {
            "Each word is one of a backup, but they do not belong together: one is another word, or two changed places.".into()
        }
    }
}

/// Words that begin alike, the likest first.
fn near(word: &str) -> Vec<&'static str> {
    let word = word.to_lowercase();
    let beginning = |letters: usize| word.get(..letters).unwrap_or(&word);
    let (sure, likely) = (beginning(SURE_LETTERS), beginning(SURE_LETTERS + 1));
    let near = |is_likely: bool| {
        Words::beginning_with(sure).filter(move |other| other.starts_with(likely) == is_likely)
    };
    near(true).chain(near(false)).take(MAX_OFFERED).collect()
}

/// What [`RestoreDialog`] needs.
#[derive(PartialEq, Properties)]
pub struct RestoreDialogProps {
    /// Called to close the dialog.
    pub on_close: Callback<()>,
}

/// Asks for the words of another account, and whether those of this one are kept.
#[component]
pub fn RestoreDialog(props: &RestoreDialogProps) -> Html {
    let client = use_client();
    let dispatch = use_dispatch();
    let wallet = use_slice::<WalletView>();
    let me = wallet.as_deref().map(|wallet| wallet.account);
    let before = use_memo((), |()| me);
    let typed = use_state_eq(String::new);
    let wrong = use_state_eq(|| None::<String>);
    use_effect_with(me, {
        let (before, on_close) = (before.clone(), props.on_close.clone());
        move |me| {
            if let Some(me) = me.filter(|_| me != &*before) {
                let text = format!("It worked: you are {} now.", me.six_and_six());
                dispatch
                    .iter()
                    .for_each(|dispatch| dispatch.toast(Tone::Good, text.clone()));
                on_close.emit(());
            }
        }
    });
    let oninput = {
        let (typed, wrong) = (typed.setter(), wrong.setter());
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlTextAreaElement>().value());
            wrong.set(None);
        })
    };
    let onsubmit = {
        let (typed, wrong) = (typed.clone(), wrong.setter());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let account = account_of(&typed, me);
            if account.is_ok() {
                client.post(&ToWorker::RestoreWords(typed.to_string()));
            }
            wrong.set(account.err());
        })
    };
    let is_kept = me.as_ref().is_some_and(|me| Kept::of(me) == Kept::Checked);
    html! {
        <Dialog title="Use other words" on_close={props.on_close.clone()}>
            <form class="form" {onsubmit}>
                <p>{"The account of these words takes the place of this one, which only its own words bring back."}</p>
                <textarea class="field" rows="4" maxlength="2000" aria-label="Words" autofocus=true autocomplete="off" autocapitalize="none" spellcheck="false"
                    aria-invalid={wrong.is_some().to_string()} value={(*typed).clone()} {oninput} />
                <p class="field-note" role="alert">if let Some(wrong) = &*wrong { <span class="wrong">{wrong.clone()}</span> }</p>
                if is_kept {
                    <p class="hint">{"This account's words are written down, as you have shown here."}</p>
                } else {
                    <label class="choice"><input type="checkbox" required=true />{"I have this account's words on paper, or can do without its coins"}</label>
                }
                <div class="actions"><button class="button danger">{"Replace this account"}</button></div>
            </form>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> String {
        Words::from_seed(&[7; 32]).to_string()
    }

    fn account() -> Address {
        SecretKey::from_seed([7; 32]).address()
    }

    #[test]
    fn words_lead_to_their_account_unless_it_is_this_one() {
        assert_eq!(account_of(&text(), None), Ok(account()));
        assert!(account_of(&text(), Some(account())).is_err());
    }

    #[test]
    fn a_mistyped_word_is_named_as_it_was_typed_with_words_that_begin_alike() {
        let right = text();
        let fifth = right.split(' ').nth(4).unwrap();
        let mistyped = format!("{fifth}x");
        let wrong = right.replacen(fifth, &mistyped, 1);
        let numbered: String = (1..)
            .zip(wrong.split(' '))
            .map(|(place, word)| format!("{place}. {word}\n"))
            .collect();
        for text in [wrong, numbered] {
            let said = account_of(&text, None).unwrap_err();
            assert!(said.contains(&mistyped) && said.contains(fifth), "{said}");
        }
    }

    #[test]
    fn too_few_words_strangers_and_words_in_another_order_are_told_apart() {
        let right = text();
        let (short, _) = right.rsplit_once(' ').unwrap();
        assert!(account_of(short, None).unwrap_err().starts_with("23 of 24"));
        assert!(
            account_of(&format!("{right} zoo"), None)
                .unwrap_err()
                .starts_with("25 words")
        );
        let (first, rest) = right.split_once(' ').unwrap();
        let turned = format!("{rest} {first}");
        assert!(account_of(&turned, None).unwrap_err().contains("changed places"));
        let foreign = right.replacen(first, "größe", 1);
        assert!(account_of(&foreign, None).unwrap_err().contains("“größe”"));
    }
}

//! Short notices. They go by themselves; bad ones stay until they are put away.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::icon::{Icon, Symbol};
use crate::store::{Change, Toast, Toasts, Tone, use_dispatch, use_slice};

/// How long a notice shows.
const SHOWN_MS: u32 = 5_000;
/// How long a refusal shows.
const BAD_SHOWN_MS: u32 = 12_000;

/// All notices, one above the other.
#[component]
pub fn Toaster() -> Html {
    let toasts = use_slice::<Toasts>();
    html! {
        <div class="toaster" role="status" aria-live="polite">
            {for toasts.iter().flat_map(|toasts| toasts.0.iter()).map(|toast| html! {
                <ToastLine key={toast.id} toast={toast.clone()} />
            })}
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct ToastLineProps {
    toast: Toast,
}

#[component]
fn ToastLine(props: &ToastLineProps) -> Html {
    let dispatch = use_dispatch();
    let id = props.toast.id;
    let drop_it = Callback::from(move |()| {
        if let Some(dispatch) = &dispatch {
            dispatch.0.dispatch(Change::DropToast(id));
        }
    });
    use_effect_with(id, {
        let drop_it = drop_it.clone();
        let shown_ms = if props.toast.tone == Tone::Bad {
            BAD_SHOWN_MS
        } else {
            SHOWN_MS
        };
        move |_| {
            let timeout = Timeout::new(shown_ms, move || drop_it.emit(()));
            move || drop(timeout)
        }
    });
    let (tone, symbol) = match props.toast.tone {
        Tone::Plain => ("plain", Symbol::Chat),
        Tone::Good => ("good", Symbol::Check),
        Tone::Bad => ("bad", Symbol::Warning),
    };
    html! {
        <div class={classes!("toast", tone)}>
            <Icon {symbol} />
            <span>{props.toast.text.clone()}</span>
            <button class="icon-button" aria-label="Put away" onclick={move |_| drop_it.emit(())}><Icon symbol={Symbol::Close} /></button>
        </div>
    }
}

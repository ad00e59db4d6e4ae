//! A modal dialog: the browser traps the focus in it, Escape closes it, and the focus goes back to where it was.

use gloo_events::EventListener;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::browser;

/// What [`Dialog`] shows.
#[derive(PartialEq, Properties)]
pub struct DialogProps {
    /// Its name and heading.
    pub title: AttrValue,
    /// Escape, the cross, or a click beside it.
    pub on_close: Callback<()>,
    /// More classes.
    #[prop_or_default]
    pub class: Classes,
    /// No heading and no cross: the content is all there is.
    #[prop_or_default]
    pub bare: bool,
    /// The content.
    pub children: Html,
}

/// A modal dialog.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    use_effect_with((), {
        let (node, on_close) = (node.clone(), props.on_close.clone());
        move |()| {
            let before = browser::focused();
            let dialog = node.cast::<HtmlDialogElement>();
            let listener = dialog.as_ref().map(|dialog| {
                let _ = dialog.show_modal();
                if dialog.query_selector("[autofocus]").ok().flatten().is_none() {
                    // Otherwise the cross would have it, as if closing were what the dialog asks for.
                    let _ = dialog.focus();
                }
                let options = gloo_events::EventListenerOptions::enable_prevent_default();
                EventListener::new_with_options(dialog, "cancel", options, move |event| {
                    event.prevent_default();
                    on_close.emit(());
                })
            });
            move || {
                drop(listener);
                // While the dialog is modal, nothing outside of it can take the focus.
                if let Some(dialog) = dialog {
                    dialog.close();
                }
                if let Some(before) = before {
                    let _ = before.focus();
                }
            }
        }
    });
    let close = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| on_close.emit(()))
    };
    let beside = {
        let (node, on_close) = (node.clone(), props.on_close.clone());
        Callback::from(move |event: MouseEvent| {
            if event
                .target_dyn_into::<HtmlDialogElement>()
                .is_some_and(|target| node.get().is_some_and(|node| node == ***target))
            {
                on_close.emit(());
            }
        })
    };
    html! {
        <dialog ref={node} tabindex="-1" class={classes!("dialog", props.class.clone())} aria-label={props.title.clone()} onclick={beside}>
            <div class="dialog-body">
                if !props.bare {
                    <header class="dialog-head">
                        <h2>{props.title.clone()}</h2>
                        <button class="icon-button" aria-label="Close" onclick={close}>
                            <super::icon::Icon name="close" />
                        </button>
                    </header>
                }
                {props.children.clone()}
            </div>
        </dialog>
    }
}

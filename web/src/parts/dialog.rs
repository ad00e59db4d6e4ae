//! A modal dialog: the browser traps the focus in it, Escape and Back close it, and the focus goes back to where it was. Notices show
//! and are heard in it, because nothing outside of it is.

use gloo_events::EventListener;
use web_sys::{Element, HtmlDialogElement, PointerEvent};
use yew::prelude::*;

use super::{
    back::Step,
    icon::{Icon, Symbol},
    toast::Toaster,
};
use crate::browser;

/// What [`Dialog`] shows.
#[derive(PartialEq, Properties)]
pub struct DialogProps {
    /// Name of the dialog, and its heading.
    pub title: AttrValue,
    /// Called to close it: by Escape, Back, the cross, or a click beside it.
    pub on_close: Callback<()>,
    /// More classes of the dialog.
    #[prop_or_default]
    pub class: Classes,
    /// No heading and no cross: the content is all there is.
    #[prop_or_default]
    pub bare: bool,
    /// What stands below the heading.
    pub children: Html,
}

/// A modal dialog over the page.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    use_effect_with((), {
        let (node, on_close) = (node.clone(), props.on_close.clone());
        move |()| {
            let before = browser::focused();
            let step = Step::take(on_close.clone());
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
                drop((listener, step));
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
    // Who selects text and lets go outside does not mean to close.
    let is_pressed_beside = use_mut_ref(|| false);
    let onpointerdown = {
        let (node, is_pressed_beside) = (node.clone(), is_pressed_beside.clone());
        Callback::from(move |event: PointerEvent| *is_pressed_beside.borrow_mut() = is_beside(&node, &event))
    };
    let onclick = {
        let (node, on_close) = (node.clone(), props.on_close.clone());
        Callback::from(move |event: MouseEvent| {
            if is_pressed_beside.take() && is_beside(&node, &event) {
                on_close.emit(());
            }
        })
    };
    html! {
        <dialog ref={node} tabindex="-1" class={classes!("dialog", props.class.clone())} aria-label={props.title.clone()} {onpointerdown} {onclick}>
            <div class="dialog-body">
                if !props.bare {
                    <header class="dialog-head">
                        <h2>{props.title.clone()}</h2>
                        <button class="icon-button" aria-label="Close" onclick={close}>
                            <Icon symbol={Symbol::Close} />
                        </button>
                    </header>
                }
                {props.children.clone()}
            </div>
            <Toaster />
        </dialog>
    }
}

/// Whether a pointer is on the shade around the dialog, which belongs to the dialog's element.
fn is_beside(dialog: &NodeRef, event: &MouseEvent) -> bool {
    let Some(dialog) = dialog.cast::<Element>() else {
        return false;
    };
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    let area = dialog.get_bounding_client_rect();
    let is_inside = (area.left()..=area.right()).contains(&x) && (area.top()..=area.bottom()).contains(&y);
    event
        .target_dyn_into::<Element>()
        .is_some_and(|target| target == dialog)
        && !is_inside
}

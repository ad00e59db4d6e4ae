//! A link to a page. Its address carries the room, so that it opens in a new tab as well.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    browser,
    route::Route,
    store::{Session, use_slice},
};

/// What [`PageLink`] shows.
#[derive(PartialEq, Properties)]
pub struct PageLinkProps {
    /// Page that it leads to.
    pub to: Route,
    /// Classes of the link.
    #[prop_or_default]
    pub class: Classes,
    /// True if this page shows now.
    #[prop_or_default]
    pub current: bool,
    /// Name, if the content is no text.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    /// More about it than its name.
    #[prop_or_default]
    pub about: Option<AttrValue>,
    /// Reached by the Tab key: `-1` keeps it out, where the same is in a menu.
    #[prop_or_default]
    pub tabindex: Option<AttrValue>,
    /// What the link shows.
    pub children: Html,
}

/// A link to a page of the app, which keeps the room in the address.
#[component]
pub fn PageLink(props: &PageLinkProps) -> Html {
    let navigator = use_navigator();
    let session = use_slice::<Session>();
    let fragment = session
        .as_deref()
        .and_then(Session::started)
        .map(|started| started.fragment.clone());
    let fragment = fragment.unwrap_or_else(browser::fragment);
    let number_sign = if fragment.is_empty() { "" } else { "#" };
    let href = format!(
        "{}{}{number_sign}{fragment}",
        props.to.to_path(),
        browser::query()
    );
    let onclick = {
        let to = props.to.clone();
        Callback::from(move |event: MouseEvent| {
            let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0;
            if let (false, Some(navigator)) = (elsewhere, &navigator) {
                event.prevent_default();
                navigator.push(&to);
            }
        })
    };
    html! {
        <a class={props.class.clone()} {href} aria-current={props.current.then_some("page")} aria-label={props.label.clone()} title={props.about.clone()} tabindex={props.tabindex.clone()} {onclick}>
            {props.children.clone()}
        </a>
    }
}

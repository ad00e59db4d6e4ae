//! What stands where there is nothing yet.

use yew::prelude::*;

use super::icon::{Icon, Symbol};

/// What [`Empty`] shows.
#[derive(PartialEq, Properties)]
pub struct EmptyProps {
    /// Icon above the words.
    pub symbol: Symbol,
    /// What there is none of here.
    pub title: AttrValue,
    /// What to do, or why.
    #[prop_or_default]
    pub children: Html,
}

/// An empty place that says why it is empty.
#[component]
pub fn Empty(props: &EmptyProps) -> Html {
    html! {
        <div class="empty">
            <Icon symbol={props.symbol} />
            <p class="empty-title">{props.title.clone()}</p>
            <div class="empty-text">{props.children.clone()}</div>
        </div>
    }
}

/// What [`Skeleton`] shows.
#[derive(PartialEq, Properties)]
pub struct SkeletonProps {
    /// Number of grey rows.
    #[prop_or(4)]
    pub rows: u32,
}

/// Grey rows in place of what is loading; the style shows them only after 300 ms.
#[component]
pub fn Skeleton(props: &SkeletonProps) -> Html {
    html! {
        <div class="skeleton" aria-hidden="true">
            {(0..props.rows).map(|row| html! { <div key={row} class="skeleton-row"></div> }).collect::<Html>()}
        </div>
    }
}

//! The field that finds a block by its height or hash.

use std::rc::Rc;

use ting_core::peer::view::{BlockStatus, BlockView, ChainView};
use web_sys::HtmlInputElement;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    parts::icon::{Icon, Symbol},
    route::Route,
    store::{Tone, use_dispatch},
};

/// What [`BlockSearch`] searches.
#[derive(PartialEq, Properties)]
pub struct BlockSearchProps {
    /// The chain page's view, whose blocks are searched.
    pub view: Rc<ChainView>,
}

/// Finds a block by height or hash.
#[component]
pub fn BlockSearch(props: &BlockSearchProps) -> Html {
    let node = use_node_ref();
    let navigator = use_navigator();
    let dispatch = use_dispatch();
    let onsubmit = {
        let (node, view) = (node.clone(), Rc::clone(&props.view));
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let typed = node
                .cast::<HtmlInputElement>()
                .map(|input| input.value())
                .unwrap_or_default();
            let wanted: String = typed
                .trim()
                .to_lowercase()
                .chars()
                .filter(|letter| !letter.is_whitespace())
                .collect();
            let in_view = view.blocks.iter().filter(|block| names_block(block, &wanted));
            let found = in_view.max_by_key(|block| block.status != BlockStatus::Side);
            let hash = found.map(|block| block.hash).or_else(|| wanted.parse().ok());
            match (hash, &navigator) {
                (Some(hash), Some(navigator)) => navigator.push(&Route::Block {
                    hash: hash.to_string(),
                }),
                _ if wanted.is_empty() => {}
                _ => dispatch.iter().for_each(|dispatch| {
                    dispatch.toast(
                        Tone::Plain,
                        "No such block among the newest. Older ones are found by their whole hash.",
                    );
                }),
            }
        })
    };
    html! {
        <form class="search focus-frame" role="search" {onsubmit}>
            <Icon symbol={Symbol::Search} />
            <input ref={node} aria-label="Find block" placeholder="Height or hash" autocomplete="off" spellcheck="false" />
        </form>
    }
}

/// A height names its block wholly, a hash by its beginning.
pub fn names_block(block: &BlockView, wanted: &str) -> bool {
    block.height.to_string() == wanted || (wanted.len() >= 6 && block.hash.to_string().starts_with(wanted))
}

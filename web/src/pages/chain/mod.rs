//! The chain: the live tree of blocks, one block or transaction in detail, the block to come, and what was reorganised.

mod detail;
mod layout;
mod lists;
mod transaction;
mod tree;
mod words;

use std::rc::Rc;

use ting_core::{crypto::hash::Hash, peer::view::ChainView};
use web_sys::HtmlInputElement;
use yew::prelude::*;
use yew_router::prelude::*;

pub use self::transaction::TransactionPage;
use self::{
    detail::BlockPanel,
    lists::{Mempool, Reorgs},
    tree::Tree,
};
use crate::{
    amount::{thousands, tng},
    bridge::Watch,
    client::use_watch,
    palette::names_block,
    parts::{empty::Skeleton, icon::Icon, key::HashText},
    route::Route,
    store::{Tone, use_dispatch, use_slice},
};

/// What [`ChainPage`] shows.
#[derive(PartialEq, Properties)]
pub struct ChainPageProps {
    /// Hash of the block whose details show.
    #[prop_or_default]
    pub block: Option<AttrValue>,
}

/// The chain page.
#[component]
pub fn ChainPage(props: &ChainPageProps) -> Html {
    use_watch(Watch::Chain);
    let newest = use_slice::<ChainView>();
    let frozen = use_state_eq(|| None::<Rc<ChainView>>);
    let Some(view) = newest else {
        return html! { <div class="chain column wide"><h1 class="page-title">{"Chain"}</h1><Skeleton rows={6} /></div> };
    };
    let shown = (*frozen).clone().unwrap_or_else(|| Rc::clone(&view));
    let on_pause = {
        let (frozen, view) = (frozen.clone(), Rc::clone(&view));
        Callback::from(move |()| {
            frozen.set(if frozen.is_some() {
                None
            } else {
                Some(Rc::clone(&view))
            })
        })
    };
    let selected = props.block.as_ref().and_then(|hash| hash.parse::<Hash>().ok());
    html! {
        <div class="chain column wide" data-head={view.head.to_string()} data-state-root={view.state_root.to_string()}
            data-supply={view.supply_micro.to_string()} data-fund={view.fund_micro.to_string()}>
            <header class="page-head plain">
                <h1 class="page-title">{"Chain"}</h1><span class="spacer"></span><BlockSearch view={Rc::clone(&view)} />
            </header>
            <Tree view={shown} {selected} is_paused={frozen.is_some()} {on_pause} />
            if let Some(hash) = &props.block { <BlockPanel hash={hash.clone()} /> }
            <div class="chain-grid">
                <Mempool view={Rc::clone(&view)} />
                <section class="card-section state">
                    <h2>{"State"}</h2>
                    <dl class="facts">
                        <div><dt>{"Head"}</dt><dd><HashText hash={view.head} /></dd></div>
                        <div><dt>{"Justified"}</dt><dd><HashText hash={view.justified} /></dd></div>
                        <div><dt>{"Final"}</dt><dd><HashText hash={view.final_block} /></dd></div>
                        <div><dt>{"State root"}</dt><dd><HashText hash={view.state_root} /></dd></div>
                        <div><dt>{"Term"}</dt><dd>{thousands(view.term)}</dd></div>
                        <div><dt>{"Accounts"}</dt><dd>{thousands(view.accounts)}</dd></div>
                        <div><dt>{"Supply"}</dt><dd class="amount">{tng(view.supply_micro)}</dd></div>
                        <div><dt>{"In the fund"}</dt><dd class="amount">{tng(view.fund_micro)}</dd></div>
                    </dl>
                </section>
                <Reorgs view={Rc::clone(&view)} />
            </div>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct BlockSearchProps {
    view: Rc<ChainView>,
}

/// Finds a block by height or hash.
#[component]
fn BlockSearch(props: &BlockSearchProps) -> Html {
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
            let found = in_view.max_by_key(|block| block.status != ting_core::peer::view::BlockStatus::Side);
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
            <Icon name="search" />
            <input ref={node} aria-label="Find block" placeholder="Height or hash" autocomplete="off" spellcheck="false" />
        </form>
    }
}

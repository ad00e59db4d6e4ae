//! The chain: the live tree of blocks, one block or transaction in detail, the block to come, and what was reorganised.

mod detail;
mod layout;
mod lists;
mod node;
mod pan;
mod search;
mod transaction;
mod tree;
mod words;

use std::rc::Rc;

use ting_core::{crypto::hash::Hash, peer::view::ChainView};
use yew::prelude::*;

use self::{
    detail::BlockPanel,
    lists::{mempool, reorgs},
    search::BlockSearch,
    tree::Tree,
};
pub use self::{search::names_block, transaction::TransactionPage};
use crate::{
    amount::{thousands, tng},
    bridge::Watch,
    client::use_watch,
    parts::{empty::Skeleton, key::HashText},
    store::use_slice,
};

/// What [`ChainPage`] shows.
#[derive(PartialEq, Properties)]
pub struct ChainPageProps {
    /// Hash of the block whose details show.
    #[prop_or_default]
    pub block: Option<AttrValue>,
}

/// The chain page: the tree of blocks, what waits, and the details of one block.
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
                {mempool(&view)}
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
                {reorgs(&view)}
            </div>
        </div>
    }
}

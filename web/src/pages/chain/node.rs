//! A block of the tree as it is drawn: shape and size say what it is.

use ting_core::peer::view::BlockStatus;
use yew::prelude::*;
use yew_router::prelude::*;

use super::layout::Placed;
use crate::{
    pulse::{status_word, status_words},
    route::Route,
    when,
};

/// The line from a block to its parent.
pub fn edge(placed: &Placed) -> Option<Html> {
    let (from_x, from_y) = placed.parent?;
    let (x, y) = (placed.x, placed.y);
    let middle = from_x + (x - from_x) / 2;
    let class = classes!(
        "edge",
        (placed.block.status == BlockStatus::Side).then_some("side")
    );
    Some(
        html! { <path key={format!("edge-{}", placed.block.hash)} {class} d={format!("M{from_x} {from_y}C{middle} {from_y} {middle} {y} {x} {y}")} /> },
    )
}

/// The shape of a state: colour is never all there is. Weight is size.
pub fn shape(status: BlockStatus, size: i64) -> Html {
    let width = (size * 2).to_string();
    match status {
        BlockStatus::Final | BlockStatus::Chain => html! { <circle class="shape" r={size.to_string()} /> },
        BlockStatus::Justified => {
            html! { <path class="shape" d={format!("M0 -{0}L{0} 0L0 {0}L-{0} 0z", size + 2)} /> }
        }
        BlockStatus::Side => html! {
            <rect class="shape" x={format!("-{size}")} y={format!("-{size}")} width={width.clone()} height={width} rx="2" />
        },
    }
}

/// What [`Node`] shows.
#[derive(PartialEq, Properties)]
pub struct NodeProps {
    /// The block and its place.
    pub placed: Placed,
    /// True if it is the newest block of the chosen chain.
    pub is_head: bool,
    /// True if its details show.
    pub is_selected: bool,
}

/// A block, which opens by a click.
#[component]
pub fn Node(props: &NodeProps) -> Html {
    let navigator = use_navigator();
    let Placed { block, x, y, .. } = &props.placed;
    let size = (11 - 2 * i64::from(block.level)).max(4);
    let onclick = {
        let hash = block.hash.to_string();
        Callback::from(move |_: MouseEvent| {
            if let Some(navigator) = &navigator {
                navigator.push(&Route::Block { hash: hash.clone() });
            }
        })
    };
    let class = classes!(
        "node",
        status_word(block.status),
        props.is_head.then_some("head"),
        props.is_selected.then_some("selected"),
    );
    let title = format!(
        "Block {}, slot {}, {}, {} transactions, {}",
        block.height,
        block.slot,
        status_words(block.status),
        block.transactions,
        when::clock(block.time_ms)
    );
    html! {
        <g {class} transform={format!("translate({x} {y})")} {onclick} data-block={block.hash.to_string()}>
            <title>{title}</title>
            <circle class="halo" r="17" />
            {shape(block.status, size)}
            if block.transactions > 0 { <circle class="filled" r="2.5" /> }
            <text class="height" y="28">{block.height}</text>
        </g>
    }
}

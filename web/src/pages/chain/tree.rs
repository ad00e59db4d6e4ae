//! The tree as a drawing that follows the head, and can be moved, zoomed and paused.

use std::rc::Rc;

use ting_core::{
    crypto::hash::Hash,
    peer::view::{BlockStatus, ChainView},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use super::{
    layout::{LANE, place},
    node::{Node, edge, shape},
    pan::{self, use_pan},
};
use crate::{
    parts::icon::{Icon, Symbol},
    pulse::{status_word, status_words},
};

/// Empty space around the tree, in pixels.
const MARGIN: i64 = 48;

/// What [`Tree`] shows.
#[derive(PartialEq, Properties)]
pub struct TreeProps {
    /// The chain page's view, whose blocks are drawn.
    pub view: Rc<ChainView>,
    /// Hash of the block whose details show.
    pub selected: Option<Hash>,
    /// True while new blocks are not drawn.
    pub is_paused: bool,
    /// Called to pause the drawing, or to go on.
    pub on_pause: Callback<()>,
}

/// The tree of blocks as a drawing that can be moved and zoomed.
#[component]
pub fn Tree(props: &TreeProps) -> Html {
    let node = use_node_ref();
    let width = use_width(&node);
    let pan = use_pan();
    let placed = use_memo(Rc::clone(&props.view), |view| place(&view.blocks));
    let head_x = placed
        .iter()
        .filter(|placed| placed.block.hash == props.view.head)
        .map(|placed| placed.x)
        .next()
        .unwrap_or_default();
    let lanes = placed.iter().map(|placed| placed.y).max().unwrap_or_default() / LANE + 1;
    let height = (MARGIN * 2 + LANE * (lanes - 1)).clamp(150, 320);
    let shift_x = width - MARGIN * 2 - head_x * pan.zoom / 100 + pan.moved.0;
    let shift_y = MARGIN + pan.moved.1;
    let follow = {
        let (reset, is_paused, on_pause) = (pan.reset.clone(), props.is_paused, props.on_pause.clone());
        Callback::from(move |_: MouseEvent| {
            reset.emit(());
            if is_paused {
                on_pause.emit(());
            }
        })
    };
    let pause = props.on_pause.reform(|_: MouseEvent| ());
    let (closer, further) = (
        pan.zoom_by.reform(|_: MouseEvent| pan::STEP),
        pan.zoom_by.reform(|_: MouseEvent| -pan::STEP),
    );
    let is_following = pan.moved == (0, 0) && !props.is_paused;
    html! {
        <section class="tree" aria-label="Tree of blocks">
            <svg ref={node} class="tree-drawing" height={height.to_string()} tabindex="0" role="group"
                aria-label="Newest blocks. Arrow keys move, plus and minus zoom."
                onwheel={pan.onwheel} onpointerdown={pan.onpointerdown} onpointermove={pan.onpointermove} onpointerup={pan.let_go.clone()}
                onpointerleave={pan.let_go} onkeydown={pan.onkeydown}>
                <g transform={format!("translate({shift_x} {shift_y}) scale({}.{:02})", pan.zoom / 100, pan.zoom % 100)}>
                    {placed.iter().filter_map(edge).collect::<Html>()}
                    {placed.iter().map(|placed| html! {
                        <Node key={placed.block.hash.to_string()} placed={placed.clone()} is_head={placed.block.hash == props.view.head}
                            is_selected={props.selected == Some(placed.block.hash)} />
                    }).collect::<Html>()}
                </g>
            </svg>
            <footer class="tree-foot">
            <ul class="legend" aria-label="Legend">
                {[BlockStatus::Final, BlockStatus::Justified, BlockStatus::Chain, BlockStatus::Side].into_iter().map(|status| html! {
                    <li key={status_word(status)}>
                        <svg viewBox="-12 -12 24 24" class={classes!("node", status_word(status))} aria-hidden="true">{shape(status, 8)}</svg>
                        {status_words(status)}
                    </li>
                }).collect::<Html>()}
            </ul>
            <div class="tree-tools">
                <button class="icon-button" aria-label="Zoom in" onclick={closer}><Icon symbol={Symbol::Plus} /></button>
                <button class="icon-button" aria-label="Zoom out" onclick={further}><Icon symbol={Symbol::Minus} /></button>
                <button class="icon-button" aria-label={if props.is_paused { "Go on" } else { "Pause" }} aria-pressed={props.is_paused.to_string()} onclick={pause}>
                    <Icon symbol={if props.is_paused { Symbol::Play } else { Symbol::Pause }} /></button>
                <button class="button quiet" disabled={is_following} onclick={follow}>{"Follow"}</button>
            </div>
            </footer>
        </section>
    }
}

/// The width of an element in pixels, as it changes.
#[hook]
fn use_width(node: &NodeRef) -> i64 {
    let width = use_state_eq(|| 800_i64);
    let (node, setter) = (node.clone(), width.setter());
    use_effect_with((), move |()| {
        let element = node.cast::<Element>();
        let changed = Closure::<dyn Fn()>::new({
            let element = element.clone();
            move || {
                if let Some(element) = &element {
                    setter.set(element.get_bounding_client_rect().width() as i64);
                }
            }
        });
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
        }
        move || {
            observer.iter().for_each(ResizeObserver::disconnect);
            drop(changed);
        }
    });
    *width
}

//! The tree as a drawing that follows the head, and can be moved, zoomed and paused.

use std::rc::Rc;

use ting_core::{
    crypto::hash::Hash,
    peer::view::{BlockStatus, ChainView},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, KeyboardEvent, PointerEvent, ResizeObserver, WheelEvent};
use yew::prelude::*;
use yew_router::prelude::*;

use super::layout::{COLUMN, LANE, Placed, place};
use crate::{
    parts::icon::Icon,
    pulse::{status_word, status_words},
    route::Route,
    when,
};

/// Percent: least, usual, most, step.
const ZOOM: (i64, i64, i64, i64) = (40, 100, 220, 20);
/// Around the tree, in pixels.
const MARGIN: i64 = 48;

/// What [`Tree`] shows.
#[derive(PartialEq, Properties)]
pub struct TreeProps {
    /// The chain.
    pub view: Rc<ChainView>,
    /// The block whose details show.
    pub selected: Option<Hash>,
    /// New blocks do not show.
    pub is_paused: bool,
    /// Pauses, or goes on.
    pub on_pause: Callback<()>,
}

/// The tree.
#[component]
pub fn Tree(props: &TreeProps) -> Html {
    let node = use_node_ref();
    let width = use_width(&node);
    let zoom = use_state_eq(|| ZOOM.1);
    let moved = use_state_eq(|| (0_i64, 0_i64));
    let grip = use_mut_ref(|| None::<(i32, i32)>);
    let placed = use_memo(Rc::clone(&props.view), |view| place(&view.blocks));
    let head_x = placed
        .iter()
        .filter(|placed| placed.block.hash == props.view.head)
        .map(|placed| placed.x)
        .next()
        .unwrap_or_default();
    let lanes = placed.iter().map(|placed| placed.y).max().unwrap_or_default() / LANE + 1;
    let height = (MARGIN * 2 + LANE * (lanes - 1)).clamp(150, 320);
    let shift_x = width - MARGIN * 2 - head_x * *zoom / 100 + moved.0;
    let shift_y = MARGIN + moved.1;
    let set_zoom = {
        let zoom = zoom.clone();
        Callback::from(move |step: i64| zoom.set((*zoom + step).clamp(ZOOM.0, ZOOM.2)))
    };
    let onwheel = {
        let (set_zoom, moved) = (set_zoom.clone(), moved.clone());
        Callback::from(move |event: WheelEvent| {
            event.prevent_default();
            if event.shift_key() || event.delta_x().abs() > event.delta_y().abs() {
                moved.set((moved.0 - (event.delta_x() + event.delta_y()) as i64, moved.1));
            } else {
                set_zoom.emit(if event.delta_y() > 0.0 {
                    -ZOOM.3 / 2
                } else {
                    ZOOM.3 / 2
                });
            }
        })
    };
    let onpointerdown = {
        let grip = grip.clone();
        Callback::from(move |event: PointerEvent| {
            *grip.borrow_mut() = Some((event.client_x(), event.client_y()))
        })
    };
    let onpointermove = {
        let (grip, moved) = (grip.clone(), moved.clone());
        Callback::from(move |event: PointerEvent| {
            let mut grip = grip.borrow_mut();
            if let Some((x, y)) = *grip {
                let (dx, dy) = (event.client_x() - x, event.client_y() - y);
                moved.set((
                    moved.0 + i64::from(dx),
                    (moved.1 + i64::from(dy)).clamp(-320, 320),
                ));
                *grip = Some((event.client_x(), event.client_y()));
            }
        })
    };
    let let_go = Callback::from(move |_: PointerEvent| *grip.borrow_mut() = None);
    let onkeydown = {
        let (set_zoom, moved) = (set_zoom.clone(), moved.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowLeft" => moved.set((moved.0 + COLUMN, moved.1)),
                "ArrowRight" => moved.set((moved.0 - COLUMN, moved.1)),
                "ArrowUp" => moved.set((moved.0, moved.1 + LANE)),
                "ArrowDown" => moved.set((moved.0, moved.1 - LANE)),
                "+" => set_zoom.emit(ZOOM.3),
                "-" => set_zoom.emit(-ZOOM.3),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let follow = {
        let (moved, is_paused, on_pause) = (moved.setter(), props.is_paused, props.on_pause.clone());
        Callback::from(move |_: MouseEvent| {
            moved.set((0, 0));
            if is_paused {
                on_pause.emit(());
            }
        })
    };
    let pause = props.on_pause.reform(|_: MouseEvent| ());
    let (closer, further) = (
        set_zoom.reform(|_: MouseEvent| ZOOM.3),
        set_zoom.reform(|_: MouseEvent| -ZOOM.3),
    );
    let is_following = *moved == (0, 0) && !props.is_paused;
    html! {
        <section class="tree" aria-label="Tree of blocks">
            <svg ref={node} class="tree-drawing" height={height.to_string()} tabindex="0" role="group"
                aria-label="Newest blocks. Arrow keys move, plus and minus zoom."
                {onwheel} {onpointerdown} {onpointermove} onpointerup={let_go.clone()} onpointerleave={let_go} {onkeydown}>
                <g transform={format!("translate({shift_x} {shift_y}) scale({}.{:02})", *zoom / 100, *zoom % 100)}>
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
                <button class="icon-button" aria-label="Zoom in" onclick={closer}><Icon name="plus" /></button>
                <button class="icon-button" aria-label="Zoom out" onclick={further}><Icon name="minus" /></button>
                <button class="icon-button" aria-label={if props.is_paused { "Go on" } else { "Pause" }} aria-pressed={props.is_paused.to_string()} onclick={pause}>
                    <Icon name={if props.is_paused { "play" } else { "pause" }} /></button>
                <button class="button quiet" disabled={is_following} onclick={follow}>{"Follow"}</button>
            </div>
            </footer>
        </section>
    }
}

fn edge(placed: &Placed) -> Option<Html> {
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
fn shape(status: BlockStatus, size: i64) -> Html {
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

#[derive(PartialEq, Properties)]
struct NodeProps {
    placed: Placed,
    is_head: bool,
    is_selected: bool,
}

#[component]
fn Node(props: &NodeProps) -> Html {
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

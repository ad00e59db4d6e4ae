//! Where a drawing is moved, and how large it shows: by wheel, by pointer and by keys.

use web_sys::{KeyboardEvent, PointerEvent, WheelEvent};
use yew::prelude::*;

use super::layout::{COLUMN, LANE};

/// Sizes in percent: the least, the usual and the most, and a step from one to the next.
const LEAST: i64 = 40;
const USUAL: i64 = 100;
const MOST: i64 = 220;
/// From one size to the next.
pub const STEP: i64 = 20;
/// A pointer moves the drawing so far up or down at most.
const FURTHEST: i64 = 320;

/// Where the drawing is, and what moves it.
pub struct Pan {
    /// Its size in percent.
    pub zoom: i64,
    /// How far it is moved, right and down.
    pub moved: (i64, i64),
    /// Makes it larger by so many percent.
    pub zoom_by: Callback<i64>,
    /// Moves it back to where it began, in its usual size.
    pub reset: Callback<()>,
    /// To be called when a wheel turns.
    pub onwheel: Callback<WheelEvent>,
    /// To be called when a pointer takes hold.
    pub onpointerdown: Callback<PointerEvent>,
    /// To be called when a pointer moves.
    pub onpointermove: Callback<PointerEvent>,
    /// To be called when a pointer lets go.
    pub let_go: Callback<PointerEvent>,
    /// To be called when a key is pressed.
    pub onkeydown: Callback<KeyboardEvent>,
}

/// A drawing that can be moved and zoomed.
#[hook]
pub fn use_pan() -> Pan {
    let zoom = use_state_eq(|| USUAL);
    let moved = use_state_eq(|| (0_i64, 0_i64));
    let grip = use_mut_ref(|| None::<(i32, i32)>);
    let zoom_by = {
        let zoom = zoom.clone();
        Callback::from(move |step: i64| zoom.set((*zoom + step).clamp(LEAST, MOST)))
    };
    let onwheel = {
        let (zoom_by, moved) = (zoom_by.clone(), moved.clone());
        Callback::from(move |event: WheelEvent| {
            event.prevent_default();
            if event.shift_key() || event.delta_x().abs() > event.delta_y().abs() {
                moved.set((moved.0 - (event.delta_x() + event.delta_y()) as i64, moved.1));
            } else {
                zoom_by.emit(if event.delta_y() > 0.0 {
                    -STEP / 2
                } else {
                    STEP / 2
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
                    (moved.1 + i64::from(dy)).clamp(-FURTHEST, FURTHEST),
                ));
                *grip = Some((event.client_x(), event.client_y()));
            }
        })
    };
    let let_go = Callback::from(move |_: PointerEvent| *grip.borrow_mut() = None);
    let onkeydown = {
        let (zoom_by, moved) = (zoom_by.clone(), moved.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowLeft" => moved.set((moved.0 + COLUMN, moved.1)),
                "ArrowRight" => moved.set((moved.0 - COLUMN, moved.1)),
                "ArrowUp" => moved.set((moved.0, moved.1 + LANE)),
                "ArrowDown" => moved.set((moved.0, moved.1 - LANE)),
                "+" => zoom_by.emit(STEP),
                "-" => zoom_by.emit(-STEP),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let reset = {
        let moved = moved.setter();
        Callback::from(move |()| moved.set((0, 0)))
    };
    Pan {
        zoom: *zoom,
        moved: *moved,
        zoom_by,
        reset,
        onwheel,
        onpointerdown,
        onpointermove,
        let_go,
        onkeydown,
    }
}

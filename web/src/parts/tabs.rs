//! Tabs: arrow keys move between them.

use web_sys::KeyboardEvent;
use yew::prelude::*;

use crate::browser;

/// What [`Tabs`] shows.
#[derive(PartialEq, Properties)]
pub struct TabsProps {
    /// Name of the row of tabs, for screen readers.
    pub label: AttrValue,
    /// Title of each tab.
    pub titles: Vec<&'static str>,
    /// Place of the open tab, from 0.
    pub open: usize,
    /// Called with the place of the tab that is wanted.
    pub on_open: Callback<usize>,
}

/// A row of tabs. The panel of the open one follows, with the id `panel` and labelled by `tab-<title>`.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let count = props.titles.len();
    let onkeydown = {
        let (open, on_open, titles) = (props.open, props.on_open.clone(), props.titles.clone());
        Callback::from(move |event: KeyboardEvent| {
            let next = match event.key().as_str() {
                "ArrowRight" => (open + 1) % count,
                "ArrowLeft" => (open + count - 1) % count,
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            event.prevent_default();
            on_open.emit(next);
            if let Some(title) = titles.get(next) {
                browser::focus(&format!("#tab-{title}"));
            }
        })
    };
    html! {
        <div class="tabs" role="tablist" aria-label={props.label.clone()} {onkeydown}>
            {props.titles.iter().enumerate().map(|(place, title)| {
                let on_open = props.on_open.clone();
                let is_open = place == props.open;
                html! {
                    <button key={*title} type="button" role="tab" id={format!("tab-{title}")} aria-selected={is_open.to_string()}
                        aria-controls="panel" tabindex={if is_open { "0" } else { "-1" }}
                        onclick={move |_| on_open.emit(place)}>{*title}</button>
                }
            }).collect::<Html>()}
        </div>
    }
}

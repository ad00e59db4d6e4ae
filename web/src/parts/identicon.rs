//! A small woven pattern that stands for a key, the same everywhere.

use std::fmt::Write;

use ting_core::crypto::keys::Address;
use yew::prelude::*;

/// Threads each way; the right half mirrors the left.
const THREADS: usize = 6;
/// Pairs of colours in the style.
const PALETTE: u8 = 12;

/// What [`Identicon`] shows.
#[derive(PartialEq, Properties)]
pub struct IdenticonProps {
    /// The account.
    pub account: Address,
    /// More classes (sizes).
    #[prop_or_default]
    pub class: Classes,
}

/// The weave of a key. Decorative: the name stands beside it.
#[component]
pub fn Identicon(props: &IdenticonProps) -> Html {
    let bytes = props.account.key().as_bytes();
    let [across, along] = weave(bytes);
    let tone = bytes.last().copied().unwrap_or_default() % PALETTE;
    html! {
        <svg class={classes!("identicon", format!("weave-{tone}"), props.class.clone())} viewBox="0 0 24 24" aria-hidden="true">
            <rect class="weave-ground" width="24" height="24" rx="6" />
            <path class="weave-across" d={across} />
            <path class="weave-along" d={along} />
        </svg>
    }
}

/// The threads that lie on top at each crossing: those that run across and those that run along, as paths.
fn weave(key: &[u8; 32]) -> [String; 2] {
    let mut paths = [String::new(), String::new()];
    for row in 0..THREADS {
        let byte = key.get(row).copied().unwrap_or_default();
        for column in 0..THREADS {
            let mirrored = column.min(THREADS - 1 - column);
            let (x, y) = (3 + 3 * column, 3 + 3 * row);
            // Writing to a string cannot fail.
            let [across, along] = &mut paths;
            let _ = if byte >> mirrored & 1 == 1 {
                write!(across, "M{x} {}h3v2h-3z", y as f32 + 0.5)
            } else {
                write!(along, "M{} {y}v3h2v-3z", x as f32 + 0.5)
            };
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_keys_weave_different_patterns() {
        assert_ne!(weave(&[0b101; 32]), weave(&[0b110; 32]));
        assert_eq!(weave(&[0b101; 32]), weave(&[0b101; 32]));
    }
}

//! A small woven pattern that stands for a key, the same everywhere.

use std::fmt::Write;

use ting_core::crypto::keys::Address;
use yew::prelude::*;

/// Threads each way. The pattern is the same in all four quarters.
const THREADS: usize = 5;
/// Of the square of 24: the margin around the threads, a crossing, a thread in it, and the space to its side.
const MARGIN: f32 = 2.0;
const CELL: f32 = 4.0;
const THICK: f32 = 3.0;
const GAP: f32 = 0.5;
/// Colours in the style, for either direction of the threads.
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
    let [tone, other] = tones(bytes);
    let class = classes!(
        "identicon",
        format!("weave-{tone}"),
        format!("warp-{other}"),
        props.class.clone()
    );
    html! {
        <svg {class} viewBox="0 0 24 24" aria-hidden="true">
            <rect class="weave-ground" width="24" height="24" rx="6" />
            <path class="weave-across" d={across} />
            <path class="weave-along" d={along} />
        </svg>
    }
}

/// The colours of the threads that run across and of those that run along: never the same one.
fn tones(key: &[u8; 32]) -> [u8; 2] {
    let [.., apart, tone] = *key;
    let tone = tone % PALETTE;
    [tone, (tone + 1 + apart % (PALETTE - 1)) % PALETTE]
}

/// The threads that lie on top at each crossing: those that run across and those that run along, as paths.
///
/// One of eight figures gives a pattern that is told from others at a glance; some of its crossings are turned over by the key,
/// so that two keys with the same figure differ as well.
fn weave(key: &[u8; 32]) -> [String; 2] {
    let [
        figure,
        inverted,
        turned,
        and_turned,
        more_turned,
        and_more_turned,
        ..,
    ] = *key;
    let turned = u16::from_le_bytes([turned & and_turned, more_turned & and_more_turned]);
    let mut paths = [String::new(), String::new()];
    for row in 0..THREADS {
        for column in 0..THREADS {
            let (beside, above) = (column.abs_diff(THREADS / 2), row.abs_diff(THREADS / 2));
            let is_turned = turned >> (3 * above + beside) & 1 == 1;
            let is_across = in_figure(figure, beside, above) ^ is_turned ^ (inverted & 1 == 1);
            let (x, y) = (MARGIN + CELL * column as f32, MARGIN + CELL * row as f32);
            // Writing to a string cannot fail.
            let [across, along] = &mut paths;
            let _ = if is_across {
                write!(across, "M{x:.1} {:.1}h{CELL}v{THICK}h-{CELL}z", y + GAP)
            } else {
                write!(along, "M{:.1} {y:.1}v{CELL}h{THICK}v-{CELL}z", x + GAP)
            };
        }
    }
    paths
}

/// Whether a crossing, so far beside and above the middle, belongs to the figure: checks, lozenges, frames, stripes, bands,
/// a saltire, a cross, or one large lozenge.
const fn in_figure(figure: u8, beside: usize, above: usize) -> bool {
    match figure % 8 {
        0 => (beside + above).is_multiple_of(2),
        1 => (beside + above) % 4 < 2,
        2 => (if beside > above { beside } else { above }).is_multiple_of(2),
        3 => beside % 2 == 1,
        4 => above % 2 == 1,
        5 => beside.abs_diff(above) == 0,
        6 => beside == 0 || above == 0,
        _ => beside + above <= 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8, last: u8) -> [u8; 32] {
        let mut key = [0; 32];
        (key[0], key[31]) = (first, last);
        key
    }

    #[test]
    fn different_keys_weave_different_patterns() {
        let patterns: std::collections::BTreeSet<_> = (0..8).map(|figure| weave(&key(figure, 0))).collect();
        assert_eq!(patterns.len(), 8);
        let mut turned = key(0, 0);
        (turned[2], turned[3]) = (1, 1);
        assert_ne!(weave(&turned), weave(&key(0, 0)));
        assert_eq!(weave(&[0b101; 32]), weave(&[0b101; 32]));
    }

    #[test]
    fn the_two_colours_of_a_weave_differ() {
        for apart in 0..=u8::MAX {
            for last in 0..=u8::MAX {
                let mut key = key(0, last);
                key[30] = apart;
                let [tone, other] = tones(&key);
                assert!(tone != other && tone < PALETTE && other < PALETTE);
            }
        }
    }
}

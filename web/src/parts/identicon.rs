//! A small woven pattern that stands for a key, the same everywhere.
//!
//! [`VARIANTS`] pictures differ in the crossings, the colours and the direction of their threads, more than 2^45, so that nobody finds a key
//! with the weave of somebody else's in less time than one with an address that looks alike. It is decoration all the same: the eye compares
//! less than a picture holds, so a name or an address always stands beside it, and both where names look alike.

use std::fmt::Write;

use ting_core::crypto::keys::Address;
use yew::prelude::*;

/// Threads each way. The left half of the pattern is mirrored on the right.
const THREADS: usize = 7;
/// Crossings of a row that the key decides: the left half and the middle.
const FREE: usize = THREADS.div_ceil(2);
/// Of the square of 32: the margin around the threads, a crossing, a thread in it, and the space to its side.
const MARGIN: usize = 2;
const CELL: usize = 4;
const THICK: usize = 3;
const GAP: f32 = 0.5;
/// Colours in the style, for either direction of the threads.
const PALETTE: u8 = 12;
/// Different pictures: every crossing either way, every thread across but the first in either colour, the colours, a quarter turn.
#[cfg(test)]
const VARIANTS: u64 = (1 << (THREADS * FREE)) * (1 << (THREADS - 1)) * 2 * TONES;
/// Choices of the three colours.
#[cfg(test)]
const TONES: u64 = PALETTE as u64 * (PALETTE as u64 - 1) * (PALETTE as u64 - 1);

/// What [`Identicon`] shows.
#[derive(PartialEq, Properties)]
pub struct IdenticonProps {
    /// Account whose picture it is.
    pub account: Address,
    /// More classes (sizes).
    #[prop_or_default]
    pub class: Classes,
}

/// The weave of a key. Decorative: the name stands beside it.
#[component]
pub fn Identicon(props: &IdenticonProps) -> Html {
    let Weave { tones, turn, threads } = Weave::of(props.account.as_bytes());
    let [tone, second, along] = tones;
    let [first_across, second_across, along_threads] = threads;
    let class = classes!(
        "identicon",
        format!("weave-{tone}"),
        format!("warp-{along}"),
        props.class.clone()
    );
    html! {
        <svg {class} viewBox="0 0 32 32" aria-hidden="true">
            <rect class="weave-ground" width="32" height="32" rx="8" />
            <g transform={turn.then_some("rotate(90 16 16)")}>
                <path class="weave-across" d={first_across} />
                <path class={format!("weave-across weave-{second}")} d={second_across} />
                <path class="weave-along" d={along_threads} />
            </g>
        </svg>
    }
}

/// The picture of one key: threads woven in three colours.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Weave {
    /// Of the threads across, of some other ones of these, never the same, and of the threads along.
    tones: [u8; 3],
    /// True if the picture is turned by a quarter.
    turn: bool,
    /// The threads of each colour where they lie on top, as paths.
    threads: [String; 3],
}

impl Weave {
    fn of(key: &[u8; 32]) -> Self {
        let [a, b, c, d, rows, turn, .., second, along, tone] = *key;
        let crossings = u32::from_le_bytes([a, b, c, d]);
        // The first thread has the first colour: with the two exchanged it would be another key's picture.
        let is_second = |row: usize| row > 0 && rows >> row & 1 == 1;
        let mut threads = [const { String::new() }; 3];
        for row in 0..THREADS {
            for column in 0..THREADS {
                let place = FREE * row + column.min(THREADS - 1 - column);
                let [first_across, second_across, along] = &mut threads;
                let (x, y) = (MARGIN + CELL * column, MARGIN + CELL * row);
                // Writing to a string cannot fail.
                let _ = if crossings >> place & 1 == 0 {
                    write!(along, "M{} {y}v{CELL}h{THICK}v-{CELL}z", x as f32 + GAP)
                } else {
                    let across = if is_second(row) {
                        second_across
                    } else {
                        first_across
                    };
                    write!(across, "M{x} {}h{CELL}v{THICK}h-{CELL}z", y as f32 + GAP)
                };
            }
        }
        let tone = tone % PALETTE;
        let beside = |apart: u8| (tone + 1 + apart % (PALETTE - 1)) % PALETTE;
        Self {
            tones: [tone, beside(second), beside(along)],
            turn: turn & 1 == 1,
            threads,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KEY: [u8; 32] = [
        0b1001_0110,
        0b0110_1001,
        0b1100_0011,
        0b0011_1100,
        0,
        0,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        16,
        17,
        18,
        19,
        20,
        21,
        22,
        23,
        24,
        25,
        26,
        27,
        28,
        1,
        3,
        5,
    ];

    #[test]
    fn there_are_more_than_two_to_the_forty_weaves() {
        const { assert!(VARIANTS > 1 << 40) };
    }

    /// What is counted in [`VARIANTS`] shows: each choice alone makes another picture, and so do all choices of a kind among themselves.
    #[test]
    fn every_counted_choice_makes_another_picture() {
        let changed = |change: &dyn Fn(&mut [u8; 32])| {
            let mut key = KEY;
            change(&mut key);
            Weave::of(&key)
        };
        let bits = (0..THREADS * FREE).map(|bit| changed(&|key| key[bit / 8] ^= 1 << (bit % 8)));
        let rows = (1..THREADS).map(|row| changed(&|key| key[4] ^= 1 << row));
        let single: BTreeSet<Weave> = bits
            .chain(rows)
            .chain([changed(&|key| key[5] ^= 1), Weave::of(&KEY)])
            .collect();
        assert_eq!(single.len(), THREADS * FREE + (THREADS - 1) + 2);

        let crossings: BTreeSet<Weave> = (0..1_u16 << 12)
            .map(|bits| changed(&|key| key[1..3].copy_from_slice(&bits.to_le_bytes())))
            .collect();
        assert_eq!(crossings.len(), 1 << 12);

        let tones: BTreeSet<[u8; 3]> = (0..PALETTE)
            .flat_map(|tone| (0..PALETTE - 1).map(move |second| (tone, second)))
            .flat_map(|(tone, second)| (0..PALETTE - 1).map(move |along| [second, along, tone]))
            .map(|bytes| changed(&|key| key[29..].copy_from_slice(&bytes)).tones)
            .collect();
        assert_eq!(tones.len() as u64, TONES);
        assert!(
            tones
                .iter()
                .all(|[tone, second, along]| tone != second && tone != along)
        );
    }

    #[test]
    fn a_key_has_one_weave_for_ever() {
        let weave = Weave::of(&KEY);
        assert_eq!((weave.tones, weave.turn), ([5, 7, 9], false));
        assert!(
            weave.threads[0].starts_with("M6 2.5h4v3h-4zM10 2.5h4v3h-4z"),
            "{weave:?}"
        );
        let pieces = weave.threads.map(|path| path.matches('z').count());
        assert_eq!(pieces.iter().sum::<usize>(), THREADS * THREADS);
        assert_eq!(pieces, [24, 0, 25]);
    }
}

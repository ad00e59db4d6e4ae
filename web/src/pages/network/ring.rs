//! The ring of stake: each peer an arc as long as its stake. Solid: here; hatched thin: away.

use ting_core::{crypto::keys::Address, peer::view::PeerView, sorting};
use yew::prelude::*;

use crate::{
    amount::{coins, share, tng},
    parts::said::PersonName,
    people::People,
    store::use_slice,
};

/// Length of the whole ring, in its own units.
const AROUND: u64 = 1_000;
/// Number of colours that the style has for peers.
const TONES: usize = 12;

/// What [`Ring`] shows.
#[derive(PartialEq, Properties)]
pub struct RingProps {
    /// Peers whose stake is drawn.
    pub peers: Vec<PeerView>,
    /// Stake of all operators of the term, in µTNG.
    pub total_micro: u64,
}

/// A ring that shows each peer's part of the stake.
#[component]
pub fn Ring(props: &RingProps) -> Html {
    let total = u128::from(props.total_micro.max(1));
    let length = |micro: u64| u64::try_from(u128::from(micro) * u128::from(AROUND) / total).unwrap_or(AROUND);
    let people = use_slice::<People>().unwrap_or_default();
    let mut from = 0;
    let staked: Vec<&PeerView> = props.peers.iter().filter(|peer| peer.stake_micro > 0).collect();
    let tones = tones(&staked.iter().map(|peer| peer.account).collect::<Vec<_>>());
    let arcs = staked.iter().zip(&tones).map(|(peer, tone)| {
        let long = length(peer.stake_micro).max(2);
        let start = from;
        from += long;
        let gap = if staked.len() > 1 { long.min(4) } else { 0 };
        let name = people.isolated_words(&peer.account);
        let class = classes!("ring-arc", format!("tone-{tone}"), (!peer.online && !peer.me).then_some("away"));
        html! {
            <circle key={peer.account.to_string()} {class} cx="60" cy="60" r="46" pathLength={AROUND.to_string()}
                stroke-dasharray={format!("{} {AROUND}", long - gap)} stroke-dashoffset={format!("-{start}")}>
                <title>{format!("{name}: {}, {}", tng(peer.stake_micro), share(ppm(peer.stake_micro, props.total_micro)))}</title>
            </circle>
        }
    });
    html! {
        <div class="ring">
            <svg viewBox="0 0 120 120" role="img" aria-label="Ring of stake">
                <circle class="ring-ground" cx="60" cy="60" r="46" />
                <g transform="rotate(-90 60 60)">{arcs.collect::<Html>()}</g>
                <text class="ring-figure" x="60" y="60">{coins(props.total_micro).split('.').next().unwrap_or_default().to_owned()}</text>
                <text class="ring-unit" x="60" y="75">{"TNG at stake"}</text>
            </svg>
            <ul class="ring-legend">
                {staked.iter().zip(&tones).take(6).map(|(peer, tone)| html! {
                    <li key={peer.account.to_string()} class={classes!((!peer.online && !peer.me).then_some("away"))}>
                        <svg viewBox="0 0 10 10" aria-hidden="true"><rect class={classes!("ring-swatch", format!("tone-{tone}"))} width="10" height="10" rx="3" /></svg>
                        <span class="ring-name"><PersonName account={peer.account} /></span>
                        <span class="quiet">{share(ppm(peer.stake_micro, props.total_micro))}</span>
                    </li>
                }).collect::<Html>()}
            </ul>
        </div>
    }
}

/// The colour of each account's arc: that of its identicon, or the next free one when another has it. Colours are given out in
/// the order of accounts, so that they stay when stakes change.
fn tones(accounts: &[Address]) -> Vec<usize> {
    let own = |account: &Address| usize::from(account.as_bytes().last().copied().unwrap_or_default());
    let mut in_order: Vec<(usize, &Address)> = accounts.iter().enumerate().collect();
    sorting::sort_by_key(&mut in_order, |(_, account)| *account);
    let mut tones = vec![0; accounts.len()];
    let mut taken = [0_usize; TONES];
    for (place, account) in in_order {
        let turns = (0..TONES).map(|turn| (own(account) + turn) % TONES);
        let tone = turns
            .min_by_key(|tone| taken.get(*tone).copied())
            .unwrap_or_default();
        if let (Some(given), Some(count)) = (tones.get_mut(place), taken.get_mut(tone)) {
            *given = tone;
            *count += 1;
        }
    }
    tones
}

/// Parts per million that a share is of the whole.
pub(super) fn ppm(part_micro: u64, whole_micro: u64) -> u32 {
    let ppm = u128::from(part_micro) * 1_000_000 / u128::from(whole_micro.max(1));
    u32::try_from(ppm).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ting_core::crypto::keys::SecretKey;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn accounts(count: u8) -> Vec<Address> {
        (0..count)
            .map(|number| SecretKey::from_seed([number; 32]).address())
            .collect()
    }

    #[wasm_bindgen_test]
    fn no_two_arcs_have_one_colour_while_there_are_others() {
        for count in 0..=12 {
            let different: BTreeSet<usize> = tones(&accounts(count)).into_iter().collect();
            assert_eq!(different.len(), usize::from(count));
        }
        let many = tones(&accounts(24));
        assert!((0..TONES).all(|tone| many.iter().filter(|other| **other == tone).count() == 2));
    }

    #[wasm_bindgen_test]
    fn the_colours_do_not_hang_on_the_order_of_the_list() {
        let mut accounts = accounts(9);
        let mut before = tones(&accounts);
        accounts.reverse();
        before.reverse();
        assert_eq!(tones(&accounts), before);
    }
}

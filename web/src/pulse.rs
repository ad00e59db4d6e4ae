//! The pulse: the last blocks as beads on a thread, the slot as a filling arc, and in words what is wrong.

use gloo_timers::callback::Interval;
use ting_core::peer::view::{BlockStatus, BlockView, Condition, PulseView};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    amount::thousands,
    bridge::{RelayState, StorageStatus},
    parts::{
        icon::{Icon, Symbol},
        link::PageLink,
        ticker::use_now,
    },
    relay_words::what_happened,
    route::{LastChat, Route, Section},
    store::{Relays, Session, use_slice},
    when,
};

/// Most beads on the thread.
const BEADS: usize = 24;
/// Between two beads, in units of the drawing.
const STEP: usize = 14;

/// Steps in which the slot's arc fills.
const ARC_STEPS: u32 = 4;

/// The pulse, a strip on every page.
#[component]
pub fn Pulse() -> Html {
    let is_shut = use_slice::<Session>().is_some_and(|session| session.is_shut());
    let Some(pulse) = use_slice::<PulseView>() else {
        let words = if is_shut {
            "No room is open"
        } else {
            "Opening the room…"
        };
        return html! { <div class="pulse"><span class="pulse-words">{words}</span></div> };
    };
    let head = pulse
        .beads
        .iter()
        .rev()
        .find(|bead| bead.status != BlockStatus::Side);
    html! {
        <div class="pulse" data-height={pulse.height.to_string()} data-final-height={pulse.final_height.to_string()}
            data-peers={pulse.peers.to_string()} data-condition={condition_word(&pulse.condition)}
            data-head={head.map(|head| head.hash.to_string())}>
            <dl class="pulse-figures">
                <div title="Height of the newest block, and of the newest final one">
                    <dt>{"Block"}</dt><dd>{thousands(pulse.height)}<span class="quiet">{" / "}{thousands(pulse.final_height)}</span></dd>
                </div>
                <div title="Other peers heard within the last seconds">
                    <dt>{"Peers"}</dt><dd>{pulse.peers}</dd>
                </div>
                <div title="From the start of a block's slot until it is final, median">
                    <dt>{"To final"}</dt><dd>{pulse.time_to_final_ms.map_or_else(|| "–".into(), when::span)}</dd>
                </div>
            </dl>
            <ConditionLine condition={pulse.condition} />
            <Thread beads={pulse.beads.clone()} />
            <SlotArc slot={pulse.slot} slot_ms={pulse.slot_ms} />
        </div>
    }
}

/// One word per condition, for tests and styles.
const fn condition_word(condition: &Condition) -> &'static str {
    match condition {
        Condition::RelayGone => "relay-gone",
        Condition::Joining => "joining",
        Condition::WaitingForNetwork => "waiting-for-network",
        Condition::Syncing { .. } => "syncing",
        Condition::ClockOff { .. } => "clock-off",
        Condition::OtherVersion => "other-version",
        Condition::SplitRoom => "split-room",
        Condition::FinalityStalled { .. } => "finality-stalled",
        Condition::OtherDeviceSigns => "other-device-signs",
        Condition::Healthy => "healthy",
    }
}

#[derive(PartialEq, Properties)]
struct ThreadProps {
    beads: Vec<BlockView>,
}

/// Beads of the chosen chain on a thread; side blocks hang below on a short second one.
#[component]
fn Thread(props: &ThreadProps) -> Html {
    let navigator = use_navigator();
    let chain: Vec<&BlockView> = props
        .beads
        .iter()
        .filter(|bead| bead.status != BlockStatus::Side)
        .collect();
    let chain = chain.get(chain.len().saturating_sub(BEADS)..).unwrap_or_default();
    let first_height = chain.first().map_or(0, |bead| bead.height);
    let place = |height: u64| {
        usize::try_from(height.checked_sub(first_height)?)
            .ok()
            .filter(|place| *place < BEADS + 1)
    };
    let x_of = |place: usize| STEP / 2 + (BEADS - chain.len() + place) * STEP;
    let side = props.beads.iter().filter(|bead| bead.status == BlockStatus::Side);
    let open = |hash: String| {
        let navigator = navigator.clone();
        move |_: MouseEvent| {
            if let Some(navigator) = &navigator {
                navigator.push(&Route::Block { hash: hash.clone() });
            }
        }
    };
    let bead = |block: &BlockView, x: usize, y: usize| {
        html! {
            <g key={block.hash.to_string()} class={classes!("bead", status_word(block.status))} onclick={open(block.hash.to_string())}
                data-block={block.hash.to_string()} data-height={block.height.to_string()}>
                <title>{format!("Block {}, {}", block.height, status_words(block.status))}</title>
                <rect class="bead-reach" x={(x - STEP / 2).to_string()} y="0" width={STEP.to_string()} height="28" />
                <circle cx={x.to_string()} cy={y.to_string()} r={if block.transactions > 0 { "4.5" } else { "3.2" }} />
            </g>
        }
    };
    let width = BEADS * STEP;
    html! {
        <PageLink to={Route::Chain} class="pulse-thread" label="The last blocks">
            <svg viewBox={format!("0 0 {width} 28")} role="img" aria-label="The last blocks">
                if let (Some(_), last) = (chain.first(), chain.len().saturating_sub(1)) {
                    <line class="thread" x1={x_of(0).to_string()} x2={x_of(last).to_string()} y1="14" y2="14" />
                }
                {side.filter_map(|block| {
                    let x = x_of(place(block.height)?.min(chain.len().saturating_sub(1)));
                    let from = x.saturating_sub(STEP);
                    Some(html! {
                        <g key={format!("side-{}", block.hash)} class="side-thread">
                            <path class="thread" d={format!("M{from} 14Q{} 14 {x} 23", from + STEP / 2)} />
                            {bead(block, x, 23)}
                        </g>
                    })
                }).collect::<Html>()}
                {chain.iter().enumerate().map(|(place, block)| bead(block, x_of(place), 14)).collect::<Html>()}
            </svg>
        </PageLink>
    }
}

/// One word per state of a block, for tests and styles.
pub const fn status_word(status: BlockStatus) -> &'static str {
    match status {
        BlockStatus::Side => "side",
        BlockStatus::Chain => "chain",
        BlockStatus::Justified => "justified",
        BlockStatus::Final => "final",
    }
}

/// The state of a block for people.
pub const fn status_words(status: BlockStatus) -> &'static str {
    match status {
        BlockStatus::Side => "off the chosen chain",
        BlockStatus::Chain => "on the chosen chain",
        BlockStatus::Justified => "justified",
        BlockStatus::Final => "final",
    }
}

#[derive(PartialEq, Properties)]
struct SlotArcProps {
    slot: u64,
    slot_ms: u64,
}

/// The current slot as an arc that fills in [`ARC_STEPS`]. An animation of the style would be smoother, but draw the page
/// sixty times a second for as long as it is open.
#[component]
fn SlotArc(props: &SlotArcProps) -> Html {
    let filled = use_state_eq(|| 0);
    use_effect_with((props.slot, props.slot_ms), {
        let filled = filled.setter();
        move |&(_, slot_ms)| {
            filled.set(0);
            let mut steps = 0;
            let step_ms = u32::try_from(slot_ms).unwrap_or(u32::MAX) / ARC_STEPS;
            let interval = Interval::new(step_ms.max(1), move || {
                steps = (steps + 1).min(ARC_STEPS);
                filled.set(steps);
            });
            move || drop(interval)
        }
    });
    html! {
        <svg class="slot-arc" viewBox="0 0 24 24" role="img" aria-label="The current slot">
            <title>{format!("Slot {}", props.slot)}</title>
            <circle class="arc-ground" cx="12" cy="12" r="8" />
            <circle class="arc-fill" cx="12" cy="12" r="8" pathLength={ARC_STEPS.to_string()}
                stroke-dasharray={format!("{} {ARC_STEPS}", *filled)} />
        </svg>
    }
}

#[derive(PartialEq, Properties)]
struct ConditionLineProps {
    condition: Condition,
}

/// What is wrong, in words, leading to the page that explains it.
#[component]
fn ConditionLine(props: &ConditionLineProps) -> Html {
    let storage = use_slice::<StorageStatus>();
    if storage.is_some_and(|storage| storage.failing.is_some()) {
        let words = "This browser's storage is full: what you write waits until there is space";
        return condition_link(Section::Settings, false, words, "");
    }
    let (section, is_waiting, words, figure) = match props.condition {
        Condition::Healthy => return html! { <NoticeLine /> },
        Condition::RelayGone => return html! { <RelayGoneLine /> },
        Condition::Joining => (Section::Network, true, "Asking who is here…", String::new()),
        Condition::WaitingForNetwork => {
            let words = "Waiting for somebody who knows this room's network";
            (Section::Network, true, words, String::new())
        }
        Condition::Syncing { behind } => {
            let figure = format!(": {} blocks to go", thousands(behind));
            (Section::Chain, true, "Catching up", figure)
        }
        Condition::ClockOff { offset_ms, observing } => {
            let words = match (offset_ms > 0, observing) {
                (true, false) => "Your clock is behind",
                (true, true) => "Your clock is behind, this tab only observes",
                (false, false) => "Your clock is ahead",
                (false, true) => "Your clock is ahead, this tab only observes",
            };
            let figure = format!(": {}", when::span(offset_ms.unsigned_abs()));
            (Section::Network, false, words, figure)
        }
        Condition::OtherVersion => {
            let words = "This room was made by another version of Ting, which this one cannot open";
            (Section::Network, false, words, String::new())
        }
        Condition::OtherDeviceSigns => {
            let words = "Another device of yours signs; this tab only observes";
            (Section::Settings, false, words, String::new())
        }
        Condition::SplitRoom => (
            Section::Network,
            false,
            "Two networks share this room",
            String::new(),
        ),
        Condition::FinalityStalled { slots } => {
            let figure = format!(" for {} slots", thousands(slots));
            (Section::Network, false, "Nothing became final", figure)
        }
    };
    condition_link(section, is_waiting, words, &figure)
}

/// What a relay says about itself while all else is well.
#[component]
fn NoticeLine() -> Html {
    let relays = use_slice::<Relays>();
    let notice = relays.as_deref().and_then(|relays| {
        relays.links.iter().find_map(|link| match &link.state {
            RelayState::Up { notice, .. } if !notice.is_empty() => Some(notice.clone()),
            _ => None,
        })
    });
    notice.map_or_else(
        || html! { <span class="pulse-words"></span> },
        |notice| condition_link(Section::Network, true, &notice, ""),
    )
}

#[component]
fn RelayGoneLine() -> Html {
    let relays = use_slice::<Relays>();
    let now_ms = use_now();
    let gone = relays.as_deref().and_then(|relays| {
        let passed_ms = now_ms.saturating_sub(relays.heard_at_ms);
        relays.links.iter().find_map(|link| match &link.state {
            RelayState::Down { fault, retry_in_ms } => {
                let left_s = u64::from(*retry_in_ms).saturating_sub(passed_ms).div_ceil(1_000);
                let next = if left_s == 0 {
                    "; trying now".into()
                } else {
                    format!("; next try in {left_s} s")
                };
                Some((what_happened(fault), next))
            }
            _ => None,
        })
    });
    let (words, figure) = gone.unwrap_or_else(|| ("Connecting to the relay…".into(), String::new()));
    condition_link(Section::Network, false, &words, &figure)
}

/// The words are spoken when they change. The figure behind them, which may change every second, is only drawn.
fn condition_link(section: Section, is_waiting: bool, words: &str, figure: &str) -> Html {
    html! {
        <span class={classes!("pulse-words", if is_waiting { "waiting" } else { "wrong" })}>
            <PageLink to={section.route(&LastChat::default())}>
                <Icon symbol={Symbol::Warning} /><span><span role="status">{words.to_owned()}</span>{figure.to_owned()}</span>
            </PageLink>
        </span>
    }
}

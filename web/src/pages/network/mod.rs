//! The network: who is here with which stake, how finality is doing, and what the relays do.

mod not_taken;
mod ring;

use ting_core::{
    consensus::stake::outlook::Outlook,
    peer::view::{Away, LinkView, NetworkView, PeerView, SigningView},
};
use yew::prelude::*;

use self::ring::{Ring, ppm};
use crate::{
    amount::{share, thousands, tng},
    bridge::{RelayState, RelayStatus, Watch},
    client::use_watch,
    parts::{
        empty::{Empty, Skeleton},
        icon::Symbol,
        identicon::Identicon,
        key::{Copied, HashText},
        said::Said,
        ticker::use_now,
    },
    people::People,
    relay_words::{what_happened, what_to_do},
    store::{Relays, use_slice},
    when,
};

/// Beyond this offset a clock is worth a mark, in milliseconds.
const CLOCK_WARNING_MS: u64 = ting_core::params::CLOCK_WARNING_MS.unsigned_abs();

/// The network page: stake, peers and links.
#[component]
pub fn NetworkPage() -> Html {
    use_watch(Watch::Network);
    let people = use_slice::<People>().unwrap_or_default();
    let is_relay_down = use_slice::<Relays>().is_some_and(|relays| relays.is_any_down());
    let Some(view) = use_slice::<NetworkView>() else {
        return html! { <div class="network column wide"><h1 class="page-title">{"Network"}</h1><Skeleton rows={6} /></div> };
    };
    html! {
        <div class="network column wide">
            <h1 class="page-title">{"Network"}</h1>
            <div class={classes!("network-grid", is_relay_down.then_some("relays-first"))}>
                <section class="card-section">
                    <h2>{"Stake"}</h2>
                    <Ring peers={view.peers.clone()} total_micro={view.total_stake_micro} />
                </section>
                {health(&view)}
                <RelayList links={view.links.clone()} />
            </div>
            <section class="card-section">
                <h2>{"Peers"}<span class="quiet">{format!("{} known", view.peers.len())}</span></h2>
                {peers(&view.peers, view.total_stake_micro, &people)}
            </section>
            {not_taken::details(&view.not_taken)}
        </div>
    }
}

fn peers(peers: &[PeerView], total_micro: u64, people: &People) -> Html {
    let row = |peer| peer_row(peer, total_micro, people);
    let rows: Html = peers.iter().map(row).collect();
    if peers.len() < 2 {
        return html! {
            <>
                <div class="peers">{rows}</div>
                <Empty symbol={Symbol::People} title="Nobody else is here yet">{"Send the invite link to somebody, or open it in another tab."}</Empty>
            </>
        };
    }
    html! { <div class="peers" role="list">{rows}</div> }
}

fn peer_row(peer: &PeerView, total_micro: u64, people: &People) -> Html {
    let offset_ms = peer.clock_offset_ms.unwrap_or(0);
    let heard = match peer.last_heard_ms {
        _ if peer.me || peer.online => "here".to_owned(),
        Some(passed_ms) => format!("heard {} ago", when::span(passed_ms)),
        None => "away".to_owned(),
    };
    html! {
        <div key={peer.account.to_string()} class={classes!("peer", (!peer.online && !peer.me).then_some("away"))} role="listitem" data-account={peer.account.to_string()}>
            <Identicon account={peer.account} />
            <span class="peer-name"><span><Said text={people.name_of(&peer.account)} />if peer.me { <span class="quiet">{" (you)"}</span> }</span>
                <Copied what="address" whole={peer.account.to_string()} short={peer.account.short()} /></span>
            <span class="peer-marks">
                if peer.operator { <span class="tag" title="Makes blocks in this term">{"operator"}</span> }
                if peer.voter { {voter_tag(peer)} }
            </span>
            <span class="peer-stake"><span class="amount">{tng(peer.stake_micro)}</span><span class="quiet">{share(ppm(peer.stake_micro, total_micro))}</span></span>
            <span class="peer-figures">
                <span>{heard}</span>
                if let Some(latency_ms) = peer.latency_ms { <span title="Half of the newest round trip">{format!("{latency_ms} ms")}</span> }
                if let Some(height) = peer.height { <span title="Height of its head">{format!("block {}", thousands(height))}</span> }
                if peer.clock_offset_ms.is_some() {
                    <span class={classes!((offset_ms.unsigned_abs() > CLOCK_WARNING_MS).then_some("wrong"))} title="Its clock against mine">{format!("clock {offset_ms:+} ms")}</span>
                }
            </span>
        </div>
    }
}

fn voter_tag(peer: &PeerView) -> Html {
    let (word, title) = match peer.away {
        Some(Away::Resting) => (
            "resting",
            "A voter that has left, and said so: finality does not wait for it",
        ),
        Some(Away::Returning) => (
            "returning",
            "A voter that is back: it counts again once those who stayed have made that final",
        ),
        _ if peer.voted => ("voted", "Its votes finalize"),
        None => ("voter", "Its votes finalize"),
        Some(Away::Silent) => (
            "silent",
            "A voter that was not heard for a while: finality does not wait for it as long as half of the stake votes",
        ),
        Some(Away::Forgotten) => (
            "forgotten",
            "A voter that was not heard for long: it does not count until it votes again",
        ),
    };
    html! { <span class={classes!("tag", peer.voted.then_some("final"))} {title}>{word}</span> }
}

/// What becomes of finality, in a sentence or two.
fn outlook_words(outlook: Option<Outlook>) -> String {
    let about = |slots: u64| when::span(slots.saturating_mul(1_000));
    match outlook {
        None => "This tab does not know the room's voters yet.".into(),
        Some(Outlook::GoesOn) => "Enough of the voting stake is here: blocks become final.".into(),
        Some(Outlook::AfterSilence { slots }) => format!(
            "Too much of the voting stake is away. Blocks go on, and become final again in about {}, when the room stops waiting for those who are silent.",
            about(slots)
        ),
        Some(Outlook::AfterForgetting { slots }) => format!(
            "Half of the voting stake or more is away. Blocks go on, but nothing becomes final until somebody returns, or until in about {} the room forgets those who are away. That has a price: if they are only cut off from here, they may by then have made another history final.",
            about(slots)
        ),
        Some(Outlook::WhenOthersReturn) => {
            "Too much of the voting stake is away. Blocks go on, but nothing becomes final until more voters return.".into()
        }
    }
}

/// Is finality well, and do I take part?
fn health(view: &NetworkView) -> Html {
    let behind = view.slot.saturating_sub(view.final_slot);
    let has_quorum = view.outlook == Some(Outlook::GoesOn);
    let here_ppm = ppm(view.voting_stake_online_micro, view.voting_stake_micro);
    let role = match view.signing {
        SigningView::Signing => match view.my_level {
            Some(0) => "This tab holds a full ticket for this slot: it may make a block.",
            Some(_) => "This tab holds an easier ticket: it makes a block if all stay silent.",
            None => "This tab takes part; others hold this slot.",
        },
        SigningView::Returning => {
            "This tab is back and makes blocks. Its votes count again as soon as the others have made that final."
        }
        SigningView::NoLink => "This tab only observes: no relay is up.",
        SigningView::AskingHeads => "This tab only observes: it asks the others where they are.",
        SigningView::Syncing => "This tab only observes: it fetches blocks.",
        SigningView::ClockOff => "This tab only observes: its clock is off. Set the computer's time.",
        SigningView::NoOperator => {
            "This tab is no operator of this term yet: its stake counts from one of the next ones."
        }
        SigningView::HandingOver => {
            "Another device of yours was chosen to sign. This tab signs until that one takes over."
        }
        SigningView::TakingOver => {
            "This tab was chosen to sign. Another device of yours signs until this one takes over."
        }
        SigningView::OtherDevice => "This tab only observes: another device of yours signs.",
    };
    html! {
        <section class="card-section">
            <h2>{"Finality"}</h2>
            <p class={classes!("verdict", if view.outlook.is_none() { "" } else if has_quorum { "good" } else { "wrong" })}>
                {outlook_words(view.outlook)}
            </p>
            <svg class={classes!("share-bar", if has_quorum { "good" } else { "wrong" })} viewBox="0 0 300 10" preserveAspectRatio="none"
                role="img" aria-label={format!("{} of the voting stake is here", share(here_ppm))}>
                <rect class="bar-ground" width="300" height="10" rx="3" />
                <rect class="bar-part" width={(here_ppm.min(1_000_000) * 3 / 10_000).to_string()} height="10" rx="3" />
                <path class="bar-mark" d="M200 0v10" />
            </svg>
            <dl class="facts">
                <div><dt>{"Voting stake here"}</dt><dd class="amount">{format!("{} of {}", tng(view.voting_stake_online_micro), tng(view.voting_stake_micro))}</dd></div>
                <div><dt>{"Last final"}</dt><dd>{format!("slot {}, {}", thousands(view.final_slot), slots_ago(behind))}</dd></div>
                <div><dt>{"Last justified"}</dt><dd>{format!("slot {}", thousands(view.justified_slot))}</dd></div>
                <div><dt>{"My clock"}</dt><dd>{view.clock_offset_ms.map_or_else(|| "not measured yet".into(), |offset_ms| format!("{offset_ms:+} ms against the operators' median"))}</dd></div>
                if let Some(network) = view.network { <div><dt>{"Network"}</dt><dd><HashText hash={network.0} /></dd></div> }
            </dl>
            <p>{role}</p>
        </section>
    }
}

fn slots_ago(slots: u64) -> String {
    match slots {
        0 => "this one".into(),
        1 => "one slot ago".into(),
        _ => format!("{} slots ago", thousands(slots)),
    }
}

#[derive(PartialEq, Properties)]
struct RelayListProps {
    links: Vec<LinkView>,
}

/// The relays with their state and limits.
#[component]
fn RelayList(props: &RelayListProps) -> Html {
    let relays = use_slice::<Relays>();
    let now_ms = use_now();
    let links = relays
        .iter()
        .flat_map(|relays| relays.links.iter().map(|link| (link, relays.heard_at_ms)));
    html! {
        <section class="card-section network-relays">
            <h2>{"Relays"}</h2>
            <ul class="relays">
                {links.enumerate().map(|(place, (relay, heard_at_ms))| {
                    let link = props.links.iter().find(|link| usize::from(link.link) == place);
                    html! {
                        <li key={relay.address.clone()}>
                            <code>{relay.address.clone()}</code>
                            {relay_state(relay, heard_at_ms, now_ms)}
                            if let Some(link) = link {
                                <span class="quiet">{format!("{} connections · {} frames in · {} out · {} bad", link.connections, thousands(link.frames_in), thousands(link.frames_out), thousands(link.frames_bad))}</span>
                            }
                        </li>
                    }
                }).collect::<Html>()}
            </ul>
            <p class="hint">{"A relay forwards sealed, padded frames. It sees who connects and when, never what is said or paid."}</p>
        </section>
    }
}

/// How long a relay's row tells of an interruption that is over.
const TOLD_AFTERWARDS_MS: u64 = 60_000;

/// A relay's state in words, as it was heard at a time.
pub fn relay_state(relay: &RelayStatus, heard_at_ms: u64, now_ms: u64) -> Html {
    match &relay.state {
        RelayState::Connecting => html! {
            <><span class="tag waiting">{"connecting"}</span>
            {interruption(relay, now_ms)}</>
        },
        RelayState::Up {
            max_frame_bytes,
            frames_per_s,
            max_members,
            notice,
        } => html! {
            <><span class={if notice.is_empty() { "tag final" } else { "tag waiting" }}>{"up"}</span>
            <span class="quiet">{format!("at most {} bytes a frame, {} frames/s, {} members", thousands(u64::from(*max_frame_bytes)), frames_per_s, max_members)}</span>
            if notice.is_empty() { {interruption(relay, now_ms)} } else { <p class="relay-advice">{notice}</p> }</>
        },
        RelayState::Down { fault, retry_in_ms } => {
            let passed_ms = now_ms.saturating_sub(heard_at_ms);
            let left_s = u64::from(*retry_in_ms).saturating_sub(passed_ms).div_ceil(1_000);
            html! {
                <><span class="tag wrong">{"down"}</span>
                <span class="quiet">{format!("{}; next attempt in {left_s} s", what_happened(fault))}</span>
                <p class="relay-advice">{what_to_do(fault)}</p>
                if relay.last_fault.as_ref().is_some_and(|past| past.fault != *fault) { {interruption(relay, now_ms)} }</>
            }
        }
    }
}

/// The last interruption, as long as somebody may wonder what it was.
fn interruption(relay: &RelayStatus, now_ms: u64) -> Html {
    let Some(past) = &relay.last_fault else {
        return html! {};
    };
    let passed_ms = now_ms.saturating_sub(past.at_ms);
    if passed_ms >= TOLD_AFTERWARDS_MS {
        return html! {};
    }
    let (happened, advice) = (what_happened(&past.fault), what_to_do(&past.fault));
    html! { <p class="relay-advice">{format!("Interrupted {} s ago: {happened}. {advice}", passed_ms / 1_000)}</p> }
}

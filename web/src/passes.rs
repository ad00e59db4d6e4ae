//! Passes, where a grant takes a member's word: how one is made, and those that lead in now.

use ting_core::{
    params::MAX_INVITE_SLOTS,
    peer::{
        command::Command,
        view::{Delivery, InviteView, PulseView, WalletView},
    },
};
use yew::prelude::*;

use crate::{
    client::use_signing,
    clipboard,
    parts::{
        coin::Coin,
        icon::{Icon, Symbol},
        qr::Qr,
    },
    store::{use_dispatch, use_slice},
    when,
};

const HOUR_MS: u64 = 3_600_000;
/// For how many people a pass may be.
const USES: [(u8, &str); 3] = [(1, "1 person"), (5, "5 people"), (32, "32 people")];
/// For how many hours.
const HOURS: [(u64, &str); 3] = [(1, "1 hour"), (6, "6 hours"), (24, "24 hours")];

/// What [`Passes`] needs.
#[derive(PartialEq, Properties)]
pub struct PassesProps {
    /// The room's link, which a pass is added to.
    pub link: AttrValue,
}

/// Makes passes, and shows those that are open.
#[component]
pub fn Passes(props: &PassesProps) -> Html {
    let wallet = use_slice::<WalletView>();
    let Some(wallet) = wallet else {
        return Html::default();
    };
    if !wallet.may_invite {
        return html! {
            <p class="hint">{"Members who sign blocks make passes. This tab will be one of them about a minute after its grant has arrived."}</p>
        };
    }
    html! {
        <section class="passes" aria-label="Passes">
            <NewPass />
            if !wallet.invites.is_empty() {
                <ul class="pass-list">
                    {wallet.invites.iter().map(|invite| html! {
                        <li key={invite.pass.clone().unwrap_or_default()}><Pass invite={invite.clone()} link={props.link.clone()} /></li>
                    }).collect::<Html>()}
                </ul>
            }
        </section>
    }
}

#[component]
fn NewPass() -> Html {
    let signing = use_signing();
    let slot_ms = use_slice::<PulseView>().map_or(1_000, |pulse| pulse.slot_ms);
    let (uses, hours) = (use_state_eq(|| 1_u8), use_state_eq(|| 24_u64));
    let make = {
        let (signing, uses, hours) = (signing.clone(), *uses, *hours);
        Callback::from(move |_: MouseEvent| {
            let slots = (hours * HOUR_MS / slot_ms.max(1)).min(MAX_INVITE_SLOTS);
            signing.sign(Command::OpenInvite { uses, slots }, Callback::noop());
        })
    };
    html! {
        <>
            {choices("pass-uses", "A pass for", &USES, &uses)}
            {choices("pass-hours", "Open for", &HOURS, &hours)}
            <div class="actions start">
                <button class="button primary" disabled={signing.is_busy()} onclick={make}>{"Make a pass"}</button>
            </div>
        </>
    }
}

fn choices<T: Copy + PartialEq + 'static>(
    name: &'static str,
    label: &'static str,
    all: &[(T, &'static str)],
    chosen: &UseStateHandle<T>,
) -> Html {
    let choice = |(value, words): &(T, &'static str)| {
        let (setter, value) = (chosen.setter(), *value);
        let onchange = Callback::from(move |_: Event| setter.set(value));
        html! {
            <label key={*words} class="choice"><input type="radio" {name} checked={**chosen == value} {onchange} />{*words}</label>
        }
    };
    html! {
        <>
            <span class="label" id={name}>{label}</span>
            <div class="choices" role="radiogroup" aria-labelledby={name}>{all.iter().map(choice).collect::<Html>()}</div>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct PassProps {
    invite: InviteView,
    link: AttrValue,
}

/// One pass: its link once it leads in, how many it still lets in, and until when.
#[component]
fn Pass(props: &PassProps) -> Html {
    let dispatch = use_dispatch();
    let is_large = use_state_eq(|| false);
    let invite = &props.invite;
    let left = match invite.uses_left {
        1 => "1 person".to_owned(),
        uses => format!("{uses} people"),
    };
    let until = html! { <span title={when::exact(invite.until_ms)}>{format!("For {left}, until {}", when::clock(invite.until_ms))}</span> };
    let pass = invite.pass.as_ref().filter(|_| invite.is_open);
    let Some(pass) = pass else {
        return html! {
            <p class="pass-state">
                if invite.is_open { {until}{". It was made by another program, which has its link."} }
                else { <Coin delivery={Delivery::Sent} />{until}{". It leads in as soon as it is in a block."} }
            </p>
        };
    };
    let link = format!("{}.{pass}", props.link);
    let copy = {
        let link = link.clone();
        Callback::from(move |_| {
            clipboard::copy(&link, dispatch.as_ref(), "The link with the pass is copied.")
        })
    };
    let toggle = {
        let is_large = is_large.clone();
        Callback::from(move |_: MouseEvent| is_large.set(!*is_large))
    };
    html! {
        <>
            <p class="pass-state">{until}{". "}
                <button class="text-button" aria-expanded={is_large.to_string()} onclick={toggle}>{if *is_large { "Hide QR code" } else { "QR code" }}</button></p>
            <div class="field-row">
                <input class="field mono" readonly=true aria-label="Pass link" value={link.clone()} />
                <button class="button" onclick={copy}><Icon symbol={Symbol::Copy} />{"Copy"}</button>
            </div>
            if *is_large { <Qr text={link} label="Link with a pass as QR code" /> }
        </>
    }
}

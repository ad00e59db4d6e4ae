//! Coins on their way in or out of the bond: what a typed amount allows, and what it means before anything is signed.

use ting_core::peer::{command::Command, view::WalletView};
use yew::prelude::*;

use super::{confirmed::confirmed, means::Means};
use crate::{
    amount::{self, AmountError, tng},
    client::use_signing,
    parts::dialog::Dialog,
    store::use_dispatch,
};

/// Which way coins are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Into the bond.
    In,
    /// Out of it.
    Out,
}

/// What a typed amount allows.
pub struct Bonding {
    amount: Result<u64, AmountError>,
    /// Most that can go in.
    pub bondable_micro: u64,
    /// Most that can go out.
    unbondable_micro: u64,
    kept_free_micro: u64,
}

impl Bonding {
    /// What this amount allows the wallet.
    pub fn of(typed: &str, wallet: &WalletView) -> Self {
        let means = Means::of(wallet);
        let amount = match amount::parse(typed) {
            Ok(0) => Err(AmountError::Empty),
            parsed => parsed,
        };
        Self {
            amount,
            bondable_micro: means.most_bondable_micro(),
            unbondable_micro: wallet.bonded_micro.saturating_sub(wallet.granted_bond_micro),
            kept_free_micro: means.kept_free_micro(),
        }
    }

    /// The amount, if it is one.
    pub fn amount_micro(&self) -> Option<u64> {
        self.amount.ok()
    }

    /// Whether so much can go this way.
    pub fn can(&self, way: Way) -> bool {
        let most_micro = match way {
            Way::In => self.bondable_micro,
            Way::Out => self.unbondable_micro,
        };
        self.amount.is_ok_and(|micro| micro <= most_micro)
    }

    /// The words beside the buttons, and whether they say that something is wrong: a button that is off has its reason there.
    pub fn words(&self, delay: &str) -> (bool, String) {
        let (can_bond, can_unbond) = (self.can(Way::In), self.can(Way::Out));
        match &self.amount {
            Err(error) if *error != AmountError::Empty => (true, error.to_string()),
            Ok(_) if !(can_bond && can_unbond) => (
                !can_bond && !can_unbond,
                format!(
                    "At most {} can be bonded and {} unbonded: {} stay free for fees.",
                    tng(self.bondable_micro),
                    tng(self.unbondable_micro),
                    tng(self.kept_free_micro)
                ),
            ),
            _ => (
                false,
                format!(
                    "Unbonded coins are available again after {delay} of blocks. Until then they can neither be spent nor make blocks."
                ),
            ),
        }
    }
}

/// What [`BondSummary`] shows.
#[derive(PartialEq, Properties)]
pub struct BondSummaryProps {
    /// Which way.
    pub way: Way,
    /// How much.
    pub amount_micro: u64,
    /// What it costs.
    pub fee_micro: u64,
    /// What is available before.
    pub available_micro: u64,
    /// How long unbonding takes, in words.
    pub delay: String,
    /// True if it was signed.
    pub on_end: Callback<bool>,
}

/// What it means, before anything is signed.
#[component]
pub fn BondSummary(props: &BondSummaryProps) -> Html {
    let signing = use_signing();
    let is_busy = signing.is_busy();
    let dispatch = use_dispatch();
    let amount_micro = props.amount_micro;
    let (title, action, command, sent, taken_micro) = match props.way {
        Way::In => (
            "Bond coins",
            "Confirm bond",
            Command::Bond { amount_micro },
            "The coins are on their way into the bond.",
            amount_micro,
        ),
        Way::Out => (
            "Unbond coins",
            "Confirm unbonding",
            Command::Unbond { amount_micro },
            "The coins are on their way out of the bond.",
            0,
        ),
    };
    let left_micro = props
        .available_micro
        .saturating_sub(taken_micro)
        .saturating_sub(props.fee_micro);
    let cancel = props.on_end.reform(|()| false);
    let cancel_click = props.on_end.reform(|_: MouseEvent| false);
    let confirm = {
        let on_end = props.on_end.clone();
        Callback::from(move |_: MouseEvent| {
            let answered = confirmed(dispatch.clone(), sent.to_owned(), on_end.clone());
            signing.sign(command.clone(), answered);
        })
    };
    html! {
        <Dialog {title} on_close={cancel}>
            <dl class="summary">
                <div><dt>{"Amount"}</dt><dd class="amount large">{tng(amount_micro)}</dd></div>
                <div><dt>{"Fee"}</dt><dd class="amount">{tng(props.fee_micro)}</dd></div>
                <div><dt>{"Available afterwards"}</dt><dd class="amount">{tng(left_micro)}</dd></div>
            </dl>
            <p class="hint">
                if props.way == Way::In { {format!("Bonded coins cannot be spent. Once you unbond them, they come back after {} of blocks.", props.delay)} }
                else { {format!("They come back after {} of blocks. Until then they can neither be spent nor make blocks.", props.delay)} }
            </p>
            <div class="actions">
                <button type="button" class="button" onclick={cancel_click}>{"Cancel"}</button>
                <button type="button" class="button primary" disabled={is_busy} onclick={confirm}>{action}</button>
            </div>
        </Dialog>
    }
}

//! Coins on their way in or out of the bond: what a typed amount allows, and what it means before anything is signed.

use ting_core::peer::{command::Command, view::WalletView};
use yew::prelude::*;

use super::{confirm::Confirm, means::Means};
use crate::amount::{self, AmountError, tng};

/// Which way coins are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the balance into the bond.
    In,
    /// From the bond back to the balance.
    Out,
}

/// What a typed amount allows.
pub struct Bonding {
    amount: Result<u64, AmountError>,
    /// Most that can go into the bond, in µTNG.
    pub bondable_micro: u64,
    /// Most that can go out of the bond, in µTNG.
    unbondable_micro: u64,
    kept_free_micro: u64,
}

impl Bonding {
    /// Reads an amount as it was typed, against what this wallet holds.
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

    /// The amount in µTNG, if the text is one.
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

/// What bonding so many coins means, or unbonding them, before anything is signed; `on_end` hears whether it was.
pub fn summary(way: Way, amount_micro: u64, means: &Means, delay: &str, on_end: Callback<bool>) -> Html {
    let fee_micro = means.bond_fee_micro(amount_micro);
    let (title, action, command, sent, taken_micro) = match way {
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
    let left_micro = means
        .available_micro
        .saturating_sub(taken_micro)
        .saturating_sub(fee_micro);
    html! {
        <Confirm {title} {action} {command} {sent} {on_end}>
            <dl class="summary">
                <div><dt>{"Amount"}</dt><dd class="amount large">{tng(amount_micro)}</dd></div>
                <div><dt>{"Fee"}</dt><dd class="amount">{tng(fee_micro)}</dd></div>
                <div><dt>{"Available afterwards"}</dt><dd class="amount">{tng(left_micro)}</dd></div>
            </dl>
            <p class="hint">
                if way == Way::In { {format!("Bonded coins cannot be spent. Once you unbond them, they come back after {delay} of blocks.")} }
                else { {format!("They come back after {delay} of blocks. Until then they can neither be spent nor make blocks.")} }
            </p>
        </Confirm>
    }
}

//! The coin that fills: how far a transaction has come.

use ting_core::peer::view::Delivery;
use yew::prelude::*;

/// The word that tests and styles know a delivery state by.
pub const fn word(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Sent => "sent",
        Delivery::InBlock(_) => "block",
        Delivery::Final(_) => "final",
        Delivery::Expired => "expired",
    }
}

/// Says in words how far a transaction has come.
pub fn sentence(delivery: Delivery) -> String {
    match delivery {
        Delivery::Sent => "Sent, not in a block yet".into(),
        Delivery::InBlock(height) => format!("In block {height}, not final yet"),
        Delivery::Final(height) => format!("Final in block {height}"),
        Delivery::Expired => "Expired: no block took it in time".into(),
    }
}

/// What [`Coin`] shows.
#[derive(PartialEq, Properties)]
pub struct CoinProps {
    /// How far the transaction has come.
    pub delivery: Delivery,
}

/// Hollow ring, half, full or crossed; always the same size.
#[component]
pub fn Coin(props: &CoinProps) -> Html {
    let text = sentence(props.delivery);
    html! {
        <svg class={classes!("coin", word(props.delivery))} viewBox="0 0 16 16" role="img" aria-label={text.clone()}>
            <title>{text}</title>
            <path class="coin-half" d="M8 2.5a5.5 5.5 0 0 0 0 11z" />
            <circle class="coin-full" cx="8" cy="8" r="5.5" />
            <circle class="coin-ring" cx="8" cy="8" r="5.5" />
            <path class="coin-check" d="M5.4 8.2l1.8 1.8 3.4-3.8" />
            <path class="coin-cross" d="M5.6 5.6l4.8 4.8m0-4.8l-4.8 4.8" />
        </svg>
    }
}

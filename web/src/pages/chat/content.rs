//! What a line of the talk says: text with the message that it answers, a payment, an arrival.

use ting_core::{
    crypto::hash::Hash,
    peer::view::{MessageContent, MessageView, QuoteView},
};
use yew::prelude::*;

use crate::{
    amount::tng,
    markup::MarkedText,
    parts::{
        identicon::Identicon,
        said::{PersonName, Said},
    },
    when,
};

/// Goes to a message, wherever in the channel it is.
#[derive(Clone, PartialEq)]
pub struct Seek(pub Callback<Hash>);

/// One word per kind, for styles.
pub const fn kind_word(content: &MessageContent) -> &'static str {
    match content {
        MessageContent::Text { .. } | MessageContent::Unreadable => "talked",
        MessageContent::Payment { .. } => "payment",
        MessageContent::Joined => "joined",
    }
}

/// Whether it is said to all, and can be answered.
pub const fn is_talk(content: &MessageContent) -> bool {
    matches!(content, MessageContent::Text { .. } | MessageContent::Unreadable)
}

/// Draws what a message says.
pub fn content(message: &MessageView) -> Html {
    match &message.content {
        MessageContent::Text {
            text,
            reply_to,
            mentions,
        } => html! {
            <>
                if let Some(quote) = reply_to { <Quote quote={quote.clone()} /> }
                <MarkedText text={text.clone()} mentions={mentions.clone()} />
            </>
        },
        MessageContent::Payment {
            to,
            amount_micro,
            memo,
        } => html! {
            <p class="payment-words" title={when::exact(message.time_ms)}>
                <Identicon account={message.author} class="small" /><strong><PersonName account={message.author} /></strong>{" paid "}
                <Identicon account={*to} class="small" /><strong><PersonName account={*to} /></strong>{" "}
                <span class="amount">{tng(*amount_micro)}</span>
                if !memo.is_empty() { <Said text={memo.clone()} class="memo" /> }
            </p>
        },
        MessageContent::Joined => html! {
            <p class="joined-words" title={when::exact(message.time_ms)}>
                <Identicon account={message.author} class="small" /><strong><PersonName account={message.author} /></strong>{" joined the room"}
            </p>
        },
        MessageContent::Unreadable => {
            html! { <p class="text quiet">{"A message that this version cannot read."}</p> }
        }
    }
}

#[derive(PartialEq, Properties)]
struct QuoteProps {
    quote: QuoteView,
}

#[component]
fn Quote(props: &QuoteProps) -> Html {
    let show = {
        let (id, seek) = (props.quote.id, use_context::<Seek>());
        Callback::from(move |_: MouseEvent| seek.iter().for_each(|seek| seek.0.emit(id)))
    };
    html! {
        <button class="quote" onclick={show}>
            if let Some(account) = props.quote.author { <PersonName {account} class="quote-author" /> } else { <span class="quote-author">{"Somebody"}</span> }
            if props.quote.excerpt.is_empty() { {"…"} } else { <Said text={props.quote.excerpt.clone()} class="quote-text" /> }
        </button>
    }
}

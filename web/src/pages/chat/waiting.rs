//! Messages that cannot go out yet, in the order in which they will.

use yew::prelude::*;

use crate::{client::use_client, parts::said::Said, store::use_slice, unsent::Waiting};

/// What [`WaitingLines`] shows.
#[derive(PartialEq, Properties)]
pub struct WaitingLinesProps {
    /// Name of the channel, without `#`.
    pub channel: AttrValue,
}

/// The lines of this channel that wait, and the way back into the composer for all that wait.
#[component]
pub fn WaitingLines(props: &WaitingLinesProps) -> Html {
    let waiting = use_slice::<Waiting>();
    let client = use_client();
    let Some(waiting) = waiting.filter(|waiting| !waiting.0.is_empty()) else {
        return Html::default();
    };
    let count = match waiting.0.len() {
        1 => "1 message waits".to_owned(),
        count => format!("{count} messages wait"),
    };
    let here = waiting.0.iter().filter(|(channel, _)| *channel == *props.channel);
    html! {
        <section class="waiting-lines" aria-label="Messages that wait">
            <p>{format!("{count} until earlier ones are in a block. ")}
                <button class="text-button" onclick={move |_| client.take_back()}>{"Do not send"}</button></p>
            <ol tabindex="0">{here.enumerate().map(|(place, (_, text))| html! { <li key={place}><Said text={text.clone()} /></li> }).collect::<Html>()}</ol>
        </section>
    }
}

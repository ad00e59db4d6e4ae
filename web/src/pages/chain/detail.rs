//! The details of one block, beside the tree.

use ting_core::{
    codec::text::{encode_hex, shorten},
    crypto::hash::Hash,
    peer::view::{BlockDetailView, PulseView, StatementView, StepView, VoteView},
};
use yew::prelude::*;

use super::lists::transactions;
use crate::{
    amount::thousands,
    bridge::ToWorker,
    client::use_client,
    parts::{
        empty::{Empty, Skeleton},
        icon::{Icon, Symbol},
        key::{Account, Copied, HashText},
        link::PageLink,
    },
    pulse::{status_word, status_words},
    route::Route,
    store::{BlockAnswer, use_slice},
    when,
};

/// What [`BlockPanel`] shows.
#[derive(PartialEq, Properties)]
pub struct BlockPanelProps {
    /// Hash as in the address.
    pub hash: AttrValue,
}

/// The block that the address names. Asked for again whenever the final height changes, because its state may have.
#[component]
pub fn BlockPanel(props: &BlockPanelProps) -> Html {
    let client = use_client();
    let answer = use_slice::<BlockAnswer>();
    let wanted = props.hash.parse::<Hash>().ok();
    let pulse = use_slice::<PulseView>().map(|pulse| (pulse.height, pulse.final_height));
    use_effect_with((wanted, pulse), move |(wanted, _)| {
        if let Some(hash) = wanted {
            client.post(&ToWorker::Block(*hash));
        }
    });
    let answered = answer.as_deref().map(|answer| {
        answer
            .0
            .as_ref()
            .filter(|detail| Some(detail.block.hash) == wanted)
    });
    let status = answered.map(|detail| detail.map_or("gone", |detail| status_word(detail.block.status)));
    html! {
        <section class="card-section block-panel" aria-label="Block" data-wanted={props.hash.clone()} data-status={status}>
            <PageLink to={Route::Chain} class="icon-button panel-x" label="Close block"><Icon symbol={Symbol::Close} /></PageLink>
            {match (wanted, answered) {
                (None, _) => html! { <Empty symbol={Symbol::Chain} title="That is no block's hash">{"A hash has 64 digits."}</Empty> },
                (_, Some(Some(detail))) => facts(detail),
                (_, Some(None)) => html! { <Empty symbol={Symbol::Chain} title="This block is not kept here">
                    {"It may be off the final chain, or not have arrived yet. "}
                    <PageLink to={Route::Transaction { id: props.hash.to_string() }}>{"Look for a transaction of this hash"}</PageLink>
                </Empty> },
                (_, None) => html! { <Skeleton rows={5} /> },
            }}
        </section>
    }
}

fn facts(detail: &BlockDetailView) -> Html {
    let block = &detail.block;
    let vrf_proof = encode_hex(&detail.vrf_proof.0);
    html! {
        <>
            <h2>{format!("Block {}", thousands(block.height))}
                <span class={classes!("tag", status_word(block.status))}>{status_words(block.status)}</span></h2>
            <dl class="facts">
                <div><dt>{"Hash"}</dt><dd><HashText hash={block.hash} /></dd></div>
                <div><dt>{"Parent"}</dt><dd><PageLink to={Route::Block { hash: block.parent.to_string() }}><code>{block.parent.short()}</code></PageLink></dd></div>
                if !detail.children.is_empty() {
                    <div><dt>{"Built upon by"}</dt><dd>{detail.children.iter().map(|child| html! {
                        <PageLink key={child.to_string()} to={Route::Block { hash: child.to_string() }}><code>{child.short()}</code>{" "}</PageLink>
                    }).collect::<Html>()}</dd></div>
                }
                <div><dt>{"Made by"}</dt><dd><Account account={block.proposer} /></dd></div>
                <div><dt>{"Time"}</dt><dd title={when::exact(block.time_ms)}>{format!("{} · slot {}", when::exact(block.time_ms), thousands(block.slot))}</dd></div>
                <div><dt>{"Level"}</dt><dd>{if block.level == 0 { "0, a full ticket".to_owned() } else { format!("{}, an easier ticket after silence", block.level) }}</dd></div>
                <div><dt>{"Weight"}</dt><dd class="mono">{detail.weight.to_string()}</dd></div>
                <div><dt>{"Chain weight"}</dt><dd class="mono">{detail.chain_weight.to_string()}</dd></div>
                <div><dt>{"Term"}</dt><dd>{thousands(detail.term)}</dd></div>
                <div><dt>{"Size"}</dt><dd>{format!("{} bytes", thousands(u64::from(block.bytes)))}</dd></div>
                <div><dt>{"State root"}</dt><dd><HashText hash={detail.state_root} /></dd></div>
                <div><dt>{"Transactions root"}</dt><dd><HashText hash={detail.transactions_root} /></dd></div>
                <div><dt>{"VRF proof"}</dt><dd><Copied what="proof" short={shorten(&vrf_proof, 6, 4)} whole={vrf_proof} /></dd></div>
            </dl>
            <h3>{format!("Transactions — {}", detail.transactions.len())}</h3>
            {transactions(&detail.transactions, "This block holds no transactions.")}
            <h3>{format!("Votes — {}", detail.votes.len())}</h3>
            {votes(&detail.votes)}
            if !detail.statements.is_empty() {
                <h3>{"Coming and going"}</h3>
                {statements(&detail.statements)}
            }
        </>
    }
}

fn statements(statements: &[StatementView]) -> Html {
    let words = |step| match step {
        StepView::Leaves => "leaves: finality does not wait for it",
        StepView::Returns => "is back, and counts again once that is final",
    };
    html! {
        <ul class="votes">
            {statements.iter().enumerate().map(|(place, statement)| html! {
                <li key={place}><Account account={statement.voter} /><span class="quiet">{words(statement.step)}</span></li>
            }).collect::<Html>()}
        </ul>
    }
}

fn votes(votes: &[VoteView]) -> Html {
    if votes.is_empty() {
        return html! { <p class="quiet">{"This block records no votes."}</p> };
    }
    html! {
        <ul class="votes">
            {votes.iter().enumerate().map(|(place, vote)| html! {
                <li key={place}><Account account={vote.voter} />
                    <span class="quiet">{if vote.acknowledgement { format!("acknowledges slot {}", vote.target_slot) }
                        else { format!("links slot {} → {}", vote.source_slot, vote.target_slot) }}</span></li>
            }).collect::<Html>()}
        </ul>
    }
}

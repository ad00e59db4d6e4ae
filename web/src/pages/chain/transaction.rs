//! One transaction in detail: how far it has come, who gave what to whom, and the proof that a block holds it.

use ting_core::{
    crypto::hash::Hash,
    peer::view::{ActionView, Delivery, PulseView, TransactionDetailView, WalletView},
};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    amount::{thousands, tng},
    bridge::{ToWorker, Watch},
    client::{use_client, use_watch},
    clipboard,
    parts::{
        again::SendAgain,
        coin::{Coin, sentence, word},
        empty::{Empty, Skeleton},
        icon::{Icon, Symbol},
        key::{Account, HashText},
        link::PageLink,
        said::Said,
    },
    route::Route,
    store::{TransactionAnswer, use_dispatch, use_slice},
    when,
};

/// What [`TransactionPage`] shows.
#[derive(PartialEq, Properties)]
pub struct TransactionPageProps {
    /// Id as in the address.
    pub id: AttrValue,
}

/// The transaction that the address names. Asked for again whenever the chain grows, because its state may have changed.
#[component]
pub fn TransactionPage(props: &TransactionPageProps) -> Html {
    // The network gives the names of the people.
    use_watch(Watch::Network);
    let client = use_client();
    let answer = use_slice::<TransactionAnswer>();
    let wanted = props.id.parse::<Hash>().ok();
    let pulse = use_slice::<PulseView>().map(|pulse| (pulse.slot, pulse.height, pulse.final_height));
    use_effect_with((wanted, pulse), move |(wanted, _)| {
        if let Some(id) = wanted {
            client.post(&ToWorker::Transaction(*id));
        }
    });
    let answered = answer.as_deref().map(|answer| {
        answer
            .0
            .as_ref()
            .filter(|detail| Some(detail.transaction.id) == wanted)
    });
    let content = match (wanted, answered) {
        (None, _) => {
            html! { <Empty symbol={Symbol::Chain} title="That is no transaction's hash">{"A hash has 64 digits."}</Empty> }
        }
        (_, Some(Some(detail))) => facts(detail),
        (_, Some(None)) => html! {
            <Empty symbol={Symbol::Chain} title="This transaction is not known here">
                {"It may not have arrived yet, it may be too old to be searched for, or nobody ever sent it."}
            </Empty>
        },
        (_, None) => html! { <Skeleton rows={5} /> },
    };
    html! {
        <div class="chain column transaction-page">
            <PageLink to={Route::Chain} class="back-link"><Icon symbol={Symbol::Back} />{"Chain"}</PageLink>
            {content}
        </div>
    }
}

fn facts(detail: &TransactionDetailView) -> Html {
    let transaction = &detail.transaction;
    let (title, said) = title(&transaction.action);
    let until = format!(
        "{} · slot {}",
        when::exact(detail.valid_until_ms),
        thousands(transaction.valid_until)
    );
    html! {
        <article data-transaction={transaction.id.to_string()} data-nonce={transaction.nonce.to_string()} data-delivery={word(transaction.delivery)}>
            <h1 class="page-title">{title}if let Some(said) = said { <Said text={said.to_owned()} /> }</h1>
            <section class="card-section" aria-label="State">{steps(detail)}</section>
            <section class="card-section" aria-label="Transaction">
                <div class="parties">
                    <div><h3>{"From"}</h3><Account account={transaction.account} /></div>
                    if let Some(recipient) = transaction.action.recipient() {
                        <Icon symbol={Symbol::Forth} />
                        <div><h3>{"To"}</h3><Account account={recipient} /></div>
                    }
                </div>
                <dl class="facts">
                    if let Some(micro) = transaction.action.amount_micro() { <div><dt>{"Amount"}</dt><dd class="amount">{tng(micro)}</dd></div> }
                    <div><dt>{"Fee"}</dt><dd class="amount">{tng(transaction.fee_micro)}</dd></div>
                    if let Some((title, words)) = note(&transaction.action) { <div><dt>{title}</dt><dd>{words}</dd></div> }
                    <div><dt>{"Nonce"}</dt><dd>{thousands(transaction.nonce)}</dd></div>
                    <div><dt>{"Valid until"}</dt><dd>{until}</dd></div>
                    <div><dt>{"Size"}</dt><dd>{format!("{} bytes", thousands(u64::from(transaction.bytes)))}</dd></div>
                    <div><dt>{"Hash"}</dt><dd><HashText hash={transaction.id} /></dd></div>
                    if let Some(block) = &detail.block {
                        <div><dt>{"Block"}</dt><dd><PageLink to={Route::Block { hash: block.hash.to_string() }}>
                            {format!("Block {} · ", thousands(block.height))}<code>{block.hash.short()}</code></PageLink></dd></div>
                    }
                </dl>
                <Proof detail={detail.clone()} />
            </section>
        </article>
    }
}

/// What was done, in a few words, and what a person chose with which they end.
fn title(action: &ActionView) -> (String, Option<&str>) {
    match action {
        ActionView::Transfer { amount_micro, .. } => (format!("Payment of {}", tng(*amount_micro)), None),
        ActionView::Post { channel, .. } => ("Message in #".into(), Some(channel)),
        ActionView::Bond { amount_micro } => (format!("{} bonded", tng(*amount_micro)), None),
        ActionView::Unbond { amount_micro } => (format!("{} unbonded", tng(*amount_micro)), None),
        ActionView::Operator { .. } => ("Operator keys registered".into(), None),
        ActionView::Profile { name } => ("Name changed to ".into(), Some(name)),
        ActionView::Claim { .. } => ("Welcome grant claimed".into(), None),
        ActionView::Invite { uses: 1, .. } => ("Invite for one person".into(), None),
        ActionView::Invite { uses, .. } => (format!("Invite for {uses} people"), None),
    }
}

/// What the person wrote or chose, and what it is called.
fn note(action: &ActionView) -> Option<(&'static str, Html)> {
    match action {
        ActionView::Transfer { memo, .. } if !memo.is_empty() => {
            Some(("Memo", html! { <Said text={memo.clone()} /> }))
        }
        ActionView::Post { channel, .. } => {
            let to = Route::channel(channel);
            Some((
                "Channel",
                html! { <PageLink {to}>{"#"}<Said text={channel.clone()} /></PageLink> },
            ))
        }
        ActionView::Profile { name } if !name.is_empty() => {
            Some(("Name", html! { <Said text={name.clone()} /> }))
        }
        ActionView::Claim {
            inviter: Some(inviter),
            ..
        } => Some(("Invited by", html! { <Account account={*inviter} /> })),
        ActionView::Invite { until, .. } => {
            let last = format!("slot {}", thousands(*until));
            Some(("Open until", html! { {last} }))
        }
        ActionView::Transfer { .. }
        | ActionView::Bond { .. }
        | ActionView::Unbond { .. }
        | ActionView::Operator { .. }
        | ActionView::Profile { .. }
        | ActionView::Claim { .. } => None,
    }
}

/// The way of a transaction: sent, in a block, final; or sent and expired, with the way out.
fn steps(detail: &TransactionDetailView) -> Html {
    let delivery = detail.transaction.delivery;
    let (height, is_final) = match delivery {
        Delivery::InBlock(height) => (Some(height), false),
        Delivery::Final(height) => (Some(height), true),
        Delivery::Sent | Delivery::Expired => (None, false),
    };
    let block_time = detail.block.as_ref().map(|block| when::exact(block.time_ms));
    let step = |reached: bool, shown: Delivery, title: &'static str, note: String| {
        html! {
            <li class={classes!("step", word(shown), reached.then_some("reached"))} aria-current={(shown == delivery).then_some("step")}>
                <Coin delivery={shown} /><span class="step-title">{title}</span><span class="step-note">{note}</span>
            </li>
        }
    };
    let waiting = |text: &str| {
        if delivery == Delivery::Expired {
            String::new()
        } else {
            text.to_owned()
        }
    };
    html! {
        <>
            <ol class="steps">
                {step(true, Delivery::Sent, "Sent", "signed and told to everybody".into())}
                if delivery == Delivery::Expired {
                    {step(true, Delivery::Expired, "Expired", "no block took it in time".into())}
                } else {
                    {step(height.is_some(), Delivery::InBlock(height.unwrap_or_default()), "In a block",
                        block_time.unwrap_or_else(|| waiting("waits for a block")))}
                    {step(is_final, Delivery::Final(height.unwrap_or_default()), "Final",
                        if is_final { "nobody can undo it".into() } else { waiting("waits for votes") })}
                }
            </ol>
            <p class="for-ears">{sentence(delivery)}</p>
            <Again detail={detail.clone()} />
        </>
    }
}

#[derive(PartialEq, Properties)]
struct DetailProps {
    detail: TransactionDetailView,
}

/// The way out of an own transaction that expired; leads to the new one.
#[component]
fn Again(props: &DetailProps) -> Html {
    let navigator = use_navigator();
    let me = use_slice::<WalletView>().map(|wallet| wallet.account);
    let transaction = &props.detail.transaction;
    if transaction.delivery != Delivery::Expired || me != Some(transaction.account) {
        return Html::default();
    }
    let on_sent = Callback::from(move |id: Hash| {
        if let Some(navigator) = &navigator {
            navigator.replace(&Route::Transaction { id: id.to_string() });
        }
    });
    html! { <div class="actions start"><SendAgain id={transaction.id} class="button primary" {on_sent} /></div> }
}

/// The proof that the block holds the transaction, for whoever keeps only headers.
#[component]
fn Proof(props: &DetailProps) -> Html {
    let dispatch = use_dispatch();
    let Some(text) = proof_text(&props.detail) else {
        return Html::default();
    };
    let onclick = Callback::from(move |_: MouseEvent| {
        clipboard::copy(&text, dispatch.as_ref(), "The proof of inclusion is copied.");
    });
    html! {
        <div class="actions start proof">
            <button class="button" {onclick}><Icon symbol={Symbol::Copy} />{"Copy proof of inclusion"}</button>
            <p class="hint">{"Leads from this transaction's hash to the root in the block's header."}</p>
        </div>
    }
}

/// The proof as JSON: all that [`ting_core::crypto::hash::MerkleProof::verify`] needs, and the block whose header has the root.
fn proof_text(detail: &TransactionDetailView) -> Option<String> {
    let (root, proof) = detail.inclusion.as_ref()?;
    let block = detail.block.as_ref()?;
    let siblings: Vec<String> = proof.siblings.iter().map(|hash| format!("\"{hash}\"")).collect();
    Some(format!(
        "{{\"block\":\"{}\",\"transactions_root\":\"{root}\",\"transaction\":\"{}\",\"index\":{},\"leaf_count\":{},\"siblings\":[{}]}}",
        block.hash,
        detail.transaction.id,
        proof.index,
        proof.leaf_count,
        siblings.join(",")
    ))
}

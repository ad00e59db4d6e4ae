//! Lists of the chain page: transactions, the block to come, reorganisations.

use ting_core::peer::view::{ChainView, ReorgView, TransactionView};
use yew::prelude::*;

use super::words::{action_word, row_words};
use crate::{
    amount::{thousands, tng},
    parts::{
        coin::{Coin, word},
        empty::Empty,
        icon::Symbol,
        key::Account,
        link::PageLink,
        said::Said,
    },
    route::Route,
    when,
};

/// Transactions, one a line, or what to say if there are none.
pub fn transactions(transactions: &[TransactionView], none: &'static str) -> Html {
    if transactions.is_empty() {
        return html! { <p class="quiet">{none}</p> };
    }
    html! {
        <ul class="transactions">
            {transactions.iter().map(|transaction| html! {
                <li key={transaction.id.to_string()} data-id={transaction.id.to_string()} data-delivery={word(transaction.delivery)}>
                    <span class="tag">{action_word(&transaction.action)}</span>
                    <Said text={row_words(&transaction.action)} class="transaction-words" />
                    <Account account={transaction.account} />
                    <span class="transaction-amounts">
                        if let Some(micro) = transaction.action.amount_micro() { <span class="amount">{tng(micro)}</span> }
                        <span class="amount fee">{format!("fee {}", tng(transaction.fee_micro))}</span>
                    </span>
                    <PageLink to={Route::Transaction { id: transaction.id.to_string() }} label={format!("Transaction {}", transaction.id.short())}>
                        <code>{transaction.id.short()}</code></PageLink>
                    <Coin delivery={transaction.delivery} />
                </li>
            }).collect::<Html>()}
        </ul>
    }
}

/// The mempool as the block to come: each waiting transaction a tile, as wide as it is large.
pub fn mempool(view: &ChainView) -> Html {
    let mut x = 0_u64;
    let total = view.mempool_bytes.max(1);
    let tiles = view.mempool.iter().map(|transaction| {
        let width = u64::from(transaction.bytes) * 1_000 / total;
        let from = x;
        x += width;
        html! {
            <rect key={transaction.id.to_string()} class={classes!("tile", action_word(&transaction.action))} x={from.to_string()} y="0"
                width={width.saturating_sub(4).max(4).to_string()} height="100" rx="8">
                <title>{format!("{}, {} bytes, fee {}", row_words(&transaction.action), transaction.bytes, tng(transaction.fee_micro))}</title>
            </rect>
        }
    });
    html! {
        <section class="card-section mempool">
            <h2>{"The block to come"}<span class="quiet">{format!("{} waiting, {} bytes", view.mempool.len(), thousands(view.mempool_bytes))}</span></h2>
            <svg class="tiles" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
                <rect class="tile-ground" width="1000" height="100" rx="8" />{tiles.collect::<Html>()}
            </svg>
            {transactions(&view.mempool, "Nothing waits. What somebody sends appears here until a block takes it.")}
        </section>
    }
}

/// What was reorganised, newest first.
pub fn reorgs(view: &ChainView) -> Html {
    html! {
        <section class="card-section reorgs">
            <h2>{"Reorganisations"}</h2>
            if view.reorgs.is_empty() {
                <Empty symbol={Symbol::Chain} title="None seen">{"When another branch becomes heavier, the chain leaves blocks behind and this log says which."}</Empty>
            }
            <ol class="reorg-log">
                {view.reorgs.iter().map(|reorg| html! {
                    <li key={format!("{}{}", reorg.time_ms, reorg.new_head)} data-reorg={reorg.new_head.to_string()} data-old-head={reorg.old_head.to_string()}
                        data-common-height={reorg.common_height.to_string()} data-undone={reorg.undone.to_string()}>
                        <time title={when::exact(reorg.time_ms)}>{when::ago(reorg.time_ms)}</time>
                        <span>{what_happened(reorg)}</span>
                        <span class="reorg-heads">
                            <PageLink to={Route::Block { hash: reorg.old_head.to_string() }}><code>{reorg.old_head.short()}</code></PageLink>{" → "}
                            <PageLink to={Route::Block { hash: reorg.new_head.to_string() }}><code>{reorg.new_head.short()}</code></PageLink>
                        </span>
                    </li>
                }).collect::<Html>()}
            </ol>
        </section>
    }
}

fn what_happened(reorg: &ReorgView) -> String {
    let returned = match reorg.returned {
        0 => String::new(),
        1 => ", 1 transaction went back to wait".to_owned(),
        many => format!(", {many} transactions went back to wait"),
    };
    let ReorgView {
        common_height,
        undone,
        applied,
        ..
    } = reorg;
    format!("After block {common_height}: {undone} undone, {applied} applied instead{returned}")
}

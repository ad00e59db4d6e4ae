//! How long things take, on this machine, with every tab on it. Prints tables and asserts no times.
//!
//! `cargo test -p ting-e2e --test figures -- --ignored --nocapture --test-threads=1`, after `cargo xtask test e2e` built everything.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use ting_e2e::{
    Browser, CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage,
    crowd::{all_go, wait_for_voters},
    scene,
};

/// Browsers that open the app for the first time.
const OPENINGS: usize = 5;
/// How long a quiet tab is watched.
const QUIET_FOR: Duration = Duration::from_secs(20);
/// Messages, by four tabs in turns.
const ROUNDS: usize = 12;

/// Notes when the page becomes ready, in milliseconds since its navigation began.
const STOPWATCH: &str = "
    new MutationObserver((_, observer) => {
        if (document.documentElement?.dataset.ready !== 'true') return;
        window.readyAfterMs = performance.now();
        observer.disconnect();
    }).observe(document, { subtree: true, attributes: true, childList: true, attributeFilter: ['data-ready'] });
";

/// Notes when each message is sent off and when it first has each state, in milliseconds since the epoch.
const JOURNAL: &str = "
    const seen = window.seen = {};
    const look = () => {
        for (const message of document.querySelectorAll('[role=log] :is(article, [role=article])')) {
            const text = message.innerText.match(/figure \\d+\\b/)?.[0];
            if (text) (seen[text] ??= {})[message.dataset.delivery] ??= Date.now();
        }
    };
    document.addEventListener('keydown', event => {
        const text = event.key === 'Enter' && event.target.value?.match(/figure \\d+\\b/)?.[0];
        if (text) (seen[text] ??= {}).enter ??= Date.now();
    }, true);
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true,
        attributeFilter: ['data-delivery'] });
";

#[tokio::test]
#[ignore = "prints figures"]
async fn from_a_cold_open_to_typing() -> Result<()> {
    scene("cold-open", async |stage: &mut Stage| {
        let founder = stage.open_member("").await?;
        let link = founder.invite_link().await?;
        for (what, address) in [("founding a room", stage.relay.page()), ("joining by link", link)] {
            let mut times_ms = Vec::new();
            for _ in 0..OPENINGS {
                times_ms.push(cold_open(stage, &address).await?);
            }
            table(&format!("navigation to typing, fresh browser, {what}"), times_ms);
        }
        Ok(())
    })
    .await
}

async fn cold_open(stage: &Stage, address: &str) -> Result<f64> {
    let browser = Browser::open(&stage.driver).await?;
    let tab = browser.open_empty_tab().await?;
    let source = json!({ "source": STOPWATCH });
    tab.devtools("Page.addScriptToEvaluateOnNewDocument", source)
        .await?;
    tab.go_to(address).await?;
    let after_ms = tab
        .wait_for_script("typing", "return window.readyAfterMs", CHAIN_PATIENCE)
        .await?;
    browser.close().await?;
    after_ms.as_f64().context("no time was noted")
}

#[tokio::test]
#[ignore = "prints figures"]
async fn what_a_quiet_tab_takes() -> Result<()> {
    scene("quiet", async |stage: &mut Stage| {
        let member = stage.open_member("").await?;
        member.tab.find("textbox", "Message").await?;
        // Until the founding is over and the caches are warm.
        tokio::time::sleep(QUIET_FOR).await;
        let before_s = stage.browser.processor_time_s()?;
        tokio::time::sleep(QUIET_FOR).await;
        let share = (stage.browser.processor_time_s()? - before_s) / QUIET_FOR.as_secs_f64();
        println!(
            "| a browser with one quiet tab, page in front | {:.1} % of a core |",
            share * 100.0
        );
        Ok(())
    })
    .await
}

#[tokio::test]
#[ignore = "prints figures"]
async fn from_a_message_to_a_block_and_to_final() -> Result<()> {
    scene("latency", async |stage: &mut Stage| {
        let mut members = Vec::new();
        for _ in 0..4 {
            members.push(stage.open_member("").await?);
        }
        let everybody: Vec<&Member> = members.iter().collect();
        let Some(first) = members.first() else {
            return Ok(());
        };
        wait_for_voters(first, 4).await?;
        all_go(&everybody, "Chat").await?;
        for member in &everybody {
            member.tab.script(JOURNAL, vec![]).await?;
        }
        for round in 0..ROUNDS {
            for (number, member) in members.iter().enumerate() {
                let line = format!("figure {}", 1000 + round * 4 + number);
                member
                    .tab
                    .find("textbox", "Message")
                    .await?
                    .type_text(&line)
                    .await?;
                member.tab.press(ting_e2e::keys::ENTER).await?;
                member.hears(&line, Delivery::Sent, PATIENCE).await?;
            }
            let last = format!("figure {}", 1000 + round * 4 + 3);
            first.hears(&last, Delivery::Final, CHAIN_PATIENCE).await?;
        }
        report(&members).await
    })
    .await
}

/// From the author's Enter: until every page shows the message, and until the author's page shows it in a block and final. The pages
/// draw ten times a second, so a state may be skipped; what is final is in a block, too.
async fn report(members: &[Member]) -> Result<()> {
    let mut journals = Vec::new();
    for member in members {
        journals.push(member.tab.script("return window.seen", vec![]).await?);
    }
    let (mut shown, mut in_block, mut final_) = (Vec::new(), Vec::new(), Vec::new());
    for message in 0..ROUNDS * 4 {
        let line = format!("figure {}", 1000 + message);
        let own = journals.get(message % 4).context("a tab is missing")?;
        let sent_ms = first_of(own, &line, &["enter"]).with_context(|| format!("{line} was never sent"))?;
        let pages = journals
            .iter()
            .filter_map(|journal| first_of(journal, &line, &["sent", "block", "final"]));
        shown.extend(pages.reduce(f64::max).map(|at_ms| at_ms - sent_ms));
        in_block.extend(first_of(own, &line, &["block", "final"]).map(|at_ms| at_ms - sent_ms));
        final_.extend(first_of(own, &line, &["final"]).map(|at_ms| at_ms - sent_ms));
    }
    table("message to shown in all four tabs", shown);
    table("message to in block", in_block);
    table("message to final", final_);
    Ok(())
}

/// When a page first noted one of these things of a message.
fn first_of(journal: &Value, line: &str, states: &[&str]) -> Option<f64> {
    let noted = journal.get(line)?;
    states
        .iter()
        .filter_map(|state| noted.get(state)?.as_f64())
        .reduce(f64::min)
}

fn table(what: &str, mut times_ms: Vec<f64>) {
    times_ms.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let rank = (times_ms.len() * percent).div_ceil(100).saturating_sub(1);
        times_ms
            .get(rank)
            .map_or_else(|| "-".to_owned(), |time_ms| format!("{time_ms:.0} ms"))
    };
    println!(
        "| {what} | n = {} | p50 {} | p99 {} | worst {} |",
        times_ms.len(),
        at(50),
        at(99),
        at(100)
    );
}

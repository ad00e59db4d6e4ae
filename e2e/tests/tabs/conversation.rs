//! A room of four tabs: they talk and pay, one dies, one is reloaded, a fifth comes late, and all keep the same books.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ting_e2e::{
    Browser, CHAIN_PATIENCE, Delivery, Member, PATIENCE, Purse, Stage,
    crowd::{all_go, all_hear, same_books, same_head, wait_for_voters},
    eventually, scene,
};

const MICRO_PER_COIN: u64 = 1_000_000;
/// Blocks before the fifth tab joins.
const LATE: u64 = 100;
/// How long it may take to get there: each block takes some seconds.
const LATE_PATIENCE: Duration = Duration::from_secs(420);

#[tokio::test]
async fn four_tabs_are_four_peers_that_talk_and_pay_and_whoever_dies_reloads_or_comes_late_ends_with_the_same_head()
-> Result<()> {
    scene("room", async |stage: &mut Stage| {
        let mut members = Vec::new();
        for _ in 0..4 {
            members.push(stage.open_member("").await?);
        }
        let everybody: Vec<&Member> = members.iter().collect();
        let purses = wait_for_grants(&everybody).await?;
        everybody_talks(&everybody).await?;
        everybody_pays(&everybody, &purses).await?;
        coins_are_conserved(&everybody).await?;
        let heights = same_head(&everybody, PATIENCE).await?;
        println!("four tabs agree at height {heights}");
        some_leave_and_return(stage, members).await
    })
    .await
}

/// Four tabs of one browser are four accounts, each with coins.
async fn wait_for_grants(everybody: &[&Member]) -> Result<Vec<Purse>> {
    let mut purses = Vec::new();
    for member in everybody {
        purses.push(member.receive_grant().await?);
    }
    let mut accounts: Vec<&str> = purses.iter().map(|purse| purse.account.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    ensure!(
        accounts.len() == everybody.len(),
        "tabs share accounts: {accounts:?}"
    );
    Ok(purses)
}

async fn everybody_talks(everybody: &[&Member]) -> Result<()> {
    all_go(everybody, "Chat").await?;
    let lines: Vec<String> = (1..=everybody.len())
        .map(|number| format!("good morning from tab {number}"))
        .collect();
    for (member, line) in everybody.iter().zip(&lines) {
        member.say(line).await?;
    }
    for line in &lines {
        all_hear(everybody, line, Delivery::Final).await?;
    }
    Ok(())
}

/// Each pays the next one, in a ring: 11, 22, 33 and 44 coins.
async fn everybody_pays(everybody: &[&Member], before: &[Purse]) -> Result<()> {
    let coins = |payer: usize| 11 * (payer as u64 + 1);
    for (payer, member) in everybody.iter().enumerate() {
        let receiver = &before[(payer + 1) % before.len()];
        member.open_purse().await?;
        member
            .pay(&receiver.account, &coins(payer).to_string(), "for the coffee")
            .await?;
    }
    for (index, member) in everybody.iter().enumerate() {
        let received = coins((index + before.len() - 1) % before.len()) * MICRO_PER_COIN;
        let expected = before[index].available_micro + received - coins(index) * MICRO_PER_COIN;
        let what = format!("tab {} to have {expected} µTNG, but for fees", index + 1);
        eventually(&what, CHAIN_PATIENCE, async || {
            let purse = member.purse().await?;
            ensure!(
                purse.available_micro.abs_diff(expected) < MICRO_PER_COIN / 2,
                "{purse:?}"
            );
            Ok(Some(()))
        })
        .await?;
    }
    Ok(())
}

/// The coins of all accounts and of the fund are all coins that there are.
async fn coins_are_conserved(everybody: &[&Member]) -> Result<()> {
    eventually("all coins to add up to the supply", CHAIN_PATIENCE, async || {
        let mut held = 0;
        for member in everybody {
            let purse = member.open_purse().await?;
            held += purse.available_micro + purse.bonded_micro;
        }
        let books = same_books(everybody).await?;
        ensure!(
            held + books.fund_micro == books.supply_micro,
            "the tabs hold {held} µTNG, and the books are {books:?}"
        );
        println!(
            "{held} µTNG held + {} in the fund = {} µTNG of supply",
            books.fund_micro, books.supply_micro
        );
        Ok(Some(()))
    })
    .await
}

async fn some_leave_and_return(stage: &Stage, members: Vec<Member>) -> Result<()> {
    let [anna, bertil, carin, david] =
        <[Member; 4]>::try_from(members).map_err(|_| anyhow::anyhow!("not four"))?;
    let account = carin.open_purse().await?.account;
    // Two thirds of the voters must remain.
    wait_for_voters(&anna, 4).await?;
    all_go(&[&anna, &bertil, &carin], "Chat").await?;

    anna.say("before the crash").await?;
    david.tab.crash().await?;
    bertil.say("after the crash").await?;
    carin.tab.reload().await?;
    let carin = Member::arrive(carin.tab).await?;
    ensure!(
        carin.open_purse().await?.account == account,
        "the reloaded tab is somebody else"
    );
    carin.go("Chat").await?;
    for line in ["good morning from tab 4", "before the crash", "after the crash"] {
        all_hear(&[&anna, &bertil, &carin], line, Delivery::Final).await?;
    }
    same_head(&[&anna, &bertil, &carin], PATIENCE).await?;

    let height = keep_talking(&[&anna, &bertil, &carin], LATE).await?;
    let link = anna.invite_link().await?;
    let other = Browser::open(&stage.driver).await?;
    let opened = Instant::now();
    let erik = Member::arrive(other.open_tab(&link).await?).await?;
    same_head(&[&anna, &bertil, &carin, &erik], CHAIN_PATIENCE).await?;
    println!(
        "a fifth tab joined after {height} blocks: same head {:.1} s after it was opened",
        opened.elapsed().as_secs_f64()
    );
    erik.say("hello from the fifth tab").await?;
    all_hear(
        &[&anna, &bertil, &carin, &erik],
        "hello from the fifth tab",
        Delivery::Final,
    )
    .await?;
    same_books(&[&anna, &bertil, &carin, &erik]).await?;
    Ok(())
}

/// Talks until the chain has this height: a quiet room makes few blocks. Who came by the plain address comes back to it, so the tab
/// that died does not return by itself.
async fn keep_talking(members: &[&Member], height: u64) -> Result<u64> {
    let began = Instant::now();
    for (turn, member) in members.iter().cycle().enumerate() {
        let pulse = member.pulse().await?;
        if pulse.height >= height {
            return Ok(pulse.height);
        }
        ensure!(
            began.elapsed() < LATE_PATIENCE,
            "only {} blocks came",
            pulse.height
        );
        let line = format!("turn {turn} of the talk");
        member.say(&line).await?;
        member.hears(&line, Delivery::Block, CHAIN_PATIENCE).await?;
    }
    ensure!(!members.is_empty(), "nobody talks");
    Ok(height)
}

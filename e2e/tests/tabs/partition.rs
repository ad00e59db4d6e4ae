//! Two halves of a room that cannot hear each other: each makes blocks; after healing one branch wins and nothing is lost.
//!
//! Each half has a relay of its own. Bertil is on both, his link to the other half's relay goes through a cable, and whoever is on
//! several relays forwards between them: cutting that one cable cuts the room in two.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use ting_e2e::chronicle::{begin, heads, nothing_final_was_reverted};
use ting_e2e::crowd::{all_go, all_hear, same_books, same_head, wait_for_voters};
use ting_e2e::{CHAIN_PATIENCE, Cable, Delivery, Member, Relay, Stage, scene};

#[tokio::test]
async fn two_halves_that_cannot_hear_each_other_fork_and_after_healing_one_branch_wins_and_nothing_is_lost()
-> Result<()> {
    scene("partition", async |stage: &mut Stage| {
        let other_relay = Relay::start().await?;
        let bridge = Cable::lay(other_relay.address()).await?;
        let here = format!("ws://{}", stage.relay.address());
        let there = format!("ws://{}", other_relay.address());
        let anna = stage.open_member(&format!("?relay={here}")).await?;
        let bertil = stage
            .open_member(&format!("?relay={here}&relay={}", bridge.url()))
            .await?;
        let carin = stage.open_member(&format!("?relay={there}")).await?;
        let david = stage.open_member(&format!("?relay={there}")).await?;
        let everybody = [&anna, &bertil, &carin, &david];

        wait_for_voters(&anna, 4).await?;
        all_go(&everybody, "Chat").await?;
        anna.say("everybody hears this").await?;
        all_hear(&everybody, "everybody hears this", Delivery::Final).await?;
        begin(&everybody).await?;

        bridge.cut();
        let forks = both_halves_go_on([&anna, &bertil], [&carin, &david]).await?;
        println!("cut: the halves are at {} and {} blocks", forks.0, forks.1);
        let before = logs(&everybody).await?;
        all_go(&everybody, "Chat").await?;
        let former = [anna.pulse().await?.head, carin.pulse().await?.head];
        bridge.heal();
        one_branch_wins(&everybody).await?;
        the_losing_half_shows_the_reorg([[&anna, &bertil], [&carin, &david]], &former, &before).await
    })
    .await
}

/// Each half writes and makes blocks that the other half does not hear of. Returns both heights.
async fn both_halves_go_on(one: [&Member; 2], other: [&Member; 2]) -> Result<(u64, u64)> {
    for line in 1..=2 {
        one[0].say(&format!("line {line} of one half")).await?;
        other[0].say(&format!("line {line} of the other half")).await?;
        all_hear(&one, &format!("line {line} of one half"), Delivery::Block).await?;
        all_hear(&other, &format!("line {line} of the other half"), Delivery::Block).await?;
    }
    for member in one {
        ensure!(
            member.count_messages("of the other half").await? == 0,
            "the cut leaks"
        );
    }
    let (here, there) = (one[0].pulse().await?, other[0].pulse().await?);
    ensure!(here.head != there.head, "the halves did not fork");
    for half in [one, other] {
        same_head(&half, CHAIN_PATIENCE).await?;
    }
    Ok((here.height, there.height))
}

async fn one_branch_wins(everybody: &[&Member; 4]) -> Result<()> {
    for line in 1..=2 {
        for half in ["one half", "the other half"] {
            all_hear(everybody, &format!("line {line} of {half}"), Delivery::Final).await?;
        }
    }
    for member in everybody {
        for half in ["of one half", "of the other half"] {
            let count = member.count_messages(half).await?;
            ensure!(count == 2, "{count} messages {half}");
        }
    }
    same_head(everybody, CHAIN_PATIENCE).await?;
    let compared = nothing_final_was_reverted(everybody).await?;
    println!("healed: {compared} final blocks compared, none reverted");
    same_books(everybody).await.map(drop)
}

/// Of the two heads at healing exactly one is on the chain. Who built on the other one has a new entry in the log, and the head
/// that it was left behind at is one that nobody of the winning half ever had.
async fn the_losing_half_shows_the_reorg(
    halves: [[&Member; 2]; 2],
    former: &[String; 2],
    before: &[BTreeSet<String>],
) -> Result<()> {
    let mut won = [false; 2];
    for (won, head) in won.iter_mut().zip(former) {
        let status = halves[0][0].block_status(head).await?;
        println!("a half's head at healing is now: {status}");
        *won = ["chain", "justified", "final"].contains(&status.as_str());
    }
    ensure!(won[0] != won[1], "not exactly one branch won: {won:?}");
    let (winners, losers) = if won[0] { (0, 1) } else { (1, 0) };
    let mut heads_of_winners = BTreeSet::new();
    for winner in halves[winners] {
        heads_of_winners.extend(heads(winner).await?);
    }
    ensure!(
        !heads_of_winners.contains(&former[losers]),
        "the winning half had the lost head"
    );
    for (place, loser) in halves[losers].into_iter().enumerate() {
        let own_heads = heads(loser).await?;
        let log = logs(&[loser]).await?.remove(0);
        let left: Vec<&String> = log.difference(&before[2 * losers + place]).collect();
        ensure!(
            left.iter()
                .any(|old| own_heads.contains(*old) && !heads_of_winners.contains(*old)),
            "a page of the losing half does not show that its branch lost: {left:?}"
        );
    }
    Ok(())
}

/// The heads that each person's chain page says were left behind.
async fn logs(everybody: &[&Member]) -> Result<Vec<BTreeSet<String>>> {
    let mut logs = Vec::new();
    for member in everybody {
        member.open_books().await?;
        let script =
            "return [...document.querySelectorAll('[data-old-head]')].map(entry => entry.dataset.oldHead)";
        let old_heads = member.tab.script(script, vec![]).await?;
        logs.push(serde_json::from_value(old_heads)?);
    }
    Ok(logs)
}

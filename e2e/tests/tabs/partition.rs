//! Two halves of a room that cannot hear each other: each makes blocks; after healing one branch wins and nothing is lost.
//!
//! Each half has a relay of its own. Bertil is on both, his link to the other half's relay goes through a cable, and whoever is on
//! several relays forwards between them: cutting that one cable cuts the room in two.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde::Deserialize;
use ting_e2e::{
    CHAIN_PATIENCE, Cable, Delivery, Member, Pulse, Relay, Stage,
    chronicle::{begin, nothing_final_was_reverted},
    crowd::{all_go, all_hear, same_books, same_head, wait_for_voters},
    eventually, scene,
};

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
        let halves = [[&anna, &bertil], [&carin, &david]];
        let marks = both_halves_go_on(halves).await?;
        let before = logs(&everybody).await?;
        all_go(&everybody, "Chat").await?;
        bridge.heal();
        one_branch_wins(&everybody).await?;
        the_losing_half_shows_the_reorg(halves, &marks, &before).await
    })
    .await
}

/// Each half writes and makes blocks that the other half does not hear of. Returns a block of each half.
async fn both_halves_go_on([one, other]: [[&Member; 2]; 2]) -> Result<[Pulse; 2]> {
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
    let marks = [deep_block_of(one).await?, deep_block_of(other).await?];
    ensure!(marks[0].head != marks[1].head, "the halves did not fork");
    println!(
        "cut: the halves have blocks of their own up to {} and {}",
        one[0].pulse().await?.height,
        other[0].pulse().await?.height
    );
    Ok(marks)
}

/// A block that both of this half built upon: small forks within a half, which are nothing unusual, no longer undo it.
async fn deep_block_of(half: [&Member; 2]) -> Result<Pulse> {
    eventually("a block deep in a half's chain", CHAIN_PATIENCE * 2, async || {
        let mark = half[0].pulse().await?;
        for member in half {
            let deep = |pulse: &Pulse| pulse.height >= mark.height + 3;
            member
                .wait_for_pulse("three blocks more", CHAIN_PATIENCE, deep)
                .await?;
            if !is_on_chain(member, &mark.head).await? {
                return Ok(None);
            }
        }
        Ok(Some(mark))
    })
    .await
}

async fn is_on_chain(member: &Member, block: &str) -> Result<bool> {
    let status = member.block_status(block).await?;
    Ok(["chain", "justified", "final"].contains(&status.as_str()))
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

/// Of the two halves' blocks exactly one is on the chain. Everybody who had built on the other one has a new entry in the log
/// that says that it was undone.
async fn the_losing_half_shows_the_reorg(
    halves: [[&Member; 2]; 2],
    marks: &[Pulse; 2],
    before: &[BTreeSet<Departure>],
) -> Result<()> {
    let anna = halves[0][0];
    let won = [
        is_on_chain(anna, &marks[0].head).await?,
        is_on_chain(anna, &marks[1].head).await?,
    ];
    ensure!(won[0] != won[1], "not exactly one branch won: {won:?}");
    let losers = usize::from(won[0]);
    let lost = marks[losers].height;
    for (place, loser) in halves[losers].into_iter().enumerate() {
        let log = logs(&[loser]).await?.remove(0);
        let new: Vec<&Departure> = log.difference(&before[2 * losers + place]).collect();
        println!("who made the lost block {lost} says: {new:?}");
        ensure!(
            new.iter().any(|entry| entry.has_undone(lost)),
            "a page of the losing half does not show that its block at {lost} was undone: {new:?}"
        );
    }
    Ok(())
}

/// One entry of the chain page's log: the head that the chain left, the last block that it kept, and how many it undid above.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Departure {
    head: String,
    common_height: u64,
    undone: u64,
}

impl Departure {
    fn has_undone(&self, height: u64) -> bool {
        self.common_height < height && height <= self.common_height + self.undone
    }
}

/// What each person's chain page says about reorganisations.
async fn logs(everybody: &[&Member]) -> Result<Vec<BTreeSet<Departure>>> {
    let mut logs = Vec::new();
    for member in everybody {
        member.open_books().await?;
        let script = "return [...document.querySelectorAll('[data-old-head]')].map(({ dataset }) => (
            { head: dataset.oldHead, common_height: Number(dataset.commonHeight), undone: Number(dataset.undone) }))";
        let entries = member.tab.script(script, vec![]).await?;
        logs.push(serde_json::from_value(entries)?);
    }
    Ok(logs)
}

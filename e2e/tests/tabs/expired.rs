//! A message that no block took in time: its coin is crossed, and one click signs it anew.
//!
//! A transaction is valid for almost an hour. The app that is served here differs in one line from the real one: its worker's clock
//! can be put forward by the test. Everything else is as always.

use anyhow::{Result, ensure};
use tempfile::TempDir;
use ting_e2e::{
    CHAIN_PATIENCE, Delivery, Member, PATIENCE, Relay, Stage, altered::app_with, eventually, scene,
};

use super::sight::{SCREENS, in_sight, moved_px, scroll, talk};

/// Longer than a transaction is valid.
const LATER_MS: u64 = 3_700_000;
/// Enough lines for several screens.
const MANY: usize = 50;

const CLOCK: &str = "
    const realNow = Date.now.bind(Date);
    let laterMs = 0;
    Date.now = () => realNow() + laterMs;
    new BroadcastChannel('test-clock').onmessage = ({ data }) => { laterMs = data; };
";

#[tokio::test]
async fn a_message_that_no_block_took_in_time_is_crossed_and_sending_it_again_brings_it_into_a_block()
-> Result<()> {
    scene("expired", async |stage: &mut Stage| {
        let (_app, mut relay, anna) = alone(stage).await?;

        // Without a relay nobody makes blocks.
        relay.kill().await?;
        anna.wait_for_pulse("the relay to be missed", PATIENCE, |pulse| {
            pulse.condition == "relay-gone"
        })
        .await?;
        anna.say("taken by no block").await?;
        put_the_clock_forward(&anna, LATER_MS).await?;
        wait_for_state(&anna, "taken by no block", "expired").await?;
        anna.tab.wait_for_text("No block took it in time").await?;
        let coin = anna.tab.find("link", "Expired: no block took it in time").await?;
        coin.click().await?;
        let expired = anna.transaction().await?;
        ensure!(expired.delivery == "expired", "{expired:?}");
        anna.tab.find("button", "Send again").await?;
        anna.go("Chat").await?;

        relay.restart().await?;
        anna.wait_for_pulse("the relay to be back", CHAIN_PATIENCE, |pulse| {
            pulse.condition != "relay-gone"
        })
        .await?;
        anna.tab.click("button", "Send again").await?;
        anna.hears("taken by no block", Delivery::Final, CHAIN_PATIENCE)
            .await?;
        let count = anna.count_messages("taken by no block").await?;
        ensure!(count == 1, "the message stands there {count} times");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_that_expires_or_is_sent_again_above_a_reader_moves_no_text_of_others() -> Result<()> {
    scene("expired-above", async |stage: &mut Stage| {
        let (_app, mut relay, anna) = alone(stage).await?;
        relay.kill().await?;
        // One for each screen, to expire one after the other, before those that are read.
        let minutes = |count: usize| count as u64 * 60_000;
        for (number, screen) in SCREENS.iter().enumerate() {
            put_the_clock_forward(&anna, minutes(10 * number)).await?;
            anna.say(&doomed(screen.name)).await?;
        }
        put_the_clock_forward(&anna, minutes(40)).await?;
        talk(&anna, "later", MANY).await?;
        anna.hears(&format!("later {}.", MANY - 1), Delivery::Sent, PATIENCE)
            .await?;
        for (number, screen) in SCREENS.iter().enumerate() {
            screen.show(&anna.tab).await?;
            scroll(&anna.tab, "list.scrollHeight").await?;
            scroll(&anna.tab, "list.scrollHeight - list.clientHeight - 300.4").await?;
            let before = in_sight(&anna.tab).await?;
            let expired = doomed(screen.name);
            put_the_clock_forward(&anna, LATER_MS + minutes(10 * number)).await?;
            wait_for_state(&anna, &expired, "expired").await?;
            let moved = moved_px(&before, &in_sight(&anna.tab).await?)?;
            ensure!(moved <= 1.0, "on the {} an expired line moved text by {moved} px", screen.name);

            let again = "[...document.querySelectorAll('[role=log] [role=article]')]
                .find(message => message.innerText.includes(arguments[0])).querySelector('.expired-words button').click()";
            anna.tab.script(again, vec![expired.as_str().into()]).await?;
            wait_for_state(&anna, &expired, "sent").await?;
            let moved_again = moved_px(&before, &in_sight(&anna.tab).await?)?;
            println!("{}: text moved by {moved:.2} px, then by {moved_again:.2} px", screen.name);
            ensure!(moved_again <= 1.0, "on the {} a line sent again moved text by {moved_again} px", screen.name);
        }
        Ok(())
    })
    .await
}

/// Somebody whose clock can be put forward, with a line that a block took; her app and relay.
async fn alone(stage: &Stage) -> Result<(TempDir, Relay, Member)> {
    let app = app_with(CLOCK)?;
    let relay = Relay::start_serving(app.path()).await?;
    let anna = Member::arrive(stage.browser.open_tab(&relay.page()).await?).await?;
    anna.say("taken in time").await?;
    anna.hears("taken in time", Delivery::Final, CHAIN_PATIENCE)
        .await?;
    Ok((app, relay, anna))
}

fn doomed(screen: &str) -> String {
    format!("in vain on the {screen}")
}

async fn put_the_clock_forward(member: &Member, by_ms: u64) -> Result<()> {
    let script = format!("new BroadcastChannel('test-clock').postMessage({by_ms})");
    member.tab.script(&script, vec![]).await.map(drop)
}

async fn wait_for_state(member: &Member, text: &str, state: &str) -> Result<()> {
    let script = "const found = [...document.querySelectorAll('[role=log] [role=article]')]
                      .find(message => message.innerText.includes(arguments[0]));
                  return found?.dataset.delivery ?? ''";
    eventually(&format!("\"{text}\" to be {state}"), PATIENCE, async || {
        let found = member.tab.script(script, vec![text.into()]).await?;
        Ok((found == state).then_some(()))
    })
    .await
}

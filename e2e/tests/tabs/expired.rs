//! A message that no block took in time: its coin is crossed, and one click signs it anew.
//!
//! A transaction is valid for almost an hour. The app that is served here differs in one line from the real one: its worker's clock
//! can be put forward by the test. Everything else is as always.

use anyhow::{Result, ensure};
use ting_e2e::altered::app_with;
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Relay, Stage, eventually, scene};

/// Longer than a transaction is valid.
const LATER_MS: u64 = 3_700_000;

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
        let app = app_with(CLOCK)?;
        let mut relay = Relay::start_serving(app.path()).await?;
        let anna = Member::arrive(stage.browser.open_tab(&relay.page()).await?).await?;
        anna.say("taken in time").await?;
        anna.hears("taken in time", Delivery::Final, CHAIN_PATIENCE)
            .await?;

        // Without a relay nobody makes blocks.
        relay.kill().await?;
        anna.wait_for_pulse("the relay to be missed", PATIENCE, |pulse| {
            pulse.condition == "relay-gone"
        })
        .await?;
        anna.say("taken by no block").await?;
        put_the_clock_forward(&anna).await?;
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

async fn put_the_clock_forward(member: &Member) -> Result<()> {
    let script = format!("new BroadcastChannel('test-clock').postMessage({LATER_MS})");
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

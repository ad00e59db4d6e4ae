//! Every limit of a relay, exceeded for real: the page names it and says what to do. The pictures are in `target/e2e/`.

use anyhow::Result;
use serde_json::json;
use ting_e2e::{CHAIN_PATIENCE, Cable, Member, PATIENCE, Relay, Stage, Tab, eventually, scene};

/// The head of a masked WebSocket frame that announces a gigabyte.
const HUGE_FRAME: [u8; 14] = [0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4];
/// A masked text frame; the relay's frames are binary.
const TEXT_FRAME: [u8; 8] = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
/// A masked frame for everybody else with one byte of payload.
const SMALL_FRAME: [u8; 15] = [0x82, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

#[tokio::test]
async fn a_full_relay_says_which_of_its_limits_is_reached() -> Result<()> {
    scene("limits-places", async |stage: &mut Stage| {
        for (limit, picture, sentence) in [
            (
                "--max-members",
                "limit-room-full",
                "The room is full on this relay",
            ),
            (
                "--max-connections",
                "limit-connections",
                "The relay has no space for another connection",
            ),
            (
                "--max-connections-per-address",
                "limit-address",
                "Too many connections from your address",
            ),
        ] {
            let relay = Relay::start_with(&[limit, "1"]).await?;
            let first = Member::arrive(stage.browser.open_tab(&relay.page()).await?).await?;
            let second = stage.browser.open_tab(&relay.page()).await?;
            shows(&second, sentence, picture).await?;
            first.tab.close().await?;
            second.close().await?;
        }
        let relay = Relay::start_with(&["--max-rooms", "1"]).await?;
        let first = Member::arrive(stage.browser.open_tab(&relay.page()).await?).await?;
        let elsewhere = format!("{}#{}", relay.page(), "A".repeat(43));
        let second = stage.browser.open_tab(&elsewhere).await?;
        shows(&second, "The relay has no space for another room", "limit-rooms").await?;
        first.tab.close().await
    })
    .await
}

#[tokio::test]
async fn a_tab_gone_bad_is_cut_with_the_reason_and_comes_back() -> Result<()> {
    scene("limits-frames", async |stage: &mut Stage| {
        let flood = SMALL_FRAME.repeat(2_000);
        for (bytes, picture, sentence) in [
            (
                HUGE_FRAME.to_vec(),
                "limit-frame-size",
                "A frame was larger than this relay allows",
            ),
            (
                TEXT_FRAME.to_vec(),
                "limit-bad-frame",
                "A frame was not what this relay understands",
            ),
            (flood, "limit-rate", "Too many frames or bytes per second"),
        ] {
            let cable = stage.lay_cable().await?;
            let member = Member::arrive(open_through(stage, &cable).await?).await?;
            member.go("Network").await?;
            cable.inject(bytes);
            shows(&member.tab, sentence, picture).await?;
            back(&member).await?;
            member.tab.close().await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_address_that_sends_more_than_its_share_is_told_so() -> Result<()> {
    scene("limits-address-rate", async |stage: &mut Stage| {
        let relay = Relay::start_with(&[
            "--frames-per-s=20",
            "--burst-frames=600",
            "--frames-per-s-per-address=20",
            "--burst-frames-per-address=600",
        ])
        .await?;
        let (one, other) = (
            Cable::lay(relay.address()).await?,
            Cable::lay(relay.address()).await?,
        );
        let members = [
            Member::arrive(open_through(stage, &one).await?).await?,
            Member::arrive(open_through(stage, &other).await?).await?,
        ];
        for member in &members {
            member.go("Network").await?;
        }
        // Each stays within what one connection may send; which of them reaches the sum first is the network's choice.
        one.inject(SMALL_FRAME.repeat(400));
        other.inject(SMALL_FRAME.repeat(400));
        let sentence = "Too many frames or bytes per second from your address";
        let cut = eventually("one of them to be cut", CHAIN_PATIENCE, async || {
            for member in &members {
                if member.tab.script(&says(sentence), Vec::new()).await? == json!(true) {
                    return Ok(Some(member));
                }
            }
            Ok(None)
        })
        .await?;
        shows(&cut.tab, sentence, "limit-address-rate").await?;
        back(cut).await
    })
    .await
}

#[tokio::test]
async fn a_tab_whose_handshake_takes_too_long_says_that_the_relay_cannot_be_reached() -> Result<()> {
    scene("limits-handshake", async |stage: &mut Stage| {
        let relay = Relay::start_with(&["--handshake-timeout-ms", "500"]).await?;
        let cable = Cable::lay(relay.address()).await?;
        cable.silence();
        let tab = open_through(stage, &cable).await?;
        shows(&tab, "Relay unreachable", "limit-handshake").await?;
        cable.heal();
        back(&Member::arrive(tab).await?).await
    })
    .await
}

#[tokio::test]
async fn a_tab_that_is_too_slow_or_too_silent_is_told_so() -> Result<()> {
    scene("limits-time", async |stage: &mut Stage| {
        let relay = Relay::start_with(&["--ping-interval-ms", "500", "--idle-timeout-ms", "1500"]).await?;
        let cable = Cable::lay(relay.address()).await?;
        let idle = Member::arrive(open_through(stage, &cable).await?).await?;
        cable.silence();
        eventually("the relay to cut the silent tab", PATIENCE, async || {
            Ok(relay.log()?.contains("idle-timeout").then_some(()))
        })
        .await?;
        cable.heal();
        shows(&idle.tab, "Nothing was heard from you for too long", "limit-idle").await?;
        back(&idle).await?;
        idle.tab.close().await?;

        let relay = Relay::start_with(&["--max-queued-frames", "8"]).await?;
        let (fast, slow) = (
            Cable::lay(relay.address()).await?,
            Cable::lay(relay.address()).await?,
        );
        let talker = Member::arrive(open_through(stage, &fast).await?).await?;
        let reader = Member::arrive(open_through(stage, &slow).await?).await?;
        fast.inject(SMALL_FRAME.repeat(500));
        shows(
            &reader.tab,
            "The connection was too slow for the room",
            "limit-slow-reader",
        )
        .await?;
        back(&reader).await?;
        talker.tab.close().await
    })
    .await
}

#[tokio::test]
async fn a_relay_that_stops_says_goodbye_and_the_tabs_come_back_to_the_next_one() -> Result<()> {
    scene("limits-drain", async |stage: &mut Stage| {
        let mut relay = Relay::start().await?;
        let member = Member::arrive(stage.browser.open_tab(&relay.page()).await?).await?;
        member.go("Network").await?;
        relay.terminate()?;
        shows(&member.tab, "The relay is stopping", "limit-drain").await?;
        relay.restart().await?;
        back(&member).await
    })
    .await
}

async fn open_through(stage: &Stage, cable: &Cable) -> Result<Tab> {
    stage.open_tab(&format!("?relay={}", cable.url())).await
}

/// Waits until the Network page says so, then takes its picture as a phone shows it.
async fn shows(tab: &Tab, sentence: &str, picture: &str) -> Result<()> {
    tab.click("link", "Network").await?;
    tab.wait_for_script(sentence, &says(sentence), CHAIN_PATIENCE)
        .await?;
    tab.set_viewport(360, 740).await?;
    tab.screenshot(picture).await?;
    let advice = tab
        .wait_for_script(
            "advice on what to do",
            "return document.querySelector('.relay-advice')?.innerText",
            PATIENCE,
        )
        .await?;
    println!("{sentence}: {advice}");
    Ok(())
}

/// A script that tells whether the page says so.
fn says(sentence: &str) -> String {
    format!(
        "return document.querySelector('main').innerText.includes({})",
        json!(sentence)
    )
}

async fn back(member: &Member) -> Result<()> {
    member
        .wait_for_pulse("the link to be up again", CHAIN_PATIENCE, |pulse| {
            pulse.condition != "relay-gone"
        })
        .await
        .map(drop)
}

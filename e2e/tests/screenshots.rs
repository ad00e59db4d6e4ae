//! Pictures of every page for the documentation, with a lively room: phone and desktop, light and dark.
//!
//! `cargo test -p ting-e2e --test screenshots -- --ignored --nocapture`; the pictures are in `target/e2e/`.
#![allow(
    clippy::indexing_slicing,
    reason = "an index out of range fails the test, as it should"
)]

#[path = "screenshots/talk.rs"]
mod talk;

use anyhow::Result;
use ting_e2e::{
    CHAIN_PATIENCE, Delivery, Member, PATIENCE, Relay, SIZES, Stage, THEMES,
    altered::app_with_file,
    crowd::{all_go, all_hear, wait_for_voters},
    keys, scene,
};

const TALK: [(usize, &str); 8] = [
    (
        0,
        "Good morning! The kettle is on, and the **waffle iron** is warm.",
    ),
    (1, "On my way. Do we need jam?"),
    (2, "Cloudberry, if there is any. I have the cream."),
    (0, "Jam is on me, then. Who settles with the bakery?"),
    (
        3,
        "I did: 48 TNG for the lot. See https://example.org/receipt for the receipt.",
    ),
    (1, "Sending my share now."),
    (
        2,
        "Mine, too. By the way, `height` grew by twenty while we talked.",
    ),
    (0, "A toast to that: to everybody who keeps the books!"),
];

#[tokio::test]
#[ignore = "makes pictures"]
async fn every_page_on_phone_and_desktop_in_light_and_dark() -> Result<()> {
    scene("screenshots", async |stage: &mut Stage| {
        let members = lively_room(stage).await?;
        let Some(anna) = members.first() else {
            return Ok(());
        };
        for (size, width, height) in SIZES {
            anna.tab.set_viewport(width, height).await?;
            for theme in THEMES {
                anna.tab.set_theme(theme).await?;
                pages(anna, &format!("{size}-{theme}")).await?;
            }
        }
        states(stage, anna).await
    })
    .await
}

#[tokio::test]
#[ignore = "makes pictures"]
async fn a_page_that_cannot_start() -> Result<()> {
    scene("screenshots-not-started", async |stage: &mut Stage| {
        for (file, name) in [("ting-web_bg.wasm", "cannot-start"), ("worker.js", "no-node")] {
            let app = app_with_file(file, "no program")?;
            let relay = Relay::start_serving(app.path()).await?;
            let tab = stage.browser.open_tab(&relay.page()).await?;
            tab.wait_for_text("Load again").await?;
            tab.pictures(name).await?;
        }
        Ok(())
    })
    .await
}

async fn lively_room(stage: &Stage) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for name in ["Anna", "Bertil", "Carin", "David"] {
        let member = stage.open_member("").await?;
        member.take_name(name).await?;
        members.push(member);
    }
    let everybody: Vec<&Member> = members.iter().collect();
    wait_for_voters(everybody[0], 4).await?;
    let baker = members[3].open_purse().await?.account;
    all_go(&everybody, "Chat").await?;
    // One window has the focus, but all of them are looked at.
    for member in &members {
        member
            .tab
            .script("document.hasFocus = () => true", vec![])
            .await?;
    }
    for (speaker, line) in TALK {
        members[speaker].tab.fill("Message", line).await?;
        members[speaker].tab.press(keys::ENTER).await?;
        in_a_block(&members[speaker], line).await?;
        if line.contains("share") || line.contains("Mine") {
            members[speaker].open_purse().await?;
            members[speaker]
                .pay(&baker, "12", "my share of the waffles")
                .await?;
            members[speaker].go("Chat").await?;
        }
    }
    all_hear(&everybody, "to everybody who keeps the books", Delivery::Final).await?;
    Ok(members)
}

/// Within a block messages stand in the block's order: who answers what waits for it to be in one.
async fn in_a_block(speaker: &Member, line: &str) -> Result<()> {
    // Code and emphasis are rendered, so only the words before them stand there as written.
    let words = line.split(['*', '`']).next().unwrap_or(line);
    speaker
        .hears(words.trim_end(), Delivery::Block, CHAIN_PATIENCE)
        .await
}

async fn pages(anna: &Member, suffix: &str) -> Result<()> {
    for page in ["Chat", "Wallet", "Chain", "Network", "Settings"] {
        anna.go(page).await?;
        let path = format!("return location.pathname.startsWith('/{}')", page.to_lowercase());
        anna.tab.wait_for_script(page, &path, PATIENCE).await?;
        anna.tab.settle().await?;
        anna.tab
            .screenshot(&format!("{}-{suffix}", page.to_lowercase()))
            .await?;
    }
    for (tab, name) in [("History", "history"), ("Stake", "stake")] {
        anna.go("Wallet").await?;
        anna.tab.click("tab", tab).await?;
        anna.tab.settle().await?;
        anna.tab.screenshot(&format!("wallet-{name}-{suffix}")).await?;
    }
    anna.go("Chat").await?;
    let payment =
        "const coin = document.querySelector('.line.payment .coin-link'); coin?.click(); return !!coin";
    anna.tab.wait_for_script("a payment", payment, PATIENCE).await?;
    anna.transaction().await?;
    anna.tab.settle().await?;
    anna.tab.screenshot(&format!("transaction-{suffix}")).await?;
    anna.go("Chat").await?;
    if anna.tab.find_now("button", "Invite").await?.is_some() {
        anna.tab.click("button", "Invite").await?;
        anna.tab.find("textbox", "Invite link").await?;
        anna.tab.settle().await?;
        anna.tab.screenshot(&format!("invite-{suffix}")).await?;
        anna.tab.press(keys::ESCAPE).await?;
        anna.tab.wait_until_gone("textbox", "Invite link").await?;
    }
    anna.tab
        .press(&format!("{}k{}", keys::CONTROL, keys::RELEASE))
        .await?;
    anna.tab
        .wait_for_script(
            "the palette",
            "return !!document.querySelector('dialog[open]')",
            PATIENCE,
        )
        .await?;
    anna.tab.settle().await?;
    anna.tab.screenshot(&format!("palette-{suffix}")).await?;
    anna.tab.press(keys::ESCAPE).await
}

/// What a person sees when something is wrong.
async fn states(stage: &mut Stage, anna: &Member) -> Result<()> {
    let wrong = stage.open_tab("#garbage").await?;
    wrong.wait_for_text("This link opens no room").await?;
    stage.relay.kill().await?;
    anna.wait_for_pulse("the relay to be missed", CHAIN_PATIENCE, |pulse| {
        pulse.condition == "relay-gone"
    })
    .await?;
    anna.go("Chat").await?;
    wrong.pictures("wrong-link").await?;
    anna.tab.pictures("relay-gone").await
}

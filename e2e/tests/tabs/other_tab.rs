//! A page that opens in another tab, where one is somebody else.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage, Tab, eventually, scene};

use super::{accessible::nothing_is_serious, sight::set_hidden};

const NO_CARD: &str = "return document.querySelector('.who-card') === null";

#[tokio::test]
async fn who_opens_the_wallet_in_a_new_tab_is_told_who_they_are_there_and_goes_on_as_before() -> Result<()> {
    scene("other-tab", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        anna.say("it is me").await?;
        anna.hears("it is me", Delivery::Final, CHAIN_PATIENCE).await?;
        let before = anna.open_purse().await?;
        let name = "return document.querySelector('.wallet .account-name').innerText";
        let name = anna.tab.wait_for_script("a name", name, PATIENCE).await?;
        let name = name.as_str().context("no name")?.to_owned();
        // Another person's tab, which was looked at before hers.
        let bertil = stage.open_member("").await?;
        set_hidden(&bertil.tab, true).await?;
        set_hidden(&anna.tab, true).await?;
        let opened = opened_by_the_middle_button(stage, &anna.tab).await?;
        opened
            .wait_for_text("somebody else than in your other one")
            .await?;
        opened.pictures("who-you-are").await?;
        nothing_is_serious(&opened, "who one is in a new tab").await?;
        for member in [&anna, &bertil] {
            let card = member.tab.script(NO_CARD, vec![]).await?;
            ensure!(card == json!(true), "who was there before is asked, too");
        }
        let stranger = Member::arrive(opened).await?;
        ensure!(
            stranger.purse().await?.account != before.account,
            "two tabs are one person"
        );
        first_payment(&stranger, &before.account).await?;

        stranger.tab.click("button", &format!("Go on as {name}")).await?;
        anna.tab.wait_for_text("You went on in another tab").await?;
        eventually("to be who one was", PATIENCE, async || {
            Ok((stranger.purse().await?.account == before.account).then_some(()))
        })
        .await?;
        stranger
            .tab
            .wait_for_script("no question any more", NO_CARD, PATIENCE)
            .await?;

        Ok(())
    })
    .await
}

/// As a person does it, who wants both pages.
async fn opened_by_the_middle_button(stage: &Stage, tab: &Tab) -> Result<Tab> {
    let place = "const { left, top, width, height } = [...document.querySelectorAll('.nav-entry')]
            .find(link => link.innerText === 'Wallet' && link.offsetParent).getBoundingClientRect();
        return { x: left + width / 2, y: top + height / 2 }";
    let place = tab.script(place, vec![]).await?;
    let before = stage.browser.tabs().await?.len();
    for kind in ["mousePressed", "mouseReleased"] {
        let event =
            json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "middle", "clickCount": 1 });
        tab.devtools("Input.dispatchMouseEvent", event).await?;
    }
    let opened = eventually("a new tab", PATIENCE, async || {
        let tabs = stage.browser.tabs().await?;
        Ok((tabs.len() > before).then_some(tabs))
    })
    .await?;
    opened.into_iter().next_back().context("no tab")
}

/// What is asked before the first coins go to somebody.
async fn first_payment(payer: &Member, to: &str) -> Result<()> {
    payer.receive_grant().await?;
    payer.prepare_payment(to, "5", "for the herring").await?;
    payer
        .tab
        .wait_for_text("You pay this account for the first time")
        .await?;
    payer.tab.pictures("first-payment").await?;
    payer.tab.click("button", "Cancel").await
}

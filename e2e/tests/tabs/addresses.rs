//! Addresses lead where they say, whatever happened to them on the way, and every page's address invites.

use anyhow::{Result, ensure};
use serde_json::json;
use ting_e2e::{Browser, CHAIN_PATIENCE, PATIENCE, Stage, Tab, keys, scene};

#[tokio::test]
async fn addresses_name_channel_room_and_network_through_clicks_and_reloads() -> Result<()> {
    scene("addresses", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let fragment = fragment(&anna.tab).await?;
        ensure!(fragment.contains('.'), "the address names no network: {fragment}");
        ensure!(
            focused(&anna.tab).await? == "Message",
            "the composer has not the focus"
        );
        for name in ["v1.2", ".."] {
            open_channel(&anna.tab, name).await?;
            anna.tab.reload().await?;
            wait_for_channel(&anna.tab, name).await?;
        }
        let channel = anna.tab.url().await?;
        anna.go("Chat").await?;
        ensure!(
            anna.tab.url().await? == channel,
            "a click on Chat left {channel} for {}",
            anna.tab.url().await?
        );
        for page in ["Wallet", "Wallet", "Network"] {
            anna.go(page).await?;
            let now = self::fragment(&anna.tab).await?;
            ensure!(now == fragment, "{page} is at {now}");
        }
        anna.go("Chat").await?;
        wait_for_channel(&anna.tab, "..").await
    })
    .await
}

#[tokio::test]
async fn broken_invites_open_their_room_and_cut_ones_say_so() -> Result<()> {
    scene("broken-invites", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let link = anna.invite_link().await?;
        let (page, fragment) = link.split_once('#').unwrap_or_default();
        let site = page.trim_end_matches("/chat");
        let other = Browser::open(&stage.driver).await?;
        for broken in [
            format!("{page}%23{fragment}"),
            format!("{site}/cha#{fragment}"),
            format!("{link})."),
            format!("{link}%3E"),
        ] {
            let tab = other.open_tab(&broken).await?;
            let named = format!("return location.pathname === '/chat' && location.hash === '#{fragment}'");
            tab.wait_for_script(&broken, &named, PATIENCE).await?;
            tab.close().await?;
        }
        for cut in [format!("{page}#{}", &fragment[..60]), format!("{page}#")] {
            let tab = other.open_tab(&cut).await?;
            tab.wait_for_text("This link opens no room").await?;
            tab.close().await?;
        }
        other.close().await
    })
    .await
}

#[tokio::test]
async fn a_room_whose_last_person_was_forgotten_waits_and_is_not_founded_anew() -> Result<()> {
    scene("not-anew", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let link = anna.invite_link().await?;
        anna.go("Settings").await?;
        anna.tab.click("button", "Forget me").await?;
        anna.tab.click("button", "Forget for good").await?;
        let (old, _) = link
            .split_once('#')
            .and_then(|(_, fragment)| fragment.split_once('.'))
            .unwrap_or_default();
        let elsewhere = format!(
            "return document.documentElement.dataset.ready === 'true' && location.hash.length > 60 \
             && !location.hash.includes('{old}')"
        );
        anna.tab
            .wait_for_script("a room of one's own", &elsewhere, CHAIN_PATIENCE)
            .await?;
        let (page, fragment) = link.split_once('#').unwrap_or_default();
        let bare = format!("{page}#{old}");
        let tab = stage.browser.open_tab(&bare).await?;
        let named = format!("return location.hash === '#{fragment}'");
        tab.wait_for_script("the network that the room had", &named, PATIENCE)
            .await?;
        let waits = "return document.querySelector('.pulse')?.dataset.condition === 'waiting-for-network'";
        tab.wait_for_script("the room to wait", waits, CHAIN_PATIENCE)
            .await
            .map(drop)
    })
    .await
}

async fn fragment(tab: &Tab) -> Result<String> {
    let url = tab.url().await?;
    Ok(url
        .split_once('#')
        .map_or_else(String::new, |(_, fragment)| fragment.to_owned()))
}

async fn focused(tab: &Tab) -> Result<String> {
    let name = tab
        .script("return document.activeElement.ariaLabel ?? ''", vec![])
        .await?;
    Ok(name.as_str().unwrap_or_default().to_owned())
}

async fn open_channel(tab: &Tab, name: &str) -> Result<()> {
    tab.click("button", "New channel").await?;
    tab.fill("Channel name", name).await?;
    tab.press(keys::ENTER).await?;
    wait_for_channel(tab, name).await
}

async fn wait_for_channel(tab: &Tab, name: &str) -> Result<()> {
    let title = format!(
        "return document.querySelector('.channel-title')?.innerText === {}",
        json!(format!("#{name}"))
    );
    tab.wait_for_script(name, &title, PATIENCE).await.map(drop)
}

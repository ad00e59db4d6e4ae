//! The stage itself: crashes, reopened browsers, pictures. What the other tests stand on must hold.

use anyhow::{Result, ensure};
use serde_json::json;
use ting_e2e::{Browser, PATIENCE, Stage, eventually, scene};

#[tokio::test]
async fn a_crashed_tab_leaves_the_others() -> Result<()> {
    scene("crash", async |stage: &mut Stage| {
        let anna = stage.open_tab("").await?;
        let bertil = stage.open_tab("").await?;
        anna.crash().await?;
        ensure!(
            bertil.script("return 1 + 1", vec![]).await? == json!(2),
            "the other tab died, too"
        );
        let carin = stage.open_tab("").await?;
        bertil.close().await?;
        carin.reload().await
    })
    .await
}

#[tokio::test]
async fn a_killed_browser_opens_again_with_its_profile() -> Result<()> {
    scene("killed", async |stage: &mut Stage| {
        let page = stage.relay.page();
        let tab = stage.browser.open_tab(&page).await?;
        tab.script("document.cookie = 'kept=yes; max-age=3600'", vec![])
            .await?;
        stage.browser.kill_and_reopen(&stage.driver).await?;
        ensure!(
            tab.url().await.is_err(),
            "a tab of the killed browser still answers"
        );
        stage.browser.open_tab(&page).await?.reload().await
    })
    .await
}

#[tokio::test]
async fn browsers_keep_their_storage_apart() -> Result<()> {
    scene("apart", async |stage: &mut Stage| {
        let other = Browser::open(&stage.driver).await?;
        let anna = stage.open_tab("").await?;
        let bertil = stage.open_tab("").await?;
        let carin = other.open_tab(&stage.relay.page()).await?;
        anna.script("localStorage.setItem('who', 'anna')", vec![]).await?;
        let read = "return localStorage.getItem('who')";
        eventually("storage shared in one browser", PATIENCE, async || {
            Ok((bertil.script(read, vec![]).await? == json!("anna")).then_some(()))
        })
        .await?;
        ensure!(
            carin.script(read, vec![]).await?.is_null(),
            "storage leaked to another browser"
        );
        other.close().await
    })
    .await
}

#[tokio::test]
async fn the_page_obeys_its_security_policy() -> Result<()> {
    scene("policy", async |stage: &mut Stage| {
        let tab = stage.open_tab("").await?;
        tab.set_viewport(360, 740).await?;
        tab.set_media_feature("prefers-color-scheme", "dark").await?;
        let dark = tab
            .script(
                "return matchMedia('(prefers-color-scheme: dark)').matches",
                vec![],
            )
            .await?;
        ensure!(dark == json!(true), "the dark scheme was not taken");
        tab.screenshot("policy").await?;
        let console = stage.browser.console().await?;
        let severe: Vec<_> = console.iter().filter(|line| line.level == "SEVERE").collect();
        ensure!(severe.is_empty(), "the console has errors: {severe:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_restarted_relay_is_found_where_it_was() -> Result<()> {
    scene("restart", async |stage: &mut Stage| {
        let address = stage.relay.address();
        stage.relay.restart().await?;
        ensure!(stage.relay.address() == address);
        stage.open_tab("").await.map(drop)
    })
    .await
}

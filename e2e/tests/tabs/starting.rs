//! What a person sees when the app cannot start: words and what to do, never a blank page.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use ting_e2e::{
    Member, Relay, Stage, Tab,
    altered::{app_with, app_with_file},
    scene,
};

/// Nobody looks at a blank page for longer.
const WORDS_WITHIN: Duration = Duration::from_secs(15);

/// Opens an app, and waits for its words and for the way out that they offer.
async fn opens_with(stage: &Stage, app: &TempDir, words: &[&str]) -> Result<(Relay, Tab)> {
    let relay = Relay::start_serving(app.path()).await?;
    let tab = stage.browser.open_tab(&relay.page()).await?;
    tells(&tab, words).await?;
    Ok((relay, tab))
}

async fn tells(tab: &Tab, words: &[&str]) -> Result<()> {
    for line in words {
        tab.wait_for_text_within(line, WORDS_WITHIN).await?;
    }
    tab.wait_for_text_within("Load again", WORDS_WITHIN).await
}

#[tokio::test]
async fn a_program_that_does_not_arrive_or_is_refused_is_told_with_its_reason() -> Result<()> {
    scene("not-started", async |stage: &mut Stage| {
        for (file, content) in [("ting-web_bg.wasm", "no module"), ("ting-web.js", "no script")] {
            let app = app_with_file(file, content)?;
            opens_with(stage, &app, &["Ting has not started", "Reason: "]).await?;
        }
        // Nothing of the app runs at all: the page stands by itself.
        let app = app_with_file("start.js", "no script")?;
        let (_relay, tab) = opens_with(stage, &app, &["Ting has not started"]).await?;
        ensure!(
            !tab.text().await?.contains("Reason"),
            "nobody could have told a reason"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn without_javascript_the_page_says_that_it_needs_it() -> Result<()> {
    scene("no-javascript", async |stage: &mut Stage| {
        let tab = stage.open_tab("").await?;
        let off = json!({ "value": true });
        tab.devtools("Emulation.setScriptExecutionDisabled", off).await?;
        tab.reload().await?;
        tells(&tab, &["JavaScript is off"]).await
    })
    .await
}

#[tokio::test]
async fn a_node_that_does_not_run_is_told_as_such_and_a_room_that_opens_late_opens_after_all() -> Result<()> {
    scene("no-node", async |stage: &mut Stage| {
        let app = app_with_file("worker.js", "no script")?;
        opens_with(stage, &app, &["The node of this tab did not start"]).await?;

        let app = app_with(LATE_DISK)?;
        let (_relay, tab) = opens_with(stage, &app, &["The room takes long to open"]).await?;
        tab.script("new BroadcastChannel('test-disk').postMessage('go on')", vec![])
            .await?;
        Member::arrive(tab).await.map(drop)
    })
    .await
}

/// A disk that hands out nothing until the test says so.
const LATE_DISK: &str = "
    const directory = StorageManager.prototype.getDirectory;
    const told = new Promise((go) => { new BroadcastChannel('test-disk').onmessage = go; });
    StorageManager.prototype.getDirectory = async function () {
        await told;
        return directory.call(this);
    };
";

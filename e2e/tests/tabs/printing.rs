//! What the pages are on paper: the whole log, and the backup words alone.

use anyhow::{Result, ensure};
use serde_json::json;
use ting_e2e::{Member, PATIENCE, Stage, scene};

/// Selectors of which nothing may be on paper.
const ONLY_CLICKED: &str =
    "return [...document.querySelectorAll('.rail, .bar, .pulse, .composer, .panel, button')]
        .filter((element) => element.checkVisibility())
        .map((element) => element.className)";

#[tokio::test]
async fn the_whole_log_and_the_words_alone_can_be_printed() -> Result<()> {
    scene("paper", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        for line in 0..20 {
            anna.say(&format!("for the record, line {line}")).await?;
        }
        anna.tab.set_viewport(900, 400).await?;
        show_on(&anna, "print").await?;
        nothing_to_click(&anna).await?;
        let is_whole = "const log = document.querySelector('.log');
            return log.scrollHeight <= log.clientHeight && log.clientHeight > 400";
        anna.tab
            .wait_for_script("the log to be whole", is_whole, PATIENCE)
            .await?;

        show_on(&anna, "screen").await?;
        anna.go("Wallet").await?;
        anna.tab.click("button", "Show words").await?;
        anna.tab.find("list", "Words").await?;
        show_on(&anna, "print").await?;
        nothing_to_click(&anna).await?;
        let words = anna.tab.text().await?;
        ensure!(
            !words.contains("Available") && words.contains("Keep them where nobody else looks"),
            "on paper: {words}"
        );
        Ok(())
    })
    .await
}

async fn show_on(member: &Member, media: &str) -> Result<()> {
    member
        .tab
        .devtools("Emulation.setEmulatedMedia", json!({ "media": media }))
        .await
        .map(drop)
}

async fn nothing_to_click(member: &Member) -> Result<()> {
    let shown = member.tab.script(ONLY_CLICKED, vec![]).await?;
    ensure!(shown == json!([]), "on paper: {shown}");
    Ok(())
}

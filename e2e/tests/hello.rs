//! The first light: what one tab writes reaches another through the relay.

use anyhow::{Result, ensure};
use ting_e2e::{Stage, scene};

const ROOM: &str = "#00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[tokio::test]
async fn what_one_tab_writes_reaches_another() -> Result<()> {
    scene("hello", async |stage: &mut Stage| {
        let anna = stage.open_tab(ROOM).await?;
        let bertil = stage.open_tab(ROOM).await?;
        for tab in [&anna, &bertil] {
            tab.wait_for_text("connected").await?;
        }
        anna.fill("Message", "hello from Anna").await?;
        anna.click("button", "Send").await?;
        bertil.wait_for_text("hello from Anna").await?;
        bertil.fill("Message", "hello from Bertil").await?;
        bertil.click("button", "Send").await?;
        anna.wait_for_text("hello from Bertil").await?;
        ensure!(
            !bertil.text().await?.contains("hello from Bertil"),
            "the relay echoed to the sender"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_cut_cable_is_seen_and_the_other_tab_goes_on() -> Result<()> {
    scene("cable", async |stage: &mut Stage| {
        let cable = stage.lay_cable().await?;
        let anna = stage.open_tab(&format!("?relay={}{ROOM}", cable.url())).await?;
        let bertil = stage.open_tab(ROOM).await?;
        for tab in [&anna, &bertil] {
            tab.wait_for_text("connected").await?;
        }
        cable.cut();
        anna.wait_for_text("relay unreachable").await?;
        ensure!(
            bertil.text().await?.contains("connected"),
            "the cut reached the other tab"
        );
        cable.heal();
        anna.reload().await?;
        anna.wait_for_text("connected").await
    })
    .await
}

//! Keys of other keyboards, fingers, and the browser's own Back.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use ting_e2e::{Delivery, Member, PATIENCE, Stage, Tab, keys, scene};

#[tokio::test]
async fn foreign_keyboards_write_and_fingers_back_and_files_lose_nothing() -> Result<()> {
    scene("fingers", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        signs_of_option_and_a_digit_are_written(&anna).await?;
        ending_a_composition_does_not_send(&anna).await?;
        files_are_answered_in_words(&anna.tab).await?;
        back_closes_a_dialog_and_leaves_the_page(&anna.tab).await?;
        letting_go_outside_closes_no_dialog(&anna.tab).await?;
        notices_show_above_a_dialog(&anna.tab).await
    })
    .await
}

/// A press of Option and 2 as a Swedish Mac reports it.
async fn signs_of_option_and_a_digit_are_written(anna: &Member) -> Result<()> {
    anna.tab.fill("Message", "mail").await?;
    let is_taken = anna
        .tab
        .script(
            "return !document.activeElement.dispatchEvent(new KeyboardEvent('keydown', \
             { key: '@', code: 'Digit2', altKey: true, bubbles: true, cancelable: true }))",
            vec![],
        )
        .await?;
    ensure!(is_taken == json!(false), "the sign was taken from the field");
    ensure!(!anna.tab.url().await?.contains("/wallet"), "the wallet opened");
    Ok(())
}

/// Safari ends a composition before the press of Enter that ended it.
async fn ending_a_composition_does_not_send(anna: &Member) -> Result<()> {
    let press = |code: u32| {
        format!(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', \
             {{ key: 'Enter', code: 'Enter', keyCode: {code}, bubbles: true, cancelable: true }}))"
        )
    };
    anna.tab.fill("Message", "nihongo").await?;
    anna.tab.script(&press(229), vec![]).await?;
    let held = anna.tab.find("textbox", "Message").await?.value().await?;
    ensure!(held == "nihongo", "the composer holds \"{held}\"");
    anna.tab.script(&press(13), vec![]).await?;
    anna.hears("nihongo", Delivery::Sent, PATIENCE).await
}

async fn files_are_answered_in_words(tab: &Tab) -> Result<()> {
    let paste = "const data = new DataTransfer();
        data.items.add(new File(['x'], 'cat.png', { type: 'image/png' }));
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))";
    tab.script(paste, vec![]).await?;
    tab.wait_for_text("a room carries text only").await
}

async fn back_closes_a_dialog_and_leaves_the_page(tab: &Tab) -> Result<()> {
    tab.click("button", "Invite").await?;
    tab.find("dialog", "Invite").await?;
    tab.wait_for_script(
        "a step for the dialog",
        "return history.state?.over === 1",
        PATIENCE,
    )
    .await?;
    let before = tab.url().await?;
    tab.script("history.back()", vec![]).await?;
    tab.wait_until_gone("dialog", "Invite").await?;
    ensure!(tab.url().await? == before, "Back left the page");
    // One that closes otherwise leaves no step behind.
    tab.click("button", "Invite").await?;
    tab.wait_for_script(
        "a step for the dialog",
        "return history.state?.over === 1",
        PATIENCE,
    )
    .await?;
    tab.press(keys::ESCAPE).await?;
    tab.wait_for_script("no step", "return !history.state?.over", PATIENCE)
        .await
        .map(drop)
}

async fn letting_go_outside_closes_no_dialog(tab: &Tab) -> Result<()> {
    tab.click("button", "Invite").await?;
    let area = tab
        .wait_for_script(
            "the dialog",
            "const dialog = document.querySelector('dialog[open]');
             if (!dialog || dialog.getAnimations().length) return null;
             const { left, top, width } = dialog.getBoundingClientRect();
             return { x: left + width / 2, y: top + 20 }",
            PATIENCE,
        )
        .await?;
    let (x, y) = (area["x"].clone(), area["y"].clone());
    mouse(tab, "mousePressed", &x, &y).await?;
    mouse(tab, "mouseReleased", &json!(5), &json!(5)).await?;
    tab.find("dialog", "Invite").await?;
    mouse(tab, "mousePressed", &json!(5), &json!(5)).await?;
    mouse(tab, "mouseReleased", &json!(5), &json!(5)).await?;
    tab.wait_until_gone("dialog", "Invite").await
}

async fn mouse(tab: &Tab, kind: &str, x: &Value, y: &Value) -> Result<()> {
    let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
    tab.devtools("Input.dispatchMouseEvent", event).await.map(drop)
}

/// What a notice says can be hit by a pointer, and is in what a screen reader hears, though a dialog is open.
async fn notices_show_above_a_dialog(tab: &Tab) -> Result<()> {
    tab.click("button", "Invite").await?;
    tab.click("button", "Copy link").await?;
    let on_top = "const toast = document.querySelector('dialog[open] [role=status] .toast');
        if (!toast || toast.getAnimations().length) return false;
        const { left, top, width, height } = toast.getBoundingClientRect();
        return toast.contains(document.elementFromPoint(left + width / 2, top + height / 2))";
    tab.wait_for_script("a notice above the dialog", on_top, PATIENCE)
        .await?;
    tab.screenshot("notice-over-dialog").await
}

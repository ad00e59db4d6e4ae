//! Nothing typed is lost: many lines at once, a paste that no message holds, a payment that Back closed; and the browser is asked to keep it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage, Tab, eventually, scene};

/// More than the ledger lets wait of one account.
const LINES: usize = 200;

#[tokio::test]
async fn however_much_is_written_at_once_arrives_in_its_order_and_the_browser_is_asked_to_keep_it()
-> Result<()> {
    scene("unsent", async |stage: &mut Stage| {
        let tab = stage.browser.open_empty_tab().await?;
        let count = "navigator.storage.persist = async () => { window.asked = (window.asked ?? 0) + 1; return false; }";
        tab.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": count })).await?;
        tab.go_to(&stage.relay.page()).await?;
        let anna = Member::arrive(tab).await?;
        a_paste_that_no_message_holds_is_refused_in_words(&anna.tab).await?;
        many_lines_arrive_in_their_order(stage, &anna).await?;
        anna.go("Settings").await?;
        anna.tab.wait_for_text("The browser was asked to keep it and promised nothing").await?;
        ensure!(anna.tab.script("return window.asked", vec![]).await? == json!(1), "the browser was not asked once");
        a_payment_that_back_closed_is_still_there(&anna).await
    })
    .await
}

async fn a_paste_that_no_message_holds_is_refused_in_words(tab: &Tab) -> Result<()> {
    tab.fill("Message", "kept").await?;
    let paste = "const data = new DataTransfer();
        data.setData('text', 'x'.repeat(5_000_000));
        return document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))";
    let is_taken = tab.script(paste, vec![]).await?;
    ensure!(is_taken == json!(false), "the field takes 5 MB");
    tab.wait_for_text("Nothing was pasted").await?;
    let held = tab.find("textbox", "Message").await?.value().await?;
    ensure!(held == "kept", "the composer holds {} bytes", held.len());
    Ok(())
}

async fn many_lines_arrive_in_their_order(stage: &mut Stage, anna: &Member) -> Result<()> {
    // Without a relay there are no blocks, so that what is not taken yet has to wait.
    stage.kill_relays().await?;
    let write = "const area = document.querySelector('[aria-label=Message]');
        const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set;
        (async () => {
            for (let line = 0; line < arguments[0]; line++) {
                set.call(area, `line ${line}.`);
                area.dispatchEvent(new InputEvent('input', { bubbles: true }));
                await new Promise(requestAnimationFrame);
                while (area.form.querySelector('.send').disabled) await new Promise(requestAnimationFrame);
                area.form.requestSubmit();
                while (area.value) await new Promise(requestAnimationFrame);
            }
        })()";
    anna.tab.script(write, vec![json!(LINES)]).await?;
    anna.tab
        .wait_for_text("messages wait until earlier ones are in a block")
        .await?;
    let count = format!("{} messages wait", LINES - 64);
    anna.tab.wait_for_text_within(&count, CHAIN_PATIENCE).await?;
    anna.tab.screenshot("waiting-lines").await?;
    stage.restart_relays().await?;
    let last = format!("line {}.", LINES - 1);
    anna.hears(&last, Delivery::Block, CHAIN_PATIENCE).await?;
    let shown = "return [...document.querySelectorAll('article')].map(article => article.innerText.match(/line (\\d+)\\./))
                 .filter(Boolean).map(found => Number(found[1]))";
    eventually("all lines in their order", CHAIN_PATIENCE, async || {
        // Earlier ones are fetched when the beginning of the log shows.
        anna.tab
            .script("document.querySelector('.log').scrollTop = 0", vec![])
            .await?;
        let shown: Vec<usize> = serde_json::from_value(anna.tab.script(shown, vec![]).await?)?;
        ensure!(
            shown.is_sorted_by(|one, next| one < next),
            "the lines are shown as {shown:?}"
        );
        Ok((shown == (0..LINES).collect::<Vec<_>>()).then_some(()))
    })
    .await?;
    let waits = anna
        .tab
        .script("return document.querySelector('.waiting-lines')", vec![])
        .await?;
    ensure!(waits == Value::Null, "something still waits");
    Ok(())
}

async fn a_payment_that_back_closed_is_still_there(anna: &Member) -> Result<()> {
    anna.go("Chat").await?;
    anna.tab.fill("Message", "/pay @Nobody 5").await?;
    anna.tab.click("button", "Send").await?;
    anna.tab.find("dialog", "Pay").await?;
    anna.tab.fill("Memo", "for the herring").await?;
    anna.tab
        .wait_for_script(
            "a step for the dialog",
            "return history.state?.over === 1",
            PATIENCE,
        )
        .await?;
    anna.tab.script("history.back()", vec![]).await?;
    anna.tab.wait_until_gone("dialog", "Pay").await?;
    anna.go("Wallet").await?;
    for (field, expected) in [
        ("Recipient", "@Nobody"),
        ("Amount", "5.00"),
        ("Memo", "for the herring"),
    ] {
        let held = anna.tab.find("textbox", field).await?.value().await?;
        ensure!(
            held.trim_start_matches('@') == expected.trim_start_matches('@'),
            "{field} holds \"{held}\""
        );
    }
    Ok(())
}

//! Nothing typed is lost: many lines at once, lines that wait when they are taken back or the page is loaded again, a paste that no message
//! holds, a payment that Back closed; and the browser is asked to keep it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Relay, Stage, Tab, eventually, scene};

use super::accessible::nothing_is_serious;

/// What the ledger lets wait of one account.
const WAITING_IN_LEDGER: usize = 64;
/// Many more messages than the ledger lets wait.
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
        what_the_browser_says_to_being_asked_is_told(&anna).await?;
        a_payment_that_back_closed_is_still_there(&anna).await
    })
    .await
}

#[tokio::test]
async fn lines_that_wait_come_back_into_the_composer_in_their_order_by_a_click_and_by_a_reload() -> Result<()>
{
    scene("taken-back", async |stage: &mut Stage| {
        // Another relay goes on serving the page.
        let mut relay = Relay::start().await?;
        let anna = stage
            .open_member(&format!("?relay=ws://{}", relay.address()))
            .await?;
        anna.say("the first").await?;
        anna.hears("the first", Delivery::Final, CHAIN_PATIENCE).await?;
        relay.kill().await?;
        write_lines(&anna.tab, WAITING_IN_LEDGER + 3).await?;
        anna.tab
            .wait_for_text_within("3 messages wait", CHAIN_PATIENCE)
            .await?;
        anna.tab.click("button", "Do not send").await?;
        let taken_back = "line 64.\nline 65.\nline 66.";
        composer_holds(&anna.tab, taken_back).await?;
        anna.tab.wait_until_gone("button", "Do not send").await?;

        anna.tab.click("button", "Send").await?;
        anna.tab.wait_for_text("1 message waits").await?;
        anna.tab.fill("Message", "one more").await?;
        anna.tab.click("button", "Send").await?;
        anna.tab.wait_for_text("2 messages wait").await?;
        anna.tab.fill("Message", "and a draft").await?;
        anna.tab.reload().await?;
        composer_holds(&anna.tab, &format!("{taken_back}\none more\nand a draft")).await?;

        relay.restart().await?;
        anna.tab.click("button", "Send").await?;
        anna.hears("and a draft", Delivery::Block, CHAIN_PATIENCE).await?;
        for line in ["line 63.", "line 64.", "line 66."] {
            let count = anna.count_messages(line).await?;
            ensure!(count == 1, "\"{line}\" stands there {count} times");
        }
        Ok(())
    })
    .await
}

async fn composer_holds(tab: &Tab, expected: &str) -> Result<()> {
    eventually(
        &format!("the composer to hold {expected:?}"),
        CHAIN_PATIENCE,
        async || {
            let held = tab.find("textbox", "Message").await?.value().await?;
            ensure!(held == expected, "it holds {held:?}");
            Ok(Some(()))
        },
    )
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
    tab.script("document.querySelector('.toast [aria-label]').click()", vec![])
        .await?;
    let held = tab.find("textbox", "Message").await?.value().await?;
    ensure!(held == "kept", "the composer holds {} bytes", held.len());
    Ok(())
}

async fn many_lines_arrive_in_their_order(stage: &mut Stage, anna: &Member) -> Result<()> {
    // Without a relay there are no blocks, so that what is not taken yet has to wait.
    stage.kill_relays().await?;
    write_lines(&anna.tab, LINES).await?;
    anna.tab
        .wait_for_text("messages wait until earlier ones are in a block")
        .await?;
    let count = format!("{} messages wait", LINES - WAITING_IN_LEDGER);
    anna.tab.wait_for_text_within(&count, CHAIN_PATIENCE).await?;
    anna.tab.pictures("waiting-lines").await?;
    nothing_is_serious(&anna.tab, "lines that wait").await?;
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

/// As quickly as the page takes them.
async fn write_lines(tab: &Tab, count: usize) -> Result<()> {
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
    tab.script(write, vec![json!(count)]).await.map(drop)
}

/// Once by itself, and again as often as the person wants.
async fn what_the_browser_says_to_being_asked_is_told(anna: &Member) -> Result<()> {
    anna.go("Settings").await?;
    anna.tab
        .wait_for_text("The browser was asked to keep it and promised nothing")
        .await?;
    let times = async || anna.tab.script("return window.asked", vec![]).await;
    ensure!(times().await? == json!(1), "the browser was not asked once");
    anna.tab.click("button", "Ask again").await?;
    anna.tab.wait_for_text("The browser does not promise it.").await?;
    ensure!(times().await? == json!(2), "the browser was not asked again");
    let promise = "navigator.storage.persist = async () => true";
    anna.tab.script(promise, vec![]).await?;
    anna.tab.click("button", "Ask again").await?;
    anna.tab.wait_for_text("The browser promised to keep it.").await
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

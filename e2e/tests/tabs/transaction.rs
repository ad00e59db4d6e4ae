//! The page of a transaction: reached from the wallet, from a message and from its block, and the same for both who are in it.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage, Tab, eventually, keys, scene};

#[tokio::test]
async fn a_transactions_page_says_who_paid_what_and_how_far_it_came_and_gives_a_proof() -> Result<()> {
    scene("transaction", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let bertil = stage.open_member("").await?;
        let receiver = bertil.open_purse().await?;
        anna.receive_grant().await?;
        anna.pay(&receiver.account, "12.5", "for the herring").await?;
        let (id, _) = anna.history().await?.into_iter().next().context("no history")?;
        anna.tab
            .click("link", &format!("To {}", name_of(&anna, &id).await?))
            .await?;
        wait_until_final(&anna, &id).await?;
        for said in ["Payment of 12.50 TNG", "for the herring", "Nonce", "Valid until", "nobody can undo it"] {
            anna.tab.wait_for_text(said).await?;
        }
        proof_leads_to_the_block(&anna.tab, &id).await?;

        // The block lists it, and the list leads back.
        let block = anna.tab.script("return [...document.querySelectorAll('.facts a')].map(link => link.innerText).find(text => text.startsWith('Block'))", vec![]).await?;
        anna.tab.click("link", block.as_str().context("no link to the block")?).await?;
        anna.tab.wait_for_text("Transactions root").await?;
        anna.tab.click("link", &format!("Transaction {}", short(&id))).await?;
        wait_until_final(&anna, &id).await?;

        // The other one has something to lose now, and is led to the words.
        bertil.tab.click("button", "write down your backup words").await?;
        let led = "return document.activeElement.innerText === 'Show words'";
        bertil.tab.wait_for_script("the way to the words", led, PATIENCE).await?;

        // He finds the payment by its hash.
        bertil.tab.press(&format!("{}k{}", keys::CONTROL, keys::RELEASE)).await?;
        bertil.tab.wait_for_script("the palette", "return !!document.querySelector('dialog[open]')", PATIENCE).await?;
        bertil.tab.press(&id).await?;
        bertil.tab.press(keys::ENTER).await?;
        wait_until_final(&bertil, &id).await
    })
    .await
}

#[tokio::test]
async fn a_message_leads_to_its_transaction_and_an_unknown_one_is_said_to_be_unknown() -> Result<()> {
    scene("transaction-of-a-message", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        anna.say("what does this cost?").await?;
        anna.hears("what does this cost?", Delivery::Final, CHAIN_PATIENCE)
            .await?;
        let script = "const message = [...document.querySelectorAll('[role=log] [role=article]')]
                          .find(message => message.innerText.includes('what does this cost?'));
                      message.focus(); return message.dataset.id";
        let id = anna.tab.script(script, vec![]).await?;
        anna.tab.press(keys::ENTER).await?;
        anna.tab.click("menuitem", "Details").await?;
        wait_until_final(&anna, id.as_str().context("the message has no id")?).await?;
        anna.tab.wait_for_text("Message in #hall").await?;

        let url = anna.tab.url().await?;
        let unknown = url.replace(id.as_str().unwrap_or_default(), &"7".repeat(64));
        anna.tab.go_to(&unknown).await?;
        anna.tab.wait_for_text("This transaction is not known here").await
    })
    .await
}

/// Whom the history's entry names.
async fn name_of(member: &Member, id: &str) -> Result<String> {
    let script = "return document.querySelector(`[data-id='${arguments[0]}'] a`).innerText";
    let title = member.tab.script(script, vec![json!(id)]).await?;
    let title = title.as_str().context("the entry has no title")?;
    Ok(title.strip_prefix("To ").context("no payment")?.to_owned())
}

fn short(id: &str) -> String {
    format!(
        "{}…{}",
        id.get(..6).unwrap_or(id),
        id.get(60..).unwrap_or_default()
    )
}

async fn wait_until_final(member: &Member, id: &str) -> Result<()> {
    eventually("the transaction to be final", CHAIN_PATIENCE, async || {
        let shown = member.transaction().await?;
        ensure!(shown.id == id, "another transaction shows: {shown:?}");
        Ok((shown.delivery == "final").then_some(()))
    })
    .await
}

/// Copies the proof as a person would.
async fn proof_leads_to_the_block(tab: &Tab, id: &str) -> Result<()> {
    let watch = "navigator.clipboard.writeText = async text => { window.copied = text; }";
    tab.script(watch, vec![]).await?;
    tab.click("button", "Copy proof of inclusion").await?;
    tab.wait_for_text("The proof of inclusion is copied.").await?;
    let copied = tab.script("return window.copied", vec![]).await?;
    let proof: Value = serde_json::from_str(copied.as_str().context("nothing was copied")?)?;
    ensure!(proof["transaction"] == id, "a proof of something else: {proof}");
    ensure!(
        proof["leaf_count"].as_u64() > proof["index"].as_u64(),
        "no place in the block: {proof}"
    );
    Ok(())
}

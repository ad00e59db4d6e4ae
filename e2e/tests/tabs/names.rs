//! Who is who: people whose names look alike, and texts as they were typed.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage, Tab, keys, scene};

/// With the Cyrillic letter for the last one.
const LOOKS_LIKE_ANNA: &str = "Ann\u{430}";
/// What the first card says to whom nobody else hears.
const ALONE: &str = "The room is yours";

#[tokio::test]
async fn names_that_look_alike_show_whose_they_are_and_texts_are_what_was_typed() -> Result<()> {
    scene("names", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        anna.tab.wait_for_text(ALONE).await?;
        let other = stage.open_member("").await?;
        let others_are_here = format!("return !document.body.innerText.includes({})", json!(ALONE));
        anna.tab
            .wait_for_script(
                "Anna to be told that she is not alone",
                &others_are_here,
                CHAIN_PATIENCE,
            )
            .await?;
        anna.take_name("Anna").await?;
        other.take_name(LOOKS_LIKE_ANNA).await?;
        other.go("Chat").await?;
        a_name_that_is_written_out_is_sent_by_enter(&other).await?;
        anna.go("Chat").await?;
        anna.hears("hi @Anna", Delivery::Block, CHAIN_PATIENCE).await?;
        both_show_their_address(&anna.tab).await?;
        a_payment_asks_which(&anna).await?;
        white_space_at_the_beginning_stays(&anna).await?;
        a_link_into_this_room_opens_in_place(&anna).await?;
        a_giant_message_shows_its_beginning(&anna).await?;
        for page in ["Chat", "Wallet", "Chain", "Network"] {
            anna.go(page).await?;
            names_are_isolated(&anna.tab, page).await?;
        }
        Ok(())
    })
    .await
}

/// Others begin with the name; with Shift, Enter makes a line all the same.
async fn a_name_that_is_written_out_is_sent_by_enter(member: &Member) -> Result<()> {
    let offered = |name: &str| {
        format!(
            "return document.querySelector('.offered')?.innerText.includes({})",
            json!(name)
        )
    };
    member.tab.fill("Message", "hi @An").await?;
    member
        .tab
        .wait_for_script("Anna to be offered", &offered("Anna"), CHAIN_PATIENCE)
        .await?;
    member.tab.press(keys::LINE_END).await?;
    let held = member.tab.find("textbox", "Message").await?.value().await?;
    ensure!(held == "hi @An\n", "the composer holds {held:?}");
    member.tab.fill("Message", "hi @Anna").await?;
    member.tab.press(keys::ENTER).await?;
    member.hears("hi @Anna", Delivery::Sent, PATIENCE).await
}

async fn both_show_their_address(tab: &Tab) -> Result<()> {
    let script = format!(
        "const head = document.querySelector('.line.talked header');
         const mention = document.querySelector('.mention');
         const address = element => element?.nextElementSibling?.matches('code.which') && element.nextElementSibling.innerText;
         const author = head?.querySelector('.author');
         return author?.innerText === {} && mention?.innerText === '@Anna' && !!address(author) && !!address(mention)
             && address(author) !== address(mention)",
        json!(LOOKS_LIKE_ANNA)
    );
    tab.wait_for_script("both names with their addresses", &script, CHAIN_PATIENCE)
        .await
        .map(drop)
}

async fn a_payment_asks_which(anna: &Member) -> Result<()> {
    anna.tab
        .fill("Message", &format!("/pay @{LOOKS_LIKE_ANNA} 5"))
        .await?;
    anna.tab.press(keys::ENTER).await?;
    anna.tab.wait_for_text("have a name that looks like").await?;
    let chips = "return document.querySelectorAll('dialog .chip').length === 1";
    anna.tab
        .wait_for_script("the other one by address", chips, PATIENCE)
        .await?;
    anna.tab.press(keys::ESCAPE).await?;
    anna.tab.wait_until_gone("dialog", "Pay").await
}

async fn white_space_at_the_beginning_stays(anna: &Member) -> Result<()> {
    anna.say("    four spaces").await?;
    let kept = "return [...document.querySelectorAll('.line .text')].some(text => text.innerText.startsWith('    four'))";
    anna.tab
        .wait_for_script("four spaces", kept, PATIENCE)
        .await
        .map(drop)
}

async fn a_link_into_this_room_opens_in_place(anna: &Member) -> Result<()> {
    let link = anna.invite_link().await?.replace("/chat#", "/network#");
    anna.say(&format!("look here: {link}")).await?;
    let follow = "window.stays = true; const link = document.querySelector('.line .text a'); link?.click(); return !!link";
    anna.tab.wait_for_script("the link", follow, PATIENCE).await?;
    let opened = "return window.stays === true && location.pathname === '/network'";
    anna.tab
        .wait_for_script("its page in place", opened, PATIENCE)
        .await?;
    anna.go("Chat").await
}

async fn a_giant_message_shows_its_beginning(anna: &Member) -> Result<()> {
    let lines: Vec<String> = (1..=80).map(|line| format!("line {line}")).collect();
    anna.tab.fill("Message", &lines.join(keys::LINE_END)).await?;
    anna.tab.press(keys::ENTER).await?;
    anna.hears("line 1", Delivery::Sent, PATIENCE).await?;
    let height = async || -> Result<f64> {
        let height = "return [...document.querySelectorAll('.line')].find(line => line.innerText.includes('line 1\\n')).offsetHeight";
        Ok(anna
            .tab
            .script(height, vec![])
            .await?
            .as_f64()
            .unwrap_or_default())
    };
    let short = height().await?;
    anna.tab.click("button", "Show more").await?;
    anna.tab.find("button", "Show less").await?;
    let whole = height().await?;
    ensure!(
        short * 2.0 < whole && whole > 1_000.0,
        "{short} px of {whole} px showed"
    );
    anna.tab.click("button", "Show less").await?;
    anna.tab.find("button", "Show more").await?;
    ensure!(height().await? == short, "it does not fold again");
    Ok(())
}

/// Every place that shows the name, but for what one types and for what only ears perceive.
async fn names_are_isolated(tab: &Tab, page: &str) -> Result<()> {
    let path = format!("return location.pathname.startsWith('/{}')", page.to_lowercase());
    tab.wait_for_script(page, &path, PATIENCE).await?;
    let script = "const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const loose = [];
        while (walker.nextNode()) {
            const node = walker.currentNode;
            if (node.data.includes(arguments[0]) && !node.parentElement.closest('bdi, textarea, title, .for-ears, [role=status]')) {
                loose.push(node.parentElement.outerHTML);
            }
        }
        return loose";
    let loose = tab.script(script, vec![json!(LOOKS_LIKE_ANNA)]).await?;
    ensure!(
        loose == Value::Array(vec![]),
        "on {page} the name stands loose: {loose}"
    );
    Ok(())
}

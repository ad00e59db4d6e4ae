//! The words of an account: what it takes until they count as written down, and the way back in with them.

use anyhow::{Result, ensure};
use serde_json::Value;
use ting_e2e::{Delivery, Member, PATIENCE, Purse, Stage, Tab, eventually, scene};

/// What is asked before an account goes whose words are not known to be written down.
const CAN_DO_WITHOUT: &str = "I have this account's words on paper, or can do without its coins";

#[tokio::test]
async fn words_count_as_written_down_once_said_again_and_one_slip_costs_no_other_word() -> Result<()> {
    scene("words", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        anna.say("mine").await?;
        anna.hears("mine", Delivery::Final, PATIENCE).await?;
        let before = anna.open_purse().await?;
        let words = written_down(&anna).await?;
        let row = format!("<li>{}</li>", words[0]);
        let all_text = anna
            .tab
            .script("return document.documentElement.outerHTML", vec![])
            .await?;
        ensure!(
            !all_text.as_str().unwrap_or_default().contains(&row),
            "a word is still in the page"
        );

        let bertil = stage.open_member("").await?;
        bertil.open_purse().await?;
        bertil
            .tab
            .wait_for_text("They are not known to be written down yet")
            .await?;
        a_slip_costs_no_other_word(&bertil.tab, &words).await?;
        // While Anna's tab is open there would be two of her.
        bertil.tab.click("button", "Replace this account").await?;
        bertil
            .tab
            .wait_for_text("another tab of this browser runs that account already")
            .await?;
        anna.tab.close().await?;
        bertil.tab.click("button", "Replace this account").await?;
        bertil.tab.wait_for_text("It worked: you are").await?;
        eventually("Bertil to be Anna", PATIENCE, async || {
            let Purse { account, .. } = bertil.purse().await?;
            Ok((account == before.account).then_some(()))
        })
        .await?;
        bertil
            .tab
            .wait_for_text("some of them were asked for and right")
            .await?;
        // Both of the identities that are stored here have her keys now.
        let carin = stage.open_member("").await?;
        ensure!(
            carin.open_purse().await?.account != before.account,
            "Anna runs in two tabs"
        );
        bertil.tab.close().await?;
        let anna = stage.open_member("").await?;
        let found = anna.open_purse().await?.account;
        ensure!(found == before.account, "with Anna's tab closed, {found} opens");
        Ok(())
    })
    .await
}

/// What was typed stays, and the word that is none is named.
async fn a_slip_costs_no_other_word(tab: &Tab, words: &[String]) -> Result<()> {
    let slip = format!("{}x", words[6]);
    let written = |seventh: &str| {
        let words = words
            .iter()
            .enumerate()
            .map(|(place, word)| if place == 6 { seventh } else { word });
        (1..)
            .zip(words)
            .map(|(number, word)| format!("{number}. {word}, "))
            .collect::<String>()
    };
    tab.click("button", "Use other words").await?;
    tab.fill("Words", &written(&slip)).await?;
    // Without a word about those of this account, nothing happens at all.
    tab.click("button", "Replace this account").await?;
    tab.click("checkbox", CAN_DO_WITHOUT).await?;
    tab.click("button", "Replace this account").await?;
    tab.wait_for_text(&format!("Word 7, “{slip}”, is none of a backup."))
        .await?;
    tab.pictures("wrong-word").await?;
    let kept = tab.find("textbox", "Words").await?.value().await?;
    ensure!(kept == written(&slip), "the text is gone: {kept}");
    tab.fill("Words", &written(&words[6])).await
}

/// Puts the account of these words in the place of the wallet's own, if the page takes them.
pub(crate) async fn use_words(tab: &Tab, words: &[String]) -> Result<()> {
    tab.click("button", "Use other words").await?;
    tab.fill("Words", &words.join(" ")).await?;
    tab.click("checkbox", CAN_DO_WITHOUT).await?;
    tab.click("button", "Replace this account").await
}

/// Looks at the backup words on the wallet page, and says three of them again: at first with a slip.
pub(crate) async fn written_down(member: &Member) -> Result<Vec<String>> {
    let tab = &member.tab;
    tab.click("button", "Show words").await?;
    tab.find("list", "Words").await?;
    let script =
        "return [...document.querySelectorAll('[aria-label=Words] li')].map(word => word.innerText.trim())";
    let words: Vec<String> = serde_json::from_value(tab.script(script, vec![]).await?)?;
    ensure!(words.len() == 24, "{} words", words.len());
    ensure!(
        words
            .iter()
            .all(|word| word.len() >= 3 && word.bytes().all(|letter| letter.is_ascii_lowercase())),
        "these are no words"
    );
    tab.click("button", "I wrote them down").await?;
    tab.wait_until_gone("list", "Words").await?;
    let asked = "return [...document.querySelectorAll('dialog[open] input')].map(input => Number(input.ariaLabel.slice(5)))";
    let asked: Vec<usize> = serde_json::from_value(tab.wait_for_script("questions", asked, PATIENCE).await?)?;
    ensure!(asked.len() == 3, "{asked:?} are asked for");
    for place in &asked {
        tab.fill(&format!("Word {place}"), "wrong").await?;
    }
    tab.click("button", "Check").await?;
    tab.wait_for_text(&format!("Word {} is another one", asked[0]))
        .await?;
    let is_known = tab
        .script(
            "return Object.keys(localStorage).some(key => key.startsWith('ting.words.'))",
            vec![],
        )
        .await?;
    ensure!(
        is_known == Value::Bool(false),
        "words count as written down before they were said"
    );
    for place in &asked {
        tab.fill(&format!("Word {place}"), &words[place - 1]).await?;
    }
    tab.click("button", "Check").await?;
    tab.wait_until_gone("button", "Check").await?;
    tab.wait_for_text("some of them were asked for and right").await?;
    Ok(words)
}

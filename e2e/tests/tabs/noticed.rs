//! What reaches a person who is on another page or does not look at all.

use anyhow::{Result, ensure};
use serde_json::json;
use ting_e2e::{CHAIN_PATIENCE, Member, PATIENCE, Stage, Tab, scene};

use super::sight::{LOOKING, LOOKING_AWAY};

/// In place of the system's notifications, since nobody sees those here: permission is asked for, and what is shown is kept.
const NOTIFICATIONS: &str = "window.shown = [];
    window.Notification = class {
        static permission = 'default';
        static answer = 'default';
        static async requestPermission() { return this.permission = this.answer; }
        constructor(title, { body, tag }) { Object.assign(this, { title, body, tag }); window.shown.push(this); }
    }";

#[tokio::test]
async fn who_does_not_look_sees_a_number_and_is_told_of_mentions_and_payments_if_she_asked_for_it()
-> Result<()> {
    scene("noticed", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        anna.go("Settings").await?;
        anna.tab.fill("Name", " ").await?;
        anna.tab.wait_for_text("A name has a letter at least.").await?;
        anna.tab.fill("Name", "Anna").await?;
        anna.tab.click("button", "Save name").await?;
        let bertil = stage.open_member("").await?;
        bertil.go("Chat").await?;
        a_name_without_a_letter_is_not_taken(&bertil.tab).await?;
        bertil.tab.wait_for_text("Anna").await?;
        anna.tab.script(LOOKING_AWAY, vec![]).await?;
        bertil.say("for everybody").await?;
        another_page_shows_the_number(&anna, 1, false).await?;
        bertil.say("@Anna for you").await?;
        another_page_shows_the_number(&anna, 2, true).await?;
        notifications_come_only_once_asked_for(&anna, &bertil).await
    })
    .await
}

/// On the card that greets.
async fn a_name_without_a_letter_is_not_taken(tab: &Tab) -> Result<()> {
    tab.click("button", "Change name").await?;
    tab.fill("Name", " ").await?;
    tab.click("button", "Save name").await?;
    let refused = "return document.querySelector('.welcome input:focus').matches(':invalid')";
    tab.wait_for_script("the browser's word on it", refused, PATIENCE)
        .await?;
    tab.fill("Name", "Bertil").await?;
    tab.click("button", "Save name").await?;
    tab.wait_until_gone("button", "Save name").await
}

async fn another_page_shows_the_number(anna: &Member, unread: u32, is_mentioned: bool) -> Result<()> {
    let script = format!(
        "const link = [...document.querySelectorAll('.rail .nav-entry')].find(link => link.innerText.startsWith('Chat'));
         const badge = link.querySelector('.badge');
         return document.title === '({unread}) Ting' && link.title === '{unread} unread' && badge?.innerText === '{unread}'
             && badge.classList.contains('mentions') === {is_mentioned}
             && decodeURIComponent(document.querySelector('link[rel=icon]').href).includes('>{unread}</text>')"
    );
    anna.tab
        .wait_for_script(
            "the number in title, icon and navigation",
            &script,
            CHAIN_PATIENCE,
        )
        .await?;
    // Its name is still the page's.
    anna.tab.find("link", "Chat").await.map(drop)
}

async fn notifications_come_only_once_asked_for(anna: &Member, bertil: &Member) -> Result<()> {
    anna.tab.script(NOTIFICATIONS, vec![]).await?;
    bertil.say("@Anna once more").await?;
    another_page_shows_the_number(anna, 3, true).await?;
    let silent = "return window.shown.length === 0 && Notification.permission === 'default'";
    ensure!(
        anna.tab.script(silent, vec![]).await? == json!(true),
        "nobody asked for notifications"
    );
    let turn_on = "Tell me of mentions and payments while I do not look";
    anna.tab.click("checkbox", turn_on).await?;
    // Who puts the browser's question away did not say yes, and is told.
    anna.tab.wait_for_text("The browser was not told to.").await?;
    anna.tab.script("Notification.answer = 'granted'", vec![]).await?;
    anna.tab.click("checkbox", turn_on).await?;
    let proven = "return window.shown.length === 1 && document.querySelector('input[type=checkbox]').checked";
    anna.tab
        .wait_for_script("a first notification", proven, PATIENCE)
        .await?;
    bertil.say("@Anna and again").await?;
    let told = "const last = window.shown.at(-1);
        return window.shown.length === 2 && last.body.includes('mentioned you in #') && !last.body.includes('again')";
    anna.tab
        .wait_for_script("a notification of a mention", told, CHAIN_PATIENCE)
        .await?;
    let address = anna.open_purse().await?.account;
    anna.tab.script(LOOKING, vec![]).await?;
    bertil.say("@Anna while you look").await?;
    another_page_shows_the_number_of_all(anna).await?;
    let still = "return window.shown.length === 2";
    ensure!(anna.tab.script(still, vec![]).await? == json!(true), "she looks");
    anna.tab.script(LOOKING_AWAY, vec![]).await?;
    bertil.open_purse().await?;
    bertil.pay(&address, "5", "for the news").await?;
    let paid = "const last = window.shown.at(-1); return window.shown.length === 3 && last.body.includes('5.00') && last.tag === 'ting'";
    anna.tab
        .wait_for_script("a notification of a payment", paid, CHAIN_PATIENCE)
        .await?;
    // A click on one leads to what it is about.
    anna.tab.script("window.shown[1].onclick()", vec![]).await?;
    anna.tab
        .wait_for_script(
            "the chat",
            "return location.pathname.startsWith('/chat')",
            PATIENCE,
        )
        .await
        .map(drop)
}

async fn another_page_shows_the_number_of_all(anna: &Member) -> Result<()> {
    let all = "return document.title === '(5) Ting'";
    anna.tab
        .wait_for_script("five unread messages", all, CHAIN_PATIENCE)
        .await
        .map(drop)
}

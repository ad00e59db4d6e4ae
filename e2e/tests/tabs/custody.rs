//! What a person owns: coins at stake, the words of the key, the room in a file, the link that invites, the relays.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use ting_e2e::{
    Browser, CHAIN_PATIENCE, Delivery, ELSEWHERE, Member, PATIENCE, Purse, Relay, Stage, Tab, eventually,
    keys, scene,
};

use super::words::{use_words, written_down};

const MICRO_PER_COIN: u64 = 1_000_000;
/// What an invite says whose link no other device can open.
const ON_THIS_MACHINE: &str = "leads to this machine only";

#[tokio::test]
async fn coins_go_into_the_bond_and_begin_their_way_out_of_it() -> Result<()> {
    scene("stake", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let before = rich(&anna).await?;
        anna.tab.click("tab", "Stake").await?;
        for (amount, action, confirm, bonded_coins) in [
            ("50", "Bond", "Confirm bond", 50),
            ("20", "Unbond", "Confirm unbonding", 30),
        ] {
            anna.tab.fill("Stake amount", amount).await?;
            anna.tab.click("button", action).await?;
            anna.tab.wait_for_text("come back after 24 h of blocks").await?;
            click_twice(&anna.tab, confirm).await?;
            let expected = before.bonded_micro + bonded_coins * MICRO_PER_COIN;
            eventually(&format!("{action} to be done"), CHAIN_PATIENCE, async || {
                let purse = anna.purse().await?;
                Ok((purse.bonded_micro == expected && purse.going_out_micro == 0).then_some(()))
            })
            .await?;
        }
        anna.tab.wait_for_text("On their way out").await?;
        let moved = "return [...document.querySelectorAll('.history-title')].map(title => title.innerText)";
        anna.history().await?;
        let titles: Vec<String> = serde_json::from_value(anna.tab.script(moved, vec![]).await?)?;
        for title in ["Bonded", "Unbonding began"] {
            let times = titles.iter().filter(|other| *other == title).count();
            ensure!(times == 1, "{title} {times} times: {titles:?}");
        }
        let after = anna.purse().await?;
        let spent = before.available_micro - after.available_micro;
        ensure!(
            (50 * MICRO_PER_COIN..51 * MICRO_PER_COIN).contains(&spent),
            "{spent} µTNG are gone: 50 coins and fees were expected"
        );
        Ok(())
    })
    .await
}

/// A workshop's relay on somebody's laptop: browsers keep locks, the best storage and the clipboard from such a page.
#[tokio::test]
async fn over_plain_http_from_elsewhere_a_room_works_and_its_link_is_copied_the_old_way() -> Result<()> {
    scene("plain-http", async |stage: &mut Stage| {
        let page = format!("http://{ELSEWHERE}:{}/", stage.relay.address().port());
        let anna = Member::arrive(stage.browser.open_tab(&page).await?).await?;
        let is_trusted = anna.tab.script("return isSecureContext", vec![]).await?;
        ensure!(is_trusted == Value::Bool(false), "the browser trusts {page}");
        anna.tab
            .wait_for_text("This browser keeps nothing of this page")
            .await?;
        anna.say("from a phone").await?;
        anna.hears("from a phone", Delivery::Final, CHAIN_PATIENCE)
            .await?;

        anna.tab.click("button", "Invite").await?;
        let shown = anna.tab.find("textbox", "Invite link").await?.value().await?;
        anna.tab.click("button", "Copy link").await?;
        anna.tab.wait_for_text("The invite link is copied.").await?;
        ensure!(
            !anna.tab.text().await?.contains(ON_THIS_MACHINE),
            "the page takes its address for this machine's own"
        );
        anna.tab.click("button", "Close").await?;
        let message = anna.tab.find("textbox", "Message").await?;
        message
            .type_text(&format!("{}v{}", keys::CONTROL, keys::RELEASE))
            .await?;
        let pasted = message.value().await?;
        ensure!(pasted == shown, "{pasted} was pasted, {shown} shown");

        let other = Browser::open(&stage.driver).await?;
        let bertil = Member::arrive(other.open_tab(&shown).await?).await?;
        bertil
            .hears("from a phone", Delivery::Final, CHAIN_PATIENCE)
            .await
    })
    .await
}

#[tokio::test]
async fn the_copied_invite_opens_the_same_room() -> Result<()> {
    scene("invite", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        watch_the_clipboard(&anna.tab).await?;
        anna.say("come in").await?;
        anna.tab.click("button", "Invite").await?;
        anna.tab.wait_for_text(ON_THIS_MACHINE).await?;
        let shown = anna.tab.find("textbox", "Invite link").await?.value().await?;
        anna.tab.click("button", "Copy link").await?;
        anna.tab.wait_for_text("The invite link is copied.").await?;
        let copied = clipboard(&anna.tab).await?;
        ensure!(copied == shown, "{copied} was copied, {shown} shown");

        let other = Browser::open(&stage.driver).await?;
        let bertil = Member::arrive(other.open_tab(&copied).await?).await?;
        bertil.hears("come in", Delivery::Sent, CHAIN_PATIENCE).await
    })
    .await
}

#[tokio::test]
async fn a_room_exported_and_an_identity_forgotten_come_back_elsewhere_with_file_and_words() -> Result<()> {
    scene("export", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        rich(&anna).await?;
        anna.go("Chat").await?;
        anna.say("this goes into the file").await?;
        anna.hears("this goes into the file", Delivery::Final, CHAIN_PATIENCE)
            .await?;
        let link = anna.invite_link().await?;
        let before = anna.open_purse().await?;
        let words = written_down(&anna).await?;
        let downloads = TempDir::with_prefix("ting-e2e-downloads-")?;
        let file = export(&anna, downloads.path()).await?;
        forget(&anna).await?;
        // From here on the file is all that is left of the room.
        anna.tab.close().await?;

        let other = Browser::open(&stage.driver).await?;
        let tab = other.open_tab(&link).await?;
        tab.click("link", "Settings").await?;
        tab.find("button", "Import room").await?;
        tab.upload(".hidden-file", &file).await?;
        let anew = Member::arrive(tab).await?;
        anew.go("Chat").await?;
        anew.hears("this goes into the file", Delivery::Block, PATIENCE)
            .await?;
        let stranger = anew.open_purse().await?;
        ensure!(stranger.account != before.account, "the file holds a key");

        use_words(&anew.tab, &words).await?;
        let what = format!("to be {} again", before.account);
        eventually(&what, PATIENCE, async || {
            let purse = anew.purse().await?;
            // The new operator keys ask to be registered; in a room without operators that waits.
            let same = Purse {
                going_out_micro: before.going_out_micro,
                ..purse.clone()
            };
            ensure!(same == before, "{purse:?} instead of {before:?}");
            Ok(Some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_relay_is_refused_with_a_sentence_or_connects_and_is_still_there_after_a_reload() -> Result<()> {
    scene("relays", async |stage: &mut Stage| {
        let second = Relay::start().await?;
        let good = format!("ws://{}", second.address());
        let anna = stage.open_member("").await?;
        anna.go("Settings").await?;
        for (bad, sentence) in [
            ("https://relay.example", "An address begins with wss:// or ws://."),
            ("wss://relay.example/room", "Write only the host and port"),
        ] {
            anna.tab.fill("Relay address", bad).await?;
            anna.tab.wait_for_text(sentence).await?;
            let add = anna.tab.find("button", "Add relay").await?;
            ensure!(!add.is_enabled().await?, "{bad} could be added");
        }
        anna.tab.fill("Relay address", &good).await?;
        anna.tab.click("button", "Add relay").await?;
        wait_until_up(&anna.tab, &good).await?;

        anna.tab.reload().await?;
        let anna = Member::arrive(anna.tab).await?;
        wait_until_up(&anna.tab, &good).await?;
        anna.tab.click("button", &format!("Remove {good}")).await?;
        anna.tab
            .wait_until_gone("button", &format!("Remove {good}"))
            .await?;
        anna.tab.reload().await?;
        let anna = Member::arrive(anna.tab).await?;
        wait_until_up(&anna.tab, &format!("ws://{}", stage.relay.address())).await?;
        ensure!(
            !anna.tab.text().await?.contains(&good),
            "the removed relay came back"
        );
        Ok(())
    })
    .await
}

/// As an impatient finger does, before the page could draw anything in between.
async fn click_twice(tab: &Tab, button: &str) -> Result<()> {
    tab.find("button", button).await?;
    let script = "const button = [...document.querySelectorAll('button')].find(button => button.innerText === arguments[0]);
                  button.click(); button.click();";
    tab.script(script, vec![json!(button)]).await.map(drop)
}

/// Waits for coins, and for all own transactions to be final.
pub(crate) async fn rich(member: &Member) -> Result<Purse> {
    let settled = "return [...document.querySelectorAll('.history [data-delivery]')].every(row => row.dataset.delivery === 'final')";
    member.history().await?;
    eventually("coins and peace", CHAIN_PATIENCE, async || {
        let purse = member.purse().await?;
        let is_settled = member.tab.script(settled, vec![]).await? == Value::Bool(true);
        Ok((purse.available_micro > 0 && purse.bonded_micro > 0 && is_settled).then_some(purse))
    })
    .await
}

/// Has the room exported into a folder; returns the file.
async fn export(member: &Member, folder: &Path) -> Result<PathBuf> {
    let behaviour = json!({ "behavior": "allow", "downloadPath": folder });
    member
        .tab
        .devtools("Browser.setDownloadBehavior", behaviour)
        .await?;
    member.go("Settings").await?;
    member.tab.click("button", "Export room").await?;
    eventually("the exported file", PATIENCE, async || {
        let files = fs::read_dir(folder)?;
        let names = files.filter_map(|file| Some(file.ok()?.path()));
        Ok(names
            .into_iter()
            .find(|path| path.extension().is_some_and(|kind| kind == "ting")))
    })
    .await
}

async fn forget(member: &Member) -> Result<()> {
    let account = member.open_purse().await?.account;
    member.go("Settings").await?;
    let secret = async || -> Result<String> {
        let url = member.tab.url().await?;
        let (_, fragment) = url.split_once('#').context("no room in the address")?;
        Ok(fragment.split('.').next().unwrap_or_default().to_owned())
    };
    let room = secret().await?;
    member.tab.click("button", "Forget me").await?;
    member
        .tab
        .wait_for_text("You hold 100 % of the room's stake. Without these keys nothing becomes final")
        .await?;
    member.tab.click("button", "Forget for good").await?;
    let what = "the identity to be forgotten";
    eventually(what, CHAIN_PATIENCE, async || {
        let purse = member.open_purse().await?;
        Ok((purse.account != account).then_some(()))
    })
    .await?;
    ensure!(secret().await? != room, "it leads back into the room");
    Ok(())
}

/// Keeps what the page gives to the clipboard: that of the system belongs to all tests at once.
async fn watch_the_clipboard(tab: &Tab) -> Result<()> {
    let script = "navigator.clipboard.writeText = async text => { window.copied = text; }";
    tab.script(script, vec![]).await.map(drop)
}

async fn clipboard(tab: &Tab) -> Result<String> {
    let copied = tab.script("return window.copied", vec![]).await?;
    Ok(copied.as_str().context("nothing was copied")?.to_owned())
}

async fn wait_until_up(tab: &Tab, relay: &str) -> Result<()> {
    let script = "return [...document.querySelectorAll('.relays li')]
                      .some(row => row.innerText.includes(arguments[0]) && /\\bup\\b/.test(row.innerText))";
    eventually(&format!("{relay} to be up"), PATIENCE, async || {
        let is_up = tab.script(script, vec![json!(relay)]).await?;
        Ok((is_up == Value::Bool(true)).then_some(()))
    })
    .await
}

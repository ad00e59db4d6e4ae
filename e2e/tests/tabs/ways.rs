//! Rooms that take more than their link: a pass, or somebody who pays. And where one chooses the way in.

use anyhow::{Context, Result, ensure};
use ting_e2e::{Browser, CHAIN_PATIENCE, Delivery, Member, Stage, crowd::all_hear, eventually, scene};

const PASS_WANTED: &str = "ask somebody here for a link with a pass";
const COINS_WANTED: &str = "ask somebody here to send some to your address";

/// Somebody in a browser of their own who opens this link.
async fn come(stage: &Stage, link: &str) -> Result<(Browser, Member)> {
    let browser = Browser::open(&stage.driver).await?;
    let member = Member::arrive(browser.open_tab(link).await?).await?;
    Ok((browser, member))
}

/// Makes a pass for one person; the link that carries it, once it is in a block.
async fn make_pass(member: &Member) -> Result<String> {
    member.tab.click("button", "Invite").await?;
    member.tab.click("radio", "1 person").await?;
    member.tab.click("button", "Make a pass").await?;
    let link = eventually("the pass in a block", CHAIN_PATIENCE, async || {
        match member.tab.find_now("textbox", "Pass link").await? {
            Some(field) => Ok(Some(field.value().await?)),
            None => Ok(None),
        }
    })
    .await?;
    member.tab.press(ting_e2e::keys::ESCAPE).await?;
    member.tab.wait_until_gone("textbox", "Invite link").await?;
    Ok(link)
}

/// Opens a link of the same room in the same tab, which loads the page again.
async fn open_here(member: &Member, link: &str) -> Result<()> {
    let tab = &member.tab;
    tab.script("window.isBefore = true", vec![]).await?;
    tab.go_to(link).await?;
    let is_loaded = "return !window.isBefore && document.documentElement.dataset.ready === 'true'";
    tab.wait_for_script("the page to load again", is_loaded, CHAIN_PATIENCE)
        .await
        .map(drop)
}

#[tokio::test]
async fn who_has_the_link_reads_and_a_pass_opened_in_the_same_tab_brings_the_grant() -> Result<()> {
    scene("by-invitation", async |stage: &mut Stage| {
        let founder = stage.open_member("#new-invite").await?;
        founder.say("who is at the door?").await?;
        let bare = founder.invite_link().await?;
        let (_browser, guest) = come(stage, &bare).await?;
        guest.tab.wait_for_text(PASS_WANTED).await?;
        all_hear(&[&guest], "who is at the door?", Delivery::Final).await?;

        let with_pass = make_pass(&founder).await?;
        let pass = with_pass
            .strip_prefix(&format!("{bare}."))
            .context("the pass stands behind the room's link")?;
        open_here(&guest, &with_pass).await?;
        guest.receive_grant().await?;
        guest.go("Chat").await?;
        ensure!(
            !guest.tab.text().await?.contains(PASS_WANTED),
            "it still asks for a pass"
        );
        ensure!(
            !guest.tab.url().await?.contains(pass),
            "the address hands the pass on"
        );
        guest.say("me, with a pass").await?;
        all_hear(&[&founder, &guest], "me, with a pass", Delivery::Final).await?;

        // It was for one person.
        founder.tab.click("button", "Invite").await?;
        founder.tab.wait_until_gone("textbox", "Pass link").await?;
        founder.tab.press(ting_e2e::keys::ESCAPE).await?;
        let (_other_browser, late) = come(stage, &with_pass).await?;
        late.tab.wait_for_text("Your pass leads in no more").await
    })
    .await
}

#[tokio::test]
async fn in_a_room_without_grants_who_was_paid_can_write() -> Result<()> {
    scene("without-grants", async |stage: &mut Stage| {
        let founder = stage.open_member("#new-none").await?;
        let link = founder.invite_link().await?;
        let (_browser, guest) = come(stage, &link).await?;
        guest.tab.wait_for_text(COINS_WANTED).await?;
        let address = guest.open_purse().await?.account;
        founder.open_purse().await?;
        founder.pay(&address, "5", "for your first words").await?;
        eventually("the coins", CHAIN_PATIENCE, async || {
            Ok((guest.purse().await?.available_micro > 0).then_some(()))
        })
        .await?;
        for member in [&founder, &guest] {
            member.go("Chat").await?;
        }
        ensure!(
            !guest.tab.text().await?.contains(COINS_WANTED),
            "it still asks for coins"
        );
        guest.say("thank you").await?;
        all_hear(&[&founder, &guest], "thank you", Delivery::Final).await
    })
    .await
}

#[tokio::test]
async fn the_way_in_is_chosen_where_a_room_is_made_and_said_where_somebody_invites() -> Result<()> {
    scene("new-room", async |stage: &mut Stage| {
        let member = stage.open_member("").await?;
        member.go("Settings").await?;
        for (choice, fragment, words) in [
            ("By invitation", "#new-invite", "a link with a pass"),
            (
                "Open to all",
                "#new-open",
                "stake that was granted makes blocks and does not vote",
            ),
            ("Without grants", "#new-none", "newcomers have to be sent coins"),
            ("By link", "#new", "claim a welcome grant"),
        ] {
            member.tab.click("radio", choice).await?;
            let made = member.tab.find("link", "Make the room in a new tab").await?;
            let href = made
                .attribute("href")
                .await?
                .context("the link leads somewhere")?;
            ensure!(href.ends_with(fragment), "{choice} leads to {href}");
            let rest = href.trim_start_matches('/');
            let room = stage.open_member(rest).await?;
            room.tab.click("button", "Invite").await?;
            room.tab.wait_for_text(words).await?;
            room.tab.close().await?;
        }
        Ok(())
    })
    .await
}

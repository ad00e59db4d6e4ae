//! One person on two devices, with the same words: which of the two signs, and how that changes.

use anyhow::{Result, ensure};
use ting_e2e::{Browser, CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage, eventually, scene};

use super::{
    custody::rich,
    words::{use_words, written_down},
};

const QUESTION: &str = "Sign on this device from now on?";
const OBSERVES: &str = "Another device of yours signs; this one only observes.";
const SIGNS: &str = "This device signs for you.";
const REPLACED: &str = "Another device of yours was chosen to sign in this one's place.";

#[tokio::test]
async fn a_second_device_asks_whether_to_sign_takes_over_and_the_first_one_says_that_it_only_observes()
-> Result<()> {
    scene("devices", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        carry_most_of_the_stake(&anna).await?;
        let link = anna.invite_link().await?;
        let account = anna.open_purse().await?.account;
        let words = written_down(&anna).await?;
        says_of_signing(&anna, SIGNS).await?;

        let browser = Browser::open(&stage.driver).await?;
        let other = Member::arrive(browser.open_tab(&link).await?).await?;
        other.open_purse().await?;
        use_words(&other.tab, &words).await?;
        eventually("Anna on her other device", PATIENCE, async || {
            Ok((other.purse().await?.account == account).then_some(()))
        })
        .await?;
        other
            .tab
            .wait_until_gone("button", "Replace this account")
            .await?;

        other.go("Chat").await?;
        other.tab.wait_for_text_within(OBSERVES, CHAIN_PATIENCE).await?;
        other.tab.screenshot("other-device").await?;
        other.tab.click("button", QUESTION).await?;
        anna.tab.wait_for_text_within(REPLACED, CHAIN_PATIENCE).await?;
        says_of_signing(&other, SIGNS).await?;
        says_of_signing(&anna, OBSERVES).await?;
        other.go("Chat").await?;
        ensure!(
            other.tab.find_now("button", QUESTION).await?.is_none(),
            "it still asks"
        );

        // Had the keys of the first device still to sign, nothing would become final without it.
        anna.tab.close().await?;
        other.say("from the other device").await?;
        other
            .hears("from the other device", Delivery::Final, CHAIN_PATIENCE)
            .await
    })
    .await
}

/// Whoever comes next gets a grant, and would be missed when the words of another account take its place.
async fn carry_most_of_the_stake(member: &Member) -> Result<()> {
    let before = rich(member).await?;
    member.tab.click("tab", "Stake").await?;
    member.tab.fill("Stake amount", "500").await?;
    member.tab.click("button", "Bond").await?;
    member.tab.click("button", "Confirm bond").await?;
    eventually("coins to be bonded", CHAIN_PATIENCE, async || {
        Ok((member.purse().await?.bonded_micro > before.bonded_micro).then_some(()))
    })
    .await?;
    rich(member).await.map(drop)
}

/// Waits until the settings say this of the device.
async fn says_of_signing(member: &Member, words: &str) -> Result<()> {
    member.go("Settings").await?;
    member.tab.wait_for_text_within(words, CHAIN_PATIENCE).await
}

//! Who founds: two at once, two apart, and a founder who leaves for good.

use anyhow::{Result, ensure};
use ting_e2e::{
    Browser, CHAIN_PATIENCE, Cable, Delivery, Member, PATIENCE, Relay, Stage,
    crowd::{all_go, all_hear, same_books, same_head, wait_for_voters},
    eventually, scene,
};

/// Secrets of rooms that nobody founded yet.
const AT_ONCE: &str = "dHdvIGZvdW5kZXJzIGluIHRoZSBzYW1lIG1vbWVudCE";
const APART: &str = "Ym90aCBmb3VuZCB3aGlsZSB0aGV5IGFyZSBhcGFydCE";

#[tokio::test]
async fn when_the_founder_closes_for_good_the_others_go_on_and_a_newcomer_joins_claims_and_writes()
-> Result<()> {
    scene("founder", async |stage: &mut Stage| {
        let founder = stage.open_member("").await?;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(stage.open_member("").await?);
        }
        let [anna, bertil, carin] = &others[..] else {
            return Ok(());
        };
        wait_for_voters(anna, 4).await?;
        all_go(&[anna, bertil, carin], "Chat").await?;
        founder.tab.close().await?;

        let left = anna.pulse().await?;
        for line in ["the founder is gone", "and we go on"] {
            anna.say(line).await?;
            all_hear(&[anna, bertil, carin], line, Delivery::Final).await?;
        }
        let went_on = anna.pulse().await?;
        ensure!(
            went_on.final_height > left.height,
            "no new block became final: {went_on:?}"
        );
        println!(
            "without the founder: from height {} to {}, final {}",
            left.height, went_on.height, went_on.final_height
        );

        let other = Browser::open(&stage.driver).await?;
        let newcomer = Member::arrive(other.open_tab(&anna.invite_link().await?).await?).await?;
        newcomer.receive_grant().await?;
        newcomer.go("Chat").await?;
        newcomer.say("hello, I came late").await?;
        all_hear(
            &[anna, bertil, carin, &newcomer],
            "hello, I came late",
            Delivery::Final,
        )
        .await?;
        same_books(&[anna, bertil, carin, &newcomer]).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn two_tabs_that_open_the_same_bare_room_at_the_same_moment_end_in_one_network() -> Result<()> {
    scene("at-once", async |stage: &mut Stage| {
        let other = Browser::open(&stage.driver).await?;
        let page = format!("{}#{AT_ONCE}", stage.relay.page());
        let (anna, bertil) = tokio::join!(stage.browser.open_tab(&page), other.open_tab(&page));
        let (anna, bertil) = tokio::join!(Member::arrive(anna?), Member::arrive(bertil?));
        become_one(&anna?, &bertil?).await
    })
    .await
}

#[tokio::test]
async fn two_founders_who_could_not_hear_each_other_end_in_one_network_and_keep_their_messages() -> Result<()>
{
    scene("apart", async |stage: &mut Stage| {
        let other_relay = Relay::start().await?;
        let bridge = Cable::lay(other_relay.address()).await?;
        bridge.cut();
        let here = stage.relay.address();
        let both_relays = format!("?relay=ws://{here}&relay={}#{APART}", bridge.url());
        let anna = stage.open_member(&both_relays).await?;
        let other = Browser::open(&stage.driver).await?;
        let there = other_relay.address();
        let page = format!("{}?relay=ws://{there}#{APART}", stage.relay.page());
        let bertil = Member::arrive(other.open_tab(&page).await?).await?;
        anna.say("a word in Anna's network").await?;
        bertil.say("a word in Bertil's network").await?;
        let (one, two) = (known_network(&anna).await?, known_network(&bertil).await?);
        ensure!(one != two, "they did not found two networks: {one}");

        bridge.heal();
        become_one(&anna, &bertil).await?;
        for member in [&anna, &bertil] {
            member.go("Chat").await?;
        }
        for line in ["a word in Anna's network", "a word in Bertil's network"] {
            all_hear(&[&anna, &bertil], line, Delivery::Final).await?;
        }
        Ok(())
    })
    .await
}

/// Waits until both addresses name one network, and talks in it.
async fn become_one(anna: &Member, bertil: &Member) -> Result<()> {
    eventually("one network", CHAIN_PATIENCE, async || {
        let (one, two) = (known_network(anna).await?, known_network(bertil).await?);
        ensure!(one == two, "{one} and {two}");
        Ok(Some(()))
    })
    .await?;
    anna.say("one network from here on").await?;
    bertil.say("and both of us are in it").await?;
    for line in ["one network from here on", "and both of us are in it"] {
        all_hear(&[anna, bertil], line, Delivery::Final).await?;
    }
    same_head(&[anna, bertil], CHAIN_PATIENCE).await?;
    same_books(&[anna, bertil]).await.map(drop)
}

/// The network that a tab's address names, once it does.
async fn known_network(member: &Member) -> Result<String> {
    eventually("the address to name the network", PATIENCE, async || {
        let address = member.tab.url().await?;
        let fragment = address.split_once('#').map(|(_, fragment)| fragment);
        let network = fragment.and_then(|fragment| fragment.split_once('.'));
        Ok(network.map(|(_, network)| network.to_owned()))
    })
    .await
}

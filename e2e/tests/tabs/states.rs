//! What a person is told when something is wrong, and that nothing is lost by it.

use anyhow::{Result, ensure};
use serde_json::json;
use ting_e2e::{
    Browser, CHAIN_PATIENCE, Delivery, Member, PATIENCE, Relay, Stage,
    altered::app_with,
    crowd::{all_hear, same_head},
    eventually, scene,
};

use super::accessible::nothing_is_serious;

#[tokio::test]
async fn when_the_relay_is_down_the_page_says_so_and_what_was_written_meanwhile_arrives_later() -> Result<()>
{
    scene("relay-down", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let bertil = stage.open_member("").await?;
        anna.say("before the relay went").await?;
        all_hear(&[&anna, &bertil], "before the relay went", Delivery::Final).await?;

        stage.kill_relays().await?;
        for member in [&anna, &bertil] {
            let gone = |pulse: &ting_e2e::Pulse| pulse.condition == "relay-gone";
            member
                .wait_for_pulse("the strip to say that the relay is gone", PATIENCE, gone)
                .await?;
            let said = member
                .tab
                .script("return document.querySelector('.pulse').innerText", vec![])
                .await?;
            println!("the strip says: {said}");
        }
        anna.say("written while the relay was down").await?;

        stage.restart_relays().await?;
        let back = |pulse: &ting_e2e::Pulse| pulse.condition != "relay-gone";
        for member in [&anna, &bertil] {
            member
                .wait_for_pulse("the link to be up again", CHAIN_PATIENCE, back)
                .await?;
        }
        for line in ["before the relay went", "written while the relay was down"] {
            all_hear(&[&anna, &bertil], line, Delivery::Final).await?;
        }
        same_head(&[&anna, &bertil], CHAIN_PATIENCE).await.map(drop)
    })
    .await
}

/// A disk that is full once the test says so. Browsers reserve a megabyte for such a file, so a quota alone would come too late.
const DISK: &str = "
    const write = FileSystemSyncAccessHandle.prototype.write;
    let isFull = false;
    FileSystemSyncAccessHandle.prototype.write = function (...what) {
        if (isFull) throw new DOMException('No space is left.', 'QuotaExceededError');
        return write.apply(this, what);
    };
    new BroadcastChannel('test-disk').onmessage = ({ data }) => { isFull = data; };
";

#[tokio::test]
async fn when_storage_is_full_the_page_says_so_and_what_was_written_meanwhile_arrives_later() -> Result<()> {
    scene("full-storage", async |stage: &mut Stage| {
        let app = app_with(DISK)?;
        let relay = Relay::start_serving(app.path()).await?;
        let anna = Member::arrive(stage.browser.open_tab(&relay.page()).await?).await?;
        let other = Browser::open(&stage.driver).await?;
        let bertil = Member::arrive(other.open_tab(&anna.invite_link().await?).await?).await?;
        anna.say("while there was space").await?;
        all_hear(&[&anna, &bertil], "while there was space", Delivery::Final).await?;

        let fill = "new BroadcastChannel('test-disk').postMessage(arguments[0])";
        anna.tab.script(fill, vec![json!(true)]).await?;
        anna.say("written on a full disk").await?;
        anna.tab.wait_for_text("This browser's storage is full").await?;
        anna.go("Settings").await?;
        anna.tab.wait_for_text("The last write failed").await?;
        anna.go("Chat").await?;
        let early = bertil.count_messages("written on a full disk").await?;
        ensure!(
            early == 0,
            "it left a tab that would not remember it after a restart"
        );

        anna.tab.script(fill, vec![json!(false)]).await?;
        all_hear(&[&anna, &bertil], "written on a full disk", Delivery::Final).await?;
        let words = anna.tab.text().await?;
        ensure!(
            !words.contains("storage is full"),
            "the page still says so: {words}"
        );
        Ok(())
    })
    .await
}

/// What an account holds is not known before the room's books are: nothing is no figure for it.
#[tokio::test]
async fn while_nobody_has_the_rooms_books_the_wallet_says_so_and_shows_no_figure() -> Result<()> {
    scene("no-books", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        anna.say("the books are mine").await?;
        anna.hears("the books are mine", Delivery::Final, CHAIN_PATIENCE)
            .await?;
        let link = anna.invite_link().await?;
        anna.tab.close().await?;

        let other = Browser::open(&stage.driver).await?;
        let newcomer = other.open_tab(&link).await?;
        newcomer.click("link", "Wallet").await?;
        newcomer.wait_for_text("the room's books").await?;
        let shown = newcomer
            .script("return document.querySelector('main').innerText", vec![])
            .await?;
        ensure!(
            !shown.as_str().unwrap_or_default().contains("0.00"),
            "a figure: {shown}"
        );
        newcomer.pictures("wallet-syncing").await?;
        nothing_is_serious(&newcomer, "a wallet without books").await
    })
    .await
}

#[tokio::test]
async fn a_wrong_link_is_named_as_such_and_offers_a_room_of_ones_own() -> Result<()> {
    scene("wrong-link", async |stage: &mut Stage| {
        let tab = stage.open_tab("#garbage").await?;
        tab.wait_for_text("This link opens no room").await?;
        tab.click("button", "Open a room of my own").await?;
        Member::arrive(tab).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_payment_beyond_ones_means_is_refused_in_words_and_costs_nothing() -> Result<()> {
    scene("insufficient", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let bertil = stage.open_member("").await?;
        let receiver = bertil.open_purse().await?;
        anna.receive_grant().await?;
        // Registrations come with the grant and cost fees: once a later payment is final, so are they.
        let settled = pay_and_look(&anna, &receiver.account).await?;
        let history = anna.history().await?;
        let purse = anna.open_purse().await?;
        anna.tab.click("tab", "Send").await?;
        anna.prepare_payment(&receiver.account, "5000000", "too much").await?;
        let text = anna
            .tab
            .wait_for_script(
                "words about insufficient funds",
                "const found = document.body.innerText.match(/.*(not enough|insufficient|more than you have).*/i);
                 return found && found[0]",
                PATIENCE,
            )
            .await?;
        println!("the page says: {text}");
        ensure!(
            anna.tab.find_now("button", "Confirm payment").await?.is_none(),
            "the page would sign a payment that cannot be made"
        );
        ensure!(anna.history().await? == history, "something was sent");
        let after = anna.open_purse().await?;
        ensure!(after.going_out_micro == 0, "something is on its way: {after:?}");
        // Whoever makes a block earns the fees of others, so the balance may have grown.
        ensure!(
            after.available_micro >= purse.available_micro,
            "the refused payment cost something: {purse:?}, then {after:?}"
        );

        let next = pay_and_look(&anna, &receiver.account).await?;
        ensure!(
            next.nonce == settled.nonce + 1,
            "the refused payment used a nonce: {settled:?}, then {next:?}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn while_the_books_are_unknown_a_payment_is_refused_beside_its_button_which_stays_where_it_is()
-> Result<()> {
    scene("unknown-books", async |stage: &mut Stage| {
        let mut relay = Relay::start().await?;
        relay.kill().await?;
        let tab = stage
            .open_tab(&format!("wallet?relay=ws://{}", relay.address()))
            .await?;
        tab.wait_for_text("No relay is reached yet").await?;
        let somebody = "ting13xs5zga0w399984vflv8fa5cdq9wjqk0ucv09mswa8hh9aetd5pqaycl99";
        tab.click("button", "Review").await?;
        tab.wait_for_text("Choose who gets the coins.").await?;
        let focused = tab.script("return document.activeElement.id", vec![]).await?;
        ensure!(focused == json!("recipient"), "{focused} has the focus");
        tab.fill("Recipient", somebody).await?;
        tab.fill("Amount", "5").await?;
        tab.click("button", "Review").await?;
        let said = "return document.querySelector('form .actions').innerText.includes('No relay is reached yet')";
        tab.wait_for_script("the reason beside the button", said, PATIENCE).await?;
        let place = "const { x, y } = [...document.querySelectorAll('form button')].find(button => button.innerText === 'Review')
                         .getBoundingClientRect();
                     return [x, y]";
        let before = tab.script(place, vec![]).await?;
        tab.screenshot("unknown-books").await?;

        relay.restart().await?;
        tab.wait_for_script("coins", "return document.querySelector('.balance').innerText.includes('800')", CHAIN_PATIENCE)
            .await?;
        let after = tab.script(place, vec![]).await?;
        ensure!(before == after, "the button went from {before} to {after}");
        tab.click("button", "Review").await?;
        tab.find("button", "Confirm payment").await?;
        let close = "document.querySelector('dialog[open] [aria-label=Close]').click()";
        tab.script(close, vec![]).await?;
        tab.wait_until_gone("button", "Confirm payment").await
    })
    .await
}

#[tokio::test]
async fn a_reload_and_a_restarted_browser_give_back_the_same_person() -> Result<()> {
    scene("identity", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let bertil = stage.open_member("").await?;
        let accounts = [
            anna.open_purse().await?.account,
            bertil.open_purse().await?.account,
        ];
        ensure!(accounts[0] != accounts[1], "two tabs are one account");
        anna.go("Chat").await?;
        anna.say("I was here").await?;
        anna.hears("I was here", Delivery::Final, CHAIN_PATIENCE).await?;

        for member in [&anna, &bertil] {
            member.tab.reload().await?;
        }
        for (member, account) in [anna, bertil].into_iter().zip(&accounts) {
            let member = Member::arrive(member.tab).await?;
            ensure!(
                member.open_purse().await?.account == *account,
                "reloaded as somebody else"
            );
        }

        stage.browser.kill_and_reopen(&stage.driver).await?;
        let anna = stage.open_member("").await?;
        ensure!(
            anna.open_purse().await?.account == accounts[0],
            "restarted as somebody else"
        );
        anna.go("Chat").await?;
        anna.hears("I was here", Delivery::Final, CHAIN_PATIENCE).await
    })
    .await
}

/// Pays five coins, waits until that is final, and returns what the payment's page says.
async fn pay_and_look(payer: &Member, to: &str) -> Result<ting_e2e::TransactionFacts> {
    payer.open_purse().await?;
    payer.tab.click("tab", "Send").await?;
    payer.pay(to, "5", "what I can afford").await?;
    let (id, _) = payer.history().await?.remove(0);
    payer
        .tab
        .script(
            "document.querySelector(`[data-id='${arguments[0]}'] a`).click()",
            vec![json!(id)],
        )
        .await?;
    eventually("the payment to be final", CHAIN_PATIENCE, async || {
        let shown = payer.transaction().await?;
        ensure!(shown.id == id, "another transaction shows: {shown:?}");
        Ok((shown.delivery == "final").then_some(shown))
    })
    .await
}

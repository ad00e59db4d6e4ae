//! The place of a reader: what she reads stays where it is, and what she left is there when she comes back.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage, Tab, eventually, scene};

use super::sight::{LOOKING, LOOKING_AWAY, SCREENS, in_sight, moved_px, scroll, set_hidden, talk};

/// More than a page of messages, so that the oldest ones on the page make room for new ones.
const MANY: usize = 70;

/// Notes when the line at the top of the list, which is out of sight, makes room for new ones.
const WATCH_THE_OLDEST: &str = "const oldest = document.querySelector('.log [data-id]').dataset.id;
    window.madeRoom = false;
    new MutationObserver(() => { window.madeRoom ||= !document.querySelector(`[data-id='${oldest}']`); })
        .observe(document.querySelector('.log-lines'), { childList: true });";

#[tokio::test]
async fn what_somebody_reads_stays_where_it_is_whatever_comes_and_wherever_she_went_meanwhile() -> Result<()>
{
    scene("reader", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let bertil = stage.open_member("").await?;
        anna.tab.script(LOOKING, vec![]).await?;
        talk(&bertil, "the very first", 1).await?;
        anna.hears("the very first 0.", Delivery::Final, CHAIN_PATIENCE)
            .await?;
        talk(&bertil, "early", MANY / 2).await?;
        anna.hears(
            &format!("early {}.", MANY / 2 - 1),
            Delivery::Block,
            CHAIN_PATIENCE,
        )
        .await?;
        talk(&bertil, "late", MANY / 2).await?;
        anna.hears(
            &format!("late {}.", MANY / 2 - 1),
            Delivery::Block,
            CHAIN_PATIENCE,
        )
        .await?;
        text_stays_under_a_reader(&anna, &bertil).await?;
        what_was_left_is_there_again(&anna).await?;
        a_quote_leads_to_a_message_that_is_not_loaded(&anna).await?;
        what_comes_just_as_she_goes_to_the_end_is_seen_coming(&anna, &bertil).await?;
        what_comes_unseen_is_new(&anna, &bertil).await?;
        who_went_on_to_the_end_stays_there(&anna, &bertil).await?;
        what_one_sends_while_reading_above_brings_one_to_the_end(&anna).await?;
        the_day_turns(&anna.tab).await
    })
    .await
}

async fn text_stays_under_a_reader(anna: &Member, bertil: &Member) -> Result<()> {
    for screen in SCREENS {
        screen.show(&anna.tab).await?;
        all_in_order(&anna.tab).await?;
        // Loaded again at its end, the page has as many lines as it begins with.
        scroll(&anna.tab, "list.scrollHeight").await?;
        anna.tab.reload().await?;
        anna.tab.script(LOOKING, vec![]).await?;
        all_in_order(&anna.tab).await?;
        scroll(&anna.tab, "list.scrollHeight - list.clientHeight * 1.2 + 0.4").await?;
        let before = in_sight(&anna.tab).await?;
        anna.tab.script(WATCH_THE_OLDEST, vec![]).await?;
        let name = screen.name;
        let news = format!("news for the {name}");
        talk(bertil, &news, 8).await?;
        anna.hears(&format!("{news} 7."), Delivery::Block, CHAIN_PATIENCE)
            .await?;
        let moved = moved_px(&before, &in_sight(&anna.tab).await?)?;
        println!(
            "{name}, {} device pixels each: text moved by {moved:.2} px at most",
            screen.ratio
        );
        ensure!(moved <= 1.0, "on the {name} text moved by {moved} px");
        ensure!(
            anna.tab.script("return window.madeRoom", vec![]).await? == json!(true),
            "on the {name} no line made room"
        );
        // The composer grows and shrinks again.
        anna.tab.fill("Message", "one\u{E008}\u{E007}\u{E000}two").await?;
        anna.tab.fill("Message", "").await?;
        let moved = moved_px(&before, &in_sight(&anna.tab).await?)?;
        ensure!(
            moved <= 1.0,
            "on the {name} the composer moved text by {moved} px"
        );
    }
    anna.tab
        .devtools("Emulation.clearDeviceMetricsOverride", json!({}))
        .await
        .map(drop)
}

/// While messages wait for blocks, their order is not settled.
async fn all_in_order(tab: &Tab) -> Result<()> {
    let script = "const lines = [...document.querySelectorAll('.log [data-id]')];
        return lines.length > 0 && lines.every(line => line.dataset.delivery === 'final')";
    tab.wait_for_script("all messages to be final", script, CHAIN_PATIENCE)
        .await
        .map(drop)
}

async fn what_was_left_is_there_again(anna: &Member) -> Result<()> {
    scroll(&anna.tab, "list.scrollHeight / 2").await?;
    anna.tab
        .script(
            "const list = document.querySelector('.log'), area = list.getBoundingClientRect();
             [...list.querySelectorAll('[data-id]')].find(line => line.getBoundingClientRect().top > area.top)
                .querySelector('[aria-label=Reply]').click()",
            vec![],
        )
        .await?;
    anna.tab.fill("Message", "not sent yet").await?;
    let before = in_sight(&anna.tab).await?;
    anna.go("Wallet").await?;
    anna.tab.find("textbox", "Recipient").await?;
    anna.go("Chat").await?;
    is_as_left(anna, &before, "after another page").await?;
    anna.tab.click("link", "Wallet").await?;
    anna.tab.script("history.back()", vec![]).await?;
    is_as_left(anna, &before, "after Back").await?;
    anna.tab.reload().await?;
    anna.tab.script(LOOKING, vec![]).await?;
    is_as_left(anna, &before, "after a reload").await?;
    anna.tab.click("button", "Do not reply").await?;
    anna.tab.fill("Message", "").await
}

async fn is_as_left(anna: &Member, before: &Value, when: &str) -> Result<()> {
    let what = format!("the place {when}");
    let moved = eventually(&what, PATIENCE, async || {
        let moved = moved_px(before, &in_sight(&anna.tab).await?)?;
        ensure!(moved <= 1.0, "text stands {moved} px away");
        Ok(Some(moved))
    });
    println!("{when} text stands {:.2} px from where it stood", moved.await?);
    let draft = anna.tab.find("textbox", "Message").await?.value().await?;
    ensure!(draft == "not sent yet", "{when} the draft is \"{draft}\"");
    anna.tab.find("button", "Do not reply").await.map(drop)
}

async fn a_quote_leads_to_a_message_that_is_not_loaded(anna: &Member) -> Result<()> {
    scroll(&anna.tab, "0").await?;
    anna.hears("the very first 0.", Delivery::Final, PATIENCE).await?;
    anna.tab
        .script(
            "[...document.querySelectorAll('[data-id]')].find(line => line.innerText.includes('the very first 0.'))
                .querySelector('[aria-label=Reply]').click()",
            vec![],
        )
        .await?;
    anna.say("an answer to the first").await?;
    scroll(&anna.tab, "list.scrollHeight").await?;
    anna.tab.reload().await?;
    anna.tab.script(LOOKING, vec![]).await?;
    anna.hears("an answer to the first", Delivery::Sent, PATIENCE)
        .await?;
    let is_loaded =
        "return [...document.querySelectorAll('.text')].some(text => text.innerText === 'the very first 0.')";
    ensure!(
        anna.tab.script(is_loaded, vec![]).await? == json!(false),
        "all messages are loaded"
    );
    anna.tab
        .script("document.querySelector('.quote').click()", vec![])
        .await?;
    let found = "const line = document.activeElement, area = document.querySelector('.log').getBoundingClientRect();
        const { top, bottom } = line.getBoundingClientRect();
        return line.dataset.id && line.innerText.includes('the very first 0.') && top >= area.top && bottom <= area.bottom";
    anna.tab
        .wait_for_script("the first message in sight and in focus", found, PATIENCE)
        .await
        .map(drop)
}

/// The text under the "New" line; empty if there is none.
const FIRST_NEW: &str = "return document.querySelector('.unread-line')?.nextElementSibling?.querySelector('.text')?.innerText ?? ''";

/// A busy browser tells the page of a scroll when others have long drawn.
async fn what_comes_just_as_she_goes_to_the_end_is_seen_coming(anna: &Member, bertil: &Member) -> Result<()> {
    scroll(&anna.tab, "list.scrollHeight - 3 * list.clientHeight").await?;
    let go_silently = "window.untold = event => event.stopImmediatePropagation();
        window.addEventListener('scroll', window.untold, true);
        const list = document.querySelector('.log'); list.scrollTop = list.scrollHeight";
    anna.tab.script(go_silently, vec![]).await?;
    talk(bertil, "just as she went", 1).await?;
    anna.hears("just as she went 0.", Delivery::Block, CHAIN_PATIENCE)
        .await?;
    let tell_again = "window.removeEventListener('scroll', window.untold, true)";
    anna.tab.script(tell_again, vec![]).await?;
    ensure!(
        first_new(&anna.tab).await?.is_empty(),
        "what came where she had gone to is new"
    );
    is_at_the_end(&anna.tab).await
}

async fn what_comes_unseen_is_new(anna: &Member, bertil: &Member) -> Result<()> {
    scroll(&anna.tab, "list.scrollHeight").await?;
    read_all(&anna.tab).await?;
    talk(bertil, "seen coming", 1).await?;
    anna.hears("seen coming 0.", Delivery::Sent, PATIENCE).await?;
    ensure!(
        first_new(&anna.tab).await?.is_empty(),
        "what she saw coming is new"
    );
    anna.tab.script(LOOKING_AWAY, vec![]).await?;
    talk(bertil, "while she looked away", 2).await?;
    anna.hears("while she looked away 1.", Delivery::Block, CHAIN_PATIENCE)
        .await?;
    ensure!(
        first_new(&anna.tab).await? == "while she looked away 0.",
        "the line is elsewhere"
    );
    ensure!(
        title(&anna.tab).await? == "(2) Ting",
        "what nobody looked at was read"
    );
    anna.tab.script(LOOKING, vec![]).await?;
    read_all(&anna.tab).await?;
    ensure!(
        first_new(&anna.tab).await? == "while she looked away 0.",
        "the line went"
    );
    set_hidden(&anna.tab, true).await?;
    talk(bertil, "while it was hidden", 1).await?;
    let unread = "return document.title === '(1) Ting'";
    anna.tab
        .wait_for_script("the title of a hidden page", unread, CHAIN_PATIENCE)
        .await?;
    set_hidden(&anna.tab, false).await?;
    anna.hears("while it was hidden 0.", Delivery::Sent, PATIENCE)
        .await?;
    ensure!(
        first_new(&anna.tab).await? == "while it was hidden 0.",
        "the line is elsewhere"
    );
    read_all(&anna.tab).await
}

/// How much of the list is below what is in sight.
const BELOW_PX: &str = "const list = document.querySelector('.log'); return list.scrollHeight - list.scrollTop - list.clientHeight";

/// With a wheel, which needs no focus: a window of another size does not lead back to what is new.
async fn who_went_on_to_the_end_stays_there(anna: &Member, bertil: &Member) -> Result<()> {
    anna.tab.script(LOOKING_AWAY, vec![]).await?;
    talk(bertil, "a long while away", 40).await?;
    anna.hears("a long while away 39.", Delivery::Block, CHAIN_PATIENCE)
        .await?;
    ensure!(
        first_new(&anna.tab).await? == "a long while away 0.",
        "the line is elsewhere"
    );
    scroll(&anna.tab, "list.scrollHeight").await?;
    for (width, height) in [(360, 740), (1280, 800)] {
        anna.tab.set_viewport(width, height).await?;
        anna.tab.settle().await?;
        let below_px = anna.tab.script(BELOW_PX, vec![]).await?;
        ensure!(
            below_px.as_f64().is_some_and(|px| px < 2.0),
            "{below_px} px below at {width} x {height}"
        );
    }
    anna.tab.script(LOOKING, vec![]).await?;
    read_all(&anna.tab).await
}

async fn what_one_sends_while_reading_above_brings_one_to_the_end(anna: &Member) -> Result<()> {
    scroll(&anna.tab, "list.scrollHeight - 3 * list.clientHeight").await?;
    anna.tab.find("button", "Latest").await?;
    anna.say("said from far above").await?;
    anna.tab.wait_until_gone("button", "Latest").await?;
    is_at_the_end(&anna.tab).await
}

async fn is_at_the_end(tab: &Tab) -> Result<()> {
    let is_at_end = format!("return (() => {{ {BELOW_PX} }})() < 2");
    tab.wait_for_script("the end to be in sight", &is_at_end, PATIENCE)
        .await
        .map(drop)
}

async fn read_all(tab: &Tab) -> Result<()> {
    tab.wait_for_script("all to be read", "return document.title === 'Ting'", PATIENCE)
        .await
        .map(drop)
}

async fn first_new(tab: &Tab) -> Result<String> {
    Ok(tab
        .script(FIRST_NEW, vec![])
        .await?
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

async fn title(tab: &Tab) -> Result<String> {
    let title = tab.script("return document.title", vec![]).await?;
    Ok(title.as_str().unwrap_or_default().to_owned())
}

async fn the_day_turns(tab: &Tab) -> Result<()> {
    let last = "return [...document.querySelectorAll('.day')].at(-1)?.innerText";
    ensure!(
        tab.script(last, vec![]).await? == json!("Today"),
        "today is not called so"
    );
    tab.script("const now = Date.now; Date.now = () => now() + 86400000", vec![])
        .await?;
    let turned = "return [...document.querySelectorAll('.day')].at(-1)?.innerText === 'Yesterday'";
    tab.wait_for_script("the day to turn", turned, PATIENCE)
        .await
        .map(drop)
}

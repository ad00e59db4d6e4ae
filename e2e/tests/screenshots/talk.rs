//! Pictures of a talk: a giant message that shows its beginning, two people whose names look alike, all kinds of markup.

use anyhow::Result;
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, SIZES, Stage, THEMES, Tab, keys, scene};

const MARKUP: &str =
    "All of it: **strong**, *emphasis*, ~~struck~~, `code`, ||hidden|| and https://example.org/a_b?c=d
> quoted, with 5*3*2 as typed
- jam
- cream, for @Bertil
1. waffles
2. coffee
```rust
fn main() {
    println!(\"as typed\");
}
```
    four spaces, ¯\\_(ツ)_/¯ and C:\\Users\\me\\.ssh";

#[tokio::test]
#[ignore = "makes pictures"]
async fn a_giant_message_two_people_of_one_name_and_markup() -> Result<()> {
    scene("screenshots-talk", async |stage: &mut Stage| {
        let mut members = Vec::new();
        for name in ["Anna", "Bertil", "Ann\u{430}"] {
            let member = stage.open_member("").await?;
            member.take_name(name).await?;
            member.go("Chat").await?;
            members.push(member);
        }
        let [anna, bertil, other] = members.as_slice() else {
            return Ok(());
        };
        // Behind the name stands whose it is, so the message does not show as it was typed.
        typed(bertil, "Who brings the jam, @Anna?").await?;
        anna.hears("Who brings", Delivery::Block, CHAIN_PATIENCE).await?;
        anna.say("I do. Settle with me, please.").await?;
        other.hears("I do.", Delivery::Block, CHAIN_PATIENCE).await?;
        other.say("No, send the coins to me!").await?;
        bertil.hears("No, send", Delivery::Final, CHAIN_PATIENCE).await?;
        let account = anna.open_purse().await?.account;
        anna.go("Chat").await?;
        bertil.open_purse().await?;
        bertil.pay(&account, "12", "for the jam").await?;
        bertil.go("Chat").await?;
        bertil
            .hears("for the jam", Delivery::Final, CHAIN_PATIENCE)
            .await?;
        newest(&bertil.tab, "same-name").await?;
        typed(anna, MARKUP).await?;
        bertil.hears("as typed", Delivery::Final, CHAIN_PATIENCE).await?;
        newest(&bertil.tab, "markup").await?;
        let lines: Vec<String> = (1..=120).map(|line| format!("line {line} of many")).collect();
        typed(anna, &lines.join("\n")).await?;
        bertil
            .hears("line 12 of many", Delivery::Final, CHAIN_PATIENCE)
            .await?;
        newest(&bertil.tab, "message-clamped").await
    })
    .await
}

/// Writes lines and sends them as one message.
async fn typed(member: &Member, text: &str) -> Result<()> {
    let keys = text.replace('\n', keys::LINE_END);
    member.tab.fill("Message", &keys).await?;
    member.tab.click("button", "Send").await
}

/// Pictures of the end of the talk, with nothing over it.
async fn newest(tab: &Tab, name: &str) -> Result<()> {
    let to_end = "document.querySelectorAll('.toast [aria-label]').forEach(button => button.click());
                  const log = document.querySelector('.log'); log.scrollTop = log.scrollHeight";
    for (size, width, height) in SIZES {
        tab.set_viewport(width, height).await?;
        for theme in THEMES {
            tab.set_theme(theme).await?;
            tab.settle().await?;
            tab.script(to_end, vec![]).await?;
            tab.wait_until_gone("button", "Latest").await?;
            tab.screenshot(&format!("{name}-{size}-{theme}")).await?;
        }
    }
    Ok(())
}

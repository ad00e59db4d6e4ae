//! Everything without a mouse: pages, a message, the palette, dialogs; and the focus can be seen wherever it is.

use anyhow::{Result, bail, ensure};
use serde_json::Value;
use ting_e2e::{Delivery, Member, PATIENCE, Stage, Tab, eventually, keys, scene};

/// More presses of Tab than any page has stops.
const MANY: usize = 80;

#[tokio::test]
async fn pages_messages_palette_and_dialogs_work_by_keyboard_alone_with_a_visible_focus() -> Result<()> {
    scene("keyboard", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        // A look at a transition half way would tell nothing.
        anna.tab
            .set_media_feature("prefers-reduced-motion", "reduce")
            .await?;
        for page in ["Wallet", "Chain", "Network", "Settings", "Chat"] {
            tab_to(&anna.tab, page).await?;
            anna.tab.press(keys::ENTER).await?;
            wait_for_page(&anna.tab, page).await?;
        }
        write_a_message(&anna).await?;
        palette(&anna.tab).await?;
        tab_to(&anna.tab, "Invite").await?;
        anna.tab.press(keys::ENTER).await?;
        anna.tab.find("dialog", "Invite").await?;
        anna.tab.press(keys::ESCAPE).await?;
        anna.tab.wait_until_gone("dialog", "Invite").await?;
        ensure!(
            focus(&anna.tab).await?.0 == "Invite",
            "the focus did not go back to where it was"
        );
        Ok(())
    })
    .await
}

async fn write_a_message(anna: &Member) -> Result<()> {
    tab_to(&anna.tab, "Message").await?;
    anna.tab.press("written without a mouse").await?;
    anna.tab.press(keys::ENTER).await?;
    anna.hears("written without a mouse", Delivery::Sent, PATIENCE)
        .await
}

async fn palette(tab: &Tab) -> Result<()> {
    let is_open = "return !!document.querySelector('dialog[open]')";
    tab.press(&format!("{}k{}", keys::CONTROL, keys::RELEASE)).await?;
    tab.wait_for_script("the palette", is_open, PATIENCE).await?;
    tab.press("wallet").await?;
    tab.press(keys::ENTER).await?;
    wait_for_page(tab, "Wallet").await?;
    tab.press(&format!("{}k{}", keys::CONTROL, keys::RELEASE)).await?;
    tab.wait_for_script("the palette", is_open, PATIENCE).await?;
    tab.press(keys::ESCAPE).await?;
    let is_closed = "return !document.querySelector('dialog[open]')";
    tab.wait_for_script("the palette to close", is_closed, PATIENCE)
        .await
        .map(drop)
}

/// Presses Tab until the element with this name has the focus; every stop on the way must be visible as such.
async fn tab_to(tab: &Tab, name: &str) -> Result<()> {
    let mut stops = Vec::new();
    for _ in 0..MANY {
        tab.press(keys::TAB).await?;
        let (stop, visible) = focus(tab).await?;
        ensure!(visible, "the focus on \"{stop}\" cannot be seen");
        if stop == name {
            return Ok(());
        }
        stops.push(stop);
    }
    bail!("Tab never reaches \"{name}\": {stops:?}")
}

/// The name of what has the focus, and whether the focus can be seen: a solid outline of two pixels in a colour, on the element itself
/// or, for a field without a frame of its own, on the `focus-frame` around it.
async fn focus(tab: &Tab) -> Result<(String, bool)> {
    let found = tab
        .script(
            "const element = document.activeElement;
             if (!element || element === document.body) return ['', true];
             const name = element.ariaLabel ?? element.labels?.[0]?.innerText ?? element.innerText ?? '';
             const isRing = one => { if (!one) return false; const style = getComputedStyle(one);
                 return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2
                     && !/rgba\\(.*, 0\\)|transparent/.test(style.outlineColor); };
             const isField = ['INPUT', 'TEXTAREA'].includes(element.tagName);
             return [name.trim(), isRing(element) || (isField && isRing(element.closest('.focus-frame')))]",
            vec![],
        )
        .await?;
    let name = found.get(0).and_then(Value::as_str).unwrap_or_default();
    let visible = found.get(1).and_then(Value::as_bool) == Some(true);
    Ok((name.to_owned(), visible))
}

async fn wait_for_page(tab: &Tab, page: &str) -> Result<()> {
    let path = format!("/{}", page.to_lowercase());
    eventually(&format!("the page {page}"), PATIENCE, async || {
        let url = tab.url().await?;
        let shown = url.split(['#', '?']).next().unwrap_or_default();
        Ok((shown.ends_with(&path)).then_some(()))
    })
    .await
}

//! That the pages can be used without eyes or with weak ones: axe-core finds nothing serious on any of them, by day and by night.

use anyhow::{Result, ensure};
use serde_json::Value;
use ting_e2e::{Delivery, Member, PATIENCE, Stage, THEMES, Tab, axe, crowd::all_hear, keys, scene};

/// What axe-core finds and calls serious or worse, one line each.
const FINDINGS: &str = "
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
";

#[tokio::test]
async fn no_page_has_a_serious_fault_for_ears_or_weak_eyes() -> Result<()> {
    scene("accessible", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        let bertil = stage.open_member("").await?;
        let receiver = bertil.open_purse().await?.account;
        anna.say("Waffles at four: https://example.com/waffles").await?;
        all_hear(&[&anna], "Waffles", Delivery::Block).await?;
        anna.open_purse().await?;
        anna.pay(&receiver, "1", "for the jam").await?;
        let mut findings = Vec::new();
        for theme in THEMES {
            anna.tab.set_theme(theme).await?;
            for width in [1280, 360] {
                anna.tab.set_viewport(width, 800).await?;
                for page in ["Chat", "Wallet", "Chain", "Network", "Settings"] {
                    anna.go(page).await?;
                    if page == "Network" {
                        what_was_not_taken_is_told(&anna.tab).await?;
                    }
                    look(&anna.tab, &format!("{page}, {theme}, {width}"), &mut findings).await?;
                }
                parts(&anna, &format!("{theme}, {width}"), &mut findings).await?;
            }
        }
        ensure!(findings.is_empty(), "axe-core found:\n{}", findings.join("\n"));
        Ok(())
    })
    .await
}

/// Unfolds the table of what was not taken, which says so if there is nothing in it.
async fn what_was_not_taken_is_told(tab: &Tab) -> Result<()> {
    let unfold = "const details = document.querySelector('.not-taken');
        if (!details) return '';
        if (!details.open) details.querySelector('summary').click();
        const rows = [...details.querySelectorAll('tbody tr')];
        return rows.length > 0
            ? rows.every(row => row.cells.length === 3 && Number(row.cells[2].innerText.replace(/\\s/g, '')) > 0)
            : details.innerText.includes('Everything was taken.')";
    tab.wait_for_script("what was not taken to be told", unfold, PATIENCE)
        .await
        .map(drop)
}

/// Parts of pages, and what lies over them.
async fn parts(anna: &Member, how: &str, findings: &mut Vec<String>) -> Result<()> {
    anna.go("Wallet").await?;
    for part in ["Send", "Receive", "Stake", "History"] {
        if anna.tab.find_now("tab", part).await?.is_some() {
            anna.tab.click("tab", part).await?;
            look(&anna.tab, &format!("{part}, {how}"), findings).await?;
        }
    }
    anna.go("Chat").await?;
    anna.tab.fill("Message", "/help").await?;
    for (name, opened_by) in [
        ("keys", keys::ENTER.to_owned()),
        ("palette", format!("{}k{}", keys::CONTROL, keys::RELEASE)),
    ] {
        anna.tab.press(&opened_by).await?;
        let is_open = "return !!document.querySelector('dialog[open]')";
        anna.tab.wait_for_script(name, is_open, PATIENCE).await?;
        look(&anna.tab, &format!("{name}, {how}"), findings).await?;
        anna.tab.press(keys::ESCAPE).await?;
        let is_shut = "return !document.querySelector('dialog[open]')";
        anna.tab.wait_for_script(name, is_shut, PATIENCE).await?;
    }
    anna.tab.click("button", "Invite").await?;
    anna.tab.find("textbox", "Invite link").await?;
    look(&anna.tab, &format!("invite, {how}"), findings).await?;
    anna.tab.press(keys::ESCAPE).await?;
    anna.tab.wait_until_gone("textbox", "Invite link").await
}

/// Fails if axe-core finds something serious on the page as it is, by day or by night.
pub(crate) async fn nothing_is_serious(tab: &Tab, what: &str) -> Result<()> {
    let mut findings = Vec::new();
    for theme in THEMES {
        tab.set_theme(theme).await?;
        look(tab, &format!("{what}, {theme}"), &mut findings).await?;
    }
    ensure!(findings.is_empty(), "axe-core found:\n{}", findings.join("\n"));
    Ok(())
}

async fn look(tab: &Tab, what: &str, findings: &mut Vec<String>) -> Result<()> {
    if tab.script("return !window.axe", vec![]).await? == Value::Bool(true) {
        tab.script(&std::fs::read_to_string(axe()?)?, vec![]).await?;
    }
    tab.settle().await?;
    let found = tab
        .script(&format!("return (async () => {{ {FINDINGS} }})()"), vec![])
        .await?;
    ensure!(found != Value::Null, "axe-core did not run on {what}");
    let found: Vec<String> = serde_json::from_value(found)?;
    findings.extend(found.into_iter().map(|line| format!("{what}: {line}")));
    Ok(())
}

//! A witness in a page: it notes every state of the strip, so that a test can say afterwards what never happened.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::Member;

/// Notes each change of the strip: a final height that fell, and the hash of every bead that was shown as final.
const WITNESS: &str = "
    const notes = window.notes = { finalHeight: 0, fell: 0, finals: {} };
    const look = () => {
        const strip = document.querySelector('.pulse[data-height]');
        if (!strip) return;
        const finalHeight = Number(strip.dataset.finalHeight);
        if (finalHeight < notes.finalHeight) notes.fell += 1;
        notes.finalHeight = finalHeight;
        for (const { dataset } of strip.querySelectorAll('.bead.final')) {
            const hashes = notes.finals[dataset.height] ??= [];
            if (!hashes.includes(dataset.block)) hashes.push(dataset.block);
        }
    };
    const attributeFilter = ['data-height', 'data-final-height', 'data-block', 'class'];
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter });
    look();
";

/// Sets witnesses into these people's pages; a reload ends one.
///
/// # Errors
/// When a tab is gone.
pub async fn begin(members: &[&Member]) -> Result<()> {
    for member in members {
        member.tab.script(WITNESS, vec![]).await?;
    }
    Ok(())
}

/// Nothing final was reverted: in no tab the final height fell, and no two tabs ever had different final blocks at one height.
/// Returns how many final blocks were compared.
///
/// # Errors
/// When something final was reverted, or a witness is gone.
pub async fn nothing_final_was_reverted(members: &[&Member]) -> Result<usize> {
    let mut finals: BTreeMap<String, String> = BTreeMap::new();
    for member in members {
        let notes = member.tab.script("return window.notes", vec![]).await?;
        let fell = notes
            .get("fell")
            .and_then(Value::as_u64)
            .context("the witness is gone")?;
        ensure!(fell == 0, "the final height fell {fell} times");
        let seen = notes
            .get("finals")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        for (height, heads) in seen {
            for head in heads.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let known = finals.entry(height.clone()).or_insert_with(|| head.to_owned());
                ensure!(
                    known == head,
                    "two final blocks at height {height}: {known} and {head}"
                );
            }
        }
    }
    Ok(finals.len())
}

//! What holds of several people of one room together.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::{Books, CHAIN_PATIENCE, Delivery, Member, PATIENCE, eventually};

/// Waits until everybody's chat page shows a message, at least so far.
///
/// # Errors
/// When it does not come in time.
pub async fn all_hear(members: &[&Member], text: &str, least: Delivery) -> Result<()> {
    for member in members {
        member.hears(text, least, CHAIN_PATIENCE).await?;
    }
    Ok(())
}

/// Waits until everybody has the same head, and returns its height.
///
/// # Errors
/// When that does not happen in time; the last strips are named.
pub async fn same_head(members: &[&Member], limit: Duration) -> Result<u64> {
    let agreed = eventually("everybody to have the same head", limit, async || {
        let mut pulses = Vec::new();
        for member in members {
            pulses.push(member.pulse().await?);
        }
        let Some(first) = pulses.first() else {
            return Ok(None);
        };
        let same = pulses.iter().all(|pulse| pulse.head == first.head);
        ensure!(same, "{pulses:?}");
        Ok(Some(first.height))
    });
    agreed.await
}

/// Goes to the chain page everywhere and waits until all show the same head; then the books must be the same, too.
///
/// # Errors
/// When heads stay different, or books differ at one head.
pub async fn same_books(members: &[&Member]) -> Result<Books> {
    for member in members {
        member.open_books().await?;
    }
    let agreed = eventually("everybody to have the same books", PATIENCE, async || {
        let mut all = Vec::new();
        for member in members {
            all.push(Books {
                reorgs: 0,
                ..member.books().await?
            });
        }
        let Some(first) = all.first() else { return Ok(None) };
        ensure!(all.iter().all(|books| books.head == first.head), "{all:?}");
        Ok(Some(all))
    });
    let all = agreed.await?;
    let first = all.into_iter().reduce(|one, other| {
        assert_eq!(one, other, "one head, two books");
        one
    });
    first.ok_or_else(|| anyhow::anyhow!("nobody is here"))
}

/// Waits until this many people vote, as the network page of one of them says.
///
/// # Errors
/// When that does not happen in time.
pub async fn wait_for_voters(member: &Member, count: u64) -> Result<()> {
    member.go("Network").await?;
    let script = "return [...document.querySelectorAll('[role=list] [data-account]')]
                  .filter(peer => /\\bvote[rd]\\b/.test(peer.innerText)).length";
    let what = format!("{count} voters");
    eventually(&what, CHAIN_PATIENCE * 2, async || {
        let voters = member.tab.script(script, vec![]).await?;
        let voters = voters.as_u64().unwrap_or_default();
        ensure!(voters >= count, "only {voters} vote");
        Ok(Some(()))
    })
    .await
}

/// Waits until this many people's votes count, as the network page of one of them says: each was heard for the newest checkpoint.
///
/// # Errors
/// When that does not happen in time.
pub async fn wait_for_votes(member: &Member, count: u64) -> Result<()> {
    member.go("Network").await?;
    let script = "return [...document.querySelectorAll('[role=list] [data-account]')]
                  .filter(peer => /\\bvoted\\b/.test(peer.innerText)).length";
    eventually(&format!("{count} votes"), CHAIN_PATIENCE * 2, async || {
        let votes = member.tab.script(script, vec![]).await?;
        let votes = votes.as_u64().unwrap_or_default();
        ensure!(votes >= count, "only {votes} are heard");
        Ok(Some(()))
    })
    .await
}

/// Lets everybody go to a page by its link in the navigation.
///
/// # Errors
/// When somebody's page has no such link.
pub async fn all_go(members: &[&Member], page: &str) -> Result<()> {
    for member in members {
        member.go(page).await?;
    }
    Ok(())
}

//! A person in the room: one tab of the app, what can be done in it and what it shows.
//!
//! Things are done by accessible names, as people do them. What is shown is read from the pages' `data-` attributes, which
//! hold exact figures (µTNG, whole hashes) where the text is rounded and shortened.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{PATIENCE, Tab, eventually};

/// How long a test waits for blocks and votes: several slots, on a machine with more tabs than cores.
pub const CHAIN_PATIENCE: Duration = Duration::from_secs(120);

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// It shows, and is in no block yet.
    Sent,
    /// It is in a block of the chosen chain.
    Block,
    /// It is in a final block.
    Final,
}

/// What the strip on every page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Height of the chosen chain's last block.
    pub height: u64,
    /// Height of the last final block.
    pub final_height: u64,
    /// Number of other peers heard within the last seconds.
    pub peers: u64,
    /// One word: `healthy`, or what is wrong.
    pub condition: String,
    /// Hash of the chosen chain's last block.
    pub head: String,
}

/// What the wallet page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purse {
    /// Address of the account.
    pub account: String,
    /// Coins that can be spent, in µTNG.
    pub available_micro: u64,
    /// Coins in the bond, in µTNG.
    pub bonded_micro: u64,
    /// Coins that waiting transactions spend, in µTNG.
    pub going_out_micro: u64,
}

/// What the chain page says of the head's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// Hash of the chosen chain's last block.
    pub head: String,
    /// State root after the head.
    pub state_root: String,
    /// All coins there are, in µTNG.
    pub supply_micro: u64,
    /// Coins that are left in the fund, in µTNG.
    pub fund_micro: u64,
    /// Number of reorganisations that the page lists.
    pub reorgs: u64,
}

/// What the page of a transaction says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionFacts {
    /// Id of the transaction.
    pub id: String,
    /// Nonce of the transaction.
    pub nonce: u64,
    /// `sent`, `block`, `final` or `expired`.
    pub delivery: String,
}

/// One person in one tab.
pub struct Member {
    /// Tab in which the person is.
    pub tab: Tab,
}

impl Member {
    /// Waits until a message can be written in the tab.
    ///
    /// # Errors
    /// When that does not happen in time.
    pub async fn arrive(tab: Tab) -> Result<Self> {
        tab.wait_for_script(
            "typing to be possible",
            "return document.documentElement.dataset.ready === 'true'",
            CHAIN_PATIENCE,
        )
        .await?;
        Ok(Self { tab })
    }

    /// Goes to a page by its link in the navigation.
    ///
    /// # Errors
    /// When there is no such link.
    pub async fn go(&self, page: &str) -> Result<()> {
        self.tab.click("link", page).await
    }

    /// Takes a name on the settings page.
    ///
    /// # Errors
    /// When the page does not take it.
    pub async fn take_name(&self, name: &str) -> Result<()> {
        self.go("Settings").await?;
        self.tab.fill("Name", name).await?;
        self.tab.click("button", "Save name").await
    }

    /// Writes a message on the chat page and sends it.
    ///
    /// # Errors
    /// When the page does not take it.
    pub async fn say(&self, text: &str) -> Result<()> {
        self.tab.fill("Message", text).await?;
        self.tab.click("button", "Send").await?;
        self.hears(text, Delivery::Sent, PATIENCE).await
    }

    /// Waits until the chat page shows a message, at least so far.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn hears(&self, text: &str, least: Delivery, limit: Duration) -> Result<()> {
        let what = format!("\"{text}\" to be {least:?}");
        eventually(&what, limit, async || {
            let delivery = self.delivery(text).await?;
            Ok(delivery.is_some_and(|delivery| delivery >= least).then_some(()))
        })
        .await
    }

    /// How far a message on the chat page has come; `None` if it is not there.
    ///
    /// # Errors
    /// When the tab is gone, or the message expired.
    pub async fn delivery(&self, text: &str) -> Result<Option<Delivery>> {
        let script = format!(
            "{MESSAGES} const found = messages.find(message => message.innerText.includes(arguments[0]));
             return found ? found.dataset.delivery : null"
        );
        match self.tab.script(&script, vec![json!(text)]).await?.as_str() {
            None => Ok(None),
            Some("sent") => Ok(Some(Delivery::Sent)),
            Some("block") => Ok(Some(Delivery::Block)),
            Some("final") => Ok(Some(Delivery::Final)),
            Some(other) => bail!("\"{text}\" is {other}"),
        }
    }

    /// How often a text stands in the messages of the chat page.
    ///
    /// # Errors
    /// When the tab is gone.
    pub async fn count_messages(&self, text: &str) -> Result<u64> {
        let script = format!(
            "{MESSAGES} return messages.filter(message => message.innerText.includes(arguments[0])).length"
        );
        let count = self.tab.script(&script, vec![json!(text)]).await?;
        Ok(count.as_u64().unwrap_or_default())
    }

    /// Fills in a payment on the wallet page and looks at its summary.
    ///
    /// # Errors
    /// When the form is not there.
    pub async fn prepare_payment(&self, to: &str, amount: &str, memo: &str) -> Result<()> {
        self.tab.fill("Recipient", to).await?;
        self.tab.fill("Amount", amount).await?;
        self.tab.fill("Memo", memo).await?;
        self.tab.click("button", "Review").await
    }

    /// Pays somebody on the wallet page.
    ///
    /// # Errors
    /// When the page does not take the payment.
    pub async fn pay(&self, to: &str, amount: &str, memo: &str) -> Result<()> {
        self.prepare_payment(to, amount, memo).await?;
        self.tab.click("button", "Confirm payment").await?;
        self.tab.wait_until_gone("button", "Confirm payment").await
    }

    /// Reads what the pulse says now.
    ///
    /// # Errors
    /// When the tab is gone or the strip is not drawn.
    pub async fn pulse(&self) -> Result<Pulse> {
        let data = self.data_of(".pulse[data-height]").await?;
        Ok(Pulse {
            height: number(&data, "height")?,
            final_height: number(&data, "finalHeight")?,
            peers: number(&data, "peers")?,
            condition: text(&data, "condition")?,
            head: text(&data, "head")?,
        })
    }

    /// Waits until the strip fulfils a condition, and returns it.
    ///
    /// # Errors
    /// When that does not happen in time; the last strip is named.
    pub async fn wait_for_pulse(
        &self,
        what: &str,
        limit: Duration,
        fulfils: impl Fn(&Pulse) -> bool,
    ) -> Result<Pulse> {
        let found = eventually(what, limit, async || {
            let pulse = self.pulse().await?;
            Ok(fulfils(&pulse).then_some(pulse))
        });
        match found.await {
            Ok(pulse) => Ok(pulse),
            Err(error) => {
                let now = self.pulse().await;
                Err(error.context(format!("the strip says {now:?}")))
            }
        }
    }

    /// What the wallet page says now.
    ///
    /// # Errors
    /// When the tab does not show it.
    pub async fn purse(&self) -> Result<Purse> {
        let data = self.data_of("[data-available]").await?;
        Ok(Purse {
            account: text(&data, "account")?,
            available_micro: number(&data, "available")?,
            bonded_micro: number(&data, "bonded")?,
            going_out_micro: number(&data, "goingOut")?,
        })
    }

    /// Goes to the wallet page and reads it once it is drawn.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn open_purse(&self) -> Result<Purse> {
        self.go("Wallet").await?;
        eventually("the wallet page", PATIENCE, async || {
            Ok(Some(self.purse().await?))
        })
        .await
    }

    /// Goes to the wallet page and waits until the welcome grant is there.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn receive_grant(&self) -> Result<Purse> {
        self.open_purse().await?;
        eventually("the welcome grant", CHAIN_PATIENCE, async || {
            let purse = self.purse().await?;
            Ok((purse.available_micro > 0 && purse.bonded_micro > 0).then_some(purse))
        })
        .await
    }

    /// Reads what the chain page says now.
    ///
    /// # Errors
    /// When the tab does not show it.
    pub async fn books(&self) -> Result<Books> {
        let data = self.data_of("[data-state-root]").await?;
        let reorgs = self
            .tab
            .script("return document.querySelectorAll('[data-reorg]').length", vec![])
            .await?;
        Ok(Books {
            head: text(&data, "head")?,
            state_root: text(&data, "stateRoot")?,
            supply_micro: number(&data, "supply")?,
            fund_micro: number(&data, "fund")?,
            reorgs: reorgs.as_u64().unwrap_or_default(),
        })
    }

    /// Goes to the chain page and reads it once it is drawn.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn open_books(&self) -> Result<Books> {
        self.go("Chain").await?;
        eventually("the chain page", PATIENCE, async || Ok(Some(self.books().await?))).await
    }

    /// How a block stands, by its hash: `side`, `chain`, `justified`, `final`, or `gone` where it is not kept.
    ///
    /// # Errors
    /// When the chain page does not say it in time.
    pub async fn block_status(&self, hash: &str) -> Result<String> {
        self.go("Chain").await?;
        self.tab.fill("Find block", hash).await?;
        self.tab.press(crate::keys::ENTER).await?;
        let panel = format!("[data-wanted='{hash}'][data-status]");
        eventually("the block's details", PATIENCE, async || {
            Ok(Some(text(&self.data_of(&panel).await?, "status")?))
        })
        .await
    }

    /// The wallet's history, newest first: ids of transactions with how far each has come.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn history(&self) -> Result<Vec<(String, String)>> {
        self.go("Wallet").await?;
        self.tab.click("tab", "History").await?;
        let script = "const panel = document.querySelector('.history');
                      return panel && [...panel.querySelectorAll('[data-id]')].map(row => [row.dataset.id, row.dataset.delivery])";
        let rows = self.tab.wait_for_script("the history", script, PATIENCE).await?;
        Ok(serde_json::from_value(rows)?)
    }

    /// The transaction whose page shows.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn transaction(&self) -> Result<TransactionFacts> {
        eventually("the transaction's page", PATIENCE, async || {
            let data = self.data_of("[data-transaction]").await?;
            Ok(Some(TransactionFacts {
                id: text(&data, "transaction")?,
                nonce: number(&data, "nonce")?,
                delivery: text(&data, "delivery")?,
            }))
        })
        .await
    }

    /// The link that the invite dialog shows.
    ///
    /// # Errors
    /// When the dialog does not open or close, or shows no link.
    pub async fn invite_link(&self) -> Result<String> {
        self.tab.click("button", "Invite").await?;
        let link = self.tab.find("textbox", "Invite link").await?.value().await?;
        self.tab.press(crate::keys::ESCAPE).await?;
        self.tab.wait_until_gone("textbox", "Invite link").await?;
        ensure!(link.contains('#'), "{link} is no invite");
        Ok(link)
    }

    async fn data_of(&self, selector: &str) -> Result<Value> {
        let script = "const found = document.querySelector(arguments[0]); return found && {...found.dataset}";
        let data = self.tab.script(script, vec![json!(selector)]).await?;
        ensure!(data.is_object(), "the page has no {selector}");
        Ok(data)
    }
}

/// JavaScript that puts the chat page's messages into `messages`.
const MESSAGES: &str = "const messages = [...document.querySelectorAll(\
     '[role=log][aria-label=Messages] :is(article, [role=article])')];";

fn text(data: &Value, key: &str) -> Result<String> {
    let value = data.get(key).and_then(Value::as_str);
    value
        .map(str::to_owned)
        .with_context(|| format!("the page does not say data {key}: {data}"))
}

fn number(data: &Value, key: &str) -> Result<u64> {
    let text = text(data, key)?;
    text.parse().with_context(|| format!("{key} is {text}"))
}

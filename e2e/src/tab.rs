//! One tab of a browser, and what a person does in it.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use fantoccini::{Client, Locator, elements::Element, wd::WindowHandle};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::{PATIENCE, eventually, keys, places, webdriver};

/// A window. Clones are the same window.
#[derive(Clone)]
pub struct Tab {
    client: Client,
    handle: WindowHandle,
    turn: Arc<Mutex<()>>,
}

/// An element that was found in a tab.
pub struct Found {
    tab: Tab,
    element: Element,
}

impl Tab {
    pub(crate) fn new(client: Client, handle: WindowHandle, turn: Arc<Mutex<()>>) -> Self {
        Self { client, handle, turn }
    }

    /// Opens a page in the tab.
    ///
    /// # Errors
    /// When the page does not load.
    pub async fn go_to(&self, url: &str) -> Result<()> {
        let _turn = self.take_turn().await?;
        self.client
            .goto(url)
            .await
            .with_context(|| format!("cannot open {url}"))
    }

    /// Reloads the page, which starts its node again.
    ///
    /// # Errors
    /// When the page does not load.
    pub async fn reload(&self) -> Result<()> {
        let _turn = self.take_turn().await?;
        Ok(self.client.refresh().await?)
    }

    /// The address it shows, with its fragment.
    ///
    /// # Errors
    /// When the tab is gone.
    pub async fn url(&self) -> Result<String> {
        let _turn = self.take_turn().await?;
        Ok(self.client.current_url().await?.to_string())
    }

    /// Waits for the visible element with this role and accessible name.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn find(&self, role: &str, name: &str) -> Result<Found> {
        eventually(&format!("the {role} \"{name}\""), PATIENCE, async || {
            self.find_now(role, name).await
        })
        .await
    }

    /// The visible element with this role and accessible name, if it is there now.
    ///
    /// # Errors
    /// When the tab is gone, or the page is being redrawn.
    pub async fn find_now(&self, role: &str, name: &str) -> Result<Option<Found>> {
        Ok(self.find_all_now(role, Some(name)).await?.into_iter().next())
    }

    /// All visible elements with this role, and with this accessible name if one is given, as they are now.
    ///
    /// # Errors
    /// When the tab is gone, or the page is being redrawn.
    pub async fn find_all_now(&self, role: &str, name: Option<&str>) -> Result<Vec<Found>> {
        let _turn = self.take_turn().await?;
        let mut found = Vec::new();
        for element in self.client.find_all(Locator::Css(&candidates(role))).await? {
            if let Some(name) = name {
                let label = self
                    .client
                    .issue_cmd(webdriver::computed_label(&element.element_id()))
                    .await?;
                if label.as_str().map(str::trim) != Some(name) {
                    continue;
                }
            }
            if element.is_displayed().await? {
                found.push(Found {
                    tab: self.clone(),
                    element,
                });
            }
        }
        Ok(found)
    }

    /// Waits until no visible element has this role and name.
    ///
    /// # Errors
    /// When it does not go in time.
    pub async fn wait_until_gone(&self, role: &str, name: &str) -> Result<()> {
        let what = format!("the {role} \"{name}\" to go");
        eventually(&what, PATIENCE, async || {
            Ok(self.find_now(role, name).await?.is_none().then_some(()))
        })
        .await
    }

    /// Waits for an element and clicks it.
    ///
    /// # Errors
    /// When it does not come in time or something lies over it.
    pub async fn click(&self, role: &str, name: &str) -> Result<()> {
        eventually(
            &format!("a click on the {role} \"{name}\""),
            PATIENCE,
            async || {
                let Some(found) = self.find_now(role, name).await? else {
                    return Ok(None);
                };
                found.click().await.map(Some)
            },
        )
        .await
    }

    /// Waits for a text box and types into it, in place of what it holds.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn fill(&self, name: &str, text: &str) -> Result<()> {
        // As a person does it. WebDriver's own way to clear a field tells the page only when the field is left, and
        // a page that draws itself in between puts the old text back.
        let (control, release, backspace) = (keys::CONTROL, keys::RELEASE, keys::BACKSPACE);
        let typed = format!("{control}a{release}{backspace}{text}");
        eventually(&format!("to write into \"{name}\""), PATIENCE, async || {
            let Some(found) = self.find_now("textbox", name).await? else {
                return Ok(None);
            };
            let _turn = self.take_turn().await?;
            Ok(Some(found.element.send_keys(&typed).await?))
        })
        .await
    }

    /// Chooses a file in the file field that this selector names.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn upload(&self, selector: &str, file: &Path) -> Result<()> {
        let _turn = self.take_turn().await?;
        let field = self.client.find(Locator::Css(selector)).await?;
        Ok(field.send_keys(&file.display().to_string()).await?)
    }

    /// Reads all text that the page shows.
    ///
    /// # Errors
    /// When the tab is gone.
    pub async fn text(&self) -> Result<String> {
        let text = self.script("return document.body.innerText", vec![]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page shows this text.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn wait_for_text(&self, text: &str) -> Result<()> {
        self.wait_for_text_within(text, PATIENCE).await
    }

    /// Waits this long until the page shows this text.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn wait_for_text_within(&self, text: &str, limit: Duration) -> Result<()> {
        let what = format!("the text \"{text}\"");
        eventually(&what, limit, async || {
            Ok(self.text().await?.contains(text).then_some(()))
        })
        .await
    }

    /// Runs JavaScript in the page; `return` gives the value.
    ///
    /// # Errors
    /// When the tab is gone or the script throws.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        let _turn = self.take_turn().await?;
        Ok(self.client.execute(script, arguments).await?)
    }

    /// Waits until no transition runs any more; what lasts longer than those (the slot's arc, say) never ends.
    ///
    /// # Errors
    /// When the page is not still in time.
    pub async fn settle(&self) -> Result<()> {
        let still = "return document.getAnimations().every(animation => animation.playState !== 'running' \
                     || animation.effect?.getComputedTiming().endTime > 400)";
        self.wait_for_script("the page to be still", still, PATIENCE)
            .await
            .map(drop)
    }

    /// Runs JavaScript in the page again and again until it returns something true, and returns that.
    ///
    /// # Errors
    /// When that does not happen in time.
    pub async fn wait_for_script(&self, what: &str, script: &str, limit: Duration) -> Result<Value> {
        eventually(what, limit, async || {
            let value = self.script(script, vec![]).await?;
            let is_true =
                !matches!(value, Value::Null | Value::Bool(false)) && value != json!(0) && value != json!("");
            Ok(is_true.then_some(value))
        })
        .await
    }

    /// Presses keys wherever the focus is; WebDriver's key codes stand for keys without a character.
    ///
    /// # Errors
    /// When the tab is gone.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let _turn = self.take_turn().await?;
        Ok(self.client.active_element().await?.send_keys(keys).await?)
    }

    /// A command of the Chrome DevTools protocol.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        let _turn = self.take_turn().await?;
        let answer = self
            .client
            .issue_cmd(webdriver::devtools(method, &parameters))
            .await;
        answer.with_context(|| format!("{method} failed"))
    }

    /// Gives the page this many CSS pixels, as a phone or a wide screen would.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn set_viewport(&self, width: u32, height: u32) -> Result<()> {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await
            .map(drop)
    }

    /// Sets a media feature that follows the person's system: `prefers-color-scheme` to `dark`,
    /// `prefers-reduced-motion` to `reduce`.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn set_media_feature(&self, name: &str, value: &str) -> Result<()> {
        let features = json!({ "features": [{ "name": name, "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features)
            .await
            .map(drop)
    }

    /// Writes a picture of what the window shows to `target/e2e/<name>.png`.
    ///
    /// # Errors
    /// When the tab is gone or the file cannot be written.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let _turn = self.take_turn().await?;
        let picture = self.client.screenshot().await?;
        Ok(std::fs::write(
            places::artefacts()?.join(format!("{name}.png")),
            picture,
        )?)
    }

    /// Freezes the page, as a browser does with tabs that it wants to save: no code of it runs until it is thawed.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn freeze(&self) -> Result<()> {
        let frozen = json!({ "state": "frozen" });
        self.devtools("Page.setWebLifecycleState", frozen).await.map(drop)
    }

    /// Lets a frozen page run again.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn thaw(&self) -> Result<()> {
        let active = json!({ "state": "active" });
        self.devtools("Page.setWebLifecycleState", active).await.map(drop)
    }

    /// Closes the window by its cross, as a person would: the page hears that it goes.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn close(self) -> Result<()> {
        let _turn = self.take_turn().await?;
        Ok(self.client.close_window().await?)
    }

    /// Kills the page's process: no handler of the page runs, and the window stays dead. Who comes back opens a new one.
    ///
    /// # Errors
    /// When the tab is gone already.
    pub async fn crash(self) -> Result<()> {
        let _turn = self.take_turn().await?;
        // The crashed page never answers this command; the driver reports that as an error.
        let crash = webdriver::devtools("Page.crash", &json!({}));
        match tokio::time::timeout(PATIENCE, self.client.issue_cmd(crash)).await {
            Ok(_) => Ok(()),
            Err(_) => bail!("the tab did not crash"),
        }
    }

    /// Makes this window the one that WebDriver speaks to, until the guard is dropped.
    async fn take_turn(&self) -> Result<MutexGuard<'_, ()>> {
        let turn = self.turn.lock().await;
        self.client
            .switch_to_window(self.handle.clone())
            .await
            .context("the tab is gone")?;
        Ok(turn)
    }
}

impl Found {
    /// Clicks the element.
    ///
    /// # Errors
    /// When it is gone or something lies over it.
    pub async fn click(&self) -> Result<()> {
        let _turn = self.tab.take_turn().await?;
        Ok(self.element.click().await?)
    }

    /// Reads the text that the element shows.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn text(&self) -> Result<String> {
        let _turn = self.tab.take_turn().await?;
        Ok(self.element.text().await?)
    }

    /// Types into the element, after what it holds.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        let _turn = self.tab.take_turn().await?;
        Ok(self.element.send_keys(text).await?)
    }

    /// Reads an attribute of the element, if it has it.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn attribute(&self, name: &str) -> Result<Option<String>> {
        let _turn = self.tab.take_turn().await?;
        Ok(self.element.attr(name).await?)
    }

    /// Reads the value that a field holds now.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn value(&self) -> Result<String> {
        let _turn = self.tab.take_turn().await?;
        Ok(self.element.prop("value").await?.unwrap_or_default())
    }

    /// Whether the element can be used.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn is_enabled(&self) -> Result<bool> {
        let _turn = self.tab.take_turn().await?;
        Ok(self.element.is_enabled().await?)
    }
}

/// The elements that have this role by themselves or by their `role` attribute, as a CSS selector.
fn candidates(role: &str) -> String {
    let native = match role {
        "article" => "article:not([role])",
        "button" => "button:not([role]), input[type=submit], input[type=button], summary",
        "checkbox" => "input[type=checkbox]:not([role])",
        "combobox" => "select:not([role]):not([multiple])",
        "dialog" => "dialog",
        "heading" => "h1, h2, h3, h4, h5, h6",
        "img" => "img, svg",
        "link" => "a[href]:not([role])",
        "list" => "ul:not([role]), ol:not([role])",
        "listitem" => "li:not([role])",
        "main" => "main",
        "navigation" => "nav:not([role])",
        "radio" => "input[type=radio]",
        "row" => "tr:not([role])",
        "spinbutton" => "input[type=number]",
        "status" => "output",
        "table" => "table:not([role])",
        "textbox" => {
            "input:not([type]):not([role]), input[type=text]:not([role]), input[type=url], input[type=password], \
             input[type=email], textarea:not([role]), [contenteditable=true]:not([role])"
        }
        _ => return format!("[role={role}]"),
    };
    format!("{native}, [role={role}]")
}

//! What a reader has in sight, measured in pixels, on screens of several kinds; and whether she looks at all.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use ting_e2e::{Member, Tab};

/// The reader's window is one of several, which all want to be looked at.
pub(crate) const LOOKING: &str = "document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))";
/// The reader looks elsewhere.
pub(crate) const LOOKING_AWAY: &str =
    "document.hasFocus = () => false; window.dispatchEvent(new Event('blur'))";

/// A screen to read on.
pub(crate) struct Screen {
    /// Name of the screen, for messages.
    pub(crate) name: &'static str,
    width: u32,
    height: u32,
    /// Device pixels to one of the page.
    pub(crate) ratio: f64,
}

/// One whose pixels are the page's, one where they are not, and a phone.
pub(crate) const SCREENS: [Screen; 3] = [
    Screen {
        name: "desk",
        width: 1280,
        height: 900,
        ratio: 1.0,
    },
    Screen {
        name: "fine",
        width: 1280,
        height: 900,
        ratio: 1.25,
    },
    Screen {
        name: "phone",
        width: 390,
        height: 844,
        ratio: 3.0,
    },
];

impl Screen {
    /// Gives the tab this screen.
    pub(crate) async fn show(&self, tab: &Tab) -> Result<()> {
        let metrics = json!({
            "width": self.width, "height": self.height, "deviceScaleFactor": self.ratio, "mobile": self.width < 600,
        });
        tab.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await
            .map(drop)
    }
}

/// Lines wholly in sight, by their messages, and where the words of each stand.
const IN_SIGHT: &str = "const list = document.querySelector('.log'), area = list.getBoundingClientRect();
    return Object.fromEntries([...list.querySelectorAll('[data-id]')]
        .map(line => [line.dataset.id, line.querySelector('.words > :not(header)').getBoundingClientRect()])
        .filter(([, said]) => said.top >= area.top && said.bottom <= area.bottom)
        .map(([id, said]) => [id, said.top]))";

/// Says many things at once, as quickly as the page takes them.
pub(crate) async fn talk(member: &Member, what: &str, count: usize) -> Result<()> {
    let script = "const area = document.querySelector('.composer textarea'), [what, count] = arguments;
        const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set;
        const drawn = () => new Promise(done => setTimeout(done, 20));
        for (let number = 0; number < count; number++) {
            set.call(area, `${what} ${number}.`);
            area.dispatchEvent(new InputEvent('input', { bubbles: true }));
            await drawn();
            area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
            await drawn();
        }
        return area.value";
    let script = format!("return (async (...args) => {{ {script} }})(...arguments)")
        .replace("= arguments;", "= args;");
    let left = member
        .tab
        .script(&script, vec![json!(what), json!(count)])
        .await?;
    ensure!(left == json!(""), "the composer holds {left}");
    Ok(())
}

/// Scrolls the list as a reader does, and waits until the browser told the page of it, and what the page does of it is done.
pub(crate) async fn scroll(tab: &Tab, to_px: &str) -> Result<()> {
    let script = format!(
        "return (async () => {{ const list = document.querySelector('.log'), before = list.scrollTop;
         const told = new Promise(done => list.addEventListener('scroll', done, {{ once: true }}));
         list.scrollTop = {to_px};
         if (list.scrollTop !== before) await told;
         for (let frame = 0; frame < 3; frame++) await new Promise(done => setTimeout(done, 50)); }})()"
    );
    tab.script(&script, vec![]).await.map(drop)
}

/// Where each of those lines is.
pub(crate) async fn in_sight(tab: &Tab) -> Result<Value> {
    tab.script(IN_SIGHT, vec![]).await
}

/// How far any line in sight before is from where it was.
pub(crate) fn moved_px(before: &Value, after: &Value) -> Result<f64> {
    let before = before.as_object().context("no list")?;
    ensure!(before.len() > 3, "only {} lines are in sight", before.len());
    let mut most = 0.0_f64;
    let mut seen = 0;
    for (id, top) in before {
        // Where the list got shorter, lines at its end are out of sight.
        let Some(now) = after.get(id) else { continue };
        seen += 1;
        most = most.max((number(top)? - number(now)?).abs());
    }
    ensure!(
        seen * 2 > before.len(),
        "only {seen} of {} lines are in sight still",
        before.len()
    );
    Ok(most)
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().context("no number")
}

/// As browsers tell a page that it is hidden, or no longer.
pub(crate) async fn set_hidden(tab: &Tab, is_hidden: bool) -> Result<()> {
    let script = "Object.defineProperty(document, 'hidden', { value: arguments[0], configurable: true });
        document.hasFocus = () => !arguments[0];
        document.dispatchEvent(new Event('visibilitychange'))";
    tab.script(script, vec![json!(is_hidden)]).await.map(drop)
}

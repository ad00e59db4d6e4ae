//! Keys of other keyboards, fingers, and the browser's own Back.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use ting_e2e::{CHAIN_PATIENCE, Delivery, Member, PATIENCE, Stage, Tab, eventually, keys, scene};

#[tokio::test]
async fn foreign_keyboards_write_and_fingers_back_and_files_lose_nothing() -> Result<()> {
    scene("fingers", async |stage: &mut Stage| {
        let anna = stage.open_member("").await?;
        signs_of_option_and_a_digit_are_written(&anna).await?;
        ending_a_composition_does_not_send(&anna).await?;
        files_are_answered_in_words(&anna.tab).await?;
        back_closes_a_dialog_and_leaves_the_page(&anna.tab).await?;
        letting_go_outside_closes_no_dialog(&anna.tab).await?;
        notices_show_above_a_dialog(&anna.tab).await?;
        the_palette_waits_for_the_end_of_a_composition(&anna.tab).await?;
        enter_makes_a_line_for_fingers(&anna).await?;
        a_keyboard_on_the_screen_leaves_the_composer_free(&anna.tab).await?;
        a_phone_names_the_room_and_its_figures(&anna.tab).await?;
        a_page_magnified_four_times_can_be_used(&anna).await
    })
    .await
}

/// A press of Option and 2 as a Swedish Mac reports it.
async fn signs_of_option_and_a_digit_are_written(anna: &Member) -> Result<()> {
    anna.tab.fill("Message", "mail").await?;
    let is_taken = anna
        .tab
        .script(
            "return !document.activeElement.dispatchEvent(new KeyboardEvent('keydown', \
             { key: '@', code: 'Digit2', altKey: true, bubbles: true, cancelable: true }))",
            vec![],
        )
        .await?;
    ensure!(is_taken == json!(false), "the sign was taken from the field");
    ensure!(!anna.tab.url().await?.contains("/wallet"), "the wallet opened");
    Ok(())
}

/// Safari ends a composition before the press of Enter that ended it.
async fn ending_a_composition_does_not_send(anna: &Member) -> Result<()> {
    let press = |code: u32| {
        format!(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', \
             {{ key: 'Enter', code: 'Enter', keyCode: {code}, bubbles: true, cancelable: true }}))"
        )
    };
    anna.tab.fill("Message", "nihongo").await?;
    anna.tab.script(&press(229), vec![]).await?;
    let held = anna.tab.find("textbox", "Message").await?.value().await?;
    ensure!(held == "nihongo", "the composer holds \"{held}\"");
    anna.tab.script(&press(13), vec![]).await?;
    anna.hears("nihongo", Delivery::Sent, PATIENCE).await
}

/// Pasted or dropped. A dropped one would open in the place of the room if the page let it.
async fn files_are_answered_in_words(tab: &Tab) -> Result<()> {
    for event in [
        "ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })",
        "DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })",
    ] {
        let carry = format!(
            "const data = new DataTransfer();
             data.items.add(new File(['x'], 'cat.png', {{ type: 'image/png' }}));
             return !document.activeElement.dispatchEvent(new {event})"
        );
        let is_taken = tab.script(&carry, vec![]).await?;
        ensure!(
            is_taken == json!(true),
            "the browser does as it likes with {event}"
        );
        tab.wait_for_text("a room carries text only").await?;
        tab.click("button", "Put away").await?;
        tab.wait_until_gone("button", "Put away").await?;
    }
    Ok(())
}

async fn back_closes_a_dialog_and_leaves_the_page(tab: &Tab) -> Result<()> {
    tab.click("button", "Invite").await?;
    tab.find("dialog", "Invite").await?;
    tab.wait_for_script(
        "a step for the dialog",
        "return history.state?.over === 1",
        PATIENCE,
    )
    .await?;
    let before = tab.url().await?;
    tab.script("history.back()", vec![]).await?;
    tab.wait_until_gone("dialog", "Invite").await?;
    ensure!(tab.url().await? == before, "Back left the page");
    // One that closes otherwise leaves no step behind.
    tab.click("button", "Invite").await?;
    tab.wait_for_script(
        "a step for the dialog",
        "return history.state?.over === 1",
        PATIENCE,
    )
    .await?;
    tab.press(keys::ESCAPE).await?;
    tab.wait_for_script("no step", "return !history.state?.over", PATIENCE)
        .await
        .map(drop)
}

async fn letting_go_outside_closes_no_dialog(tab: &Tab) -> Result<()> {
    tab.click("button", "Invite").await?;
    let area = tab
        .wait_for_script(
            "the dialog",
            "const dialog = document.querySelector('dialog[open]');
             if (!dialog || dialog.getAnimations().length) return null;
             const { left, top, width } = dialog.getBoundingClientRect();
             return { x: left + width / 2, y: top + 20 }",
            PATIENCE,
        )
        .await?;
    let (x, y) = (area["x"].clone(), area["y"].clone());
    mouse(tab, "mousePressed", &x, &y).await?;
    mouse(tab, "mouseReleased", &json!(5), &json!(5)).await?;
    tab.find("dialog", "Invite").await?;
    mouse(tab, "mousePressed", &json!(5), &json!(5)).await?;
    mouse(tab, "mouseReleased", &json!(5), &json!(5)).await?;
    tab.wait_until_gone("dialog", "Invite").await
}

async fn mouse(tab: &Tab, kind: &str, x: &Value, y: &Value) -> Result<()> {
    let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
    tab.devtools("Input.dispatchMouseEvent", event).await.map(drop)
}

/// What two notices say can be hit by a pointer, and is in what a screen reader hears, though a dialog is open; and so can its heading.
async fn notices_show_above_a_dialog(tab: &Tab) -> Result<()> {
    let paste = "const data = new DataTransfer();
        data.items.add(new File(['x'], 'cat.png', { type: 'image/png' }));
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))";
    let on_top = "const toasts = [...document.querySelectorAll('dialog[open] [role=status] .toast')];
        if (toasts.length !== 2 || toasts.some(toast => toast.getAnimations().length)) return false;
        document.querySelector('dialog[open] .dialog-body').scrollTop = 0;
        const isOnTop = element => {
            const { left, top, width, height } = element.getBoundingClientRect();
            return top >= 0 && element.contains(document.elementFromPoint(left + width / 2, top + height / 2)); };
        return [...toasts, document.querySelector('dialog[open] h2'), document.querySelector('dialog[open] [aria-label=Close]')]
            .every(isOnTop)";
    // The low window holds less than the whole dialog.
    for (name, width, height) in [
        ("dialog", 1280, 800),
        ("low-dialog", 1024, 480),
        ("sheet", 390, 844),
    ] {
        tab.set_viewport(width, height).await?;
        tab.click("button", "Invite").await?;
        tab.script(paste, vec![]).await?;
        tab.click("button", "Copy link").await?;
        tab.wait_for_script(&format!("two notices above the {name}"), on_top, PATIENCE)
            .await?;
        tab.settle().await?;
        tab.screenshot(&format!("notice-over-{name}")).await?;
        put_all_away(tab).await?;
        tab.press(keys::ESCAPE).await?;
        tab.wait_until_gone("dialog", "Invite").await?;
    }
    tab.devtools("Emulation.clearDeviceMetricsOverride", json!({}))
        .await
        .map(drop)
}

async fn put_all_away(tab: &Tab) -> Result<()> {
    let put_away = "const buttons = [...document.querySelectorAll('.toast [aria-label=\"Put away\"]')];
        buttons.forEach(button => button.click());
        return !buttons.length";
    tab.wait_for_script("no notice", put_away, PATIENCE)
        .await
        .map(drop)
}

async fn the_palette_waits_for_the_end_of_a_composition(tab: &Tab) -> Result<()> {
    tab.press(&format!("{}k{}", keys::CONTROL, keys::RELEASE)).await?;
    tab.find("combobox", "Go to, pay, find").await?;
    let before = tab.url().await?;
    for composing in ["isComposing: true", "keyCode: 229"] {
        let press = format!(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', \
             {{ key: 'Enter', {composing}, bubbles: true, cancelable: true }}))"
        );
        tab.script(&press, vec![]).await?;
    }
    ensure!(
        tab.find_now("combobox", "Go to, pay, find").await?.is_some(),
        "the palette acted"
    );
    ensure!(tab.url().await? == before, "the palette went elsewhere");
    tab.press(keys::ESCAPE).await?;
    tab.wait_until_gone("combobox", "Go to, pay, find").await
}

async fn enter_makes_a_line_for_fingers(anna: &Member) -> Result<()> {
    let touch = |is_on: bool| json!({ "enabled": is_on });
    anna.tab
        .devtools("Emulation.setTouchEmulationEnabled", touch(true))
        .await?;
    anna.tab
        .wait_for_script(
            "fingers",
            "return matchMedia('(pointer: coarse)').matches",
            PATIENCE,
        )
        .await?;
    anna.tab
        .fill("Message", &format!("one{}two", keys::ENTER))
        .await?;
    let held = anna.tab.find("textbox", "Message").await?.value().await?;
    ensure!(held == "one\ntwo", "the composer holds \"{held}\"");
    anna.tab
        .devtools("Emulation.setTouchEmulationEnabled", touch(false))
        .await?;
    anna.tab.fill("Message", "").await
}

/// As iOS tells of it: the page keeps its size, and the visual viewport gets smaller.
async fn a_keyboard_on_the_screen_leaves_the_composer_free(tab: &Tab) -> Result<()> {
    tab.set_viewport(390, 844).await?;
    let open = "const set = (name, value) => Object.defineProperty(visualViewport, name, { value, configurable: true });
        set('height', arguments[0]); set('offsetTop', arguments[1]); visualViewport.dispatchEvent(new Event('resize'))";
    let is_between = "const { top, bottom } = document.querySelector('.composer').getBoundingClientRect();
        return top > arguments[1] && bottom <= arguments[0] + arguments[1]";
    for (height, above) in [(500, 0), (460, 120)] {
        let keyboard = vec![json!(height), json!(above)];
        tab.script(open, keyboard.clone()).await?;
        ensure!(
            tab.script(is_between, keyboard).await? == json!(true),
            "the composer is not within {height} px from {above}"
        );
    }
    tab.script(open, vec![json!(844), json!(0)]).await?;
    let is_whole = "return document.querySelector('.shell').getBoundingClientRect().height === 844";
    ensure!(
        tab.script(is_whole, vec![]).await? == json!(true),
        "the page stays small"
    );
    Ok(())
}

/// Whole, where fingers reach: no word stands for a figure that nobody can name.
async fn a_phone_names_the_room_and_its_figures(tab: &Tab) -> Result<()> {
    tab.set_viewport(360, 740).await?;
    let shown = "const isWhole = element => { const { left, top, right, width, height } = element.getBoundingClientRect();
            return width > 0 && right <= innerWidth && element.scrollWidth <= element.clientWidth + 1
                && element.contains(document.elementFromPoint(left + width / 2, top + height / 2)); };
        const whole = selector => [...document.querySelectorAll(selector)].filter(isWhole).map(element => element.innerText);
        return { labels: whole('.pulse-figures dt'), figures: whole('.pulse-figures dd').length,
            names: [...whole('.channel-title'), ...whole('.page-head .room-name')] }";
    let labels = json!(["Block", "Peers", "To final"]);
    eventually(
        "the room's name and its labelled figures",
        CHAIN_PATIENCE,
        async || {
            let shown = tab.script(shown, vec![]).await?;
            let is_named = shown["names"].as_array().is_some_and(|names| names.len() == 2);
            let is_labelled = shown["labels"] == labels && shown["figures"] == json!(3);
            ensure!(is_named && is_labelled, "the phone shows {shown}");
            Ok(Some(()))
        },
    )
    .await
}

/// A window of 1280 x 1024 at 400 %.
async fn a_page_magnified_four_times_can_be_used(anna: &Member) -> Result<()> {
    let tab = &anna.tab;
    tab.set_viewport(320, 256).await?;
    anna.say("written at four times the size").await?;
    let fits = "const seen = selector => { const element = document.querySelector(selector);
            const { left, top, right, bottom } = element.getBoundingClientRect();
            return left >= 0 && top >= 0 && right <= 320 && bottom <= 256 ? bottom - top : 0; };
        return seen('.composer') > 30 && seen('.composer textarea') > 30 && seen('.send') > 30 && seen('.log') >= 96 && seen('.bar') > 30
            && document.documentElement.scrollWidth <= 320";
    ensure!(
        tab.script(fits, vec![]).await? == json!(true),
        "list, composer and navigation do not fit"
    );
    tab.screenshot("chat-320x256").await?;
    for page in ["Wallet", "Chain", "Network", "Settings"] {
        anna.go(page).await?;
        let path = format!(
            "const page = document.querySelector('.page');
             return location.pathname.startsWith('/{}') && page.clientHeight >= 160 && page.scrollWidth <= page.clientWidth",
            page.to_lowercase()
        );
        tab.wait_for_script(&format!("{page} without scrolling sideways"), &path, PATIENCE)
            .await?;
    }
    anna.go("Chat").await?;
    tab.click("button", "Invite").await?;
    tab.find("dialog", "Invite").await?;
    tab.click("button", "Close").await?;
    tab.wait_until_gone("dialog", "Invite").await?;
    tab.devtools("Emulation.clearDeviceMetricsOverride", json!({}))
        .await
        .map(drop)
}

//! What reaches a person who does not look at the page: the number of unread messages in the title and the icon, and, if the person turned
//! them on in the settings, notifications of the system for mentions and payments.
//!
//! The browser is asked for permission by that click only. Others cannot flood the system: a notification takes the place of the one
//! before it. It says who and where, never what: it may show on a locked screen.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationOptions, NotificationPermission};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    bridge::Unread,
    browser,
    store::{Summons, use_slice},
};

/// Name under which the person's choice is kept.
const KEY: &str = "ting.notify";
/// The notification that the next one takes the place of.
const TAG: &str = "ting";
/// The app's icon, which a notification shows.
const ICON: &str = include_str!("../icon.svg");

/// Whether the person gets notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifying {
    /// The person does not want any.
    Off,
    /// The person wants them.
    On,
    /// The browser was told by the person to show none of this page.
    Refused,
    /// The browser has no notifications.
    Impossible,
}

impl Notifying {
    /// Asks the browser how it is now.
    pub fn now() -> Self {
        let has_them = browser::window()
            .is_some_and(|window| Reflect::has(&window, &"Notification".into()).unwrap_or(false));
        if !has_them {
            return Self::Impossible;
        }
        let is_wanted = browser::recall(browser::lasting(), KEY).is_some();
        match Notification::permission() {
            NotificationPermission::Denied => Self::Refused,
            NotificationPermission::Granted if is_wanted => Self::On,
            _ => Self::Off,
        }
    }

    /// Turns notifications off.
    pub fn turn_off() {
        browser::remember(browser::lasting(), KEY, None);
    }

    /// Asks the browser, which asks the person unless it knows the answer. Shows one, to prove that they come.
    pub async fn turn_on() {
        browser::remember(browser::lasting(), KEY, Some("on"));
        if let Ok(answer) = Notification::request_permission() {
            let _ = JsFuture::from(answer).await;
        }
        if Self::now() == Self::On
            && show("You will be told here when somebody mentions or pays you.").is_none()
        {
            Self::turn_off();
        }
    }
}

/// Shows a notification; `None` where the browser has them only for installed apps.
fn show(text: &str) -> Option<Notification> {
    let options = NotificationOptions::new();
    options.set_body(text);
    options.set_tag(TAG);
    options.set_icon("/icon.svg");
    Notification::new_with_options("Ting", &options).ok()
}

/// Notifies of what calls for a person who does not look.
#[hook]
pub fn use_notifications() {
    let navigator = use_navigator();
    let summons = use_slice::<Summons>();
    use_effect_with(summons, move |summons| {
        let Some(summons) = summons else { return };
        if browser::is_attended() || Notifying::now() != Notifying::On {
            return;
        }
        let to = summons.to.clone();
        if let (Some(notification), Some(navigator)) = (show(&summons.text), navigator) {
            let clicked = Closure::once_into_js(move || {
                if let Some(window) = browser::window() {
                    let _ = window.focus();
                }
                navigator.push(&to);
            });
            notification.set_onclick(clicked.dyn_ref());
        }
    });
}

/// Shows how much is unread in the page's title and icon.
#[hook]
pub fn use_unread_marks() {
    let unread = use_slice::<Unread>().unwrap_or_default().view.messages;
    use_effect_with(unread, |&unread| {
        let Some(document) = browser::document() else {
            return;
        };
        document.set_title(&title(unread));
        if let Ok(Some(icon)) = document.query_selector("link[rel=icon]") {
            let _ = icon.set_attribute("href", &icon_address(unread));
        }
    });
}

fn title(unread: u32) -> String {
    match unread {
        0 => "Ting".into(),
        unread => format!("({unread}) Ting"),
    }
}

fn icon_address(unread: u32) -> String {
    let drawing = marked_icon(unread);
    let encoded: JsValue = js_sys::encode_uri_component(&drawing).into();
    format!("data:image/svg+xml,{}", encoded.as_string().unwrap_or_default())
}

/// The icon with a number in its corner.
fn marked_icon(unread: u32) -> String {
    let mark = match unread {
        0 => return ICON.into(),
        1..=99 => unread.to_string(),
        _ => "99".into(),
    };
    let mark = format!(
        "<circle cx='21' cy='11' r='11' fill='#8c1d18'/><text x='21' y='16' fill='#fff' font-family='sans-serif' \
         font-weight='700' font-size='14' text-anchor='middle'>{mark}</text></svg>"
    );
    ICON.replace("</svg>", &mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_and_icon_hold_the_number_of_unread_messages() {
        assert_eq!((title(0), title(7)), ("Ting".into(), "(7) Ting".into()));
        assert_eq!(marked_icon(0), ICON);
        assert!(marked_icon(7).contains(">7</text></svg>"));
        assert!(marked_icon(1_000).contains(">99</text>"));
        assert_eq!(marked_icon(7).matches("</svg>").count(), 1);
    }
}

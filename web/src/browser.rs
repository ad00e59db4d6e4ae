//! What the page asks of the browser. Everything here may be refused (private windows, permissions); then nothing happens.

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Date, JsString, Reflect, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use ting_core::ledger::genesis::ClaimMode;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, Document, Event, HashChangeEvent, HtmlAnchorElement, HtmlElement, KeyboardEvent, Location,
    PageTransitionEvent, RequestCredentials, RequestInit, RequestMode, Storage, Url, Window,
};

use crate::{bridge::new_room, route};

/// The page's window; none in a worker.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The page's document; none in a worker.
pub fn document() -> Option<Document> {
    window()?.document()
}

fn location() -> Option<Location> {
    Some(window()?.location())
}

/// Whether the browser trusts the way by which the page came: HTTPS, or from this machine.
pub fn is_trusted_page() -> bool {
    window().is_some_and(|window| window.is_secure_context())
}

/// Whether the page's address means this machine and is another one to every other device.
pub fn is_on_this_machine() -> bool {
    let name = location()
        .and_then(|location| location.hostname().ok())
        .unwrap_or_default();
    name == "localhost" || name == "[::1]" || name.starts_with("127.")
}

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    Date::now() as u64
}

/// Minutes that local time lies behind UTC at this time.
pub fn time_zone_offset_minutes(time_ms: u64) -> i64 {
    Date::new(&JsValue::from_f64(time_ms as f64)).get_timezone_offset() as i64
}

/// A text with its letters taken apart: marks behind the letters that bear them, and the plain letter for full width, circled, bold and the
/// like.
pub fn apart(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    JsString::from(text).normalize("NFKD").into()
}

/// Random bytes; zeroes if the browser has none to give.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Some(crypto) = window().and_then(|window| window.crypto().ok()) {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes
}

/// The link's fragment without `#`: the room.
pub fn fragment() -> String {
    let hash = location()
        .and_then(|location| location.hash().ok())
        .unwrap_or_default();
    hash.strip_prefix('#').unwrap_or(&hash).to_owned()
}

/// The fragment that an address was given, whatever stands there by now.
pub fn pasted_fragment(event: &Event) -> Option<String> {
    let address = event.dyn_ref::<HashChangeEvent>()?.new_url();
    Some(address.split_once('#')?.1.to_owned())
}

/// Whether the address ends where its fragment should begin.
pub fn is_cut_at_fragment() -> bool {
    location().is_some_and(|location| location.href().is_ok_and(|address| address.ends_with('#')))
}

/// Path of the page's address, without its fragment.
pub fn path() -> String {
    location()
        .and_then(|location| location.pathname().ok())
        .unwrap_or_default()
}

/// Brings an address in order that was broken on its way here.
pub fn mend_address() {
    let (path, fragment) = (path(), fragment());
    let mended = route::mended(&path, &fragment);
    if mended != (path, fragment)
        && let Some(history) = window().and_then(|window| window.history().ok())
    {
        let wanted = format!("{}{}#{}", mended.0, query(), mended.1);
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&wanted));
    }
}

/// The link's query with `?`, or nothing.
pub fn query() -> String {
    location()
        .and_then(|location| location.search().ok())
        .unwrap_or_default()
}

/// Scheme, host and port of this page.
pub fn origin() -> String {
    location()
        .and_then(|location| location.origin().ok())
        .unwrap_or_default()
}

/// The relay beside this page, as a WebSocket address without a path.
pub fn home_relay() -> String {
    origin().replacen("http", "ws", 1)
}

/// Writes fragment and query into the address bar without a step in the history.
pub fn keep_in_address(query: &str, fragment: &str) {
    let Some(window) = window() else { return };
    if fragment.is_empty() || self::fragment() == fragment {
        return;
    }
    let wanted = format!("{}{query}#{fragment}", path());
    let Ok(history) = window.history() else { return };
    let state = history.state().unwrap_or(JsValue::NULL);
    let _ = history.replace_state_with_url(&state, "", Some(&wanted));
}

/// Loads the page again.
pub fn reload() {
    if let Some(location) = location() {
        let _ = location.reload();
    }
}

/// Leaves for a new room of one's own.
pub fn start_over() {
    let history = window().and_then(|window| window.history().ok());
    let wanted = format!("/#{}", new_room(ClaimMode::default()));
    if let Some(history) = history {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&wanted));
    }
    reload();
}

/// Sends bytes by POST, also when the page is gone at once. Whether they came is never known.
///
/// A beacon would do the same, but a page with the referrer policy of this one may say in it no origin, without which a relay takes nothing.
pub fn leave_behind(url: &str, bytes: &[u8]) {
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_mode(RequestMode::Cors);
    options.set_credentials(RequestCredentials::Omit);
    // Without a type, so that no browser asks the relay for leave first.
    options.set_body(&Uint8Array::from(bytes));
    let _ = Reflect::set(&options, &"keepalive".into(), &true.into());
    if let Some(window) = window() {
        let sent = window.fetch_with_str_and_init(url, &options);
        spawn_local(async move { drop(JsFuture::from(sent).await) });
    }
}

/// Tells when the page closes, and has it begin anew if it comes back from there.
pub fn when_closing(act: impl Fn() + 'static) {
    let Some(window) = window() else { return };
    EventListener::new(&window, "pagehide", move |_| act()).forget();
    let shown = |event: &Event| {
        let event = event.dyn_ref::<PageTransitionEvent>();
        if event.is_some_and(PageTransitionEvent::persisted) {
            reload();
        }
    };
    EventListener::new(&window, "pageshow", shown).forget();
}

/// Whether the page is visible; true where the browser does not say.
pub fn is_visible() -> bool {
    document().is_none_or(|document| !document.hidden())
}

/// Does somebody look: is the page visible, and does it have the focus?
pub fn is_attended() -> bool {
    is_visible() && document().is_none_or(|document| document.has_focus().unwrap_or(true))
}

/// Sets or removes an attribute of the root element.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = document().and_then(|document| document.document_element()) else {
        return;
    };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// The element that has the focus.
pub fn focused() -> Option<HtmlElement> {
    document()?.active_element()?.dyn_into().ok()
}

/// Whether there is an element that this selector names.
pub fn exists(selector: &str) -> bool {
    document().is_some_and(|document| document.query_selector(selector).ok().flatten().is_some())
}

/// Whether a press belongs to letters that are still being composed. Safari ends a composition before the press that ended it, and
/// tells that by the code 229 only.
pub fn is_composing(event: &KeyboardEvent) -> bool {
    const KEY_OF_INPUT_METHOD: u32 = 229;
    event.is_composing() || event.key_code() == KEY_OF_INPUT_METHOD
}

/// Whether the person mainly uses fingers: their keyboard has no Shift to hold for a new line.
pub fn is_touch() -> bool {
    let asked = window().and_then(|window| window.match_media("(pointer: coarse)").ok().flatten());
    asked.is_some_and(|answer| answer.matches())
}

/// Moves the focus to the first element that this selector names.
pub fn focus(selector: &str) {
    let element = document().and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Moves the focus to an element that may not be drawn yet; what does not come within seconds is given up.
pub fn focus_once_there(selector: String) {
    const LOOKS: u32 = 60;
    const BETWEEN_MS: u32 = 50;
    fn look(selector: String, left: u32) {
        if exists(&selector) {
            focus(&selector);
        } else if left > 0 {
            Timeout::new(BETWEEN_MS, move || look(selector, left - 1)).forget();
        }
    }
    // Not at once: what closes now hands the focus back first.
    Timeout::new(BETWEEN_MS, move || look(selector, LOOKS)).forget();
}

/// Hands bytes to the person as a file.
pub fn download(file_name: &str, bytes: &[u8]) {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let Ok(blob) = Blob::new_with_u8_array_sequence(&parts) else {
        return;
    };
    let Ok(url) = Url::create_object_url_with_blob(&blob) else {
        return;
    };
    let anchor = document().and_then(|document| document.create_element("a").ok());
    if let Some(anchor) = anchor.and_then(|anchor| anchor.dyn_into::<HtmlAnchorElement>().ok()) {
        anchor.set_href(&url);
        anchor.set_download(file_name);
        anchor.click();
    }
    let _ = Url::revoke_object_url(&url);
}

/// Storage that outlives the browser; none where it is refused.
pub fn lasting() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}

/// Storage that outlives a reload of this tab; none where it is refused.
pub fn of_this_tab() -> Option<Storage> {
    window()?.session_storage().ok().flatten()
}

/// Reads a text from a storage; none if it is not there.
pub fn recall(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(key).ok().flatten()
}

/// Writes a text to a storage; `None` removes it.
pub fn remember(storage: Option<Storage>, key: &str, value: Option<&str>) {
    let Some(storage) = storage else { return };
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// Forgets all that outlives a reload of this tab.
pub fn forget_tab() {
    if let Some(storage) = of_this_tab() {
        let _ = storage.clear();
    }
}

/// Keeps a value through a reload of this tab.
pub fn remember_value<T: Serialize>(key: &str, value: &T) {
    let bytes = postcard::to_allocvec(value).unwrap_or_default();
    remember(of_this_tab(), key, Some(&text_of(&bytes)));
}

/// A value that was kept through a reload of this tab, unless another version of the app kept it.
pub fn recall_value<T: DeserializeOwned>(key: &str) -> Option<T> {
    let text = recall(of_this_tab(), key)?;
    postcard::from_bytes(&bytes_of(&text)?).ok()
}

/// Storages hold text: each byte becomes the letter with its number.
pub fn text_of(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The bytes of such a text; none if it is another one.
pub fn bytes_of(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|letter| u8::try_from(letter).ok()).collect()
}

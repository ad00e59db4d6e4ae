//! Commands that the WebDriver client does not have itself.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// One request to the session: its path below the session, and its body if it is a POST.
#[derive(Debug)]
pub struct Request {
    path: String,
    body: Option<Value>,
}

/// The accessible name of an element, as assistive technology computes it.
pub fn computed_label(element: &str) -> Request {
    Request {
        path: format!("element/{element}/computedlabel"),
        body: None,
    }
}

/// A command of the Chrome DevTools protocol, in the current window.
pub fn devtools(method: &str, parameters: &Value) -> Request {
    let body = json!({ "cmd": method, "params": parameters });
    Request {
        path: "goog/cdp/execute".to_owned(),
        body: Some(body),
    }
}

/// What the pages wrote to their consoles since the last such request.
pub fn console() -> Request {
    Request {
        path: "se/log".to_owned(),
        body: Some(json!({ "type": "browser" })),
    }
}

impl WebDriverCompatibleCommand for Request {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!(
            "session/{}/{}",
            session_id.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        match &self.body {
            Some(body) => (Method::POST, Some(body.to_string())),
            None => (Method::GET, None),
        }
    }
}

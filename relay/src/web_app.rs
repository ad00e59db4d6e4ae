//! The built web app as files: compressed, cached as long as is right, under a strict Content-Security-Policy.
//!
//! A file whose name holds a hash of its content never changes and is cached for ever; every other one is asked for again
//! with its date. Paths that are no file are pages of the app and get `index.html`, if they have no dot or a person goes there:
//! browsers then say that they take a page, which they do not where a script or a picture is missing.

use std::path::Path;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;
use tower_http::{
    compression::CompressionLayer,
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
             connect-src 'self' http: https: ws: wss:; worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ),
];

/// Fewest hexadecimal digits that make a part of a file name a hash of its content.
const HASH_DIGITS: usize = 12;

#[derive(Clone)]
struct Files {
    folder: ServeDir,
    index: ServeFile,
}

/// Serves the folder at every path that no other route takes.
pub(crate) fn router(root: &Path) -> Router {
    let index = root.join("index.html");
    let files = Files {
        folder: ServeDir::new(root).precompressed_br().precompressed_gzip(),
        index: ServeFile::new(index).precompressed_br().precompressed_gzip(),
    };
    let mut router = Router::new()
        .fallback(file)
        .with_state(files)
        .layer(CompressionLayer::new());
    for (name, value) in HEADERS {
        router = router.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    router
}

async fn file(State(files): State<Files>, request: Request) -> Response {
    let name = request
        .uri()
        .path()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let is_page = !name.contains('.') || takes_a_page(&request);
    let (parts, _) = request.into_parts();
    let again = Request::from_parts(parts.clone(), Body::empty());
    let mut response = served(
        files
            .folder
            .oneshot(Request::from_parts(parts, Body::empty()))
            .await,
    );
    let mut hashed = is_hashed(&name);
    if response.status() == StatusCode::NOT_FOUND && is_page {
        response = served(files.index.oneshot(again).await);
        hashed = false;
    }
    let for_ever = hashed && !response.status().is_client_error();
    let cache = if for_ever {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn takes_a_page(request: &Request) -> bool {
    let accepted = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

fn served<B, E>(result: Result<Response<B>, E>) -> Response
where
    Response<B>: IntoResponse,
{
    match result {
        Ok(response) => response.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether a part of the file name, between `-`, `_` and `.`, is a hash.
fn is_hashed(name: &str) -> bool {
    name.split(['-', '_', '.']).any(|part| {
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        part.len() >= HASH_DIGITS && part.bytes().all(hexadecimal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_cached_for_ever() {
        for hashed in [
            "ting-web-3f2a9c1b8d7e6f50.js",
            "ting-web-3f2a9c1b8d7e6f50_bg.wasm",
            "style-0a1b2c3d4e5f6071.css",
        ] {
            assert!(is_hashed(hashed), "{hashed}");
        }
        for plain in [
            "index.html",
            "worker.js",
            "ting-web_bg.wasm",
            "decade.js",
            "manifest.webmanifest",
        ] {
            assert!(!is_hashed(plain), "{plain}");
        }
    }
}

//! The upgrade from HTTP to WebSocket: who may, and the answer that starts it.
//!
//! Browsers send the page's origin and cannot hide it, so a page that the relay does not know cannot spend its
//! visitors' connections here. Native clients send none and are let in; limits by address hold for everybody.

use std::net::IpAddr;

use axum::http::{HeaderMap, Request, Response, Uri, header, request::Parts};
use tungstenite::handshake::server::create_response;

/// Whether the request asks for another protocol at all.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// The answer that switches to WebSocket; `None` if the request is not a proper handshake.
pub(crate) fn answer(parts: &Parts) -> Option<Response<()>> {
    let mut request = Request::new(());
    *request.method_mut() = parts.method.clone();
    *request.version_mut() = parts.version;
    *request.headers_mut() = parts.headers.clone();
    create_response(&request).ok()
}

/// Whether a page of this origin may connect: no origin (no browser), the relay's own, a loopback one, or a listed one.
pub(crate) fn is_origin_allowed(headers: &HeaderMap, listed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else { return false };
    if listed
        .iter()
        .any(|listed| listed.trim_end_matches('/').eq_ignore_ascii_case(origin))
    {
        return true;
    }
    let Ok(uri) = origin.parse::<Uri>() else {
        return false;
    };
    let Some(authority) = uri.authority() else {
        return false;
    };
    let own = headers.get(header::HOST).is_some_and(|host| {
        host.to_str()
            .is_ok_and(|host| host.eq_ignore_ascii_case(authority.as_str()))
    });
    uri.scheme().is_some() && (own || is_loopback(authority.host()))
}

fn is_loopback(host: &str) -> bool {
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: Option<&str>, listed: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "relay.example:4040".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        let listed: Vec<_> = listed.iter().map(ToString::to_string).collect();
        is_origin_allowed(&headers, &listed)
    }

    #[test]
    fn native_clients_and_the_relays_own_pages_are_allowed() {
        assert!(allowed(None, &[]));
        assert!(allowed(Some("https://relay.example:4040"), &[]));
        assert!(allowed(Some("http://RELAY.example:4040"), &[]));
    }

    #[test]
    fn loopback_pages_are_allowed() {
        for origin in [
            "http://localhost:8080",
            "http://127.0.0.1:1234",
            "http://[::1]:8080",
        ] {
            assert!(allowed(Some(origin), &[]), "{origin}");
        }
    }

    #[test]
    fn foreign_pages_are_refused_unless_listed() {
        assert!(!allowed(Some("https://evil.example"), &[]));
        assert!(!allowed(Some("https://relay.example"), &[]));
        assert!(!allowed(Some("https://localhost.evil.example"), &[]));
        assert!(!allowed(Some("null"), &[]));
        assert!(allowed(
            Some("https://friend.example"),
            &["https://Friend.example/"]
        ));
    }
}

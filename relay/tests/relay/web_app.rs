//! The relay as the web app's file server, and what it answers on plain HTTP.

use std::fs;

use ting_relay::{Config, Limits};

use crate::{
    http::get,
    support::{ROOM, TestRelay},
};

const HASHED: &str = "/ting-web-0123456789abcdef.js";

/// A relay that serves a small web app, and the folder that it lives in.
async fn relay_with_web_app() -> (TestRelay, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let script = "console.log('a line that compresses well');\n".repeat(100);
    fs::write(
        folder.path().join("index.html"),
        "<!doctype html><title>Ting</title>",
    )
    .unwrap();
    fs::write(folder.path().join(&HASHED[1..]), script).unwrap();
    fs::write(folder.path().join("worker.js"), "worker").unwrap();
    fs::write(folder.path().join("worker.js.br"), "smaller").unwrap();
    fs::write(folder.path().join("app_bg.wasm"), [0; 2_000]).unwrap();
    let config = Config {
        web_root: Some(folder.path().into()),
        ..Config::default()
    };
    (TestRelay::start(config).await, folder)
}

#[tokio::test]
async fn every_answer_of_the_web_app_has_the_strict_headers() {
    let (relay, _folder) = relay_with_web_app().await;
    for path in ["/", "/worker.js", "/wallet", "/missing.js"] {
        let answer = get(relay.address, path, "").await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"),
            "{path}"
        );
        assert!(policy.ends_with("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe-inline"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
    }
}

#[tokio::test]
async fn pages_of_the_app_are_its_index_and_missing_files_are_missing() {
    let (relay, _folder) = relay_with_web_app().await;
    for path in ["/", "/chat", "/wallet/send"] {
        let answer = get(relay.address, path, "").await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert!(answer.body.starts_with(b"<!doctype html>"));
    }
    assert_eq!(get(relay.address, "/missing.js", "").await.status(), 404);
    assert_eq!(get(relay.address, "/../Cargo.toml", "").await.status(), 404);
}

#[tokio::test]
async fn who_goes_to_an_address_with_a_dot_gets_the_app_and_a_script_that_is_missing_stays_so() {
    let (relay, _folder) = relay_with_web_app().await;
    let invite = format!("/chat%23{}.{}", "B".repeat(43), "a".repeat(64));
    for path in ["/chat/v1.2", &invite] {
        let answer = get(relay.address, path, "Accept: text/html,*/*;q=0.8\r\n").await;
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.body.starts_with(b"<!doctype html>"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert_eq!(
            get(relay.address, path, "Accept: */*\r\n").await.status(),
            404,
            "{path}"
        );
    }
    let script = get(relay.address, "/worker.js", "Accept: text/html\r\n").await;
    assert_eq!(script.body, b"worker");
}

#[tokio::test]
async fn wasm_has_its_own_type() {
    let (relay, _folder) = relay_with_web_app().await;
    assert_eq!(
        get(relay.address, "/app_bg.wasm", "")
            .await
            .header("content-type"),
        Some("application/wasm")
    );
}

#[tokio::test]
async fn files_are_compressed_for_those_who_can_read_it() {
    let (relay, _folder) = relay_with_web_app().await;
    let plain = get(relay.address, HASHED, "").await;
    assert_eq!(plain.header("content-encoding"), None);
    for encoding in ["br", "gzip"] {
        for path in [HASHED, "/app_bg.wasm"] {
            let small = get(relay.address, path, &format!("Accept-Encoding: {encoding}\r\n")).await;
            assert_eq!(small.header("content-encoding"), Some(encoding), "{path}");
            assert!(
                small
                    .header("vary")
                    .is_some_and(|vary| vary.contains("accept-encoding"))
            );
            assert!(small.body.len() < plain.body.len() / 4);
        }
    }
}

#[tokio::test]
async fn a_file_compressed_beforehand_is_taken_as_it_is() {
    let (relay, _folder) = relay_with_web_app().await;
    let answer = get(relay.address, "/worker.js", "Accept-Encoding: br\r\n").await;
    assert_eq!(answer.header("content-encoding"), Some("br"));
    assert_eq!(answer.body, b"smaller");
    assert!(
        answer
            .header("content-type")
            .is_some_and(|content_type| content_type.contains("javascript"))
    );
}

#[tokio::test]
async fn hashed_names_are_cached_for_ever_and_others_are_asked_for_again() {
    let (relay, _folder) = relay_with_web_app().await;
    let for_ever = Some("public, max-age=31536000, immutable");
    assert_eq!(
        get(relay.address, HASHED, "").await.header("cache-control"),
        for_ever
    );
    for path in [
        "/",
        "/worker.js",
        "/app_bg.wasm",
        "/chat",
        "/missing-0123456789abcdef.js",
    ] {
        assert_eq!(
            get(relay.address, path, "").await.header("cache-control"),
            Some("no-cache"),
            "{path}"
        );
    }
    let modified = get(relay.address, "/worker.js", "")
        .await
        .header("last-modified")
        .unwrap()
        .to_owned();
    let again = get(
        relay.address,
        "/worker.js",
        &format!("If-Modified-Since: {modified}\r\n"),
    )
    .await;
    assert_eq!((again.status(), again.body.len()), (304, 0));
}

#[tokio::test]
async fn a_rooms_url_tells_the_limits_on_plain_http() {
    let relay = TestRelay::with_limits(Limits {
        frames_per_s: 7,
        ..Limits::default()
    })
    .await;
    let answer = get(relay.address, &format!("/room/{ROOM}"), "").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(document["frames_per_s"], 7);
    assert_eq!(document["max_frame_bytes"], 256 * 1024 + 8);
    assert_eq!(document["version"], ting_frame::PROTOCOL_VERSION);
}

#[tokio::test]
async fn health_is_ok_while_the_relay_runs() {
    let relay = TestRelay::with_limits(Limits::default()).await;
    let answer = get(relay.address, "/healthz", "").await;
    assert_eq!((answer.status(), answer.body), (200, b"ok".to_vec()));
}

#[tokio::test]
async fn an_upgrade_that_is_no_websocket_is_refused() {
    let relay = TestRelay::with_limits(Limits::default()).await;
    let answer = get(relay.address, &format!("/room/{ROOM}"), "Upgrade: h2c\r\n").await;
    assert_eq!(answer.status(), 400);
}

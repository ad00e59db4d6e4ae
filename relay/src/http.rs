//! What the relay answers on HTTP: rooms, health, and the web app.
//!
//! Browsers hide the status of a refused upgrade from pages. So a limit (room full, too many connections) is told by
//! accepting the WebSocket and closing it with its code; only requests that no proper client makes are refused by status.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use ting_frame::{CloseReason, RoomName};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::TaskTracker;

use crate::addresses::Place;
use crate::config::Config;
use crate::rooms::Rooms;
use crate::{connection, handshake, web_app};

/// Who a request came from.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    /// Its place among the bounded number of sockets, given back when its last holder is gone.
    pub(crate) socket: Arc<(OwnedSemaphorePermit, Place)>,
}

#[derive(Clone)]
struct Relay {
    rooms: Arc<Rooms>,
    allowed_origins: Arc<[String]>,
    tasks: TaskTracker,
}

/// All routes. Connections run as `tasks`.
pub(crate) fn router(rooms: Arc<Rooms>, config: &Config, tasks: TaskTracker) -> Router {
    let relay = Relay {
        rooms,
        allowed_origins: config.allowed_origins.clone().into(),
        tasks,
    };
    let router = Router::new()
        .route("/room/{name}", get(room))
        .route("/healthz", get(health))
        .with_state(relay);
    match &config.web_root {
        Some(root) => router.merge(web_app::router(root)),
        None => router,
    }
}

async fn health(State(relay): State<Relay>) -> Response {
    let answer = if relay.rooms.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else {
        (StatusCode::OK, "ok")
    };
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

async fn room(State(relay): State<Relay>, Path(name): Path<String>, request: Request) -> Response {
    let Ok(name) = name.parse::<RoomName>() else {
        return refuse(StatusCode::BAD_REQUEST, CloseReason::BadRoom);
    };
    if !handshake::is_upgrade(request.headers()) {
        let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        return (no_store, Json(relay.rooms.limits().document())).into_response();
    }
    if !handshake::is_origin_allowed(request.headers(), &relay.allowed_origins) {
        return refuse(StatusCode::FORBIDDEN, CloseReason::BadOrigin);
    }
    let (mut parts, _) = request.into_parts();
    let client = parts.extensions.remove::<Client>();
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    let (Some(client), Some(upgrade), Some(answer)) = (client, upgrade, handshake::answer(&parts)) else {
        return (StatusCode::BAD_REQUEST, "not a WebSocket handshake").into_response();
    };
    relay.tasks.spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            connection::run(TokioIo::new(upgraded), name, client.address.ip(), relay.rooms).await;
        }
        drop(client.socket);
    });
    answer.map(|()| axum::body::Body::empty())
}

fn refuse(status: StatusCode, reason: CloseReason) -> Response {
    (status, format!("{}: {}", reason.name(), reason.sentence())).into_response()
}

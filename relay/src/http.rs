//! What the relay answers on HTTP: rooms, health, metrics, and the web app.
//!
//! Browsers hide the status of a refused upgrade from pages. So a limit (room full, too many connections) is told by
//! accepting the WebSocket and closing it with its code; only requests that no proper client makes are refused by status.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use ting_frame::{CloseReason, RoomName};
use tokio_util::task::TaskTracker;

use crate::{
    backplane::State as BackplaneState,
    client::Client,
    config::Config,
    connection, handshake,
    metrics::{self, Refusal},
    posted::{self, Refused},
    rooms::Rooms,
    web_app,
};

/// Who may read the metrics on the main address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Publicity {
    /// Nobody: the metrics have an address of their own.
    Nobody,
    Loopback,
    Everybody,
}

#[derive(Clone)]
struct Relay {
    rooms: Arc<Rooms>,
    allowed_origins: Arc<[String]>,
    members: TaskTracker,
}

/// All routes of the main address. Connections run as `members`.
pub(crate) fn router(
    rooms: Arc<Rooms>,
    config: &Config,
    members: TaskTracker,
    publicity: Publicity,
) -> Router {
    let relay = Relay {
        rooms: rooms.clone(),
        allowed_origins: config.allowed_origins.clone().into(),
        members,
    };
    let max_body = DefaultBodyLimit::max(posted::max_body_bytes(rooms.limits()));
    let rooms_router = Router::new()
        .route("/room/{name}", get(room).post(frame_by_post).layer(max_body))
        .with_state(relay);
    let router = rooms_router.merge(operation_router(rooms, publicity));
    match &config.web_root {
        Some(root) => router.merge(web_app::router(root)),
        None => router,
    }
}

/// The routes of the address for metrics.
pub(crate) fn metrics_router(rooms: Arc<Rooms>) -> Router {
    operation_router(rooms, Publicity::Everybody)
}

fn operation_router(rooms: Arc<Rooms>, publicity: Publicity) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics_text))
        .with_state((rooms, publicity))
}

/// Answers that the relay runs, if only to drain.
async fn health() -> Response {
    no_store((StatusCode::OK, "ok"))
}

/// The relay takes new members. It does so, too, while it is cut off from its siblings: if NATS is away, all relays are,
/// and a balancer that then takes all of them out would make it worse.
async fn readiness(State((rooms, _)): State<(Arc<Rooms>, Publicity)>) -> Response {
    if rooms.is_draining() {
        no_store((StatusCode::SERVICE_UNAVAILABLE, "draining"))
    } else if rooms
        .backplane()
        .is_some_and(|backplane| backplane.state() == BackplaneState::CutOff)
    {
        no_store((StatusCode::OK, "ready, but cut off from its siblings"))
    } else {
        no_store((StatusCode::OK, "ready"))
    }
}

async fn metrics_text(
    State((rooms, publicity)): State<(Arc<Rooms>, Publicity)>,
    Extension(client): Extension<Client>,
) -> Response {
    let allowed = match publicity {
        Publicity::Nobody => false,
        Publicity::Loopback => client.is_local,
        Publicity::Everybody => true,
    };
    if !allowed {
        return StatusCode::NOT_FOUND.into_response();
    }
    match rooms.metrics().text(&rooms.census(), rooms.backplane()) {
        Ok(text) => no_store(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn no_store(answer: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

async fn room(State(relay): State<Relay>, Path(name): Path<String>, request: Request) -> Response {
    let Ok(name) = name.parse::<RoomName>() else {
        return relay.refuse(StatusCode::BAD_REQUEST, CloseReason::BadRoom);
    };
    if !handshake::is_upgrade(request.headers()) {
        return no_store(Json(relay.rooms.limits().document()));
    }
    if !handshake::is_origin_allowed(request.headers(), &relay.allowed_origins) {
        return relay.refuse(StatusCode::FORBIDDEN, CloseReason::BadOrigin);
    }
    let (mut parts, _) = request.into_parts();
    let client = parts.extensions.remove::<Client>();
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    let (Some(client), Some(upgrade), Some(answer)) = (client, upgrade, handshake::answer(&parts)) else {
        return (StatusCode::BAD_REQUEST, "not a WebSocket handshake").into_response();
    };
    relay.members.spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            connection::run(TokioIo::new(upgraded), name, client.address, relay.rooms).await;
        }
        drop(client.places);
    });
    answer.map(|()| axum::body::Body::empty())
}

/// Takes one frame for everybody in the room. A page that may say it may also read the answer.
async fn frame_by_post(
    State(relay): State<Relay>,
    Path(name): Path<String>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let taken = relay.take_frame(&name, &client, request).await;
    relay
        .rooms
        .metrics()
        .count_posted(taken.map_err(|refused| refused.answer().1));
    let readable_by = origin
        .filter(|_| taken != Err(Refused::BadOrigin))
        .map(|origin| [(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)]);
    let answer = match taken {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => {
            let (status, name, sentence) = refused.answer();
            (status, format!("{name}: {sentence}")).into_response()
        }
    };
    no_store((readable_by, answer))
}

impl Relay {
    async fn take_frame(&self, name: &str, client: &Client, request: Request) -> Result<(), Refused> {
        if !handshake::is_origin_allowed(request.headers(), &self.allowed_origins) {
            return Err(Refused::BadOrigin);
        }
        let name = name.parse::<RoomName>().map_err(|_| Refused::BadRoom)?;
        let payload = posted::read(request, self.rooms.limits()).await?;
        posted::hand_on(&self.rooms, name, client.address, &payload).await
    }

    fn refuse(&self, status: StatusCode, reason: CloseReason) -> Response {
        self.rooms.metrics().count_refused(Refusal::Upgrade(reason));
        (status, format!("{}: {}", reason.name(), reason.sentence())).into_response()
    }
}

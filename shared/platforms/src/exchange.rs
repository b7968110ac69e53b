//! One request over HTTP: whom it is for, how it is to be treated, what is remembered of it and what it is answered.
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    Manner, Platforms, Received, Reply, World, discord, listing,
    places::{Place, Platform},
    ses, slack, teams, webhook,
};

/// More than any platform takes.
const MOST_BYTES: usize = 64 << 20;

/// A request, as its platform sees it.
pub(crate) struct Call {
    pub(crate) host: Option<String>,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// A value of the query, as it stands there.
    pub(crate) fn query(&self, key: &str) -> Option<&str> {
        let pairs = self.query.as_deref()?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Platforms {
    /// For a server of the caller's: `/pretend/<platform>/<path>`, `/<host>/<path>` (what was meant for that host), and
    /// `/receiver.json`. It answers 404 to any other path that the caller has no route for.
    pub fn router(&self) -> Router {
        Router::new().route("/receiver.json", get(listing::list)).route("/{*path}", any(take)).with_state(self.clone())
    }

    /// All that, and every other path as well.
    pub(crate) fn router_by_path(&self) -> Router {
        Router::new().route("/receiver.json", get(listing::list)).fallback(take_any).with_state(self.clone())
    }
}

async fn take(State(platforms): State<Platforms>, request: Request) -> Response {
    match Place::of(request.uri(), request.headers()) {
        Some(place) => platforms.exchange(place, request).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn take_any(State(platforms): State<Platforms>, request: Request) -> Response {
    platforms.exchange(Place::by_path(request.uri(), request.headers()), request).await
}

impl Platforms {
    async fn exchange(&self, place: Place, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MOST_BYTES).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let call = Call {
            host: place.host,
            method: head.method,
            path: place.path,
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
            body,
        };
        let (manner, reply) = self.treat(place.platform, call);
        match manner {
            Manner::Usual | Manner::Answer(_) => reply.into_response(),
            Manner::Hang => std::future::pending().await,
            Manner::Cut => cut(),
        }
    }

    fn treat(&self, platform: Platform, call: Call) -> (Manner, Reply) {
        let treated = {
            let mut world = self.world();
            let names = world.names(platform, &call);
            let manner = world.plan.next(&names);
            let reply = match &manner {
                Manner::Answer(reply) => reply.clone(),
                Manner::Usual | Manner::Hang | Manner::Cut => world.answer(platform, &call, &names, self.shared.kept),
            };
            let answered = match &manner {
                Manner::Usual | Manner::Answer(_) => reply.status,
                Manner::Hang | Manner::Cut => 0,
            };
            let Call { host, method, path, query, headers, body } = call;
            let (at, received_at) = (Instant::now(), Timestamp::now());
            world.log.push(Received {
                platform,
                names,
                host,
                method,
                path,
                query,
                headers,
                body,
                at,
                received_at,
                answered,
            });
            (manner, reply)
        };
        self.tell_the_waiting();
        treated
    }

    /// Not while holding the world: who waits looks at it.
    pub(crate) fn tell_the_waiting(&self) {
        self.shared.received.send_modify(|received| *received += 1);
    }
}

impl World {
    fn names(&mut self, platform: Platform, call: &Call) -> Vec<String> {
        match platform {
            Platform::Slack => self.slack.names(call),
            Platform::Discord => discord::names(call),
            Platform::Teams => teams::names(call),
            Platform::Ses => ses::names(call),
            Platform::Webhook | Platform::Mail => webhook::names(call),
        }
    }

    fn answer(&mut self, platform: Platform, call: &Call, names: &[String], kept: usize) -> Reply {
        match platform {
            Platform::Slack => slack::answer(self, call, names, kept),
            Platform::Discord => discord::answer(self, call, names, kept),
            Platform::Teams => teams::answer(self, call, names, kept),
            Platform::Ses => ses::answer(self, call, kept),
            Platform::Webhook | Platform::Mail => webhook::answer(self, call, names),
        }
    }

    pub(crate) fn is_gone(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.gone.contains(name))
    }
}

/// An answer that breaks off.
fn cut() -> Response {
    let begun = stream::once(async { Ok(Bytes::from_static(b"o")) });
    let broken = stream::once(async {
        // What was written so far goes out while the body is waited for.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("the connection is cut here"))
    });
    Body::from_stream(begun.chain(broken)).into_response()
}

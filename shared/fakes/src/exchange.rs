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
    Fakes, Fault, Received, Reply, World, discord, listing,
    routing::{Route, Service},
    ses, slack, teams, webhook,
};

/// More than any service takes.
const MOST_BYTES: usize = 64 << 20;

/// A request, as its service sees it.
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

impl Fakes {
    /// For a server of the caller's: `/pretend/<service>/<path>`, `/<host>/<path>` (what was meant for that host), and
    /// `/receiver.json`. It answers 404 to any other path that the caller has no route for.
    pub fn router(&self) -> Router {
        Router::new().route("/receiver.json", get(listing::list)).route("/{*path}", any(take)).with_state(self.clone())
    }

    /// All that, and every other path as well.
    pub(crate) fn router_by_path(&self) -> Router {
        Router::new().route("/receiver.json", get(listing::list)).fallback(take_any).with_state(self.clone())
    }
}

async fn take(State(fakes): State<Fakes>, request: Request) -> Response {
    match Route::of(request.uri(), request.headers()) {
        Some(place) => fakes.exchange(place, request).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn take_any(State(fakes): State<Fakes>, request: Request) -> Response {
    fakes.exchange(Route::by_path(request.uri(), request.headers()), request).await
}

impl Fakes {
    async fn exchange(&self, place: Route, request: Request) -> Response {
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
        let (fault, reply) = self.treat(place.service, call);
        match fault {
            Fault::Usual | Fault::Answer(_) => reply.into_response(),
            Fault::Hang => std::future::pending().await,
            Fault::Cut => cut(),
        }
    }

    fn treat(&self, service: Service, call: Call) -> (Fault, Reply) {
        let treated = {
            let mut world = self.world();
            let names = world.names(service, &call);
            let fault = world.plan.next(&names);
            let reply = match &fault {
                Fault::Answer(reply) => reply.clone(),
                Fault::Usual | Fault::Hang | Fault::Cut => world.answer(service, &call, &names, self.shared.kept),
            };
            let answered = match &fault {
                Fault::Usual | Fault::Answer(_) => reply.status,
                Fault::Hang | Fault::Cut => 0,
            };
            let Call { host, method, path, query, headers, body } = call;
            let (at, received_at) = (Instant::now(), Timestamp::now());
            world.log.push(Received {
                service,
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
            (fault, reply)
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
    fn names(&mut self, service: Service, call: &Call) -> Vec<String> {
        match service {
            Service::Slack => self.slack.names(call),
            Service::Discord => discord::names(call),
            Service::Teams => teams::names(call),
            Service::Ses => ses::names(call),
            Service::Webhook | Service::Mail => webhook::names(call),
        }
    }

    fn answer(&mut self, service: Service, call: &Call, names: &[String], kept: usize) -> Reply {
        match service {
            Service::Slack => slack::answer(self, call, names, kept),
            Service::Discord => discord::answer(self, call, names, kept),
            Service::Teams => teams::answer(self, call, names, kept),
            Service::Ses => ses::answer(self, call, kept),
            Service::Webhook | Service::Mail => webhook::answer(self, call, names),
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

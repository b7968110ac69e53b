//! Takes requests over HTTP: finds the fake, applies the planned fault, logs the request and answers.
use std::{io, net::SocketAddr};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use jiff::Timestamp;
use tokio::{net::TcpListener, time::Instant};

use crate::{
    call::Call,
    fault::{Fault, Reply},
    received::Received,
    receiver_json,
    routing::Route,
    smtp::MailServer,
    world::Fakes,
};

/// More than any message of ours.
const MAX_BYTES: usize = 1 << 20;

/// The path of what was received, for people.
pub const LISTING: &str = "/receiver.json";

/// Where the fakes listen.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub http: SocketAddr,
    pub smtp: SocketAddr,
}

impl Fakes {
    /// Listens on free ports of this machine, for as long as the runtime lives. Over HTTP the path alone selects the
    /// service: `http://{address}/services/T0/B0/x` is Slack, and a path that belongs to no service is a webhook.
    pub async fn listen(&self) -> io::Result<Ports> {
        let http = TcpListener::bind("127.0.0.1:0").await?;
        let smtp = TcpListener::bind("127.0.0.1:0").await?;
        let ports = Ports { http: http.local_addr()?, smtp: smtp.local_addr()? };
        let app = self.router_by_path();
        tokio::spawn(async move { axum::serve(http, app).await });
        let fakes = self.clone();
        tokio::spawn(async move { fakes.serve_mail(smtp, MailServer::default()).await });
        Ok(ports)
    }

    /// For a server of the caller's, which only the caller may reach: `/pretend/<service>/<path>` and `/<host>/<path>`
    /// (what was meant for that host). It answers 404 to any other path that the caller has no route for.
    pub fn receivers(&self) -> Router {
        Router::new().route("/{*path}", any(serve)).with_state(self.clone())
    }

    /// `/receiver.json`, for people.
    pub fn listing(&self) -> Router {
        Router::new().route(LISTING, get(receiver_json::list)).with_state(self.clone())
    }

    /// The same, and every other path as well.
    pub(crate) fn router_by_path(&self) -> Router {
        self.listing().merge(Router::new().fallback(serve_any).with_state(self.clone()))
    }
}

async fn serve(State(fakes): State<Fakes>, request: Request) -> Response {
    match Route::of(request.uri(), request.headers()) {
        Some(route) => fakes.handle(route, request).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn serve_any(State(fakes): State<Fakes>, request: Request) -> Response {
    fakes.handle(Route::by_path(request.uri(), request.headers()), request).await
}

impl Fakes {
    async fn handle(&self, route: Route, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_BYTES).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let call = Call {
            host: route.host.clone(),
            method: head.method,
            path: route.path.clone(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
            body,
        };
        let (fault, reply) = self.respond(&route, call);
        match fault {
            Fault::None | Fault::Answer(_) => reply.into_response(),
            Fault::Hang => std::future::pending().await,
            Fault::Cut => cut_off(),
        }
    }

    fn respond(&self, route: &Route, call: Call) -> (Fault, Reply) {
        let result = {
            let mut world = self.world();
            let names = (route.http.names)(&mut world, &call);
            let fault = world.faults.next(&names);
            let reply = match &fault {
                Fault::Answer(reply) => reply.clone(),
                Fault::None | Fault::Hang | Fault::Cut => (route.http.respond)(&mut world, &call, &names),
            };
            let answered = match &fault {
                Fault::None | Fault::Answer(_) => reply.status,
                Fault::Hang | Fault::Cut => 0,
            };
            let Call { host, method, path, query, headers, body } = call;
            let (at, received_at) = (Instant::now(), Timestamp::now());
            world.log.push(Received {
                service: route.fake.service,
                redaction: &route.fake.redaction,
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
        self.notify_waiting();
        result
    }
}

/// An answer that breaks off.
fn cut_off() -> Response {
    let begun = stream::once(async { Ok(Bytes::from_static(b"o")) });
    let broken = stream::once(async {
        // Lets the first part be sent.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("the connection is cut here"))
    });
    Body::from_stream(begun.chain(broken)).into_response()
}

//! The one HTTP/1 server for everything that this process listens on. No peer holds it up: reading a request and taking
//! a response have a time limit, connections and the responses that wait for slow peers are bounded, and where there is
//! no room, the connection that has waited longest for its peer is closed, first of the peer that has most of them.
//! A request that is being answered is never closed for another.
mod body;
mod connections;
mod stall;

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::Service as _;

use self::{
    body::{RequestBody, ResponseBody},
    connections::{Connections, Seat},
    stall::StallLimited,
};
use crate::descriptors;

/// What one server grants its peers.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// For the headers of a request, and for the pause between two requests.
    pub head_time: Duration,
    /// For the body of a request, from its headers to its end.
    pub body_time: Duration,
    /// A peer that takes no byte of its response for so long is gone.
    pub stall_time: Duration,
    /// For the requests that are in progress when the server stops.
    pub finish_time: Duration,
    /// Bytes of all responses that wait for their peers to take them.
    pub waiting_bytes: usize,
}

/// Bytes of a request's line and headers.
const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
const MOST_CONNECTIONS: usize = 1024;
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(200);
const TELL_EVERY: Duration = Duration::from_secs(60);

impl Limits {
    /// For a process that may have so many files open. At most a quarter of them serve peers: the rest is for what the
    /// process itself opens, so that no peer keeps it from reading pages and delivering alerts.
    pub fn for_descriptors(limit: u64) -> Self {
        let share = usize::try_from(limit / 4).unwrap_or(MOST_CONNECTIONS);
        Self {
            connections: share.clamp(8, MOST_CONNECTIONS),
            head_time: Duration::from_secs(20),
            body_time: Duration::from_secs(30),
            stall_time: Duration::from_secs(30),
            finish_time: Duration::from_secs(10),
            waiting_bytes: 64 << 20,
        }
    }

    /// For a second server of the same process, whose peers are this process itself: half of the connections, which may
    /// be idle for longer than our clients keep them.
    #[must_use]
    pub fn for_ourselves(self) -> Self {
        Self { connections: self.connections / 2, head_time: Duration::from_secs(120), ..self }
    }
}

/// Serves the router until `stop` is done; then the requests in progress are finished, within their time limit. The
/// address of the peer is in the request's extensions, as [`ConnectInfo`]. Errors of single connections end nothing.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let connections = Arc::new(Connections::new(limits.connections, limits.waiting_bytes));
    let (stopping, stopped) = watch::channel(false);
    let mut stop = pin!(stop);
    let mut accepting = Accepting { listener, told: None };
    loop {
        let next = async {
            let (stream, peer) = accepting.next(&connections).await;
            (stream, peer, connections.seat(startup::peer::peer(peer.ip())).await)
        };
        let (stream, peer, seat) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        let connection = Connection { router: router.clone(), seat, peer, limits, stopped: stopped.clone() };
        tokio::spawn(connection.serve(stream));
    }
    drop(accepting);
    stopping.send_replace(true);
    connections.until_empty().await;
}

struct Accepting {
    listener: TcpListener,
    /// When it was logged that none can be accepted.
    told: Option<Instant>,
}

impl Accepting {
    /// The next connection. Errors of this process are told once a minute, and tried again until they are over.
    async fn next(&mut self, connections: &Connections) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    if self.told.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
                        self.told = Some(Instant::now());
                        let exhausted = descriptors::are_exhausted(&error);
                        let hint = if exhausted { "raise the limit of open files (ulimit -n)" } else { "" };
                        tracing::error!(%error, hint, "this process cannot accept connections: it keeps trying");
                    }
                    connections.close_one();
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
    }
}

/// The peer went away before its connection was accepted.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

struct Connection {
    router: Router,
    seat: Seat,
    peer: SocketAddr,
    limits: Limits,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        let Self { router, seat, peer, limits, mut stopped } = self;
        let activity = seat.activity();
        let answer = service_fn(|request: Request<Incoming>| {
            let activity = activity.clone();
            let mut router = router.clone();
            async move {
                activity.begin_request();
                let (mut head, body) = request.into_parts();
                head.extensions.insert(ConnectInfo(peer));
                let body = Body::new(RequestBody::new(body, limits.body_time, activity.clone()));
                let response = router.call(Request::from_parts(head, body)).await?;
                let hint = response.body().size_hint();
                activity.begin_response(hint.exact());
                Ok::<_, std::convert::Infallible>(response.map(|body| ResponseBody::new(body, activity)))
            }
        });
        let _ = stream.set_nodelay(true);
        let io = TokioIo::new(StallLimited::new(stream, limits.stall_time, activity.clone()));
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.head_time)
                .max_buf_size(MAX_HEAD_BYTES)
                .max_headers(MAX_HEADERS)
                .serve_connection(io, answer)
        );
        tokio::select! {
            // An error only means that the peer went away or kept no limit.
            _ = connection.as_mut() => return,
            () = seat.closed() => return,
            _ = stopped.wait_for(|stop| *stop) => {}
        }
        if seat.activity().has_asked() {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(limits.finish_time, connection).await;
        }
    }
}

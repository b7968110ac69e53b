//! The server towards peers that are slow, many, or gone.
#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, State},
    routing::{get, post},
};
use local::http_server::{Limits, serve};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
};

/// Times that no test reaches unless it shortens them.
const LIMITS: Limits = Limits {
    connections: 4,
    head_time: Duration::from_secs(600),
    body_time: Duration::from_secs(600),
    stall_time: Duration::from_secs(600),
    finish_time: Duration::from_secs(600),
    waiting_bytes: 1 << 30,
};
const SOON: Duration = Duration::from_millis(50);

struct Server {
    address: SocketAddr,
    /// Lets `/slow` answer.
    go_on: Arc<Notify>,
    /// Told when `/slow` was asked.
    asked: Arc<Notify>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

type Signals = (Arc<Notify>, Arc<Notify>);

async fn slow(State((asked, go_on)): State<Signals>) -> &'static str {
    asked.notify_one();
    go_on.notified().await;
    "late"
}

async fn start(limits: Limits) -> Server {
    let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let router = Router::new()
        .route("/health", get(|| async { "well" }))
        .route("/peer", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }))
        .route("/slow", get(slow))
        .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
        .route("/body", post(|body: Bytes| async move { body.len().to_string() }))
        .with_state((asked.clone(), go_on.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(listener, router, limits, async {
        let _ = stopped.await;
    }));
    Server { address, go_on, asked, stop: Some(stop), task }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// From another address of this machine.
    async fn connect_from(&self, address: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn say(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// A connection that began a request and does not end it.
    async fn half_open(&self) -> TcpStream {
        self.say("GET /health HTTP/1.1\r\nhost: a").await
    }

    async fn ask(&self, path: &str) -> String {
        ask(&mut self.connect().await, path, "close").await
    }
}

async fn ask(stream: &mut TcpStream, path: &str, connection: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: {connection}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(stream).await
}

/// Everything until the connection ends, or until the first answer is whole.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains("\r\n\r\nwell") {
        match stream.read_buf(&mut answer).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    String::from_utf8(answer).unwrap()
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    !matches!(stream.read(&mut [0; 1]).await, Ok(1..))
}

#[tokio::test]
async fn half_open_connections_beyond_the_limit_keep_nobody_out() {
    let server = start(LIMITS).await;
    let mut opened = Vec::new();
    for _ in 0..20 {
        opened.push(server.half_open().await);
    }
    for _ in 0..3 {
        assert!(server.ask("/health").await.ends_with("well"));
    }
    // The newest four had places, and the last request needed one.
    for stream in &mut opened[..17] {
        assert!(is_closed(stream).await, "the oldest make room");
    }
}

#[tokio::test]
async fn peer_with_many_connections_makes_room_before_one_with_few() {
    let server = start(LIMITS).await;
    let mut of_few = server.connect_from("127.0.0.2").await;
    assert!(ask(&mut of_few, "/health", "keep-alive").await.ends_with("well"));
    for _ in 0..20 {
        let mut stream = server.half_open().await;
        stream.shutdown().await.unwrap();
    }
    let mut opened = Vec::new();
    for _ in 0..20 {
        opened.push(server.half_open().await);
    }
    assert!(server.ask("/health").await.ends_with("well"));
    assert!(ask(&mut of_few, "/health", "keep-alive").await.ends_with("well"), "it was the oldest");
}

#[tokio::test]
async fn request_in_progress_is_not_closed_for_another() {
    let server = start(Limits { connections: 2, ..LIMITS }).await;
    let mut first = server.say("GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    server.asked.notified().await;
    let mut second = server.say("GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    server.asked.notified().await;
    let (third, ()) = tokio::join!(server.ask("/health"), async {
        server.go_on.notify_one();
        server.go_on.notify_one();
    });
    assert!(third.ends_with("well"));
    assert!(rest(&mut first).await.ends_with("late") && rest(&mut second).await.ends_with("late"));
}

#[tokio::test]
async fn slow_headers_and_idle_connections_are_closed() {
    let server = start(Limits { head_time: SOON, ..LIMITS }).await;
    assert!(is_closed(&mut server.connect().await).await);
    let mut stream = server.half_open().await;
    assert!(!rest(&mut stream).await.contains("200 OK"));
    let mut idle = server.connect().await;
    assert!(ask(&mut idle, "/health", "keep-alive").await.ends_with("well"));
    assert!(is_closed(&mut idle).await);
}

#[tokio::test]
async fn body_that_is_not_complete_in_time_is_refused() {
    let server = start(Limits { body_time: SOON, ..LIMITS }).await;
    let mut stream = server.say("POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab").await;
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test]
async fn body_in_pieces_makes_room_like_one_that_does_not_come() {
    let server = start(LIMITS).await;
    let mut slow = Vec::new();
    for _ in 0..12 {
        slow.push(server.say("POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\nab").await);
    }
    assert!(server.ask("/health").await.ends_with("well"));
    assert!(is_closed(&mut slow[0]).await);
}

#[tokio::test]
async fn large_headers_are_refused() {
    let server = start(LIMITS).await;
    let mut stream = server.say(&format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(64 << 10))).await;
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let many = "x: y\r\n".repeat(500);
    let answer = rest(&mut server.say(&format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n")).await).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn peer_that_takes_nothing_is_closed() {
    let server = start(Limits { stall_time: SOON, connections: 1, ..LIMITS }).await;
    let mut stream = server.say("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    // The only place is free once the first is gone.
    assert!(server.ask("/health").await.ends_with("well"));
    let mut taken = Vec::new();
    let _ = stream.read_to_end(&mut taken).await;
    assert!(taken.len() < 64 << 20);
}

#[tokio::test]
async fn responses_that_wait_for_slow_peers_are_bounded_in_bytes() {
    let server = start(Limits { waiting_bytes: 100 << 20, ..LIMITS }).await;
    let mut first = server.say("GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert_eq!(first.read(&mut [0; 1]).await.unwrap(), 1);
    let mut second = server.say("GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert_eq!(second.read(&mut [0; 1]).await.unwrap(), 1);
    let (mut taken, mut whole) = (Vec::new(), Vec::new());
    let _ = first.read_to_end(&mut taken).await;
    second.read_to_end(&mut whole).await.unwrap();
    assert!(taken.len() < 64 << 20, "the first made room");
    assert!(whole.len() > 64 << 20);
}

#[tokio::test]
async fn stop_finishes_requests_and_closes_what_never_asked() {
    let mut server = start(LIMITS).await;
    let mut half = server.half_open().await;
    let mut idle = server.connect().await;
    assert!(ask(&mut idle, "/health", "keep-alive").await.ends_with("well"));
    let mut slow = server.say("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    server.asked.notified().await;
    server.stop.take().unwrap().send(()).unwrap();
    assert!(is_closed(&mut half).await && is_closed(&mut idle).await);
    server.go_on.notify_one();
    assert!(rest(&mut slow).await.ends_with("late"));
    server.task.await.unwrap();
}

#[tokio::test]
async fn stop_waits_for_no_request_longer_than_its_time() {
    let mut server = start(Limits { finish_time: SOON, ..LIMITS }).await;
    let mut slow = server.say("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    server.asked.notified().await;
    server.stop.take().unwrap().send(()).unwrap();
    server.task.await.unwrap();
    assert!(is_closed(&mut slow).await);
}

#[tokio::test]
async fn handlers_know_the_address_of_the_peer() {
    let server = start(LIMITS).await;
    let mut stream = server.connect_from("127.0.0.9").await;
    assert!(ask(&mut stream, "/peer", "close").await.ends_with("127.0.0.9"));
}

#[test]
fn three_quarters_of_the_descriptors_are_left_to_the_process() {
    for (limit, connections) in [(1024, 256), (256, 64), (1 << 20, 1024), (0, 8)] {
        assert_eq!(Limits::for_descriptors(limit).connections, connections);
    }
}

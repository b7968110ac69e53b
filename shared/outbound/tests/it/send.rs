//! Sending deliveries.
use bytes::Bytes;
use outbound::{FetchError, Guard, Outbound, Refused, Settings};
use tokio::io::AsyncWriteExt;

use crate::{
    impatient, outbound,
    server::{Server, response},
    settings,
};

fn post(server: &Server) -> http::Request<Bytes> {
    http::Request::post(server.url("/services/hidden?token=hidden").as_str())
        .header("webhook-id", "msg_1")
        .body(Bytes::from_static(b"{\"text\":\"down\"}"))
        .unwrap()
}

#[tokio::test]
async fn request_arrives_unchanged_and_every_status_is_a_response() {
    let server = Server::answering(|_| response("429 Too Many Requests", &[("retry-after", "7")], b"slow down")).await;
    let sent = outbound().send(post(&server)).await.unwrap();
    assert_eq!((sent.status, &sent.body[..]), (429, &b"slow down"[..]));
    assert_eq!(sent.headers["retry-after"], "7");
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /services/hidden?token=hidden HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("webhook-id: msg_1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"text\":\"down\"}"), "{request}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in ["301 Moved Permanently", "303 See Other", "307 Temporary Redirect"] {
        let server = Server::answering(move |_| response(status, &[("location", "/elsewhere")], b"")).await;
        let sent = outbound().send(post(&server)).await.unwrap();
        assert_eq!(sent.status.to_string(), status[..3]);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn long_response_is_read_up_to_64_kib() {
    let server = Server::start(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 10_000]).await.is_ok() {}
    })
    .await;
    let sent = outbound().send(post(&server)).await.unwrap();
    assert_eq!((sent.status, sent.body.len()), (200, 65_536));
}

#[tokio::test]
async fn private_receivers_are_refused_and_not_connected_to() {
    let server = Server::answering(|_| response("200 OK", &[], b"")).await;
    let closed = Outbound::new(Settings { guard: Guard::default(), ..settings() });
    let error = closed.send(post(&server)).await.unwrap_err();
    assert!(matches!(error, FetchError::Refused(Refused::NotPublic { .. })), "{error}");
    assert!(server.requests().is_empty());
    let relative = http::Request::post("/hidden").body(Bytes::new()).unwrap();
    assert_eq!(closed.send(relative).await.unwrap_err(), FetchError::Refused(Refused::NotWeb));
}

#[tokio::test]
async fn failures_never_show_the_secret_url() {
    let cut = Server::answering(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal".to_vec()).await;
    let gone = Server::answering(|_| Vec::new()).await;
    let silent = Server::silent().await;
    let (cut, gone) = (outbound().send(post(&cut)).await.unwrap_err(), outbound().send(post(&gone)).await.unwrap_err());
    let silent = impatient().send(post(&silent)).await.unwrap_err();
    assert!(matches!(cut, FetchError::Broken { .. }), "{cut:?}");
    assert!(matches!(gone, FetchError::Broken { .. }), "{gone:?}");
    assert!(matches!(silent, FetchError::Timeout { .. }), "{silent:?}");
    for error in [cut, gone, silent] {
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("127.0.0.1") && !shown.contains("hidden"), "{shown}");
    }
}

//! Clients that open connections and say little.
use std::{io::Write as _, net::TcpStream};

use tests::{
    status_page::StatusPage,
    status_page_server::StatusPageServer,
    world::{NETWORK, page},
};

use super::serving::{Serving, until};

const LIMIT: u32 = 1024;
const HALF_OPEN: usize = 1071;

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_keep_neither_visitors_out_nor_the_poller_in() {
    assert!(local::descriptors::raise_limit() > 2 * HALF_OPEN as u64, "this test opens as many itself");
    let server = StatusPageServer::start().await;
    server.show("acme", &StatusPage::operational(&["API"]));
    let settings = format!("{NETWORK}{}interval = 1\n", page(&server, "acme"));
    let serving = Serving::start(&settings, &["--no-replay"], Some(LIMIT));
    until("the page is read", || server.request_count() > 0);

    let mut half_open = Vec::new();
    for number in 0..HALF_OPEN {
        let mut stream = TcpStream::connect(&serving.address).unwrap();
        let begun: &[u8] = match number % 3 {
            0 => b"",
            1 => b"GET / HTTP/1.1\r\nhost: a\r\nx: ",
            _ => b"POST /mail/x/confirm HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nx",
        };
        // It may have been closed already to make room.
        let _ = stream.write_all(begun);
        half_open.push(stream);
    }
    for _ in 0..10 {
        let health = serving.get("/health");
        assert_eq!((health.status, &health.json()["status"]), (200, &"ok".into()));
    }
    assert!(serving.open_files() < LIMIT as usize * 3 / 4, "{} open files", serving.open_files());
    let asked = server.request_count();
    until("the page is read again and again", || server.request_count() >= asked + 3);
    let provider = serving.get("/api/v1/providers/acme").json();
    assert_eq!((&provider["state"], &provider["trouble_reading"]), (&"operational".into(), &serde_json::Value::Null));
    let log = serving.log();
    assert!(!log.contains("cannot be read") && !log.contains("cannot accept"), "{log}");
    drop(half_open);
}

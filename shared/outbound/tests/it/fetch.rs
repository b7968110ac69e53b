//! Reading pages: what a response holds, limits of size and time, compression, and failures.
use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use outbound::{Encoding, FetchError, Guard, Outbound, Settings, Validators};
use tokio::{io::AsyncWriteExt, net::TcpListener, sync::Barrier};
use url::Url;

use crate::{
    impatient, outbound,
    server::{Server, response},
    settings,
};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &Default::default()).unwrap();
    packed
}

async fn fetch_compressed(encoding: &'static str, body: Vec<u8>) -> (Outbound, outbound::Fetched) {
    let server = Server::answering(move |_| response("200 OK", &[("content-encoding", encoding)], &body)).await;
    let outbound = Outbound::new(Settings { max_body: 1_000_000, ..settings() });
    let fetched = outbound.fetch(&server.url("/"), None).await.unwrap();
    (outbound, fetched)
}

#[tokio::test]
async fn response_holds_what_the_next_fetch_needs() {
    let headers = [
        ("content-type", "application/json"),
        ("etag", "\"a1\""),
        ("cache-control", "public, max-age=60"),
        ("age", "20"),
    ];
    let server = Server::answering(move |_| response("200 OK", &headers, b"{}")).await;
    let fetched = outbound().fetch(&server.url("/api?x=1#part"), None).await.unwrap();
    assert_eq!(fetched.status, 200);
    assert_eq!(fetched.final_url, server.url("/api?x=1"));
    assert_eq!(fetched.permanent_redirect, None);
    assert_eq!(fetched.content_type.as_deref(), Some("application/json"));
    assert_eq!(fetched.validators, Validators { etag: Some("\"a1\"".into()), last_modified: None });
    assert_eq!(fetched.encoding, Encoding::Identity);
    assert_eq!(&fetched.raw[..], b"{}");
    assert_eq!(fetched.raw_digest[..4], [0x44, 0x13, 0x6f, 0xa3], "the first half of the body's SHA-256");
    assert_eq!(fetched.max_age, Some(Duration::from_secs(40)));
    assert_eq!(fetched.retry_after, None);
    let request = &server.requests()[0];
    assert!(request.starts_with("GET /api?x=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("user-agent: statuswire-test (ops@example.com)\r\n"), "{request}");
    assert!(request.contains("accept-encoding: gzip, br\r\n"), "{request}");
    assert!(!request.contains("if-"), "{request}");
}

#[tokio::test]
async fn unchanged_page_is_not_modified_and_keeps_its_validators() {
    let server = Server::answering(|request| {
        let known = request.contains("if-none-match: \"a1\"\r\n")
            && request.contains("if-modified-since: Sat, 01 Aug 2026 00:00:00 GMT\r\n");
        response(if known { "304 Not Modified" } else { "200 OK" }, &[("etag", "\"a2\"")], b"")
    })
    .await;
    let last_modified = Some("Sat, 01 Aug 2026 00:00:00 GMT".to_owned());
    let known = Validators { etag: Some("\"a1\"".into()), last_modified: last_modified.clone() };
    let fetched = outbound().fetch(&server.url("/"), Some(&known)).await.unwrap();
    assert!(fetched.not_modified());
    assert_eq!(fetched.validators, Validators { etag: Some("\"a2\"".into()), last_modified });
}

#[tokio::test]
async fn not_modified_without_validators_is_an_error() {
    let server = Server::answering(|_| response("304 Not Modified", &[], b"")).await;
    for validators in [None, Some(&Validators::default())] {
        let error = outbound().fetch(&server.url("/"), validators).await.unwrap_err();
        assert!(matches!(error, FetchError::Broken { .. }), "{error}");
    }
}

#[tokio::test]
async fn compressed_bodies_are_decompressed() {
    let page = "operational ".repeat(1000).into_bytes();
    let members = [gzip(&page[..5000]), gzip(&page[5000..])].concat();
    for (encoding, body) in
        [("gzip", gzip(&page)), ("gzip", members), ("br", brotli(&page)), ("identity", page.clone())]
    {
        let (outbound, fetched) = fetch_compressed(encoding, body.clone()).await;
        assert_eq!(fetched.raw, body);
        assert_eq!(outbound.inflate(&fetched).unwrap(), page, "{encoding}");
    }
}

#[tokio::test]
async fn damaged_bodies_and_unknown_encodings_are_errors() {
    let page = b"operational ".repeat(1000);
    let (gzip, brotli) = (gzip(&page), brotli(&page));
    for (encoding, body) in [
        ("gzip", gzip[..gzip.len() - 9].to_vec()),
        ("gzip", b"no gzip at all".to_vec()),
        ("br", brotli[..brotli.len() - 1].to_vec()),
        ("zstd", gzip.clone()),
    ] {
        let (outbound, fetched) = fetch_compressed(encoding, body).await;
        let error = outbound.inflate(&fetched).unwrap_err();
        assert!(matches!(error, FetchError::Encoding { .. }), "{encoding}: {error}");
    }
}

#[tokio::test]
async fn bombs_are_not_decompressed_beyond_the_limit() {
    let zeros = vec![0; 50_000_000];
    for (encoding, body) in [("gzip", gzip(&zeros)), ("br", brotli(&zeros[..5_000_000]))] {
        let (outbound, fetched) = fetch_compressed(encoding, body).await;
        let error = outbound.inflate(&fetched).unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { cap: 1_000_000, .. }), "{error}");
        assert!(error.to_string().contains("1000000"), "{error}");
    }
}

#[tokio::test]
async fn announced_oversize_is_refused_without_reading() {
    // The body never comes: reading it would end in the time-out.
    let server = Server::start(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n").await.unwrap();
        std::future::pending().await
    })
    .await;
    let error = outbound().fetch(&server.url("/"), None).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { cap: 4_194_304, .. }), "{error}");
}

#[tokio::test]
async fn unannounced_oversize_is_read_no_further_than_the_limit() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let server = Server::start(move |_, mut stream| {
        let count = count.clone();
        async move {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let megabyte = vec![b'x'; 1_000_000];
            while count.load(Ordering::SeqCst) < 100 && stream.write_all(&megabyte).await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    let error = outbound().fetch(&server.url("/"), None).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
    assert!(written.load(Ordering::SeqCst) < 50, "most of it fits in no buffer between us");
}

#[tokio::test]
async fn trickling_body_ends_at_the_time_out() {
    let server = Server::start(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while stream.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    })
    .await;
    let error = impatient().fetch(&server.url("/"), None).await.unwrap_err();
    let host = "127.0.0.1".to_owned();
    assert_eq!(error, FetchError::Timeout { host, limit: Duration::from_millis(200) });
}

#[tokio::test]
async fn silent_host_ends_at_the_time_out() {
    let server = Server::silent().await;
    let error = impatient().fetch(&server.url("/"), None).await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn names_are_resolved_and_reached_where_allowed() {
    let server = Server::answering(|_| response("200 OK", &[], b"page")).await;
    let url: Url = format!("http://localhost:{}/", server.address.port()).parse().unwrap();
    assert_eq!(outbound().fetch(&url, None).await.unwrap().status, 200);
    let closed = Outbound::new(Settings { guard: Guard::default(), ..settings() });
    let error = closed.fetch(&url, None).await.unwrap_err();
    assert!(matches!(error, FetchError::Refused(_)), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn retry_after_is_read_in_both_forms() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(600));
    let past = "Sat, 01 Aug 2020 00:00:00 GMT".to_owned();
    for (value, least, most) in [
        ("120".to_owned(), Some(120), Some(120)),
        (date, Some(590), Some(600)),
        (past, Some(0), Some(0)),
        ("99999999999".to_owned(), Some(86_400), Some(86_400)),
        ("soon".to_owned(), None, None),
    ] {
        let header = value.clone();
        let server =
            Server::answering(move |_| response("429 Too Many Requests", &[("retry-after", &header)], b"")).await;
        let fetched = outbound().fetch(&server.url("/"), None).await.unwrap();
        let seconds = fetched.retry_after.map(|wait| wait.as_secs());
        assert_eq!(fetched.status, 429);
        assert!(least <= seconds && seconds <= most, "{value}: {seconds:?}");
    }
}

#[tokio::test]
async fn limit_per_host_holds_and_is_used() {
    let (current, highest) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // Nobody is answered before two are there: a bound of one would end in the time-out.
    let two = Arc::new(Barrier::new(2));
    let seen = highest.clone();
    let server = Server::start(move |_, mut stream| {
        let (current, seen, two) = (current.clone(), seen.clone(), two.clone());
        async move {
            seen.fetch_max(current.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            two.wait().await;
            // The service time in which too many would be seen.
            tokio::time::sleep(Duration::from_millis(5)).await;
            current.fetch_sub(1, Ordering::SeqCst);
            stream.write_all(&response("200 OK", &[], b"page")).await.unwrap();
        }
    })
    .await;
    let outbound = Outbound::new(Settings { per_host: 2, ..settings() });
    let url = server.url("/");
    let answers = join_all((0..20).map(|_| outbound.fetch(&url, None))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(highest.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn cut_connections_and_nonsense_are_broken_responses() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        b"220 mail.example.com ESMTP\r\n",
    ] {
        let server = Server::answering(move |_| answer.to_vec()).await;
        let error = outbound().fetch(&server.url("/hidden?hidden"), None).await.unwrap_err();
        assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");
    }
}

#[tokio::test]
async fn closed_port_and_unknown_name_are_different_errors() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url: Url = format!("http://127.0.0.1:{port}/hidden").parse().unwrap();
    let error = outbound().fetch(&url, None).await.unwrap_err();
    assert_eq!(error, FetchError::Connect { host: "127.0.0.1".into(), kind: io::ErrorKind::ConnectionRefused });
    assert!(!error.is_offline_sign());
    assert_eq!(error.to_string(), "127.0.0.1: no connection (connection refused)");

    // Reserved for names that do not exist (RFC 6761).
    let error = outbound().fetch(&"https://nowhere.invalid/hidden".parse().unwrap(), None).await.unwrap_err();
    assert!(matches!(&error, FetchError::Dns { host, .. } if host == "nowhere.invalid"), "{error:?}");
    assert!(error.is_offline_sign());
    assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");
}

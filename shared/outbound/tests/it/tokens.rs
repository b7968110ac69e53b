//! Access tokens: asked for once, kept until they expire, sent to the page alone, and in no error.
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures_util::future::join_all;
use outbound::{
    ClientCredentials, FetchError, Fetched, Guard, Initiator, Login, Outbound, Refused, Room, Settings, Terms,
};
use url::Url;

use crate::{
    outbound,
    server::{Server, response},
    settings,
};

const SECRET: &str = "hunter2/of the client";

fn login(page: &Url, token_url: Url) -> Login {
    let credentials = ClientCredentials {
        token_url,
        client_id: "me".to_owned(),
        client_secret: SECRET.to_owned(),
        scope: Some("https://graph.example.com/.default".to_owned()),
    };
    assert!(!format!("{credentials:?}").contains("hunter2"), "{credentials:?}");
    Login::new(page, []).unwrap().with_token(credentials)
}

async fn fetch(outbound: &Outbound, login: &Login, page: &Url) -> Result<Fetched, FetchError> {
    let (initiator, limit, room) = (Initiator::Us, Duration::MAX, &Room::alone());
    outbound
        .fetch_for(page, Terms { initiator, validators: None, posted: None, login: Some(login), limit, room })
        .await
        .0
}

/// Gives `token-1`, `token-2` and so on, each for so long.
async fn tokens(expires_in: &'static str) -> Server {
    let given = Arc::new(AtomicUsize::new(0));
    Server::answering(move |_| {
        let number = given.fetch_add(1, SeqCst) + 1;
        let body = format!(r#"{{"access_token":"token-{number}","token_type":"Bearer"{expires_in}}}"#);
        response("200 OK", &[("content-type", "application/json")], body.as_bytes())
    })
    .await
}

const AN_HOUR: &str = r#","expires_in":3600"#;

/// The tokens that a server was sent.
fn sent(server: &Server) -> Vec<String> {
    let token = |request: &String| {
        let line = request.lines().find(|line| line.to_lowercase().starts_with("authorization: bearer "));
        line.map_or_else(String::new, |line| line[22..].to_owned())
    };
    server.requests().iter().map(token).collect()
}

#[tokio::test]
async fn token_is_asked_for_as_the_standard_says_and_kept() {
    let (endpoint, page) = (tokens(AN_HOUR).await, Server::answering(|_| response("200 OK", &[], b"page")).await);
    let (outbound, url) = (outbound(), page.url("/"));
    let login = login(&url, endpoint.url("/tenant/token"));
    for fetched in join_all((0..4).map(|_| fetch(&outbound, &login, &url))).await {
        assert_eq!(fetched.unwrap().status, 200);
    }
    fetch(&outbound, &login, &url).await.unwrap();
    assert_eq!(sent(&page), ["token-1"; 5]);
    let [asked] = &endpoint.requests()[..] else { panic!("it is asked for once") };
    assert!(asked.starts_with("POST /tenant/token HTTP/1.1\r\n"), "{asked}");
    let (head, body) =
        asked.to_owned().split_once("\r\n\r\n").map(|(head, body)| (head.to_lowercase(), body.to_owned())).unwrap();
    assert_eq!(body, "grant_type=client_credentials&scope=https%3A%2F%2Fgraph.example.com%2F.default");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    // `me:hunter2%2Fof+the+client`
    assert!(asked.contains("Basic bWU6aHVudGVyMiUyRm9mK3RoZStjbGllbnQ="), "{asked}");
    assert!(!format!("{login:?}").contains("token-1"), "{login:?}");
}

#[tokio::test]
async fn expired_token_is_replaced() {
    for (expires_in, asked) in
        [(r#","expires_in":0"#, 3), (r#","expires_in":"0""#, 3), ("", 1), (r#","expires_in":"3599""#, 1)]
    {
        let (endpoint, page) =
            (tokens(expires_in).await, Server::answering(|_| response("200 OK", &[], b"page")).await);
        let (outbound, url) = (outbound(), page.url("/"));
        let login = login(&url, endpoint.url("/"));
        for _ in 0..3 {
            fetch(&outbound, &login, &url).await.unwrap();
        }
        assert_eq!(endpoint.requests().len(), asked, "{expires_in}");
    }
}

#[tokio::test]
async fn refused_token_is_replaced_once() {
    let endpoint = tokens(AN_HOUR).await;
    let page = Server::answering(|request| match request.contains("token-1\r\n") && request.contains("/later") {
        true => response("401 Unauthorized", &[], b"expired"),
        false => response("200 OK", &[], b"page"),
    })
    .await;
    let outbound = outbound();
    let login = login(&page.url("/"), endpoint.url("/"));
    for path in ["/", "/later", "/later"] {
        assert_eq!(fetch(&outbound, &login, &page.url(path)).await.unwrap().status, 200);
    }
    assert_eq!(sent(&page), ["token-1", "token-1", "token-2", "token-2"]);

    // A page that takes none is asked twice, and its answer is what it says.
    let closed = Server::answering(|_| response("401 Unauthorized", &[], b"no")).await;
    let login = login_of(&closed, &endpoint);
    for expected in [1, 3] {
        assert_eq!(fetch(&outbound, &login, &closed.url("/")).await.unwrap().status, 401);
        assert_eq!(closed.requests().len(), expected, "a new token is not doubted");
    }
}

fn login_of(page: &Server, endpoint: &Server) -> Login {
    login(&page.url("/"), endpoint.url("/"))
}

#[tokio::test]
async fn token_is_for_the_origin_of_its_page() {
    let (endpoint, other) = (tokens(AN_HOUR).await, Server::answering(|_| response("200 OK", &[], b"page")).await);
    let elsewhere = other.url("/").to_string();
    let page = Server::answering(move |_| response("302 Found", &[("location", &elsewhere)], b"")).await;
    fetch(&outbound(), &login_of(&page, &endpoint), &page.url("/")).await.unwrap();
    assert_eq!((sent(&page), sent(&other)), (vec!["token-1".to_owned()], vec![String::new()]));
}

#[tokio::test]
async fn what_an_endpoint_answers_is_in_no_error_and_no_page_is_asked_without_a_token() {
    let elsewhere = Server::answering(|_| response("200 OK", &[], b"")).await;
    let to = elsewhere.url("/").to_string();
    let long = format!(r#"{{"access_token":"{}","token_type":"Bearer"}}"#, "hunter2".repeat(20_000));
    let answers: Vec<(Vec<u8>, &str)> = vec![
        (
            response("401 Unauthorized", &[], br#"{"error":"invalid_client","error_description":"hunter2"}"#),
            "status 401 (invalid_client)",
        ),
        (response("400 Bad Request", &[], br#"{"error":"hunter2"}"#), "status 400)"),
        (response("500 Internal Server Error", &[], b"hunter2"), "status 500)"),
        (response("302 Found", &[("location", &to)], b"hunter2"), "redirects with status 302"),
        (response("307 Temporary Redirect", &[("location", &to)], b"hunter2"), "redirects with status 307"),
        (response("200 OK", &[], b"<html>hunter2"), "no JSON"),
        (response("200 OK", &[], br#"{"token_type":"Bearer"}"#), "no JSON with an access_token"),
        (response("200 OK", &[], br#"{"access_token":"hunter2","token_type":"mac"}"#), "another type"),
        (response("200 OK", &[], br#"{"access_token":"hunter2\r\nx: y","token_type":"bearer"}"#), "cannot be sent"),
        (response("200 OK", &[], br#"{"access_token":"","token_type":"bearer"}"#), "cannot be sent"),
        (response("200 OK", &[], br#"{"access_token":"hunter2","token_type":"bearer","expires_in":-1}"#), "no JSON"),
        (response("200 OK", &[], long.as_bytes()), "no JSON"),
    ];
    for (answer, reason) in answers {
        let endpoint = Server::answering(move |_| answer.clone()).await;
        let page = Server::answering(|_| response("200 OK", &[], b"page")).await;
        let error = fetch(&outbound(), &login_of(&page, &endpoint), &page.url("/")).await.unwrap_err();
        assert!(matches!(&error, FetchError::Token { host, .. } if host == "127.0.0.1"), "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(error.to_string().contains(reason) && !shown.contains("hunter2"), "{reason}: {shown}");
        assert!(page.requests().is_empty(), "{reason}");
    }
    assert!(elsewhere.requests().is_empty(), "no redirect is followed");
}

#[tokio::test]
async fn endpoint_is_vetted_as_every_address() {
    let (endpoint, page) = (tokens(AN_HOUR).await, Server::answering(|_| response("200 OK", &[], b"page")).await);
    let guard = Guard { allow: Vec::new(), own: vec![page.address] };
    let outbound = Outbound::new(Settings { guard, ..settings() });
    let error = fetch(&outbound, &login_of(&page, &endpoint), &page.url("/")).await.unwrap_err();
    assert!(matches!(error, FetchError::Refused(Refused::NotPublic { .. })), "{error}");
    assert!(endpoint.requests().is_empty() && page.requests().is_empty());
}

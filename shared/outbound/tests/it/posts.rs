//! Pages that are asked by `POST`: what is sent, how often, and what happens at a redirect.
use std::time::Duration;

use outbound::{FetchError, Fetched, Initiator, Login, Outbound, Room, Terms, Validators};
use url::Url;

use crate::{
    outbound,
    server::{Server, response},
};

const ASKED: &str = r#"{"domain":"status.example.com"}"#;

async fn post(outbound: &Outbound, url: &Url, login: Option<&Login>) -> Result<Fetched, FetchError> {
    let known = Validators { etag: Some("\"known\"".into()), last_modified: Some("yesterday".into()) };
    let (initiator, limit, room) = (Initiator::Us, Duration::MAX, &Room::alone());
    let terms = Terms { initiator, validators: Some(&known), posted: Some(ASKED), login, limit, room };
    outbound.fetch_for(url, terms).await.0
}

#[tokio::test]
async fn post_carries_its_json_and_its_login_and_no_validators() {
    let server = Server::answering(|_| response("200 OK", &[("etag", "\"new\"")], b"{}")).await;
    let page = server.url("/page?x=1");
    let login = Login::new(&page, [("Cookie", "session=1")]).unwrap();
    let fetched = post(&outbound(), &page, Some(&login)).await.unwrap();
    assert_eq!((fetched.status, &fetched.raw[..]), (200, &b"{}"[..]));
    assert_eq!(fetched.validators, Validators::default(), "the next one is not conditional either");
    let requests = server.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /page?x=1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, ASKED);
    for line in ["content-type: application/json", &format!("content-length: {}", ASKED.len()), "cookie: session=1"] {
        assert!(head.lines().any(|sent| sent.eq_ignore_ascii_case(line)), "{line} in {head}");
    }
    assert!(!head.to_ascii_lowercase().contains("if-"), "{head}");
}

#[tokio::test]
async fn redirect_of_a_post_is_its_response_and_leads_nowhere() {
    let elsewhere = Server::answering(|_| response("200 OK", &[], b"{}")).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        for location in [elsewhere.url("/").to_string(), "/new".to_owned()] {
            let server = Server::answering(move |_| response(status, &[("location", &location)], b"")).await;
            let fetched = post(&outbound(), &server.url("/"), None).await.unwrap();
            assert_eq!((fetched.status, fetched.permanent_redirect), (status[..3].parse().unwrap(), None));
            assert_eq!((fetched.final_url, server.requests().len()), (server.url("/"), 1));
        }
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn not_modified_is_no_response_to_a_post() {
    let server = Server::answering(|_| response("304 Not Modified", &[], b"")).await;
    let error = post(&outbound(), &server.url("/"), None).await.unwrap_err();
    assert!(matches!(error, FetchError::Broken { .. }), "{error}");
}

#[tokio::test]
async fn post_that_was_cut_off_is_not_sent_again() {
    let server = Server::answering(|request| match request.starts_with("GET") {
        true => b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npage".to_vec(),
        false => Vec::new(),
    })
    .await;
    let outbound = outbound();
    outbound.fetch(&server.url("/"), None).await.unwrap();
    let error = post(&outbound, &server.url("/"), None).await.unwrap_err();
    assert!(matches!(error, FetchError::Broken { .. }), "{error}");
    let posts = server.requests().iter().filter(|request| request.starts_with("POST")).count();
    assert_eq!((posts, outbound.requests()), (1, 2));
}

//! Where a read may go.
use http::HeaderValue;
use outbound::{Encoding, Guard, Settings};
use tokio::net::TcpListener;

use super::*;

fn answer_of(initiator: Initiator) -> Fetched {
    Fetched {
        status: 200,
        final_url: "https://status.example.com/".parse().unwrap(),
        permanent_redirect: None,
        content_type: None,
        custom_headers: Vec::new(),
        validators: Validators::default(),
        encoding: Encoding::Identity,
        raw: Bytes::from_static(b"page"),
        raw_digest: [0; 16],
        max_age: None,
        retry_after: None,
        refusal: None,
        leads_by: initiator,
    }
}

/// A private address that the settings allow, behind a first answer from there or from a public address.
#[tokio::test]
async fn once_a_public_address_has_answered_the_read_stays_in_public() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside: Url = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    let settings = Settings::new(guard, HeaderValue::from_static("test"));
    let outbound = Outbound::new(Settings { timeout: Duration::from_millis(50), ..settings });
    for by in [Initiator::Us, Initiator::PublicPage] {
        let mut responses = Responses::default();
        responses.keep(&outbound, &inside, answer_of(by)).unwrap();
        // A private answer after a public one changes nothing.
        responses.keep(&outbound, &inside, answer_of(Initiator::Us)).unwrap();
        let [fetched] = responses.fetch(&outbound, &[inside.clone()]).await.unwrap().try_into().unwrap();
        let is_refused = matches!(fetched, Err(FetchError::Refused(_)));
        assert_eq!(is_refused, by == Initiator::PublicPage);
    }
}

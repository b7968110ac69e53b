//! Somebody who opens a link, or a mail program that follows one for them.
use bytes::Bytes;
use http::{HeaderValue, Method, Request, header::CONTENT_TYPE};
use outbound::{Guard, Outbound, Sent, Settings};

pub async fn get(url: &str) -> Sent {
    send(Method::GET, url, "").await
}

/// As a form is posted. A redirect is an answer.
pub async fn post(url: &str, form: &str) -> Sent {
    send(Method::POST, url, form).await
}

async fn send(method: Method, url: &str, form: &str) -> Sent {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().expect("a network")], own: Vec::new() };
    let outbound = Outbound::new(Settings::new(guard, HeaderValue::from_static("a browser")));
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::copy_from_slice(form.as_bytes()))
        .expect("a link");
    outbound.send(request).await.expect("the page answers")
}

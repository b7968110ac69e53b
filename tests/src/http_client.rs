//! An HTTP client for the links in messages, as a browser or a mail program opens them.
use bytes::Bytes;
use http::{HeaderValue, Method, Request, header::CONTENT_TYPE};
use outbound::{Guard, Outbound, Sent, Settings};

pub async fn get(url: &str) -> Sent {
    send(Method::GET, url, "").await
}

/// Posts a form. Redirects are not followed.
pub async fn post(url: &str, form: &str) -> Sent {
    send(Method::POST, url, form).await
}

async fn send(method: Method, url: &str, form: &str) -> Sent {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().expect("a network")], own: Vec::new() };
    let outbound = Outbound::new(Settings::new(guard, HeaderValue::from_static("tests")));
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::copy_from_slice(form.as_bytes()))
        .expect("a link");
    outbound.send(request).await.expect("the page answers")
}

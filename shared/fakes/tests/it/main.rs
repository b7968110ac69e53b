//! What the fakes take and refuse, asked through their router or over a socket as a client would.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed, as it should")]

mod discord;
mod mail;
mod planned;
mod routing;
mod ses;
mod slack;
mod teams;
mod webhook;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use fakes::Fakes;
use http::{HeaderMap, Request};
use serde_json::Value;
use tower::ServiceExt as _;

/// What was answered.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {:?}", self.status, self.body))
    }
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{name} is missing")).to_str().unwrap()
    }
}

async fn send(fakes: &Fakes, request: Request<Body>) -> Answer {
    let response = fakes.receivers().merge(fakes.listing()).oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: to_bytes(response.into_body(), usize::MAX).await.unwrap() }
}

async fn ask(fakes: &Fakes, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(fakes, request.body(Body::from(body)).unwrap()).await
}

async fn post(fakes: &Fakes, path: &str, body: &Value) -> Answer {
    ask(fakes, "POST", path, &[("content-type", "application/json")], body.to_string()).await
}

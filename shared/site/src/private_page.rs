//! The frame of a page that belongs to one person: no navigation, no script, not indexed, not cached.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use crate::{
    assets::ICON_PATH,
    frame::{CONTENT_SECURITY_POLICY, head_of},
};

pub fn response(status: StatusCode, title: &str, content: Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            (head_of(title, &ICON_PATH, &html! { meta name="robots" content="noindex"; }))
            body {
                header.bar { span.name { "statuswire" } }
                main.narrow {
                    h1 { (title) }
                    (content)
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // The URL of such a page is a secret.
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, document.into_string()).into_response()
}

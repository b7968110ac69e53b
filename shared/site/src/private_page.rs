//! The frame of a page that belongs to one person: no navigation, no script, not indexed, not cached.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use crate::{
    assets::{ICON_PATH, STYLE_PATH},
    frame::CONTENT_SECURITY_POLICY,
};

pub fn response(status: StatusCode, title: &str, content: Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="color-scheme" content="light dark";
                title { (title) " · statuswire" }
                link rel="stylesheet" href=(*STYLE_PATH);
                link rel="icon" type="image/svg+xml" href=(*ICON_PATH);
            }
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

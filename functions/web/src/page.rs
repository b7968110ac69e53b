//! The frame of every page: head, style and the headers that keep a page to itself. Text is escaped by the templates; no
//! page loads anything from anywhere.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

/// Nothing but our own inline style; forms go back to where they came from.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #17191c; --soft: #5b6470; --paper: #fff; --line: #dfe3e8; --accent: #2457c5; --on-accent: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #a3acb8; --paper: #14171a; --line: #2f353c; --accent: #8fb4ff; --on-accent: #0d1526 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 34rem; margin: 0 auto; padding: 2.5rem 1.25rem }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0 0 .75rem; text-wrap: balance }
p { margin: 0 0 1rem } .soft { color: var(--soft); font-size: .875rem }
code { font: inherit; font-weight: 600; overflow-wrap: anywhere }
form { display: inline-block; margin: .25rem .75rem .75rem 0 }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.125rem; border-radius: .5rem;
  border: 1px solid var(--line); background: transparent; color: var(--ink); cursor: pointer }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
header { border-bottom: 1px solid var(--line); padding: .875rem 1.25rem; font-weight: 700; letter-spacing: -.01em }
";

/// A page of a few sentences.
pub(crate) fn page(status: StatusCode, title: &str, content: Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · statuswire" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                header { "statuswire" }
                main {
                    h1 { (title) }
                    (content)
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // The address of such a page is a secret.
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, document.into_string()).into_response()
}

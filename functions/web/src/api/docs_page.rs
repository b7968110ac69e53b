//! `/api`: the API documented for people.
use std::borrow::Cow;

use axum::response::Response;
use maud::{Markup, html};
use status::{
    ids::{IncidentId, ProviderId},
    paths,
};

use super::{
    query::{Parameter, ValueType},
    route::Route,
};
use crate::{
    embed::{snippets, subject::Subject},
    layout::frame::{NavEntry, Page},
    model::overview::{Overview, ProviderRow},
    state::Web,
    urls,
};

/// For the address of an instance that does not know its own.
const BASE_VARIABLE: &str = "$STATUSWIRE";

pub(super) async fn show(web: &Web, routes: &[Route]) -> Response {
    // Without the store the page is shown with fewer examples.
    let overview = web.overview_cache.get().await.ok();
    let sample = overview.as_deref().and_then(Sample::choose);
    let base = web.public_url.as_deref().unwrap_or(BASE_VARIABLE);
    let content = html! {
        div.head {
            h1 { "API" }
            a.small href="/api/v1/openapi.json" { "OpenAPI 3.1" }
        }
        p.lead {
            "Everything the dashboard shows, as JSON: current state, open and past incidents, and maintenance. Read-only, "
            "no key, CORS enabled. A private instance asks for its password (HTTP Basic)."
            @if web.has_accounts { " Your own settings are changed " a href="#account" { "with a token" } "." }
        }
        @if web.public_url.is_none() {
            p.small.soft { code { (BASE_VARIABLE) } " stands for the address of this instance." }
        }
        h2 #routes { "Endpoints" }
        div.panel.api { table {
            thead { tr { th scope="col" { "Path" } th scope="col" { "Description" } th scope="col" { "Example" } } }
            tbody { @for route in routes { (row(route, sample.as_ref(), base)) } }
        } }
        @if web.has_accounts { (of_accounts(base)) }
        (conventions())
        h2 #embed { "Badges and cards" }
        p { "A provider's page has these lines for its own state." }
        (snippets::section(web, &Subject::Watched, "the watched providers"))
    };
    Page { title: "API", nav: NavEntry::Api, feeds: &[], tv_mode: false, content }.response()
}

/// What the console serves, for programs with a token.
fn of_accounts(base: &str) -> Markup {
    let example = format!(
        "curl -X POST -H \"Authorization: Bearer $TOKEN\" -H \"Content-Type: application/json\" \\\n  \
         -d '{{\"provider\": \"github\"}}' {base}{}/monitors",
        account_api::ROOT
    );
    html! {
        h2 #account { "Your account" }
        p {
            "With a token of " a href="/account/tokens" { "your account" } ", sent as " code { "Authorization: Bearer" }
            ". A private instance asks for no password here."
        }
        div.panel.api { table {
            thead { tr { th scope="col" { "Operation" } th scope="col" { "Description" } } }
            tbody {
                @for operation in account_api::operations() {
                    tr {
                        th scope="row" { code { (operation.method) " " (operation.path) } }
                        td { (with_code(operation.description)) }
                    }
                }
            }
        } }
        pre { code { (example) } }
        dl.rules {
            dt { "Versions" }
            dd {
                "An answer has its version as " code { "ETag" } ". A PUT or DELETE sends it back as " code { "If-Match" }
                "; 412 shows what somebody else changed meanwhile, 428 says that it is missing."
            }
            dt { "Repeating" }
            dd { "A POST with an " code { "Idempotency-Key" } " makes one thing, however often it is sent in 24 hours." }
            dt { "Limits" }
            dd { code { "RateLimit" } " says how many requests are left to the token; 429 has " code { "Retry-After" } "." }
        }
    }
}

fn conventions() -> Markup {
    html! {
        h2 #rules { "Conventions" }
        dl.rules {
            dt { "Unknown values" }
            dd {
                "are null. A provider that was never checked has the state " code { "not_watched" } ", one without a status page "
                "that can be read " code { "no_status_page" } "."
            }
            dt { "IDs" }
            dd {
                "are chosen by providers. Percent-encode them as one path segment, or follow the " code { "links" }
                " of a response."
            }
            dt { "Pagination" }
            dd {
                "Pass the " code { "next" } " of a response as " code { "cursor" } ", or follow its " code { "Link" }
                " header. A page may hold fewer rows than requested: only a missing " code { "next" } " marks the end."
            }
            dt { "Caching and rate limits" }
            dd {
                "A response stays fresh for 5 seconds. Polling once a minute is enough for most uses. Send its "
                code { "ETag" } " back as " code { "If-None-Match" } ": unchanged data is answered with 304 and no "
                "body. After 429 or 503, wait longer before each retry."
            }
            dt { "Errors" }
            dd {
                "are " code { "application/problem+json" } " (RFC 9457) and say which parameter is wrong and what would "
                "be valid. Unknown parameters are rejected."
            }
            dt { "Webhooks" }
            dd {
                "deliver changes as they happen. See " a href="/schemas/webhook.json" { "their JSON Schema" } "."
            }
        }
    }
}

/// A provider of this instance, so that the examples have content.
struct Sample<'a> {
    provider: &'a ProviderId,
    /// One of its open incidents.
    incident: Option<&'a IncidentId>,
}

impl<'a> Sample<'a> {
    /// A provider with an open incident, else one that was read, else any.
    fn choose(overview: &'a Overview) -> Option<Self> {
        let sample = |row: &'a ProviderRow| {
            let open = row.page_summary.as_ref().and_then(|summary| summary.open.first());
            Self { provider: &row.provider.id, incident: open.map(|item| &item.id) }
        };
        let has_open = |row: &&ProviderRow| row.page_summary.as_ref().is_some_and(|summary| !summary.open.is_empty());
        let was_read = |row: &&ProviderRow| row.page_summary.is_some();
        let rows = &overview.rows;
        rows.iter().find(has_open).or(rows.iter().find(was_read)).or(rows.first()).map(sample)
    }
}

/// `None`: this instance has nothing that the endpoint could show.
fn example_url(route: &Route, sample: Option<&Sample<'_>>) -> Option<String> {
    if !route.path.contains('{') {
        return Some(route.example_url.to_owned());
    }
    let provider = urls::segment(sample?.provider.as_str());
    let is_incident = route.path.contains("{provider}");
    let path = route.path.replace("{provider}", &provider);
    let id = if is_incident { paths::segment(sample?.incident?) } else { Cow::Owned(provider) };
    let query = route.example_url.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    Some(path.replace("{id}", &id) + &query)
}

fn row(route: &Route, sample: Option<&Sample<'_>>, base: &str) -> Markup {
    html! {
        tr {
            th scope="row" { code { (route.path) } }
            td {
                (with_code(route.description))
                @if !route.parameters.is_empty() {
                    ul.parameters { @for parameter in route.parameters { li { (parameter_line(parameter)) } } }
                }
            }
            td {
                @match example_url(route, sample) {
                    Some(url) => { a href=(url) { code { (url) } } }
                    None => { span.soft { "No open incident to show." } }
                }
                (example(route, base))
            }
        }
    }
}

/// A line for the shell and a sample answer, which are the same on every instance.
fn example(route: &Route, base: &str) -> Markup {
    let is_quoted = route.example_url.contains(['?', '&']);
    let quote = if is_quoted || base.starts_with('$') { "\"" } else { "" };
    let command = format!("curl {quote}{base}{}{quote}", route.example_url);
    let answer = route.example.and_then(|example| serde_json::to_string_pretty(&example()).ok());
    html! {
        details {
            summary { "curl" @if answer.is_some() { " and a sample answer" } }
            pre { code { (command) } }
            button type="button" hidden data-copy data-copy-text=(command) { "Copy" }
            @if let Some(answer) = answer { pre { code { (answer) } } }
        }
    }
}

/// Text in which backticks mark code.
fn with_code(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn parameter_line(parameter: &Parameter) -> Markup {
    html! {
        code { (parameter.name) }
        @match parameter.value_type {
            ValueType::Integer { min, max, default } => { " (" (min) " to " (max) ", default " (default) ")" }
            ValueType::OneOf(words) => { " (" (words().join(", ")) ")" }
            ValueType::Boolean => { " (true or false)" }
            ValueType::Date => { " (a date, " (parameter.example) ")" }
            ValueType::Text { .. } | ValueType::Cursor => {}
        }
        @if parameter.required { " required" }
        ": " (with_code(parameter.description))
    }
}

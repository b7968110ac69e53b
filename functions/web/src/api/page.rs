//! `/api`: the interface for machines, explained to people.
use axum::{Router, extract::State, response::Response, routing::get};
use maud::{Markup, html};
use status::ids::{IncidentId, ProviderId};

use crate::{
    Web,
    api::{
        ROUTES, Route,
        ask::{Is, Parameter},
    },
    overview::{Overview, Row},
    paths,
    shell::{Page, Under},
};

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/api", get(show))
}

async fn show(State(web): State<Web>) -> Response {
    // Without a store the page is still good to read.
    let overview = web.overviews.get().await.ok();
    let real = overview.as_deref().and_then(Real::of);
    let content = html! {
        div.head {
            h1 { "API" }
            a.small href="/api/v1/openapi.json" { "OpenAPI 3.1" }
        }
        p.lead {
            "Everything the dashboard shows, as JSON: what providers say of themselves now, what is open, what was, and what is "
            "planned. It is only read, asks for no key, and may be read by scripts of any site. A private instance asks for its "
            "password (HTTP Basic)."
        }
        h2 #routes { "What there is" }
        div.panel.api { table {
            thead { tr { th scope="col" { "Address" } th scope="col" { "What it is" } th scope="col" { "Try it" } } }
            tbody { @for route in &ROUTES { (row(route, real.as_ref())) } }
        } }
        h2 #rules { "What holds everywhere" }
        dl.rules {
            dt { "Unknown is null" }
            dd { "What a page does not say is not made up. A provider that was never read is " code { "not_watched" } "." }
            dt { "Ids are vendors' words" }
            dd { "Encode them as one segment of a path, or follow the " code { "links" } " of an answer." }
            dt { "Lists go on" }
            dd {
                "Give the " code { "next" } " of an answer as " code { "cursor" } ", or follow its " code { "Link" }
                " header. A page may hold fewer rows than asked for: only a missing " code { "next" } " is the end."
            }
            dt { "How often" }
            dd {
                "An answer stays fresh for 5 seconds; once a minute is enough for most. Send its " code { "ETag" } " back as "
                code { "If-None-Match" } ": what has not changed costs a 304 without a body. Answers 429 and 503 mean: wait a "
                "little longer each time."
            }
            dt { "What goes wrong" }
            dd {
                "is told as " code { "application/problem+json" } " (RFC 9457): which parameter, and what it takes. A parameter "
                "that does not exist is refused."
            }
            dt { "To be told instead" }
            dd {
                "Webhooks bring what changes as it changes; " a href="/schemas/webhook.json" { "their schema" } "."
            }
        }
    };
    Page { title: "API", under: Under::Api, feeds: &[], wall: false, content }.response()
}

/// A provider of this instance, so that examples show something.
struct Real<'a> {
    provider: &'a ProviderId,
    /// Of it, if it has any.
    incident: Option<&'a IncidentId>,
}

impl<'a> Real<'a> {
    fn of(overview: &'a Overview) -> Option<Self> {
        let real = |row: &'a Row| {
            let open = row.page_summary.as_ref().and_then(|page_summary| page_summary.open.first());
            Self { provider: &row.provider.id, incident: open.map(|item| &item.id) }
        };
        let has_open = |row: &&Row| row.page_summary.as_ref().is_some_and(|page_summary| !page_summary.open.is_empty());
        let read = |row: &&Row| row.page_summary.is_some();
        let rows = &overview.rows;
        rows.iter().find(has_open).or(rows.iter().find(read)).or(rows.first()).map(real)
    }
}

/// The address of an example. `None`: this instance has nothing to show there.
fn example(route: &Route, real: Option<&Real<'_>>) -> Option<String> {
    if !route.path.contains('{') {
        return Some(route.try_it.to_owned());
    }
    let (provider, is_incident) = (real?.provider, route.path.contains("{provider}"));
    let path = route.path.replace("{provider}", &paths::segment(provider.as_str()));
    let id = if is_incident { real?.incident?.as_str() } else { provider.as_str() };
    let query = route.try_it.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    Some(path.replace("{id}", &paths::segment(id)) + &query)
}

fn row(route: &Route, real: Option<&Real<'_>>) -> Markup {
    html! {
        tr {
            th scope="row" { code { (route.path) } }
            td {
                (prose(route.about))
                @if !route.parameters.is_empty() {
                    ul.parameters { @for it in route.parameters { li { (parameter(it)) } } }
                }
            }
            td {
                @match example(route, real) {
                    Some(address) => { a href=(address) { code { (address) } } }
                    None => { span.soft { "Nothing is open now." } }
                }
            }
        }
    }
}

/// What stands between backticks is code.
fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn parameter(it: &Parameter) -> Markup {
    html! {
        code { (it.name) }
        @match it.is {
            Is::Whole { least, most, usual } => { " (" (least) " to " (most) ", usually " (usual) ")" }
            Is::Word(words) => { " (" (words().join(", ")) ")" }
            Is::Flag => { " (true or false)" }
            Is::Day => { " (a day, " (it.example) ")" }
            Is::Text { .. } | Is::Cursor => {}
        }
        @if it.required { " required" }
        ": " (prose(it.about))
    }
}

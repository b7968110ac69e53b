//! `/account/audit`: who changed what.
use accounts::audit::{AuditEntry, Values};
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use site::{paths::segment, times::time};

use crate::{
    respond::{self, Refusal},
    state::Console,
    visitor::{Right, SignedIn},
};

const PAGE: u32 = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/account/audit", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    before: Option<String>,
}

async fn show(State(console): State<Console>, by: SignedIn, Query(place): Query<Place>) -> Result<Response, Refusal> {
    by.require(Right::Administer)?;
    let log = console.store.audit_log(by.account(), place.before.as_deref(), PAGE).await?;
    let content = html! {
        p.crumbs { a href="/account" { "Account" } }
        @if log.entries.is_empty() { p.empty { "Nothing older is kept." } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Entries" {
                table {
                    thead { tr { th { "Time" } th { "Who" } th { "What" } th { "Of" } th { "Change" } } }
                    tbody { @for entry in &log.entries { (row(entry)) } }
                }
            }
        }
        @if let Some(next) = &log.next {
            p.pages { a.button href={ "/account/audit?before=" (segment(next)) } { "Older" } }
        }
        p.soft.small { "Entries are kept for 400 days. Values that are secret are not." }
    };
    Ok(respond::page(StatusCode::OK, "Audit log", None, content))
}

fn row(entry: &AuditEntry) -> Markup {
    html! {
        tr {
            td { (time(entry.at)) }
            td { (entry.who) }
            td { (words(&entry.action)) }
            td { (entry.target) }
            td { (change(&entry.before, &entry.after)) }
        }
    }
}

/// `member.invited` as people read it.
fn words(action: &str) -> String {
    action.replace('.', " ")
}

fn change(before: &Values, after: &Values) -> Markup {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    html! {
        @for name in names {
            div {
                (name) ": "
                @match (before.get(name), after.get(name)) {
                    (Some(before), Some(after)) => { (before) " → " (after) },
                    (Some(before), None) => del { (before) },
                    (None, Some(after)) => (after),
                    (None, None) => {}
                }
            }
        }
    }
}

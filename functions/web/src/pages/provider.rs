//! `/providers/{id}`: one provider: its components, open incidents, maintenance, history, and how well its status page
//! can be read. `?before=` continues the history. A page that was never read claims nothing.
mod components;
mod data_source;
mod history;
mod history_bars;
mod open;
mod recent;
mod view;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use history_bars::HistoryBars;
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use status::{page_state::PageState, schedule::PollCost};
use store::StoreError;
use view::ProviderView;

use crate::{
    layout::{
        blindness::state_as_of,
        frame::{NavEntry, Page, message, social_meta, unavailable},
        times::time,
    },
    model::{
        overview::{Overview, ProviderRow, last_polled},
        provider_state::ProviderState,
    },
    provider_markdown::external_link,
    state::Web,
    urls,
};

/// How much of an unknown id is repeated to whoever asked for it.
const MAX_ECHOED_ID: usize = 100;

#[derive(Deserialize)]
struct ProviderQuery {
    /// The cursor at which the history continues.
    before: Option<String>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/providers/{id}", get(show))
}

async fn show(State(web): State<Web>, Path(id): Path<String>, Query(query): Query<ProviderQuery>) -> Response {
    let overview = match web.overview_cache.get().await {
        Ok(overview) => overview,
        Err(error) => return unavailable(error),
    };
    let Some(row) = overview.get(&id) else { return unknown_provider(&id) };
    let content = match query.before.as_deref() {
        Some(cursor) => older_history(&web, row, cursor).await,
        None => current(&web, &overview, row, Timestamp::now()).await,
    };
    match content {
        Ok(content) => {
            let name = &row.provider.name;
            let title = format!("{name} status");
            let feeds = [(format!("Incidents of {name}"), urls::feed(&row.provider.id))];
            let head = social_meta(&title, &description(row), &urls::provider(&row.provider.id));
            let page = Page { title: &title, nav: NavEntry::None, feeds: &feeds, tv_mode: false, content };
            page.with_head(StatusCode::OK, head)
        }
        Err(StoreError::Cursor) => message(StatusCode::BAD_REQUEST, "Invalid link", "This link is incomplete."),
        Err(error) => unavailable(error),
    }
}

fn unknown_provider(id: &str) -> Response {
    let id: String = id.chars().take(MAX_ECHOED_ID).collect();
    let content = html! {
        h1 { "Provider not found" }
        p { "There is no provider with the ID " strong { (id) } "." }
        p { a.button href=(urls::with_query("/", &[("q", &id)])) { "Search for it" } }
    };
    let page = Page { title: "Provider not found", nav: NavEntry::None, feeds: &[], tv_mode: false, content };
    page.with_status(StatusCode::NOT_FOUND)
}

async fn current(web: &Web, overview: &Arc<Overview>, row: &ProviderRow, now: Timestamp) -> Result<Markup, StoreError> {
    let id = &row.provider.id;
    let (record, mut healths, mut recent, history) = tokio::try_join!(
        web.store.page(id),
        web.store.healths(std::slice::from_ref(id)),
        recent::read(&web.store, id, now),
        web.store.timelines_of(id, history::PAGE_SIZE, None),
    )?;
    if let Some(record) = &record {
        recent.refresh(&record.page_state);
    }
    let health = healths.remove(id);
    let validators = record.as_ref().map(|record| (&record.head.etag, &record.head.last_modified));
    let has_validators = validators.is_some_and(|(etag, last_modified)| etag.is_some() || last_modified.is_some());
    let interval = row.interval(PollCost::presumed(has_validators));
    let last_polled = last_polled(row, interval, &overview.rounds);
    Ok(page(&ProviderView { row, record, health, interval, last_polled, recent, history, now }))
}

fn page(view: &ProviderView<'_>) -> Markup {
    let id = &view.row.provider.id;
    html! {
        div data-live="30" {
            (head(view.row))
            (warning(view))
            (unmatched_filters(view.row))
            @match view.page_state() {
                None => p.note { "Not checked yet. First check within 15 minutes." },
                Some(page_state) => {
                    (open::incidents(view, page_state))
                    (open::maintenances(view, page_state))
                    (last_90_days(view, page_state))
                    (components::list(view, page_state))
                    h2 #past { "Past incidents and maintenance" }
                    (history::list(id, &view.history.timelines, Some(page_state)))
                    (history::pagination(id, view.history.cursor.as_deref(), false))
                }
            }
            (data_source::section(view))
            (links(view.row))
        }
    }
}

async fn older_history(web: &Web, row: &ProviderRow, cursor: &str) -> Result<Markup, StoreError> {
    let id = &row.provider.id;
    let (record, history) =
        tokio::try_join!(web.store.page(id), web.store.timelines_of(id, history::PAGE_SIZE, Some(cursor)))?;
    let page_state = record.as_ref().map(|record| &record.page_state);
    Ok(html! {
        (head(row))
        h2 #past { "Past incidents and maintenance" }
        (history::list(id, &history.timelines, page_state))
        (history::pagination(id, history.cursor.as_deref(), true))
    })
}

fn head(row: &ProviderRow) -> Markup {
    html! {
        nav.crumbs aria-label="You are here" { a href="/" { "Dashboard" } }
        div.head {
            h1 { (row.provider.name) }
            span.small { (external_link(&row.provider.page_url, "Status page")) }
        }
        p.facts-line {
            span { (state_as_of(row)) }
            @if let Some(summary) = row.page_summary.as_ref().filter(|summary| summary.components > 0) {
                span { (components::count(summary.in_trouble, summary.components)) }
            }
            @if row.watched { span.tag { "Watched" } }
            @if !row.category.is_empty() { span.soft { (row.category) } }
        }
    }
}

/// Shown while the page is unreachable: everything below may be outdated.
fn warning(view: &ProviderView<'_>) -> Markup {
    html! {
        @if let Some(health) = view.unreachable() {
            p.note {
                strong { "Status page unreachable since " (time(health.since)) }
                @if let Some(reason) = &health.reason { ": " (reason) }
                "."
                @if view.record.is_some() { " Showing the last known state." }
            }
        }
    }
}

/// Component filters that cannot be applied: their monitors' alerts are sent, or not, as for unknown ones.
fn unmatched_filters(row: &ProviderRow) -> Markup {
    html! {
        @for entry in &row.unmatched {
            p.note { "Filter “" strong { (entry) } "” fits nothing on this page." }
        }
    }
}

fn last_90_days(view: &ProviderView<'_>, page_state: &PageState) -> Markup {
    let bars = HistoryBars::new(&view.recent.timelines, view.watched_period(page_state), view.now);
    let days = bars.of(None);
    let since = page_state.baseline_at;
    html! {
        h2 { "Last 90 days" }
        (days.svg())
        p.small.soft {
            (days.summary()) " (90-day view, UTC). Watching since "
            time datetime=(since.strftime("%Y-%m-%d")) { (since.strftime("%-d %b %Y")) } "."
        }
        (history_bars::legend())
    }
}

fn links(row: &ProviderRow) -> Markup {
    let id = &row.provider.id;
    html! {
        h2 { "Follow " (row.provider.name) }
        ul.links {
            li { a href=(urls::feed(id)) { "Incident feed (Atom)" } }
            li { a href=(urls::calendar(id)) { "Maintenance calendar (iCal)" } }
            li { a href=(urls::badge(id)) { "Badge" } }
            li { a href=(urls::api_provider(id)) { "API" } }
        }
    }
}

/// One sentence for shared links.
fn description(row: &ProviderRow) -> String {
    let name = &row.provider.name;
    let open = row.page_summary.iter().flat_map(|summary| summary.incidents()).count();
    match (row.state(), open) {
        (ProviderState::NotWatched, _) => format!("The status page of {name} has not been checked yet."),
        (state, 0) => format!("{name}: {}.", state.label()),
        (state, 1) => format!("{name}: {}, 1 open incident.", state.label()),
        (state, open) => format!("{name}: {}, {open} open incidents.", state.label()),
    }
}

//! `/providers/{id}`: one provider with its components, what is open, what is planned and what is over, and how well its page
//! can be read. `?before=` goes on with what is over. A page that was never read claims nothing.
mod bars;
mod components;
mod open;
mod past;
mod recent;
mod source;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, State as Shared},
    response::Response,
    routing::get,
};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use status::{
    health::{HealthState, SourceHealth},
    page_state::PageState,
};
use store::{PageRecord, StoreError, TimelinePage};

use crate::{
    Web,
    overview::{Overview, Row, State, last_read},
    paths,
    provider::{
        bars::{Bars, Watched},
        recent::Recent,
    },
    said::outside,
    shell::{Page, Under, broken, sentence, shared_as, state, time},
};

#[derive(Deserialize)]
struct Asked {
    /// Where the list of what is over goes on.
    before: Option<String>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/providers/{id}", get(show))
}

async fn show(Shared(web): Shared<Web>, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let overview = match web.overviews.get().await {
        Ok(overview) => overview,
        Err(error) => return broken(error),
    };
    let Some(row) = overview.get(&id) else { return unknown(&id) };
    let shown = match asked.before.as_deref() {
        Some(cursor) => older(&web, row, cursor).await,
        None => whole(&web, &overview, row, Timestamp::now()).await,
    };
    match shown {
        Ok(content) => {
            let name = &row.provider.name;
            let title = format!("{name} status");
            let feeds = [(format!("Incidents of {name}"), paths::feed(&row.provider.id))];
            let head = shared_as(&title, &about(row), &paths::provider(&row.provider.id));
            let page = Page { title: &title, under: Under::Nothing, feeds: &feeds, wall: false, content };
            page.with_head(StatusCode::OK, head)
        }
        Err(StoreError::Cursor) => sentence(StatusCode::BAD_REQUEST, "Nothing goes on here", "This link is not whole."),
        Err(error) => broken(error),
    }
}

fn unknown(id: &str) -> Response {
    let shown: String = id.chars().take(100).collect();
    let query = serde_html_form::to_string([("q", &shown)]).unwrap_or_default();
    let content = html! {
        h1 { "No provider has this id" }
        p { "Nothing that is watched here is called " strong { (shown) } "." }
        p { a.button href={ "/?" (query) } { "Search for it" } }
    };
    let page = Page { title: "Unknown provider", under: Under::Nothing, feeds: &[], wall: false, content };
    page.with(StatusCode::NOT_FOUND)
}

/// What is known of a provider, for one look at it.
struct Known<'a> {
    row: &'a Row,
    record: Option<PageRecord>,
    health: Option<SourceHealth>,
    last_read: Option<Timestamp>,
    recent: Recent,
    past: TimelinePage,
    now: Timestamp,
}

impl Known<'_> {
    fn page_state(&self) -> Option<&PageState> {
        self.record.as_ref().map(|record| &record.page_state)
    }

    /// Of a page that cannot be read: whatever is believed of it is how it was before.
    fn unreadable(&self) -> Option<&SourceHealth> {
        self.health.as_ref().filter(|health| health.state == HealthState::Unreadable)
    }

    /// The time in which we know how the page was.
    fn watched(&self, page_state: &PageState) -> Watched {
        let until = self.unreadable().map(|health| health.since).into_iter().chain(self.last_read).min();
        Watched { since: page_state.baseline_at.max(self.recent.all_since), until }
    }
}

async fn whole(web: &Web, overview: &Arc<Overview>, row: &Row, now: Timestamp) -> Result<Markup, StoreError> {
    let id = &row.provider.id;
    let (record, mut healths, mut recent, past) = tokio::try_join!(
        web.store.page(id),
        web.store.healths(std::slice::from_ref(id)),
        recent::read(&web.store, id, now),
        web.store.timelines_of(id, past::AT_ONCE, None),
    )?;
    if let Some(record) = &record {
        recent.refresh(&record.page_state);
    }
    let health = healths.remove(id);
    let last_read = last_read(row, &overview.rounds);
    let known = Known { row, record, health, last_read, recent, past, now };
    Ok(page(&known))
}

fn page(known: &Known<'_>) -> Markup {
    let id = &known.row.provider.id;
    html! {
        div data-live="30" {
            (head(known.row))
            (warning(known))
            @match known.page_state() {
                None => p.note { "This page has not been read yet. Nothing is claimed of how it is doing." },
                Some(page_state) => {
                    (open::incidents(known, page_state))
                    (open::maintenances(known, page_state))
                    (history_bar(known, page_state))
                    (components::list(known, page_state))
                    h2 #past { "Past incidents and maintenance" }
                    (past::list(id, &known.past.timelines, Some(page_state)))
                    (past::turn(id, known.past.cursor.as_deref(), false))
                }
            }
            (source::section(known))
            (links(known.row))
        }
    }
}

/// The list of what is over, further back.
async fn older(web: &Web, row: &Row, cursor: &str) -> Result<Markup, StoreError> {
    let id = &row.provider.id;
    let (record, past) = tokio::try_join!(web.store.page(id), web.store.timelines_of(id, past::AT_ONCE, Some(cursor)))?;
    let page_state = record.as_ref().map(|record| &record.page_state);
    Ok(html! {
        (head(row))
        h2 #past { "Past incidents and maintenance" }
        (past::list(id, &past.timelines, page_state))
        (past::turn(id, past.cursor.as_deref(), true))
    })
}

fn head(row: &Row) -> Markup {
    html! {
        nav.crumbs aria-label="You are here" { a href="/" { "Dashboard" } }
        div.head {
            h1 { (row.provider.name) }
            span.small { (outside(&row.provider.page_url, "Vendor's status page")) }
        }
        p.facts-line {
            (state(row.state()))
            @if let Some(page_summary) = row.page_summary.as_ref().filter(|page_summary| page_summary.components > 0) {
                span { (components::count(page_summary.in_trouble, page_summary.components)) }
            }
            @if row.mine { span.tag { "Watched here" } }
            @if !row.category.is_empty() { span.soft { (row.category) } }
        }
    }
}

/// What makes everything below it doubtful.
fn warning(known: &Known<'_>) -> Markup {
    html! {
        @if let Some(health) = known.unreadable() {
            p.note {
                strong { "The status page cannot be read since " (time(health.since)) }
                @if let Some(reason) = &health.reason { ": " (reason) }
                "."
                @if known.record.is_some() { " What is shown here is how it was before." }
            }
        }
    }
}

fn history_bar(known: &Known<'_>, page_state: &PageState) -> Markup {
    let bars = Bars::new(&known.recent.spans, known.watched(page_state), known.now);
    let page = bars.of(None);
    html! {
        h2 { "Last 90 days" }
        (page.svg())
        p.small.soft { (page.words()) ". Days are in UTC; watched since " (time(page_state.baseline_at)) "." }
        (bars::legend())
    }
}

fn links(row: &Row) -> Markup {
    let id = &row.provider.id;
    html! {
        h2 { "Follow " (row.provider.name) }
        ul.links {
            li { a href=(paths::feed(id)) { "Feed of incidents" } }
            li { a href=(paths::calendar(id)) { "Calendar of maintenance" } }
            li { a href=(paths::badge(id)) { "Badge" } }
            li { a href=(paths::data(id)) { "API" } }
        }
    }
}

fn about(row: &Row) -> String {
    let name = &row.provider.name;
    let open = row.page_summary.iter().flat_map(|page_summary| page_summary.incidents()).count();
    match (row.state(), open) {
        (State::NotWatched, _) => format!("The status page of {name} has not been read yet."),
        (state, 0) => format!("{name}: {}.", state.label()),
        (state, 1) => format!("{name}: {}, one open incident.", state.label()),
        (state, open) => format!("{name}: {}, {open} open incidents.", state.label()),
    }
}

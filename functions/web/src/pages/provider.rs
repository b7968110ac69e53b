//! `/providers/{id}`: one provider: its components, open incidents, maintenance, history, and how well its status page
//! can be read. `?q=` finds components. A page that was never read claims nothing.
mod banner;
mod components;
mod data_source;
mod history;
mod open;
mod past;
mod unknown;
mod uptime;
mod view;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use site::days::{self, Days};
use status::page_state::PageState;
use store::StoreError;
use unknown::unknown_provider;
use view::ProviderView;

use crate::{
    embed::{shared_link, snippets, subject::Subject},
    layout::{
        frame::{NavEntry, Page, social_meta, unavailable},
        times::time,
    },
    model::{
        overview::{Overview, ProviderRow},
        page_history::PageHistory,
        provider_state::ProviderState,
    },
    state::Web,
    urls,
};

#[derive(Deserialize)]
struct ProviderQuery {
    /// What components are searched for.
    #[serde(default)]
    q: String,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/providers/{id}", get(show)).route("/providers/{id}/history", get(history::show))
}

async fn show(State(web): State<Web>, Path(id): Path<String>, Query(query): Query<ProviderQuery>) -> Response {
    let overview = match web.overview_cache.get().await {
        Ok(overview) => overview,
        Err(error) => return unavailable(error),
    };
    let Some(row) = overview.get(&id) else { return unknown_provider(&id) };
    match content(&web, &overview, row, &components::search_text(&query.q)).await {
        Ok(content) => {
            let name = &row.provider.name;
            let title = format!("{name} status");
            let feeds = [(format!("Incidents of {name}"), urls::feed(&row.provider.id))];
            let (subject, description) = (Subject::Provider(row.provider.id.clone()), description(row));
            let head = html! {
                (social_meta(&title, &description, &urls::provider(&row.provider.id)))
                (shared_link::head(&web, &subject, &title, &description))
            };
            let content = html! { (content) (snippets::section(&web, &subject, name)) };
            let page = Page { title: &title, nav: NavEntry::None, feeds: &feeds, tv_mode: false, content };
            page.with_head(StatusCode::OK, head)
        }
        Err(error) => unavailable(error),
    }
}

async fn content(web: &Web, overview: &Overview, row: &ProviderRow, search: &str) -> Result<Markup, StoreError> {
    let history = PageHistory::read(&web.store, overview, row, Timestamp::now()).await?;
    Ok(page(&ProviderView { row, history, search }))
}

fn page(view: &ProviderView<'_>) -> Markup {
    let id = &view.row.provider.id;
    html! {
        nav.crumbs aria-label="You are here" { a href="/" { "Dashboard" } }
        div data-live="30" {
            (banner::banner(view))
            (banner::actions(view))
            (warning(view))
            (unmatched_filters(view.row))
            @match view.page_state() {
                None if view.row.state() == ProviderState::NoStatusPage => {
                    p.note { "What answers at its address is no status page that can be read." }
                },
                None if view.row.watched => p.note { "Not checked yet. First check within 15 minutes." },
                None => p.note { "Not checked yet. First check within a day." },
                Some(page_state) => {
                    (open::incidents(view, page_state))
                    (open::maintenances(view, page_state))
                    (last_90_days(view, page_state))
                    (components::list(view, page_state))
                    h2 #past { "Past incidents and maintenance" }
                    (past::list(id, &view.recent.timelines, page_state))
                    p.pages { a href=(urls::history(id)) { "History by month" } }
                }
            }
            (data_source::section(view))
            (links(view.row))
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
    let days = Days(view.over_time(page_state).days());
    let since = page_state.baseline_at;
    html! {
        h2 { "Last 90 days" }
        (days.svg())
        p.small.soft {
            (days.summary()) " (90-day view, UTC). Watching since "
            time datetime=(since.strftime("%Y-%m-%d")) { (since.strftime("%-d %b %Y")) } "."
        }
        (days::legend())
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
        (ProviderState::NoStatusPage, _) => format!("No readable status page of {name} was found at its address."),
        (ProviderState::NotWatched, _) => format!("The status page of {name} has not been checked yet."),
        (state, 0) => format!("{name}: {}.", state.label()),
        (state, 1) => format!("{name}: {}, 1 open incident.", state.label()),
        (state, open) => format!("{name}: {}, {open} open incidents.", state.label()),
    }
}

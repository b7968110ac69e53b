//! `/`: all providers with their state and open incidents, the watched ones first. Search, filters and sort order are
//! query parameters, so they work without a script and can be bookmarked. `?wall=1` is TV mode.
pub(super) mod ended;
mod first_steps;
mod paused;
pub(super) mod tv;

use std::cmp::Reverse;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use site::paths;

use crate::{
    layout::{
        assets::icon_path,
        blindness,
        frame::{self, NavEntry, Page, Visitor, unavailable},
        provider_rows::{OfFile, list},
        summary::Summary,
    },
    model::{
        overview::{Overview, ProviderRow},
        provider_state::ProviderState,
    },
    state::Web,
    urls,
};

/// Few enough that a phone loads a page at once.
const PAGE_SIZE: usize = 60;
const MAX_QUERY_LENGTH: usize = 100;

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct DashboardQuery {
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    show: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    category: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    page: String,
    /// Any value switches to TV mode.
    #[serde(skip_serializing_if = "String::is_empty")]
    wall: String,
}

impl DashboardQuery {
    /// Every link on the page repeats the query, so it holds nothing but what is known, and texts are short.
    fn normalize(&mut self) {
        self.q = self.q.trim().chars().take(MAX_QUERY_LENGTH).collect();
        self.category = self.category.chars().take(MAX_QUERY_LENGTH).collect();
        self.page = self.page.parse::<usize>().map(|page| page.to_string()).unwrap_or_default();
        if !FILTERS.iter().any(|(word, ..)| *word == self.show) {
            self.show.clear();
        }
        if !SORTS.iter().any(|(word, _)| *word == self.sort) {
            self.sort.clear();
        }
    }
}

/// A filter: the value of `show`, its label, and which rows pass.
type Filter = (&'static str, &'static str, fn(&ProviderRow) -> bool);
const FILTERS: [Filter; 5] = [
    ("", "All", |_| true),
    ("mine", "Watched", |row| row.watched),
    ("trouble", "With incidents", |row| row.state().has_incident()),
    ("maintenance", "In maintenance", |row| row.state() == ProviderState::UnderMaintenance),
    ("unreadable", "Status page unreachable", |row| row.state() == ProviderState::Unreadable),
];

const SORTS: [(&str, &str); 4] =
    [("", "Popularity"), ("worst", "Worst first"), ("newest", "Newest incident"), ("name", "Name")];

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/", get(show))
}

async fn show(State(web): State<Web>, Query(mut query): Query<DashboardQuery>) -> Response {
    let overview = match web.overview_cache.get().await {
        Ok(overview) => overview,
        Err(error) => return unavailable(error),
    };
    let troubled = match paused::troubled(&web).await {
        Ok(troubled) => troubled,
        Err(error) => return unavailable(error),
    };
    let troubled = paused::section(&troubled, web.password.is_some());
    query.normalize();
    let tv_mode = !query.wall.is_empty();
    let (summary, now) = (Summary::of(&overview), Timestamp::now());
    let content = if tv_mode {
        tv::screen(&overview, "Provider status", &tv_rows(&overview), &summary)
    } else {
        lists(&overview, &query, &Around { summary: &summary, troubled: &troubled, now })
    };
    let feeds = [("Incidents of all providers".to_owned(), "/incidents.atom".to_owned())];
    let page = Page { title: &summary.title(), nav: NavEntry::Dashboard, feeds: &feeds, tv_mode, content };
    page.with_icon(StatusCode::OK, html! {}, icon_path(summary.worst))
}

/// The rows that match the query, in its order.
fn select<'a>(overview: &'a Overview, query: &DashboardQuery) -> Vec<&'a ProviderRow> {
    let filter = FILTERS.iter().find(|(word, ..)| *word == query.show).unwrap_or(&FILTERS[0]).2;
    let matches = |row: &&ProviderRow| filter(row) && (query.category.is_empty() || row.category == query.category);
    let mut rows: Vec<&ProviderRow> = match query.q.as_str() {
        "" => overview.rows.iter().filter(matches).collect(),
        text => overview.search(text).into_iter().filter(matches).collect(),
    };
    match query.sort.as_str() {
        // Stable sorts, so equal rows stay in the order of popularity.
        "worst" => rows.sort_by_key(|row| row.state()),
        "newest" => rows.sort_by_key(|row| Reverse(newest_incident(row))),
        "name" => rows.sort_by_cached_key(|row| row.provider.name.to_lowercase()),
        _ => {}
    }
    rows
}

fn newest_incident(row: &ProviderRow) -> Option<Timestamp> {
    let incidents = row.page_summary.iter().flat_map(|summary| summary.incidents());
    incidents.map(|item| item.since).max()
}

/// What the page says besides the lists.
struct Around<'a> {
    summary: &'a Summary,
    /// The destinations that need attention.
    troubled: &'a Markup,
    now: Timestamp,
}

fn lists(overview: &Overview, query: &DashboardQuery, around: &Around<'_>) -> Markup {
    let rows = select(overview, query);
    let pages = rows.len().div_ceil(PAGE_SIZE).max(1);
    let number = query.page.parse().unwrap_or(1).clamp(1, pages);
    let on_page = &rows[(number - 1) * PAGE_SIZE..rows.len().min(number * PAGE_SIZE)];
    let is_default = query.q.is_empty() && query.show.is_empty() && query.category.is_empty() && query.sort.is_empty();
    let watched_count = if is_default { on_page.iter().take_while(|row| row.watched).count() } else { 0 };
    let (watched, others) = on_page.split_at(watched_count);
    let mut watched = watched.to_vec();
    // The sort is stable: those of equal urgency stay in the order of popularity.
    watched.sort_by_cached_key(|row| row.urgency());
    let is_start = is_default && number == 1;
    html! {
        div.head {
            h1 { "Provider status" }
            a.small href="/?wall=1" { "TV mode" }
        }
        @if is_start { (first_steps::section(overview)) }
        (controls(overview, query))
        // Outside of what the script replaces, so that a screen reader announces the change.
        p.hidden #found role="status" { (rows.len()) @if rows.len() == 1 { " provider" } @else { " providers" } }
        div data-live="20" {
            (around.summary.line())
            (blindness::notes(overview))
            (around.troubled)
            (filters(overview, query))
            @if !watched.is_empty() {
                h2 { "Watched" }
                (list(&watched, "Watched", OfFile::Shown))
            }
            @if is_start { (ended::section(&ended_rows(overview), around.now)) }
            @if !others.is_empty() {
                @if is_default { h2 { "All providers" } }
                (list(others, if is_default { "All providers" } else { "Matching providers" }, OfFile::Shown))
            }
            @if rows.is_empty() { p.empty { (empty(query)) } }
            @if pages > 1 { (pagination(query, number, pages)) }
        }
    }
}

/// The watched providers, or all if none is watched.
fn ended_rows(overview: &Overview) -> Vec<&ProviderRow> {
    let any_watched = overview.rows.iter().any(|row| row.watched);
    overview.rows.iter().filter(|row| row.watched || !any_watched).collect()
}

/// The watched providers, or those with incidents if none is watched.
fn tv_rows(overview: &Overview) -> Vec<&ProviderRow> {
    let any_watched = overview.rows.iter().any(|row| row.watched);
    let is_shown = |row: &&ProviderRow| if any_watched { row.watched } else { row.state().has_incident() };
    overview.rows.iter().filter(is_shown).collect()
}

fn empty(query: &DashboardQuery) -> Markup {
    html! {
        @if !query.q.is_empty() {
            "No provider matches “" strong { (query.q) } "”. You can watch any status page by URL: "
            @if frame::visitor().is_some_and(Visitor::may_have_account) {
                a href={ (paths::WATCH) "?q=" (urls::segment(&query.q)) } { "add its address" } "."
            } @else {
                "run " code { "statuswire probe URL" } "."
            }
        } @else {
            "No providers match this filter."
        }
    }
}

fn controls(overview: &Overview, query: &DashboardQuery) -> Markup {
    let mut categories: Vec<&str> = overview.rows.iter().map(|row| row.category).filter(|it| !it.is_empty()).collect();
    categories.sort_unstable();
    categories.dedup();
    html! {
        form.controls role="search" action="/" data-search {
            div.grow {
                label for="q" { "Search providers" }
                input #q type="search" name="q" value=(query.q) maxlength=(MAX_QUERY_LENGTH) autocomplete="off"
                    spellcheck="false" placeholder="e.g. GitHub, aws, stripe.com";
            }
            // Folded on a phone, unless one of them is used.
            details.filter open[!query.category.is_empty() || !query.sort.is_empty()] {
                summary { "Filter" }
                div {
                    label for="category" { "Category" }
                    select #category name="category" {
                        option value="" { "All categories" }
                        @for category in categories {
                            option value=(category) selected[*category == *query.category] { (category) }
                        }
                    }
                }
                div {
                    label for="sort" { "Sort" }
                    select #sort name="sort" {
                        @for (word, label) in SORTS {
                            option value=(word) selected[word == query.sort] { (label) }
                        }
                    }
                }
            }
            @if !query.show.is_empty() { input type="hidden" name="show" value=(query.show); }
            noscript { button type="submit" { "Search" } }
        }
    }
}

fn filters(overview: &Overview, query: &DashboardQuery) -> Markup {
    html! {
        nav.chips aria-label="Filters" {
            @for (word, label, filter) in FILTERS.into_iter().filter(|(word, ..)| is_offered(overview, word)) {
                a href=(url(&DashboardQuery { show: word.to_owned(), page: String::new(), ..query.clone() }))
                    aria-current=[(query.show == word).then_some("true")] {
                    (label) " " span.soft { (overview.rows.iter().filter(|row| filter(row)).count()) }
                }
            }
        }
    }
}

/// Where people have accounts and the file watches nothing, what is watched is on their own pages.
fn is_offered(overview: &Overview, word: &str) -> bool {
    let has_accounts = frame::visitor().is_some_and(Visitor::may_have_account);
    word != "mine" || !has_accounts || overview.rows.iter().any(|row| row.watched)
}

fn pagination(query: &DashboardQuery, number: usize, pages: usize) -> Markup {
    let to = |page: usize| url(&DashboardQuery { page: page.to_string(), ..query.clone() });
    html! {
        nav.pages aria-label="Pages" {
            @if number > 1 { a rel="prev" href=(to(number - 1)) { "Previous" } }
            span.soft { "Page " (number) " of " (pages) }
            @if number < pages { a rel="next" href=(to(number + 1)) { "Next" } }
        }
    }
}

/// The URL of the dashboard with this query.
fn url(query: &DashboardQuery) -> String {
    urls::with_query("/", query)
}

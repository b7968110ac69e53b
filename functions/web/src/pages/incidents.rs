//! `/incidents`: the incidents of all providers, open ones first, by provider, severity and time. `?before=` continues
//! the ended ones.
use std::time::Duration;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use status::{ids::ProviderId, words::Severity};
use store::{Cursor, StoreError};

use crate::{
    layout::{
        blindness,
        durations::duration,
        frame::{NavEntry, Page, unavailable},
        states::{capitalized, severity},
        times::{ago, time},
    },
    model::{
        listed::{self, Filter, ListedIncident},
        overview::Overview,
    },
    state::Web,
    urls,
};

const PAGE_SIZE: usize = 50;
/// More open ones are counted.
const MAX_OPEN: usize = 200;
const MAX_TEXT: usize = 200;

const SEVERITIES: [(&str, &str, Severity); 2] =
    [("major", "Major", Severity::Major), ("minor", "Minor", Severity::Minor)];
/// Value of `days`, and label.
const TIMES: [(u64, &str); 4] = [(1, "Last 24 hours"), (7, "Last 7 days"), (30, "Last 30 days"), (90, "Last 90 days")];

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct IncidentsQuery {
    /// An ID or a name.
    #[serde(skip_serializing_if = "String::is_empty")]
    provider: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    severity: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    days: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    before: String,
}

impl IncidentsQuery {
    /// Every link on the page repeats the query, so it holds nothing but what is known, and texts are short.
    fn normalize(&mut self) {
        self.provider = self.provider.trim().chars().take(MAX_TEXT).collect();
        if !SEVERITIES.iter().any(|(word, ..)| *word == self.severity) {
            self.severity.clear();
        }
        if !TIMES.iter().any(|(days, _)| days.to_string() == self.days) {
            self.days.clear();
        }
        if self.before.parse::<Cursor>().is_err() {
            self.before.clear();
        }
    }

    /// `None`: there is no such provider.
    fn filter(&self, overview: &Overview, now: Timestamp) -> Option<Filter> {
        let provider = match self.provider.as_str() {
            "" => None,
            text => Some(provider(overview, text)?),
        };
        let days = self.days.parse().ok().map(|days: u64| Duration::from_secs(days * 24 * 3600));
        Some(Filter {
            provider,
            severity: SEVERITIES.iter().find(|(word, ..)| *word == self.severity).map(|(.., severity)| *severity),
            since: days.map(|days| now - days),
        })
    }

    fn url(&self) -> String {
        urls::with_query("/incidents", self)
    }
}

/// By its ID, else the best match of a search.
fn provider(overview: &Overview, text: &str) -> Option<ProviderId> {
    let row = overview.get(text).or_else(|| overview.search(text).into_iter().next())?;
    Some(row.provider.id.clone())
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/incidents", get(show))
}

async fn show(State(web): State<Web>, Query(mut query): Query<IncidentsQuery>) -> Response {
    query.normalize();
    match content(&web, &query, Timestamp::now()).await {
        Ok(content) => {
            let feeds = [("Incidents of all providers".to_owned(), "/incidents.atom".to_owned())];
            Page { title: "Incidents", nav: NavEntry::Incidents, feeds: &feeds, tv_mode: false, content }.response()
        }
        Err(error) => unavailable(error),
    }
}

async fn content(web: &Web, query: &IncidentsQuery, now: Timestamp) -> Result<Markup, StoreError> {
    let overview = web.overview_cache.get().await?;
    let Some(filter) = query.filter(&overview, now) else {
        return Ok(html! {
            (head(query))
            p.empty { "No provider matches “" strong { (query.provider) } "”." }
        });
    };
    let before: Option<Cursor> = query.before.parse().ok();
    let is_first = before.is_none();
    let open = if is_first { listed::open(&overview, &filter) } else { Vec::new() };
    let (ended, next) = listed::ended((&web.store, &overview), &filter, before, PAGE_SIZE, now).await?;
    let chosen = filter.provider.as_ref().and_then(|id| overview.get(id.as_str()));
    Ok(html! {
        (head(query))
        div data-live="60" {
            (blindness::notes(&overview))
            @if let Some(row) = chosen {
                p { "Of " a href=(urls::provider(&row.provider.id)) { (row.provider.name) } }
            }
            @if is_first {
                h2 { "Open (" (open.len()) ")" }
                @if open.is_empty() { p.soft { "No open incidents match." } }
                @else { (list(&overview, open.iter().take(MAX_OPEN), now)) }
                @if open.len() > MAX_OPEN { p.soft { "and " (open.len() - MAX_OPEN) " more" } }
            }
            h2 #ended { "Ended" }
            @if ended.is_empty() { p.soft { @if next.is_some() { "None here." } @else { "No ended incidents match." } } }
            @else { (list(&overview, ended.iter(), now)) }
            (pages(query, next, is_first))
        }
    })
}

fn head(query: &IncidentsQuery) -> Markup {
    html! {
        div.head {
            h1 { "Incidents" }
            span.small { a href="/incidents.atom" { "Atom" } " · " a href="/api/v1/incidents?kind=incident" { "JSON" } }
        }
        form.controls action="/incidents" {
            div.grow {
                label for="provider" { "Provider" }
                input #provider name="provider" value=(query.provider) maxlength=(MAX_TEXT) autocomplete="off"
                    spellcheck="false" placeholder="e.g. GitHub";
            }
            div {
                label for="severity" { "Severity" }
                select #severity name="severity" {
                    option value="" { "All severities" }
                    @for (word, label, _) in SEVERITIES { option value=(word) selected[word == query.severity] { (label) } }
                }
            }
            div {
                label for="days" { "Started" }
                select #days name="days" {
                    option value="" { "Any time" }
                    @for (days, label) in TIMES {
                        option value=(days) selected[days.to_string() == query.days] { (label) }
                    }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

fn list<'a>(overview: &Overview, incidents: impl Iterator<Item = &'a ListedIncident>, now: Timestamp) -> Markup {
    html! {
        div.panel { ul.rows { @for incident in incidents { li { (line(overview, incident, now)) } } } }
    }
}

fn line(overview: &Overview, incident: &ListedIncident, now: Timestamp) -> Markup {
    let ListedIncident { provider, id, kind, title, phase, since, ended_at, no_news_since, .. } = incident;
    let name = overview.get(provider.as_str()).map_or(provider.as_str(), |row| &row.provider.name);
    let seconds = ended_at.unwrap_or(now).duration_since(*since).as_secs();
    html! {
        div.row {
            a.who href=(urls::incident(provider, *kind, id)) { (title) }
            span.severity.(incident.severity.as_str()) { (severity(incident.severity)) }
            div.what {
                a href=(urls::provider(provider)) { (name) }
                @if let Some(phase) = phase { " · " (capitalized(phase.as_str())) }
                " · started " @if ended_at.is_some() { (time(*since)) } @else { (ago(*since)) }
                @if let Some(at) = no_news_since { " · no news since " (time(*at)) }
                @else if ended_at.is_some() { " · lasted " (duration(seconds)) }
            }
        }
    }
}

fn pages(query: &IncidentsQuery, next: Option<Cursor>, is_first: bool) -> Markup {
    let to = |before: String| IncidentsQuery { before, ..query.clone() }.url();
    html! {
        nav.pages aria-label="Pages" {
            @if !is_first { a href=(to(String::new())) { "Newest" } }
            @if let Some(cursor) = next { a rel="next" href={ (to(cursor.to_string())) "#ended" } { "Older" } }
        }
    }
}

//! `/embed/…`: the state of a provider, of the watched list or of an incident as a card for an `<iframe>` elsewhere. A
//! card follows the reader's light or dark theme, and refreshes itself.
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use status::{
    incident_timeline::IncidentTimeline,
    page_state::IncidentState,
    page_summary::{OpenItem, PageSummary, since},
    paths,
};

use super::{facts::read_incident, subject::Subject};
use crate::{
    layout::{
        assets::{ICON_PATH, SCRIPT_PATH},
        durations::duration,
        frame::{head_of, not_found, unavailable},
        incident_words,
        states::{icon, last_known_state, provider_state},
        summary::Summary,
        times::{ago, time},
    },
    middleware::security_headers::Frameable,
    model::{
        board::BoardView,
        freshness,
        overview::{Overview, ProviderRow},
    },
    provider_markdown,
    state::Web,
    urls,
};

/// As of every page, but for the frames that others make.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *";
const MAX_INCIDENTS: usize = 3;
const MAX_PROVIDERS: usize = 30;
const MAX_TEXT_LENGTH: usize = 400;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/embed/watched", get(watched))
        .route("/embed/boards/{address}", get(board))
        .route("/embed/providers/{id}", get(provider))
        .route("/embed/incidents/{provider}/{id}", get(incident))
}

async fn watched(State(web): State<Web>) -> Response {
    match web.overview_cache.get().await {
        Ok(overview) => {
            let rows = overview.rows.iter().filter(|row| row.watched).collect();
            let content = list((&overview, rows), &Summary::of_watched(&overview), Timestamp::now());
            card("Watched providers", &Subject::Watched.page(), &content)
        }
        Err(error) => unavailable(error),
    }
}

async fn board(State(web): State<Web>, Path(address): Path<String>) -> Response {
    match BoardView::read(&web, &address).await {
        Ok(Some(view)) => {
            let (rows, summary) = (view.rows(), Summary::of_chosen(&view.rows()));
            let content = list((&view.overview, rows), &summary, Timestamp::now());
            view.marked(card(&view.board.name, &view.path, &content))
        }
        Ok(None) => not_found(),
        Err(error) => unavailable(error),
    }
}

async fn provider(State(web): State<Web>, Path(id): Path<String>) -> Response {
    let overview = match web.overview_cache.get().await {
        Ok(overview) => overview,
        Err(error) => return unavailable(error),
    };
    match overview.get(&id) {
        Some(row) => {
            let content = of_provider(row, &overview, Timestamp::now());
            card(&row.provider.name, &Subject::Provider(row.provider.id.clone()).page(), &content)
        }
        None => missing(),
    }
}

async fn incident(State(web): State<Web>, Path((provider, id)): Path<(String, String)>) -> Response {
    let (provider, id) = (provider.into(), paths::incident_id(&id));
    let read = async { tokio::try_join!(web.overview_cache.get(), read_incident(&web, &provider, &id)) };
    match read.await {
        Ok((overview, Some(incident_state))) => {
            let row = overview.get(provider.as_str());
            let name = row.map_or(provider.as_str(), |row| &row.provider.name).to_owned();
            let as_of = row.and_then(|row| freshness::as_of(row, &overview, Timestamp::now()));
            let content = of_incident(&incident_state, as_of, Timestamp::now());
            card(&name, &Subject::Incident(provider, id).page(), &content)
        }
        Ok((_, None)) => missing(),
        Err(error) => unavailable(error),
    }
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "There is no provider or incident with this ID.\n").into_response()
}

/// `name`: of the provider, or of the list. `page`: the path of the page about it.
fn card(name: &str, page: &str, content: &Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            (head_of(name, &ICON_PATH, &html! {
                meta name="robots" content="noindex";
                script src=(*SCRIPT_PATH) defer {}
            }))
            body.embedded {
                main data-live="60" {
                    h1 { a href=(page) target="_blank" rel="noopener" { (name) } }
                    (content)
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    ];
    let mut response = (headers, document.into_string()).into_response();
    response.extensions_mut().insert(Frameable);
    response
}

fn of_provider(row: &ProviderRow, overview: &Overview, now: Timestamp) -> Markup {
    let incidents: Vec<&OpenItem> = row.page_summary.iter().flat_map(PageSummary::incidents).collect();
    let more = incidents.len().saturating_sub(MAX_INCIDENTS);
    html! {
        p { (state(row, overview, now)) }
        @if !incidents.is_empty() {
            ul { @for item in incidents.iter().take(MAX_INCIDENTS) { li { (open_incident(row, item)) } } }
        }
        @if more > 0 { p.small.soft { "and " (more) " more" } }
    }
}

/// The state, and of when it is if it may have changed since.
fn state(row: &ProviderRow, overview: &Overview, now: Timestamp) -> Markup {
    html! {
        @match freshness::as_of(row, overview, now) {
            Some(at) => { (last_known_state(row.state())) span.soft.small { " as of " (time(at)) } }
            None => (provider_state(row.state())),
        }
    }
}

fn open_incident(row: &ProviderRow, item: &OpenItem) -> Markup {
    html! {
        a href=(urls::incident(&row.provider.id, item.kind, &item.id)) target="_blank" rel="noopener" { (item.title) }
        span.small.soft {
            @if let Some(phase) = item.phase { " · " (phase.as_str()) }
            " · started " (ago(item.since))
            @if let Some(since) = item.no_news_since { " · no news since " (time(since)) }
        }
    }
}

/// The worst first.
fn list((overview, mut rows): (&Overview, Vec<&ProviderRow>), summary: &Summary, now: Timestamp) -> Markup {
    rows.sort_by_cached_key(|row| row.urgency());
    html! {
        (summary.line())
        @if let Some(at) = freshness::blind_since(overview, now) {
            p.small.soft { "Last known states, as of " (time(at)) }
        }
        ul.rows {
            @for row in rows.iter().take(MAX_PROVIDERS) {
                li { div.row {
                    a.who href=(urls::provider(&row.provider.id)) target="_blank" rel="noopener" { (row.provider.name) }
                    span { (state(row, overview, now)) }
                } }
            }
        }
        @if rows.len() > MAX_PROVIDERS { p.small.soft { "and " (rows.len() - MAX_PROVIDERS) " more" } }
    }
}

fn of_incident(incident_state: &IncidentState, as_of: Option<Timestamp>, now: Timestamp) -> Markup {
    let state = incident_words::state(incident_state, &IncidentTimeline::of(incident_state));
    let (incident, began_at) = (&incident_state.incident, since(incident_state));
    let lasted = incident_state.ended.map_or(now, |ended| ended.at).duration_since(began_at).as_secs();
    html! {
        p {
            span.state.(state.as_str()) {
                (icon(state)) (incident_words::kind(incident_state)) ", " (incident_words::phase(incident_state).to_lowercase())
            }
            span.small.soft {
                @if incident_state.is_open() { " · started " (ago(began_at)) } @else { " · lasted " (duration(lasted)) }
                @if let (Some(at), true) = (as_of, incident_state.is_open()) { " · as of " (time(at)) }
            }
        }
        p.strong { (incident.title) }
        @if let Some((update, body)) = incident.updates.last().and_then(|update| Some((update, update.body.as_ref()?))) {
            (provider_markdown::render(body, MAX_TEXT_LENGTH))
            @if let Some(posted_at) = update.posted_at { p.small.soft { "Updated " (ago(posted_at)) } }
        }
    }
}

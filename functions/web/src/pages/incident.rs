//! `/incidents/{provider}/{incident}` and `/maintenances/…`: one incident: its facts, its components and the provider's
//! updates. Alerts link to the first path for both kinds, so each path finds either kind.
mod affected;
mod alerted;
mod banner;
mod impact;
mod intervals;
mod timeline;
mod timing;
mod view;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;
use status::{
    ids::{IncidentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::IncidentState,
    page_summary::since,
    paths,
    snapshot::Kind,
    words::Severity,
};
use store::StoreError;

use self::{
    alerted::Alerted,
    view::{IncidentView, Source},
};
use crate::{
    embed::{shared_link, subject::Subject},
    layout::{
        frame::{NavEntry, Page, message, social_meta, unavailable},
        incident_words, states,
        times::utc,
    },
    model::overview::{Overview, ProviderRow, last_polled},
    state::Web,
    urls,
};

#[derive(Deserialize)]
struct IncidentQuery {
    /// `oldest` lists the oldest update first.
    order: Option<String>,
}

type Ids = Path<(String, String)>;

/// An id may be several segments: older links are percent-encoded, and some servers decode a path before they hand it
/// on.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/incidents/{provider}/{*incident}", get(incident))
        .route("/maintenances/{provider}/{*incident}", get(maintenance))
}

async fn incident(
    State(web): State<Web>,
    Path((provider, incident)): Ids,
    Query(query): Query<IncidentQuery>,
) -> Response {
    show(&web, &provider.into(), Kind::Incident, &paths::incident_id(&incident), &query).await
}

async fn maintenance(
    State(web): State<Web>,
    Path((provider, incident)): Ids,
    Query(query): Query<IncidentQuery>,
) -> Response {
    show(&web, &provider.into(), Kind::Maintenance, &paths::incident_id(&incident), &query).await
}

/// `kind`: the kind to look for first; the other is found too.
async fn show(web: &Web, provider: &ProviderId, kind: Kind, incident: &IncidentId, query: &IncidentQuery) -> Response {
    let read = async {
        tokio::try_join!(
            web.overview_cache.get(),
            web.store.page(provider),
            web.store.incident(provider, kind, incident),
            alerted(web, provider, incident),
        )
    };
    let (overview, record, incident_state, alerted) = match read.await {
        Ok((overview, ..)) if overview.is_private(provider) => return unknown_incident(&overview, provider),
        Ok((overview, record, Some(incident_state), alerted)) => (overview, record, incident_state, alerted),
        Ok((overview, _, None, _)) => return unknown_incident(&overview, provider),
        Err(error) => return unavailable(error),
    };
    let row = overview.get(provider.as_str());
    let components = record.iter().flat_map(|record| &record.page_state.components);
    let view = IncidentView {
        provider,
        provider_name: row.map_or(provider.as_str(), |row| &row.provider.name),
        incident_state: &incident_state,
        components: components.clone().map(|component| (&component.id, component)).collect(),
        names: components.map(|component| (&component.id, component.full_name())).collect(),
        source: source(row, &overview),
        alerted,
        now: Timestamp::now(),
    };
    page(web, &view, query.order.as_deref() == Some("oldest"))
}

/// `None` on a public instance.
async fn alerted(web: &Web, provider: &ProviderId, incident: &IncidentId) -> Result<Option<Alerted>, StoreError> {
    match web.password {
        Some(_) => Alerted::read(&web.store, provider, incident).await.map(Some),
        None => Ok(None),
    }
}

fn source(row: Option<&ProviderRow>, overview: &Overview) -> Source {
    match row.and_then(ProviderRow::as_of) {
        Some(at) => Source::Failing(at),
        None => Source::Readable(row.and_then(|row| last_polled(row, row.longest_interval(), &overview.rounds))),
    }
}

fn unknown_incident(overview: &Overview, provider: &ProviderId) -> Response {
    let Some(row) = overview.get(provider.as_str()) else {
        return message(StatusCode::NOT_FOUND, "Incident not found", "There is no provider with this ID either.");
    };
    let content = html! {
        h1 { "Incident not found" }
        p { (row.provider.name) " has no incident with this ID." }
        p { a href=(urls::provider(provider)) { "Go to " (row.provider.name) } }
    };
    let page = Page { title: "Incident not found", nav: NavEntry::None, feeds: &[], tv_mode: false, content };
    page.with_status(StatusCode::NOT_FOUND)
}

fn page(web: &Web, view: &IncidentView<'_>, is_oldest_first: bool) -> Response {
    let incident = &view.incident_state.incident;
    let title = title(view);
    let own_path = urls::incident(view.provider, incident.kind, &incident.id);
    let feeds = [(format!("Incidents of {}", view.provider_name), urls::feed(view.provider))];
    let (subject, description) = (Subject::Incident(view.provider.clone(), incident.id.clone()), description(view));
    let head = html! {
        (social_meta(&title, &description, &own_path))
        (shared_link::head(web, &subject, &title, &description))
    };
    let timeline = IncidentTimeline::of(view.incident_state);
    let content = html! {
        div data-live="20" {
            (banner::banner(view, &timeline))
            (banner::actions(view, &own_path))
            (timing::notes(view))
            div.two {
                div {
                    (banner::latest(view))
                    (timing::reschedules(view))
                    (impact::section(view, &timeline))
                    (timeline::list(view, &own_path, is_oldest_first))
                }
                aside {
                    (timing::list(view))
                    @if let Some(alerted) = &view.alerted { (alerted::section(alerted)) }
                }
            }
        }
    };
    Page { title: &title, nav: NavEntry::None, feeds: &feeds, tv_mode: false, content }.with_head(StatusCode::OK, head)
}

/// `Major – Acme: Slow requests`; `Resolved – …` after its end.
fn title(view: &IncidentView<'_>) -> String {
    let incident_state = view.incident_state;
    let state = match incident_state.severity {
        _ if !incident_state.is_open() => incident_words::phase(incident_state),
        Severity::Maintenance => "Maintenance".to_owned(),
        severity => states::severity(severity),
    };
    format!("{state} – {}: {}", view.provider_name, incident_state.incident.title)
}

/// One sentence for shared links.
fn description(view: &IncidentView<'_>) -> String {
    let IncidentState { incident, .. } = view.incident_state;
    let what = incident_words::kind(view.incident_state);
    let phase = incident.phase.map(|phase| format!(", {}", phase.as_str())).unwrap_or_default();
    let started_at = utc(since(view.incident_state));
    let time = match view.incident_state.ended {
        Some(ended) => format!("{started_at} to {}", utc(ended.at)),
        None => format!("since {started_at}"),
    };
    let components = match incident.components.len() {
        0 => String::new(),
        1 => ", 1 component".to_owned(),
        many => format!(", {many} components"),
    };
    format!("{what} of {}{phase}, {time}{components}.", view.provider_name)
}

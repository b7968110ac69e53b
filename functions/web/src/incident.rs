//! `/incidents/{provider}/{incident}` and `/maintenances/…`: everything that is known of one incident: how it went, for
//! which components, and in the vendor's own words. Alerts of both kinds link to the first address, so each finds the other.
mod affected;
mod facts;
mod timeline;

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
    ids::{ComponentId, IncidentId, ProviderId},
    page_state::{IncidentState, PageState},
    page_summary::since,
    snapshot::Kind,
    words::Severity,
};
use store::StoreError;

use crate::{
    Web,
    overview::{Overview, State},
    paths,
    shell::{Page, Under, broken, component_name, sentence, shared_as},
};

#[derive(Deserialize)]
struct Asked {
    /// `oldest` begins with the first update.
    order: Option<String>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/incidents/{provider}/{incident}", get(incident))
        .route("/maintenances/{provider}/{incident}", get(maintenance))
}

type Ids = Path<(String, String)>;

async fn incident(Shared(web): Shared<Web>, Path((provider, incident)): Ids, Query(asked): Query<Asked>) -> Response {
    answer(&web, &provider.into(), [Kind::Incident, Kind::Maintenance], &incident.into(), &asked).await
}

async fn maintenance(
    Shared(web): Shared<Web>,
    Path((provider, incident)): Ids,
    Query(asked): Query<Asked>,
) -> Response {
    answer(&web, &provider.into(), [Kind::Maintenance, Kind::Incident], &incident.into(), &asked).await
}

/// An incident with what is needed to show it.
struct Known<'a> {
    provider: &'a ProviderId,
    provider_name: &'a str,
    incident_state: &'a IncidentState,
    /// Of its page, as it is now.
    page_state: Option<&'a PageState>,
    /// Its page cannot be read, so what is believed is how it was before.
    is_unreadable: bool,
    now: Timestamp,
}

impl<'a> Known<'a> {
    fn name(&self, id: &'a ComponentId) -> &'a str {
        component_name(self.page_state, id)
    }
}

async fn answer(web: &Web, provider: &ProviderId, kinds: [Kind; 2], incident: &IncidentId, asked: &Asked) -> Response {
    let found = async {
        let (overview, record, first) = tokio::try_join!(
            web.overviews.get(),
            web.store.page(provider),
            web.store.incident(provider, kinds[0], incident),
        )?;
        let incident_state = match first {
            None => web.store.incident(provider, kinds[1], incident).await?,
            found => found,
        };
        Ok::<_, StoreError>((overview, record, incident_state))
    };
    let (overview, record, incident_state) = match found.await {
        Ok((overview, record, Some(incident_state))) => (overview, record, incident_state),
        Ok((overview, _, None)) => return unknown(&overview, provider),
        Err(error) => return broken(error),
    };
    let row = overview.get(provider.as_str());
    let known = Known {
        provider,
        provider_name: row.map_or(provider.as_str(), |row| &row.provider.name),
        incident_state: &incident_state,
        page_state: record.as_ref().map(|record| &record.page_state),
        is_unreadable: row.is_some_and(|row| row.state() == State::Unreadable),
        now: Timestamp::now(),
    };
    let is_oldest_first = asked.order.as_deref() == Some("oldest");
    let title = format!("{}: {}", known.provider_name, incident_state.incident.title);
    let own_path = paths::incident(provider, incident_state.incident.kind, incident);
    let feeds = [(format!("Incidents of {}", known.provider_name), paths::feed(provider))];
    let head = shared_as(&title, &about(&known), &own_path);
    let content = content(&known, &own_path, is_oldest_first);
    Page { title: &title, under: Under::Nothing, feeds: &feeds, wall: false, content }.with_head(StatusCode::OK, head)
}

fn unknown(overview: &Overview, provider: &ProviderId) -> Response {
    let Some(row) = overview.get(provider.as_str()) else {
        return sentence(
            StatusCode::NOT_FOUND,
            "No incident has this id",
            "Nor is a provider of this id watched here.",
        );
    };
    let content = html! {
        h1 { "No incident has this id" }
        p { "None that was seen on the status page of " (row.provider.name) " is called that." }
        p { a href=(paths::provider(provider)) { "To " (row.provider.name) } }
    };
    let page = Page { title: "Unknown incident", under: Under::Nothing, feeds: &[], wall: false, content };
    page.with(StatusCode::NOT_FOUND)
}

fn content(known: &Known<'_>, own_path: &str, is_oldest_first: bool) -> Markup {
    html! {
        div data-live="20" {
            nav.crumbs aria-label="You are here" {
                a href="/" { "Dashboard" } " / " a href=(paths::provider(known.provider)) { (known.provider_name) }
            }
            div.head { h1 { (known.incident_state.incident.title) } }
            (facts::state_line(known))
            (facts::remarks(known))
            (facts::list(known))
            (facts::moved(known))
            (affected::table(known))
            (timeline::list(known, own_path, is_oldest_first))
        }
    }
}

/// One sentence for whoever gets a link to it.
fn about(known: &Known<'_>) -> String {
    let IncidentState { incident, severity, .. } = known.incident_state;
    let what = match severity {
        Severity::Maintenance => "Maintenance".to_owned(),
        severity => format!("{} incident", capital(severity.as_str())),
    };
    let phase = incident.phase.map(|phase| format!(", {}", phase.as_str())).unwrap_or_default();
    let date = |at: Timestamp| at.strftime("%-d %b %Y, %H:%M UTC").to_string();
    let time = match known.incident_state.ended {
        Some(ended) => format!("{} to {}", date(since(known.incident_state)), date(ended.at)),
        None => format!("since {}", date(since(known.incident_state))),
    };
    let components = match incident.components.len() {
        0 => String::new(),
        1 => ", 1 component".to_owned(),
        many => format!(", {many} components"),
    };
    format!("{what} of {}{phase}, {time}{components}.", known.provider_name)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

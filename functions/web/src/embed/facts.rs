//! What a picture and a shared link say, read from the store for one request.
use jiff::Timestamp;
use status::{
    ids::{IncidentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::IncidentState,
    page_summary::PageSummary,
    snapshot::Kind,
};
use store::StoreError;

use super::subject::Subject;
use crate::{
    layout::{incident_words, summary::Summary, times::utc},
    model::{
        freshness,
        overview::{Overview, ProviderRow},
        provider_state::ProviderState,
    },
    state::Web,
};

const MAX_TITLES: usize = 2;

pub(super) struct Facts {
    pub(super) state: ProviderState,
    /// The provider's name, if the title is not it.
    pub(super) provider_name: Option<String>,
    /// The name of a provider, or the title of an incident.
    pub(super) title: String,
    /// How it is, in few words.
    pub(super) status: String,
    /// The titles of open incidents, and of when all of this is if it may have changed since.
    pub(super) notes: Vec<String>,
}

impl Facts {
    /// `None`: there is no such provider or incident.
    pub(super) async fn read(web: &Web, subject: &Subject) -> Result<Option<Self>, StoreError> {
        let overview = web.overview_cache.get().await?;
        let now = Timestamp::now();
        Ok(match subject {
            Subject::Watched => Some(Self::of_watched(&overview, now)),
            Subject::Provider(provider) => overview.get(provider.as_str()).map(|row| Self::of(row, &overview, now)),
            Subject::Incident(provider, incident) => {
                let found = read_incident(web, provider, incident).await?;
                found.map(|incident_state| Self::of_incident(provider, &incident_state, &overview, now))
            }
        })
    }

    fn of_watched(overview: &Overview, now: Timestamp) -> Self {
        let summary = Summary::of_watched(overview);
        let blind_since = freshness::blind_since(overview, now);
        Self {
            state: dated(summary.state(), blind_since),
            provider_name: None,
            title: "Watched providers".to_owned(),
            status: summary.text(),
            notes: blind_since.map(last_known).into_iter().chain(summary.others()).collect(),
        }
    }

    fn of(row: &ProviderRow, overview: &Overview, now: Timestamp) -> Self {
        let as_of = freshness::as_of(row, overview, now);
        let open: Vec<&str> = row.page_summary.iter().flat_map(PageSummary::incidents).map(|it| &*it.title).collect();
        let more = open.len().saturating_sub(MAX_TITLES);
        let titles = open.iter().take(MAX_TITLES).map(|title| (*title).to_owned());
        let more = (more > 0).then(|| format!("and {more} more"));
        Self {
            state: dated(row.state(), as_of),
            provider_name: None,
            title: row.provider.name.clone(),
            status: row.state().label().to_owned(),
            // The age first: there may be no room for all.
            notes: as_of.map(last_known).into_iter().chain(titles).chain(more).collect(),
        }
    }

    fn of_incident(provider: &ProviderId, incident_state: &IncidentState, overview: &Overview, now: Timestamp) -> Self {
        let row = overview.get(provider.as_str());
        let as_of = row.and_then(|row| freshness::as_of(row, overview, now)).filter(|_| incident_state.is_open());
        let (kind, phase) = (incident_words::kind(incident_state), incident_words::phase(incident_state));
        Self {
            state: incident_words::state(incident_state, &IncidentTimeline::of(incident_state)),
            provider_name: Some(row.map_or(provider.as_str(), |row| &row.provider.name).to_owned()),
            title: incident_state.incident.title.clone(),
            status: format!("{kind}, {}", phase.to_lowercase()),
            notes: as_of.map(last_known).into_iter().collect(),
        }
    }

    /// The same in one line.
    pub(super) fn line(&self) -> String {
        let name = self.provider_name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        format!("{name}{} – {}", self.title, self.status)
    }
}

/// An incident or a maintenance; none of a page that only its accounts may see.
pub(super) async fn read_incident(
    web: &Web,
    provider: &ProviderId,
    incident: &IncidentId,
) -> Result<Option<IncidentState>, StoreError> {
    if web.overview_cache.get().await?.is_private(provider) {
        return Ok(None);
    }
    web.store.incident(provider, Kind::Incident, incident).await
}

fn dated(state: ProviderState, as_of: Option<Timestamp>) -> ProviderState {
    if as_of.is_some() { state.if_outdated() } else { state }
}

fn last_known(at: Timestamp) -> String {
    format!("Last known state, as of {}", utc(at))
}

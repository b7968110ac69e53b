//! Incidents in lists: open ones from the summaries of their pages, ended ones from the store.
use jiff::Timestamp;
use status::{
    ids::{IncidentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::IncidentState,
    page_summary::{OpenItem, since},
    snapshot::Kind,
    words::{Phase, Severity},
};
use store::{Cursor, CursorPage, Store, StoreError};

use super::{filtered_page::filtered_page, overview::Overview};

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedIncident {
    pub(crate) provider: ProviderId,
    pub(crate) id: IncidentId,
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) phase: Option<Phase>,
    pub(crate) severity: Severity,
    pub(crate) since: Timestamp,
    /// `None` while open.
    pub(crate) ended_at: Option<Timestamp>,
    /// Of an open one: its source has had no news of it since then.
    pub(crate) no_news_since: Option<Timestamp>,
}

/// Which incidents are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) provider: Option<ProviderId>,
    pub(crate) severity: Option<Severity>,
    /// Started then or later.
    pub(crate) since: Option<Timestamp>,
}

impl Filter {
    fn is_wanted(&self, incident: &ListedIncident) -> bool {
        incident.kind == Kind::Incident
            && self.provider.as_ref().is_none_or(|provider| *provider == incident.provider)
            && self.severity.is_none_or(|severity| severity == incident.severity)
            && self.since.is_none_or(|since| incident.since >= since)
    }
}

/// Those that the page summaries hold: current ones first, by severity and start.
pub(crate) fn open(overview: &Overview, filter: &Filter) -> Vec<ListedIncident> {
    let summaries = overview.rows.iter().filter_map(|row| row.page_summary.as_ref());
    let listed =
        summaries.flat_map(|summary| summary.open.iter().map(|item| ListedIncident::open(&summary.provider, item)));
    let mut open: Vec<ListedIncident> = listed.filter(|incident| filter.is_wanted(incident)).collect();
    open.sort_by_key(|incident| {
        let (severity, since) = (std::cmp::Reverse(incident.severity), std::cmp::Reverse(incident.since));
        (incident.no_news_since.is_some(), severity, since)
    });
    open
}

/// Newest start first, at most `limit` of those after the cursor, and the cursor of the next ones.
pub(crate) async fn ended(
    (store, overview): (&Store, &Overview),
    filter: &Filter,
    before: Option<Cursor>,
    limit: usize,
    now: Timestamp,
) -> Result<(Vec<ListedIncident>, Option<Cursor>), StoreError> {
    let read = async |before: Option<Cursor>, limit: usize| match &filter.provider {
        Some(provider) => {
            let page = store.newest_timelines(provider, before.as_ref(), limit).await?;
            let rows = page.rows.into_iter();
            let rows = rows.map(|(cursor, timeline)| (cursor, ListedIncident::past(provider, timeline)));
            Ok(CursorPage { rows: rows.collect(), more: page.more })
        }
        None => store.recent_page(now, before.as_ref(), limit, ListedIncident::of).await,
    };
    let is_listed =
        |row: &ListedIncident| row.ended_at.is_some() && filter.is_wanted(row) && !overview.is_private(&row.provider);
    filtered_page(before, limit, read, is_listed).await
}

impl ListedIncident {
    fn open(provider: &ProviderId, item: &OpenItem) -> Self {
        Self {
            provider: provider.clone(),
            id: item.id.clone(),
            kind: item.kind,
            title: item.title.clone(),
            phase: item.phase,
            severity: item.severity,
            since: item.since,
            ended_at: None,
            no_news_since: item.no_news_since,
        }
    }

    fn of(provider: ProviderId, state: IncidentState) -> Self {
        let since = since(&state);
        let IncidentState { incident, severity, ended, no_news_since, .. } = state;
        Self {
            provider,
            id: incident.id,
            kind: incident.kind,
            title: incident.title,
            phase: incident.phase,
            severity,
            since,
            ended_at: ended.map(|ended| ended.at),
            no_news_since,
        }
    }

    fn past(provider: &ProviderId, timeline: IncidentTimeline) -> Self {
        Self {
            provider: provider.clone(),
            id: timeline.id,
            kind: timeline.kind,
            title: timeline.title,
            phase: timeline.phase,
            severity: timeline.severity,
            since: timeline.began_at,
            ended_at: timeline.ended_at,
            no_news_since: timeline.no_news_since,
        }
    }
}

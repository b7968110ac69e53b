//! Translates the records of the store and the overview into the API's types.
use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use status::{
    ids::{ComponentId, IncidentId, ProviderId},
    incident_timeline::{ComponentInterval, IncidentTimeline},
    page_state::{HowEnded, IncidentState, PageState, Rescheduled},
    page_summary::{OpenItem, since},
    snapshot::{self, Kind, Window},
    words,
};

use super::types::{self, Affected, Incident, IncidentRow, Links, Provider, ProviderRef, Time, TroubleReading, Update};
use crate::{
    model::overview::{Overview, ProviderRow, last_polled},
    provider_markdown::http_url,
    urls,
};

pub(super) fn provider(row: &ProviderRow, overview: &Overview) -> Provider {
    let page = &row.provider;
    let summary = row.page_summary.as_ref();
    let reference = provider_ref(&page.id, overview);
    Provider {
        id: page.id.to_string(),
        name: page.name.clone(),
        page_url: page.page_url.clone(),
        category: Some(row.category).filter(|category| !category.is_empty()),
        watched: row.watched,
        no_alerts: row.is_silent,
        state: row.state().into(),
        state_as_of: row.as_of().map(Time),
        components: summary.map(|summary| summary.components),
        components_in_trouble: summary.map(|summary| summary.in_trouble),
        open: summary.map(|summary| summary.open.iter().map(|item| open_item(&reference, item)).collect()),
        more_open: summary.map(|summary| summary.more_open),
        watched_since: summary.map(|summary| Time(summary.watched_since)),
        last_read_at: summary.and_then(|_| last_polled(row, row.longest_interval(), &overview.rounds)).map(Time),
        read_every_seconds: row.longest_interval().as_secs(),
        trouble_reading: row.failing.as_ref().map(|health| TroubleReading {
            state: health.state.into(),
            since: Time(health.since),
            failures: health.failures,
            reason: health.reason.clone(),
        }),
        links: Links { this: urls::api_provider(&page.id), html: urls::provider(&page.id) },
    }
}

/// A provider that is no longer listed has its id as its name.
pub(super) fn provider_ref(id: &ProviderId, overview: &Overview) -> ProviderRef {
    let name = overview.get(id.as_str()).map_or(id.as_str(), |row| &row.provider.name);
    ProviderRef { id: id.to_string(), name: name.to_owned() }
}

pub(super) fn component(component: &snapshot::Component) -> types::Component {
    types::Component {
        id: component.id.to_string(),
        name: component.name.clone(),
        group: component.group.clone(),
        status: component.status.into(),
    }
}

/// The fields that every source of a row has.
struct RowFields<'a> {
    id: &'a IncidentId,
    kind: Kind,
    title: &'a str,
    phase: Option<words::Phase>,
    impact: Option<words::Impact>,
    severity: words::Severity,
    began_at: Timestamp,
    ended: Option<(Timestamp, Option<HowEnded>)>,
    window: Option<Window>,
    no_news_since: Option<Timestamp>,
}

fn row(provider: &ProviderRef, fields: &RowFields<'_>) -> IncidentRow {
    let id = ProviderId::new(&provider.id);
    IncidentRow {
        provider: ProviderRef { id: provider.id.clone(), name: provider.name.clone() },
        id: fields.id.to_string(),
        kind: fields.kind.into(),
        title: fields.title.to_owned(),
        phase: fields.phase.map(Into::into),
        impact: fields.impact.map(Into::into),
        severity: fields.severity.into(),
        open: fields.ended.is_none(),
        stale: fields.ended.is_none() && fields.no_news_since.is_some(),
        no_news_since: fields.no_news_since.filter(|_| fields.ended.is_none()).map(Time),
        began_at: Time(fields.began_at),
        ended_at: fields.ended.map(|(at, _)| Time(at)),
        how_ended: fields.ended.and_then(|(_, how)| how).map(Into::into),
        planned_start: fields.window.and_then(|window| window.starts_at).map(Time),
        planned_end: fields.window.and_then(|window| window.ends_at).map(Time),
        links: Links { this: urls::api_incident(&id, fields.id), html: urls::incident(&id, fields.kind, fields.id) },
    }
}

pub(super) fn open_item(provider: &ProviderRef, item: &OpenItem) -> IncidentRow {
    row(
        provider,
        &RowFields {
            id: &item.id,
            kind: item.kind,
            title: &item.title,
            phase: item.phase,
            impact: item.impact,
            severity: item.severity,
            began_at: item.since,
            ended: None,
            window: item.window,
            no_news_since: item.no_news_since,
        },
    )
}

pub(super) fn maintenance(provider: &ProviderRef, maintenance: &IncidentTimeline) -> types::MaintenanceRow {
    let planned = |window: Window| types::PlannedTime {
        planned_start: window.starts_at.map(Time),
        planned_end: window.ends_at.map(Time),
    };
    let rescheduled_from = maintenance.moved_from.map(planned);
    types::MaintenanceRow { row: timeline(provider, maintenance), rescheduled_from }
}

pub(super) fn timeline(provider: &ProviderRef, timeline: &IncidentTimeline) -> IncidentRow {
    row(
        provider,
        &RowFields {
            id: &timeline.id,
            kind: timeline.kind,
            title: &timeline.title,
            phase: timeline.phase,
            impact: timeline.impact,
            severity: timeline.severity,
            began_at: timeline.began_at,
            ended: timeline.ended_at.map(|at| (at, timeline.how_ended)),
            window: timeline.window,
            no_news_since: timeline.no_news_since,
        },
    )
}

pub(super) fn incident_state(provider: &ProviderRef, incident_state: &IncidentState) -> IncidentRow {
    let incident = &incident_state.incident;
    row(
        provider,
        &RowFields {
            id: &incident.id,
            kind: incident.kind,
            title: &incident.title,
            phase: incident.phase,
            impact: incident.impact,
            severity: incident_state.severity,
            began_at: since(incident_state),
            ended: incident_state.ended.map(|ended| (ended.at, Some(ended.how))),
            window: incident.window,
            no_news_since: incident_state.no_news_since,
        },
    )
}

/// Components get the names that the page gives them now.
pub(super) fn incident(provider: &ProviderRef, state: &IncidentState, page_state: Option<&PageState>) -> Incident {
    let components = page_state.into_iter().flat_map(|page_state| &page_state.components);
    let names: HashMap<&ComponentId, &snapshot::Component> =
        components.map(|component| (&component.id, component)).collect();
    let affected = |all: &[snapshot::Affected]| {
        let convert = |it: &snapshot::Affected| Affected {
            id: it.id.to_string(),
            name: names.get(&it.id).map(|component| component.name.clone()),
            group: names.get(&it.id).and_then(|component| component.group.clone()),
            status: it.status.map(Into::into),
        };
        all.iter().map(convert).collect::<Vec<_>>()
    };
    let incident = &state.incident;
    let first_posted_at = incident.updates.iter().filter_map(|update| update.posted_at).min();
    let mut room = Room(MAX_BYTES);
    let mut components = affected(&incident.components);
    let all_components = components.len();
    components.truncate(room.for_all(&components));
    let newest_first = incident.updates.iter().rev().map(|update| Update {
        id: update.id.to_string(),
        phase: update.phase.map(Into::into),
        posted_at: update.posted_at.map(Time),
        body: update.body.clone(),
        edited_at: state.edited.get(&update.id).copied().map(Time),
        components: affected(&update.components),
    });
    let mut updates: Vec<Update> = newest_first.take_while(|update| room.takes(update)).collect();
    updates.reverse();
    Incident {
        row: incident_state(provider, state),
        origin: state.origin.into(),
        url: incident.url.as_deref().and_then(http_url).map(str::to_owned),
        first_posted_at: first_posted_at.map(Time),
        posting_delay_seconds: seconds_between(incident.started_at, first_posted_at),
        first_seen_at: Time(state.first_seen_at),
        detection_delay_seconds: seconds_between(first_posted_at, Some(state.first_seen_at))
            .filter(|_| !state.backfilled),
        backfilled: state.backfilled,
        episode: state.episode,
        more_components: all_components - components.len(),
        earlier_updates: incident.updates.len() - updates.len(),
        components,
        impact_periods: impact_periods(state),
        rescheduled: state.rescheduled.iter().map(rescheduled).collect(),
        updates,
    }
}

/// `None` if either is not known, or the second is before the first.
fn seconds_between(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<i64> {
    let seconds = to?.duration_since(from?).as_secs();
    (seconds >= 0).then_some(seconds)
}

fn impact_periods(state: &IncidentState) -> Vec<types::ImpactPeriod> {
    let period = |interval: ComponentInterval| types::ImpactPeriod {
        component: interval.component.to_string(),
        status: interval.status.unwrap_or(words::ComponentStatus::Unknown).into(),
        started_at: Time(interval.from),
        ended_at: interval.until.map(Time),
    };
    IncidentTimeline::of(state).intervals.into_iter().take(MAX_PERIODS).map(period).collect()
}

fn rescheduled(change: &Rescheduled) -> types::Rescheduled {
    types::Rescheduled {
        planned_start: change.from.starts_at.map(Time),
        planned_end: change.from.ends_at.map(Time),
        noticed_at: Time(change.noticed_at),
    }
}

const MAX_PERIODS: usize = 500;

/// Of the lists in a response that a provider fills.
const MAX_BYTES: usize = 3 << 19;

/// The bytes that a response has left.
pub(super) struct Room(usize);

impl Room {
    pub(super) fn of_a_response() -> Self {
        Self(MAX_BYTES)
    }

    /// Whether there is room for this; if there is, it is used.
    pub(super) fn takes(&mut self, item: &impl Serialize) -> bool {
        let bytes = serde_json::to_vec(item).map_or(usize::MAX, |json| json.len() + 1);
        let fits = bytes <= self.0;
        self.0 = if fits { self.0 - bytes } else { 0 };
        fits
    }

    /// How many of these, from the first on, there is room for: together they take half of it at most.
    fn for_all(&mut self, items: &[impl Serialize]) -> usize {
        let mut half = Self(self.0 / 2);
        let before = half.0;
        let number = items.iter().take_while(|item| half.takes(item)).count();
        self.0 -= before - half.0;
        number
    }
}

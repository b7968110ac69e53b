//! What the store and the overview know, in the API's words.
use std::collections::HashMap;

use jiff::Timestamp;
use status::{
    ids::{ComponentId, IncidentId, ProviderId},
    incident_timeline::IncidentTimeline,
    page_state::{HowEnded, IncidentState, PageState},
    page_summary::{OpenItem, since},
    snapshot::{self, Kind, Window},
    words,
};

use crate::{
    api::model::{self, Affected, Incident, IncidentRow, Links, Provider, ProviderRef, Time, TroubleReading, Update},
    overview::{Overview, Row, last_read},
    paths,
};

pub(crate) fn provider(row: &Row, overview: &Overview) -> Provider {
    let page = &row.provider;
    let page_summary = row.page_summary.as_ref();
    let of = provider_ref(&page.id, overview);
    Provider {
        id: page.id.to_string(),
        name: page.name.clone(),
        page_url: page.page_url.clone(),
        category: Some(row.category).filter(|category| !category.is_empty()),
        watched: row.mine,
        state: row.state().into(),
        components: page_summary.map(|page_summary| page_summary.components),
        components_in_trouble: page_summary.map(|page_summary| page_summary.in_trouble),
        open: page_summary.map(|page_summary| page_summary.open.iter().map(|item| open_item(&of, item)).collect()),
        more_open: page_summary.map(|page_summary| page_summary.more_open),
        watched_since: page_summary.map(|page_summary| Time(page_summary.watched_since)),
        last_read_at: page_summary.and_then(|_| last_read(row, &overview.rounds)).map(Time),
        read_every_seconds: row.interval().as_secs(),
        trouble_reading: row.failing.as_ref().map(|health| TroubleReading {
            state: health.state.into(),
            since: Time(health.since),
            failures: health.failures,
            reason: health.reason.clone(),
        }),
        links: Links { this: paths::api_provider(&page.id), html: paths::provider(&page.id) },
    }
}

/// A provider that is listed no longer has its id for a name.
pub(crate) fn provider_ref(id: &ProviderId, overview: &Overview) -> ProviderRef {
    let name = overview.get(id.as_str()).map_or(id.as_str(), |row| &row.provider.name);
    ProviderRef { id: id.to_string(), name: name.to_owned() }
}

pub(crate) fn component(component: &snapshot::Component) -> model::Component {
    model::Component {
        id: component.id.to_string(),
        name: component.name.clone(),
        group: component.group.clone(),
        status: component.status.into(),
    }
}

/// What all sources of a row know.
struct Facts<'a> {
    id: &'a IncidentId,
    kind: Kind,
    title: &'a str,
    phase: Option<words::Phase>,
    impact: Option<words::Impact>,
    severity: words::Severity,
    began_at: Timestamp,
    ended: Option<(Timestamp, Option<HowEnded>)>,
    window: Option<Window>,
}

fn row(provider: &ProviderRef, facts: &Facts<'_>) -> IncidentRow {
    let of = ProviderId::new(&provider.id);
    IncidentRow {
        provider: ProviderRef { id: provider.id.clone(), name: provider.name.clone() },
        id: facts.id.to_string(),
        kind: facts.kind.into(),
        title: facts.title.to_owned(),
        phase: facts.phase.map(Into::into),
        impact: facts.impact.map(Into::into),
        severity: facts.severity.into(),
        open: facts.ended.is_none(),
        began_at: Time(facts.began_at),
        ended_at: facts.ended.map(|(at, _)| Time(at)),
        how_ended: facts.ended.and_then(|(_, how)| how).map(Into::into),
        planned_start: facts.window.and_then(|window| window.starts_at).map(Time),
        planned_end: facts.window.and_then(|window| window.ends_at).map(Time),
        links: Links { this: paths::api_incident(&of, facts.id), html: paths::incident(&of, facts.kind, facts.id) },
    }
}

pub(crate) fn open_item(provider: &ProviderRef, item: &OpenItem) -> IncidentRow {
    row(
        provider,
        &Facts {
            id: &item.id,
            kind: item.kind,
            title: &item.title,
            phase: item.phase,
            impact: item.impact,
            severity: item.severity,
            began_at: item.since,
            ended: None,
            window: item.window,
        },
    )
}

pub(crate) fn span(provider: &ProviderRef, span: &IncidentTimeline) -> IncidentRow {
    row(
        provider,
        &Facts {
            id: &span.id,
            kind: span.kind,
            title: &span.title,
            phase: span.phase,
            impact: span.impact,
            severity: span.severity,
            began_at: span.began_at,
            ended: span.ended_at.map(|at| (at, span.how_ended)),
            window: span.window,
        },
    )
}

pub(crate) fn incident_state(provider: &ProviderRef, incident_state: &IncidentState) -> IncidentRow {
    let incident = &incident_state.incident;
    row(
        provider,
        &Facts {
            id: &incident.id,
            kind: incident.kind,
            title: &incident.title,
            phase: incident.phase,
            impact: incident.impact,
            severity: incident_state.severity,
            began_at: since(incident_state),
            ended: incident_state.ended.map(|ended| (ended.at, Some(ended.how))),
            window: incident.window,
        },
    )
}

/// With the names that the page gives its components now.
pub(crate) fn incident(provider: &ProviderRef, known: &IncidentState, page_state: Option<&PageState>) -> Incident {
    let components = page_state.into_iter().flat_map(|page_state| &page_state.components);
    let names: HashMap<&ComponentId, &snapshot::Component> =
        components.map(|component| (&component.id, component)).collect();
    let affected = |all: &[snapshot::Affected]| {
        let named = |it: &snapshot::Affected| Affected {
            id: it.id.to_string(),
            name: names.get(&it.id).map(|component| component.name.clone()),
            group: names.get(&it.id).and_then(|component| component.group.clone()),
            status: it.status.map(Into::into),
        };
        all.iter().map(named).collect::<Vec<_>>()
    };
    let said = &known.incident;
    let is_link = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
    Incident {
        row: incident_state(provider, known),
        origin: known.origin.into(),
        url: said.url.as_ref().filter(is_link).cloned(),
        first_seen_at: Time(known.first_seen_at),
        backfilled: known.backfilled,
        episode: known.episode,
        components: affected(&said.components),
        updates: said
            .updates
            .iter()
            .map(|update| Update {
                id: update.id.to_string(),
                phase: update.phase.map(Into::into),
                posted_at: update.posted_at.map(Time),
                body: update.body.clone(),
                edited_at: known.edited.get(&update.id).copied().map(Time),
                components: affected(&update.components),
            })
            .collect(),
    }
}

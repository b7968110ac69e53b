//! One alert for many: a page that changes everything at once (a mass clean-up, a hostile page) must not send a message
//! for each change.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Alert, IncidentFacts, MAX_IN_TROUBLE, NamedComponent, SummaryItem};
use crate::{
    diff::{Change, ChangeKind},
    ids::{AlertId, IncidentId, digest},
    page_state::PageState,
    provider::Provider,
    snapshot::Kind,
    words::{Event, Severity},
};

/// So many changes of one page in one read are told one by one.
const MAX_SINGLE: usize = 20;
/// Components named in one summary; an item beyond them names none, which filters take for unknown.
const MAX_NAMED: usize = 2_000;
/// In characters.
const MAX_TITLE: usize = 200;

/// The alerts to send for those of one read. If they are too many, one summary stands for all of them, and each
/// incident that it opens remembers that, so that whoever got the summary gets the end.
///
/// `alerts` are those of `changes`, which lead to `after`.
pub fn summarised(
    page: &Provider,
    alerts: Vec<Alert>,
    changes: &[Change],
    after: &mut PageState,
    now: Timestamp,
) -> Vec<Alert> {
    if alerts.len() <= MAX_SINGLE {
        return alerts;
    }
    let summary = summary(page, &alerts, now);
    let opened = changes.iter().filter(|change| change.kind == ChangeKind::Opened);
    let opened: BTreeSet<&IncidentId> = opened.map(|change| &change.incident).collect();
    for known in &mut after.incidents {
        if opened.contains(&known.incident.id) {
            known.opened_in = Some(summary.incident.id.clone());
        }
    }
    vec![summary]
}

fn summary(page: &Provider, alerts: &[Alert], now: Timestamp) -> Alert {
    let ids: Vec<&str> = alerts.iter().map(|alert| alert.id.as_str()).collect();
    let incident = IncidentId::new(format!("summary@{}", &digest(&ids)[..16]));
    let mut named = 0;
    let items = alerts.iter().map(|alert| {
        named += alert.components.len();
        let is_cut = named > MAX_NAMED;
        SummaryItem {
            incident: alert.incident.id.clone(),
            episode: alert.incident.episode,
            title: alert.incident.title.chars().take(MAX_TITLE).collect(),
            event: alert.event,
            severity: alert.severity,
            components: if is_cut { Vec::new() } else { alert.components.clone() },
            tags_everything: alert.tags_everything && !is_cut,
            opened_in: alert.opened_in.clone(),
        }
    });
    Alert {
        id: AlertId::derive(&page.id, &incident, Event::Summary.as_str(), "", 1),
        provider: page.id.clone(),
        provider_name: page.name.clone(),
        page_url: page.page_url.clone(),
        event: Event::Summary,
        severity: alerts.iter().map(|alert| alert.severity).max().unwrap_or(Severity::Minor),
        incident: IncidentFacts {
            id: incident,
            episode: 1,
            kind: Kind::Incident,
            title: title(alerts),
            phase: None,
            impact: None,
            url: None,
            started_at: None,
            ended_at: None,
            window: None,
            first_seen_at: now,
        },
        summary: items.collect(),
        updates: Vec::new(),
        components: Vec::new(),
        in_trouble: in_trouble(alerts),
        tags_everything: false,
        widened: false,
        severity_before: None,
        title_before: None,
        window_before: None,
        how_ended: None,
        note: None,
        seen_at: now,
        destination: None,
        monitor: None,
        account: None,
        unmatched: Vec::new(),
        opened_in: None,
        concerned: Vec::new(),
    }
}

/// What the page shows worse than operational beside what any of the alerts names.
fn in_trouble(alerts: &[Alert]) -> Vec<NamedComponent> {
    let mut seen = BTreeSet::new();
    let all = alerts.iter().flat_map(|alert| &alert.in_trouble).filter(|component| seen.insert(&component.id));
    all.take(MAX_IN_TROUBLE).cloned().collect()
}

/// `34 changes at once: 30 opened, 4 resolved`.
fn title(alerts: &[Alert]) -> String {
    let mut counts: BTreeMap<Event, usize> = BTreeMap::new();
    for alert in alerts {
        *counts.entry(alert.event).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(event, count)| format!("{count} {}", event.as_str())).collect();
    format!("{} changes at once: {}", alerts.len(), counts.join(", "))
}

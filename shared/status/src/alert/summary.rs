//! One alert for many: a page that changes everything at once (a mass clean-up, a hostile page) must not send a message
//! for each change.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Alert, IncidentFacts, MAX_IN_TROUBLE, NamedComponent, SummaryItem,
    in_trouble::{in_trouble_as, said, worse},
};
use crate::{
    bounds::json_bytes,
    diff::{Change, ChangeKind},
    ids::{IncidentId, digest},
    page_state::PageState,
    provider::Provider,
    words::{Event, Severity},
};

/// So many changes of one page in one read are told one by one.
const MAX_SINGLE: usize = 20;
/// Components named in one summary; an item beyond them names none, which filters take for unknown.
const MAX_NAMED: usize = 2_000;
/// What the items of one summary take, in bytes of JSON, about: it must fit into one row. Further ones are another's.
const MAX_ITEM_BYTES: usize = 192 * 1024;
/// What an item takes beside its id and title.
const ITEM_BYTES: usize = 40;
/// In characters.
const MAX_TITLE: usize = 200;

/// The alerts to send for those of one read. If they are too many, one summary stands for all of them, or several if
/// one has no room for their ids. Each incident that it opens remembers that, so that whoever got the summary gets the
/// end.
///
/// `alerts` are those of `changes`, which lead to `after`.
pub fn summarised(
    page: &Provider,
    alerts: Vec<Alert>,
    changes: &[Change],
    after: &mut PageState,
    now: Timestamp,
) -> Vec<Alert> {
    if !is_told_at_once(alerts.len()) {
        return alerts;
    }
    let mut summaries = Vec::new();
    let mut summary_of: BTreeMap<IncidentId, IncidentId> = BTreeMap::new();
    let mut rest = alerts.as_slice();
    while !rest.is_empty() {
        let (part, others) = rest.split_at(room_in_one(rest));
        let summary = summary(page, part, after, now);
        let incidents = part.iter().map(|alert| (alert.incident.id.clone(), summary.incident.id.clone()));
        summary_of.extend(incidents);
        summaries.push(summary);
        rest = others;
    }
    let opened = changes.iter().filter(|change| change.kind == ChangeKind::Opened);
    let opened: BTreeSet<&IncidentId> = opened.map(|change| &change.incident).collect();
    for known in &mut after.incidents {
        if opened.contains(&known.incident.id) {
            known.opened_in = summary_of.get(&known.incident.id).cloned();
        }
    }
    summaries
}

/// How many of the alerts one summary has room for, at least one.
fn room_in_one(alerts: &[Alert]) -> usize {
    let mut bytes = 0;
    let fits = alerts.iter().take_while(|alert| {
        bytes += json_bytes(alert.incident.id.as_str()) + alert.incident.title.len().min(MAX_TITLE) + ITEM_BYTES;
        bytes <= MAX_ITEM_BYTES
    });
    fits.count().max(1)
}

/// Whether one alert stands for so many changes.
pub(super) fn is_told_at_once(changes: usize) -> bool {
    changes > MAX_SINGLE
}

fn summary(page: &Provider, alerts: &[Alert], after: &PageState, now: Timestamp) -> Alert {
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
            opened_in: alert.opened_in.clone().filter(|_| alert.event.is_end()),
        }
    });
    Alert {
        severity: alerts.iter().map(|alert| alert.severity).max().unwrap_or(Severity::Minor),
        summary: items.collect(),
        in_trouble: in_trouble_beside(alerts, after),
        ..Alert::new(page, Event::Summary, IncidentFacts::own(incident, title(alerts), now), "", now)
    }
}

/// What the page shows worse than operational beside what any of the alerts names.
fn in_trouble_beside(alerts: &[Alert], after: &PageState) -> Vec<NamedComponent> {
    let worse = worse(after);
    let (mut seen, mut all) = (BTreeSet::new(), Vec::new());
    for alert in alerts {
        let said = said(&alert.components);
        let beside = worse.iter().filter(|component| !said.contains(&component.id)).take(MAX_IN_TROUBLE);
        all.extend(beside.filter(|component| seen.insert(&component.id)).map(|component| in_trouble_as(component)));
        if all.len() >= MAX_IN_TROUBLE.min(worse.len()) {
            break;
        }
    }
    all.truncate(MAX_IN_TROUBLE);
    all
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

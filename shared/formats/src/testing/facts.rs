//! For unit tests of formats: what was read as text, and what a monitor makes of an incident.
use jiff::Timestamp;
use status::{
    alert::alerts,
    component_match::{PageNames, Subject},
    diff::diff,
    monitor::{ComponentChoice, ComponentFilter, Match},
    page_state::PageState,
    provider::Provider,
    snapshot::{Affected, Component, Incident, Kind, Snapshot, Update},
    words::{ComponentStatus, Phase},
};

use crate::contract::ParsedPage;

/// A time as the fields of a snapshot hold it.
pub(crate) fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

/// Incidents that are known to be open.
pub(crate) fn open_incidents<'a>(ids: &[&'a str]) -> Vec<(Kind, &'a str)> {
    ids.iter().map(|id| (Kind::Incident, *id)).collect()
}

/// Names and states of components, in the order of the snapshot.
pub(crate) fn states(components: &[Component]) -> Vec<(&str, ComponentStatus)> {
    components.iter().map(|component| (component.name.as_str(), component.status)).collect()
}

pub(crate) fn find_incident<'a>(parsed: &'a ParsedPage, id: &str) -> Option<&'a Incident> {
    parsed.snapshot.incidents.iter().find(|incident| incident.id.as_str() == id)
}

#[track_caller]
pub(crate) fn incident<'a>(parsed: &'a ParsedPage, id: &str) -> &'a Incident {
    find_incident(parsed, id).unwrap()
}

#[track_caller]
pub(crate) fn status_of(parsed: &ParsedPage, component: &str) -> ComponentStatus {
    parsed.snapshot.components.iter().find(|known| known.id.as_str() == component).unwrap().status
}

/// Times without the date's century, phases, bodies: `25-01-01T00:20:00Z identified: Still slow`.
pub(crate) fn timeline(updates: &[Update]) -> Vec<String> {
    let line = |update: &Update| {
        let time = update.posted_at.map_or("?".to_owned(), |at| at.to_string()[2..].to_owned());
        let body = update.body.as_deref().unwrap_or_default().replace('\n', " / ");
        format!("{time} {}: {body}", update.phase.map_or("?", Phase::as_str))
    };
    updates.iter().map(line).collect()
}

/// A line for each fact.
pub(crate) fn facts(parsed: &ParsedPage) -> String {
    let time = |time: Option<Timestamp>| time.map_or("-".into(), |time| time.to_string());
    let mut lines = Vec::new();
    for component in &parsed.snapshot.components {
        let group = component.group.as_ref().map(|group| format!(" in {group}")).unwrap_or_default();
        lines.push(format!("{} {:?}{group}: {}", component.id, component.name, component.status.as_str()));
    }
    for incident in &parsed.snapshot.incidents {
        let phase = incident.phase.map_or("-", Phase::as_str);
        let (started, resolved) = (time(incident.started_at), time(incident.resolved_at));
        let (id, title, impact) = (&incident.id, &incident.title, incident.impact);
        lines.push(format!("{:?} {id} {title:?}, {phase}, impact {impact:?}, {started} to {resolved}", incident.kind));
        if let Some(window) = incident.window {
            lines.push(format!("  planned {} to {}", time(window.starts_at), time(window.ends_at)));
        }
        lines.push(format!("  {}", affected(&incident.components)));
        for update in &incident.updates {
            let (at, phase) = (time(update.posted_at), update.phase.map_or("-", Phase::as_str));
            let (id, body) = (&update.id, update.body.as_deref().unwrap_or("-"));
            let named = match affected(&update.components) {
                none if none.is_empty() => none,
                named => format!(" [{named}]"),
            };
            lines.push(format!("  {id} {at} {phase} {body:?}{named}"));
        }
    }
    let coverage = parsed.snapshot.coverage;
    lines.push(format!("components {:?}, incidents {:?}", coverage.components, coverage.incidents));
    lines.extend(parsed.problems.iter().map(|problem| format!("problem: {problem}")));
    lines.join("\n")
}

pub(crate) fn affected(list: &[Affected]) -> String {
    let words = list.iter().map(|affected| match affected.status {
        Some(status) => format!("{}={}", affected.id, status.as_str()),
        None => affected.id.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[track_caller]
pub(crate) fn check(parsed: &ParsedPage, expected: &str) {
    let expected: Vec<&str> =
        expected.trim().lines().map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
    assert_eq!(facts(parsed), expected.join("\n"), "\n{}", facts(parsed));
}

/// What a monitor that chose this component, or `group:Name`, makes of an incident that has just been opened.
pub(crate) fn chosen(choice: &str, incident: &str, snapshot: &Snapshot) -> Match {
    let choice = match choice.strip_prefix("group:") {
        Some(group) => ComponentChoice::Group(group.into()),
        None => ComponentChoice::Component(choice.into()),
    };
    let filter = ComponentFilter::Chosen(vec![choice]);
    let page = Provider {
        id: "p".into(),
        name: "P".into(),
        page_url: "https://status.example.com".into(),
        format: None,
        interval: None,
    };
    let quiet = Snapshot { components: vec![], incidents: vec![], ..snapshot.clone() };
    let before = PageState::baseline(&quiet, "2026-05-04T07:00:00Z".parse().unwrap());
    let now = "2026-05-04T16:00:00Z".parse().unwrap();
    let after = before.apply(snapshot, now);
    let alerts = alerts(&page, &before, &after, &diff(&before, &after), now);
    let alert = alerts.iter().find(|alert| alert.incident.id.as_str() == incident).unwrap();
    Subject::of(alert).answer(&filter, Some(&PageNames::of(&after, true)))
}

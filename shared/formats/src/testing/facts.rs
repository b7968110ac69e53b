//! For tests of formats: a pretend page, what a reading says as text, and what a monitor makes of an incident.
use bytes::Bytes;
use jiff::Timestamp;
use status::{
    alert::alerts,
    diff::diff,
    monitor::{ComponentChoice, ComponentFilter, Match, Monitor, WhenUnknown},
    page_state::PageState,
    provider::Provider,
    snapshot::{Affected, Kind, Snapshot},
    words::Phase,
};

use crate::{Format, ParsedPage, ReadError, testing::unit_page::UnitPage};

/// A page whose every other URL is 404, with what was asked of it in turn.
pub(crate) struct Pretend(UnitPage);

impl Pretend {
    pub(crate) fn new(page: &str, documents: &[(&str, &[u8])]) -> Self {
        let empty = UnitPage::at(page);
        Self(documents.iter().fold(empty, |page, (url, body)| page.with(url, Bytes::copy_from_slice(body))))
    }

    pub(crate) fn read(
        &self,
        format: &Format,
        source: Option<&str>,
        open: &[&str],
    ) -> (Vec<String>, Result<ParsedPage, ReadError>) {
        let open: Vec<_> = open.iter().map(|id| (Kind::Incident, *id)).collect();
        self.0.read(format, source, &open)
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
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
        lines.push(format!("{id} {title:?}, {phase}, impact {impact:?}, {started} to {resolved}"));
        lines.push(format!("  {}", affected(&incident.components)));
        for update in &incident.updates {
            let (at, phase) = (time(update.posted_at), update.phase.map_or("-", Phase::as_str));
            lines.push(format!("  {at} {phase} {:?}", update.body.as_deref().unwrap_or("-")));
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
    let monitor = Monitor {
        id: "m".into(),
        account: "a".into(),
        provider: "p".into(),
        components: ComponentFilter::Chosen(vec![choice]),
        unknown: WhenUnknown::Tell,
    };
    let page = Provider {
        id: "p".into(),
        name: "P".into(),
        page_url: "https://status.example.com".into(),
        format: None,
        interval: None,
    };
    let quiet = Snapshot { components: vec![], incidents: vec![], ..snapshot.clone() };
    let before = PageState::baseline(&quiet, at("2026-05-04T07:00:00Z"));
    let after = before.apply(snapshot, at("2026-05-04T16:00:00Z"));
    let alerts = alerts(&page, &before, &after, &diff(&before, &after), at("2026-05-04T16:00:00Z"));
    let alert = alerts.iter().find(|alert| alert.incident.id.as_str() == incident).unwrap();
    monitor.matches(alert)
}

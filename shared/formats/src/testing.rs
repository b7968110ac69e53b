//! For tests of formats: a pretend page, what a reading says as text, and what a monitor makes of an incident.
use bytes::Bytes;
use jiff::Timestamp;
use status::{
    alert::alerts,
    belief::Belief,
    diff::diff,
    ids::IncidentId,
    monitor::{ComponentChoice, ComponentFilter, Match, Monitor, WhenUnknown},
    provider::Provider,
    snapshot::{Affected, Kind, Snapshot},
    words::Phase,
};
use url::Url;

use crate::{Answer, Answers, Format, ReadError, Reading, Step, Watch};

/// Every other URL is 404.
pub(crate) struct Pretend {
    pub(crate) page: Url,
    documents: Vec<(Url, Bytes)>,
}

impl Pretend {
    pub(crate) fn new(page: &str, documents: &[(&str, &[u8])]) -> Self {
        let documents = documents.iter().map(|(url, body)| (url.parse().unwrap(), Bytes::copy_from_slice(body)));
        Self { page: page.parse().unwrap(), documents: documents.collect() }
    }

    /// With what was asked, in turn.
    pub(crate) fn read(
        &self,
        format: &Format,
        via: Option<&str>,
        open: &[&str],
    ) -> (Vec<String>, Result<Reading, ReadError>) {
        let open: Vec<_> = open.iter().map(|id| (Kind::Incident, IncidentId::from(*id))).collect();
        let watch = Watch { page: &self.page, via, open: &open, now: at("2026-05-04T16:00:00Z") };
        let (mut answers, mut asked) = (Answers::default(), Vec::new());
        loop {
            match (format.read)(&watch, &answers) {
                Step::Done(reading) => return (asked, Ok(reading)),
                Step::Unusable(error) => return (asked, Err(error)),
                Step::Need(urls) => {
                    for url in urls {
                        assert!(answers.get(&url).is_none(), "{url} was answered already");
                        asked.push(url.to_string());
                        answers.0.push(self.answer(url));
                    }
                }
            }
        }
    }

    fn answer(&self, url: Url) -> Answer {
        let body = self.documents.iter().find(|(known, _)| *known == url).map(|(_, body)| body.clone());
        Answer {
            final_url: url.clone(),
            url,
            status: if body.is_some() { 200 } else { 404 },
            content_type: None,
            headers: vec![],
            body: body.unwrap_or_default(),
        }
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A line for each fact.
pub(crate) fn facts(reading: &Reading) -> String {
    let time = |time: Option<Timestamp>| time.map_or("-".into(), |time| time.to_string());
    let mut lines = Vec::new();
    for component in &reading.snapshot.components {
        let group = component.group.as_ref().map(|group| format!(" in {group}")).unwrap_or_default();
        lines.push(format!("{} {:?}{group}: {}", component.id, component.name, component.status.as_str()));
    }
    for incident in &reading.snapshot.incidents {
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
    let coverage = reading.snapshot.coverage;
    lines.push(format!("components {:?}, incidents {:?}", coverage.components, coverage.incidents));
    lines.extend(reading.problems.iter().map(|problem| format!("problem: {problem}")));
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
pub(crate) fn check(reading: &Reading, expected: &str) {
    let expected: Vec<&str> =
        expected.trim().lines().map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
    assert_eq!(facts(reading), expected.join("\n"), "\n{}", facts(reading));
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
    let before = Belief::first(&quiet, at("2026-05-04T07:00:00Z"));
    let after = before.advance(snapshot, at("2026-05-04T16:00:00Z"));
    let alerts = alerts(&page, &before, &after, &diff(&before, &after), at("2026-05-04T16:00:00Z"));
    let alert = alerts.iter().find(|alert| alert.incident.id.as_str() == incident).unwrap();
    monitor.matches(alert)
}

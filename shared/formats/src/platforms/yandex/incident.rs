//! From the incidents of Yandex Cloud to ours.
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Component, Incident, Kind, Update},
    words::{ComponentStatus, Impact, Phase},
};
use url::Url;

use crate::{
    read::{
        incident_reader::NO_TITLE,
        problems::{Problems, quoted},
    },
    text::{
        dates::rfc3339,
        html::to_text,
        values::{Word, short_name},
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Raw {
    /// A number.
    id: Option<u64>,
    title: Option<Word>,
    status: Option<Word>,
    start_date: Option<Word>,
    end_date: Option<Word>,
    updated_at: Option<Word>,
    level_id: Option<Word>,
    report: Option<Word>,
    report_published_time: Option<Word>,
    #[serde(default)]
    services: Vec<Named>,
    #[serde(default)]
    comments: Vec<Comment>,
    #[serde(default)]
    installations: Vec<Installation>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<Word>,
    name: Option<Word>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment {
    id: Option<Word>,
    content: Option<Word>,
    #[serde(rename = "type")]
    kind: Option<Word>,
    created_at: Option<Word>,
}

#[derive(Deserialize)]
struct Installation {
    code: Option<Word>,
}

pub(super) struct Read {
    pub(super) changed_at: Option<Timestamp>,
    pub(super) incident: Incident,
    /// One for each the incident names, in its order.
    pub(super) components: Vec<Component>,
}

impl Raw {
    pub(super) fn is_typical(&self) -> bool {
        self.id.is_some() && self.title.is_some() && self.start_date.is_some() && self.level_id.is_some()
    }

    pub(super) fn is(&self, id: &IncidentId) -> bool {
        self.id.is_some_and(|own| own.to_string() == id.as_str())
    }

    pub(super) fn read(self, base: &Url, problems: &mut Problems) -> Option<Read> {
        let Some(id) = self.id.map(|id| id.to_string()) else {
            problems.add("an incident without id was left out".into());
            return None;
        };
        let updates = self.updates();
        let newest = updates.iter().rfind(|update| update.phase != Some(Phase::Postmortem));
        let status = self.status.as_ref().map_or("", Word::as_str);
        if !["open", "opened", "resolved"].contains(&status) {
            problems.add(format!("incident {id} has the unknown status {}", quoted(status)));
        }
        let is_over = status == "resolved" || newest.is_some_and(|update| update.phase == Some(Phase::Resolved));
        let has_report = updates.iter().any(|update| update.phase == Some(Phase::Postmortem));
        let level = self.level_id.as_ref().map_or("", Word::as_str);
        let (impact, state) = match level {
            "1" => (Some(Impact::Minor), ComponentStatus::DegradedPerformance),
            "2" => (Some(Impact::Major), ComponentStatus::MajorOutage),
            _ => {
                problems.add(format!("incident {id} has the unknown level {}", quoted(level)));
                (None, ComponentStatus::Unknown)
            }
        };
        let components = self.components();
        let time = |text: &Option<Word>| rfc3339(text.as_ref()?.as_str());
        let incident = Incident {
            id: IncidentId::new(&id),
            kind: Kind::Incident,
            title: self.title.as_ref().map_or_else(|| NO_TITLE.into(), |title| title.as_str().trim().to_owned()),
            phase: Some(match (is_over, has_report) {
                (false, _) => Phase::Investigating,
                (true, false) => Phase::Resolved,
                (true, true) => Phase::Postmortem,
            }),
            impact,
            url: base.join(&format!("/en/incidents/{id}")).ok().map(String::from),
            started_at: time(&self.start_date),
            resolved_at: time(&self.end_date).filter(|_| is_over),
            window: None,
            components: components
                .iter()
                .map(|component| Affected { id: component.id.clone(), status: (!is_over).then_some(state) })
                .collect(),
            updates,
        };
        Some(Read { changed_at: time(&self.updated_at), incident, components })
    }

    /// Oldest first; the report that is written afterwards is one more.
    fn updates(&self) -> Vec<Update> {
        let mut seen = BTreeSet::new();
        let comments = self.comments.iter().filter_map(|comment| {
            let id = comment.id.as_ref()?;
            seen.insert(id.0.clone()).then(|| Update {
                id: UpdateId::new(id.as_str()),
                phase: match comment.kind.as_ref().map_or("", Word::as_str) {
                    "investigation" => Some(Phase::Investigating),
                    "resolved" => Some(Phase::Resolved),
                    _ => None,
                },
                posted_at: comment.created_at.as_ref().and_then(|time| rfc3339(time.as_str())),
                body: comment.content.as_ref().map(|content| to_text(content.as_str())),
                components: Vec::new(),
            })
        });
        let mut updates: Vec<Update> = comments.collect();
        let report = self.report.as_ref().filter(|report| !report.as_str().trim().is_empty());
        updates.extend(report.map(|report| Update {
            id: UpdateId::new("report"),
            phase: Some(Phase::Postmortem),
            posted_at: self.report_published_time.as_ref().and_then(|time| rfc3339(time.as_str())),
            body: Some(to_text(report.as_str())),
            components: Vec::new(),
        }));
        updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
        updates
    }

    /// Every service in every region it names; where it names no region, the service by itself.
    fn components(&self) -> Vec<Component> {
        let codes: BTreeSet<&str> =
            self.installations.iter().filter_map(|one| Some(one.code.as_ref()?.as_str())).collect();
        let codes: Vec<Option<&str>> =
            if codes.is_empty() { vec![None] } else { codes.into_iter().map(Some).collect() };
        let mut seen = BTreeSet::new();
        let services = self.services.iter().filter_map(|service| Some((service.id.as_ref()?, service.name.as_ref()?)));
        let services = services.filter(|(id, _)| seen.insert(id.as_str()));
        let pairs = services.flat_map(|(id, name)| codes.iter().map(move |code| (id, name, *code))).take(MAX_PAIRS);
        pairs.map(|(id, name, code)| component(id.as_str(), &short_name(name.as_str()), code)).collect()
    }
}

/// Services in regions that one incident names. There are some hundred services and a few regions.
const MAX_PAIRS: usize = 2_000;

pub(super) fn component(id: &str, name: &str, code: Option<&str>) -> Component {
    Component {
        id: match code {
            Some(code) => ComponentId::from(format!("{id}/{code}")),
            None => ComponentId::new(id),
        },
        name: name.to_owned(),
        group: code.map(short_name),
        status: ComponentStatus::Unknown,
    }
}

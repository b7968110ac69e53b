//! The documents as the platform writes them.
use std::collections::{BTreeSet, HashSet};

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Component, Incident, Kind, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use crate::{
    contract::ReadError,
    read::{
        component_tree::{Heading, Leaf, Node, leaves},
        incident_reader::title_or_default,
        maintenance::{as_maintenance, phase_at},
        problems::{Problems, quoted},
    },
    text::{
        dates::rfc3339,
        urls::web_address,
        values::{Word, plain_text, present},
    },
};

#[derive(Deserialize)]
pub(super) struct Summary<'a> {
    status_page: Option<StatusPage>,
    #[serde(borrow)]
    services: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    maintenances: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    upcoming_maintenances: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct StatusPage {
    name: Option<String>,
}

/// A summary that has what one of Statuspal has.
pub(super) struct Lists<'s, 'a> {
    pub(super) name: Option<&'s str>,
    pub(super) services: &'s [&'a RawValue],
    pub(super) incidents: &'s [&'a RawValue],
    pub(super) maintenances: &'s [&'a RawValue],
    pub(super) upcoming_maintenances: &'s [&'a RawValue],
}

impl<'a> Summary<'a> {
    pub(super) fn checked(&self, path: &str) -> Result<Lists<'_, 'a>, ReadError> {
        let no = |key: &str| ReadError::NotThisFormat(format!("{path} is no summary of Statuspal: no `{key}`"));
        let page = self.status_page.as_ref().ok_or_else(|| no("status_page"))?;
        Ok(Lists {
            name: page.name.as_deref(),
            services: self.services.as_deref().ok_or_else(|| no("services"))?,
            incidents: self.incidents.as_deref().ok_or_else(|| no("incidents"))?,
            maintenances: self.maintenances.as_deref().ok_or_else(|| no("maintenances"))?,
            upcoming_maintenances: self.upcoming_maintenances.as_deref().ok_or_else(|| no("upcoming_maintenances"))?,
        })
    }
}

/// `incidents`: the last, maintenance among them, in any state.
#[derive(Deserialize)]
pub(super) struct History<'a> {
    #[serde(borrow)]
    pub(super) incidents: Option<Vec<&'a RawValue>>,
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<String>,
}

impl History<'_> {
    /// There is no more of it.
    pub(super) fn is_all(&self) -> bool {
        self.links.as_ref().is_some_and(|links| links.next.is_none())
    }
}

/// The list an incident stands in, which says more than it does.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ListKind {
    Open,
    InProgress,
    Upcoming,
    History,
    PlannedHistory,
}

#[derive(Deserialize)]
pub(super) struct Listed {
    pub(super) id: Word,
    pub(super) r#type: Option<String>,
    title: Option<String>,
    url: Option<String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    updated_at: Option<String>,
    service_ids: Option<Vec<Word>>,
    updates: Option<Vec<RawUpdate>>,
}

#[derive(Deserialize)]
struct RawUpdate {
    id: Word,
    r#type: Option<String>,
    description: Option<String>,
    posted_at: Option<String>,
    inserted_at: Option<String>,
}

impl Listed {
    pub(super) fn changed_at(&self) -> Option<Timestamp> {
        self.updated_at.as_deref().and_then(utc)
    }

    pub(super) fn incident(
        self,
        list: ListKind,
        now: Timestamp,
        services: &Services,
        problems: &mut Problems,
    ) -> Incident {
        let id = self.id.0;
        let mut time = |text: Option<&str>| {
            let time = text.and_then(utc);
            if let (Some(text), None) = (text, time) {
                problems.add(format!("incident {} has the time {}, which is none", quoted(&id), quoted(text)));
            }
            time
        };
        let (starts_at, ends_at) = (time(self.starts_at.as_deref()), time(self.ends_at.as_deref()));
        let window = Window { starts_at, ends_at };
        let kind = match list {
            ListKind::Open | ListKind::History => Kind::Incident,
            ListKind::InProgress | ListKind::Upcoming | ListKind::PlannedHistory => Kind::Maintenance,
        };
        let updates = updates(kind, self.updates.unwrap_or_default(), &mut time);
        let last_said = updates.iter().rev().find_map(|update| update.phase);
        let has_ended = ends_at.is_some_and(|ends_at| ends_at <= now);
        let phase = match list {
            ListKind::Open | ListKind::History if has_ended => Some(Phase::Resolved),
            ListKind::Open | ListKind::History => last_said,
            // It goes on for as long as it is listed, whatever was planned.
            ListKind::InProgress => Some(Phase::InProgress),
            ListKind::Upcoming => Some(Phase::Scheduled),
            ListKind::PlannedHistory => phase_at(now, window),
        };
        let is_over = phase.is_some_and(Phase::is_over);
        let is_work = kind == Kind::Incident && matches!(self.r#type.as_deref(), Some("scheduled" | "maintenance"));
        let incident = Incident {
            id: IncidentId::new(&id),
            kind,
            title: title_or_default(self.title.as_deref()),
            phase,
            // Pages have types of their own, which say nothing to others.
            impact: match self.r#type.as_deref() {
                Some("minor") => Some(Impact::Minor),
                Some("major") => Some(Impact::Major),
                _ => None,
            },
            url: self.url.as_deref().and_then(web_address),
            started_at: starts_at.filter(|starts_at| *starts_at <= now),
            resolved_at: ends_at.filter(|_| is_over && has_ended),
            window: Some(window).filter(|_| (kind == Kind::Maintenance || is_work) && starts_at.is_some()),
            components: services.affected(&self.service_ids.unwrap_or_default()),
            updates,
        };
        if is_work { as_maintenance(incident) } else { incident }
    }
}

/// Oldest first. A word that names no phase leaves it as it was.
fn updates(kind: Kind, raw: Vec<RawUpdate>, time: &mut impl FnMut(Option<&str>) -> Option<Timestamp>) -> Vec<Update> {
    let mut updates: Vec<(Option<Phase>, Update)> = Vec::with_capacity(raw.len());
    for update in raw {
        let posted_at = time(update.posted_at.as_deref().or(update.inserted_at.as_deref()));
        let word = update.r#type.as_deref().unwrap_or_default();
        let stated = match (kind, word) {
            (Kind::Incident, "investigating" | "issue") => Some(Phase::Investigating),
            (Kind::Incident, "identified") => Some(Phase::Identified),
            (Kind::Incident, "monitoring") => Some(Phase::Monitoring),
            (Kind::Incident, "resolved") => Some(Phase::Resolved),
            (Kind::Maintenance, "scheduled") => Some(Phase::Scheduled),
            (Kind::Maintenance, "resolved") => Some(Phase::Completed),
            _ => None,
        };
        let body = update.description.map(|text| plain_text(&text.replace("\r\n", "\n")));
        let id = UpdateId::new(update.id.0);
        updates.push((stated, Update { id, phase: None, posted_at, body, components: Vec::new() }));
    }
    updates.sort_by(|(_, a), (_, b)| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    updates.dedup_by(|(_, a), (_, b)| a.id == b.id);
    let mut phase = None;
    let with_phase = updates.into_iter().map(|(stated, update)| {
        phase = stated.or(phase);
        Update { phase, ..update }
    });
    with_phase.collect()
}

/// The platform's documentation says that its times are UTC.
fn utc(text: &str) -> Option<Timestamp> {
    let civil = || Offset::UTC.to_timestamp(text.trim().parse::<DateTime>().ok()?).ok();
    rfc3339(text).or_else(civil)
}

#[derive(Deserialize)]
struct Service<'a> {
    id: Word,
    name: String,
    /// `null` means operational; without the key the state is unknown.
    #[serde(default, deserialize_with = "present")]
    current_incident_type: Option<Option<String>>,
    #[serde(borrow)]
    children: Option<Vec<&'a RawValue>>,
}

impl<'a> Node<'a> for Service<'a> {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn below(&self) -> &[&'a RawValue] {
        self.children.as_deref().unwrap_or_default()
    }
}

/// The services as a page has them: those that others stand under are groups.
pub(super) struct Services<'a> {
    leaves: Vec<Leaf<Service<'a>>>,
    whole: bool,
}

impl<'a> Services<'a> {
    pub(super) fn read(list: &[&'a RawValue], problems: &mut Problems) -> Self {
        let (mut leaves, whole) = leaves::<Service<'_>>(list, "a service", problems);
        let mut seen = HashSet::new();
        leaves.retain(|leaf| seen.insert(leaf.node.id.0.clone()));
        Self { leaves, whole }
    }

    /// The leaves that are meant. A group is named along with what it holds; by itself it stands for all of it.
    fn affected(&self, ids: &[Word]) -> Vec<Affected> {
        let named: HashSet<&str> = ids.iter().map(Word::as_str).collect();
        let is_named = |leaf: &&Leaf<Service<'_>>| named.contains(leaf.node.id.as_str());
        let mut affected: BTreeSet<&str> =
            self.leaves.iter().filter(is_named).map(|leaf| leaf.node.id.as_str()).collect();
        let mut with_named_leaf: HashSet<&str> = HashSet::new();
        for leaf in self.leaves.iter().filter(is_named) {
            with_named_leaf.extend(leaf.above.iter().map(|heading| heading.id.as_str()));
        }
        for leaf in &self.leaves {
            let stands_for = |heading: &Heading| {
                let id = heading.id.as_str();
                named.contains(id) && !with_named_leaf.contains(id)
            };
            if leaf.above.iter().any(stands_for) {
                affected.insert(leaf.node.id.as_str());
            }
        }
        affected.into_iter().map(|id| Affected { id: ComponentId::new(id), status: None }).collect()
    }

    /// `planned`: the types of the maintenances in progress. A page may have types of its own; these mean maintenance.
    pub(super) fn components(&mut self, planned: &[String], problems: &mut Problems) -> (Vec<Component>, bool) {
        let leaves = std::mem::take(&mut self.leaves).into_iter();
        let components = leaves.map(|leaf| {
            let status = match &leaf.node.current_incident_type {
                None => ComponentStatus::Unknown,
                Some(None) => ComponentStatus::Operational,
                Some(Some(word)) => match word.as_str() {
                    "minor" => ComponentStatus::DegradedPerformance,
                    "major" => ComponentStatus::MajorOutage,
                    "scheduled" | "maintenance" => ComponentStatus::UnderMaintenance,
                    word if planned.iter().any(|known| known == word) => ComponentStatus::UnderMaintenance,
                    word => {
                        let id = quoted(leaf.node.id.as_str());
                        problems.add(format!("service {id} has the unknown incident type {}", quoted(word)));
                        ComponentStatus::Unknown
                    }
                },
            };
            let group = leaf.group();
            Component { id: ComponentId::new(leaf.node.id.0), name: leaf.node.name, group, status }
        });
        (components.collect(), self.whole)
    }
}

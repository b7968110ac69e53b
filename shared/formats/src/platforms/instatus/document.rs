//! The summary and the components as the platform writes them.
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Kind, Listing, Window},
    words::{ComponentStatus, Impact, Phase},
};

use crate::{
    contract::{Answer, ReadError},
    read::{
        incident_reader::title_or_default,
        problems::{Problems, quoted},
    },
    text::{
        dates::rfc3339,
        urls::web_address,
        values::{Word, short_name},
    },
};

/// Parents hold children; more than two levels were never heard of.
const MAX_DEPTH: usize = 6;

/// A summary that has what one of Instatus has.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
    /// The word for the page as a whole.
    pub(super) state: Option<String>,
    /// What people read there.
    pub(super) said: Option<String>,
    /// A list is there and is none.
    pub(super) is_damaged: bool,
    items: Vec<(Kind, Box<RawValue>)>,
}

#[derive(Deserialize)]
struct RawSummary {
    page: Option<RawPage>,
    status: Option<RawStatus>,
    #[serde(default, rename = "activeIncidents")]
    incidents: List,
    #[serde(default, rename = "activeMaintenances")]
    maintenances: List,
}

#[derive(Deserialize)]
struct RawPage {
    id: Option<serde::de::IgnoredAny>,
    name: Option<String>,
    url: Option<String>,
    status: Option<String>,
}

/// Of newer builds.
#[derive(Deserialize)]
struct RawStatus {
    text: Option<String>,
    r#type: Option<String>,
}

/// A list that may be left out, which says that it is empty. `null` does not say so.
#[derive(Default)]
enum List {
    #[default]
    LeftOut,
    Damaged,
    Of(Vec<Box<RawValue>>),
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <Box<RawValue>>::deserialize(deserializer)?;
        Ok(serde_json::from_str(raw.get()).map_or(Self::Damaged, Self::Of))
    }
}

impl Summary {
    /// Statuspage and those that imitate it answer the same paths, with a page id or a status of `indicator`.
    pub(super) fn read(answer: &Answer) -> Result<Self, ReadError> {
        let path = answer.url.path();
        let not_this = |what: &str| ReadError::NotThisFormat(format!("{path} is no summary of Instatus: {what}"));
        let raw: RawSummary = answer.json()?;
        let page = raw.page.ok_or_else(|| not_this("no `page`"))?;
        if page.id.is_some() {
            return Err(not_this("its page has an id"));
        }
        let in_capitals = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase());
        let state = page.status.filter(|word| in_capitals(word));
        let status = raw.status.filter(|status| status.text.is_some() && status.r#type.is_some());
        if state.is_none() && status.is_none() {
            return Err(not_this("no `page.status` in capitals"));
        }
        if page.name.is_none() && page.url.is_none() {
            return Err(not_this("its page has no name"));
        }
        let (said, of_type) = status.map_or((None, None), |status| (status.text, status.r#type));
        let state = state.or(of_type);
        let mut summary = Self { name: page.name, url: page.url, state, said, is_damaged: false, items: Vec::new() };
        for (kind, list) in [(Kind::Incident, raw.incidents), (Kind::Maintenance, raw.maintenances)] {
            match list {
                List::LeftOut => {}
                List::Damaged => summary.is_damaged = true,
                List::Of(items) => summary.items.extend(items.into_iter().map(|item| (kind, item))),
            }
        }
        Ok(summary)
    }

    /// What is open; `None` for one that cannot be recognised.
    pub(super) fn listed(&self, problems: &mut Problems) -> Vec<Option<Listed>> {
        self.items.iter().map(|(kind, item)| Listed::read(*kind, item, problems)).collect()
    }
}

/// An open incident or maintenance of the summary.
pub(super) struct Listed {
    pub(super) kind: Kind,
    pub(super) id: IncidentId,
    pub(super) title: String,
    pub(super) phase: Option<Phase>,
    pub(super) impact: Option<Impact>,
    /// Posted as an incident, with maintenance for its impact.
    pub(super) is_work: bool,
    pub(super) url: Option<String>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) window: Option<Window>,
}

#[derive(Deserialize)]
struct RawItem {
    id: Option<String>,
    name: Option<String>,
    status: Option<String>,
    impact: Option<String>,
    url: Option<String>,
    started: Option<String>,
    start: Option<String>,
    duration: Option<Word>,
    #[serde(rename = "updatedAt")]
    updated_at: Option<String>,
}

impl Listed {
    fn read(kind: Kind, item: &RawValue, problems: &mut Problems) -> Option<Self> {
        let Ok(raw) = serde_json::from_str::<RawItem>(item.get()) else {
            problems.add("an incident of another shape was left out".into());
            return None;
        };
        // Older builds have the id in the address only.
        let id = raw.id.as_deref().filter(|id| !id.is_empty()).or_else(|| id_in_address(raw.url.as_deref()?));
        let Some(id) = id.map(str::to_owned) else {
            problems.add("an incident without id was left out".into());
            return None;
        };
        let mut time = |what: &str, text: Option<&str>| {
            let time = text.and_then(page_time);
            if let (Some(text), None) = (text, time) {
                problems.add(format!("{} has the {what} {}, which is no time", quoted(&id), quoted(text)));
            }
            time
        };
        let started_at = time("start", raw.started.as_deref());
        let starts_at = time("start", raw.start.as_deref());
        let updated_at = time("time of change", raw.updated_at.as_deref());
        let word = raw.status.unwrap_or_default();
        let phase = match kind {
            Kind::Incident => incident_phase(&word),
            Kind::Maintenance => maintenance_phase(&word),
        };
        if phase.is_none() {
            unknown(problems, &id, "status", &word);
        }
        let is_work = kind == Kind::Incident && raw.impact.as_deref().is_some_and(|word| plain(word) == MAINTENANCE);
        let impact = raw.impact.and_then(|word| {
            impact(&word).unwrap_or_else(|| {
                unknown(problems, &id, "impact", &word);
                None
            })
        });
        let minutes = raw.duration.and_then(|minutes| minutes.as_str().parse::<u32>().ok());
        let ends_at = starts_at
            .zip(minutes)
            .and_then(|(starts_at, minutes)| starts_at.checked_add(SignedDuration::from_mins(i64::from(minutes))).ok());
        let window = Window { starts_at, ends_at };
        Some(Self {
            kind,
            title: title_or_default(raw.name.as_deref()),
            phase,
            impact,
            is_work,
            url: raw.url.as_deref().and_then(web_address),
            started_at,
            updated_at,
            window: Some(window).filter(|_| kind == Kind::Maintenance && starts_at.is_some()),
            id: IncidentId::new(id),
        })
    }
}

/// The last part of the path, if it looks like an id.
pub(super) fn id_in_address(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    (!last.is_empty() && last.chars().all(|c| c.is_ascii_alphanumeric())).then_some(last)
}

/// RFC 3339, or as JavaScript prints a date: `Sat Jun 11 2022 18:55:50 GMT+0000 (Coordinated Universal Time)`.
fn page_time(text: &str) -> Option<Timestamp> {
    let printed = || {
        let date = text.split_once('(').map_or(text, |(date, _)| date).trim();
        let (_weekday, date) = date.split_once(' ')?;
        Timestamp::strptime("%b %d %Y %H:%M:%S GMT%z", date).ok()
    };
    rfc3339(text).or_else(printed)
}

pub(super) fn incident_phase(word: &str) -> Option<Phase> {
    Some(match word.to_ascii_uppercase().as_str() {
        "INVESTIGATING" => Phase::Investigating,
        "IDENTIFIED" => Phase::Identified,
        "MONITORING" => Phase::Monitoring,
        "RESOLVED" => Phase::Resolved,
        _ => return None,
    })
}

pub(super) fn maintenance_phase(word: &str) -> Option<Phase> {
    Some(match word.to_ascii_uppercase().replace(' ', "").as_str() {
        "NOTSTARTEDYET" | "SCHEDULED" => Phase::Scheduled,
        "INPROGRESS" => Phase::InProgress,
        "VERIFYING" => Phase::Verifying,
        "COMPLETED" | "RESOLVED" => Phase::Completed,
        _ => return None,
    })
}

const MAINTENANCE: &str = "UNDERMAINTENANCE";

/// In capitals, without what some builds put between the words.
fn plain(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}

/// The state of the worst component, as the page knows no other scale.
fn impact(word: &str) -> Option<Option<Impact>> {
    Some(match plain(word).as_str() {
        "OPERATIONAL" => Some(Impact::None),
        "DEGRADEDPERFORMANCE" | "MINOROUTAGE" => Some(Impact::Minor),
        "PARTIALOUTAGE" => Some(Impact::Major),
        "MAJOROUTAGE" => Some(Impact::Critical),
        MAINTENANCE => None,
        _ => return None,
    })
}

/// The state of the page as a whole: older builds say that something is wrong, newer ones what and with how many.
pub(super) fn page_status(word: &str) -> Option<ComponentStatus> {
    let word = plain(word);
    let (of_all, what) = match ["ONE", "SOME", "ALL"].iter().find_map(|of| Some((*of, word.strip_prefix(of)?))) {
        Some((of, what)) => (of == "ALL", what),
        None => (true, word.as_str()),
    };
    Some(match (what, component_status(what)) {
        ("UP", _) => ComponentStatus::Operational,
        ("HASISSUES", _) => ComponentStatus::DegradedPerformance,
        (_, Some(ComponentStatus::MajorOutage)) if !of_all => ComponentStatus::PartialOutage,
        (_, status) => return status,
    })
}

fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match plain(word).as_str() {
        "OPERATIONAL" => ComponentStatus::Operational,
        MAINTENANCE => ComponentStatus::UnderMaintenance,
        "DEGRADEDPERFORMANCE" => ComponentStatus::DegradedPerformance,
        "PARTIALOUTAGE" | "MINOROUTAGE" => ComponentStatus::PartialOutage,
        "MAJOROUTAGE" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

/// The components: in an object, or bare.
#[derive(Debug)]
pub(super) struct Components(Vec<Box<RawValue>>);

#[derive(Deserialize)]
struct Wrapped {
    components: Option<Vec<Box<RawValue>>>,
}

#[derive(Deserialize)]
struct RawComponent {
    id: Option<String>,
    name: Option<String>,
    status: Option<String>,
    group: Option<Group>,
    #[serde(default, rename = "isParent")]
    is_parent: Option<bool>,
    children: Option<Vec<Box<RawValue>>>,
}

#[derive(Deserialize)]
struct Group {
    id: Option<String>,
    name: Option<String>,
}

impl Components {
    pub(super) fn read(answer: &Answer) -> Result<Self, ReadError> {
        if let Ok(list) = answer.json_list() {
            return Ok(Self(list.into_iter().map(ToOwned::to_owned).collect()));
        }
        let wrapped: Wrapped = answer.json()?;
        let missing = || ReadError::NotThisFormat(format!("no `components` at {}", answer.url.path()));
        Ok(Self(wrapped.components.ok_or_else(missing)?))
    }

    /// The leaves, with the groups they stand under.
    pub(super) fn flat(self, problems: &mut Problems) -> (Vec<Component>, Listing) {
        let mut flat = Flat::default();
        flat.add(&self.0, None, 0, problems);
        let Flat { mut leaves, headings, is_damaged, .. } = flat;
        leaves.retain(|leaf| !headings.contains(&leaf.id));
        let listing = if is_damaged { Listing::Partial } else { Listing::Complete };
        (leaves, listing)
    }
}

#[derive(Default)]
struct Flat {
    leaves: Vec<Component>,
    /// Ids of what others stand under.
    headings: Vec<ComponentId>,
    /// Ids of the leaves.
    seen: BTreeSet<ComponentId>,
    is_damaged: bool,
}

impl Flat {
    fn add(&mut self, list: &[Box<RawValue>], group: Option<&str>, depth: usize, problems: &mut Problems) {
        for item in list {
            let raw = serde_json::from_str::<RawComponent>(item.get()).ok();
            let named = raw.and_then(|raw| Some((raw.id.clone()?, raw.name.clone()?, raw)));
            let Some((id, name, raw)) = named.filter(|(id, ..)| !id.is_empty() && depth < MAX_DEPTH) else {
                self.is_damaged = true;
                problems.add("a component of another shape was left out".into());
                continue;
            };
            let id = ComponentId::new(id);
            let own_group = raw.group.as_ref();
            self.headings.extend(own_group.and_then(|group| group.id.as_deref()).map(ComponentId::new));
            let children = raw.children.unwrap_or_default();
            if raw.is_parent == Some(true) || !children.is_empty() {
                self.headings.push(id.clone());
                self.add(&children, Some(&short_name(&name)), depth + 1, problems);
                continue;
            }
            if !self.seen.insert(id.clone()) {
                continue;
            }
            let word = raw.status.unwrap_or_default();
            let status = component_status(&word).unwrap_or_else(|| {
                unknown(problems, id.as_str(), "status", &word);
                ComponentStatus::Unknown
            });
            let group = own_group.and_then(|group| group.name.clone()).or_else(|| group.map(str::to_owned));
            self.leaves.push(Component { id, name, group, status });
        }
    }
}

/// Reports a word of the page that this format does not know.
pub(super) fn unknown(problems: &mut Problems, of: &str, what: &str, word: &str) {
    problems.add(format!("{} has the unknown {what} {}", quoted(of), quoted(word)));
}

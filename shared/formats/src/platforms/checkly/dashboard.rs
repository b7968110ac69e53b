//! A dashboard of Checkly, by the API that its script reads.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::{ComponentStatus, Phase},
};
use url::Url;

use super::severity;
use crate::{
    contract::{Answer, Answers, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_reader::IncidentReader,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        maintenance::planned,
        problems::Problems,
        updates::in_order,
    },
    text::{
        urls::{fixed_url, is_number},
        values::{Text, Word, plain_text, short_name},
        words,
    },
};

const API: &str = "https://api.checklyhq.com/v1/status-page";
const SOURCE_PREFIX: &str = "dashboard ";
const HOSTED: &str = ".checkly-dashboards.com";
/// Of one page of the list.
const PAGE_SIZE: usize = 100;
/// So many pages of the list are read, so that a first read stays within what finding a format may cost.
const MAX_PAGES: usize = 4;

/// The dashboard, and of how many pages the list of its checks was when it was read last.
pub(super) struct Source<'s> {
    id: &'s str,
    pages: usize,
}

impl<'s> Source<'s> {
    /// `dashboard 1833`, `dashboard 1833 pages 2`.
    pub(super) fn parse(source: &'s str) -> Option<Self> {
        let rest = source.strip_prefix(SOURCE_PREFIX)?;
        let (id, pages) = rest.split_once(" pages ").unwrap_or((rest, "1"));
        let pages = pages.parse().ok().filter(|pages| (1..=MAX_PAGES).contains(pages))?;
        is_number(id).then_some(Self { id, pages })
    }
}

#[derive(Deserialize)]
struct Metadata {
    id: Option<Word>,
}

/// Asks for the number of the page, then for what it shows.
pub(super) fn find(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let host = context.page.host_str().unwrap_or_default();
    let (key, kind) = host.strip_suffix(HOSTED).map_or((host, "customDomain"), |name| (name, "customUrl"));
    let mut url = endpoint(&fixed_url(API), &format!("{key}/metadata"));
    url.set_query(Some(&format!("type={kind}")));
    let metadata: Metadata = answers.require(&url)?.json()?;
    let id = metadata.id.filter(|id| is_number(id.as_str()));
    let id = id.ok_or_else(|| ReadError::NotThisFormat(format!("{} names no dashboard", url.path())))?;
    read(context, answers, &Source { id: id.as_str(), pages: 1 })
}

#[derive(Deserialize)]
struct CheckPage<'a> {
    #[serde(borrow)]
    results: Option<Vec<&'a RawValue>>,
    summary: Option<Summary>,
}

#[derive(Deserialize)]
struct Summary {
    total: Option<usize>,
}

#[derive(Deserialize)]
struct Check<'a> {
    id: Word,
    #[serde(borrow)]
    name: Text<'a>,
    activated: Option<bool>,
    #[serde(borrow)]
    group: Option<Group<'a>>,
    status: Option<State>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    has_failures: Option<bool>,
    has_errors: Option<bool>,
    is_degraded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawIncident<'a> {
    id: Word,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    impact: Option<Text<'a>>,
    #[serde(borrow)]
    started_at: Option<Text<'a>>,
    #[serde(borrow)]
    stopped_at: Option<Text<'a>>,
    #[serde(borrow)]
    incident_updates: Option<Vec<RawUpdate<'a>>>,
}

#[derive(Deserialize)]
struct RawUpdate<'a> {
    id: Word,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
}

/// The checks of all pages of the list.
#[derive(Default)]
struct Checks {
    /// `None`: it is switched off, and not shown.
    found: BTreeMap<ComponentId, Option<Component>>,
    pages: usize,
    is_whole: bool,
}

impl Checks {
    fn read(id: &str, answers: &Answers, problems: &mut Problems) -> Result<Self, Stop> {
        let mut checks = Self { is_whole: true, ..Self::default() };
        for number in 1..=MAX_PAGES {
            match checks.add(answers.require(&checks_url(id, number))?, problems) {
                Ok(is_last) => {
                    checks.pages = number;
                    if is_last {
                        return Ok(checks);
                    }
                }
                Err(error) if number == 1 => return Err(error.into()),
                Err(error) => {
                    problems.add(format!("page {number} of the list of checks could not be read: {error}"));
                    checks.is_whole = false;
                    return Ok(checks);
                }
            }
        }
        problems.add(format!("only the first {MAX_PAGES} pages of the list of checks were read"));
        checks.is_whole = false;
        Ok(checks)
    }

    /// Adds a page of the list. Whether there is none behind it.
    fn add(&mut self, answer: &Answer, problems: &mut Problems) -> Result<bool, ReadError> {
        let page: CheckPage<'_> = answer.json()?;
        let missing = || ReadError::NotThisFormat(format!("{} has no `results`", answer.url.path()));
        let results = page.results.ok_or_else(missing)?;
        let (checks, is_whole) = elements::<Check<'_>>(&results, "a check", problems);
        self.is_whole &= is_whole;
        let before = self.found.len();
        for check in &checks {
            self.found.entry(ComponentId::new(check.id.as_str())).or_insert_with(|| check.component());
        }
        let total = page.summary.and_then(|summary| summary.total);
        if self.found.len() == before {
            if let Some(total) = total.filter(|total| *total > before) {
                problems.add(format!("only {before} of {total} checks are in the list"));
                self.is_whole = false;
            }
            return Ok(true);
        }
        Ok(total.map_or(results.len() < PAGE_SIZE, |total| total <= self.found.len()))
    }
}

fn checks_url(id: &str, number: usize) -> Url {
    let mut url = endpoint(&fixed_url(API), &format!("{id}/statuses"));
    url.set_query(Some(&format!("page={number}&limit={PAGE_SIZE}")));
    url
}

pub(super) fn read(context: &ReadContext<'_>, answers: &Answers, source: &Source<'_>) -> Result<ParsedPage, Stop> {
    let id = source.id;
    let incidents = endpoint(&fixed_url(API), &format!("{id}/incidents"));
    let mut urls: Vec<Url> = (1..=source.pages).map(|number| checks_url(id, number)).collect();
    urls.push(incidents.clone());
    answers.require_all(&urls)?;
    let mut problems = Problems::default();
    let checks = Checks::read(id, answers, &mut problems)?;

    let mut set = IncidentSet::default();
    let mut is_told = context.open.is_empty();
    match answers.require(&incidents)?.json_list() {
        Ok(list) => {
            // It has what ended too: one that had something and is empty tells nothing.
            is_told |= !list.is_empty();
            let (list, all) = elements::<RawIncident<'_>>(&list, "an incident", &mut problems);
            set.damaged = !all;
            for raw in &list {
                set.add(None, raw.read(&mut problems));
            }
        }
        Err(error) => {
            set.damaged = true;
            problems.add(format!("the incidents could not be read: {error}"));
        }
    }
    set.keep_recent(context.open);
    let unlisted = set.missing(context.open);
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: checks.found.into_values().flatten().collect(),
            coverage: Coverage {
                components: if checks.is_whole { Listing::Complete } else { Listing::Partial },
                incidents: set.listing(context.open, is_told),
            },
            incidents: set.into_incidents(),
        },
        source: match checks.pages {
            1 => format!("{SOURCE_PREFIX}{id}").into(),
            pages => format!("{SOURCE_PREFIX}{id} pages {pages}").into(),
        },
        problems: problems.into_vec(),
    })
}

impl Check<'_> {
    fn component(&self) -> Option<Component> {
        let group = self.group.as_ref().and_then(|group| group.name.as_ref());
        (self.activated != Some(false)).then(|| Component {
            id: ComponentId::new(self.id.as_str()),
            name: short_name(self.name.0.trim()),
            group: group.map(|name| short_name(name.0.trim())).filter(|name| !name.is_empty()),
            status: self.status.as_ref().map_or(ComponentStatus::Unknown, State::status),
        })
    }
}

impl State {
    fn status(&self) -> ComponentStatus {
        match (self.has_failures, self.has_errors, self.is_degraded) {
            (Some(true), ..) | (_, Some(true), _) => ComponentStatus::MajorOutage,
            (.., Some(true)) => ComponentStatus::DegradedPerformance,
            (Some(false), Some(false), Some(false)) => ComponentStatus::Operational,
            _ => ComponentStatus::Unknown,
        }
    }
}

impl RawIncident<'_> {
    fn read(&self, problems: &mut Problems) -> Incident {
        let id = self.id.as_str();
        let word = self.impact.as_ref().map_or("", |word| &*word.0);
        let kind = if word == "MAINTENANCE" { Kind::Maintenance } else { Kind::Incident };
        let mut reader = IncidentReader::new(id, problems);
        let impact = match kind {
            Kind::Incident => reader.known("impact", Some(word), severity).map(|(impact, _)| impact),
            Kind::Maintenance => None,
        };
        let title = reader.title(self.name.as_ref());
        let started_at = reader.time("start", self.started_at.as_ref());
        let stopped_at = reader.time("end", self.stopped_at.as_ref());
        let of_kind = |phase: Phase| if kind == Kind::Maintenance { planned(phase) } else { phase };
        let updates = self.incident_updates.iter().flatten().map(|raw| Update {
            id: UpdateId::new(raw.id.as_str()),
            phase: raw.status.as_ref().and_then(|word| words::phase(&word.0)).map(of_kind),
            posted_at: reader.time("time of an update", raw.created_at.as_ref()),
            body: raw.description.as_ref().map(|body| plain_text(body.0.trim())),
            components: Vec::new(),
        });
        let updates = in_order(updates.collect());
        // An update may have no time, so that none is known to be the newest.
        let newest = updates.last().filter(|update| update.posted_at.is_some() || updates.len() == 1);
        let said = newest.and_then(|update| update.phase);
        // An end is one, be it one that cannot be read.
        let has_stopped = self.stopped_at.as_ref().is_some_and(|end| !end.0.trim().is_empty());
        let phase = if has_stopped { Some(of_kind(Phase::Resolved)) } else { said };
        Incident {
            id: IncidentId::new(id),
            kind,
            title,
            phase,
            impact,
            url: None,
            started_at: started_at.filter(|_| phase != Some(Phase::Scheduled)),
            resolved_at: stopped_at,
            window: None,
            components: Vec::new(),
            updates,
        }
    }
}

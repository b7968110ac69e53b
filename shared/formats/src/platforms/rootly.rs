//! Rootly, by the public API of a page's own host: `incidents.json` lists what is open, and `status.json` says how the
//! page is as a whole. What ended is in the page's feed, under the address of the incident. A page is recognised by
//! naming `rootly.com`.
//!
//! This rests on the documentation (<https://docs.rootly.com/configuration/status-page-public-api>) and on the code of
//! two clients, which read `status.mistral.ai`; nothing was recorded here. The API has no components.
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::{ComponentStatus, Impact, Phase},
};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::Document as Feed,
    read::{
        answers::endpoint,
        incident_reader::{IncidentReader, NO_TITLE},
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        maintenance::planned,
        overall::{Overall, is_ours},
        problems::{Problems, quoted},
        updates::{began_at, in_order, over_since, update_id},
    },
    text::{
        values::{Text, Word, plain_text},
        words::{self, is_planned},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "rootly",
    fingerprint: Fingerprint { hosts: &["status.rootly.com"], markers: &["rootly.com"], blind_probes: 0 },
    read,
};

const INCIDENTS: &str = "api/v1/incidents.json";
const STATUS: &str = "api/v1/status.json";
const FEED: &str = "history.rss";
const SOURCE: &str = "api-v1";
/// The most that one page of the list has.
const PAGE_SIZE: usize = 100;

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    page: Option<RawPage<'a>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct RawPage<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct StatusDocument<'a> {
    #[serde(borrow)]
    status: Option<RawStatus<'a>>,
}

#[derive(Deserialize)]
struct RawStatus<'a> {
    #[serde(borrow)]
    indicator: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawIncident<'a> {
    id: Word,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    impact: Option<Text<'a>>,
    #[serde(borrow)]
    started_at: Option<Text<'a>>,
    #[serde(borrow)]
    resolved_at: Option<Text<'a>>,
    #[serde(borrow)]
    incident_updates: Option<Vec<RawUpdate<'a>>>,
}

#[derive(Deserialize)]
struct RawUpdate<'a> {
    id: Option<Word>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
    #[serde(borrow)]
    display_at: Option<Text<'a>>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let mut incidents = endpoint(context.page, INCIDENTS);
    incidents.set_query(Some(&format!("per_page={PAGE_SIZE}")));
    let status = endpoint(context.page, STATUS);
    if context.source == Some(SOURCE) {
        answers.require_all(&[incidents.clone(), status.clone()])?;
    }
    let listed: Listed<'_> = answers.require(&incidents)?.json()?;
    let (Some(page), Some(raw)) = (&listed.page, &listed.incidents) else {
        let what = format!("{} has no `page` or no `incidents`", incidents.path());
        return Err(ReadError::NotThisFormat(what).into());
    };
    let status: StatusDocument<'_> = answers.require(&status)?.json()?;
    let Some(status) = &status.status else {
        return Err(ReadError::NotThisFormat(format!("/{STATUS} has no `status`")).into());
    };

    let mut problems = Problems::default();
    let (raw, is_whole) = elements::<RawIncident<'_>>(raw, "an incident", &mut problems);
    let mut set = IncidentSet::default();
    set.damaged = !is_whole;
    if raw.len() >= PAGE_SIZE {
        set.damaged = true;
        problems.add(format!("only the first {PAGE_SIZE} incidents were read"));
    }
    for raw in &raw {
        let incident = raw.read(context, &mut problems);
        set.add(incident.newest_update_at(), incident);
    }
    let unlisted: Vec<_> = set.missing(context.open).into_iter().filter(|(_, id)| !is_ours(id)).collect();
    let looked_up = unlisted.is_empty() || look_up(context, answers, &unlisted, &mut set, &mut problems)?;
    let whole = is_whole && looked_up;
    let lone = overall(context, status, &mut problems).incidents(context, &[], set.incidents(), whole);
    lone.into_iter().for_each(|incident| set.add(None, incident));
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page {
                id: None,
                name: page.name.as_ref().map(|name| name.0.trim().to_owned()),
                url: Some(context.page.to_string()),
            },
            components: Vec::new(),
            coverage: Coverage { components: Listing::Partial, incidents: set.listing(context.open, looked_up) },
            incidents: set.into_incidents(),
        },
        source: SOURCE.into(),
        problems: problems.into_vec(),
    })
}

fn overall<'a>(context: &ReadContext<'_>, status: &'a RawStatus<'_>, problems: &mut Problems) -> Overall<'a> {
    let word = status.indicator.as_ref().map_or("", |word| &*word.0);
    let known = match word {
        "none" => Some(ComponentStatus::Operational),
        "minor" => Some(ComponentStatus::DegradedPerformance),
        "major" => Some(ComponentStatus::PartialOutage),
        "critical" => Some(ComponentStatus::MajorOutage),
        "maintenance" => Some(ComponentStatus::UnderMaintenance),
        _ => None,
    };
    if known.is_none() {
        problems.add(format!("the page as a whole: unknown indicator {}", quoted(word)));
    }
    Overall {
        status: known.unwrap_or(ComponentStatus::Unknown),
        said: status.description.as_ref().map_or("", |said| &*said.0),
        url: Some(context.page.to_string()),
    }
}

/// Adds those of the unlisted that the feed says are over. Whether it says so of all.
fn look_up(
    context: &ReadContext<'_>,
    answers: &Answers,
    unlisted: &[(Kind, IncidentId)],
    set: &mut IncidentSet,
    problems: &mut Problems,
) -> Result<bool, Stop> {
    let feed = match Feed::read(answers.require(&endpoint(context.page, FEED))?) {
        Ok(feed) => feed,
        Err(error) => {
            problems.add(format!("the feed could not be read: {error}"));
            return Ok(false);
        }
    };
    let mut all = true;
    for (kind, id) in unlisted {
        let is_its_address = |link: &str| link.trim_end_matches('/').ends_with(&format!("/{id}"));
        let entry = feed.entries.iter().find(|entry| entry.link.as_deref().is_some_and(is_its_address));
        let Some(entry) = entry else {
            // The feed has what happened last, and a page that never had an incident has none in it.
            all &= !feed.is_cut && !feed.entries.is_empty();
            continue;
        };
        let word = plain_text(&entry.body);
        let word = word.trim().strip_prefix('[').and_then(|rest| Some(rest.split_once(']')?.0));
        let phase = word.and_then(words::phase).filter(|phase| phase.is_over());
        if phase.is_none() {
            problems.add(format!("incident {} is listed no longer, and the feed does not end it", quoted(id.as_str())));
            all = false;
            continue;
        }
        let title = plain_text(&entry.title);
        set.add(
            None,
            Incident {
                id: id.clone(),
                kind: *kind,
                title: if title.trim().is_empty() { NO_TITLE.into() } else { title.trim().to_owned() },
                phase: phase.map(|phase| if *kind == Kind::Maintenance { planned(phase) } else { phase }),
                impact: None,
                url: entry.link.clone(),
                started_at: None,
                resolved_at: entry.published.or(entry.updated),
                window: None,
                components: Vec::new(),
                updates: Vec::new(),
            },
        );
    }
    Ok(all)
}

impl RawIncident<'_> {
    fn read(&self, context: &ReadContext<'_>, problems: &mut Problems) -> Incident {
        let id = self.id.as_str();
        let mut updates = self.updates(problems);
        let mut reader = IncidentReader::new(id, problems);
        let word = reader.known("status", self.status.as_ref(), words::phase);
        // Work may go by the words of incidents.
        let is_work = self.impact.as_ref().is_some_and(|impact| &*impact.0 == "maintenance")
            || word.is_some_and(is_planned)
            || updates.iter().any(|one| one.phase == Some(Phase::Scheduled));
        let kind = if is_work { Kind::Maintenance } else { Kind::Incident };
        if is_work {
            updates.iter_mut().for_each(|update| update.phase = update.phase.map(planned));
        }
        let phase = word.map(|phase| if is_work { planned(phase) } else { phase });
        let started_at = reader.time("start", self.started_at.as_ref());
        let resolved_at = reader.time("time of resolution", self.resolved_at.as_ref());
        let impact = reader.known_if_given("impact", self.impact.as_ref(), |word| {
            Some(match word {
                "none" | "maintenance" => Impact::None,
                "minor" => Impact::Minor,
                "major" => Impact::Major,
                "critical" => Impact::Critical,
                _ => return None,
            })
        });
        let has_begun = !matches!(phase, Some(Phase::Scheduled) | None);
        Incident {
            kind,
            title: reader.title(self.name.as_ref()),
            phase,
            impact: impact.filter(|_| kind == Kind::Incident),
            url: Some(endpoint(context.page, &format!("incidents/{id}")).to_string()),
            started_at: match kind {
                Kind::Incident => started_at,
                Kind::Maintenance => began_at(&updates).or(started_at.filter(|_| has_begun)),
            },
            resolved_at: match phase {
                Some(phase) if phase.is_over() => resolved_at.or_else(|| over_since(Some(phase), &updates)),
                Some(_) => None,
                None => resolved_at,
            },
            window: None,
            components: Vec::new(),
            updates,
            id: IncidentId::new(id),
        }
    }

    fn updates(&self, problems: &mut Problems) -> Vec<Update> {
        let id = self.id.as_str();
        let mut used = HashSet::new();
        let mut found = Vec::new();
        for raw in self.incident_updates.iter().flatten() {
            let mut reader = IncidentReader::new(id, problems);
            let at = reader.time("time of an update", raw.display_at.as_ref().or(raw.created_at.as_ref()));
            let phase = reader.known_if_given("status of an update", raw.status.as_ref(), words::phase);
            found.push((at, raw, phase, raw.body.as_ref().map(|body| plain_text(body.0.trim()))));
        }
        found.sort_by(|a, b| (a.0, &a.3).cmp(&(b.0, &b.3)));
        let updates = found.into_iter().filter_map(|(posted_at, raw, phase, body)| {
            let id = match &raw.id {
                Some(id) => UpdateId::new(id.as_str()),
                None => {
                    let word = raw.status.as_ref().map_or("", |word| &*word.0);
                    update_id(posted_at, word, body.as_deref().unwrap_or_default(), &mut used)?
                }
            };
            Some(Update { id, phase, posted_at, body, components: Vec::new() })
        });
        in_order(updates.collect())
    }
}

//! OpenStatus, by `feed/json`, which lists every report and maintenance a page ever had. It says how components are
//! that a monitor watches; how the others are says, by name only, another document, which imitates Statuspage's summary
//! at a path of its own. A page is recognised by the lists of the first. It rests on the server's public source.
//!
//! The first document has the time of its making in it, so no two are alike and every poll reads it.
mod document;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::{ComponentStatus, Phase},
};
use url::Url;

use self::document::{Feed, Lists, Maintenance, Report, Summary};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_reader::title_or_default,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        maintenance::phase_at,
        problems::{Problems, quoted},
        updates::over_since,
    },
    text::{
        dates::rfc3339,
        values::{Word, plain_text},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "openstatus",
    fingerprint: Fingerprint { hosts: &["openstatus.dev"], markers: &["openstatus.dev"], blind_probes: 0 },
    read,
};

/// Reports and maintenances are numbered apart, so the number alone would name two.
const MAINTENANCE: &str = "maintenance-";

/// With and without the document that says how components are which no monitor watches. A page that is known by other
/// names (`feed`, from when maintenances had their bare numbers as ids) has come to another source, so what is open is
/// found under its new id.
const WITH_SUMMARY: &str = "lists summary";
const WITHOUT_SUMMARY: &str = "lists";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, "feed/json");
    let answer = answers.require(&url)?;
    let feed: Feed<'_> = answer.json()?;
    let lists = feed.checked(url.path())?;
    let mut problems = Problems::default();
    let (parts, whole) = lists.components(&mut problems);

    let mut source =
        context.source.filter(|source| *source == WITHOUT_SUMMARY).map_or(WITH_SUMMARY, |_| WITHOUT_SUMMARY);
    let mut by_name = BTreeMap::new();
    if source == WITH_SUMMARY && parts.iter().any(|part| part.status.is_none()) {
        let url = endpoint(context.page, "api/status/summary.json");
        let answer = answers.require(&url)?;
        match answer.json::<Summary>() {
            Ok(summary) => by_name = summary.by_name(),
            // Older servers have no such document.
            Err(ReadError::NotThisFormat(_)) => source = WITHOUT_SUMMARY,
            Err(error) => problems.add(format!("the summary could not be read: {error}")),
        }
    }
    let mut seen = HashSet::new();
    let components = parts.into_iter().filter(|part| seen.insert(part.id.clone())).map(|part| Component {
        status: match part.status.or_else(|| by_name.get(&part.name).copied().flatten()) {
            Some(status) => status,
            None => ComponentStatus::Unknown,
        },
        id: part.id,
        name: part.name,
        group: part.group,
    });
    let components: Vec<_> = components.collect();

    let incident_set = gather(context, &lists, &mut problems);
    let unlisted = incident_set.missing(context.open);
    let coverage = Coverage {
        components: if whole { Listing::Complete } else { Listing::Partial },
        // What the page does not list it does not have.
        incidents: incident_set.listing(context.open, true),
    };
    let page = Page { id: None, name: Some(lists.title.to_owned()), url: Some(context.page.to_string()) };
    Ok(ParsedPage {
        snapshot: Snapshot { page, components, incidents: incident_set.into_incidents(), coverage },
        source: source.into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

fn gather(context: &ReadContext<'_>, lists: &Lists<'_, '_>, problems: &mut Problems) -> IncidentSet {
    let (reports, all_reports) = elements::<Report>(lists.reports, "a report", problems);
    let (maintenances, all_maintenances) = elements::<Maintenance>(lists.maintenances, "a maintenance", problems);
    let mut incident_set = IncidentSet::default();
    incident_set.damaged = !(all_reports && all_maintenances);
    for report in reports {
        let incident = incident(context.page, lists, report, problems);
        incident_set.add(incident.newest_update_at(), incident);
    }
    for planned in maintenances {
        incident_set.add(None, maintenance(context, lists, planned, problems));
    }
    incident_set.keep_recent(context.open);
    incident_set
}

fn incident(page: &Url, lists: &Lists<'_, '_>, report: Report, problems: &mut Problems) -> Incident {
    let id = report.id.0;
    let phase = phase(&id, &report.status, problems);
    let mut updates: Vec<Update> = Vec::new();
    for update in report.updates {
        let update_phase = self::phase(&id, &update.status.unwrap_or_default(), problems);
        updates.push(Update {
            id: UpdateId::new(update.id.0),
            phase: update_phase,
            posted_at: time(&id, update.date.as_deref(), problems),
            body: update.message.as_deref().map(plain_text),
            components: Vec::new(),
        });
    }
    updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    updates.dedup_by(|a, b| a.id == b.id);
    Incident {
        url: address(page, "report", &id),
        id: IncidentId::new(&id),
        kind: Kind::Incident,
        title: title_or_default(report.title.as_deref()),
        phase,
        impact: None,
        started_at: updates.iter().find_map(|update| update.posted_at),
        resolved_at: over_since(phase, &updates),
        window: None,
        components: affected(lists, report.components, report.monitors),
        updates,
    }
}

fn maintenance(
    context: &ReadContext<'_>,
    lists: &Lists<'_, '_>,
    planned: Maintenance,
    problems: &mut Problems,
) -> Incident {
    let number = planned.id.0;
    let id = format!("{MAINTENANCE}{number}");
    let starts_at = time(&id, planned.from.as_deref(), problems);
    let window = Window { starts_at, ends_at: time(&id, planned.to.as_deref(), problems) };
    let phase = phase_at(context.now, window);
    let message = planned.message.filter(|message| !message.is_empty());
    Incident {
        url: address(context.page, "maintenance", &number),
        id: IncidentId::new(id),
        kind: Kind::Maintenance,
        title: title_or_default(planned.name.as_deref()),
        phase,
        impact: None,
        started_at: starts_at.filter(|starts_at| *starts_at <= context.now),
        resolved_at: window.ends_at.filter(|_| phase.is_some_and(Phase::is_over)),
        window: Some(window).filter(|window| window.starts_at.is_some()),
        components: affected(lists, planned.components, planned.monitors),
        // There is one message, which is edited in place and has no time.
        updates: message
            .map(|message| Update {
                id: UpdateId::new(number),
                phase: None,
                posted_at: None,
                body: Some(plain_text(&message)),
                components: Vec::new(),
            })
            .into_iter()
            .collect(),
    }
}

fn affected(lists: &Lists<'_, '_>, components: Option<Vec<Word>>, monitors: Option<Vec<Word>>) -> Vec<Affected> {
    let named = if lists.components.is_some() { components } else { monitors };
    let ids: BTreeSet<ComponentId> = named.iter().flatten().map(|id| ComponentId::new(id.as_str())).collect();
    ids.into_iter().map(|id| Affected { id, status: None }).collect()
}

/// Where the page shows it.
fn address(page: &Url, kind: &str, id: &str) -> Option<String> {
    let is_plain = id.chars().all(|c| c.is_ascii_alphanumeric());
    is_plain.then(|| endpoint(page, &format!("events/{kind}/{id}")).to_string())
}

fn phase(id: &str, word: &str, problems: &mut Problems) -> Option<Phase> {
    Some(match word {
        "investigating" => Phase::Investigating,
        "identified" => Phase::Identified,
        "monitoring" => Phase::Monitoring,
        "resolved" => Phase::Resolved,
        _ => {
            problems.add(format!("report {} has the unknown status {}", quoted(id), quoted(word)));
            return None;
        }
    })
}

fn time(id: &str, text: Option<&str>, problems: &mut Problems) -> Option<jiff::Timestamp> {
    let time = rfc3339(text?);
    if time.is_none() {
        problems.add(format!("{} has the time {}, which is none", quoted(id), quoted(text?)));
    }
    time
}

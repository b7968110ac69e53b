//! From Zendesk's incidents to ours.
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update},
    words::{ComponentStatus, Impact, Phase},
};

use super::document::{Attributes, Document, Included, Item, Related};
use crate::{
    contract::{Answer, ReadError},
    read::{
        incident_reader::IncidentReader,
        incident_set::IncidentSet,
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::values::plain_text,
};

/// What the incidents of one document refer to, by id.
type IncludedById<'a> = BTreeMap<String, Included<'a>>;

const SERVICE: [&str; 2] = ["incidentService", "incident_service"];
const UPDATE: [&str; 2] = ["incidentUpdate", "incident_update"];

/// The active incidents of the public API.
pub(super) fn active(answer: &Answer, problems: &mut Problems) -> Result<Vec<Incident>, ReadError> {
    let document: Document<'_> = answer.json()?;
    let items = document.items(answer.url.path())?;
    let (items, whole) = elements::<Item<'_>>(items, "an active incident", problems);
    let services = included(&document, SERVICE, problems);
    let updates = included(&document, UPDATE, problems);
    let incidents = items.iter().filter_map(|item| {
        let attributes = item.attributes.as_ref()?;
        let id = item.id.as_ref().filter(|id| !id.as_str().is_empty())?;
        Some(incident(id.as_str(), attributes, item, &services, &updates, problems))
    });
    let incidents: Vec<Incident> = incidents.collect();
    match whole && incidents.len() == items.len() {
        true => Ok(incidents),
        false => Err(ReadError::Malformed(format!("{} has an incident of another shape", answer.url.path()))),
    }
}

/// Adds the incidents of the page's own list, with what the public API tells of them besides.
pub(super) fn gather(
    incident_set: &mut IncidentSet,
    items: &[&RawValue],
    document: &Document<'_>,
    active: &[Incident],
    problems: &mut Problems,
) {
    let (items, whole) = elements::<Item<'_>>(items, "an incident", problems);
    incident_set.damaged |= !whole;
    let services = included(document, SERVICE, problems);
    let updates = included(document, UPDATE, problems);
    let active: BTreeMap<&IncidentId, &Incident> = active.iter().map(|incident| (&incident.id, incident)).collect();
    for item in &items {
        let id = item.id.as_ref().filter(|id| !id.as_str().is_empty());
        let (Some(id), Some(attributes)) = (id, &item.attributes) else {
            incident_set.damaged = true;
            problems.add("an incident without id or attributes was left out".into());
            continue;
        };
        if attributes.resolved_at.is_none() {
            incident_set.damaged = true;
            problems.add(format!("incident {} does not say whether it is resolved", quoted(id.as_str())));
            continue;
        }
        let mut incident = incident(id.as_str(), attributes, item, &services, &updates, problems);
        let known = active.get(&incident.id);
        if let Some(known) = known.filter(|_| incident.updates.is_empty()) {
            incident.updates.clone_from(&known.updates);
        }
        incident_set.add(None, incident);
    }
}

/// The names that incidents give their services.
pub(super) fn service_names(document: &Document<'_>) -> BTreeMap<String, String> {
    let services = included(document, SERVICE, &mut Problems::default());
    let name = |included: Included<'_>| {
        let attributes = included.attributes;
        Some((attributes.service_id?.as_str().to_owned(), attributes.service_name?.0.to_string()))
    };
    services.into_values().filter_map(name).collect()
}

/// A damaged one is missed where it is referred to.
fn included<'a>(document: &Document<'a>, sorts: [&str; 2], problems: &mut Problems) -> IncludedById<'a> {
    let (all, _) = elements::<Included<'_>>(document.included(), "something included", problems);
    let of_sort = all.into_iter().filter(|included| sorts.contains(&&*included.sort.0));
    of_sort.map(|included| (included.id.as_str().to_owned(), included)).collect()
}

fn incident(
    id: &str,
    attributes: &Attributes<'_>,
    item: &Item<'_>,
    services: &IncludedById<'_>,
    updates: &IncludedById<'_>,
    problems: &mut Problems,
) -> Incident {
    let mut reader = IncidentReader::new(id, problems);
    let resolved = attributes.resolved_at.as_ref().and_then(Option::as_ref);
    let phase = match resolved {
        Some(_) => Some(Phase::Resolved),
        None => reader.known("status of an open incident", attributes.status.as_ref(), phase),
    };
    let impact = attributes.impact.as_ref().and_then(|word| reader.known("impact", Some(word), impact));
    let related = item.relationships.as_ref();
    let services_of = references(related.and_then(|related| related.services.as_ref()));
    let updates_of = references(related.and_then(|related| related.updates.as_ref()));
    let components = affected(attributes, impact, &services_of, services, &mut reader);
    let updates = posted(&updates_of, updates, &mut reader);
    Incident {
        id: IncidentId::new(id),
        kind: Kind::Incident,
        title: reader.title(attributes.name.as_ref()),
        phase,
        impact,
        url: None,
        started_at: reader.time("startedAt", attributes.started_at.as_ref()),
        resolved_at: reader.time("resolvedAt", resolved),
        window: None,
        components,
        updates,
    }
}

fn phase(word: &str) -> Option<Phase> {
    Some(match word {
        "investigating" => Phase::Investigating,
        "identified" => Phase::Identified,
        "monitoring" => Phase::Monitoring,
        _ => return None,
    })
}

fn impact(word: &str) -> Option<Impact> {
    Some(match word {
        "none" | "no impact" => Impact::None,
        "minor" => Impact::Minor,
        "major" => Impact::Major,
        "critical" => Impact::Critical,
        _ => return None,
    })
}

/// The services that an incident refers to, each with its worst state.
fn affected(
    attributes: &Attributes<'_>,
    impact: Option<Impact>,
    references: &[&str],
    services: &IncludedById<'_>,
    reader: &mut IncidentReader<'_>,
) -> Vec<Affected> {
    let resolved = attributes.resolved_at.as_ref().is_some_and(Option::is_some);
    let flags = (attributes.outage, attributes.degradation);
    let mut components: BTreeMap<ComponentId, Option<ComponentStatus>> = BTreeMap::new();
    for &reference in references {
        let included = services.get(reference);
        let Some((included, service)) = included.and_then(|it| Some((it, it.attributes.service_id.as_ref()?))) else {
            reader.problem("names a service that is not included");
            continue;
        };
        let own = &included.attributes;
        let status = match (resolved, &own.resolved_at) {
            (true, _) => None,
            (false, Some(_)) => Some(ComponentStatus::Operational),
            (false, None) => status((own.outage, own.degradation), None).or_else(|| status(flags, impact)),
        };
        let worst = components.entry(ComponentId::new(service.as_str())).or_default();
        *worst = status.max(*worst);
    }
    components.into_iter().map(|(id, status)| Affected { id, status }).collect()
}

/// The updates that an incident refers to, oldest first.
fn posted(references: &[&str], updates: &IncludedById<'_>, reader: &mut IncidentReader<'_>) -> Vec<Update> {
    let mut posted: Vec<Update> = Vec::new();
    for &reference in references {
        let Some(included) = updates.get(reference) else {
            reader.problem("has an update that is not included");
            continue;
        };
        posted.push(Update {
            id: UpdateId::new(reference),
            phase: None,
            posted_at: reader.time("update time", included.attributes.created_at.as_ref()),
            body: included.attributes.description.as_ref().map(|text| plain_text(&text.0)),
            components: Vec::new(),
        });
    }
    posted.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    posted.dedup_by(|a, b| a.id == b.id);
    posted
}

fn references(related: Option<&Related>) -> Vec<&str> {
    let references = related.and_then(|related| related.data.as_deref()).unwrap_or_default();
    references.iter().map(|reference| reference.id.as_str()).collect()
}

/// By the flags of the service, else by the impact of the incident.
fn status(flags: (Option<bool>, Option<bool>), impact: Option<Impact>) -> Option<ComponentStatus> {
    match (flags, impact) {
        ((Some(true), _), _) => Some(ComponentStatus::MajorOutage),
        ((_, Some(true)), _) => Some(ComponentStatus::DegradedPerformance),
        (_, Some(Impact::Major | Impact::Critical)) => Some(ComponentStatus::MajorOutage),
        (_, Some(Impact::Minor)) => Some(ComponentStatus::DegradedPerformance),
        (_, Some(Impact::None) | None) => None,
    }
}

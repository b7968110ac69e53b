//! A status page of Checkly, by the data in its HTML.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::{ComponentStatus, Phase},
};

use super::{
    PAGE,
    nuxt::{Node, Payload},
    severity,
};
use crate::{
    contract::{ParsedPage, ReadContext, ReadError},
    read::{
        answers::endpoint,
        incident_reader::IncidentReader,
        incident_set::{IncidentSet, ids_of},
        problems::{Problems, quoted},
    },
    text::{dates::rfc3339, values::plain_text, values::short_name, words},
};

const RESOLVER: &str = "status-page-resolver-";

/// What the page's data is below.
pub(super) fn bag(payload: &Payload) -> Option<Node<'_>> {
    let data = payload.root()?.get("data")?;
    data.get_prefixed(RESOLVER).map(|_| data)
}

pub(super) fn read(context: &ReadContext<'_>, bag: Node<'_>) -> Result<ParsedPage, ReadError> {
    let missing = |key: &str| ReadError::Malformed(format!("the page's data has no `{key}`"));
    let incidents = bag.get_prefixed("unresolved-incidents-").and_then(|found| found.get("incidents")?.list());
    let incidents = incidents.ok_or_else(|| missing("unresolved-incidents"))?;
    let uptime = bag.get_prefixed("uptime-").ok_or_else(|| missing("uptime"))?;
    let cards = uptime.get("uptime").and_then(Node::list).ok_or_else(|| missing("uptime"))?;

    let mut problems = Problems::default();
    let mut set = IncidentSet::default();
    for raw in &incidents {
        match incident(context, *raw, &mut problems) {
            Some((changed_at, incident)) => set.add(changed_at, incident),
            None => {
                set.damaged = true;
                problems.add("an incident of another shape was left out".into());
            }
        }
    }
    let planned = bag.get_prefixed("maintenance-windows-").and_then(|windows| windows.get("active")?.list());
    for raw in planned.into_iter().flatten() {
        match maintenance(raw, &mut problems) {
            Some(incident) => set.add(None, incident),
            None => set.damaged = true,
        }
    }
    let unlisted = set.missing(context.open);
    for ended in ended(&cards, &unlisted) {
        set.add(None, ended);
    }
    let (components, mut all_components) = components(&cards, &set, &mut problems);
    if bag.is_exhausted() {
        problems.add("only a part of the page's data was read".into());
        set.damaged = true;
        all_components = false;
    }
    let page = bag.get_prefixed(RESOLVER).and_then(|resolver| resolver.get("statusPage"));
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page {
                id: page.and_then(|page| page.text("id")).map(str::to_owned),
                name: page.and_then(|page| page.text("name")).map(str::to_owned),
                url: Some(context.page.to_string()),
            },
            components,
            coverage: Coverage {
                components: if all_components { Listing::Complete } else { Listing::Partial },
                incidents: set.listing(context.open, true),
            },
            incidents: set.into_incidents(),
        },
        source: PAGE.into(),
        problems: problems.into_vec(),
    })
}

/// With the time of its last change.
fn incident(
    context: &ReadContext<'_>,
    raw: Node<'_>,
    problems: &mut Problems,
) -> Option<(Option<Timestamp>, Incident)> {
    let id = raw.text("id")?;
    let mut reader = IncidentReader::new(id, problems);
    let word = raw.text("severity").unwrap_or_default();
    let known = reader.known("severity", Some(word), severity);
    let word = raw.text("lastUpdateStatus");
    let phase = reader.known("status", word, |word| words::phase(word).filter(|phase| !phase.is_over()));
    let created_at = reader.time("creation time", raw.text("created_at").or_else(|| raw.text("createdAt")));
    let updated_at = reader.time("time of change", raw.text("updated_at").or_else(|| raw.text("updatedAt")));
    let title = reader.title(raw.text("name"));
    let services: BTreeSet<&str> =
        raw.get("services").and_then(Node::list).into_iter().flatten().filter_map(|one| one.text("id")).collect();
    let status = known.map_or(ComponentStatus::Unknown, |(_, status)| status);
    let text = raw.text("description").map(plain_text);
    Some((
        updated_at,
        Incident {
            id: IncidentId::new(id),
            kind: Kind::Incident,
            title,
            phase,
            impact: known.map(|(impact, _)| impact),
            url: Some(endpoint(context.page, &format!("incident/{id}")).to_string()),
            started_at: created_at,
            resolved_at: None,
            window: None,
            components: services
                .into_iter()
                .map(|id| Affected { id: ComponentId::new(id), status: Some(status) })
                .collect(),
            updates: text
                .map(|body| Update {
                    id: "description".into(),
                    phase: None,
                    posted_at: updated_at.or(created_at),
                    body: Some(body),
                    components: Vec::new(),
                })
                .into_iter()
                .collect(),
        },
    ))
}

/// What is under way. Its times have several names and tell little.
fn maintenance(raw: Node<'_>, problems: &mut Problems) -> Option<Incident> {
    let id = raw.text("id")?;
    let mut reader = IncidentReader::new(id, problems);
    let title = reader.title(raw.text("name").or_else(|| raw.text("title")));
    Some(Incident {
        id: IncidentId::new(id),
        kind: Kind::Maintenance,
        title,
        phase: Some(Phase::InProgress),
        impact: None,
        url: None,
        started_at: None,
        resolved_at: None,
        window: None,
        components: Vec::new(),
        updates: Vec::new(),
    })
}

/// Those of the unlisted that the history of a service says are resolved.
fn ended(cards: &[Node<'_>], unlisted: &[(Kind, IncidentId)]) -> Vec<Incident> {
    let mut found: BTreeMap<&str, Incident> = BTreeMap::new();
    if unlisted.is_empty() {
        return Vec::new();
    }
    let days = services(cards).into_iter().filter_map(|(_, service)| service.get("days")?.list()).flatten();
    let events = days.filter_map(|day| day.get("events")?.list()).flatten();
    for event in events.filter(|event| event.text("lastUpdateStatus") == Some("RESOLVED")) {
        let Some(id) = event.text("id") else { continue };
        let Some((kind, open)) = unlisted.iter().find(|(_, open)| open.as_str() == id) else { continue };
        let started_at = event.text("created_at").and_then(rfc3339);
        // In seconds.
        let lasted = event.number("duration").filter(|seconds| *seconds >= 0).map(SignedDuration::from_secs);
        found.entry(id).or_insert_with(|| Incident {
            id: open.clone(),
            kind: *kind,
            title: event.text("name").unwrap_or(id).to_owned(),
            phase: Some(if *kind == Kind::Maintenance { Phase::Completed } else { Phase::Resolved }),
            impact: event.text("severity").and_then(severity).map(|(impact, _)| impact),
            url: None,
            started_at,
            resolved_at: started_at.zip(lasted).and_then(|(at, lasted)| at.checked_add(lasted).ok()),
            window: None,
            components: Vec::new(),
            updates: Vec::new(),
        });
    }
    found.into_values().collect()
}

/// The services of all cards, with the name of their card.
fn services<'p>(cards: &[Node<'p>]) -> Vec<(Option<&'p str>, Node<'p>)> {
    let of_card = |card: &Node<'p>| {
        let (card, services) = (*card, card.get("services").and_then(Node::list).unwrap_or_default());
        services.into_iter().map(move |service| (card.text("name"), service))
    };
    cards.iter().flat_map(of_card).collect()
}

/// Each service once, in the worst state that an open incident gives it.
fn components(cards: &[Node<'_>], set: &IncidentSet, problems: &mut Problems) -> (Vec<Component>, bool) {
    let mut hit: HashMap<&str, ComponentStatus> = HashMap::new();
    let open = set.incidents().filter(|incident| !incident.is_over());
    for affected in open.flat_map(|incident| &incident.components) {
        let status = affected.status.unwrap_or(ComponentStatus::Unknown);
        hit.entry(affected.id.as_str()).and_modify(|worst| *worst = status.max(*worst)).or_insert(status);
    }
    // An incident that could not be read may be what a service suffers from.
    let quiet = if set.damaged { ComponentStatus::Unknown } else { ComponentStatus::Operational };
    let mut is_whole = cards.iter().all(|card| card.get("services").is_some_and(|services| services.list().is_some()));
    let mut found = BTreeMap::new();
    for (card, service) in services(cards) {
        let (Some(id), Some(name)) = (service.text("id"), service.text("name")) else {
            is_whole = false;
            problems.add(format!("a service of {} was left out", quoted(card.unwrap_or_default())));
            continue;
        };
        found.entry(id).or_insert_with(|| Component {
            id: ComponentId::new(id),
            name: short_name(name),
            group: card.map(short_name),
            status: hit.get(id).copied().unwrap_or(quiet),
        });
    }
    (found.into_values().collect(), is_whole)
}

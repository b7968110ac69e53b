//! The documents below `/proxy/<host>`. The list of components has no states: one that is not among the affected is
//! operational. Every list comes in another order each time.
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{self, Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Window},
    words::{ComponentStatus, Phase},
};
use url::Url;

use crate::{
    contract::{Answer, ReadError},
    read::{
        answers::json,
        incident_reader::title_or_default,
        problems::{Problems, quoted},
        updates::{began_at, in_order, named_last, over_since},
    },
    text::{
        dates::rfc3339,
        urls::http_url,
        values::short_name,
        words::{component_status, is_planned, phase},
    },
};

#[derive(Deserialize)]
struct Proxy<'a> {
    #[serde(borrow)]
    summary: Option<Summary<'a>>,
}

#[derive(Deserialize)]
struct Summary<'a> {
    /// Of the page; the imitation of Statuspage gives the same.
    id: Option<String>,
    name: Option<String>,
    public_url: Option<String>,
    components: Option<Vec<Named>>,
    affected_components: Option<Vec<State>>,
    #[serde(borrow)]
    ongoing_incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    scheduled_maintenances: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    in_progress_maintenances: Option<Vec<&'a RawValue>>,
    structure: Option<Structure>,
    page_type: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct State {
    component_id: Option<String>,
    status: Option<String>,
    /// In an incident's own list, where `status` is the worst it ever was.
    current_status: Option<String>,
}

#[derive(Deserialize)]
struct Structure {
    items: Option<Vec<Item>>,
}

/// A component of its own, which has no group to tell of, or a group.
#[derive(Deserialize)]
struct Item {
    group: Option<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: Option<String>,
    components: Option<Vec<State>>,
}

#[derive(Deserialize)]
struct History<'a> {
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct ById<'a> {
    #[serde(borrow)]
    incident: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawIncident {
    id: Option<String>,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
    published_at: Option<String>,
    updates: Option<Vec<RawUpdate>>,
    component_impacts: Option<Vec<Interval>>,
    affected_components: Option<Vec<State>>,
    #[serde(alias = "scheduled_start_at")]
    starts_at: Option<String>,
    #[serde(alias = "scheduled_end_at")]
    ends_at: Option<String>,
}

#[derive(Deserialize)]
struct RawUpdate {
    id: Option<String>,
    published_at: Option<String>,
    to_status: Option<String>,
    message_string: Option<String>,
    component_statuses: Option<Vec<State>>,
}

#[derive(Deserialize)]
struct Interval {
    start_at: Option<String>,
    end_at: Option<String>,
}

/// Whether this is the document of a page that only leads to its sub-pages.
pub(super) fn is_parent(answer: &Answer) -> bool {
    let summary = answer.json::<Proxy<'_>>().ok().and_then(|document| document.summary);
    summary.is_some_and(|summary| {
        summary.page_type.as_deref() == Some("parent") && summary.components.is_some_and(|named| named.is_empty())
    })
}

pub(super) fn snapshot(page: &Url, answer: &Answer, problems: &mut Problems) -> Result<Snapshot, ReadError> {
    let missing = |key: &str| {
        ReadError::NotThisFormat(format!("no document of incident.io at {}: no `{key}`", answer.url.path()))
    };
    let summary = answer.json::<Proxy<'_>>()?.summary.ok_or_else(|| missing("summary"))?;
    let named = summary.components.ok_or_else(|| missing("components"))?;
    let ongoing = summary.ongoing_incidents.ok_or_else(|| missing("ongoing_incidents"))?;
    let page = Page {
        id: summary.id,
        name: summary.name,
        url: summary.public_url.and_then(|url| http_url(page, &url)).or_else(|| Some(page.to_string())),
    };

    let groups = summary.structure.map(groups).unwrap_or_default();
    let states = states(summary.affected_components, problems);
    let mut coverage = match named.is_empty() {
        false => Coverage { components: Listing::Complete, incidents: Listing::Complete },
        true => bare(answer.url.path(), problems),
    };
    let mut components = Vec::with_capacity(named.len());
    for component in named {
        let (Some(id), Some(name)) = (component.id, component.name) else {
            coverage.components = Listing::Partial;
            problems.add("a component without id or name was left out".into());
            continue;
        };
        components.push(Component {
            group: groups.get(&id).cloned(),
            status: match &states {
                Some(affected) => affected.get(&id).copied().unwrap_or(ComponentStatus::Operational),
                None => ComponentStatus::Unknown,
            },
            id: id.into(),
            name,
        });
    }

    let lists = [
        (Kind::Incident, Some(ongoing)),
        (Kind::Maintenance, summary.scheduled_maintenances),
        (Kind::Maintenance, summary.in_progress_maintenances),
    ];
    let mut incidents: Vec<Incident> = Vec::new();
    for (kind, list) in lists {
        for item in list.unwrap_or_default() {
            match incident(&page, kind, item, problems) {
                Ok(incident) => incidents.push(incident),
                // One that cannot be recognised must not pass for one that is gone.
                Err(_) => coverage.incidents = Listing::Partial,
            }
        }
    }
    Ok(Snapshot { page, components, incidents, coverage })
}

/// There are pages without components. But a page that lost them may have lost more.
pub(super) fn bare(path: &str, problems: &mut Problems) -> Coverage {
    problems.add(format!("{path} lists no component, so nothing is concluded from what is missing"));
    Coverage { components: Listing::Partial, incidents: Listing::Partial }
}

/// The last three months; what is damaged is left out.
pub(super) fn history(page: &Page, answer: &Answer, problems: &mut Problems) -> Result<Vec<Incident>, ReadError> {
    let items = answer.json::<History<'_>>()?.incidents.ok_or_else(|| {
        let path = answer.url.path();
        ReadError::NotThisFormat(format!("no history of incident.io at {path}: no `incidents`"))
    })?;
    Ok(items.into_iter().filter_map(|item| incident(page, Kind::Incident, item, problems).ok()).collect())
}

/// `path` is where the text came from.
pub(super) fn by_id(path: &str, text: &str, page: &Page, problems: &mut Problems) -> Result<Incident, ReadError> {
    let item = json::<ById<'_>>(path, text)?
        .incident
        .ok_or_else(|| ReadError::NotThisFormat(format!("no incident of incident.io at {path}: no `incident`")))?;
    incident(page, Kind::Incident, item, problems)
}

/// Group names by component id.
fn groups(structure: Structure) -> HashMap<String, String> {
    let groups = structure.items.unwrap_or_default().into_iter().filter_map(|item| item.group);
    let mut names = HashMap::new();
    for group in groups {
        let Some(name) = group.name.as_deref().map(short_name) else { continue };
        for component in group.components.unwrap_or_default() {
            names.extend(component.component_id.map(|id| (id, name.clone())));
        }
    }
    names
}

/// The states of those that are affected; `None` where the page did not say, which is not "none are".
fn states(affected: Option<Vec<State>>, problems: &mut Problems) -> Option<HashMap<String, ComponentStatus>> {
    let Some(affected) = affected else {
        problems.add("no list of affected components: the state of all is unknown".into());
        return None;
    };
    let mut states = HashMap::new();
    for state in affected {
        let Some(id) = state.component_id else { continue };
        let status = status_of(state.status.as_deref(), problems).unwrap_or(ComponentStatus::Unknown);
        // Two incidents may say different things of it; the worse is true.
        let worst = states.entry(id).or_insert(status);
        *worst = status.max(*worst);
    }
    Some(states)
}

/// The address of an incident, which the documents leave out.
pub(super) fn incident_url(page: Option<&str>, id: &str) -> Option<String> {
    page.map(|page| format!("{}/incidents/{id}", page.trim_end_matches('/')))
}

pub(super) fn status_of(word: Option<&str>, problems: &mut Problems) -> Option<ComponentStatus> {
    let status = component_status(word?);
    if status.is_none() {
        problems.add(format!("unknown component status {}", quoted(word?)));
    }
    status
}

pub(super) fn phase_of(word: Option<&str>, problems: &mut Problems) -> Option<Phase> {
    let phase = phase(word?);
    if phase.is_none() {
        problems.add(format!("unknown phase {}", quoted(word?)));
    }
    phase
}

fn incident(page: &Page, listed_as: Kind, item: &RawValue, problems: &mut Problems) -> Result<Incident, ReadError> {
    let mut refuse = |what: &str| {
        problems.add(format!("an incident {what} was left out"));
        ReadError::NotThisFormat(format!("an incident {what}"))
    };
    let raw: RawIncident = serde_json::from_str(item.get()).map_err(|_| refuse("of another shape"))?;
    let id = raw.id.filter(|id| !id.is_empty()).ok_or_else(|| refuse("without id"))?;
    let phase = phase_of(raw.status.as_deref(), problems);
    let updates = raw.updates.unwrap_or_default().into_iter();
    let updates = in_order(updates.filter_map(|raw| update(raw, problems)).collect());

    let kind = match (raw.kind.as_deref(), phase) {
        (Some("maintenance"), _) => Kind::Maintenance,
        (Some("incident"), _) => Kind::Incident,
        (_, Some(phase)) if is_planned(phase) => Kind::Maintenance,
        _ => listed_as,
    };
    let intervals = raw.component_impacts.unwrap_or_default();
    let time = |text: &Option<String>| rfc3339(text.as_deref()?);
    let first_impact = intervals.iter().filter_map(|interval| time(&interval.start_at)).min();
    let last_impact = intervals.iter().filter_map(|interval| time(&interval.end_at)).max();
    let all_ended = intervals.iter().all(|interval| time(&interval.end_at).is_some());
    let started_at = match kind {
        Kind::Incident => {
            let first_update = updates.iter().filter_map(|update| update.posted_at).min();
            // The incident itself may be published later than its first update, which may be set back.
            [time(&raw.published_at), first_update, first_impact].into_iter().flatten().min()
        }
        Kind::Maintenance => began_at(&updates),
    };
    let window = (kind == Kind::Maintenance).then(|| Window {
        starts_at: time(&raw.starts_at).or(first_impact),
        ends_at: time(&raw.ends_at).or(last_impact),
    });
    Ok(Incident {
        kind,
        title: title_or_default(raw.name.as_deref()),
        phase,
        impact: None,
        url: incident_url(page.url.as_deref(), &id),
        started_at,
        // The end of the impact, where it is given, is what the page counts; the update may come hours later.
        resolved_at: last_impact
            .filter(|_| kind == Kind::Incident && phase.is_some_and(Phase::is_over) && all_ended)
            .or_else(|| over_since(phase, &updates)),
        window: window.filter(|window| window.starts_at.or(window.ends_at).is_some()),
        components: touched(raw.affected_components.unwrap_or_default(), &updates, problems),
        id: IncidentId::new(id),
        updates,
    })
}

fn update(raw: RawUpdate, problems: &mut Problems) -> Option<snapshot::Update> {
    let Some(id) = raw.id else {
        problems.add("an update without id was left out".into());
        return None;
    };
    let named = raw.component_statuses.unwrap_or_default();
    Some(snapshot::Update {
        id: UpdateId::new(id),
        phase: phase_of(raw.to_status.as_deref(), problems),
        posted_at: raw.published_at.as_deref().and_then(rfc3339),
        body: body(raw.message_string),
        components: named
            .into_iter()
            .filter_map(|state| {
                let status = status_of(state.status.as_deref(), problems);
                Some(Affected { id: state.component_id?.into(), status })
            })
            .collect(),
    })
}

/// An empty text is one the page did not give.
pub(super) fn body(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// All components the incident ever named, each as the last update that named it left it; those that only the
/// incident's own list names, as that says.
fn touched(own: Vec<State>, updates: &[snapshot::Update], problems: &mut Problems) -> Vec<Affected> {
    let own = own.into_iter().filter_map(|state| {
        let word = state.current_status.or(state.status);
        let status = status_of(word.as_deref(), problems);
        Some(Affected { id: state.component_id?.into(), status })
    });
    let by_updates = updates.iter().flat_map(|update| update.components.iter().cloned());
    named_last(own.chain(by_updates))
}

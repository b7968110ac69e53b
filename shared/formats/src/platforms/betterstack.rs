//! Better Stack (once Better Uptime), by the public JSON:API document of a page, which has everything: resources with
//! their state, and reports, resolved ones too, with their updates. A page is recognised by `data.type`. It rests on
//! one recorded document, of July 2026, on the provider's documentation
//! (<https://betterstack.com/docs/uptime/api/status-page-reports/>) and on client code.
//!
//! Reports have no phases, and none is made up for them: they are open or resolved. Most have no time of their end
//! either; an update that calls every component of the report resolved is its end. A report whose components were never
//! anything but under maintenance is maintenance, whatever type it was posted as.
mod document;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::{ComponentStatus, Impact, Phase},
};

use self::document::{Index, Item, PageItem, Report, Resource, Section, Touched, UpdateText};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, Stop},
    read::{
        answers::endpoint,
        incident_reader::NO_TITLE,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        maintenance::phase_at,
        overall::Overall,
        problems::{Problems, quoted},
        updates::over_since,
    },
    text::{
        dates::rfc3339,
        values::{plain_text, short_name},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "betterstack",
    fingerprint: Fingerprint {
        hosts: &["betteruptime.com", "betterstack.com"],
        markers: &["betteruptime.com", "betterstack.com"],
        blind_probes: 1,
    },
    read,
};

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, "index.json");
    let answer = answers.require(&url)?;
    let index: Index<'_> = answer.json()?;
    let (page, included) = index.checked(url.path())?;
    let mut problems = Problems::default();
    let (items, whole) = elements::<Item<'_>>(included, "a part of the page", &mut problems);
    let parts = Parts::sort(items, whole);

    let (components, has_all) = components(&parts, &mut problems);
    let all_there = has_all && page.lists("resources", &parts.resources);
    let listing = if all_there { Listing::Complete } else { Listing::Partial };
    let mut incident_set = IncidentSet::default();
    incident_set.damaged = !parts.whole || !page.lists("status_reports", &parts.reports);
    if incident_set.damaged {
        problems.add("not every report of the page could be read".into());
    }
    for (id, report) in &parts.reports {
        match incident(id, report, &parts, context.now, &mut problems) {
            Some(incident) => incident_set.add(incident.newest_update_at(), incident),
            None => incident_set.damaged = true,
        }
    }
    let whole = all_there && !incident_set.damaged;
    let lone = overall(context, page, &mut problems).incidents(context, &components, incident_set.incidents(), whole);
    lone.into_iter().for_each(|incident| incident_set.add(incident.newest_update_at(), incident));
    incident_set.keep_recent(context.open);
    let unlisted = incident_set.missing(context.open);
    // The page keeps resolved reports, so it is its own history.
    let incidents = incident_set.listing(context.open, true);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: page.id.clone(), name: page.name(), url: Some(context.page.to_string()) },
            components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: listing, incidents },
        },
        source: "index".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// What the page includes, by its kind and id.
#[derive(Default)]
struct Parts<'a> {
    /// None was damaged.
    whole: bool,
    sections: BTreeMap<&'a str, Item<'a>>,
    resources: BTreeMap<&'a str, Item<'a>>,
    reports: BTreeMap<&'a str, Item<'a>>,
    updates: BTreeMap<&'a str, Item<'a>>,
}

impl<'a> Parts<'a> {
    fn sort(items: Vec<Item<'a>>, whole: bool) -> Self {
        let mut parts = Self { whole, ..Self::default() };
        for item in items {
            let of_kind = match item.kind {
                "status_page_section" => &mut parts.sections,
                "status_page_resource" => &mut parts.resources,
                "status_report" => &mut parts.reports,
                "status_update" => &mut parts.updates,
                _ => continue,
            };
            of_kind.insert(item.id, item);
        }
        parts
    }
}

/// The resources, and whether each could be read.
fn components(parts: &Parts<'_>, problems: &mut Problems) -> (Vec<Component>, bool) {
    let name_of = |section: &Item<'_>| section.attributes::<Section>()?.name.as_deref().map(short_name);
    let sections: BTreeMap<&str, String> =
        parts.sections.iter().filter_map(|(id, section)| Some((&**id, name_of(section)?))).collect();
    let mut components = Vec::with_capacity(parts.resources.len());
    for (id, item) in &parts.resources {
        let resource: Option<Resource> = item.attributes();
        let Some((name, resource)) = resource.and_then(|resource| Some((resource.public_name.clone()?, resource)))
        else {
            problems.add(format!("component {} of another shape was left out", quoted(id)));
            continue;
        };
        let word = resource.status.unwrap_or_default();
        let status = component_status(&word).unwrap_or_else(|| problems.unknown_status(id, &word));
        let section = resource.status_page_section_id.as_ref().and_then(|id| sections.get(id.as_str()));
        let group = section.filter(|name| !name.is_empty()).cloned();
        components.push(Component { id: ComponentId::new(id), name, group, status });
    }
    let all = parts.whole && components.len() == parts.resources.len();
    (components, all)
}

/// The page's own word for its state; downtime of a page is that of some of its components.
fn overall(context: &ReadContext<'_>, page: &PageItem<'_>, problems: &mut Problems) -> Overall<'static> {
    let word = page.aggregate_state();
    let status = match word.as_deref().map(component_status) {
        Some(Some(ComponentStatus::MajorOutage)) => ComponentStatus::PartialOutage,
        Some(Some(status)) => status,
        Some(None) => {
            problems.add(format!("the page as a whole: unknown state {}", quoted(word.as_deref().unwrap_or_default())));
            ComponentStatus::Unknown
        }
        None => ComponentStatus::Unknown,
    };
    Overall { status, said: "", url: Some(context.page.to_string()) }
}

fn incident(id: &str, item: &Item<'_>, parts: &Parts<'_>, now: Timestamp, problems: &mut Problems) -> Option<Incident> {
    let Some(report) = item.attributes::<Report>() else {
        problems.add(format!("report {} of another shape was left out", quoted(id)));
        return None;
    };
    let posted = updates(id, item, parts, problems);
    let Some(kind) = kind(&report, &posted) else {
        problems.add(format!("report {} is of unknown type and was left out", quoted(id)));
        return None;
    };
    let mut time = |text: Option<&str>| {
        let time = text.and_then(rfc3339);
        if let (Some(text), None) = (text, time) {
            problems.add(format!("report {} has the time {}, which is none", quoted(id), quoted(text)));
        }
        time
    };
    let (starts_at, ends_at) = (time(report.starts_at.as_deref()), time(report.ends_at.as_deref()));
    let window = Window { starts_at, ends_at };
    let components = affected(&report.affected_resources, problems);
    let updates = with_ends(kind, &components, posted);
    let state = report.aggregate_state.as_deref().unwrap_or_default();
    if state != RESOLVED && component_status(state).is_none() {
        problems.add(format!("report {} has the unknown state {}", quoted(id), quoted(state)));
    }
    let phase = match (kind, phase_at(now, window)) {
        (Kind::Incident, _) => {
            let is_trouble = component_status(state).is_some_and(ComponentStatus::is_trouble);
            let says_so = updates.last().is_some_and(|update| update.phase == Some(Phase::Resolved));
            let is_over = state == RESOLVED || says_so && !is_trouble || ends_at.is_some_and(|ends_at| ends_at <= now);
            is_over.then_some(Phase::Resolved)
        }
        // The state of a maintenance that has not begun says nothing about its components.
        (Kind::Maintenance, phase @ Some(Phase::Scheduled)) => phase,
        (Kind::Maintenance, _) if state == RESOLVED => Some(Phase::Completed),
        (Kind::Maintenance, phase) => phase,
    };
    let impact = match (kind, component_status(state)) {
        (Kind::Incident, Some(ComponentStatus::DegradedPerformance)) => Some(Impact::Minor),
        (Kind::Incident, Some(ComponentStatus::MajorOutage)) => Some(Impact::Major),
        _ => None,
    };
    let is_over = phase.is_some_and(Phase::is_over);
    let first_posted = updates.first().and_then(|update| update.posted_at).filter(|_| kind == Kind::Incident);
    Some(Incident {
        id: IncidentId::new(id),
        kind,
        title: title(report.title, &components, parts),
        phase,
        impact,
        url: None,
        started_at: starts_at.or(first_posted).filter(|starts_at| *starts_at <= now),
        resolved_at: ends_at.filter(|ends_at| is_over && *ends_at <= now).or_else(|| over_since(phase, &updates)),
        window: Some(window).filter(|_| kind == Kind::Maintenance && starts_at.is_some()),
        components,
        updates,
    })
}

const RESOLVED: &str = "resolved";

/// What was posted as anything else and never named a component but as under maintenance is maintenance as well. `None`
/// if neither the type nor the state tells.
fn kind(report: &Report, updates: &[Update]) -> Option<Kind> {
    if report.report_type.as_deref() == Some("maintenance") {
        return Some(Kind::Maintenance);
    }
    let state = report.aggregate_state.as_deref().unwrap_or_default();
    let own = report.affected_resources.iter().flatten().filter_map(|touched| touched.status.as_deref());
    let own = own.chain([state]).filter(|word| *word != RESOLVED).map(component_status);
    let posted = updates.iter().flat_map(|update| &update.components).map(|affected| affected.status);
    let named: Vec<_> = own.chain(posted).filter(|status| *status != Some(ComponentStatus::Operational)).collect();
    if !named.is_empty() && named.iter().all(|status| *status == Some(ComponentStatus::UnderMaintenance)) {
        return Some(Kind::Maintenance);
    }
    let is_known = matches!(report.report_type.as_deref(), Some("manual" | "automatic" | "calculated"));
    // What says of itself that something is down is an incident, whatever it calls itself.
    (is_known || component_status(state).is_some_and(ComponentStatus::is_trouble)).then_some(Kind::Incident)
}

/// The updates with the phase of those that call every component of the report resolved.
fn with_ends(kind: Kind, components: &[Affected], mut updates: Vec<Update>) -> Vec<Update> {
    let is_well = |affected: &Affected| affected.status == Some(ComponentStatus::Operational);
    for update in updates.iter_mut().filter(|_| kind == Kind::Incident) {
        let named: BTreeSet<&ComponentId> = update.components.iter().map(|affected| &affected.id).collect();
        let names_all = !named.is_empty() && components.iter().all(|wanted| named.contains(&wanted.id));
        update.phase = (names_all && update.components.iter().all(is_well)).then_some(Phase::Resolved);
    }
    updates
}

/// Reports that a monitor opens have no title: what they are about must do.
fn title(own: Option<String>, components: &[Affected], parts: &Parts<'_>) -> String {
    let name_of =
        |affected: &Affected| parts.resources.get(affected.id.as_str())?.attributes::<Resource>()?.public_name;
    let names: BTreeSet<String> = components.iter().filter_map(name_of).collect();
    match own.filter(|title| !title.trim().is_empty()) {
        Some(title) => title,
        None if names.is_empty() => NO_TITLE.into(),
        None => names.into_iter().collect::<Vec<_>>().join(", "),
    }
}

/// Oldest first.
fn updates(report: &str, item: &Item<'_>, parts: &Parts<'_>, problems: &mut Problems) -> Vec<Update> {
    let listed = item.related("status_updates").unwrap_or_default();
    let mut updates = Vec::new();
    for (id, item) in &parts.updates {
        let Some(text) = item.attributes::<UpdateText>() else {
            problems.add(format!("update {} of another shape was left out", quoted(id)));
            continue;
        };
        let says_so = text.status_report_id.as_ref().is_some_and(|of| of.as_str() == report);
        if says_so || listed.contains(*id) {
            updates.push(Update {
                id: UpdateId::new(id),
                phase: None,
                posted_at: text.published_at.as_deref().and_then(rfc3339),
                body: text.message.as_deref().map(plain_text),
                components: affected(&text.affected_resources, problems),
            });
        }
    }
    updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    updates
}

fn affected(touched: &Option<Vec<Touched>>, problems: &mut Problems) -> Vec<Affected> {
    let mut affected: BTreeMap<ComponentId, Option<ComponentStatus>> = BTreeMap::new();
    for touched in touched.iter().flatten() {
        let Some(id) = &touched.status_page_resource_id else {
            problems.add("a report names a component without id".into());
            continue;
        };
        let status = match touched.status.as_deref() {
            Some(RESOLVED) => Some(ComponentStatus::Operational),
            word => word.and_then(component_status),
        };
        affected.insert(ComponentId::new(id.as_str()), status);
    }
    affected.into_iter().map(|(id, status)| Affected { id, status }).collect()
}

fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "operational" => ComponentStatus::Operational,
        "degraded" | "degraded_performance" => ComponentStatus::DegradedPerformance,
        "downtime" => ComponentStatus::MajorOutage,
        "maintenance" => ComponentStatus::UnderMaintenance,
        "not_monitored" => ComponentStatus::Unknown,
        _ => return None,
    })
}

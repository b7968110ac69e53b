//! Zendesk, by what its own status page reads below `/api/ssp`: the incidents of the last months with their services,
//! and the services. The public API has the active ones once more, and alone has the texts of their updates. Known by
//! its address alone.
//!
//! This rests on the provider's documentation of the public API, on client code and on notes others made of real
//! answers; one example in their shape was recorded. `status` goes stale: an incident is open while it has no time of
//! resolution. A service has no state but the one that an open incident gives it. Maintenance is on a list of its own,
//! whose times are not documented: it is not read.
mod document;
mod incident;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Incident, Listing, Page, Snapshot},
    words::ComponentStatus,
};

use self::document::{Document, Service};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
};

pub(crate) const FORMAT: Format = Format {
    name: "zendesk",
    fingerprint: Fingerprint { hosts: &["status.zendesk.com"], markers: &[], blind_probes: 0 },
    read,
};

const INCIDENTS: &str = "api/ssp/incidents.json";
const SERVICES: &str = "api/ssp/services.json";
const ACTIVE: &str = "api/incidents/active";
const SOURCE: &str = "ssp";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let [listed, active, services] = [INCIDENTS, ACTIVE, SERVICES].map(|path| endpoint(context.page, path));
    let first =
        if context.source == Some(SOURCE) { vec![listed.clone(), active.clone()] } else { vec![listed.clone()] };
    answers.require_all(&first)?;
    let answer = answers.require(&listed)?;
    let document: Document<'_> = answer.json()?;
    let items = document.items(listed.path())?;
    let rest = [active.clone(), services.clone()];
    answers.require_all(&rest)?;

    let mut problems = Problems::default();
    let mut incident_set = IncidentSet::default();
    let active_incidents = incident::active(answers.require(&active)?, &mut problems);
    let has_active = active_incidents.is_ok();
    let active_incidents = active_incidents.unwrap_or_else(|error| {
        problems.add(format!("the texts of active incidents could not be read: {error}"));
        Vec::new()
    });
    incident::gather(&mut incident_set, items, &document, &active_incidents, &mut problems);
    let unlisted = incident_set.missing(context.open);
    // Whether the two lists have the same ids is not documented. An incident of the second list alone may be one of the
    // first under another id, so it counts only if it is known.
    for incident in active_incidents.into_iter().filter(|incident| context.is_open(&incident.id)) {
        incident_set.add(None, incident);
    }
    if items.is_empty() {
        problems.add(format!("{} lists nothing, so nothing is concluded from what is missing", listed.path()));
    }
    let looked_up = has_active && !items.is_empty();
    let incidents = incident_set.listing(context.open, looked_up);
    let incidents = if items.is_empty() { Listing::Partial } else { incidents };
    let listing = incident_set.into_incidents();
    let names = incident::service_names(&document);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: components(answers.get(&services), &listing, &names, &mut problems),
            incidents: listing,
            // An incident's end is what a service recovers by, which a complete list without states would deny.
            coverage: Coverage { components: Listing::Partial, incidents },
        },
        source: SOURCE.into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The services of the list and those that open incidents name, as these leave them.
fn components(
    services: Option<&Answer>,
    incidents: &[Incident],
    names: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Vec<Component> {
    let mut states: BTreeMap<&str, ComponentStatus> = BTreeMap::new();
    let open = incidents.iter().filter(|incident| !incident.is_over());
    for affected in open.flat_map(|incident| &incident.components) {
        let worst = states.entry(affected.id.as_str()).or_insert(ComponentStatus::Unknown);
        *worst = affected.status.unwrap_or(ComponentStatus::Unknown).max(*worst);
    }
    let mut listed: BTreeMap<String, String> = BTreeMap::new();
    let document = services.map_or(Err(ReadError::NotThisFormat("not asked".into())), |answer| {
        answer.json::<Document<'_>>().and_then(|document| {
            let (services, _) = elements::<Service<'_>>(document.items(SERVICES)?, "a service", problems);
            listed.extend(services.iter().filter_map(Service::named));
            Ok(())
        })
    });
    if let Err(error) = document {
        problems.add(format!("the services could not be read: {error}"));
    }
    for id in states.keys().filter(|id| !listed.contains_key(**id)).copied().collect::<Vec<_>>() {
        let name = names.get(id).cloned().unwrap_or_else(|| {
            problems.add(format!("service {} has no name", quoted(id)));
            id.to_owned()
        });
        listed.insert(id.to_owned(), name);
    }
    let component = |(id, name): (String, String)| Component {
        status: states.get(id.as_str()).copied().unwrap_or(ComponentStatus::Unknown),
        id: ComponentId::new(id),
        name,
        group: None,
    };
    listed.into_iter().map(component).collect()
}

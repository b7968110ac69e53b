//! FireHydrant, by `data/payload.json`, which the page itself reads: the components, the words for their condition, and
//! every incident and maintenance the page ever had.
//!
//! This rests on the code of two clients of it, one of them with a recorded document of `status.redis.io`; nothing was
//! recorded here. What follows from them:
//! - a component has no state of its own. It has the condition that an open incident gives it; what the author calls a
//!   condition is the page's own, and `conditions` translates it into one of three words;
//! - an incident is open until it has a time of resolution. Its other times say how far it is;
//! - planned work is an incident of the severity `MAINTENANCE`. Its end is not announced.
mod incident;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};

use self::incident::RawIncident;
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::values::{Text, short_name},
};

pub(crate) const FORMAT: Format = Format {
    name: "firehydrant",
    fingerprint: Fingerprint { hosts: &["status.firehydrant.com"], markers: &["firehydrant"], blind_probes: 0 },
    read,
};

const PAYLOAD: &str = "data/payload.json";

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    config: Option<Config<'a>>,
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
    /// The author's word for a condition, and what it means.
    conditions: Option<HashMap<String, String>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    company_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawComponent<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, PAYLOAD);
    let payload: Payload<'_> = answers.require(&url)?.json()?;
    let missing = |key: &str| ReadError::NotThisFormat(format!("{} has no `{key}`", url.path()));
    let config = payload.config.as_ref().ok_or_else(|| missing("config"))?;
    let listed = payload.components.as_ref().ok_or_else(|| missing("components"))?;
    let raw = payload.incidents.as_ref().ok_or_else(|| missing("incidents"))?;

    let mut problems = Problems::default();
    let (raw, all_incidents) = elements::<RawIncident<'_>>(raw, "an incident", &mut problems);
    let mut set = IncidentSet::default();
    set.damaged = !all_incidents;
    let conditions = payload.conditions.unwrap_or_default();
    for incident in &raw {
        let incident = incident.read(context.now, &conditions, &mut problems);
        set.add(incident.resolved_at.max(incident.newest_update_at()), incident);
    }
    let (listed, all_components) = elements::<RawComponent<'_>>(listed, "a component", &mut problems);
    // An incident that could not be read may be what a component suffers from.
    let quiet = if all_incidents { ComponentStatus::Operational } else { ComponentStatus::Unknown };
    let components = components(&listed, &set, quiet);

    set.keep_recent(context.open);
    let unlisted = set.missing(context.open);
    let names = [&config.title, &config.company_name].into_iter().flatten();
    let name = names.map(|name| name.0.trim().to_owned()).find(|name| !name.is_empty());
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page { id: None, name, url: Some(context.page.to_string()) },
            components,
            coverage: Coverage {
                components: if all_components { Listing::Complete } else { Listing::Partial },
                // What the page does not list it does not have.
                incidents: set.listing(context.open, true),
            },
            incidents: set.into_incidents(),
        },
        source: "payload".into(),
        problems: problems.into_vec(),
    })
}

/// Each component once, in the worst condition that an open incident gives it.
fn components(listed: &[RawComponent<'_>], set: &IncidentSet, quiet: ComponentStatus) -> Vec<Component> {
    let mut hit: HashMap<&ComponentId, ComponentStatus> = HashMap::new();
    let open = set.incidents().filter(|incident| !incident.is_over());
    for affected in open.flat_map(|incident| &incident.components) {
        // Planned work that has not begun gives none.
        let Some(status) = affected.status else { continue };
        hit.entry(&affected.id).and_modify(|worst| *worst = status.max(*worst)).or_insert(status);
    }
    let mut found = BTreeMap::new();
    for raw in listed {
        let id = ComponentId::new(&*raw.id.0);
        let status = hit.get(&id).copied().unwrap_or(quiet);
        let name = short_name(raw.name.0.trim());
        found.entry(id.clone()).or_insert(Component { id, name, group: None, status });
    }
    found.into_values().collect()
}

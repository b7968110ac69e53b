//! Slack, by its public status API: `current` has what is open, `history` what was. Known by its address alone.
//!
//! This rests on the provider's documentation and on client code; nothing was recorded. Incidents carry no words for
//! phases and no impact: `type` says what they are, `status` whether they are over. The services are the documented
//! ones: the page has no list of them, and one is fine when no active incident names it. A notice tells of no trouble,
//! so it is left out.
mod incident;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::{ComponentStatus, Phase},
};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        problems::{Problems, quoted},
    },
    text::values::Text,
};

pub(crate) const FORMAT: Format = Format {
    name: "slack",
    fingerprint: Fingerprint { hosts: &["slack-status.com", "status.slack.com"], markers: &[], blind_probes: 0 },
    read,
};

const CURRENT: &str = "api/v2.0.0/current";
const HISTORY: &str = "api/v2.0.0/history";

/// As documented in 2026.
const SERVICES: [&str; 11] = [
    "Login/SSO",
    "Messaging",
    "Notifications",
    "Search",
    "Workspace/Org Administration",
    "Canvases",
    "Connectivity",
    "Files",
    "Huddles",
    "Apps/Integrations/APIs",
    "Workflows",
];

#[derive(Deserialize)]
struct Current<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    active_incidents: Option<Vec<&'a RawValue>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, CURRENT);
    let answer = answers.require(&url)?;
    let current: Current<'_> = answer.json()?;
    let missing =
        |key: &str| ReadError::NotThisFormat(format!("{} is not Slack's current status: no `{key}`", url.path()));
    let status = current.status.ok_or_else(|| missing("status"))?;
    let active = current.active_incidents.ok_or_else(|| missing("active_incidents"))?;
    let mut problems = Problems::default();
    // With nothing active the status is `ok`. Where the two disagree, what is missing may be active.
    let agree = active.is_empty() == (&*status.0 == "ok");
    if !agree {
        problems.add(format!(
            "the status is {} with {} active incidents, so nothing is concluded from what is missing",
            quoted(&status.0),
            active.len()
        ));
    }
    let mut incident_set = IncidentSet::default();
    incident::gather(context, &mut incident_set, &active, &mut problems);
    let is_whole = agree && !incident_set.damaged;

    let unlisted = incident_set.missing(context.open);
    let history = endpoint(context.page, HISTORY);
    let answer = answers.require(&history)?;
    let looked_up = match answer.json_list() {
        Ok(items) => {
            incident::gather(context, &mut incident_set, &items, &mut problems);
            !items.is_empty()
        }
        Err(error) => {
            problems.add(format!("the history could not be read: {error}"));
            false
        }
    };
    let listing = if agree { incident_set.listing(context.open, looked_up) } else { Listing::Partial };
    let incidents = incident_set.into_incidents();
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components: components(&incidents, is_whole),
            incidents,
            // services come and go with the incidents that name them
            coverage: Coverage { components: Listing::Partial, incidents: listing },
        },
        source: "api-v2.0.0".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The services as the incidents that are under way leave them. `is_whole`: these are all there are.
fn components(incidents: &[Incident], is_whole: bool) -> Vec<Component> {
    let unnamed = if is_whole { ComponentStatus::Operational } else { ComponentStatus::Unknown };
    let mut services: BTreeMap<&str, ComponentStatus> = SERVICES.iter().map(|name| (*name, unnamed)).collect();
    let under_way = incidents.iter().filter(|incident| {
        let is_announced = incident.kind == Kind::Maintenance && incident.phase == Some(Phase::Scheduled);
        !incident.is_over() && !is_announced
    });
    let mut named: BTreeMap<&str, ComponentStatus> = BTreeMap::new();
    for affected in under_way.flat_map(|incident| &incident.components) {
        let worst = named.entry(affected.id.as_str()).or_insert(ComponentStatus::Unknown);
        *worst = affected.status.unwrap_or(ComponentStatus::Unknown).max(*worst);
    }
    services.append(&mut named);
    let component = |(name, status): (&str, ComponentStatus)| Component {
        id: ComponentId::new(name),
        name: name.to_owned(),
        group: None,
        status,
    };
    services.into_iter().map(component).collect()
}

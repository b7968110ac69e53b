//! The services of every region, and the incidents they suffer from.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component},
    words::ComponentStatus,
};

use crate::{
    contract::{Answer, ReadError},
    read::{
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::values::{Text, short_name},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow)]
    region_health_reports: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region<'a> {
    #[serde(borrow)]
    region_id: Text<'a>,
    #[serde(borrow)]
    region_name: Text<'a>,
    #[serde(borrow)]
    service_health_reports: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service<'a> {
    #[serde(borrow)]
    service_id: Text<'a>,
    #[serde(borrow)]
    service_name: Text<'a>,
    #[serde(borrow)]
    service_status: Option<Text<'a>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suffered<'a> {
    #[serde(borrow)]
    incident_id: Text<'a>,
    #[serde(borrow)]
    severity: Option<Text<'a>>,
}

/// A service that suffers from an incident.
pub(super) struct Hit {
    component: ComponentId,
    /// `Compute in US East (Ashburn)`.
    pub(super) place: String,
    /// `None`: a word that is not known.
    pub(super) severity: Option<ComponentStatus>,
}

impl Hit {
    pub(super) fn affected(&self) -> Affected {
        Affected { id: self.component.clone(), status: self.severity }
    }
}

pub(super) struct Regions {
    pub(super) components: Vec<Component>,
    /// What is open, with the services that suffer from it.
    pub(super) hits: BTreeMap<IncidentId, Vec<Hit>>,
    pub(super) is_whole: bool,
}

impl Regions {
    pub(super) fn read(answer: &Answer, problems: &mut Problems) -> Result<Self, ReadError> {
        let document: Document<'_> = answer.json()?;
        let path = answer.url.path();
        let missing = || ReadError::NotThisFormat(format!("{path} has no `regionHealthReports`"));
        let (regions, mut is_whole) =
            elements::<Region<'_>>(&document.region_health_reports.ok_or_else(missing)?, "a region", problems);
        let mut components: BTreeMap<ComponentId, Component> = BTreeMap::new();
        let mut hits: BTreeMap<IncidentId, BTreeMap<ComponentId, Hit>> = BTreeMap::new();
        for region in &regions {
            let (services, all) = elements::<Service<'_>>(&region.service_health_reports, "a service", problems);
            is_whole &= all;
            for service in &services {
                let component = component(region, service, problems);
                is_whole &= add_hits(&mut hits, region, service, &component.id, problems);
                components.entry(component.id.clone()).or_insert(component);
            }
        }
        if components.is_empty() {
            return Err(ReadError::Malformed(format!("{path} lists no service")));
        }
        let hits = hits.into_iter().map(|(id, hits)| (id, hits.into_values().collect())).collect();
        Ok(Self { components: components.into_values().collect(), hits, is_whole })
    }
}

fn component(region: &Region<'_>, service: &Service<'_>, problems: &mut Problems) -> Component {
    let word = service.service_status.as_ref().map_or("", |word| &*word.0);
    let name = short_name(service.service_name.0.trim());
    Component {
        id: ComponentId::new(format!("{}/{}", region.region_id.0, service.service_id.0)),
        group: Some(short_name(region.region_name.0.trim())).filter(|group| !group.is_empty()),
        status: status(word).unwrap_or_else(|| problems.unknown_status(&name, word)),
        name,
    }
}

/// Whether all incidents of this service could be read.
fn add_hits(
    hits: &mut BTreeMap<IncidentId, BTreeMap<ComponentId, Hit>>,
    region: &Region<'_>,
    service: &Service<'_>,
    component: &ComponentId,
    problems: &mut Problems,
) -> bool {
    let Some(raw) = &service.incidents else { return false };
    let (raw, is_whole) = elements::<Suffered<'_>>(raw, "an incident", problems);
    for suffered in &raw {
        let word = suffered.severity.as_ref().map_or("", |word| &*word.0);
        let severity = status(word);
        // Information is no incident.
        if severity == Some(ComponentStatus::Operational) {
            continue;
        }
        if severity.is_none() {
            let id = quoted(&suffered.incident_id.0);
            problems.add(format!("incident {id} has the unknown severity {}", quoted(word)));
        }
        let place = format!("{} in {}", service.service_name.0.trim(), region.region_name.0.trim());
        let hit = Hit { component: component.clone(), place: short_name(&place), severity };
        let id = IncidentId::new(&*suffered.incident_id.0);
        hits.entry(id).or_default().entry(component.clone()).or_insert(hit);
    }
    is_whole
}

/// `ServiceDisruption`, `Service Disruption`.
fn status(word: &str) -> Option<ComponentStatus> {
    Some(match word.replace(' ', "").as_str() {
        "NormalPerformance" | "Informational" => ComponentStatus::Operational,
        "ServiceDisruption" => ComponentStatus::PartialOutage,
        "ServiceDown" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

//! Vultr, by `status.json`: the regions, each with its alerts, and alerts of services. Known by its address alone.
//!
//! This rests on the code of several clients and on answers that their documents show; nothing was recorded here. What
//! follows from them:
//! - a region has no state. It is well while no alert of it goes on, and otherwise not known to be;
//! - an alert stays in the list for a while after its end, then as `resolved`;
//! - planned work is told as any alert, days ahead and as `ongoing`. Its title alone says what it is and when.
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::{ComponentStatus, Phase},
};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_reader::IncidentReader,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
        updates::{in_order, update_id},
    },
    text::values::{Text, Word, plain_text, short_name},
};

pub(crate) const FORMAT: Format = Format {
    name: "vultr",
    fingerprint: Fingerprint { hosts: &["status.vultr.com"], markers: &[], blind_probes: 0 },
    read,
};

const STATUS: &str = "status.json";

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    service_alerts: Option<Vec<&'a RawValue>>,
    /// By code.
    #[serde(borrow)]
    regions: Option<BTreeMap<String, &'a RawValue>>,
}

#[derive(Deserialize)]
struct Region<'a> {
    #[serde(borrow)]
    location: Text<'a>,
    #[serde(borrow)]
    country_name: Option<Text<'a>>,
    #[serde(borrow)]
    alerts: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Alert<'a> {
    id: Word,
    #[serde(borrow)]
    subject: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    start_date: Option<Text<'a>>,
    #[serde(borrow)]
    updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    entries: Option<Vec<Entry<'a>>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    updated_at: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, STATUS);
    let document: Document<'_> = answers.require(&url)?.json()?;
    let missing = |key: &str| ReadError::NotThisFormat(format!("{} has no `{key}`", url.path()));
    let services = document.service_alerts.as_ref().ok_or_else(|| missing("service_alerts"))?;
    let regions = document.regions.as_ref().ok_or_else(|| missing("regions"))?;

    let mut problems = Problems::default();
    let mut alerts = Alerts::default();
    alerts.add(services, None, &mut problems);
    let mut components = Vec::new();
    let mut all_regions = true;
    for (code, raw) in regions {
        let Ok(region) = serde_json::from_str::<Region<'_>>(raw.get()) else {
            problems.add("a region of another shape was left out".into());
            all_regions = false;
            continue;
        };
        let id = ComponentId::new(code);
        let is_well = alerts.add(&region.alerts, Some(&id), &mut problems);
        components.push(Component {
            id,
            name: short_name(region.location.0.trim()),
            group: region.country_name.map(|country| short_name(country.0.trim())),
            status: if is_well { ComponentStatus::Operational } else { ComponentStatus::Unknown },
        });
    }
    let set = alerts.into_set(all_regions);
    let unlisted = set.missing(context.open);
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components,
            coverage: Coverage {
                components: if all_regions { Listing::Complete } else { Listing::Partial },
                // There is no history to look in.
                incidents: set.listing(context.open, true),
            },
            incidents: set.into_incidents(),
        },
        source: "status".into(),
        problems: problems.into_vec(),
    })
}

/// The alerts of all lists, each once with all regions that have it.
#[derive(Default)]
struct Alerts {
    found: BTreeMap<IncidentId, (Incident, BTreeSet<ComponentId>)>,
    is_damaged: bool,
}

impl Alerts {
    /// Whether nothing of this list goes on but planned work.
    fn add(&mut self, list: &[&RawValue], region: Option<&ComponentId>, problems: &mut Problems) -> bool {
        let (list, is_whole) = elements::<Alert<'_>>(list, "an alert", problems);
        self.is_damaged |= !is_whole;
        let mut is_well = is_whole;
        for alert in &list {
            let incident = alert.incident(problems);
            is_well &= incident.is_over() || incident.kind == Kind::Maintenance;
            let (_, regions) = self.found.entry(incident.id.clone()).or_insert_with(|| (incident, BTreeSet::new()));
            regions.extend(region.cloned());
        }
        is_well
    }

    fn into_set(self, all_regions: bool) -> IncidentSet {
        let mut set = IncidentSet::default();
        set.damaged = self.is_damaged || !all_regions;
        for (incident, regions) in self.found.into_values() {
            let components = regions.into_iter().map(|id| Affected { id, status: None }).collect();
            set.add(None, Incident { components, ..incident });
        }
        set
    }
}

impl Alert<'_> {
    fn incident(&self, problems: &mut Problems) -> Incident {
        let id = self.id.as_str();
        let updates = self.updates(problems);
        let mut reader = IncidentReader::new(id, problems);
        let is_over = reader.known("status", self.status.as_ref(), |word| match word {
            "ongoing" => Some(false),
            "resolved" => Some(true),
            _ => None,
        });
        let title = reader.title(self.subject.as_ref());
        let is_work = title.to_ascii_lowercase().contains("scheduled maintenance");
        let is_over = is_over == Some(true);
        let started_at = reader.time("start", self.start_date.as_ref());
        let updated_at = reader.time("time of change", self.updated_at.as_ref());
        let last = updated_at.max(updates.iter().filter_map(|update| update.posted_at).max());
        Incident {
            id: IncidentId::new(id),
            kind: if is_work { Kind::Maintenance } else { Kind::Incident },
            title,
            phase: is_over.then_some(if is_work { Phase::Completed } else { Phase::Resolved }),
            impact: None,
            url: None,
            // That of planned work is the time of its announcement.
            started_at: started_at.filter(|_| !is_work),
            resolved_at: last.filter(|_| is_over),
            window: None,
            components: Vec::new(),
            updates,
        }
    }

    fn updates(&self, problems: &mut Problems) -> Vec<Update> {
        let mut reader = IncidentReader::new(self.id.as_str(), problems);
        let mut texts = Vec::new();
        for entry in self.entries.iter().flatten() {
            let at = reader.time("time of an entry", entry.updated_at.as_ref());
            texts.push((at, entry.message.as_ref().map(|text| plain_text(text.0.trim())).unwrap_or_default()));
        }
        texts.sort();
        let mut used = HashSet::new();
        let updates = texts.into_iter().filter_map(|(posted_at, body)| {
            let id = update_id(posted_at, "", &body, &mut used)?;
            Some(Update { id, phase: None, posted_at, body: Some(body), components: Vec::new() })
        });
        in_order(updates.collect())
    }
}

//! Adobe's own status page, `status.adobe.com`, by two documents of `data.status.adobe.com` that it reads without a
//! key: `StatusEvents`, every incident and maintenance of the last 40 days, and `SnowServiceRegistry`, the products and
//! the clouds they belong to. Both are maps by id. Recognised by its host.
//!
//! What is known rests on client code only (nine clients, of 2020 to 2026, which agree on the keys), on no recording.
//! An event has a history for each product it touches, with the same messages, which are texts in another part of the
//! document; a product is over in it when its newest entry says so. As ended events stay for weeks, the document is its
//! own history. Components are the products, below their cloud, and for each the regions that events name, below it.
mod event;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Incident, Kind, Listing, Page, Snapshot},
    words::{ComponentStatus, Phase},
};

use self::event::{ById, Event, Texts, region_id};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        incident_set::{IncidentSet, ids_of},
        problems::{Problems, quoted},
    },
    text::{urls::fixed_url, values::Word},
};

pub(crate) const FORMAT: Format = Format {
    name: "adobe",
    fingerprint: Fingerprint { hosts: &["status.adobe.com"], markers: &[], blind_probes: 0 },
    read,
};

const EVENTS: &str = "https://data.status.adobe.com/adobestatus/StatusEvents";
const REGISTRY: &str = "https://data.status.adobe.com/adobestatus/SnowServiceRegistry";

#[derive(Deserialize)]
struct Events<'a> {
    #[serde(borrow, rename = "incidentEvent")]
    incidents: Option<Incidents<'a>>,
    #[serde(borrow, rename = "maintenanceEvent")]
    maintenances: Option<Maintenances<'a>>,
}

#[derive(Deserialize)]
struct Incidents<'a> {
    #[serde(borrow)]
    incidents: Option<ById<'a>>,
    #[serde(borrow)]
    messages: Option<Messages<'a>>,
}

#[derive(Deserialize)]
struct Maintenances<'a> {
    #[serde(borrow)]
    maintenance: Option<ById<'a>>,
    #[serde(borrow)]
    messages: Option<Messages<'a>>,
}

/// By language, then by token.
#[derive(Deserialize)]
struct Messages<'a> {
    #[serde(borrow)]
    en: Option<ById<'a>>,
}

#[derive(Deserialize)]
struct Registry<'a> {
    #[serde(borrow)]
    clouds: Option<ById<'a>>,
    #[serde(borrow)]
    products: Option<ById<'a>>,
}

#[derive(Deserialize)]
struct Named {
    name: Option<Word>,
    #[serde(rename = "cloudProducts")]
    products: Option<Vec<Word>>,
}

/// What is known of products besides their state.
#[derive(Default)]
struct Products {
    names: BTreeMap<String, String>,
    /// Name of the cloud by product.
    clouds: BTreeMap<String, String>,
    /// The names of regions by product.
    regions: BTreeMap<String, BTreeSet<String>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    // The registry is large and says nothing of incidents, so it is requested only when the events changed.
    let answer = answers.require(&fixed_url(EVENTS))?;
    let events: Events<'_> = answer.json()?;
    let missing =
        |key: &str| ReadError::NotThisFormat(format!("no events of Adobe at {}: no `{key}`", answer.url.path()));
    let incidents = events.incidents.ok_or_else(|| missing("incidentEvent"))?;
    let maintenances = events.maintenances.ok_or_else(|| missing("maintenanceEvent"))?;
    let lists = [
        (Kind::Incident, incidents.incidents.ok_or_else(|| missing("incidents"))?, incidents.messages),
        (Kind::Maintenance, maintenances.maintenance.ok_or_else(|| missing("maintenance"))?, maintenances.messages),
    ];
    let registry = answers.require(&fixed_url(REGISTRY))?;

    let mut problems = Problems::default();
    let (mut products, listed) = match products(registry, &mut problems) {
        Ok(products) => (products, true),
        Err(error) => {
            problems.add(format!("the products could not be listed: {error}"));
            (Products::default(), false)
        }
    };
    let mut incident_set = IncidentSet::default();
    for (kind, list, messages) in lists {
        let texts = Texts::new(messages.and_then(|messages| messages.en).unwrap_or_default());
        for (id, raw) in list {
            let event = serde_json::from_str::<Event<'_>>(raw.get());
            let Ok(event) = event else {
                incident_set.damaged = true;
                problems.add(format!("event {} has another shape and was left out", quoted(&id)));
                continue;
            };
            let read = event.read(&id, kind, &texts, &mut problems);
            incident_set.damaged |= read.damaged;
            products.learn(&read, listed);
            // Cancelled maintenance is left out.
            if !read.is_cancelled {
                incident_set.add(read.changed_at, read.incident);
            }
        }
    }
    let unlisted = incident_set.missing(context.open);
    let whole = !incident_set.damaged;
    let all_there = incident_set.listing(context.open, true);
    let incidents = incident_set.into_incidents();
    // Without a single ended event it is no history, so what it lacks may be only ended.
    let is_history = incidents.iter().any(Incident::is_over);
    let listing = if unlisted.is_empty() || is_history { all_there } else { Listing::Partial };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Adobe".into()), url: Some(context.page.to_string()) },
            components: products.components(&incidents, whole),
            // Regions are named only by events.
            coverage: Coverage { components: Listing::Partial, incidents: listing },
            incidents,
        },
        source: "events".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

fn products(answer: &Answer, problems: &mut Problems) -> Result<Products, ReadError> {
    let registry: Registry<'_> = answer.json()?;
    let (Some(listed), Some(clouds)) = (registry.products, registry.clouds) else {
        return Err(ReadError::NotThisFormat(format!("no products and clouds at {}", answer.url.path())));
    };
    let mut products = Products::default();
    let mut named = |id: &str, raw: &RawValue| {
        let named = serde_json::from_str::<Named>(raw.get()).ok();
        let named = named.and_then(|named| Some((named.name.filter(|name| !name.0.is_empty())?.0, named.products)));
        if named.is_none() {
            problems.add(format!("{} has no name and was left out", quoted(id)));
        }
        named
    };
    for (id, raw) in listed {
        products.names.extend(named(&id, raw).map(|(name, _)| (id, name)));
    }
    for (id, raw) in clouds {
        let Some((name, below)) = named(&id, raw) else { continue };
        for product in below.unwrap_or_default() {
            products.clouds.entry(product.0).or_insert_with(|| name.clone());
        }
    }
    Ok(products)
}

impl Products {
    fn learn(&mut self, read: &event::Read, listed: bool) {
        for part in &read.parts {
            if !listed {
                self.clouds.extend(read.cloud.clone().map(|cloud| (part.product.clone(), cloud)));
            }
            if !listed || !part.regions.is_empty() {
                self.names.entry(part.product.clone()).or_insert_with(|| part.name.clone());
            }
            self.regions.entry(part.product.clone()).or_default().extend(part.regions.iter().cloned());
        }
    }

    fn components(self, incidents: &[Incident], whole: bool) -> Vec<Component> {
        let mut states: BTreeMap<&str, Option<ComponentStatus>> = BTreeMap::new();
        let begun = incidents.iter().filter(|incident| !incident.is_over() && incident.phase != Some(Phase::Scheduled));
        for affected in begun.flat_map(|incident| &incident.components) {
            let worst = states.entry(affected.id.as_str()).or_default();
            *worst = (*worst).max(affected.status);
        }
        let otherwise = if whole { ComponentStatus::Operational } else { ComponentStatus::Unknown };
        let component = |id: ComponentId, name: String, group: Option<String>| {
            let named = states.get(id.as_str()).copied();
            let status = named.map_or(otherwise, |state| state.unwrap_or(ComponentStatus::Unknown));
            Component { id, name, group, status }
        };
        let mut components = Vec::with_capacity(self.names.len());
        for (product, name) in &self.names {
            let cloud = self.clouds.get(product).cloned();
            components.push(component(ComponentId::new(product), name.clone(), cloud));
            for region in self.regions.get(product).into_iter().flatten() {
                components.push(component(region_id(product, region), region.clone(), Some(name.clone())));
            }
        }
        components
    }
}

//! Services and the containers they stand in.
use std::collections::{BTreeMap, BTreeSet};

use status::{
    ids::ComponentId,
    snapshot::{Component, Listing},
    words::ComponentStatus,
};

/// Services in containers that one incident names. There are some hundred services and a few containers.
const MAX_PAIRS: usize = 2_000;

use super::document::{self, Listed, non_empty};
use crate::{
    read::{
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::values::Word,
};

pub(super) struct Components {
    pub(super) list: Vec<Component>,
    pub(super) listing: Listing,
    /// The containers of each service.
    containers: BTreeMap<String, BTreeSet<String>>,
}

impl Components {
    pub(super) fn read(listed: &Listed<'_, '_>, problems: &mut Problems) -> Self {
        let mut read = Self { list: Vec::new(), listing: Listing::Complete, containers: BTreeMap::new() };
        let Some(raw) = listed.components.filter(|list| !list.is_empty()) else {
            problems.add("the page lists no component: its overall status stands for them".into());
            read.push("overall".into(), "Overall".into(), None, listed.overall.status_code.as_ref(), problems);
            read.listing = Listing::Partial;
            return read;
        };
        let (services, whole) = elements::<document::Component<'_>>(raw, "a component", problems);
        if !whole {
            read.listing = Listing::Partial;
        }
        for service in services {
            read.service(service, problems);
        }
        read.name_plainly();
        read
    }

    fn service(&mut self, raw: document::Component<'_>, problems: &mut Problems) {
        let (Some(id), Some(name)) = (non_empty(&raw.id), raw.name) else {
            self.listing = Listing::Partial;
            problems.add("a component without id or name was left out".into());
            return;
        };
        let (containers, whole) =
            elements::<document::Container>(raw.containers.as_deref().unwrap_or_default(), "a container", problems);
        if !whole {
            self.listing = Listing::Partial;
        }
        let known = self.containers.entry(id.to_owned()).or_default().len();
        let is_bare = containers.is_empty() && whole;
        for container in containers {
            let (Some(container_id), Some(container_name)) = (non_empty(&container.id), container.name) else {
                self.listing = Listing::Partial;
                problems.add(format!("a container of component {} without id or name was left out", quoted(id)));
                continue;
            };
            if self.containers.entry(id.to_owned()).or_default().insert(container_id.to_owned()) {
                let id = component_id(id, Some(container_id));
                self.push(id, container_name, Some(name.clone()), container.status_code.as_ref(), problems);
            }
        }
        if is_bare && known == 0 && self.list.iter().all(|component| component.id.as_str() != id) {
            self.push(component_id(id, None), name, None, raw.status_code.as_ref(), problems);
        }
    }

    fn push(
        &mut self,
        id: ComponentId,
        name: String,
        group: Option<String>,
        code: Option<&Word>,
        problems: &mut Problems,
    ) {
        let code = code.map_or("", Word::as_str);
        let status = component_status(code).unwrap_or_else(|| problems.unknown_status(id.as_str(), code));
        self.list.push(Component { id, name, group, status });
    }

    /// Where no service stands in several containers these are no regions, only where it happens to run: then the
    /// service goes by its own name.
    fn name_plainly(&mut self) {
        if self.containers.values().any(|containers| containers.len() > 1) {
            return;
        }
        for component in &mut self.list {
            if let Some(service) = component.group.take() {
                component.name = service;
            }
        }
    }

    /// What is hit when these services are hit in these containers; in all of theirs if none is named.
    pub(super) fn pairs(&self, services: &[String], containers: &[String]) -> Vec<ComponentId> {
        let mut pairs = BTreeSet::new();
        let services: BTreeSet<&String> = services.iter().collect();
        let containers: BTreeSet<&String> = containers.iter().collect();
        for service in services {
            if pairs.len() > MAX_PAIRS {
                break;
            }
            let known = self.containers.get(service);
            let hit: Vec<&str> = known
                .into_iter()
                .flatten()
                .filter(|container| containers.is_empty() || containers.contains(container))
                .take(MAX_PAIRS)
                .map(String::as_str)
                .collect();
            if hit.is_empty() {
                pairs.insert(component_id(service, None));
            }
            pairs.extend(hit.iter().map(|container| component_id(service, Some(container))));
        }
        pairs.into_iter().collect()
    }
}

/// The same container stands under every service, so only the pair is unique.
fn component_id(service: &str, container: Option<&str>) -> ComponentId {
    match container {
        Some(container) => ComponentId::new(format!("{service}/{container}")),
        None => ComponentId::new(service),
    }
}

/// A security event is as bad as an outage.
pub(super) fn component_status(code: &str) -> Option<ComponentStatus> {
    Some(match code {
        "100" => ComponentStatus::Operational,
        "200" => ComponentStatus::UnderMaintenance,
        "300" => ComponentStatus::DegradedPerformance,
        "400" => ComponentStatus::PartialOutage,
        "500" | "600" => ComponentStatus::MajorOutage,
        _ => return None,
    })
}

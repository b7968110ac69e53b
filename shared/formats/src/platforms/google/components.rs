//! Products at locations: the components of a Google dashboard.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Affected, Component},
    words::ComponentStatus,
};

use super::document;
use crate::{
    read::{lenient_list::elements, problems::Problems},
    text::values::short_name,
};

/// More pairs of one incident are not named one by one: its alert has to fit into a message.
const MAX_PAIRS: usize = 1_000;

/// A product or a location.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) title: String,
}

/// Those with an id, each once; and whether nothing was left out.
pub(super) fn named(list: &[&RawValue], what: &str, problems: &mut Problems) -> (Vec<Named>, bool) {
    let (raw, mut whole) = elements::<document::Named>(list, what, problems);
    let mut found = BTreeMap::new();
    for document::Named { id, title, current_title } in raw {
        let Some(id) = id.filter(|id| !id.0.is_empty()) else {
            problems.add(format!("{what} without id was left out"));
            whole = false;
            continue;
        };
        let title = current_title.or(title).filter(|title| !title.0.is_empty()).map_or_else(|| id.0.clone(), |t| t.0);
        found.entry(id.0).or_insert(title);
    }
    (found.into_iter().map(|(id, title)| Named { id: short_name(&id), title: short_name(&title) }).collect(), whole)
}

/// What one incident concerns.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) products: Vec<Named>,
    /// Affected now.
    pub(super) current: Vec<Named>,
    /// Not affected any more.
    pub(super) previous: Vec<Named>,
}

impl Scope {
    /// The components it names. `present`: how those that are affected now are; `None` when it is over.
    pub(super) fn components(&self, present: Option<ComponentStatus>) -> Vec<(Component, Option<ComponentStatus>)> {
        let recovered = present.map(|_| ComponentStatus::Operational);
        let current: BTreeSet<&str> = self.current.iter().map(|location| location.id.as_str()).collect();
        let left = self.previous.iter().filter(|location| !current.contains(location.id.as_str()));
        let locations: Vec<(&Named, Option<ComponentStatus>)> = self
            .current
            .iter()
            .map(|location| (location, present))
            .chain(left.map(|location| (location, recovered)))
            .collect();
        let products = || self.products.iter().map(|product| (component(Some(product), None), present));
        let alone = || locations.iter().map(|(location, status)| (component(None, Some(location)), *status));
        if locations.is_empty() {
            products().collect()
        } else if self.products.is_empty() {
            alone().collect()
        } else if self.products.len() * locations.len() > MAX_PAIRS {
            products().chain(alone()).collect()
        } else {
            let of = |product| locations.iter().map(move |(at, status)| (component(Some(product), Some(at)), *status));
            self.products.iter().flat_map(of).collect()
        }
    }
}

/// `<product>/<location>`, a product of which no location is named, or a location as a whole.
fn component(product: Option<&Named>, location: Option<&Named>) -> Component {
    let (id, name) = match (product, location) {
        (Some(product), Some(location)) => (format!("{}/{}", product.id, location.id), &product.title),
        (Some(only), None) | (None, Some(only)) => (only.id.clone(), &only.title),
        (None, None) => unreachable!("something is named"),
    };
    Component {
        id: ComponentId::from(id),
        name: name.clone(),
        group: location.map(|location| location.id.clone()),
        status: ComponentStatus::Unknown,
    }
}

/// The components of all incidents and of the list of products.
#[derive(Default)]
pub(super) struct Board {
    components: BTreeMap<ComponentId, Component>,
    /// Products that an open incident has at some of their locations: the page gives no state for the whole product.
    divided: BTreeSet<String>,
}

impl Board {
    /// What an incident names; of several that name a component the worst counts.
    pub(super) fn add(&mut self, scope: &Scope, named: &[(Component, Option<ComponentStatus>)], is_open: bool) {
        if is_open && named.iter().any(|(component, _)| component.group.is_some()) {
            self.divided.extend(scope.products.iter().map(|product| product.id.clone()));
        }
        for (component, status) in named {
            // The dashboard shows as available what no open incident has.
            let status =
                status.unwrap_or(if is_open { ComponentStatus::Unknown } else { ComponentStatus::Operational });
            let known = self.components.entry(component.id.clone()).or_insert_with(|| component.clone());
            known.status = known.status.max(status);
        }
    }

    /// The products that the dashboard lists.
    pub(super) fn add_products(&mut self, products: &[Named]) {
        for product in products {
            let divided = self.divided.contains(&product.id);
            let known = self.components.entry(ComponentId::new(&product.id)).or_insert_with(|| Component {
                status: if divided { ComponentStatus::Unknown } else { ComponentStatus::Operational },
                ..component(Some(product), None)
            });
            known.name.clone_from(&product.title);
        }
        // Names of today at the locations too: an old incident may have kept another.
        let titles: BTreeMap<&str, &str> = products.iter().map(|p| (p.id.as_str(), p.title.as_str())).collect();
        for component in self.components.values_mut() {
            let title = component.id.as_str().split_once('/').and_then(|(product, _)| titles.get(product));
            if let Some(title) = title {
                component.name = (*title).to_owned();
            }
        }
    }

    pub(super) fn into_components(self) -> Vec<Component> {
        self.components.into_values().collect()
    }
}

pub(super) fn affected(named: &[(Component, Option<ComponentStatus>)]) -> Vec<Affected> {
    named.iter().map(|(component, status)| Affected { id: component.id.clone(), status: *status }).collect()
}

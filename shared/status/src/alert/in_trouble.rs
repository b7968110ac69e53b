//! What the page shows besides what the incident names: a component filter counts it too (truth rule 8).
use std::collections::BTreeSet;

use super::{MAX_IN_TROUBLE, NamedComponent};
use crate::{ids::ComponentId, page_state::PageState, words::ComponentStatus};

/// What the page's own list shows worse than operational, unless `named` says the same.
pub(super) fn in_trouble(page: &PageState, named: &[NamedComponent]) -> Vec<NamedComponent> {
    let is_worse = |status: ComponentStatus| status > ComponentStatus::Operational;
    let said: BTreeSet<&ComponentId> =
        named.iter().filter(|named| is_worse(named.status)).map(|named| &named.id).collect();
    let worse = page.components.iter().filter(|component| is_worse(component.status) && !said.contains(&component.id));
    let named = worse.take(MAX_IN_TROUBLE).map(|component| NamedComponent {
        id: component.id.clone(),
        name: component.name.clone(),
        group: component.group.clone(),
        status: component.status,
        was: None,
        joined: false,
        released: false,
        trouble: None,
    });
    named.collect()
}

//! What the page shows besides what the incident names: a component filter counts it too (truth rule 8).
use std::collections::BTreeSet;

use super::{MAX_IN_TROUBLE, NamedComponent};
use crate::{ids::ComponentId, page_state::PageState, snapshot::Component, words::ComponentStatus};

/// Of those that are [`worse`], all but those of which `named` says the same.
pub(super) fn in_trouble(worse: &[&Component], named: &[NamedComponent]) -> Vec<NamedComponent> {
    let said = said(named);
    let beside = worse.iter().filter(|component| !said.contains(&component.id));
    beside.take(MAX_IN_TROUBLE).map(|component| in_trouble_as(component)).collect()
}

/// The components that the page's own list shows worse than operational.
pub(super) fn worse(page: &PageState) -> Vec<&Component> {
    page.components.iter().filter(|component| is_worse(component.status)).collect()
}

/// Those that an alert says are worse than operational.
pub(super) fn said(named: &[NamedComponent]) -> BTreeSet<&ComponentId> {
    named.iter().filter(|named| is_worse(named.status)).map(|named| &named.id).collect()
}

pub(super) fn in_trouble_as(component: &Component) -> NamedComponent {
    NamedComponent {
        id: component.id.clone(),
        name: component.name.clone(),
        group: component.group.clone(),
        status: component.status,
        was: None,
        joined: false,
        released: false,
        trouble: None,
    }
}

fn is_worse(status: ComponentStatus) -> bool {
    status > ComponentStatus::Operational
}

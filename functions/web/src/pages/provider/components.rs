//! The components of a page by group, the worst first. On a page with many components, groups without incidents are
//! collapsed to one line with counts.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

use maud::{Markup, html};
use status::{
    ids::{ComponentId, digest},
    page_state::PageState,
    snapshot::{Component, Listing},
    words::ComponentStatus,
};

use super::{history_bars::HistoryBars, view::ProviderView};
use crate::layout::states::component_status;

/// With more components than this, groups are collapsed.
const MAX_EXPANDED: usize = 30;
const MAX_COMPONENTS: usize = 1_000;
/// Components with bars of their own, which take some KB each. The worst ones come first.
const MAX_BARS: usize = 100;

struct Group<'a> {
    name: Option<&'a str>,
    components: Vec<&'a Component>,
}

pub(super) fn list(view: &ProviderView<'_>, page_state: &PageState) -> Markup {
    if page_state.components.is_empty() {
        return html! { h2 #components { "Components" } p.soft { "This status page lists no components." } };
    }
    let bars = HistoryBars::new(&view.recent.timelines, view.watched_period(page_state), view.now);
    let total = page_state.components.len();
    let more = total.saturating_sub(MAX_COMPONENTS);
    html! {
        h2 #components { "Components" @if view.unreachable().is_some() { " (last known state)" } }
        @if page_state.listing == Listing::Partial {
            p.soft.small {
                "This status page does not list all of its components. These are the ones it has mentioned."
            }
        }
        @let groups = groups(&page_state.components);
        @let with_bars = with_bars(&groups, &bars);
        @for group in &groups { (section(group, total, &bars, &with_bars)) }
        @if more > 0 { p.soft { "and " (more) " more on the provider's status page" } }
    }
}

/// Components without a group first, then groups by their worst component and name.
fn groups(components: &[Component]) -> Vec<Group<'_>> {
    let mut sorted: Vec<&Component> = components.iter().collect();
    sorted.sort_by_cached_key(|component| (Reverse(component.status), component.name.to_lowercase()));
    sorted.truncate(MAX_COMPONENTS);
    let mut by_name: BTreeMap<Option<&str>, Vec<&Component>> = BTreeMap::new();
    for component in sorted {
        by_name.entry(component.group.as_deref()).or_default().push(component);
    }
    let mut groups: Vec<Group<'_>> = by_name.into_iter().map(|(name, components)| Group { name, components }).collect();
    groups.sort_by_cached_key(|group| {
        let name = group.name.map(str::to_lowercase);
        (name.is_some(), Reverse(group.worst().filter(|worst| worst.is_trouble())), name)
    });
    groups
}

impl Group<'_> {
    fn worst(&self) -> Option<ComponentStatus> {
        self.components.iter().map(|component| component.status).max()
    }

    /// How many components are in each state, the worst state first.
    fn counts(&self) -> impl Iterator<Item = (ComponentStatus, usize)> {
        let mut counts: BTreeMap<Reverse<ComponentStatus>, usize> = BTreeMap::new();
        for component in &self.components {
            *counts.entry(Reverse(component.status)).or_default() += 1;
        }
        counts.into_iter().map(|(Reverse(status), count)| (status, count))
    }
}

/// Affected components that get bars, in the order of the page.
fn with_bars<'a>(groups: &[Group<'a>], bars: &HistoryBars<'_>) -> HashSet<&'a ComponentId> {
    let ids = groups.iter().flat_map(|group| &group.components).map(|component| &component.id);
    ids.filter(|id| bars.is_affected(id)).take(MAX_BARS).collect()
}

/// `total`: components of the whole page.
fn section(group: &Group<'_>, total: usize, bars: &HistoryBars<'_>, with_bars: &HashSet<&ComponentId>) -> Markup {
    let is_open = total <= MAX_EXPANDED || group.worst().is_some_and(ComponentStatus::is_trouble);
    let rows = html! {
        ul.rows.components {
            @for component in &group.components {
                li {
                    span.strong { (component.name) }
                    @if !bars.is_affected(&component.id) || with_bars.contains(&component.id) {
                        (bars.of(Some(&component.id)).svg())
                    }
                    (component_status(component.status))
                }
            }
        }
    };
    html! {
        @if group.name.is_none() && total <= MAX_EXPANDED {
            div.panel.group { (rows) }
        } @else {
            details.panel.group id={ "group-" (&digest(&[group.name.unwrap_or_default()])[..12]) } open[is_open] {
                summary {
                    span.strong { (group.name.unwrap_or("Other components")) }
                    span.counts {
                        @for (status, count) in group.counts() { span { (count) " × " (component_status(status)) } }
                    }
                }
                (rows)
            }
        }
    }
}

/// `2 of 14 components affected`.
pub(super) fn count(affected: usize, total: usize) -> String {
    match (affected, total) {
        (0, 1) => "1 component".to_owned(),
        (0, total) => format!("{total} components"),
        (affected, total) => format!("{affected} of {total} components affected"),
    }
}

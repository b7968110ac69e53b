//! The components of a page under their headings, the worst first. Where there are many, headings are closed and say in one
//! line how what stands under them is doing.
use std::{cmp::Reverse, collections::BTreeMap};

use maud::{Markup, html};
use status::{
    ids::digest,
    page_state::PageState,
    snapshot::{Component, Listing},
    words::ComponentStatus,
};

use super::{Known, bars::Bars};
use crate::shell::component_state;

/// Up to here all are seen at once.
const FEW: usize = 30;
const MOST: usize = 2_000;

struct Group<'a> {
    name: Option<&'a str>,
    components: Vec<&'a Component>,
}

pub(super) fn list(known: &Known<'_>, page_state: &PageState) -> Markup {
    if page_state.components.is_empty() {
        return html! { h2 #components { "Components" } p.soft { "The page names none." } };
    }
    let bars = Bars::new(&known.recent.spans, known.watched(page_state), known.now);
    let all = page_state.components.len();
    let more = all.saturating_sub(MOST);
    html! {
        h2 #components { "Components" @if known.unreadable().is_some() { ", as they were read last" } }
        @if page_state.listing == Listing::Partial {
            p.soft.small { "The page does not list its components in full: these are the ones it has named." }
        }
        @for group in groups(&page_state.components) { (section(&group, all, &bars)) }
        @if more > 0 { p.soft { "and " (more) " more on the vendor's page" } }
    }
}

/// Those without a heading first, then the heading under which it is worst.
fn groups(components: &[Component]) -> Vec<Group<'_>> {
    let mut shown: Vec<&Component> = components.iter().collect();
    shown.sort_by_cached_key(|component| (Reverse(component.status), component.name.to_lowercase()));
    shown.truncate(MOST);
    let mut named: BTreeMap<Option<&str>, Vec<&Component>> = BTreeMap::new();
    for component in shown {
        named.entry(component.group.as_deref()).or_default().push(component);
    }
    let mut groups: Vec<Group<'_>> = named.into_iter().map(|(name, components)| Group { name, components }).collect();
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

    /// How many are how, the worst first.
    fn counts(&self) -> impl Iterator<Item = (ComponentStatus, usize)> {
        let mut counts: BTreeMap<Reverse<ComponentStatus>, usize> = BTreeMap::new();
        for component in &self.components {
            *counts.entry(Reverse(component.status)).or_default() += 1;
        }
        counts.into_iter().map(|(Reverse(status), count)| (status, count))
    }
}

fn section(group: &Group<'_>, all: usize, bars: &Bars<'_>) -> Markup {
    let is_open = all <= FEW || group.worst().is_some_and(ComponentStatus::is_trouble);
    let rows = html! {
        ul.rows.components {
            @for component in &group.components {
                li {
                    span.strong { (component.name) }
                    (bars.of(Some(&component.id)).svg())
                    (component_state(component.status))
                }
            }
        }
    };
    html! {
        @if group.name.is_none() && all <= FEW {
            div.panel.group { (rows) }
        } @else {
            details.panel.group id={ "group-" (&digest(&[group.name.unwrap_or_default()])[..12]) } open[is_open] {
                summary {
                    span.strong { (group.name.unwrap_or("Without a heading")) }
                    span.counts {
                        @for (status, count) in group.counts() { span { (count) " × " (component_state(status)) } }
                    }
                }
                (rows)
            }
        }
    }
}

/// `2 of 14 components in trouble`.
pub(super) fn count(in_trouble: usize, all: usize) -> String {
    match (in_trouble, all) {
        (0, 1) => "1 component".to_owned(),
        (0, all) => format!("{all} components"),
        (some, all) => format!("{some} of {all} components in trouble"),
    }
}

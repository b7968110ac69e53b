//! The components of a page, the worst first: the state of each, how long it was up, and its last 90 days. On a page
//! with many components those that are well are folded by group, and a search finds them.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

use maud::{Markup, html};
use site::days::Days;
use status::{
    availability::StateSince,
    ids::{ComponentId, digest},
    over_time::OverTime,
    page_state::PageState,
    snapshot::{Component, Listing},
    words::ComponentStatus,
};

use super::{uptime::uptime_text, view::ProviderView};
use crate::{
    layout::{states::component_status, times::lasting},
    urls,
};

/// With more components than this, those that are well are folded.
const MAX_UNFOLDED: usize = 20;
/// Of a page with more: those in sight that are not well, and groups.
const MAX_IN_SIGHT: usize = 12;
const MAX_COMPONENTS: usize = 1_000;
/// Components with bars of their own, which take some KB each. The first ones on the page have them.
const MAX_BARS: usize = 100;
const MAX_SEARCH: usize = 100;

/// The rows of one page.
struct Rows<'a> {
    view: &'a ProviderView<'a>,
    over_time: OverTime<'a>,
    with_bars: HashSet<&'a ComponentId>,
    /// Uptime and bars of those that differ in nothing, made once.
    of_most: Markup,
}

struct Group<'a> {
    name: Option<&'a str>,
    components: Vec<&'a Component>,
}

/// The text that components are searched for.
pub(super) fn search_text(text: &str) -> String {
    text.trim().chars().take(MAX_SEARCH).collect()
}

pub(super) fn list(view: &ProviderView<'_>, page_state: &PageState) -> Markup {
    if page_state.components.is_empty() {
        return html! { h2 #components { "Components" } p.soft { "This status page lists no components." } };
    }
    let total = page_state.components.len();
    let sorted = sorted(page_state, view.search);
    let over_time = view.over_time(page_state);
    let with_own_bars = sorted.iter().map(|component| &component.id).filter(|id| over_time.differs(id));
    let with_bars = with_own_bars.take(MAX_BARS).collect();
    let of_most =
        html! { span.uptime { (uptime_text(over_time.uptime_of(None))) } (Days(over_time.days_of(None)).svg()) };
    let rows = Rows { view, with_bars, of_most, over_time };
    html! {
        h2 #components { "Components" @if view.unreachable().is_some() { " (last known state)" } }
        @if page_state.listing == Listing::Partial {
            p.soft.small {
                "This status page does not list all of its components. These are the ones it has mentioned."
            }
        }
        @if total > MAX_UNFOLDED { (search(view)) }
        @if !view.search.is_empty() {
            (rows.found(&sorted, total))
        } @else if total > MAX_UNFOLDED {
            (rows.folded(&sorted))
        } @else {
            @for group in &groups(&sorted) { (rows.group(group, true)) }
        }
        p.small.soft {
            "Percentages are of the last 90 days, as far as they were seen: the time without a partial or major outage."
        }
        @let more = total.saturating_sub(MAX_COMPONENTS);
        @if more > 0 && view.search.is_empty() { p.soft { "and " (more) " more on the provider's status page" } }
    }
}

/// Those with every word of the search in their full names: the worst first, then by name.
fn sorted<'a>(page_state: &'a PageState, search: &str) -> Vec<&'a Component> {
    let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let is_found = |component: &&Component| {
        let name = if words.is_empty() { String::new() } else { component.full_name().to_lowercase() };
        words.iter().all(|word| name.contains(word))
    };
    let mut sorted: Vec<&Component> = page_state.components.iter().filter(is_found).collect();
    sorted.sort_by_cached_key(|component| (Reverse(component.status), component.name.to_lowercase()));
    sorted.truncate(MAX_COMPONENTS);
    sorted
}

/// Components without a group first, then groups by their worst component and name.
fn groups<'a>(components: &[&'a Component]) -> Vec<Group<'a>> {
    let mut by_name: BTreeMap<Option<&str>, Vec<&Component>> = BTreeMap::new();
    for component in components {
        by_name.entry(component.group.as_deref()).or_default().push(component);
    }
    let mut groups: Vec<Group<'_>> = by_name.into_iter().map(|(name, components)| Group { name, components }).collect();
    groups.sort_by_cached_key(|group| {
        let worst = group.components.iter().map(|component| component.status).max();
        let name = group.name.map(str::to_lowercase);
        (name.is_some(), Reverse(worst.filter(|worst| worst.is_trouble())), name)
    });
    groups
}

/// How many components are in each state, the worst state first.
fn counts(components: &[&Component]) -> Markup {
    let mut counts: BTreeMap<Reverse<ComponentStatus>, usize> = BTreeMap::new();
    for component in components {
        *counts.entry(Reverse(component.status)).or_default() += 1;
    }
    html! {
        span.counts {
            @for (Reverse(status), count) in counts { span { (count) " × " (component_status(status)) } }
        }
    }
}

fn search(view: &ProviderView<'_>) -> Markup {
    html! {
        form.controls action={ (urls::provider(&view.row.provider.id)) "#components" } {
            div.grow {
                label for="q" { "Find a component" }
                input #q type="search" name="q" value=(view.search) maxlength=(MAX_SEARCH) autocomplete="off" spellcheck="false";
            }
            button type="submit" { "Find" }
        }
    }
}

impl Rows<'_> {
    fn found(&self, found: &[&Component], total: usize) -> Markup {
        html! {
            p role="status" {
                (found.len()) " of " (total) " components match “" strong { (self.view.search) } "” · "
                a href={ (urls::provider(&self.view.row.provider.id)) "#components" } { "Show all" }
            }
            @if !found.is_empty() { div.panel.group { (self.list(found, true)) } }
        }
    }

    fn folded(&self, components: &[&Component]) -> Markup {
        let is_well = |status| matches!(status, ComponentStatus::Operational | ComponentStatus::Unknown);
        let (well, others): (Vec<&Component>, Vec<&Component>) =
            components.iter().copied().partition(|component| is_well(component.status));
        let (in_sight, further) = others.split_at(others.len().min(MAX_IN_SIGHT));
        let groups = groups(&well);
        let folded = html! { @for group in &groups { (self.group(group, false)) } };
        html! {
            @if !in_sight.is_empty() { div.panel.group { (self.list(in_sight, true)) } }
            @if !further.is_empty() {
                details.panel.group #further {
                    summary { span.strong { (further.len()) " more" } (counts(further)) }
                    (self.list(further, true))
                }
            }
            @if groups.len() > MAX_IN_SIGHT {
                details.folded #well {
                    summary { (well.len()) " components in " (groups.len()) " groups: " (counts(&well)) }
                    (folded)
                }
            } @else {
                (folded)
            }
        }
    }

    fn group(&self, group: &Group<'_>, is_open: bool) -> Markup {
        html! {
            @if group.name.is_none() && is_open {
                div.panel.group { (self.list(&group.components, false)) }
            } @else {
                details.panel.group id={ "group-" (&digest(&[group.name.unwrap_or_default()])[..12]) } open[is_open] {
                    summary {
                        span.strong { (group.name.unwrap_or("Other components")) }
                        (counts(&group.components))
                    }
                    (self.list(&group.components, false))
                }
            }
        }
    }

    /// `with_groups`: they are not under the name of their group.
    fn list(&self, components: &[&Component], with_groups: bool) -> Markup {
        html! {
            ul.rows.components {
                @for component in components {
                    li {
                        span.now { (component_status(component.status)) (self.how_long(component)) }
                        bdi.strong { @if with_groups { (component.full_name()) } @else { (component.name) } }
                        @if self.over_time.differs(&component.id) {
                            span.uptime { (uptime_text(self.over_time.uptime_of(Some(&component.id)))) }
                            @if self.with_bars.contains(&component.id) {
                                (Days(self.over_time.days_of(Some(&component.id))).svg())
                            }
                        } @else {
                            (self.of_most)
                        }
                    }
                }
            }
        }
    }

    /// Nothing for what was so when we began to look, and while the page cannot be read.
    fn how_long(&self, component: &Component) -> Markup {
        let since = self.over_time.since_of(&component.id, component.status);
        let since = since.filter(|since| !since.is_at_least && self.view.row.as_of().is_none());
        html! {
            @if let Some(StateSince { at, .. }) = since { " " span.soft.small { "for " (lasting(at, self.view.now)) } }
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

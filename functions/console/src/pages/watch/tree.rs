//! The components of a page as boxes to tick, by group. A group that is ticked stands for all of its components, and
//! says of how many some are. What is ticked and not in sight, since a search left it out, goes with the form all the
//! same.
use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use site::states::component_status;
use status::{ids::ComponentId, page_state::PageState, snapshot::Component};

use super::{
    bars::Bars,
    selection::{Selection, group_of},
};

/// With more components than this there is a search, and groups are folded.
const MAX_UNFOLDED: usize = 20;
const MAX_SHOWN: usize = 1_000;
/// In characters, of a name. The provider chooses it.
const MAX_NAME: usize = 200;
pub(super) const MAX_SEARCH: usize = 100;

struct Tree<'a> {
    selection: &'a Selection,
    bars: &'a Bars,
    /// Those that have boxes.
    shown: BTreeSet<&'a ComponentId>,
    is_folded: bool,
}

/// A group, or what is in none, with those of its components that are shown.
struct Group<'a> {
    name: Option<&'a str>,
    components: Vec<&'a Component>,
    selected: usize,
    total: usize,
}

/// The boxes, and hidden fields for what is ticked besides.
pub(super) fn tree((page, bars): (&PageState, &Bars), selection: &Selection, search: &str) -> Markup {
    let found = found(page, search);
    let all = found.len();
    let shown: Vec<&Component> = found.into_iter().take(MAX_SHOWN).collect();
    let total = page.components.len();
    let tree = Tree {
        selection,
        bars,
        shown: shown.iter().map(|component| &component.id).collect(),
        is_folded: total > MAX_UNFOLDED && search.is_empty(),
    };
    let groups = groups(page, selection, &shown);
    html! {
        @if total > MAX_UNFOLDED { (find(search)) }
        @if !search.is_empty() {
            p role="status" { (all) " of " (total) " components match “" bdi { (search) } "”." }
        }
        @if all > shown.len() {
            p.soft.small { "The first " (shown.len()) " of " (all) " are shown: find the others." }
        }
        div data-tree {
            @for group in &groups { (tree.group(group)) }
            (tree.not_shown(page, &groups))
        }
    }
}

/// The key by which names are sorted: `Region 2` comes before `Region 10`.
fn in_order(name: &str) -> String {
    let (mut key, mut digits) = (String::new(), String::new());
    for c in name.to_lowercase().chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            key += &format!("{digits:0>9}");
            digits.clear();
        }
        key.push(c);
    }
    key
}

fn shown_name(component: &Component) -> String {
    let name = if component.name.trim().is_empty() { component.id.as_str() } else { &component.name };
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Its button is the first of the form, so that the enter key finds and does not save.
fn find(search: &str) -> Markup {
    html! {
        div.controls {
            div.grow {
                label for="q" { "Find a component" }
                input #q type="search" name="q" value=(search) maxlength=(MAX_SEARCH) autocomplete="off" spellcheck="false";
            }
            button type="submit" name="submit" value="find" { "Find" }
        }
    }
}

/// Those with every word of the search in their full names.
fn found<'a>(page: &'a PageState, search: &str) -> Vec<&'a Component> {
    let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let is_found = |component: &&Component| {
        let name = if words.is_empty() { String::new() } else { component.full_name().to_lowercase() };
        words.iter().all(|word| name.contains(word))
    };
    page.components.iter().filter(is_found).collect()
}

/// Of those that are shown: what is in no group first, then groups by name.
fn groups<'a>(page: &'a PageState, selection: &Selection, shown: &[&'a Component]) -> Vec<Group<'a>> {
    let mut by_name: BTreeMap<Option<&str>, Group<'_>> = BTreeMap::new();
    for &component in shown {
        let name = group_of(component);
        let new = || Group { name, components: Vec::new(), selected: 0, total: 0 };
        by_name.entry(name).or_insert_with(new).components.push(component);
    }
    for component in &page.components {
        if let Some(group) = by_name.get_mut(&group_of(component)) {
            group.total += 1;
            group.selected += usize::from(selection.has(component));
        }
    }
    let mut groups: Vec<Group<'_>> = by_name.into_values().collect();
    groups.sort_by_cached_key(|group| (group.name.is_some(), group.name.map(in_order)));
    for group in &mut groups {
        group.components.sort_by_cached_key(|component| in_order(&component.name));
    }
    groups
}

impl Tree<'_> {
    fn group(&self, group: &Group<'_>) -> Markup {
        let is_ticked = group.name.is_some_and(|name| self.selection.groups.contains(name));
        let is_mixed = group.selected > 0 && !is_ticked;
        html! {
            details.panel.group data-group[group.name.is_some()] open[!self.is_folded || is_mixed] {
                summary {
                    bdi.strong { (group.name.unwrap_or("Other components")) }
                    span.soft.small {
                        @if is_ticked { "all selected" } @else { (group.selected) " of " (group.total) " selected" }
                    }
                }
                ul.rows {
                    @if let Some(name) = group.name {
                        li {
                            label.pick {
                                input type="checkbox" name="group" value=(name) checked[is_ticked];
                                span { "All of " bdi { (name) } ", also components that are added later" }
                            }
                            @if is_ticked { input type="hidden" name="group_before" value=(name); }
                        }
                    }
                    @for component in &group.components { li { (self.component(component, is_ticked)) } }
                }
            }
        }
    }

    fn component(&self, component: &Component, of_ticked_group: bool) -> Markup {
        let id = &component.id;
        html! {
            div.row {
                label.pick {
                    input type="checkbox" name="component" value=(id) checked[self.selection.has(component)];
                    bdi { (shown_name(component)) }
                }
                span.small { (component_status(component.status)) }
                (self.bars.of_component(id))
            }
            @if of_ticked_group { input type="hidden" name="component_before" value=(id); }
        }
    }

    fn not_shown(&self, page: &PageState, groups: &[Group<'_>]) -> Markup {
        let is_shown = |name: &&String| groups.iter().any(|group| group.name == Some(name.as_str()));
        let is_hidden = |component: &&Component| !self.shown.contains(&component.id) && self.selection.has(component);
        html! {
            @for name in self.selection.groups.iter().filter(|name| !is_shown(name)) {
                input type="hidden" name="group" value=(name);
            }
            @for component in page.components.iter().filter(is_hidden) {
                input type="hidden" name="component" value=(component.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_numbers_are_sorted_as_people_count() {
        let mut names = ["Region 10", "region 2", "Region 2b", "Region", "eu-west-11", "EU-west-9"];
        names.sort_by_cached_key(|name| in_order(name));
        assert_eq!(names, ["EU-west-9", "eu-west-11", "Region", "region 2", "Region 2b", "Region 10"]);
    }
}

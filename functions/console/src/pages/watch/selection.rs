//! Which components of a page are ticked: as a stored filter says, or as a form does; and the entries of the filter
//! that follows. Pure. A ticked group stands for all of its components, also those that join it later. Wanted property:
//! of what a form may mean, the reading that watches more is taken, so that nobody misses an alert by how a browser
//! works.
use std::collections::{BTreeMap, BTreeSet};

use status::{
    component_choices::PageChoices,
    ids::ComponentId,
    monitor::{ComponentChoice, ComponentFilter},
    page_state::PageState,
    snapshot::Component,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    /// Those that are ticked one by one.
    pub(super) components: BTreeSet<ComponentId>,
    /// As the page writes them.
    pub(super) groups: BTreeSet<String>,
    /// Entries that fit nothing on the page, as they are written.
    pub(super) gone: BTreeSet<String>,
}

/// The boxes that came back from a form.
#[derive(Default)]
pub(super) struct Ticked<'a> {
    pub(super) components: &'a [String],
    pub(super) groups: &'a [String],
    /// The groups that were ticked when the page was made, and the components of those that had a box of their own.
    pub(super) groups_before: &'a [String],
    pub(super) components_before: &'a [String],
    pub(super) gone: &'a [String],
}

/// The group of a component, if it has a name that can be chosen.
pub(super) fn group_of(component: &Component) -> Option<&str> {
    component.group.as_deref().filter(|group| !group.trim().is_empty())
}

impl Selection {
    /// Of a stored filter.
    pub(super) fn of_filter(filter: &ComponentFilter, page: Option<&PageState>) -> Self {
        let ComponentFilter::Chosen(entries) = filter else { return Self::default() };
        let Some(page) = page else {
            return Self { gone: entries.iter().map(ToString::to_string).collect(), ..Self::default() };
        };
        let chosen = PageChoices::of(page).chosen(entries);
        let gone = chosen.unmatched.iter().map(ToString::to_string).collect();
        Self { components: chosen.components, groups: chosen.groups, gone }
    }

    /// Of a form. A group that was ticked before and still is, but one of its components no longer is, is chosen
    /// without that component. What the page no longer has stays chosen until somebody takes it out.
    pub(super) fn of_form(ticked: &Ticked<'_>, page: Option<&PageState>) -> Self {
        let set = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<String>>();
        let (components, groups, gone) = (set(ticked.components), set(ticked.groups), set(ticked.gone));
        let (components_before, groups_before) = (set(ticked.components_before), set(ticked.groups_before));
        let mut selection = Self { gone, ..Self::default() };
        let listed: &[Component] = page.map_or(&[], |page| &page.components);
        let mut members: BTreeMap<&str, Vec<&ComponentId>> = BTreeMap::new();
        for component in listed {
            if let Some(group) = group_of(component) {
                members.entry(group).or_default().push(&component.id);
            }
        }
        for group in &groups {
            let Some(members) = members.get(group.as_str()) else {
                selection.gone.insert(format!("group:{group}"));
                continue;
            };
            let was_unticked =
                |id: &&&ComponentId| components_before.contains(id.as_str()) && !components.contains(id.as_str());
            let is_narrowed = groups_before.contains(group) && members.iter().any(|id| was_unticked(&id));
            if !is_narrowed {
                selection.groups.insert(group.clone());
            }
        }
        let known: BTreeSet<&str> = listed.iter().map(|component| component.id.as_str()).collect();
        let (present, lost): (Vec<&String>, Vec<&String>) =
            components.iter().partition(|id| known.contains(id.as_str()));
        selection.components.extend(present.into_iter().map(ComponentId::new));
        selection.gone.extend(lost.into_iter().cloned());
        selection
    }

    pub(super) fn has(&self, component: &Component) -> bool {
        self.components.contains(&component.id) || group_of(component).is_some_and(|group| self.groups.contains(group))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.components.is_empty() && self.groups.is_empty() && self.gone.is_empty()
    }

    pub(super) fn count(&self, components: &[Component]) -> usize {
        components.iter().filter(|component| self.has(component)).count()
    }

    /// Of a draft: groups first, then the components that are in none of them.
    pub(super) fn entries(&self, page: Option<&PageState>) -> Vec<String> {
        let mut entries: BTreeSet<String> = self.gone.clone();
        if let Some(page) = page {
            let choices = PageChoices::of(page);
            let alone = page.components.iter().filter(|component| {
                self.components.contains(&component.id)
                    && !group_of(component).is_some_and(|group| self.groups.contains(group))
            });
            entries.extend(alone.filter_map(|component| choices.entry(component)).map(|entry| entry.to_string()));
        }
        let groups = self.groups.iter().map(|group| ComponentChoice::Group(group.trim().to_owned()).to_string());
        groups.chain(entries).collect()
    }
}

#[cfg(test)]
mod tests {
    use status::{
        snapshot::{Listing, Page},
        words::ComponentStatus,
    };

    use super::*;

    fn page() -> PageState {
        let component = |id: &str, name: &str, group: Option<&str>| Component {
            id: id.into(),
            name: name.to_owned(),
            group: group.map(str::to_owned),
            status: ComponentStatus::Operational,
        };
        PageState {
            page: Page::default(),
            components: vec![
                component("1", "API", Some("Europe")),
                component("2", "Web", Some("Europe")),
                component("3", "API", Some("Asia")),
                component("4", "Mail", None),
                component("5", "Chat", Some(" ")),
            ],
            listing: Listing::Complete,
            recovering: BTreeMap::new(),
            incidents: Vec::new(),
            former_names: BTreeMap::new(),
            former_groups: BTreeMap::new(),
            baseline_at: jiff::Timestamp::UNIX_EPOCH,
            joined_at: BTreeMap::new(),
            is_window: false,
            left_out: BTreeSet::new(),
            history_until: None,
        }
    }

    fn words(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn filter(entries: &[&str]) -> ComponentFilter {
        let choice = |entry: &&str| match entry.strip_prefix("group:") {
            Some(group) => ComponentChoice::Group(group.to_owned()),
            None => ComponentChoice::Component((*entry).to_owned()),
        };
        ComponentFilter::Chosen(entries.iter().map(choice).collect())
    }

    /// The entries after a form came back.
    fn after(components: &[&str], groups: &[&str], before: (&[&str], &[&str])) -> Vec<String> {
        let page = page();
        let (components, groups, before) = (words(components), words(groups), (words(before.0), words(before.1)));
        let ticked = Ticked {
            components: &components,
            groups: &groups,
            groups_before: &before.1,
            components_before: &before.0,
            gone: &[],
        };
        Selection::of_form(&ticked, Some(&page)).entries(Some(&page))
    }

    #[test]
    fn filter_that_is_shown_and_sent_back_is_the_same_filter() {
        let page = page();
        for entries in [
            &["group:Europe"][..],
            &["Mail", "Web"],
            &["1", "3"],
            &["group:Asia", "Mail"],
            &["Gone", "Mail"],
            &["group:Gone"],
        ] {
            let selection = Selection::of_filter(&filter(entries), Some(&page));
            let of = |ids: &BTreeSet<ComponentId>| ids.iter().map(ToString::to_string).collect::<Vec<String>>();
            let (components, groups) =
                (of(&selection.components), selection.groups.iter().cloned().collect::<Vec<_>>());
            let gone: Vec<String> = selection.gone.iter().cloned().collect();
            let ticked = Ticked { components: &components, groups: &groups, gone: &gone, ..Ticked::default() };
            let mut again = Selection::of_form(&ticked, Some(&page)).entries(Some(&page));
            again.sort();
            let mut wanted = words(entries);
            wanted.sort();
            assert_eq!(again, wanted);
        }
    }

    #[test]
    fn ticked_group_is_all_of_it_whatever_its_boxes_say() {
        assert_eq!(after(&[], &["Europe"], (&[], &[])), ["group:Europe"]);
        assert_eq!(after(&["1", "2", "4"], &["Europe"], (&[], &[])), ["group:Europe", "Mail"]);
    }

    #[test]
    fn component_that_is_taken_out_of_a_ticked_group_narrows_it() {
        assert_eq!(after(&["1"], &["Europe"], (&["1", "2"], &["Europe"])), ["1"]);
        // It had no box when the page was made: it has joined since.
        assert_eq!(after(&["1"], &["Europe"], (&["1"], &["Europe"])), ["group:Europe"]);
        // The group alone was unticked: its boxes still say what is wanted.
        assert_eq!(after(&["1", "2"], &[], (&["1", "2"], &["Europe"])), ["1", "Web"]);
        assert_eq!(after(&[], &[], (&["1", "2"], &["Europe"])), [""; 0]);
    }

    #[test]
    fn what_left_the_page_meanwhile_stays_chosen() {
        assert_eq!(after(&["4", "9"], &["Africa"], (&[], &[])), ["9", "Mail", "group:Africa"]);
    }

    #[test]
    fn page_that_was_never_read_keeps_the_filter() {
        let selection = Selection::of_filter(&filter(&["group:Europe", "Mail"]), None);
        assert_eq!(selection.entries(None), ["Mail", "group:Europe"]);
        assert_eq!((selection.is_empty(), Selection::default().is_empty()), (false, true));
    }

    #[test]
    fn count_is_of_groups_and_components() {
        let page = page();
        let selection = Selection::of_filter(&filter(&["group:Europe", "1", "Mail"]), Some(&page));
        assert_eq!(selection.count(&page.components), 3);
        assert_eq!(selection.entries(Some(&page)), ["group:Europe", "Mail"]);
    }
}

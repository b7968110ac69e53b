//! Names that components and groups had before. Somebody chose a component by one of them, and a rename must not end
//! that (truth rule 8). A component is recognised by its id. Groups have none: one is renamed if its name is gone and
//! its components form a group of a name that is new.
use std::collections::{BTreeMap, BTreeSet};

use super::PageState;
use crate::{ids::ComponentId, names::folded, snapshot::Component};

/// Of one component or group, the newest ones.
const MAX_FORMER_NAMES: usize = 5;
/// Components, or groups, whose former names are kept.
const MAX_RENAMED: usize = 500;

type FormerNames<K> = BTreeMap<K, Vec<String>>;
type Members<'a> = BTreeMap<String, (&'a str, BTreeSet<&'a ComponentId>)>;

impl PageState {
    /// The former names of the components listed in `after`, by id.
    pub(super) fn former_names_after(&self, after: &[Component]) -> FormerNames<ComponentId> {
        let known_components = self.components_by_id();
        let mut former = FormerNames::new();
        for component in after {
            let mut names = self.former_names.get(&component.id).cloned().unwrap_or_default();
            names.extend(known_components.get(&component.id).map(|known| known.name.clone()));
            keep(&mut former, component.id.clone(), names, &component.name);
        }
        former
    }

    /// The former names of the groups in `after`, by [`folded`] name.
    pub(super) fn former_groups_after(&self, after: &[Component]) -> FormerNames<String> {
        let (old, new) = (members(&self.components), members(after));
        let known_ids: BTreeSet<&ComponentId> = self.components.iter().map(|component| &component.id).collect();
        let listed_ids: BTreeSet<&ComponentId> = after.iter().map(|component| &component.id).collect();
        // Groups whose names are gone, by those of their components that are still listed. A component has one group,
        // so no other gone group has any of these.
        let gone = old.iter().filter(|(old_key, _)| !new.contains_key(*old_key));
        let gone: BTreeMap<Vec<&ComponentId>, (&String, &str)> = gone
            .map(|(old_key, (old_name, ids))| (ids.intersection(&listed_ids).copied().collect(), (old_key, *old_name)))
            .collect();
        let mut former = FormerNames::new();
        for (key, (name, ids)) in &new {
            let mut names = self.former_groups.get(key).cloned().unwrap_or_default();
            let known: Vec<&ComponentId> = ids.intersection(&known_ids).copied().collect();
            if !old.contains_key(key)
                && !known.is_empty()
                && let Some((old_key, old_name)) = gone.get(&known)
            {
                names.extend(self.former_groups.get(*old_key).cloned().unwrap_or_default());
                names.push((*old_name).to_owned());
            }
            keep(&mut former, key.clone(), names, name);
        }
        former
    }
}

/// Keeps the newest of `names`, oldest first, without doubles and the present one.
fn keep<K: Ord>(former: &mut FormerNames<K>, key: K, names: Vec<String>, present: &str) {
    let mut seen = BTreeSet::from([folded(present)]);
    let mut newest: Vec<String> = names.into_iter().rev().filter(|name| seen.insert(folded(name))).collect();
    newest.truncate(MAX_FORMER_NAMES);
    newest.reverse();
    if !newest.is_empty() && former.len() < MAX_RENAMED {
        former.insert(key, newest);
    }
}

/// The groups of a page by folded name, with the name as it is written and the components.
fn members(components: &[Component]) -> Members<'_> {
    let mut members = Members::new();
    for component in components {
        let Some(group) = component.group.as_deref() else { continue };
        let (_, ids) = members.entry(folded(group)).or_insert((group, BTreeSet::new()));
        ids.insert(&component.id);
    }
    members
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        snapshot::{Coverage, Listing, Page, Snapshot},
        words::ComponentStatus,
    };

    /// Id, name and group of each component.
    fn read(components: &[(&str, &str, Option<&str>)]) -> Snapshot {
        let component = |(id, name, group): &(&str, &str, Option<&str>)| Component {
            id: (*id).into(),
            name: (*name).to_owned(),
            group: group.map(str::to_owned),
            status: ComponentStatus::Operational,
        };
        Snapshot {
            page: Page::default(),
            components: components.iter().map(component).collect(),
            incidents: Vec::new(),
            coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
        }
    }

    fn after(reads: &[&[(&str, &str, Option<&str>)]]) -> PageState {
        let now = Timestamp::UNIX_EPOCH;
        let first = PageState::baseline(&read(reads[0]), now);
        reads[1..].iter().fold(first, |state, components| state.apply(&read(components), now))
    }

    #[test]
    fn names_of_an_id_are_remembered_newest_last_and_bounded() {
        let state = after(&[&[("1", "API", None)], &[("1", "Core API", None)], &[("1", "Platform", None)]]);
        assert_eq!(state.former_names[&ComponentId::new("1")], ["API", "Core API"]);
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let renames: Vec<[(&str, &str, Option<&str>); 1]> = names.iter().map(|name| [("1", *name, None)]).collect();
        let renames: Vec<&[_]> = renames.iter().map(|read| &read[..]).collect();
        assert_eq!(after(&renames).former_names[&ComponentId::new("1")], ["c", "d", "e", "f", "g"]);
    }

    #[test]
    fn a_name_that_comes_back_or_only_changes_its_case_is_not_former() {
        let state = after(&[&[("1", "API", None)], &[("1", "Core", None)], &[("1", "api", None)]]);
        assert_eq!(state.former_names[&ComponentId::new("1")], ["Core"]);
        assert!(after(&[&[("1", "API", None)], &[("1", "Api ", None)]]).former_names.is_empty());
    }

    #[test]
    fn an_id_that_is_gone_takes_its_names_along() {
        let state = after(&[
            &[("1", "API", None), ("2", "App", None)],
            &[("1", "Core", None), ("2", "App", None)],
            &[("2", "App", None)],
        ]);
        assert!(state.former_names.is_empty());
    }

    #[test]
    fn a_group_is_renamed_if_its_components_form_a_group_of_a_new_name() {
        let before: &[(&str, &str, Option<&str>)] =
            &[("1", "API", Some("Europe")), ("2", "App", Some("Europe")), ("3", "API", Some("Asia"))];
        let renamed = after(&[
            before,
            &[("1", "API", Some("EU")), ("2", "App", Some("EU")), ("3", "API", Some("Asia")), ("4", "New", Some("EU"))],
        ]);
        assert_eq!(renamed.former_groups["eu"], ["Europe"]);
        for no_rename in [
            // Merged into another, split, and still there.
            [("1", "API", Some("Asia")), ("2", "App", Some("Asia")), ("3", "API", Some("Asia"))],
            [("1", "API", Some("North")), ("2", "App", Some("South")), ("3", "API", Some("Asia"))],
            [("1", "API", Some("Europe")), ("2", "App", Some("EU")), ("3", "API", Some("Asia"))],
        ] {
            assert!(after(&[before, &no_rename]).former_groups.is_empty(), "{no_rename:?}");
        }
    }
}

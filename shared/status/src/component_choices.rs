//! What the entries of a component filter stand for on a page, and which entry stands for a component: for forms in
//! which people choose. [`crate::component_match`] decides the same for alerts.
use std::collections::{BTreeSet, HashMap};

use crate::{
    component_match::PageNames, ids::ComponentId, monitor::ComponentChoice, names::folded, page_state::PageState,
    snapshot::Component,
};

/// The entries that a page offers.
pub struct PageChoices<'a> {
    page: &'a PageState,
    names: PageNames,
    /// Components by their ids and names, folded.
    by_words: HashMap<String, BTreeSet<&'a ComponentId>>,
    /// Groups as the page writes them, by their folded names.
    groups: HashMap<String, BTreeSet<&'a str>>,
}

/// What a filter chooses on a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Those that are chosen one by one; whatever the chosen groups hold is not among them for that alone.
    pub components: BTreeSet<ComponentId>,
    /// As the page writes them.
    pub groups: BTreeSet<String>,
    /// Entries that fit nothing that is known of the page.
    pub unmatched: Vec<ComponentChoice>,
}

impl<'a> PageChoices<'a> {
    pub fn of(page: &'a PageState) -> Self {
        let mut by_words: HashMap<String, BTreeSet<&ComponentId>> = HashMap::new();
        let mut groups: HashMap<String, BTreeSet<&str>> = HashMap::new();
        for Component { id, name, group, .. } in &page.components {
            by_words.entry(folded(id.as_str())).or_default().insert(id);
            by_words.entry(folded(name)).or_default().insert(id);
            if let Some(group) = group {
                groups.entry(folded(group)).or_default().insert(group);
            }
        }
        Self { page, names: PageNames::of(page, true), by_words, groups }
    }

    pub fn names(&self) -> &PageNames {
        &self.names
    }

    pub fn chosen(&self, entries: &[ComponentChoice]) -> Chosen {
        let mut chosen = Chosen::default();
        for entry in entries {
            let is_matched = match entry {
                ComponentChoice::Component(text) => {
                    let found = self.components(&folded(text));
                    chosen.components.extend(found.iter().map(|id| (*id).clone()));
                    !found.is_empty()
                }
                ComponentChoice::Group(text) => {
                    let found = self.groups(&folded(text));
                    chosen.groups.extend(found.iter().map(|group| (*group).to_owned()));
                    !found.is_empty()
                }
            };
            if !is_matched {
                chosen.unmatched.push(entry.clone());
            }
        }
        chosen
    }

    /// The entry for one component: its name, which people can read, unless another has it too; else its id. `None`:
    /// neither can be written as an entry.
    pub fn entry(&self, component: &Component) -> Option<ComponentChoice> {
        let is_own = |words: &str| self.by_words.get(words).is_some_and(|ids| ids.len() == 1);
        let is_plain = |text: &str| !text.is_empty() && text.trim() == text && !text.starts_with("group:");
        let texts = [component.name.as_str(), component.id.as_str()];
        let text = texts.into_iter().find(|text| is_plain(text) && is_own(&folded(text)));
        let text = text.or_else(|| Some(component.id.as_str()).filter(|id| is_plain(id)))?;
        Some(ComponentChoice::Component(text.to_owned()))
    }

    fn components(&self, words: &str) -> Vec<&ComponentId> {
        match self.by_words.get(words) {
            Some(ids) => ids.iter().copied().collect(),
            None => self.page.components.iter().map(|it| &it.id).filter(|id| self.names.had_name(words, id)).collect(),
        }
    }

    fn groups(&self, words: &str) -> Vec<&str> {
        match self.groups.get(words) {
            Some(groups) => groups.iter().copied().collect(),
            None => {
                let of_today = self.groups.iter().filter(|(group, _)| self.names.had_group(words, group));
                of_today.flat_map(|(_, groups)| groups.iter().copied()).collect()
            }
        }
    }
}

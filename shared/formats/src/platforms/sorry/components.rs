//! Components in a tree. One that has others below it only sums these up: it is their group.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Affected, Component, Listing},
    words::ComponentStatus,
};
use url::Url;

use super::document::{self, ComponentList};
use crate::{
    contract::{Answers, ReadError},
    read::{component_tree::group, lenient_list::elements, problems::Problems},
    text::values::Word,
};

/// Components that one notice names. A group stands for all below it.
const MAX_NAMED: usize = 2_000;

/// Deeper than any page is.
const MAX_DEPTH: usize = 8;

pub(super) struct Components {
    pub(super) list: Vec<Component>,
    pub(super) listing: Listing,
    /// Every component's parent.
    parents: BTreeMap<String, Option<String>>,
}

impl Components {
    /// The first page must be there.
    pub(super) fn read<'u>(
        pages: impl Iterator<Item = &'u Url>,
        answers: &Answers,
        problems: &mut Problems,
    ) -> Result<Self, ReadError> {
        let mut raw: Vec<document::Component> = Vec::new();
        let mut listing = Listing::Complete;
        let (mut expected, mut asked) = (1, 0);
        for url in pages {
            asked += 1;
            let Some(answer) = answers.get(url) else { continue };
            let page = answer.json::<ComponentList<'_>>().and_then(|list| {
                let missing =
                    || ReadError::NotThisFormat(format!("{} is no list of Sorry: no `components`", url.path()));
                let (read, whole) = elements(list.items().ok_or_else(missing)?, "a component", problems);
                Ok((read, whole, list.pages()))
            });
            match page {
                Ok((read, whole, pages)) => {
                    raw.extend(read);
                    expected = expected.max(if asked == 1 { pages } else { 1 });
                    if !whole {
                        listing = Listing::Partial;
                    }
                }
                Err(error) if asked == 1 => return Err(error),
                Err(error) => {
                    listing = Listing::Partial;
                    problems.add(format!("a page of components could not be read: {error}"));
                }
            }
        }
        if asked < expected {
            listing = Listing::Partial;
            problems.add(format!("only {asked} of {expected} pages of components were read"));
        }
        Ok(Self::of(&raw, listing, problems))
    }

    fn of(raw: &[document::Component], listing: Listing, problems: &mut Problems) -> Self {
        let mut read = Self { list: Vec::new(), listing, parents: BTreeMap::new() };
        let mut named: BTreeMap<&str, (&str, &document::Component)> = BTreeMap::new();
        for component in raw {
            let (Some(id), Some(name)) = (&component.id, &component.name) else {
                read.listing = Listing::Partial;
                problems.add("a component without id or name was left out".into());
                continue;
            };
            named.entry(id.as_str()).or_insert((name, component));
            let parent = component.parent_id.as_ref().map(|parent| parent.as_str().to_owned());
            read.parents.entry(id.as_str().to_owned()).or_insert(parent);
        }
        let headings: BTreeSet<&str> = read.parents.values().flatten().map(String::as_str).collect();
        for (id, (name, component)) in named.iter().filter(|(id, _)| !headings.contains(*id)) {
            let word = component.state.as_deref().unwrap_or_default();
            let status = component_status(word).unwrap_or_else(|| problems.unknown_status(id, word));
            let above: Vec<&str> = read.above(id).filter_map(|id| Some(named.get(id)?.0)).collect();
            read.list.push(Component {
                id: ComponentId::new(id),
                name: (*name).to_owned(),
                group: group(above.into_iter().rev()),
                status,
            });
        }
        read
    }

    /// What a component stands under, the nearest first.
    fn above<'s>(&'s self, id: &str) -> impl Iterator<Item = &'s str> {
        let parent = |id: &str| self.parents.get(id)?.as_deref();
        std::iter::successors(parent(id), move |id| parent(id)).take(MAX_DEPTH)
    }

    /// The components that a notice names, a group by those in it. `is_over`: how they are now is no part of it.
    pub(super) fn named(&self, raw: &[&RawValue], is_over: bool, problems: &mut Problems) -> Vec<Affected> {
        let (raw, _) = elements::<document::Component>(raw, "a component of a notice", problems);
        let mut named: BTreeMap<ComponentId, Option<ComponentStatus>> = BTreeMap::new();
        for component in &raw {
            let Some(id) = component.id.as_ref().map(Word::as_str) else {
                problems.add("a notice names a component without id".into());
                continue;
            };
            if named.len() > MAX_NAMED || named.contains_key(&ComponentId::new(id)) {
                continue;
            }
            let below: Vec<&Component> =
                self.list.iter().filter(|leaf| self.above(leaf.id.as_str()).any(|above| above == id)).collect();
            for leaf in &below {
                named.insert(leaf.id.clone(), (!is_over).then_some(leaf.status));
            }
            if below.is_empty() {
                let status = component.state.as_deref().and_then(component_status);
                named.insert(ComponentId::new(id), status.filter(|_| !is_over));
            }
        }
        named.into_iter().map(|(id, status)| Affected { id, status }).collect()
    }
}

/// There are no degrees of an outage. What is partially degraded stands above something that is degraded.
fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "operational" => ComponentStatus::Operational,
        "degraded" | "partially-degraded" | "partially_degraded" => ComponentStatus::DegradedPerformance,
        "under_maintenance" => ComponentStatus::UnderMaintenance,
        _ => return None,
    })
}

//! What a component filter answers to an alert (truth rule 8), and which of its entries fit nothing on the page.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    alert::{Alert, NamedComponent, SummaryItem},
    by_id::first_by,
    ids::ComponentId,
    monitor::{ComponentChoice, ComponentFilter, Match},
    names::folded,
    page_state::PageState,
    snapshot::{Component, Kind, Listing},
    words::{ComponentStatus, Event},
};

/// What filters need of an alert, or of one change of a summary.
pub struct Subject {
    named: Vec<Named>,
    /// What the page itself shows worse than operational. The changes of a summary share it.
    in_trouble: Arc<[Named]>,
    tags_everything: bool,
    is_planned: bool,
}

/// A component filter, its words folded; `None`: all components.
pub struct FoldedFilter(Option<Vec<(bool, String)>>);

/// A component, its words folded.
struct Named {
    id: ComponentId,
    words: Words,
    is_worse: bool,
    is_operational: bool,
}

struct Words {
    id: String,
    name: String,
    group: Option<String>,
}

/// The names on a page, to find what an entry of a filter stands for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PageNames {
    /// Ids and names.
    present: BTreeSet<String>,
    groups: BTreeSet<String>,
    /// Components by the names they had before.
    former: BTreeMap<String, BTreeSet<ComponentId>>,
    /// Present groups by the names they had before.
    former_groups: BTreeMap<String, BTreeSet<String>>,
    /// Whether the page has nothing that is not listed here: only then an entry can fit nothing.
    are_all: bool,
    /// As the page writes them, for suggestions.
    written: BTreeSet<String>,
}

impl Subject {
    pub fn of(alert: &Alert) -> Self {
        Self {
            named: alert.components.iter().map(Named::of).collect(),
            in_trouble: alert.in_trouble.iter().map(Named::of).collect(),
            tags_everything: alert.tags_everything,
            is_planned: alert.incident.kind == Kind::Maintenance,
        }
    }

    /// Of the changes of `summary`, in its order.
    pub fn of_items(summary: &Alert) -> impl Iterator<Item = Self> {
        let all: Arc<[Named]> = summary.in_trouble.iter().map(Named::of).collect();
        let by_id = first_by(&summary.in_trouble, |component| &component.id);
        summary.summary.iter().map(move |item| {
            let in_trouble = match item.components.as_slice() {
                [] => all.clone(),
                // No other is this incident's.
                named => named.iter().filter_map(|named| by_id.get(&named.id)).map(|it| Named::of(it)).collect(),
            };
            Self::of_item(item, in_trouble)
        })
    }

    fn of_item(item: &SummaryItem, in_trouble: Arc<[Named]>) -> Self {
        let is_planned = matches!(
            item.event,
            Event::Scheduled
                | Event::Reminder
                | Event::Started
                | Event::Changed
                | Event::Completed
                | Event::Cancelled
                | Event::Overran
        );
        Self {
            named: item.components.iter().map(Named::of).collect(),
            in_trouble,
            tags_everything: item.tags_everything,
            is_planned,
        }
    }

    /// Its answer to a filter is that of every other change of the summary that names nothing.
    pub fn names_nothing(&self) -> bool {
        self.named.is_empty()
    }

    /// `page`: the names on the page as far as they are needed. Without it, an entry that fits nothing in the alert may
    /// fit something on the page.
    pub fn answer(&self, filter: &ComponentFilter, page: Option<&PageNames>) -> Match {
        self.answer_to(&FoldedFilter::of(filter), page)
    }

    /// The same to a filter that is asked many times.
    pub fn answer_to(&self, filter: &FoldedFilter, page: Option<&PageNames>) -> Match {
        let Some(chosen) = &filter.0 else {
            return Match::Yes;
        };
        let is_chosen = |named: &&Named| chosen.iter().any(|choice| stands_for(choice, named, page));
        let tagged: Vec<&Named> = self.named.iter().filter(is_chosen).collect();
        // What another incident broke is not this incident's, unless this one names nothing or that component too.
        let tagged_ids: BTreeSet<&ComponentId> = tagged.iter().map(|tagged| &tagged.id).collect();
        let concerns = |named: &&Named| self.named.is_empty() || tagged_ids.contains(&named.id);
        let in_trouble = self.in_trouble.iter().filter(is_chosen).any(|named| concerns(&named));
        if in_trouble || tagged.iter().any(|named| named.is_worse) {
            return Match::Yes;
        }
        let fits_nothing = tagged.is_empty()
            && page.is_some_and(|page| page.are_all && !chosen.iter().any(|choice| page.fits(choice)));
        if fits_nothing || self.named.is_empty() || self.tags_everything {
            return Match::Unknown;
        }
        // A tag says something as long as no other component is worse. Planned work is tagged before anything is.
        let any_worse = self.named.iter().any(|named| named.is_worse);
        if tagged.iter().any(|named| self.is_planned || !any_worse || !named.is_operational) {
            Match::Yes
        } else {
            Match::No
        }
    }
}

impl FoldedFilter {
    pub fn of(filter: &ComponentFilter) -> Self {
        match filter {
            ComponentFilter::All => Self(None),
            ComponentFilter::Chosen(chosen) => Self(Some(chosen.iter().map(words_of).collect())),
        }
    }
}

impl Named {
    fn of(component: &NamedComponent) -> Self {
        let is_worse = |status: ComponentStatus| status > ComponentStatus::Operational;
        Self {
            id: component.id.clone(),
            words: Words {
                id: folded(component.id.as_str()),
                name: folded(&component.name),
                group: component.group.as_deref().map(folded),
            },
            is_worse: is_worse(component.status) || component.was.is_some_and(is_worse),
            is_operational: component.status == ComponentStatus::Operational,
        }
    }
}

/// Whether it is a group's, and its words folded.
fn words_of(choice: &ComponentChoice) -> (bool, String) {
    match choice {
        ComponentChoice::Component(name) => (false, folded(name)),
        ComponentChoice::Group(name) => (true, folded(name)),
    }
}

fn stands_for(choice: &(bool, String), named: &Named, page: Option<&PageNames>) -> bool {
    let (is_group, words) = choice;
    let group = named.words.group.as_deref();
    let fits = if *is_group { group == Some(words) } else { named.words.name == *words || named.words.id == *words };
    fits || page.is_some_and(|page| match is_group {
        true => group.is_some_and(|group| page.had_group(words, group)),
        false => page.had_name(words, &named.id),
    })
}

impl PageNames {
    /// `are_whole`: whether the newest read of the page was free of damage.
    pub fn of(page: &PageState, are_whole: bool) -> Self {
        let mut names = Self { are_all: are_all(page, are_whole), ..Self::default() };
        for Component { id, name, group, .. } in &page.components {
            names.present.extend([folded(id.as_str()), folded(name)]);
            names.written.insert(name.clone());
            if let Some(group) = group {
                names.groups.insert(folded(group));
                names.written.insert(format!("group:{group}"));
            }
        }
        for (id, former) in &page.former_names {
            for name in former {
                names.former.entry(folded(name)).or_default().insert(id.clone());
            }
        }
        for (group, former) in &page.former_groups {
            for name in former {
                names.former_groups.entry(folded(name)).or_default().insert(group.clone());
            }
        }
        names
    }

    /// The entries of a filter that fit nothing on the page. None, while the page may have more than is known.
    pub fn unmatched<'a>(&self, filter: &'a ComponentFilter) -> Vec<&'a ComponentChoice> {
        match filter {
            ComponentFilter::Chosen(chosen) if self.are_all => {
                chosen.iter().filter(|choice| !self.fits(&words_of(choice))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Like [`PageNames::unmatched`], of a page that may have more than is known.
    pub fn unseen<'a>(&self, filter: &'a ComponentFilter) -> Vec<&'a ComponentChoice> {
        match filter {
            ComponentFilter::Chosen(chosen) => chosen.iter().filter(|choice| !self.fits(&words_of(choice))).collect(),
            ComponentFilter::All => Vec::new(),
        }
    }

    /// Whether the page has nothing that is not known.
    pub fn are_all(&self) -> bool {
        self.are_all
    }

    /// Entries that would fit, as the page writes them.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        self.written.iter().map(String::as_str)
    }

    fn fits(&self, (is_group, words): &(bool, String)) -> bool {
        match is_group {
            true => self.groups.contains(words) || self.former_groups.contains_key(words),
            false => self.present.contains(words) || self.former.contains_key(words),
        }
    }

    /// Whether the component had this name, which no other has now.
    pub(crate) fn had_name(&self, words: &str, id: &ComponentId) -> bool {
        !self.present.contains(words) && self.former.get(words).is_some_and(|ids| ids.contains(id))
    }

    pub(crate) fn had_group(&self, words: &str, group: &str) -> bool {
        !self.groups.contains(words) && self.former_groups.get(words).is_some_and(|groups| groups.contains(group))
    }
}

/// Whether the page lists every component it has; or names none, neither in a list nor in any incident of a whole read,
/// as feeds do. A list that is empty or partial for another reason proves nothing (truth rule 3).
fn are_all(page: &PageState, are_whole: bool) -> bool {
    let names_none = || {
        let incidents = || page.incidents.iter().map(|state| &state.incident);
        page.components.is_empty() && incidents().next().is_some() && incidents().all(|it| it.components.is_empty())
    };
    page.listing == Listing::Complete || (are_whole && names_none())
}

//! Finds the state words of documents and what nonsense in their place makes of components.
use std::collections::{BTreeMap, BTreeSet};

use formats::{ParsedPage, testing::Page};
use status::{snapshot::Listing, words::ComponentStatus};

use super::document::{Word, exchanged, words};
use crate::contract::failures::{At, Failures};

pub(super) type Read<'a> = dyn Fn(&Page) -> Option<ParsedPage> + 'a;

/// A page with how it is read.
pub(super) struct Subject<'a> {
    pub(super) case: &'a str,
    pub(super) page: &'a Page,
    pub(super) read: Box<Read<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) case: String,
    pub(super) document: String,
    pub(super) field: String,
    pub(super) how: String,
    pub(super) what: String,
}

impl Fault {
    pub(super) fn add_to(self, failures: &mut Failures) {
        failures.add_at(&At { case: &self.case, document: &self.document, how: &self.how }, self.what);
    }
}

#[derive(Default)]
pub(super) struct SearchResult {
    /// State words by their key.
    pub(super) words: BTreeMap<String, BTreeSet<String>>,
    pub(super) faults: Vec<Fault>,
}

const OF_INCIDENT: &str = " of incident ";

/// What a read says of each component, and of each component that an incident names.
type States = BTreeMap<String, ComponentStatus>;

fn states(parsed: &ParsedPage) -> States {
    let components = parsed.snapshot.components.iter();
    let mut states: States = components.map(|one| (format!("component {}", one.id), one.status)).collect();
    for incident in &parsed.snapshot.incidents {
        for affected in &incident.components {
            let name = format!("component {}{OF_INCIDENT}{}", affected.id, incident.id);
            states.insert(name, affected.status.unwrap_or(ComponentStatus::Unknown));
        }
    }
    states
}

/// Names and ids of a page. Another id is another thing, so they are no state words.
fn names(parsed: &ParsedPage) -> BTreeSet<String> {
    let components = parsed.snapshot.components.iter();
    let of_components =
        components.flat_map(|one| [one.id.to_string(), one.name.clone()].into_iter().chain(one.group.clone()));
    let incidents = parsed.snapshot.incidents.iter();
    let of_incidents = incidents.flat_map(|incident| {
        let affected = incident.components.iter().map(|affected| affected.id.to_string());
        affected.chain([incident.id.to_string(), incident.title.clone()])
    });
    of_components.chain(of_incidents).chain(parsed.snapshot.page.name.clone()).collect()
}

struct Baseline<'a> {
    subject: &'a Subject<'a>,
    states: States,
    problems: BTreeSet<String>,
    /// With the document each is in.
    words: Vec<(&'a str, Word)>,
}

impl<'a> Baseline<'a> {
    fn of(subject: &'a Subject<'a>) -> Option<Self> {
        let parsed = (subject.read)(subject.page)?;
        let names = names(&parsed);
        let documents = subject.page.documents.iter();
        let all = documents.flat_map(|(name, body)| words(body).into_iter().map(move |word| (name.as_str(), word)));
        let words = all.filter(|(_, word)| !names.contains(&word.text)).collect();
        Some(Self { subject, states: states(&parsed), problems: parsed.problems.into_iter().collect(), words })
    }

    fn with(&self, document: &str, word: &Word, other: &str) -> Option<ParsedPage> {
        let mut page = self.subject.page.clone();
        let body = exchanged(&page.documents[document], word, other);
        page.documents.insert(document.to_owned(), body);
        (self.subject.read)(&page)
    }

    /// The things that have another state in this read. None if it is about other things.
    fn changed(&self, parsed: &ParsedPage) -> BTreeSet<&String> {
        let after = states(parsed);
        if !after.keys().eq(self.states.keys()) {
            return BTreeSet::new();
        }
        self.states.iter().filter(|(name, state)| after[*name] != **state).map(|(name, _)| name).collect()
    }

    /// What is wrong about each thing in the read with nonsense, if the word turns out to be its state word.
    fn suspicions(&self, nonsense: &ParsedPage) -> BTreeMap<&String, String> {
        use ComponentStatus::Operational;
        let after = states(nonsense);
        let is_named = nonsense.problems.iter().any(|problem| !self.problems.contains(problem));
        let is_complete = nonsense.snapshot.coverage.components == Listing::Complete;
        let what = |name: &str, before: ComponentStatus| match after.get(name) {
            Some(&Operational) if before > Operational => {
                Some(format!("turns from {} to operational", before.as_str()))
            }
            Some(&Operational) if before == Operational && !is_named => {
                Some("stays operational, and no problem says so".to_owned())
            }
            None if is_complete && !is_named && !name.contains(OF_INCIDENT) => {
                Some("is gone, and no problem says so".to_owned())
            }
            Some(_) | None => None,
        };
        self.states.iter().filter_map(|(name, before)| Some((name, what(name, *before)?))).collect()
    }

    /// The faults of a word, of which these are known to take its place.
    fn faults(&self, document: &str, word: &Word, known: &BTreeSet<String>) -> Vec<String> {
        let Some(with_nonsense) = self.with(document, word, nonsense(&word.text)) else { return Vec::new() };
        let mut suspicions = self.suspicions(&with_nonsense);
        let mut faults = Vec::new();
        let mut confirm = |suspicions: &mut BTreeMap<&String, String>, names: BTreeSet<&String>| {
            faults.extend(names.iter().filter_map(|name| Some(format!("{name} {}", suspicions.remove(*name)?))));
        };
        if word.is_in_json() {
            confirm(&mut suspicions, self.changed(&with_nonsense));
        }
        let of_nonsense = states(&with_nonsense);
        for other in known.iter().filter(|other| **other != word.text) {
            if suspicions.is_empty() {
                break;
            }
            let Some(parsed) = self.with(document, word, other) else { continue };
            // A word that can only make a component unknown speaks of something else, such as the whole page. One whose
            // place says the same whatever stands there is a part of the document's structure, such as a class.
            let after = states(&parsed);
            let mut names = self.changed(&parsed);
            names.retain(|name| after[*name] != ComponentStatus::Unknown && of_nonsense.get(*name) != after.get(*name));
            confirm(&mut suspicions, names);
        }
        faults
    }
}

fn nonsense(word: &str) -> &'static str {
    if word.bytes().all(|byte| byte.is_ascii_digit()) { "7777" } else { "zzyzx" }
}

/// Searches the pages of one format. Their documents share the words.
pub(super) fn search(subjects: &[Subject<'_>]) -> SearchResult {
    let baselines: Vec<_> = subjects.iter().filter_map(Baseline::of).collect();
    let mut found = SearchResult { words: state_words(&baselines), faults: Vec::new() };
    for baseline in &baselines {
        for (document, word) in &baseline.words {
            let Some(known) = found.words.get(&word.key) else { continue };
            let faults = baseline.faults(document, word, known).into_iter();
            found.faults.extend(faults.map(|what| Fault {
                case: baseline.subject.case.to_owned(),
                document: (*document).to_owned(),
                field: word.field(),
                how: format!("{} = {:?} instead of {:?}", word.at(), nonsense(&word.text), word.text),
                what,
            }));
        }
    }
    found
}

/// The words of each key of which at least one changes the state of a component when nonsense takes its place. Even a
/// format that takes nonsense for operational is found by its words for worse states.
fn state_words(baselines: &[Baseline<'_>]) -> BTreeMap<String, BTreeSet<String>> {
    const MOST: usize = 16;
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for baseline in baselines {
        for (document, word) in baseline.words.iter() {
            if found.contains_key(&word.key) {
                continue;
            }
            let parsed = baseline.with(document, word, nonsense(&word.text));
            if parsed.is_some_and(|parsed| !baseline.changed(&parsed).is_empty()) {
                found.insert(word.key.clone(), BTreeSet::new());
            }
        }
    }
    for (_, word) in baselines.iter().flat_map(|baseline| &baseline.words) {
        if let Some(words) = found.get_mut(&word.key).filter(|words| words.len() < MOST) {
            words.insert(word.text.clone());
        }
    }
    found
}

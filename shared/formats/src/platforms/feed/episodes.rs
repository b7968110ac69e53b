//! Entries of a series, of which each has an id of its own, as incidents: Amazon's feeds have an item for each update
//! of a service in a region, monitors one for going down and one for recovering.
//!
//! An incident has the id of its first entry. It goes on until an entry ends it; what comes then is another, whatever
//! its title. Feeds forget their oldest items: an incident that is known to be open and whose entry is gone goes on in
//! the entries that are left.
use std::collections::{BTreeMap, HashSet};

use jiff::SignedDuration;
use status::ids::IncidentId;

use super::{entry::EntryFacts, reading::Reading};

/// So soon after the entry before it an entry with another title may still be of the same event.
const RETITLED_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Words that half of all titles have.
const COMMON: [&str; 12] =
    ["increased", "elevated", "and", "the", "of", "for", "in", "with", "to", "a", "service", "some"];

/// The incidents of one series. `entries`: in the order of the feed, newest first.
pub(super) fn episodes(
    reading: &Reading<'_>,
    series: &str,
    entries: Vec<(IncidentId, EntryFacts)>,
) -> Vec<(IncidentId, Vec<EntryFacts>)> {
    let visible: HashSet<IncidentId> = entries.iter().map(|(id, _)| id.clone()).collect();
    let mut oldest_first = entries;
    oldest_first.reverse();
    // Stable, so that of entries of the same time the one further down is the older.
    oldest_first.sort_by_key(|(_, facts)| facts.at);
    let mut known = KnownOpen::of(reading, series, &visible);
    let mut episodes: Vec<Episode> = Vec::new();
    for (id, facts) in oldest_first {
        match target(&episodes, &facts) {
            Target::Of(places) => places.into_iter().for_each(|place| episodes[place].add(facts.clone())),
            Target::New => {
                let begun = known.before(&id);
                let is_unseen = begun.is_none() && !reading.is_open(&id);
                if is_unseen && is_end_of_another(reading, &facts) {
                    continue;
                }
                episodes.push(Episode { id: begun.unwrap_or(id), is_over: false, entries: Vec::new() });
                if let Some(new) = episodes.last_mut() {
                    new.add(facts);
                }
            }
        }
    }
    episodes.into_iter().map(|episode| (episode.id, episode.entries)).collect()
}

/// Whether an entry that ends nothing we know of ended something that the feed has forgotten. It is no news then. A
/// text that tells of trouble and its end at once, without a word for it in its title, is.
fn is_end_of_another(reading: &Reading<'_>, facts: &EntryFacts) -> bool {
    let is_worded = facts.posts.first().is_some_and(|post| !post.word.is_empty());
    facts.says_well || (facts.is_over && is_worded && reading.is_known)
}

struct Episode {
    id: IncidentId,
    is_over: bool,
    /// Oldest first, never empty.
    entries: Vec<EntryFacts>,
}

impl Episode {
    fn add(&mut self, facts: EntryFacts) {
        self.is_over |= facts.is_over;
        self.entries.push(facts);
    }

    fn last(&self) -> Option<&EntryFacts> {
        self.entries.last()
    }
}

enum Target {
    New,
    /// Their positions.
    Of(Vec<usize>),
}

/// The episodes that an entry goes on with.
fn target(episodes: &[Episode], facts: &EntryFacts) -> Target {
    let open = || (0..episodes.len()).rev().filter(|place| !episodes[*place].is_over);
    if let Some(monitor) = &facts.monitor {
        // A monitor that is up is down nowhere; one that goes down again is another incident.
        let ended: Vec<usize> = if monitor.is_up { open().collect() } else { Vec::new() };
        return if ended.is_empty() { Target::New } else { Target::Of(ended) };
    }
    let last = |place: usize| episodes[place].last();
    let found = open().find(|place| last(*place).is_some_and(|last| is_same_title(last, facts)));
    let found = found.or_else(|| open().find(|place| last(*place).is_some_and(|last| is_retitled(last, facts))));
    if !facts.is_over {
        return found.map_or(Target::New, |place| Target::Of(vec![place]));
    }
    // What is well now is the whole service, so the title of the only trouble need not be repeated.
    let only = || Some(open().next()?).filter(|_| open().count() == 1);
    // An end may be told twice.
    let told = || {
        let newest = (0..episodes.len()).next_back()?;
        last(newest).is_some_and(|last| is_same_title(last, facts) && is_soon_after(last, facts)).then_some(newest)
    };
    found.or_else(only).or_else(told).map_or(Target::New, |place| Target::Of(vec![place]))
}

fn words(title: &str) -> HashSet<String> {
    title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn is_same_title(known: &EntryFacts, facts: &EntryFacts) -> bool {
    words(&known.title) == words(&facts.title)
}

/// It has more than half of the words that mean something, of the shorter of the two titles.
fn is_retitled(known: &EntryFacts, facts: &EntryFacts) -> bool {
    let meaning = |title: &str| -> HashSet<String> {
        words(title).into_iter().filter(|word| !COMMON.contains(&word.as_str())).collect()
    };
    let (known_words, new_words) = (meaning(&known.title), meaning(&facts.title));
    let common = known_words.intersection(&new_words).count();
    common * 2 > known_words.len().min(new_words.len()) && is_soon_after(known, facts)
}

fn is_soon_after(known: &EntryFacts, facts: &EntryFacts) -> bool {
    let after = known.at.zip(facts.at).map(|(before, at)| at.duration_since(before));
    after.is_some_and(|after| after <= RETITLED_WITHIN)
}

/// Incidents of the series that are open as far as we know and have no entry any more, by the second of their first.
struct KnownOpen(BTreeMap<i64, IncidentId>);

impl KnownOpen {
    fn of(reading: &Reading<'_>, series: &str, visible: &HashSet<IncidentId>) -> Self {
        let open = reading.open.iter().map(|(_, id)| id).filter(|id| !visible.contains(*id));
        Self(open.filter_map(|id| Some((second(id, series)?, id.clone()))).collect())
    }

    /// The one that began before this entry, if it can only be one.
    fn before(&mut self, id: &IncidentId) -> Option<IncidentId> {
        let (_, own) = id.as_str().rsplit_once('_')?;
        let own: i64 = own.parse().ok()?;
        let [(first, _)] = self.0.iter().collect::<Vec<_>>()[..] else { return None };
        let first = *first;
        if first < own { self.0.remove(&first) } else { None }
    }
}

/// The second at the end of an id of this series.
fn second(id: &IncidentId, series: &str) -> Option<i64> {
    id.as_str().strip_prefix(series)?.strip_prefix('_')?.parse().ok()
}

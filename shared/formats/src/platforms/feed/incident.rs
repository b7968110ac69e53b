//! Incidents out of entries. Some feeds have one entry per incident and rewrite it, some one per update, so entries
//! are put together by what they are about.
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use status::{
    ids::{IncidentId, UpdateId, digest},
    snapshot::{Affected, Incident, Kind, Update},
    words::Phase,
};

use super::{
    document::Document,
    entry::{EntryFacts, entry_facts},
    episodes::episodes,
    identity::{Homes, Key},
    post::Post,
    reading::Reading,
    words::is_update,
};
use crate::read::{
    maintenance::phase_at,
    updates::{named_last, over_since, update_id},
};

pub(crate) fn incidents<'a>(reading: impl Into<Reading<'a>>, document: &Document) -> Vec<Incident> {
    let reading = reading.into();
    let homes = Homes::new(reading.page, document);
    let mut groups: Vec<Group> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    for (key, facts) in document.entries.iter().filter_map(|entry| entry_facts(&reading, &homes, entry)) {
        let position = *positions.entry(key.name()).or_insert(groups.len());
        match groups.get_mut(position) {
            Some(group) => group.add(key, facts),
            None => groups.push(Group::of(key, facts)),
        }
    }
    groups.into_iter().flat_map(|group| group.incidents(&reading)).collect()
}

/// Entries that belong together.
enum Group {
    /// Of one incident.
    One { id: IncidentId, by_title: bool, entries: Vec<EntryFacts> },
    /// Of several, one after the other.
    Series { series: String, entries: Vec<(IncidentId, EntryFacts)> },
}

impl Group {
    fn of(key: Key, facts: EntryFacts) -> Self {
        match key {
            Key::Own(id) => Self::One { id, by_title: false, entries: vec![facts] },
            Key::Title(id) => Self::One { id, by_title: true, entries: vec![facts] },
            Key::Series { series, id } => Self::Series { series, entries: vec![(id, facts)] },
        }
    }

    /// One more with a key of the same name.
    fn add(&mut self, key: Key, facts: EntryFacts) {
        match (self, key) {
            (Self::Series { entries, .. }, Key::Series { id, .. }) => entries.push((id, facts)),
            (Self::One { entries, .. }, _) => entries.push(facts),
            (Self::Series { .. }, _) => {}
        }
    }

    fn incidents(self, reading: &Reading<'_>) -> Vec<Incident> {
        match self {
            Self::One { id, by_title, entries } => incident(reading, id, by_title, entries).into_iter().collect(),
            Self::Series { series, entries } => {
                let episodes = episodes(reading, &series, entries);
                episodes.into_iter().filter_map(|(id, entries)| incident(reading, id, false, entries)).collect()
            }
        }
    }
}

/// `None`: cancelled maintenance. What was announced of it is over: left out it would never end, since absence from a
/// feed proves nothing.
fn incident(reading: &Reading<'_>, id: IncidentId, by_title: bool, mut entries: Vec<EntryFacts>) -> Option<Incident> {
    // Stable, so that of entries without a time the first is the newest, as in every feed.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    if entries.first().is_some_and(|newest| newest.is_cancelled) && !reading.is_open(&id) {
        return None;
    }
    let is_maintenance = entries.iter().any(|entry| entry.is_maintenance);
    let started_at = entries.iter().filter_map(|entry| entry.started_at).min();
    let window = entries.iter().find_map(|entry| entry.window);
    let impact = entries.iter().find_map(|entry| entry.impact);
    // That it recovered is no title for what happened.
    let titled = entries.iter().find(|entry| !entry.says_well).or(entries.first());
    let (title, url) = titled.map_or_else(Default::default, |entry| (entry.title.clone(), entry.url.clone()));
    let labelled: Vec<Affected> = entries.iter().rev().flat_map(|entry| entry.components.clone()).collect();
    // The posts of one entry stay in its order, which is right where its times are wrong.
    let posts = entries.into_iter().rev().flat_map(|entry| entry.posts.into_iter().rev());
    let Course { mut phase, mut began_at, updates } = Course::of(posts, is_maintenance, by_title);

    let by_plan = reading.now.zip(window.filter(|_| is_maintenance && phase.is_none()));
    if let Some((now, window)) = by_plan {
        phase = phase_at(now, window);
        began_at = window.starts_at.filter(|_| phase != Some(Phase::Scheduled));
    }
    let planned_end = window.and_then(|window| window.ends_at).filter(|_| phase == Some(Phase::Completed));
    let named = updates.iter().flat_map(|update| update.components.iter().cloned());
    Some(Incident {
        id,
        kind: if is_maintenance { Kind::Maintenance } else { Kind::Incident },
        title,
        phase,
        impact,
        url,
        // A maintenance starts when it begins, not when it is announced.
        started_at: if is_maintenance { began_at } else { started_at },
        resolved_at: over_since(phase, &updates).or(planned_end),
        window,
        components: named_last(labelled.into_iter().chain(named)),
        updates,
    })
}

/// What the posts add up to.
struct Course {
    phase: Option<Phase>,
    /// Of a maintenance.
    began_at: Option<Timestamp>,
    updates: Vec<Update>,
}

impl Course {
    /// `posts`: oldest first.
    fn of(posts: impl Iterator<Item = Post>, is_maintenance: bool, by_title: bool) -> Self {
        let mut course = Self { phase: None, began_at: None, updates: Vec::new() };
        let mut used = HashSet::new();
        for post in posts {
            if !is_update(&post.word) || post.phase.is_some() {
                course.phase = match post.phase {
                    Some(Phase::Resolved) if is_maintenance => Some(Phase::Completed),
                    // A post under the title of an ended incident begins a new one, which has not ended yet.
                    None if by_title && course.phase.is_some_and(Phase::is_over) => {
                        Some(if is_maintenance { Phase::Scheduled } else { Phase::Investigating })
                    }
                    other => other,
                };
            }
            if course.phase == Some(Phase::InProgress) {
                course.began_at = course.began_at.or(post.at);
            }
            let body = post.body.as_deref().unwrap_or_default();
            if let Some(id) = update_id(post.at, &post.word, body, &mut used) {
                let Post { at, body, components, .. } = post;
                course.updates.push(Update { id, phase: course.phase, posted_at: at, body, components });
            }
        }
        course
    }
}

/// Names the updates of an incident by what they say: for feeds with one entry per incident that is written anew, whose
/// time may be that of the incident, of the newest text or of the answer.
pub(crate) fn name_updates_by_text(incident: &mut Incident) {
    let mut used = HashSet::new();
    incident.updates.retain_mut(|update| {
        let phase = update.phase.map_or("", Phase::as_str);
        update.id = UpdateId::from(digest(&[phase, update.body.as_deref().unwrap_or_default()]));
        used.insert(update.id.clone())
    });
}

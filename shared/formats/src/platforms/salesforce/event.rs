//! Translates the provider's incidents and maintenances. They have no titles and no phases of their own: what kind of
//! impact an incident has names it, and the times of its impacts say whether it is over.
use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{Impact, Phase},
};

use super::document::{self, Event, given, text};
use crate::{
    contract::{Answer, ReadError},
    read::{
        incident_set::IncidentSet,
        lenient_list::elements,
        problems::{Problems, quoted},
        updates::derived_update_id,
    },
    text::{
        dates::rfc3339,
        values::{Text, plain_text},
    },
};

pub(super) const PAGE: &str = "https://status.salesforce.com/";

/// What the documents list, each once: every instance repeats what hits it.
#[derive(Default)]
pub(super) struct Events {
    found: BTreeMap<(Kind, String), Listed>,
    /// Services are components of the page; otherwise only instances are.
    pub(super) of_services: bool,
}

struct Listed {
    changed_at: Option<Timestamp>,
    external_id: Option<String>,
    incident: Option<Incident>,
    components: BTreeSet<ComponentId>,
}

impl Events {
    /// Adds a list that stands under these instances; `false` if something had to be left out.
    pub(super) fn add(&mut self, kind: Kind, list: &[&RawValue], instances: &[&str], problems: &mut Problems) -> bool {
        let (events, mut whole) = elements::<Event<'_>>(list, "an incident", problems);
        for event in events {
            let Some(id) = given(&event.id) else {
                whole = false;
                problems.add("an incident without id was left out".into());
                continue;
            };
            let named = event.named(self.of_services);
            let changed_at = time(&event.updated_at);
            let listed = self.found.entry((kind, id.to_owned())).or_insert_with(|| Listed {
                changed_at,
                external_id: event.external_id.as_ref().map(|id| id.as_str().to_owned()),
                incident: translate(kind, id, &event, problems),
                components: BTreeSet::new(),
            });
            if changed_at > listed.changed_at {
                listed.changed_at = changed_at;
                listed.incident = translate(kind, id, &event, problems);
            }
            listed.components.extend(instances.iter().map(ComponentId::new).chain(named));
        }
        whole
    }

    pub(super) fn external_ids(&self) -> BTreeSet<String> {
        self.found.values().filter_map(|listed| listed.external_id.clone()).collect()
    }

    pub(super) fn gather(self, incident_set: &mut IncidentSet) {
        for listed in self.found.into_values() {
            let Some(mut incident) = listed.incident else { continue };
            incident.components = listed.components.into_iter().map(|id| Affected { id, status: None }).collect();
            incident_set.add(listed.changed_at, incident);
        }
    }
}

/// Looks up an incident that the page lists no longer. The page of one instance has it only while it
/// affects that instance.
pub(super) fn look_up(
    kind: Kind,
    answer: &Answer,
    instance: Option<&str>,
    now: Timestamp,
    incident_set: &mut IncidentSet,
    problems: &mut Problems,
) -> Result<(), ReadError> {
    let event: Event<'_> = answer.json()?;
    let no_id = || ReadError::NotThisFormat(format!("{} has no id", answer.url.path()));
    let id = given(&event.id).ok_or_else(no_id)?;
    if answer.url.path_segments().and_then(|mut segments| segments.next_back()) != Some(id) {
        return Err(ReadError::NotThisFormat(format!("{} answers with another id", answer.url.path())));
    }
    let Some(mut incident) = translate(kind, id, &event, problems) else { return Ok(()) };
    let mut keys = event.instance_keys.iter().flatten().peekable();
    let hits_others = keys.peek().is_some() && event.affects_all != Some(true);
    let has_moved_on =
        !incident.is_over() && hits_others && instance.is_some_and(|key| keys.all(|other| other.0 != key));
    // The end of a maintenance is not posted: it leaves the list when its window is over.
    let window_end = incident.window.and_then(|window| window.ends_at);
    let is_past = !incident.is_over() && window_end.is_some_and(|end| end < now);
    if !has_moved_on && !is_past {
        let named = event.named(instance.is_some());
        incident.components = named.map(|id| Affected { id, status: None }).collect();
        incident_set.add(time(&event.updated_at), incident);
    }
    Ok(())
}

impl Event<'_> {
    /// The components that it names.
    fn named(&self, of_services: bool) -> impl Iterator<Item = ComponentId> {
        let keys = if of_services { &self.service_keys } else { &self.instance_keys };
        let keys: BTreeSet<_> = keys.iter().flatten().filter(|key| !key.0.is_empty()).map(|key| &*key.0).collect();
        keys.into_iter().map(ComponentId::new).collect::<Vec<_>>().into_iter()
    }
}

/// `None`: it was called off.
fn translate(kind: Kind, id: &str, event: &Event<'_>, problems: &mut Problems) -> Option<Incident> {
    let updates = updates(event);
    let last = event.posts.iter().flatten().max_by_key(|post| (time(&post.created_at), given(&post.id)));
    let last_word = last.and_then(|post| text(&post.kind)).unwrap_or_default().to_lowercase();
    if kind == Kind::Maintenance && last_word.contains("cancel") {
        return None;
    }
    let impacts = event.impacts.as_deref().unwrap_or_default();
    let starts = impacts.iter().filter_map(|impact| time(&impact.start_time)).min();
    let all_ended = !impacts.is_empty() && impacts.iter().all(|impact| time(&impact.end_time).is_some());
    let ended_at = impacts.iter().filter_map(|impact| time(&impact.end_time)).max();
    let over = match text(&event.status).map(str::to_lowercase).as_deref() {
        Some("resolved" | "closed" | "completed") => true,
        Some("active" | "open" | "confirmed") => false,
        _ => all_ended || kind == Kind::Maintenance && last_word.contains("complet"),
    };
    let phase = match kind {
        Kind::Incident if over => Phase::Resolved,
        // The list it stands in is that of active incidents; nothing more is meant.
        Kind::Incident => {
            let stated = updates.iter().rev().find_map(|update| update.phase);
            stated.filter(|phase| !phase.is_over()).unwrap_or(Phase::Investigating)
        }
        Kind::Maintenance if over => Phase::Completed,
        Kind::Maintenance if starts.is_some() || last_word.contains("progress") => Phase::InProgress,
        Kind::Maintenance => Phase::Scheduled,
    };
    let window = Window { starts_at: time(&event.planned_start_time), ends_at: time(&event.planned_end_time) };
    let folder = if kind == Kind::Incident { "incidents" } else { "maintenances" };
    Some(Incident {
        id: IncidentId::new(id),
        kind,
        title: title(kind, event),
        phase: Some(phase),
        impact: if kind == Kind::Incident { impact(id, impacts, problems) } else { None },
        url: Some(format!("{}{folder}/{}", PAGE, id)).filter(|_| id.chars().all(|c| c.is_ascii_alphanumeric())),
        started_at: match kind {
            Kind::Incident => starts.or(time(&event.created_at)),
            Kind::Maintenance => starts,
        },
        resolved_at: ended_at.filter(|_| over),
        window: Some(window)
            .filter(|window| kind == Kind::Maintenance && (window.starts_at.is_some() || window.ends_at.is_some())),
        components: Vec::new(),
        updates,
    })
}

/// Oldest first.
fn updates(event: &Event<'_>) -> Vec<Update> {
    let mut seen = HashSet::new();
    let mut updates: Vec<Update> = event
        .posts
        .iter()
        .flatten()
        .map(|post| {
            let posted_at = time(&post.created_at);
            let word = text(&post.kind).unwrap_or_default();
            Update {
                id: given(&post.id).map_or_else(|| derived_update_id(posted_at, word), UpdateId::new),
                phase: phase(word),
                posted_at,
                body: text(&post.message).map(plain_text),
                components: Vec::new(),
            }
        })
        .filter(|update| seen.insert(update.id.clone()))
        .collect();
    updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
    updates
}

/// The kinds of posts are many (`issueIsolatedDatabaseTier`), and most say nothing of where the incident stands.
fn phase(word: &str) -> Option<Phase> {
    let word = word.to_lowercase();
    let has = |part: &str| word.contains(part);
    Some(match () {
        () if has("investigating") => Phase::Investigating,
        () if has("isolated") || has("identified") => Phase::Identified,
        () if has("monitoring") => Phase::Monitoring,
        () if has("resolved") => Phase::Resolved,
        () => return None,
    })
}

fn impact(id: &str, impacts: &[document::Impact<'_>], problems: &mut Problems) -> Option<Impact> {
    let severities = impacts.iter().filter_map(|impact| text(&impact.severity));
    let known = severities.filter_map(|word| match word.to_lowercase().as_str() {
        "minor" => Some(Impact::Minor),
        "major" => Some(Impact::Major),
        "critical" => Some(Impact::Critical),
        _ => {
            problems.add(format!("incident {} has the unknown severity {}", quoted(id), quoted(word)));
            None
        }
    });
    known.max()
}

/// `performanceDegradation` of the service `search` is "Performance degradation: search".
fn title(kind: Kind, event: &Event<'_>) -> String {
    if let Some(name) = text(&event.name) {
        return name.trim().to_owned();
    }
    let impacts = event.impacts.iter().flatten();
    let gravest = impacts.max_by_key(|impact| (time(&impact.end_time).is_none(), text(&impact.kind)));
    let word = gravest.and_then(|impact| text(&impact.kind)).or_else(|| text(&event.kind));
    let what = word.map_or_else(
        || if kind == Kind::Incident { "Incident".to_owned() } else { "Maintenance".to_owned() },
        in_words,
    );
    let services: BTreeSet<&str> = event.service_keys.iter().flatten().map(|Text(key)| &**key).collect();
    let first: Vec<&str> = services.iter().copied().take(3).collect();
    match (first.as_slice(), services.len().saturating_sub(first.len())) {
        ([], _) => what,
        (first, 0) => format!("{what}: {}", first.join(", ")),
        (first, more) => format!("{what}: {} and {more} more", first.join(", ")),
    }
}

fn in_words(word: &str) -> String {
    let mut words = String::with_capacity(word.len() + 4);
    for letter in word.trim().chars() {
        match letter {
            letter if words.is_empty() => words.extend(letter.to_uppercase()),
            letter if letter.is_uppercase() && words.ends_with(|c: char| c.is_lowercase()) => {
                words.push(' ');
                words.extend(letter.to_lowercase());
            }
            letter => words.push(letter),
        }
    }
    words
}

/// The provider writes an empty text where there is no time.
pub(super) fn time(word: &Option<Text<'_>>) -> Option<Timestamp> {
    rfc3339(text(word)?)
}

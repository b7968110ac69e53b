//! Kener, by the feed that it has since version 4.1.1: the incidents and maintenances of the last 90 days, with their
//! states and the monitors they affect. How monitors are is only told to who knows their names, so it is not read.
//!
//! A page is recognised by a class of its HTML. This rests on the server's public source (`src/lib/server/rss.ts` of
//! August 2026 in <https://github.com/rajnandan1/kener>); nothing was recorded. An entry shows the newest update only.
//! As of any feed, what it no longer has proves nothing.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use status::{
    ids::{ComponentId, IncidentId, UpdateId, digest},
    snapshot::{Affected, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::Phase,
};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    platforms::feed::{Document, Entry},
    read::{
        answers::endpoint,
        incident_reader::title_or_default,
        problems::{Problems, quoted},
        updates::time_text,
    },
    text::{dates::feed_time, html::to_text, urls::web_address, values::short_name, words},
};

pub(crate) const FORMAT: Format = Format {
    name: "kener",
    fingerprint: Fingerprint { hosts: &[], markers: &["class=\"kener-public"], blind_probes: 0 },
    read,
};

const FEED: &str = "rss.xml";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let answer = answers.require(&endpoint(context.page, FEED))?;
    let document = Document::read(answer)?;
    let is_own = |entry: &Entry| entry.id.as_deref().is_some_and(|id| kind_of(id).is_some());
    if !document.entries.iter().all(is_own) {
        return Err(ReadError::NotThisFormat(format!("the feed at /{FEED} was not made by Kener")).into());
    }
    let mut problems = Problems::default();
    let mut found: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    for entry in &document.entries {
        if let Some(incident) = incident(context, entry, &mut problems) {
            found.entry(incident.id.clone()).or_insert(incident);
        }
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: document.title, url: Some(context.page.to_string()) },
            components: Vec::new(),
            incidents: found.into_values().collect(),
            coverage: Coverage { components: Listing::Partial, incidents: Listing::Window },
        },
        source: "feed".into(),
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    })
}

/// `incident-7`, `maintenance-3`.
fn kind_of(id: &str) -> Option<Kind> {
    match id.split_once('-')? {
        ("incident", _) => Some(Kind::Incident),
        ("maintenance", _) => Some(Kind::Maintenance),
        _ => None,
    }
}

/// `None`: cancelled maintenance, which never took place, unless it was announced.
fn incident(context: &ReadContext<'_>, entry: &Entry, problems: &mut Problems) -> Option<Incident> {
    let id = entry.id.as_deref()?;
    let kind = kind_of(id)?;
    let body = to_text(&entry.body);
    // Lines of labels, an empty line, and the newest text.
    let (labels, text) = body.split_once("\n\n").unwrap_or((&body, ""));
    let label = |name: &str| labels.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let word = label("Status:").unwrap_or_default();
    let is_cancelled = word == "CANCELLED";
    if is_cancelled && !context.is_open(&IncidentId::new(id)) {
        return None;
    }
    // What was announced and is left out would never end, since a feed's absence proves nothing.
    let phase = if is_cancelled { Some(Phase::Completed) } else { phase(word) };
    if phase.is_none() {
        problems.add(format!("{} has the unknown status {}", quoted(id), quoted(word)));
    }
    let window = label("Scheduled:").map(window);
    let posted_at = entry.published.or(entry.updated);
    let is_over = phase.is_some_and(Phase::is_over);
    let starts_at = window.and_then(|window| window.starts_at).or(posted_at);
    let affected = label("Affected:").filter(|names| *names != "All monitors").unwrap_or_default();
    let affected = affected.split(", ").map(str::trim).filter(|name| !name.is_empty());
    let mut components: Vec<Affected> =
        affected.map(|name| Affected { id: ComponentId::new(short_name(name)), status: None }).collect();
    components.sort();
    components.dedup();
    let title = to_text(&entry.title).replace('\n', " ");
    let title = title.trim_start_matches("[Incident]").trim_start_matches("[Maintenance]");
    let update = Some(text.trim()).filter(|text| !text.is_empty()).map(|text| update(kind, phase, posted_at, text));
    Some(Incident {
        id: IncidentId::new(id),
        kind,
        title: title_or_default(Some(title)),
        phase,
        impact: None,
        url: entry.link.as_deref().and_then(web_address),
        // An incident's time is that of its newest update.
        started_at: starts_at.filter(|at| kind == Kind::Maintenance && *at <= context.now && !is_over),
        resolved_at: match kind {
            Kind::Incident => posted_at,
            Kind::Maintenance => window.and_then(|window| window.ends_at).filter(|at| *at <= context.now),
        }
        .filter(|_| is_over),
        window: window.filter(|_| kind == Kind::Maintenance),
        components,
        updates: update.into_iter().collect(),
    })
}

/// That of maintenance is its description, which is edited in place.
fn update(kind: Kind, phase: Option<Phase>, posted_at: Option<Timestamp>, text: &str) -> Update {
    let (id, phase, posted_at) = match kind {
        Kind::Incident => (digest(&[&time_text(posted_at), text]), phase, posted_at),
        Kind::Maintenance => ("description".into(), None, None),
    };
    Update { id: UpdateId::new(id), phase, posted_at, body: Some(text.to_owned()), components: Vec::new() }
}

/// `Mon, 04 May 2026 15:00:00 GMT → open-ended`.
fn window(text: &str) -> Window {
    let (start, end) = text.split_once('→').unwrap_or((text, ""));
    Window { starts_at: feed_time(start.trim()), ends_at: feed_time(end.trim()) }
}

fn phase(word: &str) -> Option<Phase> {
    match word {
        // It is about to begin.
        "READY" => Some(Phase::Scheduled),
        "ONGOING" => Some(Phase::InProgress),
        word => words::phase(word),
    }
}

//! From Google's incidents to ours. There are no words for phases: an incident is open until it has an `end`.
use std::collections::HashSet;

use jiff::Timestamp;
use status::{
    ids::IncidentId,
    snapshot::{Component, Incident, Kind, Update},
    words::{ComponentStatus, Impact, Phase},
};
use url::Url;

use super::{
    components::{Named, Scope, affected, named},
    document,
};
use crate::{
    read::{
        incident_reader::{IncidentReader, NO_TITLE},
        lenient_list::elements,
        problems::Problems,
        updates::update_id,
    },
    text::{
        dates::rfc3339,
        urls::http_url,
        values::{Word, plain_text},
    },
};

pub(super) struct Read {
    pub(super) changed_at: Option<Timestamp>,
    pub(super) incident: Incident,
    pub(super) scope: Scope,
    pub(super) components: Vec<(Component, Option<ComponentStatus>)>,
}

/// `base`: the document's own address, which its links are relative to. `None` for one that cannot be recognised.
pub(super) fn incident(raw: document::Incident<'_>, base: &Url, problems: &mut Problems) -> Option<Read> {
    let Some(id) = raw.id.as_ref().filter(|id| !id.0.is_empty()) else {
        problems.add("an incident without id was left out".into());
        return None;
    };
    let mut reader = IncidentReader::new(&id.0, problems);
    let resolved_at = reader.time("end", raw.end.as_ref());
    let over = resolved_at.is_some();
    let updates = updates(raw.updates.as_deref().unwrap_or_default(), resolved_at, &mut reader);
    let newest = raw.most_recent_update.and_then(|update| serde_json::from_str::<document::Update>(update.get()).ok());
    let present = newest.and_then(|update| update.status).or_else(|| updates.newest_status.clone());
    let present =
        reader.known_if_given("status", present.as_ref(), component_status).unwrap_or(ComponentStatus::Unknown);
    let scope = scope(&raw, reader.problems);
    let components = scope.components((!over).then_some(present));
    let has_report = updates.list.iter().any(|update| update.phase == Some(Phase::Postmortem));
    let incident = Incident {
        id: IncidentId::new(&id.0),
        kind: Kind::Incident,
        title: title(&raw),
        phase: Some(match (over, has_report) {
            (false, _) => Phase::Investigating,
            (true, false) => Phase::Resolved,
            (true, true) => Phase::Postmortem,
        }),
        impact: match &raw.status_impact {
            Some(word) => reader.known("impact", Some(word), impact),
            None => raw.severity.as_ref().and_then(|word| reader.known("severity", Some(word), severity)),
        },
        url: raw.uri.as_ref().and_then(|uri| http_url(base, uri.as_str())),
        started_at: reader.time("begin", raw.begin.as_ref()).or_else(|| rfc3339(raw.created.as_ref()?.as_str())),
        resolved_at,
        window: None,
        components: affected(&components),
        updates: updates.list,
    };
    let changed_at = reader.time("modified", raw.modified.as_ref());
    Some(Read { changed_at, incident, scope, components })
}

/// The first line that says something. Workspace puts headings in front: `**Title:**`, and the title on the next line.
fn title(raw: &document::Incident<'_>) -> String {
    let text = raw.external_desc.as_ref().map(|text| plain_text(text.as_str()).replace("**", "")).unwrap_or_default();
    let lines = text.lines().map(|line| {
        let line = line.trim().trim_start_matches('#').trim();
        let heading = ["Title", "Summary"].iter().find_map(|heading| line.strip_prefix(heading));
        match heading {
            Some(rest) if rest.is_empty() || rest.starts_with(':') => rest.trim_start_matches(':').trim(),
            _ => line,
        }
    });
    let first_line = lines.filter(|line| !line.is_empty()).map(str::to_owned).next();
    first_line.or_else(|| raw.service_name.as_ref().map(|name| name.0.clone())).unwrap_or_else(|| NO_TITLE.into())
}

fn scope(raw: &document::Incident<'_>, problems: &mut Problems) -> Scope {
    let mut read = |list: &Option<Vec<_>>, what: &str| named(list.as_deref().unwrap_or_default(), what, problems).0;
    let mut products = read(&raw.affected_products, "a product");
    if products.is_empty()
        && let Some(name) = &raw.service_name
        && name.as_str() != "Multiple Products"
    {
        let id = raw.service_key.as_ref().unwrap_or(name);
        products.push(Named { id: id.0.clone(), title: name.0.clone() });
    }
    Scope {
        products,
        current: read(&raw.currently_affected_locations, "a location"),
        previous: read(&raw.previously_affected_locations, "a location"),
    }
}

struct Updates {
    list: Vec<Update>,
    newest_status: Option<Word>,
}

/// Oldest first. Updates have no ids and are edited in place, so each is known by when it was created.
fn updates(
    raw: &[&serde_json::value::RawValue],
    resolved_at: Option<Timestamp>,
    reader: &mut IncidentReader<'_>,
) -> Updates {
    let (raw, _) = elements::<document::Update>(raw, "an update", reader.problems);
    let mut posts: Vec<Post> = raw
        .into_iter()
        .map(|update| {
            let created = reader.time("created", update.created.as_ref());
            let when = reader.time("when", update.when.as_ref());
            Post {
                created_at: created.or(when),
                text: update.text.map(|text| plain_text(text.as_str())).unwrap_or_default(),
                posted_at: when.or(created),
                status: update.status,
            }
        })
        .collect();
    posts.sort();
    let newest_status = posts.iter().rev().find_map(|post| post.status.clone());
    let mut used = HashSet::new();
    let list = posts.into_iter().filter_map(|Post { created_at, text, posted_at, .. }| {
        let id = update_id(created_at, "", &text, &mut used)?;
        let is_report = resolved_at.is_some_and(|end| posted_at > Some(end)) && is_report(&text);
        let phase = is_report.then_some(Phase::Postmortem);
        Some(Update { id, phase, posted_at, body: Some(text), components: Vec::new() })
    });
    Updates { list: list.collect(), newest_status }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Post {
    created_at: Option<Timestamp>,
    text: String,
    posted_at: Option<Timestamp>,
    status: Option<Word>,
}

/// Headed `Incident Report` or the like, or a line that says where it is. Longer ones may only promise it.
fn is_report(text: &str) -> bool {
    let heading = text.lines().next().unwrap_or_default();
    heading.len() < 80 && heading.to_ascii_lowercase().contains("incident report")
}

fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "SERVICE_OUTAGE" => ComponentStatus::MajorOutage,
        "SERVICE_DISRUPTION" => ComponentStatus::PartialOutage,
        "SERVICE_INFORMATION" | "AVAILABLE" => ComponentStatus::Operational,
        _ => return None,
    })
}

fn impact(word: &str) -> Option<Impact> {
    Some(match word {
        "SERVICE_OUTAGE" => Impact::Critical,
        "SERVICE_DISRUPTION" => Impact::Major,
        "SERVICE_INFORMATION" | "AVAILABLE" => Impact::None,
        _ => return None,
    })
}

fn severity(word: &str) -> Option<Impact> {
    Some(match word {
        "high" => Impact::Critical,
        "medium" => Impact::Major,
        "low" => Impact::Minor,
        _ => return None,
    })
}

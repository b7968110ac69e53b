//! Events out of the services they are copied to: those of one `messageId` are one.
use std::collections::BTreeMap;

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId, digest},
    snapshot::{Affected, Incident, Kind, Update, Window},
    words::{ComponentStatus, Phase},
};

use crate::{
    read::{
        incident_reader::IncidentReader,
        incident_set::IncidentSet,
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::values::{Text, Word, plain_text},
};

/// So many services are named in a title.
const MAX_NAMED: usize = 3;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    message_id: Option<Word>,
    #[serde(borrow)]
    status_type: Option<Text<'a>>,
    #[serde(borrow)]
    event_status: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    users_affected: Option<Text<'a>>,
    #[serde(borrow)]
    date_posted: Option<Text<'a>>,
    /// In milliseconds. The dates in words are in Pacific time and mostly do not say so.
    epoch_start_date: Option<Word>,
    epoch_end_date: Option<Word>,
}

impl Raw<'_> {
    fn kind(&self) -> &str {
        self.status_type.as_ref().map_or("", |word| &*word.0)
    }
    fn status(&self) -> &str {
        self.event_status.as_ref().map_or("", |word| &*word.0)
    }
}

/// The copies of every event, with their services.
#[derive(Default)]
pub(super) struct Events<'a>(BTreeMap<String, Vec<(String, Raw<'a>)>>);

impl<'a> Events<'a> {
    /// Adds the events of one service. How it is doing, and whether all its events could be read.
    pub(super) fn add(
        &mut self,
        service: &str,
        listed: &[&'a RawValue],
        problems: &mut Problems,
    ) -> (ComponentStatus, bool) {
        let (events, mut whole) = elements::<Raw<'_>>(listed, "an event", problems);
        let mut worst = ComponentStatus::Operational;
        let mut is_known = whole;
        for event in events {
            // says that all is well
            if event.kind() == "Available" {
                continue;
            }
            match service_status(event.kind(), event.status(), problems) {
                Some(ComponentStatus::Unknown) => is_known = false,
                Some(status) => worst = worst.max(status),
                None => {}
            }
            match event.message_id.as_ref().filter(|id| !id.as_str().is_empty()) {
                Some(id) => self.0.entry(id.as_str().to_owned()).or_default().push((service.to_owned(), event)),
                None => {
                    whole = false;
                    problems.add("an event without id was left out".into());
                }
            }
        }
        let status = if is_known || worst.is_trouble() { worst } else { ComponentStatus::Unknown };
        (status, whole)
    }

    pub(super) fn gather(self, incident_set: &mut IncidentSet, problems: &mut Problems) {
        for (id, copies) in self.0 {
            incident_set.add(None, incident(&id, copies, problems));
        }
    }
}

/// The state of a service because of one event; `None` for an event that is over or only announced.
fn service_status(kind: &str, status: &str, problems: &mut Problems) -> Option<ComponentStatus> {
    match status {
        "ongoing" => Some(match kind {
            "Outage" => ComponentStatus::MajorOutage,
            "Issue" | "Performance" => ComponentStatus::DegradedPerformance,
            "Maintenance" => ComponentStatus::UnderMaintenance,
            _ => {
                problems.add(format!("an event of the unknown type {} is ongoing", quoted(kind)));
                ComponentStatus::Unknown
            }
        }),
        "resolved" | "completed" | "upcoming" => None,
        _ => Some(ComponentStatus::Unknown),
    }
}

fn incident(id: &str, mut copies: Vec<(String, Raw<'_>)>, problems: &mut Problems) -> Incident {
    copies.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut reader = IncidentReader::new(id, problems);
    let is_planned = copies.iter().all(|(_, event)| event.kind() == "Maintenance");
    let kind = if is_planned { Kind::Maintenance } else { Kind::Incident };
    let phases = copies
        .iter()
        .map(|(_, event)| reader.known("event status", event.event_status.as_ref(), |word| phase(word, kind)));
    // It is over when it is over for every service, and has begun when it has for one.
    let phase = phases.max_by_key(|phase| match phase {
        Some(phase) if phase.is_over() => 0,
        Some(Phase::Scheduled) => 1,
        None => 2,
        Some(_) => 3,
    });
    let phase = phase.flatten();
    let over = phase.is_some_and(Phase::is_over);

    let starts_at = copies.iter().filter_map(|(_, event)| epoch(event.epoch_start_date.as_ref())).min();
    let ends_at = copies.iter().filter_map(|(_, event)| epoch(event.epoch_end_date.as_ref())).max();
    let mut components: BTreeMap<&str, Option<ComponentStatus>> = BTreeMap::new();
    for (service, event) in &copies {
        // its unknown words were noted before
        let status = service_status(event.kind(), event.status(), &mut Problems::default())
            .filter(|status| *status != ComponentStatus::Unknown);
        let worst = components.entry(service).or_default();
        *worst = status.max(*worst);
    }
    let services: Vec<&str> = components.keys().copied().collect();
    Incident {
        id: IncidentId::new(id),
        kind,
        title: title(&services, copies.first().map_or("", |(_, event)| event.kind())),
        phase,
        impact: None,
        url: None,
        started_at: starts_at.filter(|_| phase != Some(Phase::Scheduled)),
        resolved_at: ends_at.filter(|_| over),
        window: match kind {
            Kind::Incident => None,
            Kind::Maintenance => {
                Some(Window { starts_at, ends_at }).filter(|_| starts_at.is_some() || ends_at.is_some())
            }
        },
        components: components.into_iter().map(|(name, status)| Affected { id: name.into(), status }).collect(),
        updates: updates(&copies),
    }
}

fn phase(word: &str, kind: Kind) -> Option<Phase> {
    Some(match (word, kind) {
        ("ongoing", Kind::Incident) => Phase::Investigating,
        ("resolved" | "completed", Kind::Incident) => Phase::Resolved,
        ("upcoming", Kind::Maintenance) => Phase::Scheduled,
        ("ongoing", Kind::Maintenance) => Phase::InProgress,
        ("resolved" | "completed", Kind::Maintenance) => Phase::Completed,
        _ => return None,
    })
}

/// Events have none: the first services by name, and the provider's word.
fn title(services: &[&str], kind: &str) -> String {
    let named = services.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    match services.len().saturating_sub(MAX_NAMED) {
        0 => format!("{named}: {kind}"),
        more => format!("{named} and {more} more: {kind}"),
    }
}

/// An event shows its newest message only. The date it was posted makes its id.
fn updates(copies: &[(String, Raw<'_>)]) -> Vec<Update> {
    let mut messages: BTreeMap<(Option<Timestamp>, UpdateId), String> = BTreeMap::new();
    for (_, event) in copies {
        let texts = [event.message.as_ref(), event.users_affected.as_ref()];
        let texts: Vec<String> = texts.into_iter().flatten().map(|text| plain_text(text.0.trim())).collect();
        let body = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
        if body.is_empty() {
            continue;
        }
        let date = event.date_posted.as_ref().map_or("", |date| date.0.trim());
        let known = messages.entry((pacific(date), UpdateId::from(digest(&[date])))).or_insert_with(|| body.clone());
        if body < *known {
            *known = body;
        }
    }
    messages
        .into_iter()
        .map(|((posted_at, id), body)| Update { id, phase: None, posted_at, body: Some(body), components: Vec::new() })
        .collect()
}

fn epoch(milliseconds: Option<&Word>) -> Option<Timestamp> {
    let milliseconds: i64 = milliseconds?.as_str().parse().ok()?;
    Timestamp::from_millisecond(milliseconds).ok().filter(|_| milliseconds > 0)
}

/// `06/13/2025 01:00 PDT`; without a zone it is no time, though Pacific is meant.
fn pacific(date: &str) -> Option<Timestamp> {
    let (date, zone) = date.rsplit_once(' ')?;
    let offset = match zone {
        "PDT" => Offset::constant(-7),
        "PST" => Offset::constant(-8),
        _ => return None,
    };
    offset.to_timestamp(DateTime::strptime("%m/%d/%Y %H:%M", date).ok()?).ok()
}

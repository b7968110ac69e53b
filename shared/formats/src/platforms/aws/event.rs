//! Events as the list and the history write them. There are no words for phases: an event goes on until something says
//! that it is over.
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::IncidentId,
    snapshot::{Incident, Kind, Update},
    words::{ComponentStatus, Phase},
};
use url::Url;

use super::service::{Service, affected, code, impact, is_id, plain_name};
use crate::{
    read::{
        incident_reader::NO_TITLE,
        lenient_list::elements,
        problems::{Problems, quoted},
        updates::update_id,
    },
    text::values::{Word, plain_text},
};

/// In front of the summary of what is over.
const RESOLVED: &str = "[RESOLVED]";

/// Codes and times are strings in one place and numbers in the other.
#[derive(Deserialize)]
pub(super) struct Raw<'a> {
    arn: Option<String>,
    date: Option<Word>,
    end_time: Option<Word>,
    region_name: Option<Word>,
    status: Option<Word>,
    pub(super) service: Option<String>,
    service_name: Option<Word>,
    summary: Option<Word>,
    #[serde(borrow)]
    event_log: Option<Vec<&'a RawValue>>,
    /// By id of the service.
    #[serde(borrow)]
    impacted_services: Option<BTreeMap<String, &'a RawValue>>,
}

#[derive(Deserialize)]
struct Entry {
    summary: Option<Word>,
    message: Option<Word>,
    status: Option<Word>,
    timestamp: Option<Word>,
}

#[derive(Deserialize)]
struct Impacted {
    service_name: Option<Word>,
    current: Option<Word>,
    max: Option<Word>,
}

pub(super) struct Event {
    pub(super) incident: Incident,
    pub(super) services: Vec<Service>,
}

impl Raw<'_> {
    pub(super) fn is_typical(&self) -> bool {
        self.id().is_some() && self.date.is_some() && self.summary.is_some()
    }

    pub(super) fn id(&self) -> Option<Cow<'_, str>> {
        let given = |text: &&String| !text.is_empty();
        if let Some(arn) = self.arn.as_ref().filter(given) {
            return Some(Cow::Borrowed(arn));
        }
        let (service, date) = (self.service.as_ref().filter(|id| is_id(id))?, self.date.as_ref()?.as_str());
        epoch(date).map(|_| Cow::Owned(format!("{service}_{date}")))
    }

    /// The newest time that it gives.
    pub(super) fn changed_at(&self) -> Option<Timestamp> {
        let log = self.event_log.iter().flatten();
        let logged = log.filter_map(|raw| serde_json::from_str::<Entry>(raw.get()).ok()?.timestamp);
        let own = [&self.date, &self.end_time].into_iter().flatten();
        let times = logged.filter_map(|time| epoch(time.as_str()));
        times.chain(own.filter_map(|time| epoch(time.as_str()))).max()
    }

    pub(super) fn read(&self, page: &Url, problems: &mut Problems) -> Option<Event> {
        let Some(id) = self.id() else {
            problems.add("an event without id was left out".into());
            return None;
        };
        let (entries, whole_log) =
            elements::<Entry>(self.event_log.as_deref().unwrap_or_default(), "an entry of a log", problems);
        let mut log: Vec<Post> = entries.iter().map(Post::of).collect();
        log.sort();
        let impacted = self.impacted(problems);

        let status = self.status.as_ref().and_then(|word| code(word.as_str()));
        if status.is_none() {
            let word = self.status.as_ref().map_or("", Word::as_str);
            problems.add(format!("event {} has the unknown status {}", quoted(&id), quoted(word)));
        }
        let current = |one: &Impacted| one.current.as_ref().and_then(|word| code(word.as_str()));
        let all_well = impacted.iter().all(|(_, one)| current(one) == Some(0));
        let newest_ends = whole_log && all_well && log.last().is_some_and(|post| post.ends);
        let end = self.end_time.as_ref().and_then(|time| epoch(time.as_str()));
        let titled_over = self.summary.as_ref().is_some_and(|summary| summary.as_str().trim().starts_with(RESOLVED));
        let is_over = status == Some(0) || end.is_some() || titled_over || newest_ends;

        let mut services: Vec<Service> = impacted
            .iter()
            .map(|(id, one)| Service::new(id, one.service_name.as_ref(), current(one), is_over))
            .collect();
        // Where several are named, `multipleservices` is none of them.
        let own = self.service.as_deref().filter(|own| !own.is_empty() && !impacted.contains_key(*own));
        let own = own.filter(|own| impacted.is_empty() || !own.starts_with("multipleservices"));
        services.extend(own.map(|own| Service::new(own, self.service_name.as_ref(), status, is_over)));
        for service in services.iter().filter(|service| service.in_event == Some(ComponentStatus::Unknown)) {
            problems.add(format!("service {} has an unknown status", quoted(&service.id)));
        }

        let most = |one: &Impacted| one.max.as_ref().and_then(|word| code(word.as_str())).max(current(one));
        let worst = impacted.values().map(most).chain(log.iter().map(|post| post.code)).max().flatten().max(status);
        let incident = Incident {
            id: IncidentId::new(&*id),
            kind: Kind::Incident,
            title: title(self.service_name.as_ref(), self.region_name.as_ref(), self.summary.as_ref()),
            phase: Some(if is_over { Phase::Resolved } else { Phase::Investigating }),
            impact: worst.map(impact),
            url: self.arn.as_ref().and_then(|arn| event_url(page, arn)),
            started_at: self.date.as_ref().and_then(|date| epoch(date.as_str())),
            resolved_at: end.or_else(|| log.iter().filter_map(|post| post.at).max()).filter(|_| is_over),
            window: None,
            components: affected(&services),
            updates: updates(log),
        };
        Some(Event { incident, services })
    }

    fn impacted(&self, problems: &mut Problems) -> BTreeMap<&str, Impacted> {
        let given = self.impacted_services.iter().flatten().filter(|(id, _)| !id.is_empty());
        let read = given.map(|(id, raw)| {
            let one = serde_json::from_str(raw.get()).unwrap_or_else(|_| {
                problems.add(format!("service {} is of another shape", quoted(id)));
                // It is named nonetheless.
                Impacted { service_name: None, current: None, max: None }
            });
            (id.as_str(), one)
        });
        read.collect()
    }
}

/// An entry of a log; in order of time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Post {
    pub(super) at: Option<Timestamp>,
    pub(super) text: String,
    pub(super) code: Option<u8>,
    /// It says that the event is over.
    pub(super) ends: bool,
}

impl Post {
    fn of(entry: &Entry) -> Self {
        let summary = entry.summary.as_ref().map_or("", Word::as_str);
        let message = entry.message.as_ref().map_or("", Word::as_str);
        let code = entry.status.as_ref().and_then(|word| code(word.as_str()));
        Self {
            at: entry.timestamp.as_ref().and_then(|time| epoch(time.as_str())),
            text: plain_text(if message.trim().is_empty() { summary } else { message }),
            code,
            ends: code == Some(0) || summary.trim().starts_with(RESOLVED),
        }
    }
}

/// Entries have no ids, and are known by their time.
pub(super) fn updates(log: Vec<Post>) -> Vec<Update> {
    let mut used = HashSet::new();
    let update = |post: Post| {
        let id = update_id(post.at, "", &post.text, &mut used)?;
        let phase = post.ends.then_some(Phase::Resolved);
        Some(Update { id, phase, posted_at: post.at, body: Some(post.text), components: Vec::new() })
    };
    log.into_iter().filter_map(update).collect()
}

/// `Multiple services (UAE): Increased error rates`, as far as it is given.
pub(super) fn title(service: Option<&Word>, region: Option<&Word>, summary: Option<&Word>) -> String {
    let given = |word: Option<&Word>| word.map_or("", Word::as_str).trim().to_owned();
    let (service, region, summary) = (given(service), given(region), given(summary));
    let summary = summary.strip_prefix(RESOLVED).unwrap_or(&summary).trim();
    let place = match (service.is_empty(), region.is_empty() || plain_name(&service) != service) {
        (true, _) => region,
        (false, true) => service,
        (false, false) => format!("{service} ({region})"),
    };
    match (place.is_empty(), summary.is_empty()) {
        (true, true) => NO_TITLE.into(),
        (true, false) => summary.to_owned(),
        (false, true) => place,
        (false, false) => format!("{place}: {summary}"),
    }
}

fn event_url(page: &Url, arn: &str) -> Option<String> {
    let mut url = page.join("/health/status").ok()?;
    url.query_pairs_mut().append_pair("eventID", arn);
    Some(url.to_string())
}

/// Seconds since 1970, or milliseconds where these would be thousands of years. There was no AWS before 2001.
pub(super) fn epoch(text: &str) -> Option<Timestamp> {
    const FIRST: i64 = 1_000_000_000;
    let number: i64 = text.trim().parse().ok()?;
    match number {
        ..FIRST => None,
        _ if number < 100 * FIRST => Timestamp::from_second(number).ok(),
        _ => Timestamp::from_millisecond(number).ok(),
    }
}

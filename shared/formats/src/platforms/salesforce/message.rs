//! General messages: announcements of all sorts, among them troubles that are posted nowhere else. Those are known by
//! their subjects, which use the provider's own words for kinds of incidents.
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{Incident, Kind, Update},
    words::Phase,
};

use super::document::given;
use crate::{
    contract::{Answer, ReadError},
    read::{
        incident_set::IncidentSet,
        problems::{Problems, quoted},
    },
    text::{
        dates::rfc3339,
        values::{Word, plain_text},
    },
};

/// In front of the ids of messages, which are numbers like those of incidents.
pub(super) const PREFIX: &str = "message:";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    id: Option<Word>,
    external_id: Option<Word>,
    subject: Option<String>,
    body: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    product_keys: Option<Vec<String>>,
    #[serde(rename = "InformationalMessageUpdates")]
    updates: Option<Vec<Post>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Post {
    id: Option<Word>,
    message: Option<String>,
    created_at: Option<String>,
}

impl Message {
    fn is_trouble(&self) -> bool {
        let subject = self.subject.as_deref().unwrap_or_default().to_lowercase();
        ["disruption", "degradation", "outage"].iter().any(|word| subject.contains(word))
    }

    /// Of one of these products, or of no certain one.
    pub(super) fn is_about(&self, products: &BTreeSet<String>) -> bool {
        let named = self.product_keys.as_deref().unwrap_or_default();
        named.is_empty() || named.iter().any(|product| products.contains(product))
    }

    /// An incident tells the same.
    pub(super) fn repeats(&self, external_ids: &BTreeSet<String>) -> bool {
        self.external_id.as_ref().is_some_and(|id| external_ids.contains(id.as_str()))
    }

    pub(super) fn gather(&self, now: Timestamp, incident_set: &mut IncidentSet, problems: &mut Problems) {
        if self.is_trouble() {
            self.add(now, incident_set, problems);
        }
    }

    fn add(&self, now: Timestamp, incident_set: &mut IncidentSet, problems: &mut Problems) {
        let Some(id) = given(&self.id) else {
            incident_set.damaged = true;
            problems.add(format!("message {} has no id", quoted(self.subject.as_deref().unwrap_or_default())));
            return;
        };
        let ended_at = time(&self.end_date).filter(|end| *end <= now);
        let first = Update {
            id: UpdateId::new(format!("{PREFIX}{id}")),
            phase: None,
            posted_at: time(&self.created_at),
            body: self.body.as_deref().map(plain_text),
            components: Vec::new(),
        };
        let later = self.updates.iter().flatten().filter_map(|post| {
            Some(Update {
                id: UpdateId::new(given(&post.id)?),
                phase: None,
                posted_at: time(&post.created_at),
                body: post.message.as_deref().map(plain_text),
                components: Vec::new(),
            })
        });
        let mut updates: Vec<Update> = std::iter::once(first).chain(later).collect();
        updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
        updates.dedup_by(|a, b| a.id == b.id);
        let incident = Incident {
            id: IncidentId::new(format!("{PREFIX}{id}")),
            kind: Kind::Incident,
            title: self.subject.as_deref().unwrap_or_default().trim().to_owned(),
            phase: Some(if ended_at.is_some() { Phase::Resolved } else { Phase::Investigating }),
            impact: None,
            url: None,
            started_at: time(&self.start_date),
            resolved_at: ended_at,
            window: None,
            components: Vec::new(),
            updates,
        };
        incident_set.add(time(&self.updated_at), incident);
    }
}

/// Looks up a message that the page lists no longer. It keeps its kind, whatever its subject says now.
pub(super) fn look_up(
    answer: &Answer,
    now: Timestamp,
    incident_set: &mut IncidentSet,
    problems: &mut Problems,
) -> Result<(), ReadError> {
    let message: Message = answer.json()?;
    let asked = answer.url.path_segments().and_then(|mut segments| segments.next_back());
    if given(&message.id) != asked || asked.is_none() {
        return Err(ReadError::NotThisFormat(format!("{} answers with another id", answer.url.path())));
    }
    message.add(now, incident_set, problems);
    Ok(())
}

fn time(text: &Option<String>) -> Option<Timestamp> {
    rfc3339(text.as_deref()?)
}

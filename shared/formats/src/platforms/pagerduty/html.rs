//! What stands in the page itself, `<script id="data">`: on pages without the documents below `/api`, all there is. Two
//! generations are known, both by one client (`inket/stts`):
//! - the first lists `summary.open_incidents`, each with a title and updates, newest first, that have a severity
//!   (`all_good`, `minor`, `major`, `maintenance`); what a page has of ids, times and texts is read where it is there;
//! - the second has a headline for the page as a whole and says whether that is trouble
//!   (`globalStatusHeadlineHasError`), which counts where nothing else explains it. It may hold the documents, too.
use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{IncidentId, UpdateId, digest},
    snapshot::{Coverage, Incident, Kind, Listing, Page, Snapshot, Update},
    words::{ComponentStatus, Impact, Phase},
};

use super::{
    Layout, add, components,
    post::{Enums, Post, RawEnum, severity, status, time, title},
};
use crate::{
    contract::{Answer, ParsedPage, ReadContext, ReadError},
    read::{
        answers::json,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        overall::Overall,
        problems::{Problems, quoted},
        updates::{derived_update_id, in_order},
    },
    text::{
        html::{attribute, is_whole, scripts},
        values::{Word, plain_text},
    },
};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    summary: Option<Summary<'a>>,
    #[serde(borrow)]
    layout: Option<Layout<'a>>,
    #[serde(borrow)]
    services: Option<&'a RawValue>,
    #[serde(borrow)]
    posts: Option<&'a RawValue>,
    #[serde(borrow)]
    post_enums: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Summary<'a> {
    #[serde(borrow)]
    open_incidents: Option<Vec<&'a RawValue>>,
}

/// Of the first generation.
#[derive(Deserialize)]
struct Open {
    #[serde(alias = "uid")]
    id: Option<Word>,
    title: Option<Word>,
    #[serde(alias = "started_at", alias = "created_at")]
    starts_at: Option<Word>,
    status: Option<Word>,
    updates: Option<Vec<OpenUpdate>>,
}

#[derive(Deserialize)]
struct OpenUpdate {
    id: Option<Word>,
    severity: Option<Word>,
    status: Option<Word>,
    #[serde(alias = "body", alias = "description")]
    message: Option<Word>,
    #[serde(alias = "created_at", alias = "posted_at", alias = "updated_at")]
    reported_at: Option<Word>,
}

/// The page by its own HTML alone.
pub(super) fn read(context: &ReadContext<'_>, answer: &Answer) -> Result<ParsedPage, ReadError> {
    let html = answer.text()?;
    let not_this = |what: &str| ReadError::NotThisFormat(format!("the page has no data of PagerDuty: {what}"));
    let is_data = |attributes: &str| attribute(attributes, "id").as_deref() == Some("data");
    let data = scripts(html).find(|(attributes, _)| is_data(attributes)).map(|(_, data)| data);
    let document: Document<'_> = json("the page's data", data.ok_or_else(|| not_this("no script `data`"))?)?;
    let settings = document.layout.and_then(|layout| layout.layout_settings);
    if document.summary.is_none() && settings.is_none() {
        return Err(not_this("neither `summary` nor `layout`"));
    }
    let mut problems = Problems::default();
    let mut incident_set = IncidentSet::default();
    incident_set.damaged = !is_whole(html);
    let open = document.summary.and_then(|summary| summary.open_incidents);
    let posts = document.posts.and_then(|raw| list(raw, "posts"));
    // Without a list of what is open, nothing is missing from it.
    incident_set.damaged |= open.is_none() && posts.is_none();
    let (items, whole) = elements::<Open>(&open.unwrap_or_default(), "an incident", &mut problems);
    incident_set.damaged |= !whole;
    items.into_iter().for_each(|item| incident_set.add(None, item.read(context, &mut problems)));
    let enums = document.post_enums.and_then(|raw| list(raw, "post_enums")).unwrap_or_default();
    let enums = Enums::new(elements::<RawEnum>(&enums, "a word of the page", &mut problems).0);
    let (items, whole) = elements::<Post>(&posts.unwrap_or_default(), "a post", &mut problems);
    incident_set.damaged |= !whole;
    items.into_iter().for_each(|post| add(&mut incident_set, context.page, post, &enums, &mut problems));

    let mut settings = settings.unwrap_or_default();
    let headline = settings.status_page.take();
    let said = headline.as_ref().and_then(|headline| headline.text.as_ref()).map_or("", Word::as_str).to_owned();
    let incidents: Vec<Incident> = incident_set.incidents().cloned().collect();
    let services = document.services.and_then(|raw| list(raw, "services")).unwrap_or_default();
    let posts = if incident_set.damaged { Listing::Partial } else { Listing::Complete };
    let (components, listing) = components(&services, &settings, &incidents, posts, &mut problems);
    let overall = headline.map(|headline| Overall {
        status: match headline.has_error {
            Some(true) => ComponentStatus::DegradedPerformance,
            Some(false) => ComponentStatus::Operational,
            None => ComponentStatus::Unknown,
        },
        said: &said,
        url: Some(context.page.to_string()),
    });
    let lone = overall.map(|overall| overall.incidents(context, &components, incidents.iter(), is_whole(html)));
    lone.into_iter().flatten().for_each(|incident| incident_set.add(None, incident));
    let unlisted = incident_set.missing(context.open);
    let coverage = Coverage { components: listing, incidents: incident_set.listing(context.open, true) };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: settings.name.map(|name| name.0), url: Some(context.page.to_string()) },
            components,
            incidents: incident_set.into_incidents(),
            coverage,
        },
        source: super::PAGE.into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// A list, or the document with the list in it.
fn list<'a>(raw: &'a RawValue, key: &str) -> Option<Vec<&'a RawValue>> {
    let whole: std::collections::BTreeMap<String, &'a RawValue> = match serde_json::from_str(raw.get()) {
        Ok(list) => return Some(list),
        Err(_) => serde_json::from_str(raw.get()).ok()?,
    };
    serde_json::from_str(whole.get(key)?.get()).ok()
}

impl Open {
    /// It is open, whatever its severity says; only a phase that is an end ends it.
    fn read(self, context: &ReadContext<'_>, problems: &mut Problems) -> Incident {
        let updates = self.updates.unwrap_or_default();
        let newest = updates.first();
        let title = title(self.title);
        let started_at = time(&self.starts_at);
        let id = match self.id.filter(|id| !id.0.is_empty()) {
            Some(id) => id.0,
            None => digest(&[&title, &started_at.map_or(String::new(), |at| at.to_string())]),
        };
        let word = newest.and_then(|update| update.severity.as_ref()).map(|word| word.0.trim().to_lowercase());
        let word = word.map(|word| word.replace('_', " "));
        let is_work = word.as_deref() == Some("maintenance");
        let impact = word.as_deref().and_then(severity);
        if let (Some(word), None, false) = (&word, impact, is_work) {
            problems.add(format!("incident {} has the unknown severity {}", quoted(&id), quoted(word)));
        }
        let said = self.status.as_ref().or_else(|| newest.and_then(|update| update.status.as_ref()));
        let phase = said.and_then(|word| status(&word.0.trim().to_lowercase().replace('_', " ")));
        let phase = if is_work { phase.or(Some(Phase::InProgress)) } else { phase };
        let updates: Vec<Update> = updates.into_iter().map(OpenUpdate::read).collect();
        let updates = in_order(updates);
        Incident {
            id: IncidentId::new(id),
            kind: if is_work { Kind::Maintenance } else { Kind::Incident },
            title,
            phase,
            impact: impact.filter(|impact| !is_work && *impact != Impact::None),
            url: Some(context.page.to_string()),
            started_at: started_at.or(updates.first().and_then(|update| update.posted_at)),
            resolved_at: None,
            window: None,
            components: Vec::new(),
            updates,
        }
    }
}

impl OpenUpdate {
    fn read(self) -> Update {
        let posted_at = time(&self.reported_at);
        let body = self.message.map(|message| plain_text(&message.0));
        let word = self.status.as_ref().map_or("", Word::as_str);
        let id = match (self.id.filter(|id| !id.0.is_empty()), posted_at) {
            (Some(id), _) => UpdateId::from(id.0),
            (None, Some(_)) => derived_update_id(posted_at, word),
            (None, None) => UpdateId::from(digest(&[word, body.as_deref().unwrap_or_default()])),
        };
        let phase = status(&word.trim().to_lowercase().replace('_', " "));
        Update { id, phase, posted_at, body, components: Vec::new() }
    }
}

//! The AWS Health Dashboard, by the document its public page is drawn from: `/public/currentevents`, a JSON list in
//! UTF-16 of the events that are going on or ended in the last days. An event that left it is looked up in the history,
//! a document in a bucket beside it. `data.json`, what the page was drawn from until 2022, is read as another source.
//!
//! A page is recognised by its address and by the shape of the list.
//!
//! Rests on a recorded `data.json`; client code of several authors for the list of events, its UTF-16, its codes and
//! the history (an object of lists by service; the event's code is there the worst it ever was, the newest entry of its
//! log says that it ended). None of it is documented.
//!
//! # Components
//!
//! A component is a service in a region: its id is the provider's (`ec2-us-east-1`), its name that of the service, its
//! group the region's code. So `group:us-east-1` is everything in that region. Services of no region are in the group
//! `global`. The readable name of the region is in the titles of its events (`Multiple services (N. Virginia): …`).
//!
//! Only what an event names is listed, so a service that is not proves nothing; one that recovered while its event goes
//! on is listed as operational.
mod data;
mod event;
mod history;
mod service;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;
use status::snapshot::{Coverage, Listing, Page, Snapshot};
use url::Url;

pub(crate) use self::history::HISTORY;
use self::service::Services;
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::{json, json_list},
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::urls::fixed_url,
};

pub(crate) const FORMAT: Format = Format {
    name: "aws",
    fingerprint: Fingerprint {
        hosts: &["health.aws.amazon.com", "status.aws.amazon.com"],
        markers: &[],
        blind_probes: 0,
    },
    read,
};

/// Sources, and where they are on the page's host.
const EVENTS: &str = "currentevents";
const EVENTS_PATH: &str = "/public/currentevents";
const DATA: &str = "data";
const DATA_PATH: &str = "/data.json";
/// The same in several regions.
const PAST_EVENTS: &str = "https://history-events-eu-west-1-prod.s3.amazonaws.com/historyevents.json";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    if context.source != Some(DATA) {
        match source(context, answers, EVENTS, EVENTS_PATH) {
            Err(Stop::Unusable(ReadError::NotThisFormat(_))) if context.source.is_none() => {}
            read => return read,
        }
    }
    source(context, answers, DATA, DATA_PATH)
}

fn source(context: &ReadContext<'_>, answers: &Answers, source: &'static str, path: &str) -> Result<ParsedPage, Stop> {
    let url = context.page.join(path).map_err(|error| ReadError::NotThisFormat(error.to_string()))?;
    let answer = answers.require(&url)?;
    let text = answer.decoded()?;
    let mut content = Content::default();
    // Some serve the list of events at the old address.
    let has_history = if source == EVENTS || text.trim_start().starts_with('[') {
        content.add_events(context.page, path, &text)?;
        true
    } else {
        content.add_data(path, &text)?;
        false
    };
    let unlisted = content.incident_set.missing(context.open);
    let mut looked_up = !has_history && content.is_any;
    if has_history && !unlisted.is_empty() {
        let history = answers.require(&fixed_url(PAST_EVENTS))?;
        let sought: Vec<&str> = unlisted.iter().map(|(_, id)| id.as_str()).collect();
        match content.add_history(context.page, history, |event| event.id().is_some_and(|id| sought.contains(&&*id))) {
            Ok(()) => looked_up = true,
            Err(error) => content.problems.add(format!("the history could not be read: {error}")),
        }
    }
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("AWS Health Dashboard".into()), url: Some(context.page.to_string()) },
            components: content.services.into_components(),
            coverage: Coverage {
                components: Listing::Partial,
                incidents: content.incident_set.listing(context.open, looked_up),
            },
            incidents: content.incident_set.into_incidents(),
        },
        source: Cow::Borrowed(source),
        unlisted: ids_of(unlisted),
        problems: content.problems.into_vec(),
    })
}

/// What the documents of one read hold.
#[derive(Default)]
struct Content {
    incident_set: IncidentSet,
    services: Services,
    problems: Problems,
    is_any: bool,
}

impl Content {
    fn add_events(&mut self, page: &Url, path: &str, text: &str) -> Result<(), ReadError> {
        let list = json_list(path, text)?;
        let (events, whole) = elements::<event::Raw<'_>>(&list, "an event", &mut self.problems);
        if !list.is_empty() && !events.iter().any(event::Raw::is_typical) {
            return Err(ReadError::NotThisFormat(format!("{path} is no list of AWS events: nothing in it is one")));
        }
        self.incident_set.damaged |= !whole;
        for event in events {
            let event = event.read(page, &mut self.problems);
            self.add(event);
        }
        Ok(())
    }

    /// Of the history only what is sought: it goes back for years.
    fn add_history(
        &mut self,
        page: &Url,
        answer: &Answer,
        is_sought: impl Fn(&event::Raw<'_>) -> bool,
    ) -> Result<(), ReadError> {
        let path = answer.url.path();
        let text = answer.decoded()?;
        let by_service: BTreeMap<String, Vec<&RawValue>> = json(path, &text)?;
        for (service, list) in by_service {
            let (events, whole) = elements::<event::Raw<'_>>(&list, "an event of the history", &mut self.problems);
            self.incident_set.damaged |= !whole;
            for mut event in events {
                event.service.get_or_insert_with(|| service.clone());
                if is_sought(&event) {
                    let event = event.read(page, &mut self.problems);
                    self.add(event);
                }
            }
        }
        Ok(())
    }

    fn add_data(&mut self, path: &str, text: &str) -> Result<(), ReadError> {
        let document: data::Document<'_> = json(path, text)?;
        for (list, is_archived) in [(&document.current, false), (&document.archive, true)] {
            let (events, whole) = elements::<data::Raw>(list, "an event", &mut self.problems);
            self.is_any |= !events.is_empty();
            self.incident_set.damaged |= !whole;
            for event in events {
                let event = event.read(is_archived, &mut self.problems);
                self.add(event);
            }
        }
        Ok(())
    }

    /// `None`: one that cannot be recognised.
    fn add(&mut self, event: Option<event::Event>) {
        let Some(event::Event { incident, services }) = event else {
            self.incident_set.damaged = true;
            return;
        };
        self.services.add(&services);
        self.incident_set.add(incident.newest_update_at(), incident);
    }
}

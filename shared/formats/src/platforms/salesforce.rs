//! Salesforce Trust, by the JSON documents of api.status.salesforce.com. The page of one instance
//! (`status.salesforce.com/instances/CS96`) is one document; any other watches all instances: what is going on, how
//! every instance is with the maintenances that it has, and the general messages. What has left these is looked up by
//! its id.
//!
//! Rests on recordings of one instance (2023) and, in public tests of clients, of all of them (2020) and of incidents
//! (2023, 2025); the look-ups by id on client code alone. The provider says that an API for signed-in tenants is to
//! take the place of this one.
mod document;
mod event;
mod message;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Coverage, Kind, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::{
    document::Instance,
    event::{Events, PAGE},
    message::Message,
};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::urls::fixed_url,
};

pub(crate) const FORMAT: Format = Format {
    name: "salesforce",
    fingerprint: Fingerprint { hosts: &["status.salesforce.com"], markers: &[], blind_probes: 0 },
    read,
};

const API: &str = "https://api.status.salesforce.com/v1";
/// At most so many are looked up in one read; the others stay as they are until the next.
const MAX_LOOKED_UP: usize = 6;

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let instance = instance_of(context.page);
    let urls = match &instance {
        Some(key) => vec![api(&format!("instances/{key}/status"))],
        None => ["incidents/active", "instances/status/preview", "generalMessages"].map(api).to_vec(),
    };
    let first = if context.source.is_some() { &urls[..] } else { &urls[..1] };
    answers.require_all(first)?;
    let mut documents = Documents::default();
    let first = answers.require(&urls[0])?;
    match instance {
        Some(_) => documents.instance(first)?,
        None => documents.incidents(first)?,
    }
    answers.require_all(&urls)?;
    if let [_, instances, messages] = urls.as_slice() {
        let (instances, messages) = (answers.require(instances)?, answers.require(messages)?);
        documents.instances(instances).unwrap_or_else(|error| documents.fail(error));
        documents.messages(messages).unwrap_or_else(|error| documents.fail(error));
    }

    let Documents { components, whole, events, messages, damaged, mut problems, name } = documents;
    let mut incident_set = IncidentSet::default();
    incident_set.damaged = damaged;
    let posted_as_incident = events.external_ids();
    events.gather(&mut incident_set);
    for message in messages.iter().filter(|message| !message.repeats(&posted_as_incident)) {
        message.gather(context.now, &mut incident_set, &mut problems);
    }

    let unlisted = incident_set.missing(context.open);
    let instance = instance.as_deref();
    let looked_up = look_up(context, answers, instance, &unlisted, &mut incident_set, &mut problems)?;
    let incidents = incident_set.listing(context.open, looked_up);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some(name.unwrap_or_else(|| "Salesforce".into())), url: Some(PAGE.into()) },
            components: components.into_values().collect(),
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: if whole { Listing::Complete } else { Listing::Partial }, incidents },
        },
        source: if instance.is_some() { "instance".into() } else { "all".into() },
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// Asks for what has left the page. Whether it is known of all what became of them.
fn look_up(
    context: &ReadContext<'_>,
    answers: &Answers,
    instance: Option<&str>,
    unlisted: &[(Kind, IncidentId)],
    incident_set: &mut IncidentSet,
    problems: &mut Problems,
) -> Result<bool, Stop> {
    let lookups: Vec<(Kind, Url)> =
        unlisted.iter().filter_map(|(kind, id)| Some((*kind, lookup(*kind, id)?))).take(MAX_LOOKED_UP).collect();
    let urls: Vec<Url> = lookups.iter().map(|(_, url)| url.clone()).collect();
    answers.require_all(&urls)?;
    let mut looked_up = lookups.len() == unlisted.len();
    for (kind, answer) in lookups.iter().filter_map(|(kind, url)| Some((*kind, answers.get(url)?))) {
        let ended = match (answer.status, is_message(answer)) {
            (404 | 410, _) => Ok(()),
            (_, true) => message::look_up(answer, context.now, incident_set, problems),
            (_, false) => event::look_up(kind, answer, instance, context.now, incident_set, problems),
        };
        if let Err(error) = ended {
            looked_up = false;
            problems.add(format!("what left the page could not be looked up: {error}"));
        }
    }
    Ok(looked_up)
}

fn api(path: &str) -> Url {
    endpoint(&fixed_url(API), path)
}

/// The instance that the page is about, if it is about one.
fn instance_of(page: &Url) -> Option<String> {
    let mut segments = page.path_segments()?.skip_while(|segment| *segment != "instances" && *segment != "status");
    let key = segments.nth(1)?;
    let is_key =
        (1..=40).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    (is_key && key != "status" && key != "preview").then(|| key.to_ascii_uppercase())
}

/// The document of an incident, a maintenance or a message that the page lists no longer.
fn lookup(kind: Kind, id: &IncidentId) -> Option<Url> {
    let (folder, id) = match (id.as_str().strip_prefix(message::PREFIX), kind) {
        (Some(id), _) => ("generalMessages", id),
        (None, Kind::Incident) => ("incidents", id.as_str()),
        (None, Kind::Maintenance) => ("maintenances", id.as_str()),
    };
    let is_id = (1..=40).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_id.then(|| api(&format!("{folder}/{id}")))
}

fn is_message(answer: &Answer) -> bool {
    answer.url.path().contains("/generalMessages/")
}

/// What the documents of one read hold.
struct Documents {
    name: Option<String>,
    components: BTreeMap<ComponentId, Component>,
    /// All components could be read.
    whole: bool,
    events: Events,
    messages: Vec<Message>,
    /// Something was left out.
    damaged: bool,
    problems: Problems,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            name: None,
            components: BTreeMap::new(),
            whole: true,
            events: Events::default(),
            messages: Vec::new(),
            damaged: false,
            problems: Problems::default(),
        }
    }
}

impl Documents {
    fn fail(&mut self, error: ReadError) {
        self.whole = false;
        self.damaged = true;
        self.problems.add(error.to_string());
    }

    fn incidents(&mut self, answer: &Answer) -> Result<(), ReadError> {
        let list = answer.json_list()?;
        self.damaged |= !self.events.add(Kind::Incident, &list, &[], &mut self.problems);
        Ok(())
    }

    /// All instances, by location. Those that are retired are listed as well.
    fn instances(&mut self, answer: &Answer) -> Result<(), ReadError> {
        let list = answer.json_list()?;
        let (instances, all) = elements::<Instance<'_>>(&list, "an instance", &mut self.problems);
        self.whole &= all;
        self.damaged |= !all;
        for instance in instances.iter().filter(|instance| instance.is_active != Some(false)) {
            let Some(key) = instance.key() else {
                self.whole = false;
                self.damaged = true;
                self.problems.add("an instance without key was left out".into());
                continue;
            };
            let location = instance.location.as_ref().map(|location| location.0.to_string());
            let status = instance.status(&mut self.problems);
            self.component(key, location.filter(|location| !location.is_empty()), status);
            for (kind, list) in [(Kind::Incident, &instance.incidents), (Kind::Maintenance, &instance.maintenances)] {
                let list = list.as_deref().unwrap_or_default();
                self.damaged |= !self.events.add(kind, list, &[key], &mut self.problems);
            }
        }
        if self.components.is_empty() {
            return Err(ReadError::NotThisFormat(format!("{} lists no instance", answer.url.path())));
        }
        Ok(())
    }

    /// One instance with its services. The document has no state for a service; all are well if the instance is.
    fn instance(&mut self, answer: &Answer) -> Result<(), ReadError> {
        let path = answer.url.path();
        let instance: Instance<'_> = answer.json()?;
        let missing = |key: &str| ReadError::NotThisFormat(format!("{path} is no instance: no `{key}`"));
        let key = instance.key().ok_or_else(|| missing("key"))?;
        let services = instance.services.as_deref().ok_or_else(|| missing("Services"))?;
        let incidents = instance.incidents.as_deref().ok_or_else(|| missing("Incidents"))?;
        let maintenances = instance.maintenances.as_deref().ok_or_else(|| missing("Maintenances"))?;
        let status = instance.status(&mut self.problems);
        self.name = Some(format!("Salesforce {key}"));
        self.component(key, None, status);
        let (services, all) = elements::<document::Service<'_>>(services, "a service", &mut self.problems);
        self.whole &= all;
        let of_services = if status == ComponentStatus::Operational { status } else { ComponentStatus::Unknown };
        for service in services {
            match service.key.filter(|key| !key.0.is_empty()) {
                Some(service) => self.component(&service.0, Some(key.to_owned()), of_services),
                None => {
                    self.whole = false;
                    self.problems.add("a service without key was left out".into());
                }
            }
        }
        self.events.of_services = true;
        for (kind, list) in [(Kind::Incident, incidents), (Kind::Maintenance, maintenances)] {
            self.damaged |= !self.events.add(kind, list, &[key], &mut self.problems);
        }
        let products = instance.products();
        let messages = instance.messages.as_deref().unwrap_or_default();
        let (messages, all) = elements::<Message>(messages, "a message", &mut self.problems);
        self.damaged |= !all;
        self.messages.extend(messages.into_iter().filter(|message| message.is_about(&products)));
        Ok(())
    }

    fn messages(&mut self, answer: &Answer) -> Result<(), ReadError> {
        let list = answer.json_list()?;
        let (messages, all) = elements::<Message>(&list, "a message", &mut self.problems);
        self.damaged |= !all;
        self.messages.extend(messages);
        Ok(())
    }

    fn component(&mut self, key: &str, group: Option<String>, status: ComponentStatus) {
        let id = ComponentId::new(key);
        let component = Component { id: id.clone(), name: key.to_owned(), group, status };
        self.components.entry(id).or_insert(component);
    }
}

impl Instance<'_> {
    fn key(&self) -> Option<&str> {
        self.key.as_ref().map(|key| &*key.0).filter(|key| !key.is_empty())
    }

    fn status(&self, problems: &mut Problems) -> ComponentStatus {
        let word = self.status.as_ref().map_or("", |word| &*word.0);
        component_status(word).unwrap_or_else(|| {
            let key = self.key().unwrap_or_default();
            problems.add(format!("instance {}: unknown status {}", quoted(key), quoted(word)));
            ComponentStatus::Unknown
        })
    }

    fn products(&self) -> BTreeSet<String> {
        let products = self.products.iter().flatten();
        products.filter_map(|product| Some(product.key.as_ref()?.0.to_string())).collect()
    }
}

/// "Core" are the features that most users need; trouble of others counts as a partial outage.
fn component_status(word: &str) -> Option<ComponentStatus> {
    Some(match word {
        "OK" => ComponentStatus::Operational,
        "MAJOR_INCIDENT_CORE" => ComponentStatus::MajorOutage,
        word if word.starts_with("INFORMATIONAL") => ComponentStatus::Operational,
        word if word.starts_with("DEGRADATION") => ComponentStatus::DegradedPerformance,
        word if word.starts_with("MINOR_INCIDENT") => ComponentStatus::PartialOutage,
        word if word.starts_with("MAJOR_INCIDENT") => ComponentStatus::PartialOutage,
        word if word.starts_with("MAINTENANCE") => ComponentStatus::UnderMaintenance,
        _ => return None,
    })
}

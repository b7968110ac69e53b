//! Yandex Cloud, by the API behind its status page: the last incidents (`/api/incidents`), an incident by its number
//! (for what left that list) and the list of services.
//!
//! A page is recognised by its address and by the shape of the list. The address of the API is that of the status page
//! of today; the older hosts lead there.
//!
//! Rests on three recorded answers and on client code (`essentialkaos/ycs`) for addresses and words. An incident still
//! `open` had an end and a last comment of the type `resolved`: the comment counts, which came a moment before.
//!
//! A component is a service in a region, here called installation: its id is `<service id>/<code>`, its name that of
//! the service, its group the code of the region (`ru`, `kz`). Zones are only named in titles and texts. The page shows
//! a service as well while no open incident has it.
mod incident;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::incident::Read;
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    text::{urls::is_number, values::Word},
};

pub(crate) const FORMAT: Format = Format {
    name: "yandex",
    fingerprint: Fingerprint {
        hosts: &["status.yandex.cloud", "status.cloud.yandex.com", "status.cloud.yandex.ru"],
        markers: &[],
        blind_probes: 0,
    },
    read,
};

const INCIDENTS: &str = "/api/incidents?lang=en&installation=all";
const SERVICES: &str = "/api/services?lang=en";
/// So many that left the list are looked up in one read.
const MAX_LOOKED_UP: usize = 10;

#[derive(Deserialize)]
struct Incidents<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Service {
    id: Option<Word>,
    name: Option<Word>,
    #[serde(rename = "installationCode")]
    installation: Option<Word>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let base = base(context.page);
    let join = |path: &str| base.join(path).map_err(|error| ReadError::NotThisFormat(error.to_string()));
    let url = join(INCIDENTS)?;
    let answer = answers.require(&url)?;
    let document: Incidents<'_> = answer.json()?;
    let mut problems = Problems::default();
    let mut content = Content::default();
    let (raw, whole) = elements::<incident::Raw>(&document.items, "an incident", &mut problems);
    if !document.items.is_empty() && !raw.iter().any(incident::Raw::is_typical) {
        return Err(
            ReadError::NotThisFormat(format!("{} lists no incidents of Yandex Cloud's kind", url.path())).into()
        );
    }
    content.incident_set.damaged |= !whole;
    for raw in raw {
        content.add(raw.read(&base, &mut problems));
    }

    let unlisted = content.incident_set.missing(context.open);
    let mut by_id = Vec::new();
    for (_, id) in unlisted.iter().take(MAX_LOOKED_UP) {
        // It goes into an address.
        if is_number(id.as_str()) {
            by_id.push((id, join(&format!("/api/incidents/{id}?lang=en"))?));
        }
    }
    let services = join(SERVICES)?;
    let urls: Vec<Url> = by_id.iter().map(|(_, url)| url.clone()).chain([services.clone()]).collect();
    answers.require_all(&urls)?;
    let mut looked_up = by_id.len() == unlisted.len() && !document.items.is_empty();
    for (id, answer) in by_id.iter().filter_map(|(id, url)| Some((*id, answers.get(url)?))) {
        looked_up &= content.look_up(id, answer, &base, &mut problems);
    }
    let components_listing = content.read_services(answers.require(&services)?, &mut problems);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: Some("Yandex Cloud".into()), url: Some(base.to_string()) },
            components: content.take_components(),
            coverage: Coverage {
                components: components_listing,
                incidents: content.incident_set.listing(context.open, looked_up),
            },
            incidents: content.incident_set.into_incidents(),
        },
        source: "api".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// The answer to a look-up by itself, and the problems met.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn incident(document: &[u8]) -> Result<(Vec<status::snapshot::Incident>, Vec<String>), ReadError> {
    use crate::{
        read::answers::{json, utf8},
        text::urls::fixed_url,
    };

    const NAME: &str = "the document";
    let raw: incident::Raw = json(NAME, utf8(NAME, document)?)?;
    let mut problems = Problems::default();
    let base = fixed_url("https://status.yandex.cloud");
    let read = raw.read(&base, &mut problems);
    Ok((read.into_iter().map(|read| read.incident).collect(), problems.into_vec()))
}

/// The older hosts only lead to the one of today.
fn base(page: &Url) -> Url {
    let mut base = page.clone();
    if page.host_str().is_some_and(|host| host.starts_with("status.cloud.yandex.")) {
        // It is a name, so it can be set.
        let _ = base.set_host(Some("status.yandex.cloud"));
    }
    base
}

#[derive(Default)]
struct Content {
    incident_set: IncidentSet,
    components: BTreeMap<ComponentId, Component>,
    /// Those of open incidents whose level is not known.
    unknown: BTreeSet<ComponentId>,
}

impl Content {
    /// `None`: one that cannot be recognised.
    fn add(&mut self, read: Option<Read>) {
        let Some(Read { changed_at, incident, components }) = read else {
            self.incident_set.damaged = true;
            return;
        };
        let is_new = !self.incident_set.holds(&incident.id);
        for (component, affected) in components.into_iter().zip(&incident.components).filter(|_| is_new) {
            let known = self.components.entry(component.id.clone()).or_insert(component);
            known.status = known.status.max(affected.status.unwrap_or(ComponentStatus::Operational));
            if affected.status == Some(ComponentStatus::Unknown) {
                self.unknown.insert(affected.id.clone());
            }
        }
        self.incident_set.add(changed_at, incident);
    }

    /// All components. One that an incident of unknown level affects is unknown, unless another tells that it is worse.
    fn take_components(&mut self) -> Vec<Component> {
        let mut components: Vec<Component> = std::mem::take(&mut self.components).into_values().collect();
        for component in components.iter_mut().filter(|component| self.unknown.contains(&component.id)) {
            if component.status == ComponentStatus::Operational {
                component.status = ComponentStatus::Unknown;
            }
        }
        components
    }

    /// Adds an incident that the page lists no longer. Whether it is known what became of it.
    fn look_up(&mut self, id: &IncidentId, answer: &Answer, base: &Url, problems: &mut Problems) -> bool {
        match answer.json::<incident::Raw>() {
            Ok(raw) if raw.is(id) => self.add(raw.read(base, problems)),
            Ok(_) => return false,
            // It is not there any more.
            Err(_) if matches!(answer.status, 404 | 410) => {}
            Err(error) => {
                problems.add(format!("an incident could not be looked up: {error}"));
                return false;
            }
        }
        true
    }

    fn read_services(&mut self, answer: &Answer, problems: &mut Problems) -> Listing {
        let list = match answer.json_list() {
            Ok(list) => list,
            Err(error) => {
                problems.add(format!("the list of services could not be read: {error}"));
                return Listing::Partial;
            }
        };
        let (services, whole) = elements::<Service>(&list, "a service", problems);
        if !services.is_empty() && self.add_services(services) && whole { Listing::Complete } else { Listing::Partial }
    }

    /// Whether all could be added.
    fn add_services(&mut self, services: Vec<Service>) -> bool {
        let mut whole = true;
        for service in services {
            let (Some(id), Some(name), Some(code)) = (service.id, service.name, service.installation) else {
                whole = false;
                continue;
            };
            let component = incident::component(id.as_str(), name.as_str(), Some(code.as_str()));
            let known = self.components.entry(component.id.clone()).or_insert(component);
            known.name = name.0;
            known.status = known.status.max(ComponentStatus::Operational);
        }
        whole
    }
}

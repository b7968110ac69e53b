//! Heroku, by the public API of its own status site, version 4: `current-status` has the three systems, what is open
//! and what is planned; `incidents` is the history, in which one is also found by its id. Known by its address alone.
//!
//! This rests on client code and on notes others made of real answers; nothing was recorded. `resolved` is not to be
//! trusted (it stays false after the end), `state` is. Maintenance may stay announced long after it was done, and says
//! its times in prose only.
mod incident;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::{ComponentId, IncidentId},
    snapshot::{Component, Coverage, Kind, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::incident::{component_status, gather};
use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::{urls::is_number, values::Text},
};

pub(crate) const FORMAT: Format = Format {
    name: "heroku",
    fingerprint: Fingerprint { hosts: &["status.heroku.com"], markers: &[], blind_probes: 0 },
    read,
};

const CURRENT: &str = "api/v4/current-status";
const HISTORY: &str = "api/v4/incidents";
const LISTED: &str = "limit=25";
/// At most so many missing incidents are requested one by one. More leave a page at once only when it is broken.
const MAX_LOOKED_UP: usize = 10;

#[derive(Deserialize)]
struct Current<'a> {
    #[serde(borrow)]
    status: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    incidents: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    scheduled: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct System<'a> {
    #[serde(borrow)]
    system: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
}

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, CURRENT);
    let answer = answers.require(&url)?;
    let current: Current<'_> = answer.json()?;
    let missing =
        |key: &str| ReadError::NotThisFormat(format!("{} is not Heroku's current status: no `{key}`", url.path()));
    let systems = current.status.ok_or_else(|| missing("status"))?;
    let open = current.incidents.ok_or_else(|| missing("incidents"))?;
    let planned = current.scheduled.ok_or_else(|| missing("scheduled"))?;
    let mut problems = Problems::default();
    let (components, listing) = components(&systems, &mut problems);
    if components.is_empty() {
        return Err(ReadError::Malformed(format!("{} lists no system", url.path())).into());
    }

    let mut incident_set = IncidentSet::default();
    gather(&mut incident_set, &open, Some(Kind::Incident), &mut problems);
    gather(&mut incident_set, &planned, Some(Kind::Maintenance), &mut problems);
    let unlisted = incident_set.missing(context.open);
    let mut history = endpoint(context.page, HISTORY);
    history.set_query(Some(LISTED));
    let answer = answers.require(&history)?;
    let mut looked_up = true;
    match answer.json_list() {
        Ok(items) => gather(&mut incident_set, &items, None, &mut problems),
        Err(error) => {
            looked_up = false;
            problems.add(format!("the history could not be read: {error}"));
        }
    }

    looked_up &= look_up(context, answers, &mut incident_set, &mut problems)?;
    let incidents = incident_set.listing(context.open, looked_up);
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components,
            incidents: incident_set.into_incidents(),
            coverage: Coverage { components: listing, incidents },
        },
        source: "api-v4".into(),
        unlisted: ids_of(unlisted),
        problems: problems.into_vec(),
    })
}

/// Asks for the open incidents that are in neither list. Whether it is known of all what became of them.
fn look_up(
    context: &ReadContext<'_>,
    answers: &Answers,
    incident_set: &mut IncidentSet,
    problems: &mut Problems,
) -> Result<bool, Stop> {
    let missing = incident_set.missing(context.open);
    let by_id: Vec<(&IncidentId, Url)> = missing
        .iter()
        .filter(|(_, id)| is_own_id(id))
        .take(MAX_LOOKED_UP)
        .map(|(_, id)| (id, endpoint(context.page, &format!("{HISTORY}/{id}"))))
        .collect();
    let mut looked_up = missing.iter().filter(|(_, id)| is_own_id(id)).count() == by_id.len();
    let urls: Vec<Url> = by_id.iter().map(|(_, url)| url.clone()).collect();
    answers.require_all(&urls)?;
    for (id, answer) in by_id.iter().filter_map(|(id, url)| Some((id, answers.get(url)?))) {
        let is_found = answer.json::<&RawValue>().is_ok_and(|item| {
            gather(incident_set, &[item], None, problems);
            incident_set.holds(id)
        });
        if !is_found && !matches!(answer.status, 404 | 410) {
            looked_up = false;
            problems.add(format!("incident {} is listed no longer and could not be looked up", quoted(id.as_str())));
        }
    }
    Ok(looked_up)
}

/// An id that this page may have given; another is of the time before it was read like this.
fn is_own_id(id: &IncidentId) -> bool {
    is_number(id.as_str())
}

fn components(raw: &[&RawValue], problems: &mut Problems) -> (Vec<Component>, Listing) {
    let (systems, mut whole) = elements::<System<'_>>(raw, "a system", problems);
    let mut seen = HashSet::new();
    let mut components = Vec::with_capacity(systems.len());
    for system in &systems {
        let Some(name) = system.system.as_ref().map(|name| &*name.0).filter(|name| !name.is_empty()) else {
            whole = false;
            problems.add("a system without name was left out".into());
            continue;
        };
        if !seen.insert(name) {
            problems.add(format!("system {} is listed more than once", quoted(name)));
            continue;
        }
        let word = system.status.as_ref().map_or("", |status| &*status.0);
        let status = component_status(word).unwrap_or_else(|| {
            problems.add(format!("system {}: unknown status {}", quoted(name), quoted(word)));
            ComponentStatus::Unknown
        });
        components.push(Component { id: ComponentId::new(name), name: name.to_owned(), group: None, status });
    }
    (components, if whole { Listing::Complete } else { Listing::Partial })
}

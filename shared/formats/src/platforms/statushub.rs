//! StatusHub, recognised by its host or a word of the page, and read from `/api/statuses`.
//!
//! Rests on client code only, which knows the counters of that document and not the shape of its services. So services
//! are taken from it where they are unmistakable: objects with id, name and one of the three states, and
//! where there are none, the counters give the state of one component that stands for all of them.
//!
//! There are no incidents in it.
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, btree_map::Entry};

use serde::Deserialize;
use serde_json::value::RawValue;
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};

use crate::{
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        answers::endpoint,
        lenient_list::elements,
        problems::{Problems, quoted},
    },
    text::values::{Text, Word, short_name},
};

pub(crate) const FORMAT: Format = Format {
    name: "statushub",
    fingerprint: Fingerprint { hosts: &["statushub.io"], markers: &["statushub.io", "statushub.com"], blind_probes: 0 },
    read,
};

const STATUSES: &str = "api/statuses";
/// The two sources in the one document. What a page was read from first is kept to, or a damaged document would tell
/// the same trouble under another name.
const SERVICES: &str = "services";
const COUNTERS: &str = "counters";
/// The component that stands for all services, where the page does not list them.
const ALL: &str = "all-services";

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let url = endpoint(context.page, STATUSES);
    let answer = answers.require(&url)?;
    let mut problems = Problems::default();
    let statuses: Statuses<'_> = answer.json()?;
    if statuses.counters.total() == 0 {
        return Err(ReadError::NotThisFormat(format!("{} counts no service", answer.url.path())).into());
    }
    let (services, listing) = services(&statuses, &mut problems);
    let (source, components, listing) = match (context.source, services.is_empty()) {
        (Some(SERVICES), true) => {
            return Err(ReadError::Malformed(format!("{} lists services no longer", answer.url.path())).into());
        }
        (Some(COUNTERS), _) | (_, true) => (COUNTERS, vec![statuses.counters.all()], Listing::Partial),
        (_, false) => (SERVICES, services, listing),
    };
    Ok(ParsedPage {
        snapshot: Snapshot {
            page: Page { id: None, name: None, url: Some(context.page.to_string()) },
            components,
            incidents: Vec::new(),
            // There are none in what is read, so that one is missing says nothing.
            coverage: Coverage { components: listing, incidents: Listing::Partial },
        },
        source: source.into(),
        unlisted: Vec::new(),
        problems: problems.into_vec(),
    })
}

#[derive(Deserialize)]
struct Statuses<'a> {
    counters: Counters,
    #[serde(borrow)]
    groups: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    services: Option<Vec<&'a RawValue>>,
}

/// How many services are in each state.
#[derive(Deserialize)]
struct Counters {
    #[serde(rename = "count_status_1")]
    up: u64,
    #[serde(rename = "count_status_2")]
    degraded: u64,
    #[serde(rename = "count_status_3")]
    down: u64,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    services: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Service<'a> {
    id: Word,
    #[serde(borrow)]
    name: Text<'a>,
    status: Word,
}

impl Counters {
    fn total(&self) -> u64 {
        self.up.saturating_add(self.degraded).saturating_add(self.down)
    }

    fn all(&self) -> Component {
        let status = match (self.up, self.degraded, self.down) {
            (0, 0, _) => ComponentStatus::MajorOutage,
            (_, _, 1..) => ComponentStatus::PartialOutage,
            (_, 1.., 0) => ComponentStatus::DegradedPerformance,
            _ => ComponentStatus::Operational,
        };
        Component { id: ComponentId::new(ALL), name: "All services".into(), group: None, status }
    }
}

fn services(statuses: &Statuses<'_>, problems: &mut Problems) -> (Vec<Component>, Listing) {
    let (groups, mut whole) = match &statuses.groups {
        Some(groups) => elements::<Group<'_>>(groups, "a group", problems),
        None => (Vec::new(), true),
    };
    let grouped = groups.iter().map(|group| (group.name.as_ref().map(|name| short_name(&name.0)), &group.services));
    let lists = grouped.chain(statuses.services.as_ref().map(|services| (None, services)));
    let mut found = BTreeMap::new();
    for (group, list) in lists {
        let (services, all) = elements::<Service<'_>>(list, "a service", problems);
        whole &= all;
        for service in services {
            let id = ComponentId::new(service.id.as_str());
            // One that is listed in its group and by itself is one service.
            let Entry::Vacant(free) = found.entry(id.clone()) else { continue };
            let status = state(&service, problems);
            free.insert(Component { id, name: service.name.0.into_owned(), group: group.clone(), status });
        }
    }
    let whole = whole && found.len() as u64 == statuses.counters.total();
    (found.into_values().collect(), if whole { Listing::Complete } else { Listing::Partial })
}

fn state(service: &Service<'_>, problems: &mut Problems) -> ComponentStatus {
    match service.status.as_str() {
        "1" => ComponentStatus::Operational,
        "2" => ComponentStatus::DegradedPerformance,
        "3" => ComponentStatus::MajorOutage,
        word => {
            problems.add(format!("service {}: unknown status {}", quoted(service.id.as_str()), quoted(word)));
            ComponentStatus::Unknown
        }
    }
}

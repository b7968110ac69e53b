//! OneUptime, by the overview of its API: the resources of a page, the states that monitors may be in, and what is open
//! and planned with its notes. A page is recognised by its script `/status-page/env.js`.
//!
//! This rests on the server's public source (<https://github.com/OneUptime/oneuptime>, `StatusPageAPI.ts` of August
//! 2024 to August 2026, and what its own page sends: `Overview.tsx`); nothing was recorded. What follows from it:
//! - a server answers a GET since July 2026. An older one has the route for a POST only: a GET ends with 404, as any
//!   path that it does not know. A POST carries `{}`, which is not looked at, and needs no header but its type;
//! - before December 2025 the address of the overview has the id of the page, which a POST to `/domain` tells of the
//!   host (400: there is no such page). Newer servers still answer both, so all that have no GET are read in this way,
//!   and stay so until a POST is not answered any more;
//! - an older overview has no history bar. What ended is not in it, and ends by being gone;
//! - what a state is called is the project's to say. A state says whether it is operational; of the others those are
//!   known that a project begins with, and those of usual names;
//! - what ended is among the incidents of the history bar, without a time. Of maintenance it is not.
mod document;
mod events;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::{json, value::RawValue};
use status::{
    ids::ComponentId,
    snapshot::{Component, Coverage, Listing, Page, Snapshot},
    words::ComponentStatus,
};
use url::Url;

use self::{
    document::{MonitorStatus, Overview, Resource, text},
    events::gather,
};
use crate::{
    contract::{Answer, Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
    request::Request,
    text::{urls::is_plain_id, values::short_name, words::component_status},
};

pub(crate) const FORMAT: Format = Format {
    name: "oneuptime",
    fingerprint: Fingerprint {
        hosts: &["status.oneuptime.com", "oneuptime.com/status-page"],
        markers: &["/status-page/env.js"],
        blind_probes: 0,
    },
    read,
};

fn read(context: &ReadContext<'_>, answers: &Answers) -> Result<ParsedPage, Stop> {
    let (answer, source) = asked(context, answers)?;
    let overview: Overview<'_> = answer.json()?;
    let missing = |key: &str| ReadError::NotThisFormat(format!("{} has no `{key}`", answer.url.path()));
    let resources = overview.status_page_resources.as_ref().ok_or_else(|| missing("statusPageResources"))?;
    let states = overview.monitor_statuses.as_ref().ok_or_else(|| missing("monitorStatuses"))?;

    let mut problems = Problems::default();
    let (components, all_components) = components(&overview, resources, states, &mut problems);
    let mut set = IncidentSet::default();
    gather(&overview, context, &mut set, &mut problems);
    let unlisted = set.missing(context.open);
    events::look_up(&overview, &unlisted, &mut set, &mut problems);
    Ok(ParsedPage {
        unlisted: ids_of(unlisted),
        snapshot: Snapshot {
            page: Page {
                id: overview.status_page.as_ref().and_then(|page| text(page.id.as_ref())).map(str::to_owned),
                name: None,
                url: Some(context.page.to_string()),
            },
            components,
            coverage: Coverage {
                components: if all_components { Listing::Complete } else { Listing::Partial },
                incidents: set.listing(context.open, true),
            },
            incidents: set.into_incidents(),
        },
        source: source.into(),
        problems: problems.into_vec(),
    })
}

const BY_GET: &str = "overview";
/// The same by `POST`, with the id of the page behind it.
const BY_POST: &str = "overview post ";

/// The answer with the overview, and the source to ask for it again.
fn asked<'a>(context: &ReadContext<'_>, answers: &'a Answers) -> Result<(&'a Answer, String), Stop> {
    let page = context.page;
    let posted = |id: &str| {
        let answer = answers.require_request(&Request::post(api(page, &format!("overview/{id}")), &json!({})))?;
        Ok((answer, format!("{BY_POST}{id}")))
    };
    if let Some(id) = context.source.and_then(|source| source.strip_prefix(BY_POST)).filter(|id| is_plain_id(id)) {
        return posted(id);
    }
    let host = page.host_str().unwrap_or_default();
    let id = id_in(page);
    let answer = answers.require(&api(page, &format!("overview/{}", id.unwrap_or(host))))?;
    // One that answered a GET once is new enough.
    if context.source.is_some() || !matches!(answer.status, 404 | 405) {
        return Ok((answer, BY_GET.to_owned()));
    }
    match id {
        Some(id) => posted(id),
        None => {
            let of_host = Request::post(api(page, "domain"), &json!({"domain": host}));
            posted(&id_of_host(answers.require_request(&of_host)?)?)
        }
    }
}

/// What `/domain` tells.
fn id_of_host(answer: &Answer) -> Result<String, ReadError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct OfHost {
        status_page_id: Option<String>,
    }
    let found: OfHost = answer.json()?;
    let id = found.status_page_id.filter(|id| is_plain_id(id));
    id.ok_or_else(|| ReadError::NotThisFormat(format!("{} has no `statusPageId`", answer.url.path())))
}

/// The id of a page that has no host of its own.
fn id_in(page: &Url) -> Option<&str> {
    let mut segments = page.path_segments().into_iter().flatten().skip_while(|segment| *segment != "status-page");
    segments.nth(1).filter(|id| is_plain_id(id))
}

fn api(page: &Url, path: &str) -> Url {
    let mut url = page.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("/status-page-api/{path}"));
    url
}

/// Each monitor, or group of monitors, once.
fn components(
    overview: &Overview<'_>,
    resources: &[&RawValue],
    states: &[&RawValue],
    problems: &mut Problems,
) -> (Vec<Component>, bool) {
    let (states, _) = elements::<MonitorStatus<'_>>(states, "a state", problems);
    let states: HashMap<&str, &MonitorStatus<'_>> =
        states.iter().filter_map(|state| Some((text(Some(&state.id))?, state))).collect();
    let (resources, mut is_whole) = elements::<Resource<'_>>(resources, "a resource", problems);
    let mut found = BTreeMap::new();
    for resource in &resources {
        let monitor = resource.monitor.as_ref();
        let group_id = text(resource.monitor_group_id.as_ref());
        let monitor_id = text(resource.monitor_id.as_ref()).or_else(|| text(monitor?.id.as_ref()));
        let Some(id) = monitor_id.or(group_id) else {
            is_whole = false;
            problems.add("a resource without a monitor was left out".into());
            continue;
        };
        let state = match monitor {
            Some(monitor) => text(monitor.current_monitor_status_id.as_ref()),
            None => overview.monitor_group_current_statuses.as_ref().and_then(|all| text(all.get(id))),
        };
        let state = state.and_then(|state| states.get(state));
        let status = state.and_then(|state| status(state)).unwrap_or_else(|| {
            let word = state.and_then(|state| Some(&*state.name.as_ref()?.0)).unwrap_or_default();
            problems.unknown_status(id, word)
        });
        let name = resource.display_name.as_ref().map_or(id, |name| name.0.trim());
        let group = resource.status_page_group.as_ref().and_then(|group| group.name.as_ref());
        let id = ComponentId::new(id);
        found.entry(id.clone()).or_insert(Component {
            id,
            name: short_name(name),
            group: group.map(|name| short_name(name.0.trim())).filter(|name| !name.is_empty()),
            status,
        });
    }
    (found.into_values().collect(), is_whole)
}

fn status(state: &MonitorStatus<'_>) -> Option<ComponentStatus> {
    if state.is_operational_state == Some(true) {
        return Some(ComponentStatus::Operational);
    }
    let name = state.name.as_ref()?.0.trim().to_lowercase();
    match name.as_str() {
        "degraded" => Some(ComponentStatus::DegradedPerformance),
        "offline" => Some(ComponentStatus::MajorOutage),
        // It may be called so and mean something else: the state says that it is none.
        name => component_status(name).filter(|status| *status != ComponentStatus::Operational),
    }
}

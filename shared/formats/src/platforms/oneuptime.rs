//! OneUptime, by the overview of its API: the resources of a page, the states that monitors may be in, and what is open
//! and planned with its notes. A page is recognised by its script `/status-page/env.js`.
//!
//! This rests on the server's public source (<https://github.com/OneUptime/oneuptime>, `StatusPageAPI.ts` of August
//! 2026); nothing was recorded. What follows from it:
//! - a server answers a GET only since 2026; an older one wants a POST, so its pages are not read;
//! - what a state is called is the project's to say. A state says whether it is operational; of the others those are
//!   known that a project begins with, and those of usual names;
//! - what ended is among the incidents of the history bar, without a time. Of maintenance it is not.
mod document;
mod events;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;
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
    contract::{Answers, Fingerprint, Format, ParsedPage, ReadContext, ReadError, Stop},
    read::{
        incident_set::{IncidentSet, ids_of},
        lenient_list::elements,
        problems::Problems,
    },
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
    let url = overview_url(context.page);
    let overview: Overview<'_> = answers.require(&url)?.json()?;
    let missing = |key: &str| ReadError::NotThisFormat(format!("{} has no `{key}`", url.path()));
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
        source: "overview".into(),
        problems: problems.into_vec(),
    })
}

/// By the host of one's own, or by the id of a page that has none.
fn overview_url(page: &Url) -> Url {
    let mut segments = page.path_segments().into_iter().flatten().skip_while(|segment| *segment != "status-page");
    let id = segments.nth(1).filter(|id| is_plain_id(id));
    let key = id.or(page.host_str()).unwrap_or_default().to_owned();
    let mut url = page.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("/status-page-api/overview/{key}"));
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

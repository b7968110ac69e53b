//! `/api/v1/summary`: what is open now, each with its newest message only, and the components it affects. The sequence
//! of messages is what successive reads collect.
use serde::Deserialize;
use status::{
    ids::IncidentId,
    snapshot::{Affected, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Update, Window},
    words::ComponentStatus,
};
use url::Url;

use super::native::{body, incident_url, phase_of, status_of};
use crate::{
    contract::{Answer, ReadError},
    read::{incident_reader::title_or_default, problems::Problems, updates::derived_update_id},
    text::{dates::rfc3339, urls::http_url},
};

#[derive(Deserialize)]
struct Summary {
    page_title: Option<String>,
    page_url: Option<String>,
    ongoing_incidents: Option<Vec<Item>>,
    in_progress_maintenances: Option<Vec<Item>>,
    scheduled_maintenances: Option<Vec<Item>>,
}

#[derive(Deserialize)]
struct Item {
    id: Option<String>,
    name: Option<String>,
    status: Option<String>,
    url: Option<String>,
    last_update_at: Option<String>,
    last_update_message: Option<String>,
    affected_components: Option<Vec<Touched>>,
    started_at: Option<String>,
    starts_at: Option<String>,
    #[serde(alias = "scheduled_end_at")]
    ends_at: Option<String>,
}

#[derive(Deserialize)]
struct Touched {
    id: Option<String>,
    name: Option<String>,
    group_name: Option<String>,
    current_status: Option<String>,
}

pub(super) fn snapshot(page: &Url, answer: &Answer, problems: &mut Problems) -> Result<Snapshot, ReadError> {
    let missing =
        |key: &str| ReadError::NotThisFormat(format!("no widget of incident.io at {}: no `{key}`", answer.url.path()));
    let summary: Summary = answer.json()?;
    let lists = [
        ("ongoing_incidents", Kind::Incident, summary.ongoing_incidents),
        ("in_progress_maintenances", Kind::Maintenance, summary.in_progress_maintenances),
        ("scheduled_maintenances", Kind::Maintenance, summary.scheduled_maintenances),
    ];
    let described = Page {
        id: None,
        name: summary.page_title,
        url: summary.page_url.and_then(|url| http_url(page, &url)).or_else(|| Some(page.to_string())),
    };
    let mut snapshot = Snapshot {
        page: described,
        components: vec![],
        incidents: vec![],
        coverage: Coverage { components: Listing::Partial, incidents: Listing::Complete },
    };
    for (key, kind, list) in lists {
        for item in list.ok_or_else(|| missing(key))? {
            read_item(&mut snapshot, kind, item, page, problems);
        }
    }
    Ok(snapshot)
}

fn read_item(snapshot: &mut Snapshot, kind: Kind, item: Item, page: &Url, problems: &mut Problems) {
    let Some(id) = item.id.filter(|id| !id.is_empty()) else {
        problems.add("an incident without id was left out".into());
        snapshot.coverage.incidents = Listing::Partial;
        return;
    };
    let phase = phase_of(item.status.as_deref(), problems);
    let mut affected = Vec::new();
    for touched in item.affected_components.unwrap_or_default() {
        let Some(component) = touched.id else {
            problems.add("a component without id was left out".into());
            continue;
        };
        let status = status_of(touched.current_status.as_deref(), problems);
        affected.push(Affected { id: component.as_str().into(), status });
        snapshot.components.push(Component {
            name: touched.name.unwrap_or_else(|| component.clone()),
            id: component.into(),
            group: touched.group_name,
            status: status.unwrap_or(ComponentStatus::Unknown),
        });
    }
    let time = |text: &Option<String>| rfc3339(text.as_deref()?);
    let written_at = time(&item.last_update_at);
    let window = Window { starts_at: time(&item.starts_at), ends_at: time(&item.ends_at) };
    let url = item.url.as_deref().and_then(|url| http_url(page, url));
    snapshot.incidents.push(Incident {
        kind,
        title: title_or_default(item.name.as_deref()),
        phase,
        impact: None,
        url: url.or_else(|| incident_url(snapshot.page.url.as_deref(), &id)),
        started_at: time(&item.started_at),
        resolved_at: None,
        window: Some(window).filter(|window| window.starts_at.or(window.ends_at).is_some()),
        components: affected.clone(),
        updates: vec![Update {
            id: derived_update_id(written_at, item.status.as_deref().unwrap_or_default()),
            phase,
            posted_at: written_at,
            body: body(item.last_update_message),
            components: affected,
        }],
        id: IncidentId::new(id),
    });
}

//! `/api/v2/summary.json`: an imitation of Statuspage's. Its empty lists are left out, so here, and only here, a list
//! that is missing is empty; its 25 components are drawn anew each time, so one that is not listed is not gone.
use serde::Deserialize;
use status::{
    ids::{IncidentId, UpdateId},
    snapshot::{self, Component, Coverage, Incident, Kind, Listing, Page, Snapshot, Window},
    words::{ComponentStatus, Impact},
};

use super::native::{bare, body, incident_url, phase_of, status_of};
use crate::{
    contract::{Answer, ReadContext, ReadError},
    platforms::statuspage,
    read::{
        incident_reader::title_or_default,
        maintenance::as_maintenance,
        overall::Overall,
        problems::{Problems, quoted},
        updates::{began_at, in_order, over_since},
    },
    text::{dates::rfc3339, urls::http_url},
};

#[derive(Deserialize)]
struct Summary {
    page: Option<RawPage>,
    status: Option<RawOverall>,
    components: Option<Vec<RawComponent>>,
    #[serde(default)]
    incidents: Vec<RawIncident>,
    #[serde(default)]
    scheduled_maintenances: Vec<RawIncident>,
}

#[derive(Deserialize)]
struct RawPage {
    id: Option<String>,
    name: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct RawOverall {
    indicator: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
struct RawComponent {
    id: Option<String>,
    name: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct RawIncident {
    id: Option<String>,
    name: Option<String>,
    status: Option<String>,
    impact: Option<String>,
    created_at: Option<String>,
    scheduled_for: Option<String>,
    scheduled_until: Option<String>,
    #[serde(default)]
    incident_updates: Vec<RawUpdate>,
}

#[derive(Deserialize)]
struct RawUpdate {
    id: Option<String>,
    status: Option<String>,
    body: Option<String>,
    display_at: Option<String>,
    created_at: Option<String>,
}

pub(super) fn snapshot(
    context: &ReadContext<'_>,
    answer: &Answer,
    problems: &mut Problems,
) -> Result<Snapshot, ReadError> {
    let page = context.page;
    let not_this = |what: &str| ReadError::NotThisFormat(format!("{} is not incident.io's: {what}", answer.url.path()));
    let summary: Summary = answer.json()?;
    let raw_page = summary.page.ok_or_else(|| not_this("no `page`"))?;
    if !raw_page.id.as_deref().is_some_and(is_ulid) {
        return Err(not_this("its page id is no ULID"));
    }
    if summary.status.is_none() && summary.components.is_none() {
        return Err(not_this("neither `status` nor `components`"));
    }
    let raw_components = summary.components.unwrap_or_default();
    let page = Page {
        id: raw_page.id,
        name: raw_page.name,
        url: raw_page.url.and_then(|url| http_url(page, &url)).or_else(|| Some(page.to_string())),
    };
    let components = raw_components
        .into_iter()
        .filter_map(|raw| {
            let status = status_of(raw.status.as_deref(), problems);
            Some(Component {
                id: raw.id?.into(),
                name: raw.name?,
                group: None,
                status: status.unwrap_or(ComponentStatus::Unknown),
            })
        })
        .collect();
    let components: Vec<Component> = components;
    let mut coverage = Coverage { components: Listing::Partial, incidents: Listing::Complete };
    if components.is_empty() {
        coverage = bare(answer.url.path(), problems);
    }
    let mut incidents = Vec::new();
    for (kind, list) in [(Kind::Incident, summary.incidents), (Kind::Maintenance, summary.scheduled_maintenances)] {
        for raw in list {
            match incident(&page, kind, raw, problems) {
                Some(incident) => incidents.push(incident),
                None => coverage.incidents = Listing::Partial,
            }
        }
    }
    let overall = Overall {
        status: overall_status(summary.status.as_ref(), problems),
        said: summary.status.as_ref().and_then(|status| status.description.as_deref()).unwrap_or_default(),
        url: page.url.clone(),
    };
    let whole = coverage.incidents == Listing::Complete;
    let lone = overall.incidents(context, &components, incidents.iter(), whole);
    incidents.extend(lone);
    Ok(Snapshot { page, components, incidents, coverage })
}

/// Statuspage's own page ids are 12 lower-case letters and digits.
fn is_ulid(id: &str) -> bool {
    id.len() == 26 && id.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}

/// Counts where nothing else tells: the components are drawn anew each time, so what is down may not be among them.
fn overall_status(status: Option<&RawOverall>, problems: &mut Problems) -> ComponentStatus {
    let word = status.and_then(|status| status.indicator.as_deref());
    let known = word.map(statuspage::overall_status);
    if let (Some(word), Some(None)) = (word, known) {
        problems.add(format!("the page as a whole: unknown indicator {}", quoted(word)));
    }
    known.flatten().unwrap_or(ComponentStatus::Unknown)
}

fn incident(page: &Page, kind: Kind, raw: RawIncident, problems: &mut Problems) -> Option<Incident> {
    let Some(id) = raw.id.filter(|id| !id.is_empty()) else {
        problems.add("an incident without id was left out".into());
        return None;
    };
    let phase = phase_of(raw.status.as_deref(), problems);
    let mut updates = Vec::new();
    for update in raw.incident_updates {
        let Some(id) = update.id else {
            problems.add("an update without id was left out".into());
            continue;
        };
        updates.push(snapshot::Update {
            id: UpdateId::new(id),
            phase: phase_of(update.status.as_deref(), problems),
            posted_at: update.display_at.or(update.created_at).as_deref().and_then(rfc3339),
            body: body(update.body),
            components: vec![],
        });
    }
    let updates = in_order(updates);
    let is_work = kind == Kind::Incident && raw.impact.as_deref() == Some("maintenance");
    let time = |text: Option<String>| rfc3339(&text?);
    let first_update = updates.first().and_then(|update| update.posted_at);
    let incident = Incident {
        kind,
        title: title_or_default(raw.name.as_deref()),
        phase,
        impact: impact(raw.impact.as_deref(), problems),
        url: incident_url(page.url.as_deref(), &id),
        id: IncidentId::new(id),
        started_at: match kind {
            Kind::Incident => [time(raw.created_at), first_update].into_iter().flatten().min(),
            Kind::Maintenance => began_at(&updates),
        },
        resolved_at: over_since(phase, &updates),
        window: (kind == Kind::Maintenance || is_work && raw.scheduled_for.is_some())
            .then(|| Window { starts_at: time(raw.scheduled_for), ends_at: time(raw.scheduled_until) }),
        components: vec![],
        updates,
    };
    Some(if is_work { as_maintenance(incident) } else { incident })
}

fn impact(word: Option<&str>, problems: &mut Problems) -> Option<Impact> {
    Some(match word? {
        "none" => Impact::None,
        "minor" => Impact::Minor,
        "major" => Impact::Major,
        "critical" => Impact::Critical,
        // Of a maintenance: says what it is, not how bad.
        "maintenance" => return None,
        other => {
            problems.add(format!("unknown impact {}", quoted(other)));
            return None;
        }
    })
}

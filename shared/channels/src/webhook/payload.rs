//! The body of a webhook: a promise to receivers, so the structs and words here are separate from those of `status`,
//! which may change. Fields are added, never renamed or removed. Everything comes from the alert, so the body is the
//! same at every attempt. Text is the provider's, plain or Markdown; whoever shows it escapes it. `webhook.schema.json`
//! describes all of this to receivers, and tests compare it with what is rendered here.
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use status::{
    alert::{self, Alert, ConcernedProvider, NamedComponent},
    snapshot::{self, Kind},
    words::Impact,
};
use url::Url;

use super::words::{component_status, event_type, how_ended, phase, severity};
use crate::{
    Job,
    message::{SizeBudget, by_weight},
    text::{MAX_URL, clean, cut, one_line},
};

/// Standard Webhooks asks for less than 20 kB.
const MAX_BYTES: usize = 20_000;
// Characters. They bound what hostile pages write; real texts are shorter.
const MAX_TITLE: usize = 300;
const MAX_NOTE: usize = 300;
const MAX_NAME: usize = 100;
const MAX_ID: usize = 128;

#[derive(Serialize)]
struct Payload {
    /// `incident.opened`, `incident.updated`, `incident.resolved`; `maintenance.scheduled`, `maintenance.started`,
    /// `maintenance.changed`, `maintenance.completed`, `maintenance.cancelled`, `maintenance.reminder` (it starts
    /// within the hour), `maintenance.overran` (it goes on past its planned end); `source.unreadable`,
    /// `source.readable` (whether the status page itself can be read, or those of a platform); `page.summary` (many
    /// changes at once; of the provider `statuswire`, what quiet hours held). Notices, which are about a
    /// destination or a monitor instead of a provider: `destination.test`,
    /// `destination.confirm` (asks an owner's consent), `destination.disabled` (its alerts are paused),
    /// `monitor.unmatched` (its filter fits nothing).
    r#type: &'static str,
    /// When we saw the change. All times are RFC 3339 in UTC.
    timestamp: Timestamp,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    alert: AlertData,
    provider: Provider,
    incident: Incident,
    /// Id of the destination that a notice or a summary of quiet hours is about; `null` in all else.
    destination: Option<String>,
    /// Id of the monitor that a notice is about; `null` in all else.
    monitor: Option<String>,
    /// Of that monitor's filter: the entries that fit nothing on the page.
    unmatched: Vec<String>,
    /// Every component the incident ever named, as it is now: changed ones first, then the worst.
    components: Vec<Component>,
    /// How many components there are, included here or not.
    components_total: usize,
    /// The provider tagged every component of its page, which says as little as tagging none.
    tags_everything: bool,
    /// What is new, oldest first. Empty if the provider changed something else.
    updates: Vec<Update>,
    /// How many new updates there are, included here or not.
    updates_total: usize,
    /// Of `page.summary`: the changes it stands for, in place of an alert for each.
    summary: Vec<SummaryItem>,
    /// How many changes there are, included here or not.
    summary_total: usize,
    /// Of an alert about a whole platform: the providers whose pages cannot be read, or can again.
    concerned: Vec<Concerned>,
    /// How many providers there are, included here or not.
    concerned_total: usize,
    /// To stay small, update texts were cut (they end in ` …`), or older updates or components were left out.
    truncated: bool,
}

#[derive(Serialize)]
struct AlertData {
    /// The same for everybody who gets this alert; `webhook-id` is the delivery's.
    id: String,
    /// The second half of `type`.
    event: &'static str,
    /// `maintenance`, `minor` or `major`.
    severity: &'static str,
    /// Against the alert before: the severity rose or components joined.
    widened: bool,
    /// In the alert before, where this one changes it.
    severity_before: Option<&'static str>,
    title_before: Option<String>,
    /// `by_provider`, `no_longer_listed`, `recovered` (components without an incident), `replaced` (by an incident that
    /// the provider posted later); `null` while open.
    how_ended: Option<&'static str>,
    /// Sent although your component filter could not decide: the provider did not say what is affected.
    components_unknown: bool,
    /// Why it was closed, if the provider did not post an end; why a page cannot be read or a destination is
    /// disabled.
    note: Option<String>,
    seen_at: Timestamp,
}

/// Whose status page it is; `statuswire` itself in a notice and in a summary of quiet hours, without a page.
#[derive(Serialize)]
struct Provider {
    id: String,
    name: String,
    page_url: Option<String>,
}

/// The incident or maintenance after the change. A notice fills in its id, title and time only, with the kind
/// `incident`.
#[derive(Serialize)]
struct Incident {
    /// The provider's; ours if it starts with `components@` or `source@` (component changes without an incident) or
    /// with `destination@` (a notice).
    id: String,
    /// 1 at first; one more each time an ended incident is reopened.
    episode: u32,
    /// `incident` or `maintenance`.
    kind: &'static str,
    title: String,
    /// `investigating`, `identified`, `monitoring`, `resolved`, `postmortem`; `scheduled`, `in_progress`,
    /// `verifying`, `completed`. `null` where the page does not say.
    phase: Option<&'static str>,
    /// The provider's rating: `none`, `minor`, `major` or `critical`.
    impact: Option<&'static str>,
    /// The provider's page of it.
    url: Option<String>,
    /// Our page of it; of the provider in a summary and in alerts about its status page.
    page: Option<String>,
    /// The provider's clock.
    started_at: Option<Timestamp>,
    /// `null` while open.
    ended_at: Option<Timestamp>,
    /// Planned, for a maintenance.
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    /// Planned in the alert before, where this one changes it.
    starts_at_before: Option<Timestamp>,
    ends_at_before: Option<Timestamp>,
    /// Our clock.
    first_seen_at: Timestamp,
}

#[derive(Serialize)]
struct Component {
    id: String,
    name: String,
    group: Option<String>,
    /// `operational`, `degraded_performance`, `partial_outage`, `major_outage`, `under_maintenance`, `unknown`.
    status: &'static str,
    /// The status before, where this alert changes it.
    was: Option<&'static str>,
    /// The incident was open before, and names it only since this alert.
    joined: bool,
    /// When it was worse than operational in this incident, by the provider's clock; `null` where no page says.
    trouble_from: Option<Timestamp>,
    trouble_until: Option<Timestamp>,
    /// Without pauses in between; known once it is over.
    trouble_seconds: Option<i64>,
}

/// One change, as `incident` and `alert` would tell it.
#[derive(Serialize)]
struct SummaryItem {
    incident: String,
    title: String,
    /// As `type` would be.
    r#type: &'static str,
    severity: &'static str,
}

#[derive(Serialize)]
struct Concerned {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct Update {
    id: String,
    phase: Option<&'static str>,
    posted_at: Option<Timestamp>,
    body: Option<String>,
}

const ALL: usize = usize::MAX;
/// Tried in this order until the body is small enough; the last step is, whatever the provider wrote. Texts are cut
/// before anything is left out.
#[rustfmt::skip]
const STEPS: [SizeBudget; 6] = [
    SizeBudget { body: 2_000, updates: ALL, names: ALL },
    SizeBudget { body: 500, updates: ALL, names: ALL },
    SizeBudget { body: 500, updates: 5, names: ALL },
    SizeBudget { body: 500, updates: 5, names: 30 },
    SizeBudget { body: 300, updates: 1, names: 5 },
    SizeBudget { body: 300, updates: 1, names: 2 },
];

pub(super) fn render(job: &Job<'_>) -> Bytes {
    let mut payload = payload(job);
    let json = |payload: &Payload| serde_json::to_vec(payload).expect("the payload is plain data");
    let mut body = json(&payload);
    for budget in STEPS {
        if body.len() <= MAX_BYTES {
            break;
        }
        payload.data.shrink(&budget);
        body = json(&payload);
    }
    body.into()
}

impl Data {
    fn shrink(&mut self, budget: &SizeBudget) {
        self.updates.drain(..self.updates.len().saturating_sub(budget.updates));
        for body in self.updates.iter_mut().filter_map(|update| update.body.as_mut()) {
            *body = cut(body, budget.body);
        }
        self.components.truncate(budget.names);
        self.summary.truncate(budget.names);
        self.concerned.truncate(budget.names);
        self.unmatched.truncate(budget.names);
        self.truncated = true;
    }
}

fn payload(job: &Job<'_>) -> Payload {
    let alert = job.alert;
    Payload {
        r#type: event_type(alert.event),
        timestamp: alert.seen_at,
        data: Data {
            alert: alert_data(job),
            provider: Provider {
                id: cut(alert.provider.as_str(), MAX_ID),
                name: line(&alert.provider_name, MAX_NAME),
                page_url: url(Some(&alert.page_url)),
            },
            // Of a notice there is no page.
            incident: incident(alert, job.incident_url.filter(|_| !alert.event.is_notice())),
            destination: alert.destination.as_ref().map(|id| cut(id.as_str(), MAX_ID)),
            monitor: alert.monitor.as_ref().map(|id| cut(id.as_str(), MAX_ID)),
            unmatched: alert.unmatched.iter().map(|entry| line(entry, MAX_NAME)).collect(),
            components: by_weight(&alert.components).into_iter().map(component).collect(),
            components_total: alert.components.len(),
            tags_everything: alert.tags_everything,
            updates: alert.updates.iter().map(update).collect(),
            updates_total: alert.updates.len(),
            summary: alert.summary.iter().map(summary_item).collect(),
            summary_total: alert.summary.len(),
            concerned: alert.concerned.iter().map(concerned).collect(),
            concerned_total: alert.concerned.len(),
            truncated: false,
        },
    }
}

fn alert_data(job: &Job<'_>) -> AlertData {
    let alert = job.alert;
    let (_, event) = event_type(alert.event).split_once('.').expect("every type has two halves");
    AlertData {
        id: cut(alert.id.as_str(), MAX_ID),
        event,
        severity: severity(alert.severity),
        widened: alert.widened,
        severity_before: alert.severity_before.map(severity),
        title_before: alert.title_before.as_deref().map(|title| line(title, MAX_TITLE)),
        how_ended: alert.how_ended.map(how_ended),
        components_unknown: job.unknown,
        note: alert.note.as_deref().map(|note| line(note, MAX_NOTE)),
        seen_at: alert.seen_at,
    }
}

fn incident(alert: &Alert, page: Option<&str>) -> Incident {
    let facts = &alert.incident;
    Incident {
        id: cut(facts.id.as_str(), MAX_ID),
        episode: facts.episode,
        kind: match facts.kind {
            Kind::Incident => "incident",
            Kind::Maintenance => "maintenance",
        },
        title: line(&facts.title, MAX_TITLE),
        phase: facts.phase.map(phase),
        impact: facts.impact.map(|impact| match impact {
            Impact::None => "none",
            Impact::Minor => "minor",
            Impact::Major => "major",
            Impact::Critical => "critical",
        }),
        url: url(facts.url.as_deref()),
        page: url(page),
        started_at: facts.started_at,
        ended_at: facts.ended_at,
        starts_at: facts.window.and_then(|window| window.starts_at),
        ends_at: facts.window.and_then(|window| window.ends_at),
        starts_at_before: alert.window_before.and_then(|window| window.starts_at),
        ends_at_before: alert.window_before.and_then(|window| window.ends_at),
        first_seen_at: facts.first_seen_at,
    }
}

fn component(component: &NamedComponent) -> Component {
    Component {
        id: cut(component.id.as_str(), MAX_ID),
        name: line(&component.name, MAX_NAME),
        group: component.group.as_deref().map(|group| line(group, MAX_NAME)),
        status: component_status(component.status),
        was: component.was.map(component_status),
        joined: component.joined,
        trouble_from: component.trouble.map(|trouble| trouble.from),
        trouble_until: component.trouble.and_then(|trouble| trouble.until),
        trouble_seconds: component.trouble.and_then(|trouble| trouble.seconds),
    }
}

fn summary_item(item: &alert::SummaryItem) -> SummaryItem {
    SummaryItem {
        incident: cut(item.incident.as_str(), MAX_ID),
        title: line(&item.title, MAX_TITLE),
        r#type: event_type(item.event),
        severity: severity(item.severity),
    }
}

fn concerned(provider: &ConcernedProvider) -> Concerned {
    Concerned { id: cut(provider.id.as_str(), MAX_ID), name: line(&provider.name, MAX_NAME) }
}

fn update(update: &snapshot::Update) -> Update {
    Update {
        id: cut(update.id.as_str(), MAX_ID),
        phase: update.phase.map(phase),
        posted_at: update.posted_at,
        body: update.body.as_deref().map(clean),
    }
}

fn line(foreign: &str, limit: usize) -> String {
    cut(&one_line(foreign), limit)
}

/// As a browser spells it, quotes and angle brackets encoded: receivers make links of it.
fn url(url: Option<&str>) -> Option<String> {
    let url = Url::parse(&one_line(url?)).ok()?;
    let right = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_URL;
    right.then(|| url.into())
}

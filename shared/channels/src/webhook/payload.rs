//! The body of a webhook: our promise to receivers, so the structs and words here are apart from those of `status`,
//! which may change. Fields are added, never renamed or removed. Everything comes from the alert, so that the body is
//! the same at every attempt. Text is the vendor's: plain or Markdown, to be escaped by whoever shows it. All of this
//! is said to receivers in `webhook.schema.json`, which the tests hold against what is rendered here.
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use status::{
    alert::{Alert, NamedComponent},
    snapshot::{self, Kind},
    words::{ComponentStatus, Event, Impact, Phase, Severity},
};
use url::Url;

use crate::{Job, text};

/// Standard Webhooks asks for less than 20 kB.
const MAX_BYTES: usize = 20_000;
// Characters; no sane page comes near.
const TITLE: usize = 300;
const NOTE: usize = 300;
const NAME: usize = 100;
const ID: usize = 128;
/// Bytes. A longer URL is left out: cut it would lead elsewhere.
const MAX_URL: usize = 1_024;

#[derive(Serialize)]
struct Payload {
    /// `incident.opened`, `incident.updated`, `incident.resolved`; `maintenance.scheduled`, `maintenance.started`,
    /// `maintenance.changed`, `maintenance.completed`, `maintenance.cancelled`, `maintenance.reminder` (it starts within
    /// the hour), `maintenance.overran` (it goes on past its planned end); `source.unreadable`, `source.readable`
    /// (whether the status page itself can be read). Notices, which are about a destination of ours instead of a
    /// vendor: `destination.test`, `destination.confirm` (asks an owner's consent), `destination.disabled` (it gets
    /// nothing any more).
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
    /// Id of the destination that a notice is about; `null` in all else.
    destination: Option<String>,
    /// Every component the incident ever named, as it is now: changed ones first, then the worst.
    components: Vec<Component>,
    /// How many components there are, told here or not.
    components_total: usize,
    /// The vendor tagged every component of its page: as good as none.
    tags_everything: bool,
    /// What is new, oldest first. Empty where the vendor changed something else.
    updates: Vec<Update>,
    /// How many new updates there are, told here or not.
    updates_total: usize,
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
    /// Sent although your component filter could not decide: the vendor did not say what is affected.
    components_unknown: bool,
    /// Why it was closed, where the vendor did not say so itself; why a page cannot be read or a destination is
    /// disabled.
    note: Option<String>,
    seen_at: Timestamp,
}

/// Whose status page it is; `statuswire` itself in a notice, without a page.
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
    /// The vendor's; ours if it starts with `components@` or `source@` (trouble without an incident) or with
    /// `destination@` (a notice).
    id: String,
    /// 1 at first; counts up each time an ended incident is opened again.
    episode: u32,
    /// `incident` or `maintenance`.
    kind: &'static str,
    title: String,
    /// `investigating`, `identified`, `monitoring`, `resolved`, `postmortem`; `scheduled`, `in_progress`,
    /// `verifying`, `completed`. `null` where the page does not say.
    phase: Option<&'static str>,
    /// The vendor's `none`, `minor`, `major` or `critical`.
    impact: Option<&'static str>,
    /// The vendor's page of it.
    url: Option<String>,
    /// Our page of it.
    page: Option<String>,
    /// Vendor's clock.
    started_at: Option<Timestamp>,
    /// `null` while open.
    ended_at: Option<Timestamp>,
    /// Planned, for a maintenance.
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
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
}

#[derive(Serialize)]
struct Update {
    id: String,
    phase: Option<&'static str>,
    posted_at: Option<Timestamp>,
    body: Option<String>,
}

/// How much of the vendor's text is told, where not all of it fits.
struct Fit {
    /// Characters of each update.
    body: usize,
    /// Newest updates.
    updates: usize,
    components: usize,
}

const ALL: usize = usize::MAX;
/// Tried one after another, the last one being small enough whatever the vendor wrote.
#[rustfmt::skip]
const FITS: [Fit; 5] = [
    Fit { body: 2_000, updates: ALL, components: ALL },
    Fit { body: 500, updates: ALL, components: ALL },
    Fit { body: 500, updates: 5, components: ALL },
    Fit { body: 500, updates: 5, components: 30 },
    Fit { body: 300, updates: 1, components: 5 },
];

pub(super) fn render(job: &Job<'_>) -> Bytes {
    let mut payload = payload(job);
    let json = |payload: &Payload| serde_json::to_vec(payload).expect("the payload is plain data");
    let mut body = json(&payload);
    for fit in FITS {
        if body.len() <= MAX_BYTES {
            break;
        }
        payload.data.shrink(&fit);
        body = json(&payload);
    }
    body.into()
}

impl Data {
    fn shrink(&mut self, fit: &Fit) {
        self.updates.drain(..self.updates.len().saturating_sub(fit.updates));
        for body in self.updates.iter_mut().filter_map(|update| update.body.as_mut()) {
            *body = text::cut(body, fit.body);
        }
        self.components.truncate(fit.components);
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
                id: text::cut(alert.provider.as_str(), ID),
                name: line(&alert.provider_name, NAME),
                page_url: url(Some(&alert.page_url)),
            },
            // Of a notice there is no page.
            incident: incident(alert, job.incident_url.filter(|_| !alert.event.is_notice())),
            destination: alert.destination.as_ref().map(|id| text::cut(id.as_str(), ID)),
            components: text::by_weight(&alert.components).into_iter().map(component).collect(),
            components_total: alert.components.len(),
            tags_everything: alert.tags_everything,
            updates: alert.updates.iter().map(update).collect(),
            updates_total: alert.updates.len(),
            truncated: false,
        },
    }
}

fn alert_data(job: &Job<'_>) -> AlertData {
    let alert = job.alert;
    let (_, event) = event_type(alert.event).split_once('.').expect("every type has two halves");
    AlertData {
        id: text::cut(alert.id.as_str(), ID),
        event,
        severity: match alert.severity {
            Severity::Maintenance => "maintenance",
            Severity::Minor => "minor",
            Severity::Major => "major",
        },
        widened: alert.widened,
        components_unknown: job.unknown,
        note: alert.note.as_deref().map(|note| line(note, NOTE)),
        seen_at: alert.seen_at,
    }
}

fn incident(alert: &Alert, page: Option<&str>) -> Incident {
    let facts = &alert.incident;
    Incident {
        id: text::cut(facts.id.as_str(), ID),
        episode: facts.episode,
        kind: match facts.kind {
            Kind::Incident => "incident",
            Kind::Maintenance => "maintenance",
        },
        title: line(&facts.title, TITLE),
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
        first_seen_at: facts.first_seen_at,
    }
}

fn component(component: &NamedComponent) -> Component {
    Component {
        id: text::cut(component.id.as_str(), ID),
        name: line(&component.name, NAME),
        group: component.group.as_deref().map(|group| line(group, NAME)),
        status: component_status(component.status),
        was: component.was.map(component_status),
    }
}

fn update(update: &snapshot::Update) -> Update {
    Update {
        id: text::cut(update.id.as_str(), ID),
        phase: update.phase.map(phase),
        posted_at: update.posted_at,
        body: update.body.as_deref().map(text::clean),
    }
}

fn line(vendor_text: &str, limit: usize) -> String {
    text::cut(&text::one_line(vendor_text), limit)
}

/// As a browser spells it, quotes and angle brackets encoded: receivers make links of it.
fn url(url: Option<&str>) -> Option<String> {
    let url = Url::parse(&text::one_line(url?)).ok()?;
    let right = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_URL;
    right.then(|| url.into())
}

fn event_type(event: Event) -> &'static str {
    match event {
        Event::Opened => "incident.opened",
        Event::Updated => "incident.updated",
        Event::Resolved => "incident.resolved",
        Event::Scheduled => "maintenance.scheduled",
        Event::Started => "maintenance.started",
        Event::Changed => "maintenance.changed",
        Event::Completed => "maintenance.completed",
        Event::Cancelled => "maintenance.cancelled",
        Event::Reminder => "maintenance.reminder",
        Event::Overran => "maintenance.overran",
        Event::Test => "destination.test",
        Event::Confirm => "destination.confirm",
        Event::Disabled => "destination.disabled",
        Event::Unreadable => "source.unreadable",
        Event::Readable => "source.readable",
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Investigating => "investigating",
        Phase::Identified => "identified",
        Phase::Monitoring => "monitoring",
        Phase::Resolved => "resolved",
        Phase::Postmortem => "postmortem",
        Phase::Scheduled => "scheduled",
        Phase::InProgress => "in_progress",
        Phase::Verifying => "verifying",
        Phase::Completed => "completed",
    }
}

fn component_status(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::Unknown => "unknown",
        ComponentStatus::Operational => "operational",
        ComponentStatus::UnderMaintenance => "under_maintenance",
        ComponentStatus::DegradedPerformance => "degraded_performance",
        ComponentStatus::PartialOutage => "partial_outage",
        ComponentStatus::MajorOutage => "major_outage",
    }
}

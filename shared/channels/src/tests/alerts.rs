//! Alerts and jobs to test with: a typical incident and maintenance, and the worst a provider could write.
use bytes::Bytes;
use http::{HeaderMap, Request};
use jiff::Timestamp;
use status::{
    alert::{Alert, ConcernedProvider, IncidentFacts, NamedComponent, SummaryItem, Trouble},
    ids::DeliveryId,
    monitor::Settings,
    notice,
    page_state::HowEnded,
    provider::Provider,
    snapshot::{Kind, Update, Window},
    words::{ComponentStatus, Event, Impact, Phase, Severity},
};

use crate::{Blame, Channel, Handle, Job, MailJob, Outcome, Response, Step};

pub(crate) const RECIPIENT_PAGE: &str = "https://status.example/mail/0f8fad5bd9cb469fa16570867728950e";
pub(crate) const INCIDENT_URL: &str = "https://status.example/incidents/clerk/inc1?lang=en&zone=utc";

pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-08-06T{time}Z").parse().unwrap()
}

pub(crate) fn settings<const N: usize>(pairs: [(&str, &str); N]) -> Settings {
    Settings(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
}

/// One delivery by a channel, at a fixed time.
pub(crate) struct Case<'a> {
    pub(crate) alert: &'a Alert,
    pub(crate) settings: &'a Settings,
    pub(crate) handle: Option<&'a Handle>,
    pub(crate) unknown: bool,
    pub(crate) superseded: bool,
}

impl<'a> Case<'a> {
    pub(crate) fn new(alert: &'a Alert, settings: &'a Settings) -> Self {
        Self { alert, settings, handle: None, unknown: false, superseded: false }
    }

    pub(crate) fn step(&self, channel: &Channel, responses: &[Response]) -> Step {
        self.step_at(channel, responses, at("12:05:00"))
    }

    pub(crate) fn step_at(&self, channel: &Channel, responses: &[Response], now: Timestamp) -> Step {
        let job = Job {
            id: &DeliveryId::new("dlv_0123456789abcdef"),
            alert: self.alert,
            settings: self.settings,
            handle: self.handle,
            superseded: self.superseded,
            unknown: self.unknown,
            incident_url: Some(INCIDENT_URL),
            mail: Some(MailJob {
                from: "statuswire <alerts@statuswire.example>",
                page: RECIPIENT_PAGE,
                acknowledge: None,
                destination: &"ops".into(),
            }),
            now,
        };
        (channel.deliver)(&job, responses)
    }

    pub(crate) fn request(&self, channel: &Channel, responses: &[Response]) -> Request<Bytes> {
        match self.step(channel, responses) {
            Step::Send(request) => request,
            Step::Mail(mail) => panic!("wanted a request, came a mail to {}", mail.to),
            Step::Done(outcome) => panic!("wanted a request, came {outcome:?}"),
        }
    }

    /// What goes over the wire first: the body of a request, or the mail.
    pub(crate) fn sent(&self, channel: &Channel, now: Timestamp) -> Bytes {
        match self.step_at(channel, &[], now) {
            Step::Send(request) => request.into_body(),
            Step::Mail(mail) => mail.message,
            Step::Done(outcome) => panic!("wanted something to be sent, came {outcome:?}"),
        }
    }

    pub(crate) fn outcome(&self, channel: &Channel, responses: &[Response]) -> Outcome {
        match self.step(channel, responses) {
            Step::Send(request) => panic!("wanted an outcome, came a request to {}", request.uri().path()),
            Step::Mail(mail) => panic!("wanted an outcome, came a mail to {}", mail.to),
            Step::Done(outcome) => outcome,
        }
    }
}

pub(crate) fn response(status: u16, body: &str) -> Response {
    Response::Http { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
}

/// How a delivery ended, in a word.
pub(crate) fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered { .. } => "delivered",
        Outcome::Retry { .. } => "retry",
        Outcome::Skipped { .. } => "skipped",
        Outcome::Refused { blame: Blame::Destination, .. } => "refused",
        Outcome::Refused { blame: Blame::Circumstances, .. } => "refused for now",
        Outcome::Rejected { .. } => "rejected",
        Outcome::Gone { .. } => "gone",
    }
}

pub(crate) fn json(request: &Request<Bytes>) -> serde_json::Value {
    serde_json::from_slice(request.body()).unwrap()
}

fn component(name: &str, status: ComponentStatus, was: Option<ComponentStatus>) -> NamedComponent {
    NamedComponent {
        id: name.to_lowercase().replace(' ', "-").into(),
        name: name.to_owned(),
        group: (name == "Dashboard").then(|| "Web".to_owned()),
        status,
        was,
        joined: false,
        released: false,
        trouble: None,
    }
}

fn update(id: &str, phase: Phase, time: &str, body: &str) -> Update {
    Update {
        id: id.into(),
        phase: Some(phase),
        posted_at: Some(at(time)),
        body: Some(body.to_owned()),
        components: Vec::new(),
    }
}

pub(crate) fn opened() -> Alert {
    use ComponentStatus::{DegradedPerformance, Operational, PartialOutage};
    let page = Provider {
        id: "clerk".into(),
        name: "Clerk".to_owned(),
        page_url: "https://status.clerk.example".to_owned(),
        format: None,
        interval: None,
    };
    let incident = IncidentFacts {
        id: "inc1".into(),
        episode: 1,
        kind: Kind::Incident,
        title: "Sign-in errors".to_owned(),
        phase: Some(Phase::Investigating),
        impact: Some(Impact::Critical),
        url: Some("https://status.clerk.example/incidents/inc1".to_owned()),
        started_at: Some(at("11:58:00")),
        ended_at: None,
        window: None,
        first_seen_at: at("12:00:30"),
    };
    Alert {
        id: "alert_opened".into(),
        severity: Severity::Major,
        updates: vec![update("u1", Phase::Investigating, "11:58:00", "Some sign-ins fail.\n\nWe are looking into it.")],
        components: vec![
            component("API", DegradedPerformance, Some(Operational)),
            component("Dashboard", PartialOutage, Some(Operational)),
            component("Docs", Operational, None),
        ],
        ..Alert::new(&page, Event::Opened, incident, "u1", at("12:00:30"))
    }
}

pub(crate) fn updated() -> Alert {
    let mut alert = opened();
    alert.id = "alert_updated".into();
    alert.event = Event::Updated;
    alert.incident.phase = Some(Phase::Identified);
    alert.updates = vec![update("u2", Phase::Identified, "12:20:00", "A deploy broke the sessions.")];
    alert.components[0].was = None;
    alert.components[1].status = ComponentStatus::MajorOutage;
    alert.components[1].was = Some(ComponentStatus::PartialOutage);
    alert.widened = true;
    alert.severity_before = Some(Severity::Minor);
    alert.seen_at = at("12:20:20");
    alert
}

pub(crate) fn resolved() -> Alert {
    let mut alert = opened();
    alert.id = "alert_resolved".into();
    alert.event = Event::Resolved;
    alert.how_ended = Some(HowEnded::ByProvider);
    alert.incident.phase = Some(Phase::Resolved);
    alert.incident.ended_at = Some(at("13:10:00"));
    alert.how_ended = Some(HowEnded::ByProvider);
    alert.updates = vec![
        update("u3", Phase::Monitoring, "12:50:00", "The fix is out."),
        update("u4", Phase::Resolved, "13:10:00", "Sign-ins work again."),
    ];
    for component in &mut alert.components {
        component.was = component.status.is_trouble().then_some(component.status);
        component.status = ComponentStatus::Operational;
    }
    alert.seen_at = at("13:11:00");
    alert
}

pub(crate) fn scheduled() -> Alert {
    let mut alert = opened();
    alert.id = "alert_scheduled".into();
    alert.event = Event::Scheduled;
    alert.severity = Severity::Maintenance;
    alert.incident.kind = Kind::Maintenance;
    alert.incident.title = "Database upgrade".to_owned();
    alert.incident.phase = Some(Phase::Scheduled);
    alert.incident.impact = None;
    alert.incident.started_at = None;
    alert.incident.window = Some(Window { starts_at: Some(at("22:00:00")), ends_at: Some(at("23:30:00")) });
    alert.updates = vec![update("u5", Phase::Scheduled, "09:00:00", "Writes pause for a minute.")];
    alert.components = vec![component("API", ComponentStatus::UnderMaintenance, None)];
    alert
}

/// 43 changes of one page in one read.
fn summary() -> Alert {
    let item = |number: usize, event, severity| SummaryItem {
        incident: format!("inc{number}").into(),
        episode: 1,
        title: format!("Trouble {number}"),
        event,
        severity,
        components: vec![component("API", ComponentStatus::MajorOutage, None)],
        tags_everything: false,
        opened_in: None,
    };
    let mut alert = Alert { event: Event::Summary, ..opened() };
    alert.summary.extend((0..20).map(|number| item(number, Event::Resolved, Severity::Major)));
    alert.summary.extend((20..42).map(|number| item(number, Event::Opened, Severity::Minor)));
    alert.summary.push(item(42, Event::Opened, Severity::Major));
    alert.updates.clear();
    alert.components.clear();
    alert
}

/// A status page that cannot be read.
fn source() -> Alert {
    let mut alert = opened();
    alert.severity = Severity::Minor;
    alert.incident = IncidentFacts {
        id: "source@1786017480".into(),
        title: "Status page unreachable".to_owned(),
        phase: None,
        impact: None,
        url: None,
        ..alert.incident
    };
    alert.note = Some("answered 503".to_owned());
    alert.updates.clear();
    alert.components.clear();
    alert
}

/// All pages of a platform cannot be read, or can again.
pub(crate) fn platform(event: Event) -> Alert {
    let provider =
        |number: usize| ConcernedProvider { id: format!("p{number}").into(), name: format!("Provider {number:02}") };
    let mut alert = Alert { event, provider_name: "Statuspage".to_owned(), ..source() };
    alert.incident.ended_at = (event == Event::Readable).then(|| at("14:00:00"));
    alert.concerned = (1..=30).map(provider).collect();
    alert
}

/// An alert of this event.
pub(crate) fn of_event(event: Event) -> Alert {
    let destination = "ops".into();
    match event {
        Event::Test => notice::test(&destination, at("12:00:30")),
        Event::Confirm => notice::confirm(&destination, "1", at("12:00:30")),
        Event::Disabled => notice::disabled(&destination, "answered 404: no_service", at("12:00:30")),
        Event::Unmatched => {
            let page = Provider {
                id: "clerk".into(),
                name: "Clerk".to_owned(),
                page_url: "https://status.clerk.example".to_owned(),
                format: None,
                interval: None,
            };
            let entries = vec!["Sign-in".to_owned(), "group:Europe".to_owned()];
            notice::unmatched(&page, &"clerk-login".into(), entries, at("12:00:30"))
        }
        Event::Summary => summary(),
        Event::Unreadable | Event::Readable => Alert { event, ..source() },
        event => Alert { event, ..opened() },
    }
}

/// Every text field filled with `text`, in 300 components and 30 updates.
pub(crate) fn filled(text: &str) -> Alert {
    let mut alert = updated();
    alert.id = text.into();
    alert.provider = text.into();
    alert.provider_name = text.to_owned();
    alert.page_url = text.to_owned();
    alert.note = Some(text.to_owned());
    alert.incident.id = text.into();
    alert.incident.title = text.to_owned();
    alert.incident.url = Some(match text.strip_prefix("https:") {
        Some(_) => text.to_owned(),
        None => format!("https://status.example/{}", "x".repeat(950)),
    });
    alert.incident.ended_at = Some(at("13:10:00"));
    let mut update = alert.updates[0].clone();
    update.id = text.into();
    update.body = Some(text.to_owned());
    alert.updates = vec![update; 30];
    // Long enough to be cut; longer ones would only slow the tests.
    let name: String = text.chars().take(200).collect();
    let named = NamedComponent {
        joined: true,
        trouble: Some(Trouble { status: None, from: at("11:58:00"), until: None, seconds: None }),
        id: text.into(),
        name: name.clone(),
        group: Some(name),
        status: ComponentStatus::MajorOutage,
        was: Some(ComponentStatus::Operational),
        released: false,
    };
    let item = SummaryItem {
        incident: text.into(),
        episode: 1,
        title: text.to_owned(),
        event: Event::Opened,
        severity: Severity::Major,
        components: vec![named.clone(); 3],
        tags_everything: false,
        opened_in: None,
    };
    alert.summary = vec![item; 30];
    alert.concerned = vec![ConcernedProvider { id: text.into(), name: text.to_owned() }; 30];
    alert.monitor = Some(text.into());
    alert.unmatched = vec![text.to_owned(); 30];
    alert.title_before = Some(text.to_owned());
    alert.components = vec![named; 300];
    alert
}

/// Texts meant to break out, to be too long, or to be more bytes than characters.
pub(crate) fn hostile_texts() -> Vec<String> {
    let soup = "<!channel> <!here> @here @everyone <@U012AB3CD> <#C024BE91L> <!subteam^S1> <!date^0^{date}|x> \
                <https://evil.example|Incident page> *b* _i_ ~s~ `c` ```d``` > q :tada: **md** [l](javascript:x) \
                <script>alert(1)</script> &lt;!channel&gt; \\\" \u{202e}sdrawkcab\u{2066} \u{200b}\u{feff} \u{1b}[31m\u{0}";
    vec![
        String::new(),
        soup.to_owned(),
        soup.repeat(40),
        "x".repeat(10_000),
        "\"\\".repeat(5_000),
        "&<>".repeat(4_000),
        "👩\u{200d}👩\u{200d}👧".repeat(2_000),
        "مرحبا بالعالم ".repeat(800),
        "𝔘".repeat(10_000),
        "a\n\n\n".repeat(3_000),
        format!("https://evil.example/?{}", "&|<>".repeat(300)),
        format!("https://evil.example/{}", "x|>".repeat(5_000)),
    ]
}

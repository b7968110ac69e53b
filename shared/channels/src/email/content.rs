//! What a mail says, the same in its text and its HTML part: in plain words, cleaned, in the recipient's time and cut
//! to a [`Fit`]. Nothing is escaped yet.
use jiff::Timestamp;
use status::{
    alert::{Alert, NamedComponent},
    snapshot::{Kind, Update},
    words::{ComponentStatus, Event, Severity},
};
use url::Url;

use super::{Recipient, address::Sender};
use crate::{Job, MailJob, text};

// Characters; no sane page comes near.
const TITLE: usize = 300;
const NOTE: usize = 300;
/// Mail programs show about 100 next to the subject.
const PREVIEW: usize = 140;
/// A longer link is left out: cut it would lead elsewhere.
const LINK: usize = 1_000;

/// How much of the vendor's text is shown.
pub(super) struct Fit {
    /// Characters of each update.
    pub(super) body: usize,
    /// Newest updates.
    pub(super) updates: usize,
    pub(super) components: usize,
}

pub(super) struct Content {
    /// What mail programs show of the mail before it is opened.
    pub(super) preview: String,
    /// Who it is about.
    pub(super) from: String,
    /// What happened: `Investigating (major)`.
    pub(super) state: String,
    pub(super) tone: Tone,
    pub(super) title: String,
    pub(super) facts: Vec<(&'static str, String)>,
    /// Sentences of ours above everything the vendor wrote.
    pub(super) remarks: Vec<String>,
    /// Newest first.
    pub(super) updates: Vec<Told>,
    /// Older updates that are not shown.
    pub(super) left_out: usize,
    pub(super) components: Vec<Row>,
    /// Components that are not shown.
    pub(super) more: usize,
    /// Sentences of ours below: why it came.
    pub(super) reasons: Vec<&'static str>,
    /// The first is the one to follow.
    pub(super) links: Vec<Link>,
    /// Why it came here at all.
    pub(super) footer: String,
    /// How to be spared.
    pub(super) way_out: Option<Link>,
}

/// What colour may underline; everything is said in words too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Major,
    Minor,
    Planned,
    Good,
    Quiet,
}

/// One update.
pub(super) struct Told {
    pub(super) phase: String,
    pub(super) at: Option<String>,
    pub(super) body: String,
}

/// One component.
pub(super) struct Row {
    pub(super) name: String,
    /// Empty where nobody knows.
    pub(super) status: &'static str,
    pub(super) was: Option<&'static str>,
    pub(super) tone: Tone,
}

pub(super) struct Link {
    pub(super) label: &'static str,
    pub(super) url: String,
}

pub(super) fn content(job: &Job<'_>, mail: &MailJob<'_>, sender: &Sender, recipient: &Recipient, fit: &Fit) -> Content {
    let Job { alert, .. } = job;
    match alert.event {
        Event::Confirm => question(mail, sender),
        Event::Test | Event::Disabled => notice(alert, mail, sender),
        _ => news(job, mail, sender, recipient, fit),
    }
}

fn news(job: &Job<'_>, mail: &MailJob<'_>, sender: &Sender, recipient: &Recipient, fit: &Fit) -> Content {
    let alert = job.alert;
    let is_source = matches!(alert.event, Event::Unreadable | Event::Readable);
    let left_out = alert.updates.len().saturating_sub(fit.updates);
    let updates: Vec<Told> =
        alert.updates[left_out..].iter().rev().map(|update| told(update, recipient, fit.body)).collect();
    let shown = if alert.tags_everything { 0 } else { alert.components.len() };
    let components = text::by_weight(&alert.components).into_iter().take(shown.min(fit.components)).map(row).collect();

    let note = text::note(alert).filter(|note| !note.is_empty()).map(|note| sentence(&text::cut(&note, NOTE)));
    let widened = alert.widened.then(|| sentence(text::WIDENED));
    let reasons = [(alert.tags_everything, text::TAGS_EVERYTHING), (job.unknown, text::UNKNOWN)];
    let state = capital(&text::state(alert));
    let lasted = text::lasted(&alert.incident).map(|lasted| format!(" after {lasted}")).unwrap_or_default();
    let newest = updates.first().map(|update| text::one_line(&update.body)).unwrap_or_default();
    Content {
        preview: text::cut(format!("{state}{lasted}. {newest}").trim_end(), PREVIEW),
        from: text::provider(alert),
        tone: tone(alert),
        title: text::cut(&text::one_line(&alert.incident.title), TITLE),
        facts: facts(alert, recipient, is_source),
        remarks: widened.into_iter().chain(note).collect(),
        left_out,
        more: shown.saturating_sub(fit.components),
        reasons: reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, sentence)| sentence).collect(),
        links: links(job),
        footer: footer(mail, sender),
        way_out: Some(unsubscribe(mail)),
        state,
        updates,
        components,
    }
}

/// Asks for consent. Holds no word of anybody but us and the operator: whoever typed the address in could otherwise
/// mail through us.
fn question(mail: &MailJob<'_>, sender: &Sender) -> Content {
    let who = who(mail, sender);
    Content {
        preview: "Nothing else is sent to this address unless you agree.".to_owned(),
        tone: Tone::Planned,
        title: "Do you want these alerts?".to_owned(),
        remarks: vec![
            format!(
                "Somebody gave this address to {who}, which watches the status pages of cloud services and tells of \
                 their incidents and maintenance."
            ),
            "Nothing else is sent here unless you agree. If you do not know what this is about, just ignore this mail."
                .to_owned(),
        ],
        links: vec![Link { label: "Agree or decline", url: mail.page.to_owned() }],
        footer: format!("You get this mail because this address was given to {who}."),
        ..blank(sender, "Please confirm")
    }
}

fn notice(alert: &Alert, mail: &MailJob<'_>, sender: &Sender) -> Content {
    let (state, tone, sentence_of_ours) = match alert.event {
        Event::Disabled => ("Disabled", Tone::Minor, "It stays so until it is set right and enabled again."),
        _ => ("Test", Tone::Good, "Alerts reach this address. Nothing has happened: this is only a test."),
    };
    let note = text::note(alert).filter(|note| !note.is_empty());
    let note = note.map(|note| sentence(&text::cut(&format!("The reason: {note}"), NOTE)));
    Content {
        preview: sentence_of_ours.to_owned(),
        tone,
        title: text::cut(&text::one_line(&alert.incident.title), TITLE),
        remarks: note.into_iter().chain([sentence_of_ours.to_owned()]).collect(),
        footer: footer(mail, sender),
        way_out: Some(unsubscribe(mail)),
        ..blank(sender, state)
    }
}

fn blank(sender: &Sender, state: &str) -> Content {
    Content {
        preview: String::new(),
        from: sender.display_name(),
        state: state.to_owned(),
        tone: Tone::Quiet,
        title: String::new(),
        facts: Vec::new(),
        remarks: Vec::new(),
        updates: Vec::new(),
        left_out: 0,
        components: Vec::new(),
        more: 0,
        reasons: Vec::new(),
        links: Vec::new(),
        footer: String::new(),
        way_out: None,
    }
}

fn tone(alert: &Alert) -> Tone {
    match alert.event {
        Event::Cancelled | Event::Unreadable => Tone::Quiet,
        event if event.is_end() => Tone::Good,
        _ if alert.incident.kind == Kind::Maintenance => Tone::Planned,
        _ if alert.severity == Severity::Major => Tone::Major,
        _ => Tone::Minor,
    }
}

fn facts(alert: &Alert, recipient: &Recipient, is_source: bool) -> Vec<(&'static str, String)> {
    let incident = &alert.incident;
    let show = |time: Timestamp| recipient.clock.show(time);
    let mut facts = Vec::new();
    if !is_source && alert.severity != Severity::Maintenance {
        facts.push(("Severity", alert.severity.as_str().to_owned()));
    }
    facts.extend(incident.impact.map(|impact| ("Vendor's impact", text::impact(impact).to_owned())));
    let (starts, ends) = incident.window.map_or((None, None), |window| (window.starts_at, window.ends_at));
    facts.extend(starts.map(|time| ("Planned start", show(time))));
    facts.extend(ends.map(|time| ("Planned end", show(time))));
    match incident.started_at {
        Some(started) => facts.push(("Started", show(started))),
        None if starts.is_none() => facts.push(("First seen", show(incident.first_seen_at))),
        None => {}
    }
    facts.extend(incident.ended_at.map(|ended| ("Ended", show(ended))));
    facts.extend(text::lasted(incident).map(|lasted| ("Lasted", lasted)));
    facts
}

fn told(update: &Update, recipient: &Recipient, limit: usize) -> Told {
    Told {
        phase: capital(update.phase.map_or("update", |phase| phase.as_str())),
        at: update.posted_at.map(|time| recipient.clock.show(time)),
        body: text::cut(&text::clean(update.body.as_deref().unwrap_or_default()), limit),
    }
}

fn row(component: &NamedComponent) -> Row {
    let status = component.status;
    Row {
        name: text::component_name(component),
        status: if status == ComponentStatus::Unknown && component.was.is_none() { "" } else { status.as_str() },
        was: component.was.map(ComponentStatus::as_str),
        tone: match status {
            ComponentStatus::Unknown => Tone::Quiet,
            ComponentStatus::Operational => Tone::Good,
            ComponentStatus::UnderMaintenance => Tone::Planned,
            ComponentStatus::DegradedPerformance => Tone::Minor,
            ComponentStatus::PartialOutage | ComponentStatus::MajorOutage => Tone::Major,
        },
    }
}

fn links(job: &Job<'_>) -> Vec<Link> {
    let vendor = match &job.alert.incident.url {
        Some(url) => link(url, "Vendor's page"),
        None => link(&job.alert.page_url, "Vendor's status page"),
    };
    let label = if job.alert.incident.kind == Kind::Maintenance { "View maintenance" } else { "View incident" };
    job.incident_url.and_then(|url| link(url, label)).into_iter().chain(vendor).collect()
}

fn link(url: &str, label: &'static str) -> Option<Link> {
    let url = text::web_url(url)?;
    (url.as_str().len() <= LINK).then(|| Link { label, url: url.into() })
}

fn unsubscribe(mail: &MailJob<'_>) -> Link {
    Link { label: "Unsubscribe", url: mail.page.to_owned() }
}

fn footer(mail: &MailJob<'_>, sender: &Sender) -> String {
    format!("You get this because this address was signed up for alerts at {}.", who(mail, sender))
}

/// `statuswire (status.example)`
fn who(mail: &MailJob<'_>, sender: &Sender) -> String {
    let page = Url::parse(mail.page).ok();
    match page.as_ref().and_then(Url::host_str) {
        Some(host) => format!("{} ({host})", sender.display_name()),
        None => sender.display_name(),
    }
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn sentence(words: &str) -> String {
    let words = capital(words);
    if words.ends_with(['.', '!', '?', '…']) { words } else { format!("{words}.") }
}

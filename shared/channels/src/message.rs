//! One alert as a message that belongs to no channel yet: plain, cleaned words in the order people look for them. A
//! channel renders it: it says how a time and a link are written, escapes what it must, and shrinks it by a
//! [`SizeBudget`].
mod budget;
mod components;
mod facts;
mod state;

use jiff::Timestamp;
use status::{
    alert::Alert,
    snapshot::{Kind, Update},
    words::{ComponentStatus, Event, Severity},
};

use crate::{
    Job,
    text::{clean, cut, one_line, web_url},
};

pub(crate) use budget::SizeBudget;
pub(crate) use components::{Component, by_weight};
pub(crate) use facts::Fact;

// Lengths in characters. They bound what hostile pages write; real texts are shorter.
/// A provider's share of a headline; the rest is the title's.
const MAX_PROVIDER: usize = 60;
const MAX_TITLE: usize = 300;
const MAX_NOTE: usize = 300;
/// The name of a destination in a sentence.
const MAX_DESTINATION: usize = 60;

/// Why an alert is sent although the component filter could not decide.
const UNKNOWN: &str = "Sent because the provider did not name components, so your filter could not be applied.";
/// In place of a list that says nothing.
const TAGS_EVERYTHING: &str = "The provider marked every component of the page as affected.";
const ESCALATED: &str = "Higher severity or more components affected than before";

pub(crate) struct Message {
    pub(crate) event: Event,
    /// Whose status page it is about; `statuswire` in a notice.
    pub(crate) provider: String,
    pub(crate) title: String,
    /// What happened, in a few words: `investigating (major)`.
    pub(crate) state: String,
    pub(crate) tone: Tone,
    /// Empty in a notice.
    pub(crate) facts: Vec<Fact>,
    /// Compared with the alert before it.
    pub(crate) escalated: Option<&'static str>,
    /// Why an incident was closed, a page is unreachable or a destination is paused. May quote foreign text.
    pub(crate) note: Option<String>,
    /// What a notice asks its reader to do.
    pub(crate) advice: Option<String>,
    /// What is new, oldest first.
    pub(crate) updates: Vec<Post>,
    /// Changed ones first, then the worst. Empty if the provider tagged its whole page.
    pub(crate) components: Vec<Component>,
    /// Sentences of ours about the components and the filter.
    pub(crate) reasons: Vec<&'static str>,
    /// Our page, then the provider's; none in a notice.
    pub(crate) links: Vec<Link>,
}

/// What a colour may underline. Words say the same, because not everybody sees colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Major,
    Minor,
    Planned,
    Good,
    Quiet,
}

/// One update of an incident.
pub(crate) struct Post {
    /// `investigating`, or `update` if the provider names no phase.
    pub(crate) phase: &'static str,
    pub(crate) at: Option<Timestamp>,
    pub(crate) body: String,
}

pub(crate) struct Link {
    pub(crate) label: &'static str,
    /// Absolute, http or https, at most [`crate::text::MAX_URL`] long.
    pub(crate) url: String,
}

impl Message {
    pub(crate) fn of(job: &Job<'_>) -> Self {
        let alert = job.alert;
        let reasons = [(alert.tags_everything, TAGS_EVERYTHING), (job.unknown, UNKNOWN)];
        let components: &[_] = if alert.tags_everything { &[] } else { &alert.components };
        Self {
            event: alert.event,
            provider: provider(alert),
            title: cut(&one_line(&alert.incident.title), MAX_TITLE),
            state: state::state(alert),
            tone: tone(alert),
            facts: facts::facts(alert),
            escalated: alert.widened.then_some(ESCALATED),
            note: note(alert),
            advice: advice(alert),
            updates: alert.updates.iter().map(Post::of).collect(),
            components: by_weight(components).into_iter().map(Component::of).collect(),
            reasons: reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, sentence)| sentence).collect(),
            links: links(job),
        }
    }

    pub(crate) fn is_notice(&self) -> bool {
        self.event.is_notice()
    }

    /// `Clerk: Sign-in errors — investigating (major)`, within `limit` characters (at least 150). A long title is cut;
    /// what happened is not.
    pub(crate) fn headline(&self, limit: usize) -> String {
        let Self { provider, title, state, .. } = self;
        match self.event {
            event if event.is_notice() => cut(&format!("{provider}: {title}"), limit),
            Event::Unreadable | Event::Readable => format!("{provider}: {state}"),
            _ => {
                let around = provider.chars().count() + state.chars().count() + ":  — ".chars().count();
                format!("{provider}: {} — {state}", cut(title, limit.saturating_sub(around)))
            }
        }
    }

    /// The newest updates within the budget, oldest first, and how many older ones are left out.
    pub(crate) fn posts(&self, budget: &SizeBudget) -> (usize, Vec<Post>) {
        let earlier = self.updates.len().saturating_sub(budget.updates);
        let posts = self.updates[earlier..].iter();
        (earlier, posts.map(|post| Post { body: cut(&post.body, budget.body), ..*post }).collect())
    }

    /// `API — major outage (was operational)`, one line per component; what exceeds `most` lines is counted.
    pub(crate) fn component_lines(&self, most: usize) -> String {
        let more = self.components.len().saturating_sub(most);
        let lines = self.components.iter().take(most).map(Component::line);
        lines.chain((more > 0).then(|| format!("… and {more} more"))).collect::<Vec<_>>().join("\n")
    }

    /// The facts of a chat message in one line, separated by dots. `None` if there are none.
    pub(crate) fn facts_line(&self, date: impl Fn(Timestamp) -> String) -> Option<String> {
        let facts = self.facts.iter().map(|fact| fact.in_line(&date));
        let parts: Vec<String> = facts.chain(self.escalated.map(str::to_owned)).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }
}

impl Post {
    fn of(update: &Update) -> Self {
        Self {
            phase: update.phase.map_or("update", |phase| phase.as_str()),
            at: update.posted_at,
            body: clean(update.body.as_deref().unwrap_or_default()),
        }
    }

    /// Phase and time, with the channel's mark for bold text around the phase.
    pub(crate) fn head(&self, bold: &str, between: &str, date: impl Fn(Timestamp) -> String) -> String {
        let phase = self.phase;
        match self.at {
            Some(at) => format!("{bold}{phase}{bold}{between}{}", date(at)),
            None => format!("{bold}{phase}{bold}"),
        }
    }
}

impl Tone {
    pub(crate) fn of_component(status: ComponentStatus) -> Self {
        match status {
            ComponentStatus::Unknown => Self::Quiet,
            ComponentStatus::Operational => Self::Good,
            ComponentStatus::UnderMaintenance => Self::Planned,
            ComponentStatus::DegradedPerformance => Self::Minor,
            ComponentStatus::PartialOutage | ComponentStatus::MajorOutage => Self::Major,
        }
    }
}

/// Said in place of the older updates.
pub(crate) fn not_shown(earlier: usize) -> Option<String> {
    match earlier {
        0 => None,
        1 => Some("1 earlier update not shown.".to_owned()),
        _ => Some(format!("{earlier} earlier updates not shown.")),
    }
}

/// Short enough to leave room for more.
pub(crate) fn provider(alert: &Alert) -> String {
    cut(&one_line(&alert.provider_name), MAX_PROVIDER)
}

fn tone(alert: &Alert) -> Tone {
    match alert.event {
        Event::Test => Tone::Good,
        Event::Confirm => Tone::Planned,
        Event::Cancelled | Event::Unreadable => Tone::Quiet,
        event if event.is_end() => Tone::Good,
        _ if alert.incident.kind == Kind::Maintenance || alert.severity == Severity::Maintenance => Tone::Planned,
        _ if alert.severity == Severity::Major => Tone::Major,
        _ => Tone::Minor,
    }
}

/// The note, unless the state tells it.
fn note(alert: &Alert) -> Option<String> {
    let note = alert.note.as_deref().filter(|_| state::closing_note(alert).is_none()).map(one_line)?;
    let note = if alert.event == Event::Disabled { format!("Reason: {note}") } else { note };
    (!note.is_empty()).then(|| cut(&note, MAX_NOTE))
}

fn advice(alert: &Alert) -> Option<String> {
    match (alert.event, &alert.destination) {
        (Event::Test, _) => Some("Alerts reach this destination. Nothing happened: this is only a test.".to_owned()),
        (Event::Disabled, Some(destination)) => {
            let destination = cut(&one_line(destination.as_str()), MAX_DESTINATION);
            Some(format!("Fix it, then run `statuswire test {destination}`."))
        }
        _ => None,
    }
}

fn links(job: &Job<'_>) -> Vec<Link> {
    let incident = &job.alert.incident;
    if job.alert.event.is_notice() {
        return Vec::new();
    }
    let link = |url: &str, label| web_url(url).map(|url| Link { label, url: url.into() });
    let theirs = match &incident.url {
        Some(url) => link(url, "Provider's incident page"),
        None => link(&job.alert.page_url, "Provider's status page"),
    };
    let label = if incident.kind == Kind::Maintenance { "View maintenance" } else { "View incident" };
    job.incident_url.and_then(|url| link(url, label)).into_iter().chain(theirs).collect()
}

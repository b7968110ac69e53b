//! One alert as a message that belongs to no channel yet: plain, cleaned words in the order people look for them. A
//! channel renders it: it says how a time and a link are written, escapes what it must, and shrinks it by a
//! [`SizeBudget`].
mod budget;
mod changes;
mod components;
mod facts;
mod head;
mod names;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use status::{
    alert::Alert,
    snapshot::{Kind, Update},
    words::{ComponentStatus, Event},
};

use crate::{
    Job,
    text::{Dates, capital, clean, cut, one_line, web_url},
};

pub(crate) use budget::{MAX_NAMES, SizeBudget};
pub(crate) use components::by_weight;
pub(crate) use facts::Fact;
pub(crate) use names::{Name, NameList};

// Lengths in characters. They bound what hostile pages write; real texts are shorter.
/// A provider's share of a headline; the rest is the title's.
const MAX_PROVIDER: usize = 60;
const MAX_TITLE: usize = 300;
/// The name of a destination or a monitor in a sentence.
const MAX_DESTINATION: usize = 60;

// Why an alert is sent although the component filter could not decide.
const NONE_NAMED: &str = "Sent because the provider did not name components, so your filter could not be applied.";
const ALL_NAMED: &str =
    "Sent because the provider named every component of its page, so your filter could not be applied.";
const NO_MATCH: &str = "Sent because your filter fits none of the components on the status page.";
const NO_COMPONENTS: &str = "No components listed.";

pub(crate) struct Message {
    pub(crate) event: Event,
    /// Whose status page it is about; `statuswire` in a notice.
    pub(crate) provider: String,
    pub(crate) title: String,
    /// The title says whom it is about.
    pub(crate) title_is_whole: bool,
    /// What happened, before everything else: `Resolved`. `None` in the course of an incident.
    pub(crate) label: Option<&'static str>,
    /// The same for mail, where nothing else says the phase: `investigating (major)`.
    pub(crate) state: String,
    pub(crate) tone: Tone,
    /// Below the headline of a chat message. Empty in a notice.
    pub(crate) line: Vec<Fact>,
    /// The table of a mail. Empty in a notice.
    pub(crate) facts: Vec<Fact>,
    /// What else changed since the alert before, a line each. May quote foreign text.
    pub(crate) changes: Vec<String>,
    /// Why an incident was closed, a page is unreachable or a destination is paused. May quote foreign text.
    pub(crate) note: Option<String>,
    /// What a notice asks its reader to do.
    pub(crate) advice: Option<String>,
    /// What is new, oldest first.
    pub(crate) updates: Vec<Post>,
    /// Every component by its state, worst first; or the providers, or the entries of a filter, that it is about.
    pub(crate) lists: Vec<NameList>,
    /// In place of the lists, once every component is operational.
    pub(crate) closing: Option<String>,
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
    /// May quote the provider's name.
    pub(crate) label: String,
    /// Absolute, http or https, at most [`crate::text::MAX_URL`] long.
    pub(crate) url: String,
}

impl Message {
    pub(crate) fn of(job: &Job<'_>) -> Self {
        let alert = job.alert;
        let provider = provider(alert);
        let many = changes::title_of_many(alert, &provider);
        let of_source = matches!(alert.event, Event::Unreadable | Event::Readable);
        Self {
            event: alert.event,
            title_is_whole: many.is_some() && of_source,
            title: many.unwrap_or_else(|| cut(&one_line(&alert.incident.title), MAX_TITLE)),
            label: head::label(alert),
            state: head::state(alert),
            tone: head::tone(alert),
            line: facts::line(alert),
            facts: facts::table(alert),
            changes: changes::changes(alert),
            note: head::note(alert),
            advice: advice(alert),
            updates: alert.updates.iter().map(Post::of).collect(),
            lists: changes::names_of_many(alert).into_iter().chain(components::lists(alert)).collect(),
            closing: components::closing(alert),
            reasons: reasons(job),
            links: links(job, &provider),
            provider,
        }
    }

    /// Without a word.
    pub(crate) fn empty(event: Event) -> Self {
        Self {
            event,
            provider: String::new(),
            title: String::new(),
            title_is_whole: false,
            label: None,
            state: String::new(),
            tone: Tone::Quiet,
            line: Vec::new(),
            facts: Vec::new(),
            changes: Vec::new(),
            note: None,
            advice: None,
            updates: Vec::new(),
            lists: Vec::new(),
            closing: None,
            reasons: Vec::new(),
            links: Vec::new(),
        }
    }

    pub(crate) fn is_notice(&self) -> bool {
        self.event.is_notice()
    }

    /// `✅ Resolved – Clerk: Sign-in errors`, within `limit` characters (at least 150). A long title is cut; what
    /// happened is not.
    pub(crate) fn headline(&self, limit: usize) -> String {
        let Self { provider, title, .. } = self;
        let emoji = if self.is_notice() { String::new() } else { format!("{} ", self.tone.emoji()) };
        match (self.label, self.event) {
            (_, Event::Unreadable | Event::Readable) if self.title_is_whole => cut(&format!("{emoji}{title}"), limit),
            (Some(label), Event::Unreadable | Event::Readable) => {
                format!("{emoji}{provider}: {}", label.to_lowercase())
            }
            (_, event) if event.is_notice() || event == Event::Summary => {
                cut(&format!("{emoji}{provider}: {title}"), limit)
            }
            (label, _) => {
                let head = label.map_or_else(String::new, |label| format!("{label} – "));
                let head = format!("{emoji}{head}{provider}: ");
                let left = limit.saturating_sub(head.chars().count());
                format!("{head}{}", cut(title, left)).trim_end().to_owned()
            }
        }
    }

    /// The headline with the state: for notifications, which show nothing else.
    pub(crate) fn notification(&self, limit: usize) -> String {
        let words = self.line.iter().filter_map(|fact| match fact {
            Fact::State(word) => Some(capital(word)),
            Fact::Severity(severity) => Some(severity.as_str().to_owned()),
            Fact::Lasted(_) => Some(fact.value(|_| String::new())),
            _ => None,
        });
        [self.headline(limit)].into_iter().chain(words).collect::<Vec<_>>().join(" · ")
    }

    /// The newest updates within the budget, oldest first, and how many older ones are left out.
    pub(crate) fn posts(&self, budget: &SizeBudget) -> (usize, Vec<Post>) {
        let earlier = self.updates.len().saturating_sub(budget.updates);
        let posts = self.updates[earlier..].iter();
        (earlier, posts.map(|post| Post { body: cut(&post.body, budget.body), ..*post }).collect())
    }

    /// Each update needs its phase and time: there are several, or the line below the headline says others.
    pub(crate) fn has_heads(&self) -> bool {
        let [only] = &self.updates[..] else { return true };
        let says_phase = |fact: &Fact| matches!(fact, Fact::State(word) if *word == only.phase);
        only.body.is_empty() || !(self.line.iter().any(says_phase) || self.label.is_some())
    }

    /// What else changed, with the components or the sentence about them, a line each.
    pub(crate) fn component_lines(&self, budget: &SizeBudget) -> Vec<String> {
        self.lists.iter().map(|list| list.line(budget.names)).chain(self.closing.clone()).collect()
    }

    /// The line below the headline. `bold` is the channel's mark around the state. `None` if there is nothing to say.
    pub(crate) fn facts_line(&self, bold: &str, dates: &Dates) -> Option<String> {
        let parts: Vec<String> = self.line.iter().map(|fact| fact.in_line(bold, dates)).collect();
        (!parts.is_empty()).then(|| capital(&parts.join(" · ")))
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
    pub(crate) fn head(&self, bold: &str, dates: &Dates) -> String {
        let phase = capital(self.phase);
        match self.at {
            Some(at) => format!("{bold}{phase}{bold} · {}", (dates.at)(at)),
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

/// What an alert is about, on one line.
pub(crate) fn title(alert: &Alert) -> String {
    changes::title_of_many(alert, &provider(alert)).unwrap_or_else(|| one_line(&alert.incident.title))
}

fn advice(alert: &Alert) -> Option<String> {
    match (alert.event, &alert.destination) {
        (Event::Test, _) => Some("Alerts reach this destination. Nothing happened: this is only a test.".to_owned()),
        (Event::Disabled, Some(destination)) => {
            let destination = cut(&one_line(destination.as_str()), MAX_DESTINATION);
            Some(format!("Fix it, then run `statuswire test {destination}`."))
        }
        (Event::Unmatched, _) => {
            let page = web_url(&alert.page_url).map_or_else(|| "URL".to_owned(), String::from);
            Some(format!(
                "Correct `components` of the monitor; `statuswire probe {page}` shows the names on the page. Until \
                 then its `unknown` decides whether alerts are sent."
            ))
        }
        _ => None,
    }
}

fn reasons(job: &Job<'_>) -> Vec<&'static str> {
    let alert = job.alert;
    let filter = match (alert.components.is_empty(), alert.tags_everything) {
        (true, _) => NONE_NAMED,
        (false, true) => ALL_NAMED,
        (false, false) => NO_MATCH,
    };
    let is_of_incident =
        !alert.event.is_notice() && !alert.event.is_end() && !matches!(alert.event, Event::Unreadable | Event::Summary);
    let unlisted = is_of_incident && alert.components.is_empty() && !job.unknown;
    let reasons = [(job.unknown, filter), (unlisted, NO_COMPONENTS)];
    reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, sentence)| sentence).collect()
}

fn links(job: &Job<'_>, provider: &str) -> Vec<Link> {
    let alert = job.alert;
    if alert.event.is_notice() {
        return Vec::new();
    }
    let link = |url: &str, label: String| web_url(url).map(|url| Link { label, url: url.into() });
    let theirs = if provider.is_empty() { "Status page".to_owned() } else { format!("{provider}'s page") };
    let url = alert.incident.url.as_deref().unwrap_or(&alert.page_url);
    let ours = match (alert.event.has_incident_page(), alert.incident.kind) {
        (false, _) if alert.is_held_summary() => "View incidents",
        (false, _) if !alert.concerned.is_empty() => "View providers",
        (false, _) => "View provider",
        (true, Kind::Maintenance) => "View maintenance",
        (true, Kind::Incident) => "View incident",
    };
    let ours = job.incident_url.and_then(|url| link(url, ours.to_owned()));
    let acknowledge = job.mail.and_then(|mail| mail.acknowledge);
    let acknowledge = acknowledge.and_then(|url| link(url, "Acknowledge or mute".to_owned()));
    ours.into_iter().chain(link(url, theirs)).chain(acknowledge).collect()
}

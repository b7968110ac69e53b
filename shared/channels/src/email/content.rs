//! What a mail says, the same in its text and its HTML part: the message in the recipient's time, within a
//! [`SizeBudget`], and why it came. Nothing is escaped yet.
use jiff::Timestamp;
use status::words::{Event, Severity};
use url::Url;

use super::{Recipient, address::Sender};
use crate::{
    Job, MailJob,
    message::{Fact, Link, Message, NameList, SizeBudget, Tone, not_shown},
    text::{capital, cut, one_line},
};

/// Characters. Mail programs show about 100 next to the subject.
const MAX_PREVIEW: usize = 140;
const CONSENT: &str = "You will receive nothing until you confirm.";

pub(super) struct Content<'a> {
    /// What mail programs show of the mail before it is opened.
    pub(super) preview: String,
    /// Whose status page it is about; the sender in a notice.
    pub(super) name: String,
    pub(super) title: String,
    /// What happened: `Investigating (major)`.
    pub(super) state: String,
    pub(super) tone: Tone,
    /// Labels and values.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Above everything the provider wrote: what changed, why, and what to do.
    pub(super) remarks: Vec<String>,
    /// Newest first.
    pub(super) updates: Vec<Update>,
    /// Says how many older updates are left out.
    pub(super) not_shown: Option<String>,
    pub(super) lists: &'a [NameList],
    /// Names of each list that are shown.
    pub(super) names: usize,
    /// In place of the lists, once every component is operational.
    pub(super) closing: Option<&'a str>,
    /// Sentences of ours below the components.
    pub(super) reasons: &'a [&'static str],
    /// The first is the one to follow.
    pub(super) links: &'a [Link],
    /// Why the mail came to this address.
    pub(super) footer: String,
    pub(super) unsubscribe: Option<Link>,
}

pub(super) struct Update {
    pub(super) phase: String,
    pub(super) at: Option<String>,
    pub(super) body: String,
}

impl<'a> Content<'a> {
    pub(super) fn of(
        message: &'a Message,
        mail: &MailJob<'_>,
        sender: &Sender,
        recipient: &Recipient,
        budget: &SizeBudget,
    ) -> Self {
        let show = |time: Timestamp| recipient.clock.show(time);
        let (earlier, posts) = message.posts(budget);
        let updates: Vec<Update> = posts
            .into_iter()
            .rev()
            .map(|post| Update { phase: capital(post.phase), at: post.at.map(show), body: post.body })
            .collect();
        let remarks = message.note.iter().chain(&message.advice);
        let state = capital(&message.state);
        Self {
            preview: preview(message, &state, updates.first()),
            name: if message.is_notice() { sender.display_name() } else { message.provider.clone() },
            title: message.title.clone(),
            state,
            tone: message.tone,
            facts: message.facts.iter().flat_map(|fact| rows(fact, show)).collect(),
            remarks: message.changes.iter().cloned().chain(remarks.map(|it| sentence(it))).collect(),
            updates,
            not_shown: not_shown(earlier),
            lists: &message.lists,
            names: budget.names,
            closing: message.closing.as_deref(),
            reasons: &message.reasons,
            links: &message.links,
            footer: footer(message.event, &operator(mail, sender)),
            unsubscribe: (message.event != Event::Confirm)
                .then(|| Link { label: "Unsubscribe".to_owned(), url: mail.page.to_owned() }),
        }
    }
}

/// The message of a mail. The question for consent holds no words but ours, the operator's and the address: whoever
/// types an address in could otherwise send mail in our name.
pub(super) fn message(job: &Job<'_>, mail: &MailJob<'_>, sender: &Sender, recipient: &Recipient) -> Message {
    if job.alert.event != Event::Confirm {
        return Message::of(job);
    }
    let operator = operator(mail, sender);
    Message {
        provider: sender.display_name(),
        title: format!("Confirm alerts for {}", recipient.address),
        state: "please confirm".to_owned(),
        tone: Tone::Planned,
        note: Some(format!(
            "Someone entered this address at {operator} to get alerts about incidents and maintenance."
        )),
        advice: Some(format!(
            "{CONSENT} Every email has an unsubscribe link. If you did not expect this email, ignore it."
        )),
        links: vec![Link { label: "Confirm or decline".to_owned(), url: mail.page.to_owned() }],
        ..Message::empty(Event::Confirm)
    }
}

fn preview(message: &Message, state: &str, newest: Option<&Update>) -> String {
    let words = match (message.event, &message.advice) {
        (Event::Confirm, _) => CONSENT.to_owned(),
        (_, Some(advice)) => advice.clone(),
        _ => {
            let duration = message.facts.iter().find_map(|fact| match fact {
                Fact::Lasted(_) => Some(format!(" after {}", fact.value(|_| String::new()))),
                _ => None,
            });
            let news = message.component_lines(&SizeBudget { body: 0, updates: 0, names: 3 });
            let newest = newest.map(|update| one_line(&update.body)).unwrap_or_default();
            let words = message.changes.iter().chain(&news).map(String::as_str).chain([newest.as_str()]);
            format!("{state}{}. {}", duration.unwrap_or_default(), words.collect::<Vec<_>>().join(" "))
        }
    };
    cut(words.trim_end(), MAX_PREVIEW)
}

/// A planned time takes two rows, because times in mails are long.
fn rows(fact: &Fact, show: impl Fn(Timestamp) -> String + Copy) -> Vec<(&'static str, String)> {
    match fact {
        Fact::Severity(Severity::Maintenance) => Vec::new(),
        Fact::Planned(window) => {
            let starts = window.starts_at.map(|at| ("Planned start", show(at)));
            let ends = window.ends_at.map(|at| ("Planned end", show(at)));
            starts.into_iter().chain(ends).collect()
        }
        fact => vec![(fact.label(), fact.value(show))],
    }
}

fn footer(event: Event, operator: &str) -> String {
    match event {
        Event::Confirm => format!("You receive this because this address was entered at {operator}."),
        _ => format!("You receive this because {operator} subscribed this address."),
    }
}

/// `statuswire (status.example)`
fn operator(mail: &MailJob<'_>, sender: &Sender) -> String {
    let page = Url::parse(mail.page).ok();
    match page.as_ref().and_then(Url::host_str) {
        Some(host) => format!("{} ({host})", sender.display_name()),
        None => sender.display_name(),
    }
}

fn sentence(words: &str) -> String {
    let words = capital(words);
    if words.ends_with(['.', '!', '?', '…']) { words } else { format!("{words}.") }
}

//! What a mail says, the same in its text and its HTML part: the message in the recipient's time, within a
//! [`SizeBudget`], and why it came. Nothing is escaped yet.
use jiff::Timestamp;
use status::words::{Event, Severity};
use url::Url;

use super::{Recipient, address::Sender};
use crate::{
    Job, MailJob,
    message::{Component, Fact, Link, Message, SizeBudget, Tone, not_shown},
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
    /// Sentences of ours above everything the provider wrote.
    pub(super) remarks: Vec<String>,
    /// Newest first.
    pub(super) updates: Vec<Update>,
    /// Says how many older updates are left out.
    pub(super) not_shown: Option<String>,
    pub(super) components: &'a [Component],
    /// Components that are left out.
    pub(super) more: usize,
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
        let shown = message.components.len().min(budget.components);
        let remarks = [message.escalated, message.note.as_deref(), message.advice.as_deref()];
        let state = capital(&message.state);
        Self {
            preview: preview(message, &state, updates.first()),
            name: if message.is_notice() { sender.display_name() } else { message.provider.clone() },
            title: message.title.clone(),
            state,
            tone: message.tone,
            facts: message.facts.iter().flat_map(|fact| rows(fact, show)).collect(),
            remarks: remarks.into_iter().flatten().map(sentence).collect(),
            updates,
            not_shown: not_shown(earlier),
            components: &message.components[..shown],
            more: message.components.len() - shown,
            reasons: &message.reasons,
            links: &message.links,
            footer: footer(message.event, &operator(mail, sender)),
            unsubscribe: (message.event != Event::Confirm)
                .then(|| Link { label: "Unsubscribe", url: mail.page.to_owned() }),
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
        event: Event::Confirm,
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
        links: vec![Link { label: "Confirm or decline", url: mail.page.to_owned() }],
        facts: Vec::new(),
        escalated: None,
        updates: Vec::new(),
        components: Vec::new(),
        reasons: Vec::new(),
    }
}

fn preview(message: &Message, state: &str, newest: Option<&Update>) -> String {
    let words = match (message.event, &message.advice) {
        (Event::Confirm, _) => CONSENT.to_owned(),
        (_, Some(advice)) => advice.clone(),
        _ => {
            let duration = message.facts.iter().find_map(|fact| match fact {
                Fact::Duration(duration) => Some(format!(" after {duration}")),
                _ => None,
            });
            let newest = newest.map(|update| one_line(&update.body)).unwrap_or_default();
            format!("{state}{}. {newest}", duration.unwrap_or_default())
        }
    };
    cut(words.trim_end(), MAX_PREVIEW)
}

/// A planned time takes two rows, because times in mails are long.
fn rows(fact: &Fact, show: impl Fn(Timestamp) -> String + Copy) -> Vec<(&'static str, String)> {
    match fact {
        Fact::Severity(Severity::Maintenance) => Vec::new(),
        Fact::Planned { starts, ends } => {
            let rows = [starts.map(|at| ("Planned start", show(at))), ends.map(|at| ("Planned end", show(at)))];
            rows.into_iter().flatten().collect()
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

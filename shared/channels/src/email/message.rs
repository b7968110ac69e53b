//! The message as it goes over the wire. Its bytes depend on the delivery alone. Of the headers only the subject holds
//! foreign text; it is one line and encoded.
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use status::{alert::Alert, ids::digest, snapshot::Kind, words::Event};

use super::{
    Recipient,
    address::Sender,
    content::{self, Content},
    html, plain,
};
use crate::{
    Job, MailJob,
    message::{self, MAX_NAMES, SizeBudget},
    text::{cut, one_line},
};

/// Characters: no program shows more.
const MAX_SUBJECT: usize = 150;
/// The question for consent. Fixed, because whoever enters an address must not put words into a mail of ours.
const QUESTION: &str = "Confirm that you want these alerts";
/// Bytes before encoding. Gmail cuts a mail off after 102 kB, and with it the unsubscribe link; base64 makes it a third
/// longer: <https://github.com/hteumeuleu/email-bugs/issues/41>.
const MAX_HTML: usize = 64_000;
const BUDGET: SizeBudget = SizeBudget { body: 5_000, updates: 20, names: MAX_NAMES };

pub(super) fn render(
    job: &Job<'_>,
    mail: &MailJob<'_>,
    sender: &Sender,
    recipient: &Recipient,
    subject: &str,
) -> Bytes {
    let message = content::message(job, mail, sender, recipient);
    let parts = |budget: &SizeBudget| {
        let content = Content::of(&message, mail, sender, recipient, budget);
        (plain::render(&content), html::render(&content))
    };
    let (plain, html) = BUDGET.shrink(parts, |(_, html)| html.len() <= MAX_HTML);

    let domain = sender.domain();
    let boundary = digest(&["boundary", job.id.as_str()]);
    let body = MultiPart::alternative()
        .boundary(boundary)
        .singlepart(SinglePart::plain(plain))
        .singlepart(SinglePart::html(html));
    let to = Mailbox::new(None, recipient.address.parse().expect("the address was parsed when the settings were read"));
    // Our own clock: neither before 1970 nor after 9999.
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(job.alert.seen_at.as_second().max(0).unsigned_abs());
    let mut message = Message::builder()
        .from(sender.mailbox.clone())
        .to(to)
        .subject(subject)
        .date(date)
        .message_id(Some(format!("<{}@{domain}>", job.id)));
    for (name, value) in headers(job, mail, domain) {
        message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
    }
    message.multipart(body).expect("it has a sender and a recipient").formatted().into()
}

fn headers(job: &Job<'_>, mail: &MailJob<'_>, domain: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        // Nobody's out-of-office reply: RFC 3834 and, for Exchange, [MS-OXCMAIL] 2.1.3.2.20.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
    ];
    let event = job.alert.event;
    if !event.is_notice() {
        let root = format!("<{}@{domain}>", thread(job.alert, mail));
        headers.extend([("In-Reply-To", root.clone()), ("References", root)]);
    }
    if event != Event::Confirm {
        // RFC 2919, RFC 2369 and RFC 8058; the last wants https.
        headers.push(("List-Id", format!("<alerts.{domain}>")));
        headers.push(("List-Unsubscribe", format!("<{}/unsubscribe>", mail.page)));
        if mail.page.starts_with("https://") {
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
    }
    headers
}

/// One thread per episode, like the handle with the subject: a reopened incident begins a new thread.
fn thread(alert: &Alert, mail: &MailJob<'_>) -> String {
    let (incident, episode) = (&alert.incident, alert.incident.episode.to_string());
    digest(&["thread", alert.provider.as_str(), incident.id.as_str(), &episode, mail.destination.as_str()])
}

/// `[Clerk] Sign-in errors`: the same for the whole incident, unless the provider renames it.
pub(super) fn subject(alert: &Alert, sender: &Sender) -> String {
    let incident = &alert.incident;
    let (kind, again) = match (incident.kind, incident.episode) {
        (Kind::Maintenance, _) => ("Maintenance: ", ""),
        (Kind::Incident, 0 | 1) => ("", ""),
        (Kind::Incident, _) => ("", " (reopened)"),
    };
    let (who, title) = match alert.event {
        Event::Confirm => (sender.display_name(), QUESTION.to_owned()),
        event if event.is_notice() => (sender.display_name(), one_line(&incident.title)),
        _ => (message::provider(alert), message::title(alert)),
    };
    let head = format!("[{who}] {kind}");
    let left = MAX_SUBJECT.saturating_sub(head.chars().count() + again.chars().count());
    format!("{head}{}{again}", cut(&title, left)).trim_end().to_owned()
}

/// The subject of the first mail, as it was kept.
pub(super) fn as_subject(kept: &str) -> String {
    cut(&one_line(kept), MAX_SUBJECT)
}

//! Mail to one address, whose owner must have agreed first. The message is a function of the delivery alone: date, ids
//! and boundary are derived, so that every attempt sends the same bytes. All mails about one episode of an incident
//! have the same subject and refer to the same synthetic message id, so mail clients show them as one thread.
mod address;
mod clock;
mod content;
mod html;
mod message;
mod plain;
mod response;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::BTreeMap, time::Duration};

use status::monitor::Settings;

use crate::{
    Blame, Channel, Handle, Job, Mail, Outcome, Response, Setting, SettingKind, Setup, Step,
    settings::{Problems, unusable},
};
use address::Sender;
use clock::Clock;

pub use address::{is_mail_sender, mail_address};

pub(crate) const CHANNEL: Channel = Channel {
    name: "email",
    setup: Setup {
        title: "Email",
        summary: "A mail per change, in one thread per incident",
        steps: &[
            "Enter an address. Its owner gets one mail, and must confirm before anything else is sent.",
            "Every mail can be unsubscribed from with one click.",
        ],
    },
    settings: &[
        Setting {
            key: "address",
            label: "Email address",
            required: true,
            secret: false,
            kind: SettingKind::Text,
            help: "where the mails go, like name@example.com; its owner is asked first",
            suggest: None,
        },
        Setting {
            key: "zone",
            label: "Time zone",
            required: false,
            secret: false,
            kind: SettingKind::Text,
            help: "time zone of the times in the mails, like Europe/Berlin; UTC if not given",
            suggest: None,
        },
    ],
    check: |settings| Recipient::read(settings).err().unwrap_or_default(),
    deliver,
    min_interval: Duration::ZERO,
    keeps_handle: true,
    recipient: |settings| settings.get("address").and_then(mail_address),
    samples: &[
        &[("address", "Jo.Doe@Example.com")],
        &[("address", "jo+status@mail.example"), ("zone", "Europe/Berlin")],
    ],
};

/// In the handle: the subject of the first mail. A provider that renames its incident would otherwise break the thread.
const SUBJECT: &str = "subject";

struct Recipient {
    address: String,
    clock: Clock,
}

fn deliver(job: &Job<'_>, responses: &[Response]) -> Step {
    let recipient = match Recipient::read(job.settings) {
        Ok(recipient) => recipient,
        Err(problems) => return unusable(&problems),
    };
    let refused = |reason: &str| Step::Done(Outcome::refused(Blame::Circumstances, reason));
    let Some(mail) = job.mail else {
        return refused("mail is not configured: add `[mail]` to the configuration, or set MAIL_FROM");
    };
    let Some(sender) = Sender::read(mail.from) else {
        return refused(
            "the sender of mails must be like `Name <alerts@example.com>`: correct `from` of `[mail]`, or MAIL_FROM",
        );
    };
    let subject = subject(job, &sender);
    match responses.first() {
        None => Step::Mail(Mail {
            message: message::render(job, &mail, &sender, &recipient, &subject),
            from: sender.address,
            to: recipient.address,
            destination: mail.destination.clone(),
        }),
        Some(response) => Step::Done(response::classify(job, response, kept(job, subject))),
    }
}

fn subject(job: &Job<'_>, sender: &Sender) -> String {
    let first = job.handle.and_then(|handle| handle.0.get(SUBJECT)).filter(|_| !job.alert.event.is_notice());
    match first {
        Some(subject) => message::as_subject(subject),
        None => message::subject(job.alert, sender),
    }
}

/// A notice is about a destination, not about an incident, so it keeps nothing.
fn kept(job: &Job<'_>, subject: String) -> Option<Handle> {
    let alone = job.alert.event.is_notice() || job.superseded;
    (!alone).then(|| Handle(BTreeMap::from([(SUBJECT.to_owned(), subject)])))
}

impl Recipient {
    fn read(settings: &Settings) -> Result<Self, Problems> {
        let address = settings.get("address").and_then(mail_address);
        let clock = Clock::read(settings.get("zone"));
        match (address, clock) {
            (Some(address), Some(clock)) => Ok(Self { address, clock }),
            (address, clock) => {
                let plain = "must be one plain address, like name@example.com";
                let zone = "must be a time zone's IANA name, like Europe/Berlin, America/New_York or UTC";
                let problems = [
                    address.is_none().then(|| ("address", plain.to_owned())),
                    clock.is_none().then(|| ("zone", zone.to_owned())),
                ];
                Err(problems.into_iter().flatten().collect())
            }
        }
    }
}

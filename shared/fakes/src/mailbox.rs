//! The mail boxes that SMTP and SES deliver to.
use std::collections::VecDeque;

use bytes::Bytes;
use mail_parser::MessageParser;
use serde_json::{Value, json};

use crate::{
    bounded::{Size, push_bounded},
    service::Service,
    world::{Fakes, World},
};

/// A mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// [`Service::SMTP`] or [`Service::SES`].
    pub through: Service,
    pub from: String,
    pub to: String,
    /// Headers and body as they came.
    pub message: Bytes,
    /// It came over TLS.
    pub encrypted: bool,
    /// The user the sender authenticated as.
    pub login: Option<String>,
}

impl Size for Mail {
    fn size(&self) -> usize {
        size_of::<Self>() + self.from.len() + self.to.len() + self.message.len()
    }
}

#[derive(Default)]
struct Mailboxes(VecDeque<Mail>);

impl Mail {
    pub fn subject(&self) -> Option<String> {
        MessageParser::new().parse(&self.message)?.subject().map(str::to_owned)
    }

    /// A header's text, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let parsed = MessageParser::new().parse(&self.message)?;
        parsed.header_raw(name).map(|raw| raw.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The plain text part.
    pub fn text(&self) -> Option<String> {
        MessageParser::new().parse(&self.message)?.body_text(0).map(|text| text.into_owned())
    }

    pub fn html(&self) -> Option<String> {
        MessageParser::new().parse(&self.message)?.body_html(0).map(|html| html.into_owned())
    }
}

/// Subject and text of a message, for people.
pub(crate) fn summary(message: &[u8]) -> Value {
    let Some(parsed) = MessageParser::new().parse(message) else {
        return json!(String::from_utf8_lossy(message));
    };
    json!({"subject": parsed.subject(), "text": parsed.body_text(0)})
}

impl World {
    pub(crate) fn keep_mail(&mut self, mail: Mail) {
        push_bounded(&mut self.states.get::<Mailboxes>().0, mail, self.capacity);
    }
}

impl Fakes {
    /// All mail, through SMTP or SES, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.world().states.get::<Mailboxes>().0.iter().cloned().collect()
    }

    pub fn mails_to(&self, recipient: &str) -> Vec<Mail> {
        self.mails().into_iter().filter(|mail| mail.to == recipient).collect()
    }
}

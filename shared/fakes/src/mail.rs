//! A mail server: it takes mail for whoever it is, and keeps it in boxes that one can look into.
mod session;

use std::{collections::VecDeque, io};

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use mail_parser::MessageParser;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::Instant};
use tokio_rustls::TlsAcceptor;

use crate::{Fakes, Fault, Received, Reply, log, routing::Service};

/// A mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// [`Service::Mail`] or [`Service::Ses`].
    pub through: Service,
    pub from: String,
    pub to: String,
    /// Headers and body as they came.
    pub message: Bytes,
    /// It came over TLS.
    pub encrypted: bool,
    /// As whom the sender logged in.
    pub login: Option<String>,
}

/// How a mail server is to be met.
#[derive(Clone, Default)]
pub struct MailServer {
    /// Offers STARTTLS, and logging in only after it.
    pub tls: Option<TlsAcceptor>,
    /// The connection begins with TLS, as on port 465.
    pub implicit_tls: bool,
    /// Name and password without which nothing is taken.
    pub login: Option<(String, String)>,
}

#[derive(Default)]
pub(crate) struct Boxes {
    pub(crate) mails: VecDeque<Mail>,
}

impl Mail {
    pub fn subject(&self) -> Option<String> {
        MessageParser::new().parse(&self.message)?.subject().map(str::to_owned)
    }

    /// A header's text, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let parsed = MessageParser::new().parse(&self.message)?;
        parsed.header_raw(name).map(|raw| raw.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The part that is plain text.
    pub fn text(&self) -> Option<String> {
        MessageParser::new().parse(&self.message)?.body_text(0).map(|text| text.into_owned())
    }

    pub fn html(&self) -> Option<String> {
        MessageParser::new().parse(&self.message)?.body_html(0).map(|html| html.into_owned())
    }
}

/// What people want to see of a message.
pub(crate) fn shown(message: &[u8]) -> Value {
    let Some(parsed) = MessageParser::new().parse(message) else {
        return json!(String::from_utf8_lossy(message));
    };
    json!({"subject": parsed.subject(), "text": parsed.body_text(0)})
}

impl Fakes {
    /// All mail, by SMTP or SES, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.world().mail.mails.iter().cloned().collect()
    }

    pub fn mails_to(&self, recipient: &str) -> Vec<Mail> {
        self.mails().into_iter().filter(|mail| mail.to == recipient).collect()
    }

    /// Takes mail at this port.
    pub async fn serve_mail(&self, listener: TcpListener, server: MailServer) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            let (fakes, server) = (self.clone(), server.clone());
            // A client that goes away in the middle is its own business.
            tokio::spawn(async move { session::meet(&fakes, &server, stream).await });
        }
    }

    /// Whether the recipient is taken. One that is not is remembered as refused.
    fn rcpt(&self, to: &str) -> Result<(), Reply> {
        let names = [to.to_owned()];
        let refusal = {
            let mut world = self.world();
            match world.plan.next_at(&names) {
                Some(Fault::Answer(reply)) => Some(reply),
                planned => {
                    // It is about the message: see [`Self::deliver`].
                    world.plan.put_back(to, planned);
                    world.is_gone(&names).then(|| Reply::text(550, "5.1.1 The recipient does not exist"))
                }
            }
        };
        let Some(refusal) = refusal else { return Ok(()) };
        self.remember("RCPT", to, Bytes::new(), refusal.status);
        Err(refusal)
    }

    /// What becomes of a message whose recipients were taken; the answer is for all of them.
    fn deliver(&self, mail: Mail, to: &[String]) -> (Fault, Reply) {
        let fault = {
            let mut world = self.world();
            let fault = world.plan.next_at(to).or_else(|| world.plan.next_of_any()).unwrap_or(Fault::Usual);
            if !matches!(fault, Fault::Answer(_)) {
                for to in to {
                    log::push(&mut world.mail.mails, Mail { to: to.clone(), ..mail.clone() }, self.shared.kept);
                }
            }
            fault
        };
        let reply = match &fault {
            Fault::Answer(reply) => reply.clone(),
            Fault::Usual | Fault::Hang | Fault::Cut => Reply::text(250, "2.0.0 Accepted"),
        };
        let answered = if matches!(fault, Fault::Hang | Fault::Cut) { 0 } else { reply.status };
        for to in to {
            self.remember("DATA", to, mail.message.clone(), answered);
        }
        (fault, reply)
    }

    fn remember(&self, method: &str, to: &str, body: Bytes, answered: u16) {
        self.world().log.push(Received {
            service: Service::Mail,
            names: vec![to.to_owned()],
            host: None,
            method: Method::from_bytes(method.as_bytes()).expect("commands are tokens"),
            path: String::new(),
            query: None,
            headers: HeaderMap::new(),
            body,
            at: Instant::now(),
            received_at: Timestamp::now(),
            answered,
        });
        self.tell_the_waiting();
    }
}

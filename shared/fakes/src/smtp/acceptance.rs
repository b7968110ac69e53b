//! What a mail server accepts: by how it is set up, by planned faults, and by which recipients exist.
use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::{
    fault::{Fault, Reply},
    mailbox::{self, Mail},
    received::{Received, Redaction, no_alert_id},
    service::Service,
    world::Fakes,
};

impl Service {
    /// Mail that came by SMTP.
    pub const SMTP: Self = Self::new("mail");
}

pub(super) const REDACTION: Redaction = Redaction {
    destination: |received| received.names.first().cloned().unwrap_or_default(),
    body: |received| mailbox::summary(&received.body),
    secret_keys: &[],
    alert_id: no_alert_id,
};

/// How a mail server is set up.
#[derive(Clone, Default)]
pub struct MailServer {
    /// Offers STARTTLS, and authentication only after it.
    pub tls: Option<TlsAcceptor>,
    /// The connection begins with TLS, as on port 465.
    pub implicit_tls: bool,
    /// User and password without which nothing is accepted.
    pub login: Option<(String, String)>,
}

/// By recipient.
#[derive(Default)]
struct RefusedContent(HashMap<String, VecDeque<Reply>>);

impl Fakes {
    /// The next mail to this recipient is refused for its content, after the recipient was accepted.
    pub fn refuse_mail_content(&self, to: &str, reply: Reply) {
        self.world().states.get::<RefusedContent>().0.entry(to.to_owned()).or_default().push_back(reply);
    }

    /// Whether the recipient is accepted. One that is not is logged as refused.
    pub(super) fn accept_recipient(&self, to: &str) -> Result<(), Reply> {
        let names = [to.to_owned()];
        let refusal = {
            let mut world = self.world();
            match world.faults.next_at(&names) {
                Some(Fault::Answer(reply)) => Some(reply),
                planned => {
                    // The fault concerns the message: see [`Self::accept_message`].
                    world.faults.put_back(to, planned);
                    world.is_deleted(&names).then(|| Reply::text(550, "5.1.1 The recipient does not exist"))
                }
            }
        };
        let Some(refusal) = refusal else { return Ok(()) };
        self.log_mail("RCPT", to, Bytes::new(), refusal.status);
        Err(refusal)
    }

    /// What happens to a message whose recipients were accepted; the answer is for all of them.
    pub(super) fn accept_message(&self, mail: Mail, to: &[String]) -> (Fault, Reply) {
        let fault = {
            let mut world = self.world();
            let refused = to.iter().find_map(|to| world.states.get::<RefusedContent>().0.get_mut(to)?.pop_front());
            let planned = refused.map(Fault::Answer).or_else(|| world.faults.next_at(to));
            let fault = planned.or_else(|| world.faults.next_any()).unwrap_or(Fault::None);
            if !matches!(fault, Fault::Answer(_)) {
                to.iter().for_each(|to| world.keep_mail(Mail { to: to.clone(), ..mail.clone() }));
            }
            fault
        };
        let reply = match &fault {
            Fault::Answer(reply) => reply.clone(),
            Fault::None | Fault::Hang | Fault::Cut => Reply::text(250, "2.0.0 Accepted"),
        };
        let answered = if matches!(fault, Fault::Hang | Fault::Cut) { 0 } else { reply.status };
        for to in to {
            self.log_mail("DATA", to, mail.message.clone(), answered);
        }
        (fault, reply)
    }

    fn log_mail(&self, command: &str, to: &str, body: Bytes, answered: u16) {
        self.world().log.push(Received {
            service: Service::SMTP,
            redaction: &REDACTION,
            names: vec![to.to_owned()],
            host: None,
            method: Method::from_bytes(command.as_bytes()).expect("commands are tokens"),
            path: String::new(),
            query: None,
            headers: HeaderMap::new(),
            body,
            at: Instant::now(),
            received_at: Timestamp::now(),
            answered,
        });
        self.notify_waiting();
    }
}

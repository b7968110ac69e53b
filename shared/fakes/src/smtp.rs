//! A mail server: it accepts mail for any recipient, and keeps it in boxes that a test can look into.
mod acceptance;
mod session;

use std::io;

use tokio::net::TcpListener;

pub use acceptance::MailServer;

use crate::{
    fake::{Fake, Redaction, Service, no_alert_id},
    mailbox,
    world::Fakes,
};

impl Service {
    /// Mail that came by SMTP.
    pub const SMTP: Self = Self::new("mail");
}

pub(crate) const FAKE: Fake = Fake {
    service: Service::SMTP,
    http: None,
    limits: &[],
    redaction: Redaction {
        destination: |received| received.names.first().cloned().unwrap_or_default(),
        body: |received| mailbox::summary(&received.body),
        secret_keys: &[],
        alert_id: no_alert_id,
    },
};

impl Fakes {
    /// Accepts mail at this port.
    pub async fn serve_mail(&self, listener: TcpListener, server: MailServer) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            let (fakes, server) = (self.clone(), server.clone());
            // An error only means that the client went away.
            tokio::spawn(async move { session::serve(&fakes, &server, stream).await });
        }
    }
}

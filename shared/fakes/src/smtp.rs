//! A mail server: it accepts mail for any recipient, and keeps it in boxes that a test can look into.
mod acceptance;
mod session;

use std::io;

use tokio::net::TcpListener;

pub use acceptance::MailServer;

use crate::{fake::Fake, service::Service, world::Fakes};

pub(crate) const FAKE: Fake =
    Fake { service: Service::SMTP, http: None, limits: &[], redaction: acceptance::REDACTION };

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

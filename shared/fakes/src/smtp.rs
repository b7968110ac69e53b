//! A mail server: it accepts mail for any recipient, and keeps it in boxes that a test can look into.
mod acceptance;
mod session;

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

pub use acceptance::MailServer;

use crate::{fake::Fake, service::Service, world::Fakes};

pub(crate) const FAKE: Fake =
    Fake { service: Service::SMTP, http: None, limits: &[], redaction: acceptance::REDACTION };

/// Sessions at the same time; more wait.
const MAX_SESSIONS: usize = 256;
const SESSION_TIME: Duration = Duration::from_secs(600);
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

impl Fakes {
    /// Accepts mail at this port. Never returns.
    pub async fn serve_mail(&self, listener: TcpListener, server: MailServer) {
        let room = Arc::new(Semaphore::new(MAX_SESSIONS));
        loop {
            let place = room.clone().acquire_owned().await.expect("it is never closed");
            let Ok((stream, _)) = listener.accept().await else {
                // Of the peer, or no descriptors are left.
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                continue;
            };
            let (fakes, server) = (self.clone(), server.clone());
            tokio::spawn(async move {
                // An error only means that the client went away, or took too long.
                let _ = timeout(SESSION_TIME, session::serve(&fakes, &server, stream)).await;
                drop(place);
            });
        }
    }
}

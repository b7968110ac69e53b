//! The heartbeat: one request after each finished round to a service that raises an alarm when they stop, such as
//! Healthchecks, Cronitor or Uptime Kuma. So it is noticed too when this whole instance is gone.
use std::{fmt, str::FromStr, time::Duration};

use bytes::Bytes;
use outbound::Outbound;
use tokio::time::timeout;
use url::Url;

/// A round's time is for pages.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where it is sent. The URL is a secret: whoever knows it can pretend that we are well.
#[derive(Clone, PartialEq, Eq)]
pub struct Heartbeat(Url);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAWebUrl;

impl Heartbeat {
    /// Of an http or https URL.
    pub fn new(url: Url) -> Result<Self, NotAWebUrl> {
        if matches!(url.scheme(), "http" | "https") { Ok(Self(url)) } else { Err(NotAWebUrl) }
    }

    /// Sends it. What fails is logged with the host at most, and fails nothing.
    pub(crate) async fn send(&self, outbound: &Outbound) {
        let Ok(request) = http::Request::get(self.0.as_str()).body(Bytes::new()) else { return };
        match timeout(TIMEOUT, outbound.send(request)).await {
            Ok(Ok(sent)) if (200..300).contains(&sent.status) => tracing::debug!("heartbeat sent"),
            Ok(Ok(sent)) => tracing::warn!(status = sent.status, "the heartbeat was not accepted"),
            Ok(Err(error)) => tracing::warn!(error = %error, "the heartbeat could not be sent"),
            Err(_) => tracing::warn!(limit = ?TIMEOUT, "the heartbeat was not answered in time"),
        }
    }
}

impl FromStr for Heartbeat {
    type Err = NotAWebUrl;

    fn from_str(text: &str) -> Result<Self, NotAWebUrl> {
        text.parse().map_err(|_| NotAWebUrl).and_then(Self::new)
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Heartbeat(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_a_web_address_and_never_shown() {
        let heartbeat: Heartbeat = "https://hc-ping.com/5f3a-secret".parse().unwrap();
        assert_eq!(format!("{heartbeat:?}"), "Heartbeat(redacted)");
        for wrong in ["", "hc-ping.com/x", "ftp://hc-ping.com/x", "file:///etc/passwd"] {
            assert_eq!(wrong.parse::<Heartbeat>(), Err(NotAWebUrl), "{wrong}");
        }
    }
}

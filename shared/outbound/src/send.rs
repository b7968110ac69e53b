//! Sends deliveries. Redirects are not followed, because a delivery must reach nobody whom the user did not name. Every
//! status is a response, not an error.
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use tokio::time::timeout;
use url::Url;

use crate::{client::Outbound, error::FetchError, guard::Refused};

/// The receiver's response.
#[derive(Clone, Debug)]
pub struct Sent {
    pub status: u16,
    pub headers: HeaderMap,
    /// The beginning, up to 64 KiB.
    pub body: Bytes,
}

const MAX_RESPONSE_BYTES: usize = 64 * 1024;

impl Outbound {
    /// Sends a request once, unchanged.
    pub async fn send(&self, request: http::Request<Bytes>) -> Result<Sent, FetchError> {
        let mut url: Url = request.uri().to_string().parse().map_err(|_| Refused::NotWeb)?;
        let mut request = request;
        if let Some(base) = &self.redirect_all_to {
            url = redirected(&url, base);
            *request.uri_mut() = url.as_str().parse().map_err(|_| Refused::NotWeb)?;
        }
        let request = reqwest::Request::try_from(request).map_err(|error| FetchError::of_request(&url, &error))?;
        let _permit = self.host_limits.acquire(&url).await;
        timeout(self.timeout, self.deliver(&url, request)).await.map_err(|_| self.timed_out(&url))?
    }

    pub(crate) async fn deliver(&self, url: &Url, request: reqwest::Request) -> Result<Sent, FetchError> {
        let mut response = self.execute(request).await?;
        let mut body = BytesMut::new();
        while body.len() < MAX_RESPONSE_BYTES {
            let Some(chunk) = response.chunk().await.map_err(|error| FetchError::of_request(url, &error))? else {
                break;
            };
            body.extend_from_slice(&chunk[..chunk.len().min(MAX_RESPONSE_BYTES - body.len())]);
        }
        Ok(Sent { status: response.status().as_u16(), headers: response.headers().clone(), body: body.freeze() })
    }
}

/// `https://host/path` as `<base>/host/path`. URLs of the same listener stay as they are.
fn redirected(url: &Url, base: &Url) -> Url {
    if url.origin() == base.origin() {
        return url.clone();
    }
    let host = url.host_str().unwrap_or_default();
    let mut redirected = base.clone();
    redirected.set_path(&format!("{}/{host}{}", base.path().trim_end_matches('/'), url.path()));
    redirected.set_query(url.query());
    redirected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirected_request_names_its_host_in_the_path() {
        let base = "http://127.0.0.1:8080/t0ken".parse().unwrap();
        for (url, expected) in [
            (
                "https://hooks.slack.com/services/T0/B0/x",
                "http://127.0.0.1:8080/t0ken/hooks.slack.com/services/T0/B0/x",
            ),
            (
                "https://discord.com/api/webhooks/1/t?wait=true",
                "http://127.0.0.1:8080/t0ken/discord.com/api/webhooks/1/t?wait=true",
            ),
            ("https://flow.example:443/a%2Fb", "http://127.0.0.1:8080/t0ken/flow.example/a%2Fb"),
            ("http://127.0.0.1:8080/pretend/slack/x", "http://127.0.0.1:8080/pretend/slack/x"),
        ] {
            assert_eq!(redirected(&url.parse().unwrap(), &base).as_str(), expected);
        }
    }
}

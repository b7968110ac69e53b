//! The base of absolute links in feeds and calendars: the configured public URL, else the host of the request.
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::transport::{forwarded_scheme, host};
use crate::state::Web;

const MAX_HOST_LENGTH: usize = 255;

/// Scheme and host, without a trailing slash. `None` if neither the settings nor the request say it.
pub(crate) struct Origin(Option<String>);

impl Origin {
    /// The absolute URL of one of our paths.
    pub(crate) fn link(&self, path: &str) -> Option<String> {
        self.0.as_ref().map(|origin| format!("{origin}{path}"))
    }

    /// The absolute URL, or the path alone where the origin is unknown.
    pub(crate) fn link_or_path(&self, path: &str) -> String {
        self.link(path).unwrap_or_else(|| path.to_owned())
    }
}

impl FromRequestParts<Web> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        Ok(Self(web.public_url.clone().or_else(|| from_request(parts))))
    }
}

fn from_request(parts: &Parts) -> Option<String> {
    let host = host(&parts.headers, &parts.uri)?;
    let is_secure = forwarded_scheme(&parts.headers) == Some("https") || parts.uri.scheme_str() == Some("https");
    is_plain(host).then(|| format!("{}://{host}", if is_secure { "https" } else { "http" }))
}

/// Whether a host is a plain name or address with an optional port. A visitor chooses it, so nothing else may pass.
fn is_plain(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_port = |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)),
    };
    host.len() <= MAX_HOST_LENGTH && is_name && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_host_is_accepted() {
        for plain in ["status.example.com", "localhost:8080", "127.0.0.1:80", "[::1]", "[::1]:8080"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in ["", "a/b", "a b", "user@a", "a:", "a:port", "a:123456", "a\"b", "a,b", "::1", "[a]", "a?b"] {
            assert!(!is_plain(other), "{other}");
        }
    }
}

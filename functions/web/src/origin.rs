//! Where this instance is found, for what is read elsewhere: links in feeds and calendars are whole.
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{header, request::Parts};

use crate::Web;

const LONGEST_HOST: usize = 255;

/// As configured, else as it was asked for; `None` where neither says it.
pub(crate) struct Origin(Option<String>);

impl Origin {
    /// The whole address of a path of ours.
    pub(crate) fn link(&self, path: &str) -> Option<String> {
        self.0.as_ref().map(|origin| format!("{origin}{path}"))
    }

    /// The same, or the path alone.
    pub(crate) fn link_or_path(&self, path: &str) -> String {
        self.link(path).unwrap_or_else(|| path.to_owned())
    }
}

impl FromRequestParts<Web> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        Ok(Self(web.public_url.clone().or_else(|| asked(parts))))
    }
}

fn asked(parts: &Parts) -> Option<String> {
    let named = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = named.or_else(|| parts.uri.authority().map(|authority| authority.as_str()))?;
    let forwarded = parts.headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok());
    let is_secure = forwarded == Some("https") || parts.uri.scheme_str() == Some("https");
    is_plain(host).then(|| format!("{}://{host}", if is_secure { "https" } else { "http" }))
}

/// A name or an address, and perhaps a port: nothing that could make another link of it.
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
    host.len() <= LONGEST_HOST && is_name && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_host_is_taken_over() {
        for plain in ["status.example.com", "localhost:8080", "127.0.0.1:80", "[::1]", "[::1]:8080"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in ["", "a/b", "a b", "user@a", "a:", "a:port", "a:123456", "a\"b", "a,b", "::1", "[a]", "a?b"] {
            assert!(!is_plain(other), "{other}");
        }
    }
}

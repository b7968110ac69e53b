//! A request over HTTP, as the service it was meant for would see it.
use bytes::Bytes;
use http::{HeaderMap, Method, header::AUTHORIZATION};

pub(crate) struct Call {
    /// The host it was meant for, if it was redirected here.
    pub(crate) host: Option<String>,
    pub(crate) method: Method,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// The value of a query parameter, still encoded.
    pub(crate) fn query(&self, key: &str) -> Option<&str> {
        let pairs = self.query.as_deref()?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The credentials of an `Authorization` header: `xoxb-1` of `Bearer xoxb-1`.
pub(crate) fn credentials(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    Some(value.split_once(' ').map_or(value, |(_, credentials)| credentials))
}

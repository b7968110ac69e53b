//! What a status page that needs a login gets with each request. Wanted properties:
//! - its headers go to the origin of the page (scheme, host and port) and nowhere else;
//! - once a redirect has led elsewhere they are not sent any more, not even back there: whoever answered in between
//!   chose that address;
//! - no value is printed.
use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::{Origin, Url};

/// The headers of a login, and the origin that they are for.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    origin: Origin,
    headers: HeaderMap,
}

impl Login {
    /// `page`: the address that the settings name. `None`: a name or a value is none that a header can have.
    pub fn new<'a>(page: &Url, headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let header = |(name, value): (&str, &str)| {
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
        };
        let headers = headers.into_iter().map(header).collect::<Option<_>>()?;
        Some(Self { origin: page.origin(), headers })
    }

    pub(crate) fn is_for(&self, url: &Url) -> bool {
        url.origin() == self.origin
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("origin", &self.origin.ascii_serialization()).finish_non_exhaustive()
    }
}

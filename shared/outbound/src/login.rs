//! What a status page that needs a login gets with each request. Wanted properties:
//! - its headers go to the origin of the page (scheme, host and port) and nowhere else;
//! - once a redirect has led elsewhere they are not sent any more, not even back there: whoever answered in between
//!   chose that address;
//! - no value is printed.
use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue};
use url::{Origin, Url};

use crate::token::{ClientCredentials, TokenSource};

/// The headers of a login, and the origin that they are for. Copies share the token that was given out.
#[derive(Clone)]
pub struct Login {
    origin: Origin,
    headers: HeaderMap,
    tokens: Option<Arc<TokenSource>>,
}

impl PartialEq for Login {
    /// Whether they were declared the same, whatever token was given out.
    fn eq(&self, other: &Self) -> bool {
        let credentials = |login: &Self| login.tokens.as_ref().map(|tokens| tokens.credentials().clone());
        self.origin == other.origin && self.headers == other.headers && credentials(self) == credentials(other)
    }
}

impl Eq for Login {}

impl Login {
    /// `page`: the address that the settings name. `None`: a name or a value is none that a header can have.
    pub fn new<'a>(page: &Url, headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let header = |(name, value): (&str, &str)| {
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
        };
        let headers = headers.into_iter().map(header).collect::<Option<_>>()?;
        Some(Self { origin: page.origin(), headers, tokens: None })
    }

    /// The same with an access token besides, which these credentials get.
    #[must_use]
    pub fn with_token(self, credentials: ClientCredentials) -> Self {
        Self { tokens: Some(Arc::new(TokenSource::new(credentials))), ..self }
    }

    pub(crate) fn is_for(&self, url: &Url) -> bool {
        url.origin() == self.origin
    }

    pub(crate) fn tokens(&self) -> Option<&TokenSource> {
        self.tokens.as_deref()
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

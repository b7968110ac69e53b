//! A provider and its status page, from the catalogue or the configuration.
use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::ids::ProviderId;

/// Begins the id of a custom page that follows from its URL.
pub const DERIVED_ID: &str = "page_";
/// Begins the id of a page of the configuration file that only its account may see.
pub const PRIVATE_ID: &str = "private-";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    pub id: ProviderId,
    /// Name of the product, for people.
    pub name: String,
    /// Root of the status page: absolute, without a trailing slash.
    pub page_url: String,
    /// Name of a registered format; `None`: it is detected at the first read.
    pub format: Option<String>,
    /// How often the page is polled; `None`: [`crate::schedule`] decides.
    pub interval: Option<Duration>,
}

/// What a status page that needs a login asks of its readers. No value is ever printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredLogin", into = "StoredLogin")]
pub struct Login {
    /// By name.
    pub headers: BTreeMap<String, String>,
    /// How a token is got that is sent too.
    pub oauth: Option<ClientCredentials>,
}

/// What an access token is asked for with (RFC 6749, section 4.4).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCredentials {
    pub token_url: String,
    pub client_id: String,
    pub client_secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// A login without a token is stored as its headers alone, which earlier versions read.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredLogin {
    Headers(BTreeMap<String, String>),
    WithToken { headers: BTreeMap<String, String>, oauth: ClientCredentials },
}

impl Login {
    pub fn of_headers(headers: BTreeMap<String, String>) -> Self {
        Self { headers, oauth: None }
    }
}

impl From<StoredLogin> for Login {
    fn from(stored: StoredLogin) -> Self {
        match stored {
            StoredLogin::Headers(headers) => Self::of_headers(headers),
            StoredLogin::WithToken { headers, oauth } => Self { headers, oauth: Some(oauth) },
        }
    }
}

impl From<Login> for StoredLogin {
    fn from(Login { headers, oauth }: Login) -> Self {
        match oauth {
            None => Self::Headers(headers),
            Some(oauth) => Self::WithToken { headers, oauth },
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.keys().map(String::as_str);
        let token = self.oauth.as_ref().map(|_| "a token of OAuth");
        f.debug_map().entries(headers.chain(token).map(|name| (name, "redacted"))).finish()
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").finish_non_exhaustive()
    }
}

/// Whether only the account that declares it may see a page of this id, while it is read and when it is gone.
pub fn has_private_id(provider: &ProviderId) -> bool {
    provider.as_str().starts_with(PRIVATE_ID)
}

/// Whether a custom page of this id may be private, also when nobody has it any more: its id follows from its URL, or
/// says that it is.
pub fn may_be_private(provider: &ProviderId) -> bool {
    let digest = provider.as_str().strip_prefix(DERIVED_ID);
    let is_derived = digest.is_some_and(|it| it.len() == 32 && it.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_derived || has_private_id(provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_is_read_as_it_was_written_and_headers_alone_as_ever() {
        let headers: BTreeMap<_, _> = [("X-Key".to_owned(), "hunter2".to_owned())].into();
        let plain = Login::of_headers(headers.clone());
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"X-Key":"hunter2"}"#);
        let oauth = ClientCredentials {
            token_url: "https://login.example.com".to_owned(),
            client_id: "me".to_owned(),
            client_secret: "hunter2".to_owned(),
            scope: None,
        };
        let named_alike = Login::of_headers([("headers".to_owned(), "a".to_owned())].into());
        for login in [plain, named_alike, Login::default(), Login { headers, oauth: Some(oauth) }] {
            let text = serde_json::to_string(&login).unwrap();
            assert_eq!(serde_json::from_str::<Login>(&text).unwrap(), login);
            assert!(!format!("{login:?}").contains("hunter2"), "{login:?}");
        }
    }
}

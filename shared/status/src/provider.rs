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

/// What a status page that needs a login asks of its readers: headers by name. No value is ever printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login(pub BTreeMap<String, String>);

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|name| (name, "redacted"))).finish()
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

//! A provider and its status page, from the catalogue or the configuration.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::ProviderId;

/// Begins the id of a custom page that follows from its URL.
pub const DERIVED_ID: &str = "page_";

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

/// Whether the id is that of a custom page and follows from its URL. Such a page may be private, also when nobody has
/// it any more.
pub fn has_derived_id(provider: &ProviderId) -> bool {
    let digest = provider.as_str().strip_prefix(DERIVED_ID);
    digest.is_some_and(|digest| digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

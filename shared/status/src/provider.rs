//! A provider and its status page, from the catalogue or the configuration.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::ProviderId;

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

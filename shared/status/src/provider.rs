//! A provider and its status page, as the catalogue or the configuration names it.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::ProviderId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    pub id: ProviderId,
    /// Product name, for people.
    pub name: String,
    /// Root of the status page: absolute, without a trailing slash.
    pub page_url: String,
    /// Name of a registered format, where it is known; else it is detected at the first read.
    pub format: Option<String>,
    /// How often the page is read when the configuration says so; else [`crate::schedule`] decides.
    pub interval: Option<Duration>,
}

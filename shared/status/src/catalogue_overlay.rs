//! The overlay of the catalogue: what reading its pages has shown of its rows, beside the shipped file. Wanted
//! properties:
//! - a row of the overlay corrects the row that was shipped when it was found, and no other: a newer file that says
//!   otherwise wins;
//! - an address becomes the page's own only after a day, and never one of a page that may be somebody else's.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::ProviderId;

/// A permanent redirect may be a mistake of an hour.
const MOVED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What is known of one row of the catalogue, as far as it differs from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverlayRow {
    pub provider: ProviderId,
    /// The address and the platform that the shipped file had when this was found.
    pub listed_url: String,
    pub listed_platform: String,
    /// The platform that the page was read on, as the catalogue calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Where the page has moved permanently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where its address leads, to a page that may be somebody else's. It is never read in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
    /// Since when each read has shown that nothing is there, once that has been so for a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_since: Option<Timestamp>,
    /// Our clock.
    pub found_at: Timestamp,
}

impl OverlayRow {
    /// Nothing found of the row that is shipped with this address and platform.
    pub fn new(provider: ProviderId, listed_url: &str, listed_platform: &str, found_at: Timestamp) -> Self {
        Self {
            provider,
            listed_url: listed_url.to_owned(),
            listed_platform: listed_platform.to_owned(),
            platform: None,
            url: None,
            leads_to: None,
            dead_since: None,
            found_at,
        }
    }

    /// Whether it is about the row as it is shipped now.
    pub fn is_of(&self, url: &str, platform: &str) -> bool {
        self.listed_url == url && self.listed_platform == platform
    }

    pub fn is_empty(&self) -> bool {
        self.platform.is_none() && self.url.is_none() && self.leads_to.is_none() && self.dead_since.is_none()
    }

    /// Whether it says the same as another one, whenever that was found.
    pub fn says_the_same(&self, other: &Self) -> bool {
        Self { found_at: other.found_at, ..self.clone() } == *other
    }

    /// Where to read the page in place of its listed address.
    pub fn address(&self, now: Timestamp) -> Option<&str> {
        let is_settled = now.duration_since(self.found_at) >= MOVED_FOR;
        self.url.as_deref().filter(|_| is_settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_read_at_its_new_address_after_a_day() {
        let found_at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let row = OverlayRow::new("acme".into(), "https://status.acme.com", "statuspage", found_at);
        assert!(row.is_empty());
        let row = OverlayRow { url: Some("https://status.acme.io".to_owned()), ..row };
        assert_eq!(row.address(found_at + SignedDuration::from_hours(23)), None);
        assert_eq!(row.address(found_at + SignedDuration::from_hours(24)), Some("https://status.acme.io"));
        let elsewhere = OverlayRow { leads_to: row.url.clone(), url: None, ..row };
        assert_eq!(elsewhere.address(found_at + SignedDuration::from_hours(999)), None);
    }

    #[test]
    fn newer_file_that_says_otherwise_wins() {
        let row = OverlayRow::new("acme".into(), "https://status.acme.com", "statuspage", Timestamp::UNIX_EPOCH);
        assert!(row.is_of("https://status.acme.com", "statuspage"));
        assert!(!row.is_of("https://status.acme.com", "instatus"));
        assert!(!row.is_of("https://status.acme.io", "statuspage"));
    }
}

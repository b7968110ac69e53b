//! The follow-up of a notification group: an incident that is still open some time after it was told is told once more,
//! to the same destination or to another one.
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::ids::DestinationId;

/// Of [`FollowUp::minutes`]: up to a week.
pub const MINUTES: RangeInclusive<u32> = 5..=7 * 24 * 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// After the first alert about the incident.
    pub minutes: u32,
    /// `None`: whoever got that alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<DestinationId>,
}

impl FollowUp {
    /// Who gets it, of what this destination was told.
    pub fn target<'a>(&'a self, told: &'a DestinationId) -> &'a DestinationId {
        self.destination.as_ref().unwrap_or(told)
    }
}

//! An alert that a destination is sent instead of those that it missed.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Alert;
use crate::ids::AlertId;

/// What such an alert stands for: it is put together long after the facts in it were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsteadOf {
    /// The newest of the alerts that were missed.
    pub missed: AlertId,
    /// When the newest fact in it was read; [`Alert::seen_at`] is when it was put together.
    pub as_of: Timestamp,
}

impl Alert {
    /// When the newest fact in it was read: of two alerts about one incident, the later one knows more.
    pub fn as_of(&self) -> Timestamp {
        self.instead_of.as_ref().map_or(self.seen_at, |it| it.as_of)
    }
}

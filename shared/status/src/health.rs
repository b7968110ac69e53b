//! Source health: whether a status page can be read at all (truth rule 10).
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHealth {
    pub state: HealthState,
    /// Since when it has been in this state. Our clock.
    pub since: Timestamp,
    /// Failed reads in a row.
    pub failures: u32,
    /// What the newest failed read ran into, for people: names the thing, holds no secret and no vendor text.
    pub reason: Option<String>,
    /// The page asked us (429, `Retry-After`) not to come back before this.
    pub not_before: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    Readable,
    Failing,
    Unreadable,
}

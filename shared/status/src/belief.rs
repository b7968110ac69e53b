//! What we hold true about one page after all its reads so far: the newest snapshot plus what a single snapshot cannot
//! know (when we first saw something, what is missing since when, which recovery awaits a second reading).
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ComponentId, UpdateId},
    snapshot::{Component, Incident, Page},
    words::ComponentStatus,
};

/// Stored per page; compare two of them with [`crate::diff::diff`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belief {
    pub page: Page,
    /// By id.
    pub components: Vec<Component>,
    /// Recoveries no incident explains, held until a second reading confirms them (truth rule 6): the status read.
    pub recovering: BTreeMap<ComponentId, ComponentStatus>,
    /// Open ones, and ended ones for as long as the page may still list them. By kind, then id.
    pub incidents: Vec<Tracked>,
    /// When the first successful read of the page was made: what is older is back-filled.
    pub baseline_at: Timestamp,
}

/// An incident or maintenance with our own knowledge of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// As merged from all reads: updates are never lost, components keep their status until the end (truth rule 5).
    #[serde(flatten)]
    pub incident: Incident,
    /// Our clock.
    pub first_seen_at: Timestamp,
    /// It predates the baseline: shown, never alerted, never counted in detection lag (truth rules 2 and 3).
    pub backfilled: bool,
    /// 1 at first, one more each time it was opened again after its end.
    pub episode: u32,
    /// Successive complete reads in which it was in neither the active list nor the history (truth rule 4).
    pub missing_reads: u32,
    pub ended: Option<Ended>,
    /// Updates the vendor changed after posting them, with our time of noticing (truth rule 7).
    pub edited: BTreeMap<UpdateId, Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Vendor's clock where it says so, else ours.
    pub at: Timestamp,
    pub how: HowEnded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HowEnded {
    /// Resolved or completed in the vendor's own words.
    SaidByVendor,
    /// In neither the list nor the history on two successive reads.
    NoLongerListed,
    /// Trouble of components without an incident: they recovered.
    Recovered,
    /// Trouble of components without an incident: an incident explains it now.
    Explained,
}

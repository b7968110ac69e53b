//! What we hold true about one page after all its reads so far: the newest snapshot plus what a single snapshot cannot
//! know (when we first saw something, what is missing since when, which recovery awaits a second reading).
//! How a snapshot moves a page state on is in `page state/`; what changed between two page states is [`crate::diff::diff`]'s.
mod apply;
mod due;
mod merge;
mod migrate;
mod trouble;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trouble::Attribution;

use crate::{
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Component, Incident, Kind, Listing, Page, Window},
    words::{ComponentStatus, Severity},
};

/// Ended incidents the page lists no longer are forgotten after this; the history rows keep them. Longer than deliveries
/// are remembered: one that is opened again after that starts with the same alert ids as before.
const FORGET_ENDED_AFTER: Duration = Duration::from_secs(45 * 24 * 3600);

/// A plan that is moved more often is noise.
const MAX_RESCHEDULES: usize = 20;

/// Stored per page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageState {
    pub page: Page,
    /// By id.
    pub components: Vec<Component>,
    /// Whether these are all that the page has: only then can an incident concern every one of them.
    #[serde(default = "partial")]
    pub listing: Listing,
    /// Recoveries no incident explains, held until a second reading confirms them (truth rule 6): the status read.
    pub recovering: BTreeMap<ComponentId, ComponentStatus>,
    /// Open ones, and ended ones for as long as the page may still list them. By kind, then id.
    pub incidents: Vec<IncidentState>,
    /// When the first successful read of the page was made: what is older is back-filled.
    pub baseline_at: Timestamp,
}

/// An incident or maintenance with our own knowledge of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentState {
    /// As merged from all reads: updates are never lost, components keep their status until the end (truth rule 5).
    #[serde(flatten)]
    pub incident: Incident,
    /// Its id on the page, where the page moved to a source that gives it another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_id: Option<IncidentId>,
    pub origin: Origin,
    /// From the impact where the vendor gives one, else the worst its components have been in this episode.
    pub severity: Severity,
    /// Our clock.
    pub first_seen_at: Timestamp,
    /// It predates the baseline: shown, never alerted, never counted in detection lag (truth rules 2 and 3).
    pub backfilled: bool,
    /// 1 at first, one more each time it was opened again after its end.
    pub episode: u32,
    /// Counts changes worth telling that came without an update, so that their alerts have ids of their own.
    pub revision: u32,
    /// Successive complete reads in which it was in neither the active list nor the history (truth rule 4).
    pub missing_reads: u32,
    pub ended: Option<Ended>,
    /// The update that was new to us last: a picture of the incident without it is older than what we know.
    pub newest: Option<UpdateId>,
    /// Of an incident that names no component: those that came into trouble in a read that brought news of it.
    #[serde(rename = "blamed")]
    pub attributed: BTreeSet<ComponentId>,
    /// Updates the vendor changed after posting them, with our time of noticing (truth rule 7).
    pub edited: BTreeMap<UpdateId, Timestamp>,
    /// Of a maintenance: the planned start that was reminded of.
    #[serde(default)]
    pub reminded: Option<Timestamp>,
    /// Of a maintenance: the planned end that was told to have passed.
    #[serde(default)]
    pub overran: Option<Timestamp>,
    /// The newest picture of it is what was known before with times of that moment: a repetition that is doubted until
    /// its time is seen to stay.
    #[serde(default, rename = "redated", skip_serializing_if = "std::ops::Not::not")]
    pub suspected_redate: bool,
    /// The planned windows it had before, oldest first; the newest [`MAX_RESCHEDULES`] of them.
    #[serde(default, rename = "moved", skip_serializing_if = "Vec::is_empty")]
    pub rescheduled: Vec<Rescheduled>,
}

/// A planned window that was given up for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescheduled {
    pub from: Window,
    /// Our clock, when we noticed.
    pub noticed_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The vendor posted it.
    Vendor,
    /// Components are in trouble and no incident says so: we keep these as one incident of our own per page, so that
    /// what was opened is also ended (truth rule 6). Its id is `components@` and the second it was first seen.
    Components,
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
    /// [`Origin::Components`]: they recovered.
    Recovered,
    /// [`Origin::Components`]: an incident names them now.
    #[serde(rename = "explained")]
    Merged,
}

impl PageState {
    pub fn find(&self, id: &IncidentId) -> Option<&IncidentState> {
        self.incidents.iter().find(|incident_state| incident_state.incident.id == *id)
    }

    pub fn component(&self, id: &ComponentId) -> Option<&Component> {
        self.components.iter().find(|component| component.id == *id)
    }

    /// What the vendor has open, by its id on the page: a format looks these up when the page lists them no longer.
    pub fn open(&self) -> Vec<(Kind, IncidentId)> {
        self.incidents
            .iter()
            .filter(|incident_state| incident_state.is_open() && incident_state.origin == Origin::Vendor)
            .map(|incident_state| (incident_state.incident.kind, incident_state.id_on_page().clone()))
            .collect()
    }

    /// Nothing awaits a second reading: no recovery, no missing incident, no repetition that is doubted, no trouble that
    /// an incident explained until it ended. Until then even an unchanged page has to be read in full.
    pub fn is_settled(&self) -> bool {
        let attribution = Attribution::by(&[], &self.incidents);
        let in_trouble = |component: &&Component| component.status > ComponentStatus::Operational;
        self.recovering.is_empty()
            && self
                .incidents
                .iter()
                .all(|incident_state| !incident_state.is_open() || incident_state.missing_reads == 0)
            && self.incidents.iter().all(|incident_state| !incident_state.suspected_redate)
            && self.components.iter().filter(in_trouble).all(|component| attribution.covers(component))
    }
}

impl IncidentState {
    pub fn id_on_page(&self) -> &IncidentId {
        self.page_id.as_ref().unwrap_or(&self.incident.id)
    }

    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }
}

fn partial() -> Listing {
    Listing::Partial
}

fn is_older(at: Timestamp, now: Timestamp, age: Duration) -> bool {
    now.duration_since(at).unsigned_abs() > age && at < now
}

//! The state of one page after all its reads so far: the newest snapshot, and what a single snapshot cannot know (when
//! we first saw something, what is missing since when, which recovery waits for a second read). `page_state/` applies
//! snapshots to it; [`crate::diff::diff`] compares two states.
mod apply;
mod component_incident;
mod due;
mod former_names;
mod import;
mod known_updates;
mod merge;
mod migrate;
pub mod room;
mod stale;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use component_incident::Attribution;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    bounds::UpdateMark,
    by_id::first_by,
    ids::{ComponentId, IncidentId, UpdateId},
    snapshot::{Component, Incident, Kind, Listing, Page, Window},
    words::{ComponentStatus, Severity},
};

/// Ended incidents that the page no longer lists leave the state after this; the history rows keep them. Delivery
/// records expire earlier, so an incident that is reopened later may repeat alert ids without being taken for a
/// duplicate.
const FORGET_ENDED_AFTER: Duration = Duration::from_secs(45 * 24 * 3600);

/// Of one maintenance; older ones are dropped.
const MAX_RESCHEDULES: usize = 20;

/// Per episode of an incident. Some pages write a clock into a title, or rotate it.
const MAX_TITLE_ALERTS: u32 = 5;
/// Components of which it is kept when they were first listed: the newest.
const MAX_JOINED: usize = 1_000;

/// Stored per page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageState {
    pub page: Page,
    /// By id.
    pub components: Vec<Component>,
    /// Whether these are all components of the page: only then can an incident name every one of them.
    #[serde(default = "partial")]
    pub listing: Listing,
    /// Recoveries that no incident explains, held until a second read confirms them (truth rule 6): the status read.
    pub recovering: BTreeMap<ComponentId, ComponentStatus>,
    /// Open ones, and ended ones for as long as the page may still list them. By kind, then id.
    pub incidents: Vec<IncidentState>,
    /// Names that components had before, oldest first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub former_names: BTreeMap<ComponentId, Vec<String>>,
    /// Names that groups had before, oldest first, by their present name [`folded`](crate::names::folded).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub former_groups: BTreeMap<String, Vec<String>>,
    /// When the page was first read successfully (our clock). What is older is back-filled.
    pub baseline_at: Timestamp,
    /// When components were first listed that the first read did not list (our clock), of at most [`MAX_JOINED`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub joined_at: BTreeMap<ComponentId, Timestamp>,
    /// The page is read from a window of posts ([`Listing::Window`]): what it has no news of becomes stale.
    #[serde(default, rename = "window", skip_serializing_if = "std::ops::Not::not")]
    pub is_window: bool,
    /// Digests of the ids of incidents that are on the page and are not kept, for want of room: see [`room`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left_out: BTreeSet<String>,
    /// An incident that is new and has no word after this is history: there was no room to keep it when it was news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_until: Option<Timestamp>,
}

/// An incident or maintenance, with what we know about it beyond its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentState {
    /// As merged from all reads: updates are never lost, components keep their status until the end (truth rule 5).
    #[serde(flatten)]
    pub incident: Incident,
    /// Its id on the page, if the page moved to a source that gives it another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_id: Option<IncidentId>,
    pub origin: Origin,
    /// From the provider's impact if there is one, else from the worst status of its components in this episode.
    pub severity: Severity,
    /// Our clock.
    pub first_seen_at: Timestamp,
    /// It predates the baseline: shown, never alerted, never counted in the detection delay (truth rules 2 and 3).
    pub backfilled: bool,
    /// 1 at first, one more each time it is reopened after its end.
    pub episode: u32,
    /// Counts changes worth an alert that came without an update, so that their alerts have ids of their own.
    pub revision: u32,
    /// Complete reads in a row in which it was in neither the active list nor the history (truth rule 4).
    pub missing_reads: u32,
    pub ended: Option<Ended>,
    /// The update we read last. A response without it is older than what we know.
    pub newest: Option<UpdateId>,
    /// Of an incident that names no component: those that got worse in a read that brought news of it.
    #[serde(rename = "blamed")]
    pub attributed: BTreeSet<ComponentId>,
    /// Updates that the provider edited after posting them, with the time we noticed (truth rule 7).
    pub edited: BTreeMap<UpdateId, Timestamp>,
    /// Of a maintenance: the planned start for which a reminder was sent.
    #[serde(default)]
    pub reminded: Option<Timestamp>,
    /// Of a maintenance: the planned end for which an overrun was sent.
    #[serde(default)]
    pub overran: Option<Timestamp>,
    /// The page repeated known content with a new timestamp. It counts as the same update until a second read shows the
    /// same timestamp.
    #[serde(default, rename = "redated", skip_serializing_if = "std::ops::Not::not")]
    pub suspected_redate: bool,
    /// How often in this episode an alert told a new title; at most [`MAX_TITLE_ALERTS`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retitled: u32,
    /// Its former planned windows, oldest first, at most [`MAX_RESCHEDULES`].
    #[serde(default, rename = "moved", skip_serializing_if = "Vec::is_empty")]
    pub rescheduled: Vec<Rescheduled>,
    /// When we last saw news of it (our clock); `None`: not since the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news_at: Option<Timestamp>,
    /// It is stale: its source gives no ends, and has had no news of it since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_news_since: Option<Timestamp>,
    /// The incident of the summary that told of its opening, in place of an alert of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_in: Option<IncidentId>,
    /// Updates up to this one are left out, for want of room, and are no news if they are seen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out_through: Option<UpdateMark>,
}

/// A planned window that was replaced by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescheduled {
    pub from: Window,
    /// Our clock, when we noticed.
    pub noticed_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The provider posted it.
    #[serde(rename = "vendor")]
    Provider,
    /// Components are in trouble that no incident explains. They form one incident of our own per page, so that what
    /// was opened is also ended (truth rule 6). Its id is `components@` and the second in which it was first seen.
    Components,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The provider's clock where it gives a time, else ours.
    pub at: Timestamp,
    pub how: HowEnded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HowEnded {
    /// The provider resolved or completed it.
    #[serde(rename = "said_by_vendor")]
    ByProvider,
    /// In neither the list nor the history in two reads in a row.
    NoLongerListed,
    /// [`Origin::Components`]: they recovered.
    Recovered,
    /// [`Origin::Components`]: an incident of the provider names them now.
    #[serde(rename = "explained")]
    Merged,
}

impl PageState {
    pub fn find(&self, id: &IncidentId) -> Option<&IncidentState> {
        self.incidents.iter().find(|known| known.incident.id == *id)
    }

    /// To find many of them.
    pub fn incidents_by_id(&self) -> BTreeMap<&IncidentId, &IncidentState> {
        first_by(&self.incidents, |known| &known.incident.id)
    }

    /// To find many of them.
    pub fn components_by_id(&self) -> BTreeMap<&ComponentId, &Component> {
        first_by(&self.components, |component| &component.id)
    }

    pub fn component(&self, id: &ComponentId) -> Option<&Component> {
        self.components.iter().find(|component| component.id == *id)
    }

    /// The provider's open incidents that are not stale, by their ids on the page. A format looks them up when the page
    /// no longer lists them.
    pub fn open(&self) -> Vec<(Kind, IncidentId)> {
        self.incidents
            .iter()
            .filter(|known| known.is_current() && known.origin == Origin::Provider)
            .map(|known| (known.incident.kind, known.id_on_page().clone()))
            .collect()
    }

    /// Nothing waits for a second read: no recovery, no missing incident, no suspected redate, no trouble that an
    /// incident explained until it ended. Otherwise even an unchanged page must be read in full.
    pub fn is_settled(&self) -> bool {
        let attribution = Attribution::by(&[], &self.incidents);
        let in_trouble = |component: &&Component| component.status > ComponentStatus::Operational;
        self.recovering.is_empty()
            && self.incidents.iter().all(|known| !known.is_open() || known.missing_reads == 0)
            && self.incidents.iter().all(|known| !known.suspected_redate)
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

    /// Its source gives no ends, and has had no news of it for long: it is shown, and says nothing of today.
    pub fn is_stale(&self) -> bool {
        self.is_open() && self.no_news_since.is_some()
    }

    /// Less and less of it, for a row that has no room for all of it; `None`: there is no less.
    pub fn shorter(&self, step: usize) -> Option<Self> {
        let mut shorter = self.clone();
        let incident = &mut shorter.incident;
        let updates = [usize::MAX, usize::MAX, 50, 5].get(step)?;
        incident.updates.drain(..incident.updates.len().saturating_sub(*updates));
        let newest = incident.updates.len().saturating_sub(usize::from(step == 0));
        incident.updates[..newest].iter_mut().for_each(|update| update.body = None);
        if step > 0 {
            incident.updates.iter_mut().for_each(|update| update.components.clear());
            shorter.attributed.clear();
            shorter.edited.clear();
        }
        if step > 1 {
            incident.components.truncate(100);
        }
        Some(shorter)
    }

    /// Open and not stale: it counts.
    pub fn is_current(&self) -> bool {
        self.is_open() && !self.is_stale()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn partial() -> Listing {
    Listing::Partial
}

fn is_older(at: Timestamp, now: Timestamp, age: Duration) -> bool {
    now.duration_since(at).unsigned_abs() > age && at < now
}

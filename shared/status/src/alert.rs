//! An alert: a change worth telling, complete enough to be rendered by any channel without another look-up.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AlertId, ComponentId, IncidentId, ProviderId},
    snapshot::{Kind, Update, Window},
    words::{ComponentStatus, Event, Impact, Phase, Severity},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Derived from content: the same fact found twice is one alert.
    pub id: AlertId,
    pub provider: ProviderId,
    pub provider_name: String,
    pub page_url: String,
    pub event: Event,
    pub severity: Severity,
    pub incident: IncidentFacts,
    /// What is new: the updates this alert tells, oldest first. Empty where the vendor changed something else.
    pub updates: Vec<Update>,
    /// Every component the incident ever named, with its status in the incident now (truth rule 5).
    pub components: Vec<NamedComponent>,
    /// The vendor tagged every component of the page: as good as none (truth rule 8).
    pub tags_everything: bool,
    /// What to compare with the alerts before it: the severity rose or components joined.
    pub widened: bool,
    /// Why it was closed, where the vendor did not say so itself.
    pub note: Option<String>,
    /// Our clock: when the read that caused this alert was made.
    pub seen_at: Timestamp,
}

/// The incident as it stands after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFacts {
    /// The vendor's id; ids that start with `components@` or `source@` are ours (trouble without an incident).
    pub id: IncidentId,
    /// 1 at first; counts up each time an ended incident is opened again.
    pub episode: u32,
    pub kind: Kind,
    pub title: String,
    pub phase: Option<Phase>,
    pub impact: Option<Impact>,
    /// The vendor's page of this incident.
    pub url: Option<String>,
    /// Vendor's clock.
    pub started_at: Option<Timestamp>,
    /// Vendor's clock where it said so, else ours; `None` while open.
    pub ended_at: Option<Timestamp>,
    pub window: Option<Window>,
    /// Our clock.
    pub first_seen_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedComponent {
    pub id: ComponentId,
    pub name: String,
    pub group: Option<String>,
    pub status: ComponentStatus,
    /// The status before, where this alert changes it.
    pub was: Option<ComponentStatus>,
}

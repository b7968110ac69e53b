//! The normalised content of one status page at one poll, as a format reads it from the page's responses.
use std::cmp::Reverse;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ComponentId, IncidentId, UpdateId},
    words::{ComponentStatus, Impact, Phase},
};

/// The content of one read. Lists are in no particular order; [`Snapshot::sorted`] makes two reads comparable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub page: Page,
    pub components: Vec<Component>,
    /// Incidents and maintenances; [`Incident::kind`] distinguishes them.
    pub incidents: Vec<Incident>,
    /// What absence from the lists above means.
    pub coverage: Coverage,
}

/// Whether absence from a list proves anything (truth rule 3). A format that cannot be sure says `Partial`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// `Complete`: a component that is not listed does not exist any more.
    pub components: Listing,
    /// `Complete`: an open incident or maintenance that is not listed was also looked up in the page's history, and is
    /// in neither (truth rule 4).
    pub incidents: Listing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    Complete,
    Partial,
    /// Of incidents: `Partial`, and only what was posted last (a feed). An entry that stays listed is no sign that it
    /// is still under way, and many never get an end.
    Window,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// What its platform calls this page, where the format reads that: see [`crate::identity`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The page's own title.
    pub name: Option<String>,
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    pub id: ComponentId,
    /// The current name, without its group.
    pub name: String,
    /// Name of the group it belongs to.
    pub group: Option<String>,
    pub status: ComponentStatus,
}

impl Component {
    /// `Group / Name`: a page may use one name in several groups.
    pub fn full_name(&self) -> String {
        match &self.group {
            Some(group) => format!("{group} / {}", self.name),
            None => self.name.clone(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Unplanned.
    Incident,
    /// Planned.
    Maintenance,
}

/// One incident or maintenance as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub kind: Kind,
    pub title: String,
    /// `None` if the page gives none (feeds).
    pub phase: Option<Phase>,
    pub impact: Option<Impact>,
    pub url: Option<String>,
    /// The provider's clock. Of a maintenance: the actual start, not the time of the announcement; see `window`.
    pub started_at: Option<Timestamp>,
    /// The provider's clock; `None` while open.
    pub resolved_at: Option<Timestamp>,
    /// Planned start and end of a maintenance.
    pub window: Option<Window>,
    /// Every component that the page attaches to it, with its status in this incident.
    pub components: Vec<Affected>,
    /// Oldest first. A page that shows only its newest update gives one.
    pub updates: Vec<Update>,
}

impl Incident {
    /// The provider ended it: by its phase, or by a time of resolution.
    pub fn is_over(&self) -> bool {
        self.phase.map_or(self.resolved_at.is_some(), Phase::is_over)
    }
    /// Time of the newest update (the provider's clock).
    pub fn newest_update_at(&self) -> Option<Timestamp> {
        self.updates.iter().filter_map(|update| update.posted_at).max()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
}

/// A component named by an incident or an update; `status` is `None` if it is named without one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Affected {
    pub id: ComponentId,
    pub status: Option<ComponentStatus>,
}

/// One posted message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    pub id: UpdateId,
    pub phase: Option<Phase>,
    /// The time that the page shows, which the provider may back-date.
    pub posted_at: Option<Timestamp>,
    /// Plain text or the provider's Markdown, never HTML. `None`: the page gave no text (not: an empty one).
    pub body: Option<String>,
    /// Only the components this update names.
    pub components: Vec<Affected>,
}

impl Snapshot {
    /// Components by id, incidents by kind and id, updates by time and id, so that the order on the page never matters.
    /// Of entries that share an id the worst component and the newest incident stay.
    pub fn sorted(mut self) -> Self {
        self.components.sort_by(|a, b| (&a.id, b.status, &a.name).cmp(&(&b.id, a.status, &b.name)));
        self.components.dedup_by(|a, b| a.id == b.id);
        let newest = |incident: &Incident| Reverse((incident.newest_update_at(), incident.updates.len()));
        self.incidents.sort_by_cached_key(|incident| (incident.id.clone(), newest(incident), incident.kind));
        self.incidents.dedup_by(|a, b| a.id == b.id);
        self.incidents.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
        for incident in &mut self.incidents {
            incident.components.sort();
            incident.components.dedup_by(|a, b| a.id == b.id);
            incident.updates.sort_by(|a, b| (a.posted_at, &a.id).cmp(&(b.posted_at, &b.id)));
            for update in &mut incident.updates {
                update.components.sort();
                update.components.dedup_by(|a, b| a.id == b.id);
            }
        }
        self
    }

    /// Digest of the content: equal for two reads with the same content, whatever their bytes and order.
    pub fn digest(&self) -> String {
        let sorted = self.clone().sorted();
        crate::ids::digest(&[&serde_json::to_string(&sorted).expect("a snapshot is plain data")])
    }
}

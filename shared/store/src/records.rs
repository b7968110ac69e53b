//! Plain types that several families of access patterns share: what is stored, without how. Attribute names are part of
//! every existing table, so a field that has another name here keeps its stored one through `serde(rename)`.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    identity::PageIdentity,
    ids::{AlertId, DeliveryId, IncidentId, ProviderId},
    page_state::PageState,
    snapshot::Kind,
    words::Event,
};

/// An alert without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertHead {
    pub id: AlertId,
    pub event: Event,
    /// Our clock: when the read that caused it was made.
    pub seen_at: Timestamp,
}

/// Longest document in bytes, compressed. The rest of its item is small.
pub const DOCUMENT_LIMIT: usize = 300 * 1024;

/// Longest document in bytes of JSON: what a reader of one must have memory for. Hardly anything compresses to less
/// than a tenth, unless somebody wants it to.
pub const INFLATED_LIMIT: usize = 4 * 1024 * 1024;

/// The same of documents that lists load by the hundred: incidents, timelines and alerts.
pub const ROW_INFLATED_LIMIT: usize = 1024 * 1024;

/// What an earlier version stored is read up to this size, to be cut to the bounds of today.
pub const READ_LIMIT: usize = 16 * 1024 * 1024;

/// What a poller needs to know of a page before it reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageHead {
    pub provider: ProviderId,
    /// Counts the commits. A writer must have read the version before the one it commits.
    pub version: u64,
    /// Name of the registered format that read the page.
    pub format: String,
    /// Which of the format's sources served the last good read.
    #[serde(rename = "via")]
    pub source: String,
    /// Where the status page was found, if the configured address only leads to it.
    #[serde(default, rename = "led", skip_serializing_if = "Option::is_none")]
    pub resolved: Option<ResolvedUrl>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Of the first responses' bodies as received; `None`: not comparable.
    pub body_digest: Option<String>,
    pub snapshot_digest: String,
    /// Something waits for a second read, so that even an unchanged page must be read in full.
    pub unsettled: bool,
    /// Incidents and maintenances that are open, by their ids on the page.
    pub open: Vec<(Kind, IncidentId)>,
    /// When time alone causes an alert: a reminder or an overrun.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// The next planned start or end. Pages without maintenance phases mean something else from then on although their
    /// bytes are the same, so they are read in full once more.
    #[serde(default)]
    pub read_again_at: Option<Timestamp>,
    /// The names on the page changed, and nobody has compared the filters of its monitors with them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filters_unchecked: bool,
    /// Which page it is; `None` in old rows: the next read says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<PageIdentity>,
    /// What of the page is not kept, for want of room, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// Since when an open incident is not on the page and could not be found elsewhere. It is looked up at growing
    /// pauses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted_since: Option<Timestamp>,
    /// The provider's own history from before the first read has not been imported: since when it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_pending_since: Option<Timestamp>,
    /// When it was imported, or given up. `None` although it does not wait either: its platform had none when the page
    /// was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<Timestamp>,
}

impl PageHead {
    /// Of a page that was read into this state, and of which nothing else is known: its next read is in full.
    pub fn of_read(provider: &ProviderId, version: u64, snapshot_digest: String, state: &PageState) -> Self {
        Self {
            provider: provider.clone(),
            version,
            format: "statuspage".to_owned(),
            source: "summary".to_owned(),
            resolved: None,
            etag: None,
            last_modified: None,
            body_digest: None,
            snapshot_digest,
            unsettled: !state.is_settled(),
            open: state.open(),
            due_at: None,
            read_again_at: None,
            filters_unchecked: false,
            identity: None,
            left_out: None,
            unlisted_since: None,
            import_pending_since: None,
            imported_at: None,
        }
    }
}

/// The address of a status page that was found from another address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedUrl {
    /// The address configured at that time. Once another one is configured, this is void.
    pub from: String,
    pub to: String,
    /// No public address had a part in choosing it, so it may be in a private network. `None` in old rows: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRecord {
    pub head: PageHead,
    pub page_state: PageState,
}

/// One outbox row: the alerts of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    pub provider: ProviderId,
    pub by: WrittenBy,
    /// In the order of sending; never empty.
    pub alerts: Vec<AlertId>,
}

impl OutboxRow {
    /// `None` without alerts.
    pub(crate) fn of(provider: &ProviderId, by: WrittenBy, alerts: &[Alert]) -> Option<Self> {
        (!alerts.is_empty()).then(|| Self {
            provider: provider.clone(),
            by,
            alerts: alerts.iter().map(|alert| alert.id.clone()).collect(),
        })
    }
}

/// The commit that wrote an outbox row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenBy {
    Page {
        version: u64,
    },
    Health {
        at: Timestamp,
    },
    /// A notice about a destination of ours.
    Notice {
        at: Timestamp,
    },
}

/// One opening of an incident, up to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Episode {
    pub provider: ProviderId,
    pub incident: IncidentId,
    /// 1 at first, one more each time the incident is reopened.
    pub number: u32,
}

impl Episode {
    pub fn of(alert: &Alert) -> Self {
        Self { provider: alert.provider.clone(), incident: alert.incident.id.clone(), number: alert.incident.episode }
    }
}

/// Why and since when a destination gets no alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// For people; never holds a setting's value.
    pub reason: String,
    pub at: Timestamp,
    /// Its mail address is suppressed.
    suppressed: bool,
}

impl Disabled {
    /// The receiver is gone, refuses or fails.
    pub fn because(reason: impl Into<String>, at: Timestamp) -> Self {
        Self { reason: reason.into(), at, suppressed: false }
    }

    /// Mail to its address is suppressed. Once that is lifted, the destination is enabled again.
    pub fn by_suppression(reason: impl Into<String>, at: Timestamp) -> Self {
        Self { suppressed: true, ..Self::because(reason, at) }
    }

    /// Of a destination with a mail address only.
    pub fn is_by_suppression(&self) -> bool {
        self.suppressed
    }
}

/// An unbroken series of refused alerts: no alert has arrived since it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    pub since: Timestamp,
    /// All refused attempts.
    pub attempts: u32,
    /// The delivery that was refused first.
    pub first: DeliveryId,
    /// Another delivery was refused as well.
    pub several: bool,
}

impl Refusals {
    /// The series with one more refused attempt at `delivery`.
    pub fn another(series: Option<&Self>, delivery: &DeliveryId, at: Timestamp) -> Self {
        match series {
            None => Self { since: at, attempts: 1, first: delivery.clone(), several: false },
            Some(series) => Self {
                attempts: series.attempts.saturating_add(1),
                several: series.several || series.first != *delivery,
                ..series.clone()
            },
        }
    }
}

/// What a channel needs to find its message again.
pub type HandleFields = BTreeMap<String, String>;

//! The types of the API's responses, apart from the core's, so that the core may change. The `OpenAPI` document is
//! generated from them: their doc comments are its descriptions.
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::model::provider_state::ProviderState;

/// An RFC 3339 time in UTC.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Time(pub(crate) Timestamp);

impl JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339 in UTC.",
            "examples": ["2026-03-10T15:37:00Z"]
        })
    }
}

/// Declares an enum of the API and its conversion from one of the core. A new variant there is a compile error here.
macro_rules! words {
    ($(#[doc = $doc:literal])* $name:ident is $core:ty { $($(#[serde($wire:meta)])? $variant:ident),* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Serialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum $name { $($(#[serde($wire)])? $variant),* }

        impl From<$core> for $name {
            fn from(core: $core) -> Self {
                match core { $(<$core>::$variant => Self::$variant),* }
            }
        }
    };
}

words! {
    /// The state of a component. `unknown`: the status page does not say.
    ComponentStatus is status::words::ComponentStatus {
        Unknown, Operational, UnderMaintenance, DegradedPerformance, PartialOutage, MajorOutage
    }
}
words! {
    /// Unplanned or planned.
    Kind is status::snapshot::Kind { Incident, Maintenance }
}
words! {
    /// The progress of an incident or maintenance, as the provider states it.
    Phase is status::words::Phase {
        Investigating, Identified, Monitoring, Resolved, Postmortem, Scheduled, InProgress, Verifying, Completed
    }
}
words! {
    /// The provider's own rating.
    Impact is status::words::Impact { None, Minor, Major, Critical }
}
words! {
    /// From the provider's impact if it gives one, else from the worst state of the affected components.
    Severity is status::words::Severity { Maintenance, Minor, Major }
}
words! {
    /// `vendor`: the provider posted it. `components`: the provider changed component states without posting an
    /// incident.
    Origin is status::page_state::Origin { #[serde(rename = "vendor")] Provider, Components }
}
words! {
    /// `said_by_vendor`: the provider said so. `no_longer_listed`: missing from the page and its history in two reads.
    /// Only for the origin `components`: `recovered`, all components recovered; `explained`, an incident that the
    /// provider posted later covers them.
    HowEnded is status::page_state::HowEnded {
        #[serde(rename = "said_by_vendor")] ByProvider, NoLongerListed, Recovered, #[serde(rename = "explained")] Merged
    }
}
words! {
    /// Whether the status page can be read. `failing`: the latest reads failed, which may be temporary.
    Reading is status::health::HealthState { Readable, Failing, Unreadable }
}
/// `complete`: the list holds every component of the status page.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Listing {
    Complete,
    Partial,
}

impl From<status::snapshot::Listing> for Listing {
    fn from(core: status::snapshot::Listing) -> Self {
        match core {
            status::snapshot::Listing::Complete => Self::Complete,
            status::snapshot::Listing::Partial | status::snapshot::Listing::Window => Self::Partial,
        }
    }
}

words! {
    /// The worst state of the provider's components and open incidents. `unreadable`: the status page has been
    /// unreachable for some time, so its present state is not known. `unknown`: the page can be read, but the words for
    /// the states of its components cannot. `no_status_page`: what answers at its address is no status page in a known
    /// format. `not_watched`: it was never read.
    State is ProviderState {
        MajorOutage, PartialOutage, DegradedPerformance, UnderMaintenance, Unreadable, Unknown, Operational, NoStatusPage,
        NotWatched
    }
}

/// Related URLs, as paths.
#[derive(Serialize, JsonSchema)]
pub(super) struct Links {
    /// The full resource in the API.
    #[serde(rename = "self")]
    pub(super) this: String,
    /// The page for people.
    pub(super) html: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ProviderRef {
    pub(super) id: String,
    pub(super) name: String,
}

/// A provider with its current state. Unknown values are null.
#[derive(Serialize, JsonSchema)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) name: String,
    /// The provider's status page.
    pub(super) page_url: String,
    pub(super) category: Option<&'static str>,
    /// Whether this instance watches the provider.
    pub(super) watched: bool,
    /// It is listed as watched, but nobody is alerted of its incidents: no monitor watches it, or no group with
    /// destinations covers those that do.
    pub(super) no_alerts: bool,
    pub(super) state: State,
    /// Null: the state is current. Else the last good read of the status page: reads have failed since.
    pub(super) state_as_of: Option<Time>,
    /// Number of components on the status page.
    pub(super) components: Option<usize>,
    /// Number of those that are degraded, partly out or out.
    pub(super) components_in_trouble: Option<usize>,
    /// Open incidents and maintenance, the latest start first. At most 20.
    pub(super) open: Option<Vec<IncidentRow>>,
    /// Number of further open incidents and maintenance.
    pub(super) more_open: Option<usize>,
    /// The first successful read of the status page. Earlier states are unknown.
    pub(super) watched_since: Option<Time>,
    /// The status page was polled then, and may have been polled since.
    pub(super) last_read_at: Option<Time>,
    /// The longest time between two polls at present. Pages that answer without a body while nothing changes are polled
    /// more often.
    pub(super) read_every_seconds: u64,
    /// Null if the latest read succeeded, or nothing was read yet.
    pub(super) trouble_reading: Option<TroubleReading>,
    pub(super) links: Links,
}

/// The latest reads of the status page failed.
#[derive(Serialize, JsonSchema)]
pub(super) struct TroubleReading {
    pub(super) state: Reading,
    /// The first failed read.
    pub(super) since: Time,
    /// Number of failed reads in a row.
    pub(super) failures: u32,
    pub(super) reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ProviderList {
    pub(super) providers: Vec<Provider>,
    /// The `cursor` of the next page; null at the end.
    pub(super) next: Option<String>,
}

/// The best match first.
#[derive(Serialize, JsonSchema)]
pub(super) struct SearchResults {
    pub(super) providers: Vec<Provider>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Component {
    /// The provider's own ID, or the name if the status page has no IDs.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) group: Option<String>,
    pub(super) status: ComponentStatus,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ComponentList {
    pub(super) provider: ProviderRef,
    /// Null: the status page was never read.
    pub(super) components: Option<Vec<Component>>,
    /// Number of further components, for which the response has no room.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) more_components: usize,
    /// Whether the list is complete.
    pub(super) listing: Option<Listing>,
}

/// An incident or maintenance without its updates.
#[derive(Serialize, JsonSchema)]
pub(super) struct IncidentRow {
    pub(super) provider: ProviderRef,
    /// The provider's own ID, unique among its incidents and maintenance.
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) phase: Option<Phase>,
    pub(super) impact: Option<Impact>,
    pub(super) severity: Severity,
    /// Not ended. Scheduled maintenance is open too.
    pub(super) open: bool,
    /// Open, but nothing was said of it since `no_news_since`, and its source gives no ends. It does not count for the
    /// provider's state.
    pub(super) stale: bool,
    /// Null unless stale.
    pub(super) no_news_since: Option<Time>,
    /// The start by the provider's clock if given, else when it was detected. For scheduled maintenance: the planned
    /// start.
    pub(super) began_at: Time,
    /// Null while open.
    pub(super) ended_at: Option<Time>,
    pub(super) how_ended: Option<HowEnded>,
    pub(super) planned_start: Option<Time>,
    pub(super) planned_end: Option<Time>,
    pub(super) links: Links,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct IncidentList {
    pub(super) incidents: Vec<IncidentRow>,
    /// The `cursor` of the next page; null at the end.
    pub(super) next: Option<String>,
}

/// A maintenance without its updates.
#[derive(Serialize, JsonSchema)]
pub(super) struct MaintenanceRow {
    #[serde(flatten)]
    pub(super) row: IncidentRow,
    /// The planned time before the newest change of it. Null: the provider never changed it.
    pub(super) rescheduled_from: Option<PlannedTime>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PlannedTime {
    pub(super) planned_start: Option<Time>,
    pub(super) planned_end: Option<Time>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct MaintenanceList {
    pub(super) maintenances: Vec<MaintenanceRow>,
    /// The `cursor` of the next page; null at the end.
    pub(super) next: Option<String>,
}

/// An incident or maintenance with its updates.
#[derive(Serialize, JsonSchema)]
pub(super) struct Incident {
    #[serde(flatten)]
    pub(super) row: IncidentRow,
    pub(super) origin: Origin,
    /// Its page on the provider's status page.
    pub(super) url: Option<String>,
    /// The provider's first update, by the provider's clock.
    pub(super) first_posted_at: Option<Time>,
    /// From the start that the provider gives to its first update. Null: not known.
    pub(super) posting_delay_seconds: Option<i64>,
    /// When it was detected, by our clock.
    pub(super) first_seen_at: Time,
    /// From the first update to our detection. Null: imported, or not known.
    pub(super) detection_delay_seconds: Option<i64>,
    /// Imported from the provider's history: it started before the status page was watched.
    pub(super) backfilled: bool,
    /// 1, plus 1 for each time it was reopened.
    pub(super) episode: u32,
    pub(super) components: Vec<Affected>,
    /// Number of further components, for which the response has no room.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) more_components: usize,
    /// In which state each component was, and when. At most 500.
    pub(super) impact_periods: Vec<ImpactPeriod>,
    /// Earlier planned times of a maintenance, the oldest first.
    pub(super) rescheduled: Vec<Rescheduled>,
    /// The oldest first.
    pub(super) updates: Vec<Update>,
    /// Number of updates before these, for which the response has no room.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) earlier_updates: usize,
}

pub(super) fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A component that an incident or an update mentions.
#[derive(Serialize, JsonSchema)]
pub(super) struct Affected {
    pub(super) id: String,
    /// Null: the status page no longer lists it.
    pub(super) name: Option<String>,
    pub(super) group: Option<String>,
    /// Null: mentioned without a state.
    pub(super) status: Option<ComponentStatus>,
}

/// A time in which a component was in one state because of an incident.
#[derive(Serialize, JsonSchema)]
pub(super) struct ImpactPeriod {
    /// The ID of the component.
    pub(super) component: String,
    pub(super) status: ComponentStatus,
    pub(super) started_at: Time,
    /// Null: it lasts.
    pub(super) ended_at: Option<Time>,
}

/// A planned time that the provider changed.
#[derive(Serialize, JsonSchema)]
pub(super) struct Rescheduled {
    pub(super) planned_start: Option<Time>,
    pub(super) planned_end: Option<Time>,
    /// When we noticed the change.
    pub(super) noticed_at: Time,
}

/// One message of the provider.
#[derive(Serialize, JsonSchema)]
pub(super) struct Update {
    pub(super) id: String,
    pub(super) phase: Option<Phase>,
    /// As the status page shows it. Providers may back-date updates.
    pub(super) posted_at: Option<Time>,
    /// Plain text or the provider's Markdown. Null: no text.
    pub(super) body: Option<String>,
    /// When we noticed that the provider had edited it.
    pub(super) edited_at: Option<Time>,
    /// Only those that this update mentions.
    pub(super) components: Vec<Affected>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Health {
    pub(super) status: Ok,
    /// When status pages were last polled. Null: not yet.
    pub(super) newest_round_at: Option<Time>,
}

/// The store can be read, and status pages are polled.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ok {
    Ok,
}

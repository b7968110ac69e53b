//! The API's own words: what an answer holds, apart from the core's types, so that those stay free to change. The `OpenAPI`
//! document is made of these; what stands beside a field here stands in it.
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::overview;

/// A moment as RFC 3339 in UTC.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Time(pub(crate) Timestamp);

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

/// The API's words for those of the core: a new one there is a compile error here.
macro_rules! words {
    ($(#[doc = $about:literal])* $name:ident is $core:ty { $($(#[serde($wire:meta)])? $variant:ident),* }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Serialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $($(#[serde($wire)])? $variant),* }

        impl From<$core> for $name {
            fn from(core: $core) -> Self {
                match core { $(<$core>::$variant => Self::$variant),* }
            }
        }
    };
}

words! {
    /// How a component is doing. `unknown`: the page does not say.
    ComponentStatus is status::words::ComponentStatus {
        Unknown, Operational, UnderMaintenance, DegradedPerformance, PartialOutage, MajorOutage
    }
}
words! {
    /// Not planned, or planned work.
    Kind is status::snapshot::Kind { Incident, Maintenance }
}
words! {
    /// Where it stands, in the vendor's words.
    Phase is status::words::Phase {
        Investigating, Identified, Monitoring, Resolved, Postmortem, Scheduled, InProgress, Verifying, Completed
    }
}
words! {
    /// How bad the vendor says it is.
    Impact is status::words::Impact { None, Minor, Major, Critical }
}
words! {
    /// From the impact where the vendor gives one, else from the worst its components have been.
    Severity is status::words::Severity { Maintenance, Minor, Major }
}
words! {
    /// `vendor`: the vendor posted it. `components`: components were in trouble and no incident said so.
    Origin is status::page_state::Origin { #[serde(rename = "vendor")] Provider, Components }
}
words! {
    /// `said_by_vendor`; `no_longer_listed`: gone from the page and from its history on two reads; `recovered` and
    /// `explained`, of the origin `components`: they recovered, or an incident names them now.
    HowEnded is status::page_state::HowEnded {
        #[serde(rename = "said_by_vendor")] ByProvider, NoLongerListed, Recovered, #[serde(rename = "explained")] Merged
    }
}
words! {
    /// Whether the page can be read. `failing`: the newest reads failed, which may be noise.
    Reading is status::health::HealthState { Readable, Failing, Unreadable }
}
words! {
    /// `complete`: what is not listed is not there.
    Listing is status::snapshot::Listing { Complete, Partial }
}

/// How a provider is doing: the worst of its components and open incidents. `unreadable`: its page could not be read for some
/// time, so nothing is known of now. `not_watched`: it was never read, so nothing is claimed.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    MajorOutage,
    PartialOutage,
    DegradedPerformance,
    UnderMaintenance,
    Unreadable,
    Operational,
    NotWatched,
}

impl From<overview::State> for State {
    fn from(state: overview::State) -> Self {
        match state {
            overview::State::MajorOutage => Self::MajorOutage,
            overview::State::PartialOutage => Self::PartialOutage,
            overview::State::Degraded => Self::DegradedPerformance,
            overview::State::Maintenance => Self::UnderMaintenance,
            overview::State::Unreadable => Self::Unreadable,
            overview::State::Operational => Self::Operational,
            overview::State::NotWatched => Self::NotWatched,
        }
    }
}

/// Where to go from here.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Links {
    /// This, in full, in the API.
    #[serde(rename = "self")]
    pub(crate) this: String,
    /// The page for people.
    pub(crate) html: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ProviderRef {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A provider at a glance. Null is what is not known.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The vendor's status page.
    pub(crate) page_url: String,
    pub(crate) category: Option<&'static str>,
    /// The configuration of this instance watches it.
    pub(crate) watched: bool,
    pub(crate) state: State,
    /// How many the page has.
    pub(crate) components: Option<usize>,
    /// Of them: degraded, partly out or out.
    pub(crate) components_in_trouble: Option<usize>,
    /// Open incidents, and maintenances that are not over; those that began last first. At most 20.
    pub(crate) open: Option<Vec<IncidentRow>>,
    /// Open ones beyond those.
    pub(crate) more_open: Option<usize>,
    /// The first good read: what was before is not known.
    pub(crate) watched_since: Option<Time>,
    /// When its turn came last. An unchanged page costs one request and leaves no other trace.
    pub(crate) last_read_at: Option<Time>,
    /// How often it is read at present.
    pub(crate) read_every_seconds: u64,
    /// Null where the newest read was good, or nothing was read.
    pub(crate) trouble_reading: Option<TroubleReading>,
    pub(crate) links: Links,
}

/// Reads of the page failed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TroubleReading {
    pub(crate) state: Reading,
    /// The first failed read.
    pub(crate) since: Time,
    /// In a row.
    pub(crate) failures: u32,
    pub(crate) reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ProviderList {
    pub(crate) providers: Vec<Provider>,
    /// The `cursor` of what follows; null: that was all.
    pub(crate) next: Option<String>,
}

/// Providers by how well they fit.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Found {
    pub(crate) providers: Vec<Provider>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Component {
    /// The vendor's own id, or the name where the page has no ids.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) group: Option<String>,
    pub(crate) status: ComponentStatus,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ComponentList {
    pub(crate) provider: ProviderRef,
    /// Null: the page was never read.
    pub(crate) components: Option<Vec<Component>>,
    /// Whether these are all that the page has.
    pub(crate) listing: Option<Listing>,
}

/// An incident or a maintenance without its texts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct IncidentRow {
    pub(crate) provider: ProviderRef,
    /// The vendor's own id, unique among the incidents of one provider.
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) phase: Option<Phase>,
    pub(crate) impact: Option<Impact>,
    pub(crate) severity: Severity,
    /// It is not over. Planned work that has not begun is open too.
    pub(crate) open: bool,
    /// By the vendor's clock where it says so, else when it was first seen; of planned work that has not begun, when it is to
    /// begin.
    pub(crate) began_at: Time,
    /// Null while it is open.
    pub(crate) ended_at: Option<Time>,
    pub(crate) how_ended: Option<HowEnded>,
    pub(crate) planned_start: Option<Time>,
    pub(crate) planned_end: Option<Time>,
    pub(crate) links: Links,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct IncidentList {
    pub(crate) incidents: Vec<IncidentRow>,
    /// The `cursor` of what follows; null: that was all.
    pub(crate) next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct MaintenanceList {
    pub(crate) maintenances: Vec<IncidentRow>,
    /// The `cursor` of what follows; null: that was all.
    pub(crate) next: Option<String>,
}

/// An incident or a maintenance with all that was said of it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Incident {
    #[serde(flatten)]
    pub(crate) row: IncidentRow,
    pub(crate) origin: Origin,
    /// Its own page at the vendor's.
    pub(crate) url: Option<String>,
    /// By our clock.
    pub(crate) first_seen_at: Time,
    /// It was there before the page was watched.
    pub(crate) backfilled: bool,
    /// 1, and one more each time it was opened again.
    pub(crate) episode: u32,
    pub(crate) components: Vec<Affected>,
    /// The oldest first.
    pub(crate) updates: Vec<Update>,
}

/// A component that an incident or an update names.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Affected {
    pub(crate) id: String,
    /// Null: the page lists it no longer.
    pub(crate) name: Option<String>,
    pub(crate) group: Option<String>,
    /// Null: it was named without one.
    pub(crate) status: Option<ComponentStatus>,
}

/// One posted message.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Update {
    pub(crate) id: String,
    pub(crate) phase: Option<Phase>,
    /// As the page shows it; vendors date updates back.
    pub(crate) posted_at: Option<Time>,
    /// Plain text or the vendor's Markdown. Null: the page gives no text.
    pub(crate) body: Option<String>,
    /// When it was seen that the vendor had changed it after posting it.
    pub(crate) edited_at: Option<Time>,
    /// Only those that this update names.
    pub(crate) components: Vec<Affected>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    pub(crate) status: Ok,
    /// When pages were read last. Null: no round is known.
    pub(crate) newest_round_at: Option<Time>,
}

/// The store answers.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ok {
    Ok,
}

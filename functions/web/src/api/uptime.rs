//! `/api/v1/providers/{id}/uptime`: what the page of a provider says of its last 90 days.
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::Serialize;
use status::{availability::DayState, ids::ComponentId, over_time::OverTime, page_state::PageState, words};

use super::{
    providers::requested,
    query::Query,
    route::{Outcome, json},
    types::{Component, ComponentStatus, ProviderRef, Time, is_zero},
    view::{self, Room},
};
use crate::{model::page_history::PageHistory, state::Web};

/// How the components of a status page were in the last 90 days, as far as that was seen. Days are UTC.
#[derive(Serialize, JsonSchema)]
pub(super) struct UptimeReport {
    provider: ProviderRef,
    /// Null: the status page was never read.
    watched: Option<Watched>,
    /// The days of the status page as a whole: the worst of its incidents and components.
    days: Vec<Day>,
    /// Ordered by ID.
    components: Vec<ComponentUptime>,
    /// Number of further components, for which the response has no room.
    #[serde(skip_serializing_if = "is_zero")]
    more_components: usize,
}

/// When the status page was read.
#[derive(Serialize, JsonSchema)]
struct Watched {
    since: Time,
    /// The latest read, or the first one that failed since.
    until: Time,
    /// When it could not be read in between. Nothing is known of these times.
    gaps: Vec<Gap>,
}

#[derive(Serialize, JsonSchema)]
struct Gap {
    since: Time,
    until: Time,
}

/// A day with an incident or maintenance.
#[derive(Serialize, JsonSchema)]
struct Day {
    /// `2026-03-10`.
    date: String,
    /// The worst state of the day. `unknown`: it was not stated.
    worst: ComponentStatus,
    /// How long the state was not operational.
    seconds: i64,
    /// Not seen: the provider's history tells of it.
    imported: bool,
}

#[derive(Serialize, JsonSchema)]
struct ComponentUptime {
    #[serde(flatten)]
    component: Component,
    /// Since when it has been in its present state. Null: not known, or for longer than the status page is watched.
    in_state_since: Option<Time>,
    /// For how long its state is known, of the last 90 days.
    seen_seconds: i64,
    /// For how long of that it was partly or wholly out.
    down_seconds: i64,
    /// The share of the seen time without an outage, rounded down to two decimals. Null: nothing was seen.
    uptime_percent: Option<f64>,
    /// The oldest first.
    days: Vec<Day>,
}

pub(super) async fn of_provider(web: Web, query: Query) -> Outcome {
    let overview = web.overview_cache.get().await?;
    let row = requested(&overview, &query)?;
    let history = PageHistory::read(&web.store, &overview, row, Timestamp::now()).await?;
    let provider = view::provider_ref(&row.provider.id, &overview);
    Ok(json(&match history.page_state() {
        Some(page_state) => report(provider, page_state, &history.over_time(page_state)),
        None => UptimeReport { provider, watched: None, days: Vec::new(), components: Vec::new(), more_components: 0 },
    }))
}

fn report(provider: ProviderRef, page_state: &PageState, over_time: &OverTime<'_>) -> UptimeReport {
    let seen = over_time.watched();
    let mut room = Room::of_a_response();
    let of_most = over_time.uptime_of(None);
    let components = page_state.components.iter().map(|component| {
        let differs = over_time.differs(&component.id).then_some(&component.id);
        let since = over_time.since_of(&component.id, component.status).filter(|since| !since.is_at_least);
        let uptime = differs.map_or(of_most, |id| over_time.uptime_of(Some(id)));
        ComponentUptime {
            component: view::component(component),
            in_state_since: since.map(|since| Time(since.at)),
            seen_seconds: uptime.seen,
            down_seconds: uptime.down,
            uptime_percent: uptime.hundredths().map(|hundredths| hundredths as f64 / 100.0),
            days: days_of(over_time, differs),
        }
    });
    let components: Vec<ComponentUptime> = components.take_while(|component| room.takes(component)).collect();
    UptimeReport {
        provider,
        watched: Some(Watched {
            since: Time(seen.period.since),
            until: Time(seen.period.until),
            gaps: seen.gaps.iter().map(|gap| Gap { since: Time(gap.since), until: Time(gap.until) }).collect(),
        }),
        days: over_time.days().into_iter().filter_map(day).collect(),
        more_components: page_state.components.len() - components.len(),
        components,
    }
}

/// `None`: of a component that no incident names.
fn days_of(over_time: &OverTime<'_>, component: Option<&ComponentId>) -> Vec<Day> {
    let days = component.map(|id| over_time.days_of(Some(id)));
    days.into_iter().flatten().filter_map(day).collect()
}

fn day((date, state): (Date, DayState)) -> Option<Day> {
    let (worst, seconds, imported) = match state {
        DayState::NotWatched | DayState::Watched { worst: words::ComponentStatus::Operational, .. } => return None,
        DayState::Watched { worst, seconds } => (worst, seconds, false),
        DayState::Imported { worst, seconds } => (worst, seconds, true),
    };
    Some(Day { date: date.to_string(), worst: worst.into(), seconds, imported })
}

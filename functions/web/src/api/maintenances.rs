//! `/api/v1/maintenances`: the maintenance of all providers by planned start.
use http::StatusCode;
use jiff::{
    Timestamp, ToSpan,
    civil::Date,
    tz::{Offset, TimeZone},
};
use status::{ids::ProviderId, incident_timeline::IncidentTimeline, snapshot::Kind};
use store::{Cursor, CursorPage};

use super::{
    problem::{Problem, UNKNOWN_PROVIDER},
    query::{CURSOR, LIMIT, PROVIDER, Parameter, Query, ValueType, WATCHED},
    route::{Outcome, json_list},
    types::MaintenanceList,
    view,
};
use crate::{
    model::{filtered_page::filtered_page, overview::Overview},
    state::Web,
};

const MAX_DAYS: i64 = 400;
const DEFAULT_DAYS: i64 = 90;

pub(super) static LIST: [Parameter; 6] = [
    Parameter {
        name: "from",
        description: "Earliest start date (UTC). Default: today.",
        value_type: ValueType::Date,
        required: false,
        example: "2026-03-01",
    },
    Parameter {
        name: "to",
        description: "Latest start date (UTC), at most 400 days after `from`. Default: 90 days after `from`.",
        value_type: ValueType::Date,
        required: false,
        example: "2026-03-31",
    },
    PROVIDER,
    WATCHED,
    LIMIT,
    CURSOR,
];

/// From the first moment, inclusive, to the second, exclusive.
type Period = (Timestamp, Timestamp);
type Rows = Vec<(ProviderId, IncidentTimeline)>;

pub(super) async fn list(web: Web, query: Query) -> Outcome {
    let period = period(&query, TimeZone::UTC.to_datetime(Timestamp::now()).date())?;
    let overview = web.overview_cache.get().await?;
    let (rows, next) = read(&web, &overview, &query, period).await?;
    let next = next.map(|cursor| cursor.to_string());
    let row = |(id, timeline): &(ProviderId, _)| view::maintenance(&view::provider_ref(id, &overview), timeline);
    let maintenances = rows.iter().map(row).collect();
    Ok(json_list(&query, next.clone(), &MaintenanceList { maintenances, next }))
}

async fn read(
    web: &Web,
    overview: &Overview,
    query: &Query,
    period: Period,
) -> Result<(Rows, Option<Cursor>), Problem> {
    let is_watched = |id: &ProviderId| overview.get(id.as_str()).is_some_and(|row| row.watched);
    let matches = |(id, timeline): &(ProviderId, IncidentTimeline)| {
        timeline.kind == Kind::Maintenance
            && !overview.is_private(id)
            && query.boolean("watched").is_none_or(|watched| is_watched(id) == watched)
    };
    let (start, limit) = (query.cursor(), query.limit());
    let Some(id) = query.text("provider") else {
        let read = |after: Option<Cursor>, limit| {
            let store = web.store.clone();
            async move { store.planned_page(period, after.as_ref(), limit).await }
        };
        return Ok(filtered_page(start, limit, read, matches).await?);
    };
    let unknown = || Problem::of_parameter(StatusCode::NOT_FOUND, "provider", UNKNOWN_PROVIDER);
    let id = &overview.get(id).ok_or_else(unknown)?.provider.id;
    let read = |after: Option<Cursor>, limit| {
        let (store, id) = (web.store.clone(), id.clone());
        async move {
            let page = store.timelines_between(&id, period, after.as_ref(), limit).await?;
            let rows = page.rows.into_iter().map(|(cursor, timeline)| (cursor, (id.clone(), timeline)));
            Ok(CursorPage { rows: rows.collect(), more: page.more })
        }
    };
    Ok(filtered_page(start, limit, read, matches).await?)
}

fn period(query: &Query, today: Date) -> Result<Period, Problem> {
    let from = query.date("from").unwrap_or(today);
    let to = query.date("to").unwrap_or_else(|| from.saturating_add(DEFAULT_DAYS.days()));
    let days = from.until(to).map_or(i64::MAX, |span| i64::from(span.get_days()));
    if !(0..=MAX_DAYS).contains(&days) {
        return Err(Problem::of_parameter(StatusCode::UNPROCESSABLE_ENTITY, "to", invalid_end(from)));
    }
    // The last date lies beyond the last timestamp.
    let midnight = |day: Date| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
    Ok((midnight(from), to.tomorrow().map_or(Timestamp::MAX, midnight)))
}

/// The detail of the 422 problem.
pub(super) fn invalid_end(from: impl std::fmt::Display) -> String {
    format!("Must be a date from {from} on, at most {MAX_DAYS} days later.")
}

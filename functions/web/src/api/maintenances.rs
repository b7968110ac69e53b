//! `/api/v1/maintenances`: planned work of all providers by its planned start.
use http::StatusCode;
use jiff::{
    Timestamp, ToSpan,
    civil::Date,
    tz::{Offset, TimeZone},
};
use status::{ids::ProviderId, incident_timeline::IncidentTimeline, snapshot::Kind};
use store::{Cursor, CursorPage};

use crate::{
    Web,
    api::{
        Answered,
        ask::{Asked, CURSOR, Is, LIMIT, PROVIDER, Parameter, WATCHED},
        gather::gather,
        listed,
        model::MaintenanceList,
        problem::Problem,
        view,
    },
};

const MOST_DAYS: i64 = 400;
const USUAL_DAYS: i64 = 90;

pub(crate) static LIST: [Parameter; 6] = [
    Parameter {
        name: "from",
        about: "The first day, in UTC, on which it is to begin. Without it: today.",
        is: Is::Day,
        required: false,
        example: "2026-03-01",
    },
    Parameter {
        name: "to",
        about: "The last day, at most 400 days after the first. Without it: 90 days after the first.",
        is: Is::Day,
        required: false,
        example: "2026-03-31",
    },
    PROVIDER,
    WATCHED,
    LIMIT,
    CURSOR,
];

pub(crate) async fn list(web: Web, asked: Asked) -> Answered {
    let time = wanted_time(&asked, TimeZone::UTC.to_datetime(Timestamp::now()).date())?;
    let overview = web.overviews.get().await?;
    let is_mine = |id: &ProviderId| overview.get(id.as_str()).is_some_and(|row| row.mine);
    let fits = |(id, span): &(ProviderId, IncidentTimeline)| {
        span.kind == Kind::Maintenance && asked.flag("watched").is_none_or(|watched| is_mine(id) == watched)
    };
    let (start, limit) = (asked.place(), asked.limit());
    let (found, next) = match asked.text("provider") {
        Some(id) => {
            let row = overview.get(id).ok_or_else(|| {
                Problem::about(StatusCode::NOT_FOUND, "provider", "No provider has this id: /api/v1/search finds it.")
            })?;
            let id = &row.provider.id;
            let read = |behind: Option<Cursor>, limit| {
                let (store, id) = (web.store.clone(), id.clone());
                async move {
                    let page = store.timelines_between(&id, time, behind.as_ref(), limit).await?;
                    let rows = page.rows.into_iter().map(|(place, span)| (place, (id.clone(), span)));
                    Ok(CursorPage { rows: rows.collect(), more: page.more })
                }
            };
            gather(start, limit, read, fits).await?
        }
        None => {
            let read = |behind: Option<Cursor>, limit| {
                let store = web.store.clone();
                async move { store.planned_page(time, behind.as_ref(), limit).await }
            };
            gather(start, limit, read, fits).await?
        }
    };
    let next = next.map(|place| place.to_string());
    let maintenances = found.iter().map(|(id, span)| view::span(&view::provider_ref(id, &overview), span)).collect();
    Ok(listed(&asked, next.clone(), &MaintenanceList { maintenances, next }))
}

fn wanted_time(asked: &Asked, today: Date) -> Result<(Timestamp, Timestamp), Problem> {
    let from = asked.day("from").unwrap_or(today);
    let to = asked.day("to").unwrap_or_else(|| from.saturating_add(USUAL_DAYS.days()));
    let days = from.until(to).map_or(i64::MAX, |span| i64::from(span.get_days()));
    if !(0..=MOST_DAYS).contains(&days) {
        let detail = format!("It takes a day from {from} on, at most {MOST_DAYS} days later.");
        return Err(Problem::about(StatusCode::UNPROCESSABLE_ENTITY, "to", detail));
    }
    // The calendar goes on a day longer than the clock.
    let midnight = |day: Date| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
    Ok((midnight(from), to.tomorrow().map_or(Timestamp::MAX, midnight)))
}

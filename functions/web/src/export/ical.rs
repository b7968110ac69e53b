//! Maintenance as iCalendar feeds (RFC 5545) to subscribe to: of all providers, of the watched ones, of one. Cancelled
//! maintenance stays for a while as cancelled, because calendar programs keep events that are merely left out.
mod lines;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use lines::Lines;
use status::{ids::digest, snapshot::Kind};
use store::StoreError;

use crate::{
    layout::{
        durations::duration,
        frame::{found, unavailable},
        states::capitalized,
        times::utc,
    },
    middleware::origin::Origin,
    model::{
        board::BoardView,
        feed_view::FeedView,
        maintenance::{self, Maintenance, Status},
    },
    state::Web,
    urls,
};

const PAST_DAYS: i64 = 90;
const CANCELLED_DAYS: i64 = 30;
/// Maintenance that starts later is found among the open ones.
const AHEAD_DAYS: i64 = 365;
/// The latest are kept, as many as fit.
const MAX_EVENTS: usize = 5_000;
const MAX_BYTES: usize = 3 << 19;
const MAX_TITLE_LENGTH: usize = 300;
/// Sequence numbers count seconds since this time, so that 31 bits last until 2094.
const SEQUENCE_EPOCH: i64 = 1_767_225_600; // 2026-01-01

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/calendar.ics", get(all))
        .route("/watched.ics", get(watched))
        .route("/providers/{id}/calendar.ics", get(of_provider))
        .route("/boards/{address}/calendar.ics", get(of_board))
        .route("/feeds/{address}/calendar.ics", get(of_feed))
}

async fn all(State(web): State<Web>, origin: Origin) -> Response {
    response("Maintenance of all providers", read(&web, |_| true).await, &origin)
}

async fn watched(State(web): State<Web>, origin: Origin) -> Response {
    response("Maintenance of watched providers", read(&web, |it| it.watched).await, &origin)
}

async fn of_provider(State(web): State<Web>, Path(id): Path<String>, origin: Origin) -> Response {
    let maintenance = async {
        let overview = web.overview_cache.get().await?;
        let Some(row) = overview.get(&id) else { return Ok(None) };
        let name = format!("Maintenance of {}", row.provider.name);
        Ok::<_, StoreError>(Some((name, maintenance::of_provider(&web.store, row).await?)))
    };
    match maintenance.await {
        Ok(Some((name, all))) => response(&name, Ok(all), &origin),
        Ok(None) => (StatusCode::NOT_FOUND, "There is no provider with this ID.\n").into_response(),
        Err(error) => unavailable(error),
    }
}

async fn of_board(State(web): State<Web>, Path(address): Path<String>, origin: Origin) -> Response {
    let maintenance = async {
        let Some(view) = BoardView::read(&web, &address).await? else { return Ok(None) };
        let all = read(&web, |it| view.board.providers.contains(&it.provider)).await?;
        let name = format!("Maintenance: {}", view.board.name);
        Ok::<_, StoreError>(Some(view.marked(response(&name, Ok(all), &origin))))
    };
    found(maintenance.await)
}

async fn of_feed(State(web): State<Web>, Path(address): Path<String>, origin: Origin) -> Response {
    let maintenance = async {
        let Some(view) = FeedView::read(&web, &address).await? else { return Ok(None) };
        let all = read(&web, |it| view.providers.contains(&it.provider)).await?;
        let name = format!("Maintenance of {}", view.name);
        Ok::<_, StoreError>(Some(FeedView::marked(response(&name, Ok(all), &origin))))
    };
    found(maintenance.await)
}

async fn read(web: &Web, is_included: impl Fn(&Maintenance) -> bool) -> Result<Vec<Maintenance>, StoreError> {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let (from, to) = (today.saturating_sub(PAST_DAYS.days()), today.saturating_add(AHEAD_DAYS.days()));
    let overview = web.overview_cache.get().await?;
    let mut all = maintenance::between(&web.store, &overview, from, to).await?;
    all.retain(is_included);
    Ok(all)
}

fn response(name: &str, all: Result<Vec<Maintenance>, StoreError>, origin: &Origin) -> Response {
    let mut all = match all {
        Ok(all) => all,
        Err(error) => return unavailable(error),
    };
    let now = Timestamp::now();
    all.retain(|it| is_exported(it, now));
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"statuswire.ics\""),
    ];
    (headers, calendar(name, &all, origin, now)).into_response()
}

fn is_exported(maintenance: &Maintenance, now: Timestamp) -> bool {
    let is_within = |at: Timestamp, days: i64| at.duration_since(now).as_secs() >= -days * 86_400;
    let Some((from, until)) = maintenance.occupied(now) else { return false };
    let is_cancelled = maintenance.status(now) == Status::Cancelled;
    // An earlier start is a mistake of the provider's, and calendar programs may reject its year.
    from >= Timestamp::UNIX_EPOCH
        && is_within(until, PAST_DAYS)
        && (!is_cancelled || maintenance.ended_at.is_some_and(|at| is_within(at, CANCELLED_DAYS)))
}

fn calendar(name: &str, all: &[Maintenance], origin: &Origin, now: Timestamp) -> String {
    let mut lines = Lines::default();
    lines.raw("BEGIN", "VCALENDAR");
    lines.raw("VERSION", "2.0");
    lines.raw("PRODID", "-//statuswire//maintenance//EN");
    lines.raw("CALSCALE", "GREGORIAN");
    lines.text("NAME", name);
    lines.text("X-WR-CALNAME", name);
    lines.raw("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
    lines.raw("X-PUBLISHED-TTL", "PT15M");
    let mut room = MAX_BYTES;
    let latest_first = all.iter().rev().take(MAX_EVENTS).map(|maintenance| {
        let mut lines = Lines::default();
        event(&mut lines, maintenance, origin, now);
        lines.into_text()
    });
    let fits = |event: &String| {
        let left = room.checked_sub(event.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let mut events: Vec<String> = latest_first.take_while(fits).collect();
    events.reverse();
    events.iter().for_each(|event| lines.whole(event));
    lines.raw("END", "VCALENDAR");
    lines.into_text()
}

fn event(lines: &mut Lines, maintenance: &Maintenance, origin: &Origin, now: Timestamp) {
    let Some(starts_at) = maintenance.starts_at() else { return };
    let link = origin.link(&urls::incident(&maintenance.provider, Kind::Maintenance, &maintenance.id));
    let title: String = maintenance.title.chars().take(MAX_TITLE_LENGTH).collect();
    let status = maintenance.status(now);
    lines.raw("BEGIN", "VEVENT");
    lines.raw("UID", &format!("{}@statuswire", digest(&[maintenance.provider.as_str(), maintenance.id.as_str()])));
    lines.raw("SEQUENCE", &sequence(maintenance.changed_at).to_string());
    // Without a METHOD the two have the same meaning (RFC 5545, 3.8.7.2).
    lines.raw("DTSTAMP", &date_time(maintenance.changed_at));
    lines.raw("LAST-MODIFIED", &date_time(maintenance.changed_at));
    lines.raw("DTSTART", &date_time(starts_at));
    if let Some(ends_at) = maintenance.ends_at() {
        lines.raw("DTEND", &date_time(ends_at));
    }
    lines.raw("STATUS", if status == Status::Cancelled { "CANCELLED" } else { "CONFIRMED" });
    lines.text("SUMMARY", &format!("{}: {title}", maintenance.provider_name));
    lines.text("DESCRIPTION", &description(maintenance, link.as_deref(), now));
    lines.text("CATEGORIES", &maintenance.provider_name);
    // It blocks nobody's time.
    lines.raw("TRANSP", "TRANSPARENT");
    if let Some(link) = &link {
        lines.raw("URL", link);
    }
    lines.raw("END", "VEVENT");
}

fn description(maintenance: &Maintenance, link: Option<&str>, now: Timestamp) -> String {
    let mut lines = vec![status_line(maintenance, now)];
    if let (Some(late), Some(ended_at)) = (maintenance.late_by(), maintenance.ended_at) {
        let late = duration(i64::try_from(late.as_secs()).unwrap_or(i64::MAX));
        lines.push(format!("Ended {}, {late} after its planned end.", utc(ended_at)));
    }
    if let Some(starts_at) = maintenance.rescheduled_from.and_then(|window| window.starts_at) {
        let ends_at = maintenance.rescheduled_from.and_then(|window| window.ends_at);
        let until = ends_at.map(|ends_at| format!(" to {}", utc(ends_at))).unwrap_or_default();
        lines.push(format!("Rescheduled from {}{until}.", utc(starts_at)));
    }
    if maintenance.ends_at().is_none() {
        lines.push("No planned end given.".to_owned());
    }
    if !maintenance.components.is_empty() {
        lines.push(format!("Affects: {}", maintenance.components.join(", ")));
    }
    lines.extend(link.map(str::to_owned));
    lines.join("\n")
}

fn status_line(maintenance: &Maintenance, now: Timestamp) -> String {
    match (maintenance.status(now), maintenance.phase) {
        (Status::Cancelled, _) => "Cancelled: the provider no longer lists it.".to_owned(),
        (Status::Completed, _) => "Completed.".to_owned(),
        (Status::Overrunning, _) => "Overrunning its planned end.".to_owned(),
        (_, Some(phase)) => format!("{}.", capitalized(phase.as_str())),
        (_, None) => "The provider gives no status.".to_owned(),
    }
}

/// A number that rises with every change of the stored record.
fn sequence(changed_at: Timestamp) -> i64 {
    (changed_at.as_second() - SEQUENCE_EPOCH).clamp(0, i64::from(i32::MAX))
}

fn date_time(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

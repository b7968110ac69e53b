//! Planned work as iCalendar feeds (RFC 5545), to be subscribed to: of all providers, of those the configuration watches, of
//! one. What was cancelled stays for a while as cancelled, since a calendar forgets nothing that is merely left out.
mod lines;

use axum::{
    Router,
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use lines::Lines;
use status::ids::digest;
use store::StoreError;

use crate::{
    Web,
    origin::Origin,
    paths, shell,
    work::{self, Standing, Work},
};

const PAST_DAYS: i64 = 90;
const CANCELLED_DAYS: i64 = 30;
/// What begins later is among the open ones.
const AHEAD_DAYS: i64 = 365;
/// The newest, if there are more.
const MOST: usize = 5_000;
const LONGEST_TITLE: usize = 300;
/// Sequence numbers count the seconds since then: a number of 31 bits lasts until 2094.
const SEQUENCE_BEGINS: i64 = 1_767_225_600; // 2026-01-01

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/calendar.ics", get(all))
        .route("/watched.ics", get(watched))
        .route("/providers/{id}/calendar.ics", get(of_provider))
}

async fn all(Shared(web): Shared<Web>, origin: Origin) -> Response {
    answer("Maintenance of all vendors", collected(&web, |_| true).await, &origin)
}

async fn watched(Shared(web): Shared<Web>, origin: Origin) -> Response {
    answer("Maintenance of watched vendors", collected(&web, |work| work.mine).await, &origin)
}

async fn of_provider(Shared(web): Shared<Web>, Path(id): Path<String>, origin: Origin) -> Response {
    let found = async {
        let overview = web.overviews.get().await?;
        let Some(row) = overview.get(&id) else { return Ok(None) };
        let name = format!("Maintenance of {}", row.provider.name);
        Ok::<_, StoreError>(Some((name, work::planned_of(&web, row).await?)))
    };
    match found.await {
        Ok(Some((name, all))) => answer(&name, Ok(all), &origin),
        Ok(None) => (StatusCode::NOT_FOUND, "No provider has this id.\n").into_response(),
        Err(error) => shell::broken(error),
    }
}

async fn collected(web: &Web, is_wanted: fn(&Work) -> bool) -> Result<Vec<Work>, StoreError> {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let (from, to) = (today.saturating_sub(PAST_DAYS.days()), today.saturating_add(AHEAD_DAYS.days()));
    let overview = web.overviews.get().await?;
    let mut all = work::planned(web, &overview, from, to).await?;
    all.retain(is_wanted);
    Ok(all)
}

fn answer(name: &str, all: Result<Vec<Work>, StoreError>, origin: &Origin) -> Response {
    let mut all = match all {
        Ok(all) => all,
        Err(error) => return shell::broken(error),
    };
    let now = Timestamp::now();
    all.retain(|work| is_shown(work, now));
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"statuswire.ics\""),
    ];
    (headers, calendar(name, &all[all.len().saturating_sub(MOST)..], origin, now)).into_response()
}

fn is_shown(work: &Work, now: Timestamp) -> bool {
    let is_newer = |at: Timestamp, days: i64| at.duration_since(now).as_secs() >= -days * 86_400;
    let Some((from, until)) = work.takes(now) else { return false };
    let is_cancelled = work.standing(now) == Standing::Cancelled;
    // A year before that is a mistake, and may have a form that no calendar reads.
    from >= Timestamp::UNIX_EPOCH
        && is_newer(until, PAST_DAYS)
        && (!is_cancelled || work.ended_at.is_some_and(|at| is_newer(at, CANCELLED_DAYS)))
}

fn calendar(name: &str, all: &[Work], origin: &Origin, now: Timestamp) -> String {
    let mut lines = Lines::default();
    lines.raw("BEGIN", "VCALENDAR");
    lines.raw("VERSION", "2.0");
    lines.raw("PRODID", "-//statuswire//maintenance//EN");
    lines.raw("CALSCALE", "GREGORIAN");
    lines.text("NAME", name);
    lines.text("X-WR-CALNAME", name);
    lines.raw("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
    lines.raw("X-PUBLISHED-TTL", "PT15M");
    for work in all {
        event(&mut lines, work, origin, now);
    }
    lines.raw("END", "VCALENDAR");
    lines.into_text()
}

fn event(lines: &mut Lines, work: &Work, origin: &Origin, now: Timestamp) {
    let Some(starts_at) = work.starts_at() else { return };
    let link = origin.link(&paths::incident(&work.provider, status::snapshot::Kind::Maintenance, &work.id));
    let title: String = work.title.chars().take(LONGEST_TITLE).collect();
    let standing = work.standing(now);
    lines.raw("BEGIN", "VEVENT");
    lines.raw("UID", &format!("{}@statuswire", digest(&[work.provider.as_str(), work.id.as_str()])));
    lines.raw("SEQUENCE", &sequence(work.changed_at).to_string());
    // Without a METHOD these say the same (RFC 5545, 3.8.7.2).
    lines.raw("DTSTAMP", &moment(work.changed_at));
    lines.raw("LAST-MODIFIED", &moment(work.changed_at));
    lines.raw("DTSTART", &moment(starts_at));
    if let Some(ends_at) = work.ends_at() {
        lines.raw("DTEND", &moment(ends_at));
    }
    lines.raw("STATUS", if standing == Standing::Cancelled { "CANCELLED" } else { "CONFIRMED" });
    lines.text("SUMMARY", &format!("{}: {title}", work.provider_name));
    lines.text("DESCRIPTION", &description(work, link.as_deref(), now));
    lines.text("CATEGORIES", &work.provider_name);
    // It is nobody's appointment.
    lines.raw("TRANSP", "TRANSPARENT");
    if let Some(link) = &link {
        lines.raw("URL", link);
    }
    lines.raw("END", "VEVENT");
}

fn description(work: &Work, link: Option<&str>, now: Timestamp) -> String {
    let spelt = |at: Timestamp| at.strftime("%-d %b %Y, %H:%M UTC").to_string();
    let mut said = vec![match (work.standing(now), work.phase) {
        (Standing::Cancelled, _) => "Cancelled: the vendor does not list it any more.".to_owned(),
        (Standing::Completed, _) => "Completed.".to_owned(),
        (Standing::Overran, _) => "It goes on past its planned end.".to_owned(),
        (_, Some(phase)) => format!("The vendor says: {}.", phase.as_str()),
        (_, None) => "The vendor does not say where it stands.".to_owned(),
    }];
    if let (Some(late), Some(ended_at)) = (work.late_by(), work.ended_at) {
        let late = shell::duration(i64::try_from(late.as_secs()).unwrap_or(i64::MAX));
        said.push(format!("It ended {}, {late} after its planned end.", spelt(ended_at)));
    }
    if let Some(starts_at) = work.moved_from.and_then(|window| window.starts_at) {
        let ends_at = work.moved_from.and_then(|window| window.ends_at);
        let until = ends_at.map(|ends_at| format!(" to {}", spelt(ends_at))).unwrap_or_default();
        said.push(format!("It was planned for {}{until} before.", spelt(starts_at)));
    }
    if work.ends_at().is_none() {
        said.push("No planned end was given.".to_owned());
    }
    if !work.components.is_empty() {
        said.push(format!("Concerns: {}", work.components.join(", ")));
    }
    said.extend(link.map(str::to_owned));
    said.join("\n")
}

/// Rises with every change of what is stored of it.
fn sequence(changed_at: Timestamp) -> i64 {
    (changed_at.as_second() - SEQUENCE_BEGINS).clamp(0, i64::from(i32::MAX))
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

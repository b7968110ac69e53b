//! `/providers/{id}/history`: the incidents and maintenances of one provider that started in a month, the newest first.
//! `?month=2026-11` chooses the month, in UTC, and `?before=` continues within it. Two queries read it, however long
//! the history is, and the links to other months pass over those without any.
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use http::StatusCode;
use jiff::{
    Timestamp, ToSpan,
    civil::Date,
    tz::{Offset, TimeZone},
};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use status::{ids::ProviderId, incident_timeline::IncidentTimeline};
use store::{Cursor, Store, StoreError};

use super::{past, unknown::unknown_provider};
use crate::{
    layout::{
        frame::{NavEntry, Page, message, social_meta, unavailable},
        times::time,
    },
    model::overview::ProviderRow,
    state::Web,
    urls,
};

const PAGE_SIZE: usize = 50;

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct HistoryQuery {
    #[serde(skip_serializing_if = "String::is_empty")]
    month: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    before: String,
}

/// What started in a month, and what there is around it.
struct Month {
    first_day: Date,
    timelines: Vec<IncidentTimeline>,
    /// Where it goes on within the month.
    rest: Option<Cursor>,
    earlier: Option<Date>,
    later: Option<Date>,
}

pub(super) async fn show(
    State(web): State<Web>,
    Path(id): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Response {
    let invalid = || message(StatusCode::BAD_REQUEST, "Invalid link", "This link is incomplete.");
    let overview = match web.overview_cache.get().await {
        Ok(overview) => overview,
        Err(error) => return unavailable(error),
    };
    let Some(row) = overview.get(&id) else { return unknown_provider(&id) };
    let Some(first_day) = month_of(&query.month, Timestamp::now()) else { return invalid() };
    let before: Option<Cursor> = match query.before.as_str() {
        "" => None,
        text => match text.parse() {
            Ok(cursor) => Some(cursor),
            Err(_) => return invalid(),
        },
    };
    match read(&web.store, &row.provider.id, first_day, before).await {
        Ok(month) => page(row, &month, !query.before.is_empty()),
        Err(error) => unavailable(error),
    }
}

/// `2026-11`, or today's month; `None` for anything else.
fn month_of(text: &str, now: Timestamp) -> Option<Date> {
    if text.is_empty() {
        return Some(day_of(now).first_of_month());
    }
    let (year, month) = text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2))?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // A day beyond the last month that has a next one is not worth a case of its own.
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok().filter(|date| date.year() < 9999)?;
    (is_number(year) && is_number(month)).then_some(date)
}

fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn midnight(date: Date) -> Result<Timestamp, StoreError> {
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_err(|_| StoreError::Cursor)
}

async fn read(
    store: &Store,
    provider: &ProviderId,
    first_day: Date,
    before: Option<Cursor>,
) -> Result<Month, StoreError> {
    let (start, end) = (midnight(first_day)?, midnight(first_day.saturating_add(1.month()))?);
    let end_cursor = Cursor::before_all_of(end);
    let from = before.filter(|cursor| *cursor < end_cursor).unwrap_or(end_cursor);
    let (page, later) = tokio::try_join!(
        store.newest_timelines(provider, Some(&from), PAGE_SIZE),
        store.timelines_between(provider, (end, Timestamp::MAX), None, 1),
    )?;
    let of_month = page.rows.iter().take_while(|(cursor, _)| cursor.at() >= start).count();
    let mut rows = page.rows;
    let older = rows.split_off(of_month);
    let is_cut = older.is_empty() && page.more;
    let month_at = |cursor: &Cursor| day_of(cursor.at()).first_of_month();
    Ok(Month {
        first_day,
        rest: rows.last().map(|(cursor, _)| cursor.clone()).filter(|_| is_cut),
        earlier: match older.first() {
            Some((cursor, _)) => Some(month_at(cursor)),
            // What is left of this month comes first, so it is not known which other month has any.
            None => first_day.yesterday().ok().map(Date::first_of_month).filter(|_| is_cut),
        },
        later: later.rows.first().map(|(cursor, _)| month_at(cursor)),
        timelines: rows.into_iter().map(|(_, timeline)| timeline).collect(),
    })
}

fn page(row: &ProviderRow, month: &Month, is_continued: bool) -> Response {
    let (id, name) = (&row.provider.id, &row.provider.name);
    let heading = month.first_day.strftime("%B %Y").to_string();
    let title = format!("{name} history, {heading}");
    let content = html! {
        nav.crumbs aria-label="You are here" {
            a href="/" { "Dashboard" } " / " a href=(urls::provider(id)) { (name) }
        }
        div.turn {
            h1 { "Incidents and maintenance of " bdi { (name) } ", " (heading) }
            nav.when aria-label="Months" {
                @if let Some(earlier) = month.earlier { (link(id, earlier, "prev")) }
                @if let Some(later) = month.later { (link(id, later, "next")) }
            }
        }
        (list(row, month))
        nav.pages aria-label="Pages of this month" {
            @if is_continued { a href=(url(id, month.first_day, None)) { "Newest of this month" } }
            @if let Some(rest) = &month.rest { a rel="next" href=(url(id, month.first_day, Some(rest))) { "Older of this month" } }
        }
        (source(row, month))
    };
    let feeds = [(format!("Incidents of {name}"), urls::feed(id))];
    let description = format!("Incidents and maintenance of {name} in {heading}.");
    let head = social_meta(&title, &description, &url(id, month.first_day, None));
    Page { title: &title, nav: NavEntry::None, feeds: &feeds, tv_mode: false, content }.with_head(StatusCode::OK, head)
}

fn url(id: &ProviderId, month: Date, before: Option<&Cursor>) -> String {
    let before = before.map(Cursor::to_string).unwrap_or_default();
    urls::with_query(&urls::history(id), &HistoryQuery { month: month.strftime("%Y-%m").to_string(), before })
}

fn link(id: &ProviderId, month: Date, rel: &str) -> Markup {
    html! { a.button rel=(rel) href=(url(id, month, None)) { (month.strftime("%B %Y")) } }
}

fn list(row: &ProviderRow, month: &Month) -> Markup {
    let listed: Vec<&IncidentTimeline> = month.timelines.iter().filter(|timeline| is_true(row, timeline)).collect();
    html! {
        @if listed.is_empty() {
            p.empty { "None recorded in this month." }
        } @else {
            div.panel { ul.rows {
                @for timeline in listed { li { (past::line(&row.provider.id, timeline, None)) } }
            } }
        }
    }
}

/// Not what is stored as open while the page's complete list of what is open lacks it: a page that takes back a planned
/// start leaves such a record behind.
fn is_true(row: &ProviderRow, timeline: &IncidentTimeline) -> bool {
    let summary = row.page_summary.as_ref();
    let is_listed = summary.is_none_or(|summary| {
        summary.more_open > 0 || summary.open.iter().any(|item| item.id == timeline.id && item.kind == timeline.kind)
    });
    timeline.ended_at.is_some() || is_listed
}

/// From when on it was seen, if that matters here.
fn source(row: &ProviderRow, month: &Month) -> Markup {
    let since = row.page_summary.as_ref().map(|summary| summary.watched_since);
    let since = since.filter(|since| day_of(*since).first_of_month() >= month.first_day);
    html! {
        p.small.soft {
            "Months in UTC, by start."
            @if let Some(since) = since {
                " Watched since " (time(since)) "; what is older was imported from the provider's history, which may not be complete."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_year_and_a_month_are_a_month() {
        let now = "2026-12-01T10:00:00Z".parse().unwrap();
        let month = |text| month_of(text, now).map(|date| date.to_string());
        assert_eq!(month("2026-11").as_deref(), Some("2026-11-01"));
        assert_eq!(month("").as_deref(), Some("2026-12-01"));
        for text in ["2026", "2026-13", "2026-1", "+026-11", "2026-11-01", "99999-01", "9999-12", "<b>", "-001-01"] {
            assert_eq!(month(text), None, "{text}");
        }
    }
}

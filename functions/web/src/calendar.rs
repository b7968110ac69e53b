//! `/calendar`: planned work of all providers by month, by week and as a list. View, day, filters and zone are plain addresses,
//! so that they work without a script and can be kept as bookmarks.
mod days;
mod entry;
mod views;

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Query, State as Shared},
    response::Response,
    routing::get,
};
use days::{Range, View};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::{
    Web,
    overview::Overview,
    paths,
    shell::{Page, Under, broken},
    work::{self, Work},
};

/// Work that began before the range may last into it.
const LOOK_BACK_DAYS: i64 = 62;
const LONGEST_ZONE: usize = 64;
/// Suggested; every name of the time zone database is understood.
const ZONES: [&str; 30] = [
    "UTC",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Anchorage",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Bangkok",
    "Asia/Dubai",
    "Asia/Hong_Kong",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Moscow",
    "Pacific/Auckland",
    "Pacific/Honolulu",
];

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct Wanted {
    #[serde(skip_serializing_if = "String::is_empty")]
    view: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    show: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    zone: String,
}

/// The filters: word in the address, label, which work.
type Filter = (&'static str, &'static str, fn(&Work, Timestamp) -> bool);
const FILTERS: [Filter; 3] = [
    ("", "All", |_, _| true),
    ("mine", "Watched here", |work, _| work.mine),
    ("running", "Running now", |work, now| work.standing(now).is_running()),
];

/// In which days and times are told.
struct Zone {
    name: String,
    zone: TimeZone,
    /// What was asked for and is no zone.
    unknown: Option<String>,
}

/// All that the views need.
struct Shown<'a> {
    wanted: &'a Wanted,
    range: Range,
    zone: &'a Zone,
    today: Date,
    now: Timestamp,
    /// What passes the filters, by its start; what has none comes last.
    work: Vec<&'a Work>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/calendar", get(show))
}

async fn show(Shared(web): Shared<Web>, Query(wanted): Query<Wanted>) -> Response {
    let now = Timestamp::now();
    let zone = Zone::of(&wanted.zone);
    let today = days::date_in(&zone.zone, now);
    let range = Range::new(View::of(&wanted.view), &wanted.at, today);
    let found = async {
        let overview = web.overviews.get().await?;
        // A day more on both sides: months are stored in UTC.
        let from = range.from.saturating_sub(LOOK_BACK_DAYS.days());
        let all = work::planned(&web, &overview, from, range.to.saturating_add(1.day())).await?;
        Ok::<_, store::StoreError>((overview, all))
    };
    let (overview, all) = match found.await {
        Ok(found) => found,
        Err(error) => return broken(error),
    };
    // What is said back is what was understood.
    let wanted = Wanted {
        view: if range.view == View::Month { String::new() } else { wanted.view },
        at: if wanted.at.is_empty() { String::new() } else { range.at.to_string() },
        zone: if zone.name == "UTC" { String::new() } else { zone.name.clone() },
        ..wanted
    };
    let is_from = |work: &&Work| wanted.provider.is_empty() || work.provider.as_str() == wanted.provider;
    let candidates: Vec<&Work> = all.iter().filter(is_from).collect();
    let filter = FILTERS.iter().find(|(word, ..)| *word == wanted.show).unwrap_or(&FILTERS[0]).2;
    let work = candidates.iter().copied().filter(|work| filter(work, now)).collect();
    let shown = Shown { wanted: &wanted, range, zone: &zone, today, now, work };
    let content = html! {
        div.head {
            h1 { "Maintenance" }
            (feeds(&overview, &wanted))
        }
        (controls(&overview, &wanted, &zone, &all))
        div data-live="60" {
            (chips(&shown, &candidates))
            (turn(&shown))
            (views::view(&shown))
        }
    };
    let title = format!("Maintenance, {}", shown.heading());
    Page { title: &title, under: Under::Calendar, feeds: &[], wall: false, content }.response()
}

impl Zone {
    fn of(asked: &str) -> Self {
        let asked: String = asked.trim().chars().take(LONGEST_ZONE).collect();
        let utc = |unknown| Self { name: "UTC".to_owned(), zone: TimeZone::UTC, unknown };
        if asked.is_empty() || asked.eq_ignore_ascii_case("UTC") {
            return utc(None);
        }
        match TimeZone::get(&asked) {
            Ok(zone) => Self { name: zone.iana_name().unwrap_or(&asked).to_owned(), zone, unknown: None },
            Err(_) => utc(Some(asked)),
        }
    }
}

impl Shown<'_> {
    fn heading(&self) -> String {
        let Range { view, at, from, to, .. } = self.range;
        match view {
            View::Month => at.strftime("%B %Y").to_string(),
            View::Week => format!("{} to {}", from.strftime("%-d %B"), to.strftime("%-d %B %Y")),
            View::List => format!("{} to {}", at.strftime("%-d %B"), to.strftime("%-d %B %Y")),
        }
    }

    fn address(&self, view: View, at: Date) -> String {
        let word = View::ALL.iter().find(|(known, ..)| *known == view).map_or("", |(_, word, _)| *word);
        let view = if view == View::Month { String::new() } else { word.to_owned() };
        address(&Wanted { view, at: at.to_string(), ..self.wanted.clone() })
    }
}

/// The address of this page with these wishes.
fn address(wanted: &Wanted) -> String {
    match serde_html_form::to_string(wanted).unwrap_or_default() {
        query if query.is_empty() => "/calendar".to_owned(),
        query => format!("/calendar?{query}"),
    }
}

fn feeds(overview: &Overview, wanted: &Wanted) -> Markup {
    html! {
        nav.feeds.small aria-label="To subscribe to" {
            "Subscribe (iCalendar): "
            a href="/calendar.ics" { "all" }
            " · " a href="/watched.ics" { "watched here" }
            @if let Some(row) = overview.get(&wanted.provider) {
                " · " a href=(paths::calendar(&row.provider.id)) { (row.provider.name) }
            }
        }
    }
}

fn controls(overview: &Overview, wanted: &Wanted, zone: &Zone, all: &[Work]) -> Markup {
    let mut named: BTreeMap<(String, &str), &str> = BTreeMap::new();
    for work in all {
        named.insert((work.provider_name.to_lowercase(), work.provider.as_str()), &work.provider_name);
    }
    if let Some(row) = overview.get(&wanted.provider) {
        named.insert((row.provider.name.to_lowercase(), row.id()), &row.provider.name);
    }
    html! {
        form.controls action="/calendar" {
            div {
                label for="provider" { "Provider" }
                select #provider name="provider" {
                    option value="" { "Every provider" }
                    @for ((_, id), name) in &named {
                        option value=(id) selected[**id == *wanted.provider] { (name) }
                    }
                }
            }
            div {
                label for="zone" { "Time zone" }
                input #zone name="zone" list="zones" value=(zone.name) maxlength=(LONGEST_ZONE) autocomplete="off" spellcheck="false"
                    aria-describedby=[zone.unknown.as_ref().map(|_| "unknown-zone")];
                datalist #zones { @for name in ZONES { option value=(name) {} } }
            }
            @for (name, value) in [("view", &wanted.view), ("at", &wanted.at), ("show", &wanted.show)] {
                @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
            button type="submit" { "Apply" }
        }
        @if let Some(unknown) = &zone.unknown {
            p.note #unknown-zone role="status" {
                "No time zone is called " strong { (unknown) } ", so these are times in UTC. A name looks like "
                code { "Europe/Berlin" } "."
            }
        }
    }
}

fn chips(shown: &Shown<'_>, candidates: &[&Work]) -> Markup {
    let wanted = shown.wanted;
    let has_mine = candidates.iter().any(|work| work.mine) || wanted.show == "mine";
    let running = candidates.iter().filter(|work| work.standing(shown.now).is_running()).count();
    html! {
        nav.chips aria-label="Filters" {
            @for (word, label, _) in FILTERS.into_iter().filter(|(word, ..)| *word != "mine" || has_mine) {
                a href=(address(&Wanted { show: word.to_owned(), ..wanted.clone() }))
                    aria-current=[(wanted.show == word).then_some("true")] {
                    (label)
                    @if word == "running" { " " span.soft { (running) } }
                }
            }
        }
    }
}

fn turn(shown: &Shown<'_>) -> Markup {
    let Range { view, at, previous, next, .. } = shown.range;
    let unit = match view {
        View::Month => "month",
        View::Week => "week",
        View::List => "30 days",
    };
    html! {
        div.turn {
            h2 { (shown.heading()) }
            nav.when aria-label="Days" {
                @if let Some(previous) = previous {
                    a.button rel="prev" href=(shown.address(view, previous)) { "Previous" span.hidden { " " (unit) } }
                }
                a.button href=(address(&Wanted { at: String::new(), ..shown.wanted.clone() })) { "Today" }
                @if let Some(next) = next {
                    a.button rel="next" href=(shown.address(view, next)) { "Next" span.hidden { " " (unit) } }
                }
            }
            nav.chips aria-label="Views" {
                @for (other, _, label) in View::ALL {
                    a href=(shown.address(other, at)) aria-current=[(other == view).then_some("true")] { (label) }
                }
            }
        }
    }
}

//! `/calendar`: maintenance of all providers by month, by week and as a list. View, day, filters and time zone are
//! query parameters, so they work without a script and can be bookmarked. Without a day it starts at this week; without
//! a zone the script asks for that of the browser.
mod days;
mod entry;
mod month;
mod view;
mod views;
mod zone;

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use days::{Range, ViewKind};
use jiff::{Timestamp, ToSpan};
use maud::{Markup, html};
use status::ids::ProviderId;
use store::StoreError;
use view::{CalendarQuery, CalendarView, FILTERS, url};
use zone::{MAX_ZONE_LENGTH, SUGGESTED_ZONES, Zone};

use crate::{
    layout::frame::{NavEntry, Page, unavailable},
    model::{
        maintenance::{self, Maintenance},
        overview::Overview,
    },
    state::Web,
    urls,
};

/// Maintenance that started up to this many days before the range may last into it.
const LOOK_BACK_DAYS: i64 = 62;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/calendar", get(show))
}

async fn show(State(web): State<Web>, Query(query): Query<CalendarQuery>) -> Response {
    let now = Timestamp::now();
    let zone = Zone::parse(&query.zone);
    let today = days::date_in(&zone.zone, now);
    let range = Range::new(ViewKind::parse(&query.view), &query.at, today);
    let read = async {
        let overview = web.overview_cache.get().await?;
        // The store lists by UTC month, so a day of another zone may lie in the next one.
        let from = range.from.saturating_sub(LOOK_BACK_DAYS.days());
        let all = maintenance::between(&web.store, &overview, from, range.to.saturating_add(1.day())).await?;
        Ok::<_, StoreError>((overview, all))
    };
    let (overview, all) = match read.await {
        Ok(read) => read,
        Err(error) => return unavailable(error),
    };
    let query = query.normalized(&range, &zone);
    let matches_provider = |it: &&Maintenance| query.provider.is_empty() || it.provider.as_str() == query.provider;
    let of_provider: Vec<&Maintenance> = all.iter().filter(matches_provider).collect();
    let filter = FILTERS.iter().find(|(word, ..)| *word == query.show).unwrap_or(&FILTERS[0]).2;
    let maintenances = of_provider.iter().copied().filter(|it| filter(it, now)).collect();
    let names = names(&overview, &query, &all);
    let view = CalendarView { query: &query, range, zone: &zone, today, now, maintenances };
    let content = html! {
        div.head {
            h1 { "Maintenance" }
            (subscriptions(&overview, &query))
        }
        (controls(&query, &zone, &names))
        div data-live="60" {
            (filters(&view, &of_provider))
            (navigation(&view))
            (views::view(&view))
        }
    };
    let title = format!("Maintenance, {}", view.heading());
    Page { title: &title, nav: NavEntry::Calendar, feeds: &[], tv_mode: false, content }.response()
}

fn subscriptions(overview: &Overview, query: &CalendarQuery) -> Markup {
    html! {
        nav.feeds.small aria-label="Subscribe" {
            "Subscribe (iCal): "
            a href="/calendar.ics" { "all" }
            " · " a href="/watched.ics" { "watched" }
            @if let Some(row) = overview.get(&query.provider) {
                " · " a href=(urls::calendar(&row.provider.id)) { (row.provider.name) }
            } @else {
                " · " a href="#provider" { "choose a provider" } " for its own"
            }
        }
    }
}

/// Providers with maintenance, and the chosen one: names by their order and id.
type Names<'a> = BTreeMap<(String, &'a ProviderId), &'a str>;

fn names<'a>(overview: &'a Overview, query: &CalendarQuery, all: &'a [Maintenance]) -> Names<'a> {
    let mut names = Names::new();
    for it in all {
        names.insert((it.provider_name.to_lowercase(), &it.provider), &it.provider_name);
    }
    if let Some(row) = overview.get(&query.provider) {
        names.insert((row.provider.name.to_lowercase(), &row.provider.id), &row.provider.name);
    }
    names
}

fn controls(query: &CalendarQuery, zone: &Zone, names: &Names<'_>) -> Markup {
    html! {
        form.controls action="/calendar" data-zone[query.zone.is_empty()] {
            div {
                label for="provider" { "Provider" }
                select #provider name="provider" {
                    option value="" { "All providers" }
                    @for ((_, id), name) in names {
                        option value=(id.as_str()) selected[id.as_str() == query.provider] { (name) }
                    }
                }
            }
            div {
                label for="zone" { "Time zone" }
                input #zone name="zone" list="zones" value=(zone.name) maxlength=(MAX_ZONE_LENGTH) autocomplete="off"
                    spellcheck="false" aria-describedby=[zone.unknown.as_ref().map(|_| "unknown-zone")];
                datalist #zones { @for name in SUGGESTED_ZONES { option value=(name) {} } }
            }
            @for (name, value) in [("view", &query.view), ("at", &query.at), ("show", &query.show)] {
                @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
            button type="submit" { "Apply" }
        }
        @if let Some(unknown) = &zone.unknown {
            p.note #unknown-zone role="status" {
                "Unknown time zone “" strong { (unknown) } "”. Times are in UTC. Enter a name like "
                code { "Europe/Berlin" } "."
            }
        }
    }
}

fn filters(view: &CalendarView<'_>, of_provider: &[&Maintenance]) -> Markup {
    let query = view.query;
    let any_watched = of_provider.iter().any(|it| it.watched) || query.show == "mine";
    let now_count = of_provider.iter().filter(|it| it.status(view.now).is_now()).count();
    html! {
        nav.chips aria-label="Filters" {
            @for (word, label, _) in FILTERS.into_iter().filter(|(word, ..)| *word != "mine" || any_watched) {
                a href=(url(&CalendarQuery { show: word.to_owned(), ..query.clone() }))
                    aria-current=[(query.show == word).then_some("true")] {
                    (label)
                    @if word == "running" { " " span.soft { (now_count) } }
                }
            }
        }
    }
}

/// Heading, previous and next, and the choice of views.
fn navigation(view: &CalendarView<'_>) -> Markup {
    let Range { view: kind, previous, next, .. } = view.range;
    let unit = match kind {
        ViewKind::Month => "month",
        ViewKind::Week => "week",
        ViewKind::List => "30 days",
    };
    html! {
        div.turn {
            h2 { (view.heading()) }
            nav.when aria-label="Days" {
                @if let Some(previous) = previous {
                    a.button rel="prev" href=(view.url(kind, previous)) { "Previous" span.hidden { " " (unit) } }
                }
                a.button href=(url(&CalendarQuery { at: String::new(), ..view.query.clone() })) { "Today" }
                @if let Some(next) = next {
                    a.button rel="next" href=(view.url(kind, next)) { "Next" span.hidden { " " (unit) } }
                }
            }
            nav.chips aria-label="Views" {
                @for (other, _, label) in ViewKind::ALL {
                    a href=(view.other_view(other)) aria-current=[(other == kind).then_some("true")] { (label) }
                }
            }
        }
    }
}

//! What a group would have told in the last 90 days, by the router's own decisions over what is stored: as it is saved
//! at `/alerts/groups/{id}/preview`, and as it is typed below its form.
use std::{cmp::Reverse, collections::BTreeMap};

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use site::{paths::segment, times};
use status::{
    digest::Every,
    ids::{GroupId, ProviderId},
    monitor::{Group, Monitor},
    preview::{Night, Past, WhyNot},
    provider::Provider,
    rehearsal::{Course, How, Rehearsed, Told, Totals, rehearse},
};
use store::{Store, StoreError, StoredSettings};

use super::frame::{crumbs, page};
use crate::{
    past::{History, night, zone_field},
    provider_names::provider_name,
    respond::{Refusal, not_found},
    state::Console,
    visitor::SignedIn,
};

/// Each is some requests to the store.
const MAX_PROVIDERS: usize = 50;
const CONCURRENT_READS: usize = 8;
const MAX_SHOWN: usize = 100;
/// Further ones are folded.
const UNFOLDED: usize = 10;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/alerts/groups/{id}/preview", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    zone: String,
}

async fn show(
    State(console): State<Console>,
    Path(id): Path<GroupId>,
    by: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let Some(stored) = settings.groups.iter().find(|group| group.value.id == id) else { return Ok(not_found()) };
    let group = &stored.value;
    let zone = if asked.zone.is_empty() { own_zone(group) } else { &asked.zone };
    let content = html! {
        (crumbs())
        p { "What " a href={ "/alerts/groups/" (segment(group.id.as_str())) } { (group.shown_name()) }
            ", as it is saved now, would have told each of its destinations." }
        form.controls method="get" {
            (zone_field("zone", zone))
            button type="submit" { "Work it out again" }
        }
        (section(&console.store, &settings, group, zone).await?)
    };
    Ok(page(StatusCode::OK, "The last 90 days", None, content))
}

/// `zone`: in which nights are counted.
pub(super) async fn section(
    store: &Store,
    settings: &StoredSettings,
    group: &Group,
    zone: &str,
) -> Result<Markup, StoreError> {
    let (night, zone_name) = night(zone);
    let (covered, left_out) = covered(settings, group);
    let run = Run { store, settings, group, night: &night, now: Timestamp::now() };
    // Collected first: a lazy iterator of futures that borrow is not general enough for the compiler.
    let reads: Vec<_> = covered.iter().map(|(provider, monitors)| run.of_provider(provider, monitors)).collect();
    let of_providers: Vec<OfProvider> = stream::iter(reads).buffered(CONCURRENT_READS).try_collect().await?;
    let has_more = of_providers.iter().any(|it| it.has_more);
    let mut found: Vec<Found> = of_providers.into_iter().flat_map(|it| it.found).collect();
    found.sort_by_key(|found| Reverse(found.incident.began_at));
    let preview = Preview { found: &found, zone_name: &zone_name, left_out, has_more };
    Ok(preview.content(covered.is_empty()))
}

/// Night is where the group's clock is.
pub(super) fn own_zone(group: &Group) -> &str {
    let of_digest = group.digest.as_ref().and_then(|digest| match &digest.every {
        Every::Day { zone, .. } => Some(zone),
        Every::Hour => None,
    });
    group.quiet_hours.as_ref().map(|quiet| &quiet.zone).or(of_digest).map_or("", String::as_str)
}

/// What the group covers, and how many providers are too many.
fn covered<'a>(settings: &'a StoredSettings, group: &Group) -> (Vec<(&'a ProviderId, Vec<&'a Monitor>)>, usize) {
    let mut by_provider: BTreeMap<&ProviderId, Vec<&Monitor>> = BTreeMap::new();
    for monitor in settings.monitors.iter().map(|it| &it.value).filter(|monitor| group.covers(&monitor.id)) {
        by_provider.entry(&monitor.provider).or_default().push(monitor);
    }
    let left_out = by_provider.len().saturating_sub(MAX_PROVIDERS);
    (by_provider.into_iter().take(MAX_PROVIDERS).collect(), left_out)
}

struct Found {
    provider: String,
    incident: Rehearsed,
}

struct OfProvider {
    found: Vec<Found>,
    /// There are older incidents, which were not read.
    has_more: bool,
}

struct Run<'a> {
    store: &'a Store,
    settings: &'a StoredSettings,
    group: &'a Group,
    night: &'a Night,
    now: Timestamp,
}

impl Run<'_> {
    async fn of_provider(&self, id: &ProviderId, monitors: &[&Monitor]) -> Result<OfProvider, StoreError> {
        let History { timelines, has_more } = History::read(self.store, id, self.now).await?;
        if timelines.is_empty() {
            return Ok(OfProvider { found: Vec::new(), has_more });
        }
        let known = self.store.page(id).await?;
        let name = provider_name(self.settings, id);
        let provider =
            Provider { id: id.clone(), name: name.clone(), page_url: String::new(), format: None, interval: None };
        let page = known.as_ref().map(|known| &known.page_state);
        let past = Past { provider: &provider, page, timelines: &timelines };
        let found = rehearse(past, monitors, self.group, self.night, self.now).into_iter();
        let found = found.map(|incident| Found { provider: name.clone(), incident }).collect();
        Ok(OfProvider { found, has_more })
    }
}

struct Preview<'a> {
    found: &'a [Found],
    zone_name: &'a str,
    /// Providers that were not read.
    left_out: usize,
    has_more: bool,
}

impl Preview<'_> {
    fn content(&self, covers_nothing: bool) -> Markup {
        let (wanted, unwanted): (Vec<&Found>, Vec<&Found>) =
            self.found.iter().partition(|found| !matches!(found.incident.course, Course::NotWanted(_)));
        html! {
            @if covers_nothing { p.empty { "The group covers nothing yet. " a href="/watch" { "Watch a provider" } } }
            @else if self.found.is_empty() { p.empty { "There was no incident in the last 90 days." } }
            @else { (totals(Totals::of(self.found.iter().map(|found| &found.incident)), self.zone_name)) }
            @if self.left_out > 0 { p.soft.small { (self.left_out) " more providers are not taken into account." } }
            @if self.has_more { p.soft.small { "Of busy providers only the newest incidents are taken into account." } }
            (list(&wanted))
            @if !unwanted.is_empty() {
                h2 { "Not told" }
                (list(&unwanted))
            }
            p.soft.small {
                "Severities are those that incidents had last. Reminders and overruns are not counted, nor is what was \
                 muted."
            }
        }
    }
}

/// `1 summary`, `2 summaries`.
fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `14 of 31 incidents in the last 90 days, in 41 messages, 2 at night (22:00 to 07:00 UTC): ...`
fn totals(totals: Totals, zone: &str) -> Markup {
    let Totals { at_once, summaries, summed_up, follow_ups, left_out, waiting, .. } = totals;
    html! {
        p role="status" {
            strong { (totals.told) " of " (count(totals.incidents, "incident", "incidents")) }
            " in the last 90 days, in "
            strong { (count(totals.messages(), "message", "messages")) }
            ", " strong { (totals.at_night) " at night" } " (22:00 to 07:00 " (zone) "): "
            (count(at_once, "alert", "alerts")) " at once"
            @if summaries > 0 {
                ", " (count(summaries, "summary", "summaries")) " of " (count(summed_up, "change", "changes"))
            }
            @if follow_ups > 0 { ", " (count(follow_ups, "follow-up", "follow-ups")) }
            "."
            @if left_out > 0 { " " (count(left_out, "incident", "incidents")) " began and ended while held." }
            @if waiting > 0 { " " (count(waiting, "incident is", "incidents are")) " still held." }
        }
    }
}

fn list(found: &[&Found]) -> Markup {
    let (first, further) = found.split_at(found.len().min(UNFOLDED));
    let more = further.len().saturating_sub(MAX_SHOWN);
    html! {
        @if !first.is_empty() { ul.rows.panel { @for found in first { li.small { (row(found)) } } } }
        @if !further.is_empty() {
            details.folded {
                summary.small { (further.len()) " more" }
                ul.rows.panel { @for found in further.iter().take(MAX_SHOWN) { li.small { (row(found)) } } }
                @if more > 0 { p.soft.small { "and " (more) " older ones" } }
            }
        }
    }
}

fn row(found: &Found) -> Markup {
    let Rehearsed { title, began_at, course, .. } = &found.incident;
    let name = html! { bdi { (found.provider) ": " (title) } };
    html! {
        @match course {
            Course::Told(told) => { strong { (name) } @for told in told { div.soft { (message(told)) } } }
            Course::LeftOut => { s { (name) } div.soft { (times::time(*began_at)) " · held, and over before it was told" } }
            Course::Waits(until) => {
                strong { (name) }
                div.soft { (times::time(*began_at)) " · held until " (times::time(*until)) }
            }
            Course::NotWanted(why) => { s { (name) } div.soft { (times::time(*began_at)) " · " (why_not(*why)) } }
        }
    }
}

fn message(told: &Told) -> Markup {
    html! {
        (times::time(told.at)) " · "
        @match told.how {
            How::AtOnce(event) => (event.as_str()),
            How::InSummary(event) => { (event.as_str()) ", held for a summary" },
            How::FollowUp => "follow-up: still open",
        }
        @if told.at_night { " · at night" }
    }
}

fn why_not(why: WhyNot) -> &'static str {
    match why {
        WhyNot::Components | WhyNot::UnknownComponents => why.as_str(),
        WhyNot::NoGroup => "the group does not cover it",
        WhyNot::Severity => "the group does not have its severity",
        WhyNot::Event => "the group has none of its events",
    }
}

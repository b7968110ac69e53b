//! `/alerts/log`: what was sent, what came of it, and once more what did not arrive.
use std::collections::{BTreeSet, HashMap};

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use site::{paths::segment, times::time};
use status::{
    ids::{AlertId, DestinationId, IncidentId, ProviderId},
    words::Event,
};
use store::{AlertHead, DeliveryEnd, DeliveryEntry, StoreError, StoredDestination, StoredSettings};

use super::{
    frame::{Done, crumbs, not_sent, page},
    mutes,
    overview::path,
};
use crate::{
    posted::{Posted, token},
    provider_names::provider_name,
    respond::{Refusal, see_other},
    sending::{may_be_repeated, send_again},
    state::Console,
    visitor::{Right, SignedIn},
};

/// Rows of a page.
const ROWS: usize = 50;
/// Read of each destination, of which a filter may leave few.
const READ: u32 = 200;
/// That are read for one page; a configuration file may declare more.
const MAX_DESTINATIONS: usize = 100;
const AT_A_TIME: usize = 8;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/alerts/log", get(show)).route("/alerts/log/again", post(again))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    destination: String,
    state: String,
    incident: String,
    /// Only what is older.
    before: String,
    #[serde(flatten)]
    done: Done,
}

/// What became of a delivery, as the filter and the rows say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DeliveryState {
    Arrived,
    Pending,
    Failed,
    NotSent,
}

impl DeliveryState {
    const ALL: [Self; 4] = [Self::Arrived, Self::Pending, Self::Failed, Self::NotSent];

    fn of(entry: &DeliveryEntry) -> Self {
        match entry.ended {
            None => Self::Pending,
            Some(DeliveryEnd::Sent) => Self::Arrived,
            Some(DeliveryEnd::Skipped | DeliveryEnd::NotWanted | DeliveryEnd::DroppedStale) => Self::NotSent,
            Some(DeliveryEnd::GivenUp | DeliveryEnd::Rejected | DeliveryEnd::Disabled) => Self::Failed,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::NotSent => "not-sent",
        }
    }
}

/// How it ended, in words.
fn words(ended: Option<DeliveryEnd>) -> (&'static str, &'static str) {
    match ended {
        None => ("degraded_performance", "Being tried"),
        Some(DeliveryEnd::Sent) => ("operational", "Arrived"),
        Some(DeliveryEnd::Skipped) => ("unknown", "Not needed"),
        Some(DeliveryEnd::NotWanted) => ("unknown", "Not confirmed"),
        Some(DeliveryEnd::DroppedStale) => ("unknown", "Too late"),
        Some(DeliveryEnd::GivenUp) => ("major_outage", "Given up"),
        Some(DeliveryEnd::Rejected) => ("major_outage", "Refused"),
        Some(DeliveryEnd::Disabled) => ("major_outage", "Paused"),
    }
}

async fn show(State(console): State<Console>, by: SignedIn, Query(asked): Query<Asked>) -> Result<Response, Refusal> {
    let settings = console.store.stored_settings(by.account()).await?;
    let (entries, next) = read(&console, &settings, &asked).await?;
    let ids: Vec<AlertId> = entries.iter().map(|entry| entry.alert.clone()).collect();
    let heads = console.store.alert_heads(&ids).await?;
    let incidents = incidents(&console, &by, &settings, (&asked.incident, &entries, &heads)).await?;
    let log = Log { settings: &settings, heads, asked: &asked, by: &by, incidents };
    Ok(page(StatusCode::OK, "Delivery log", asked.done.text(), log.content(&entries, next)))
}

/// What the incident of this id stands at; its id alone says not whose it is.
async fn incidents(
    console: &Console,
    by: &SignedIn,
    settings: &StoredSettings,
    (asked, entries, heads): (&str, &[DeliveryEntry], &HashMap<AlertId, AlertHead>),
) -> Result<Vec<Markup>, StoreError> {
    let has_page = |entry: &&DeliveryEntry| heads.get(&entry.alert).is_some_and(|head| head.event.has_incident_page());
    let of_incident = entries.iter().filter(|entry| !asked.is_empty() && entry.incident.as_str() == asked);
    let providers: BTreeSet<&ProviderId> = of_incident.filter(has_page).map(|entry| &entry.provider).collect();
    let incident = IncidentId::new(asked);
    let mut sections = Vec::new();
    for provider in providers {
        sections.push(mutes::section(console, by, settings, (provider, &incident)).await?);
    }
    Ok(sections)
}

/// The newest deliveries that are asked for, newest first, and the time before which older ones may be.
async fn read(
    console: &Console,
    settings: &StoredSettings,
    asked: &Asked,
) -> Result<(Vec<DeliveryEntry>, Option<Timestamp>), StoreError> {
    let ids = settings.destinations.iter().map(|it| it.value.id.clone());
    let ids = ids.filter(|id| asked.destination.is_empty() || id.as_str() == asked.destination);
    let ids: Vec<DestinationId> = ids.take(MAX_DESTINATIONS).collect();
    let before = asked.before.parse::<Timestamp>().ok();
    let read = async |id| console.store.newest_deliveries_to(&id, before, READ).await;
    let lists: Vec<Vec<DeliveryEntry>> = stream::iter(ids).map(read).buffered(AT_A_TIME).try_collect().await?;
    Ok(newest(lists, |entry| {
        (asked.state.is_empty() || DeliveryState::of(entry).as_str() == asked.state)
            && (asked.incident.is_empty() || entry.incident.as_str() == asked.incident)
    }))
}

/// One page of these lists, which are newest first and hold up to [`READ`] each. A list that was cut says nothing of
/// what is older than its last entry, so the page ends there: nothing is passed over.
fn newest(
    lists: Vec<Vec<DeliveryEntry>>,
    is_wanted: impl Fn(&DeliveryEntry) -> bool,
) -> (Vec<DeliveryEntry>, Option<Timestamp>) {
    let is_cut = |list: &&Vec<DeliveryEntry>| list.len() >= READ as usize;
    let known_since = lists.iter().filter(is_cut).filter_map(|list| list.last()).map(|last| last.first_at).max();
    let is_known = |entry: &DeliveryEntry| known_since.is_none_or(|since| entry.first_at >= since);
    let mut all: Vec<DeliveryEntry> =
        lists.into_iter().flatten().filter(|entry| is_known(entry) && is_wanted(entry)).collect();
    all.sort_by(|a, b| b.first_at.cmp(&a.first_at).then_with(|| a.destination.cmp(&b.destination)));
    if all.len() <= ROWS {
        return (all, known_since);
    }
    // Those of one moment stay together, since the next page begins before it.
    let last = all[ROWS - 1].first_at;
    all.retain(|entry| entry.first_at >= last);
    (all, Some(last))
}

struct Log<'a> {
    settings: &'a StoredSettings,
    heads: HashMap<AlertId, AlertHead>,
    asked: &'a Asked,
    by: &'a SignedIn,
    /// That are asked for.
    incidents: Vec<Markup>,
}

impl Log<'_> {
    fn content(&self, entries: &[DeliveryEntry], next: Option<Timestamp>) -> Markup {
        let is_filtered =
            [&self.asked.destination, &self.asked.state, &self.asked.incident].iter().any(|it| !it.is_empty());
        html! {
            (crumbs())
            @for incident in &self.incidents { (incident) }
            (self.filter())
            @if entries.is_empty() {
                p.empty {
                    @if is_filtered && next.is_some() { "Nothing of the newest matches: go on to older ones." }
                    @else if is_filtered { "Nothing matches." }
                    @else { "Nothing sent yet. Open a destination and send a test." }
                }
            } @else {
                ul.panel.rows { @for entry in entries { li { (self.row(entry)) } } }
            }
            @if let Some(next) = next { p.pages { a.button href=(self.older(next)) { "Older" } } }
            p.soft.small { "Deliveries are kept for 30 days after their last change." }
        }
    }

    fn older(&self, before: Timestamp) -> String {
        let Asked { destination, state, incident, .. } = self.asked;
        let (destination, state, incident) = (segment(destination), segment(state), segment(incident));
        format!(
            "/alerts/log?destination={destination}&state={state}&incident={incident}&before={}",
            segment(&before.to_string())
        )
    }

    fn filter(&self) -> Markup {
        html! {
            form.controls method="get" action="/alerts/log" {
                div {
                    label for="destination" { "Destination" }
                    select id="destination" name="destination" {
                        option value="" { "All" }
                        @for it in &self.settings.destinations {
                            @let id = it.value.id.as_str();
                            option value=(id) selected[id == self.asked.destination] { (it.value.shown_name()) }
                        }
                    }
                }
                div {
                    label for="state" { "State" }
                    select id="state" name="state" {
                        option value="" { "All" }
                        @for state in DeliveryState::ALL {
                            option value=(state.as_str()) selected[state.as_str() == self.asked.state] {
                                (site::states::capitalized(&state.as_str().replace('-', " ")))
                            }
                        }
                    }
                }
                @if !self.asked.incident.is_empty() { input type="hidden" name="incident" value=(self.asked.incident); }
                button type="submit" { "Show" }
                @if !self.asked.incident.is_empty() { a.button href="/alerts/log" { "All incidents" } }
            }
        }
    }

    fn row(&self, entry: &DeliveryEntry) -> Markup {
        let (class, words) = words(entry.ended);
        let event = self.heads.get(&entry.alert).map(|head| head.event);
        let destination = self.settings.destinations.iter().map(|it| &it.value).find(|it| it.id == entry.destination);
        let took: u64 = entry.attempts.last().map_or(0, |attempt| attempt.took_ms);
        html! {
            p.facts-line {
                span class={ "state " (class) } { (words) }
                (self.about(entry, event))
                @if let Some(destination) = destination { a href=(path(destination)) { (destination.shown_name()) } }
                span.small.soft { (time(entry.first_at)) }
                @if took > 0 { span.small.soft { (took) " ms" } }
                @if entry.reopened > 0 { span.small.soft { "sent again by request" @if entry.reopened > 1 { " " (entry.reopened) " times" } } }
            }
            @if !entry.attempts.is_empty() { (attempts(entry)) }
            @if self.by.may(Right::Edit) && may_be_repeated(entry, event) { (self.again(entry, destination)) }
        }
    }

    /// What it told, with a way to everything sent about the incident.
    fn about(&self, entry: &DeliveryEntry, event: Option<Event>) -> Markup {
        let event_word = event.map_or("alert", Event::as_str);
        let is_ours = event.is_none_or(|event| !event.has_incident_page());
        html! {
            @if is_ours { span { (site::states::capitalized(event_word)) } }
            @else {
                a href={ "/alerts/log?incident=" (segment(entry.incident.as_str())) } {
                    (provider_name(self.settings, &entry.provider)) ": " (event_word)
                }
            }
        }
    }

    fn again(&self, entry: &DeliveryEntry, destination: Option<&StoredDestination>) -> Markup {
        html! {
            form.inline method="post" action="/alerts/log/again" {
                (token(self.by))
                input type="hidden" name="alert" value=(entry.alert.as_str());
                input type="hidden" name="destination" value=(entry.destination.as_str());
                button type="submit" {
                    "Send again"
                    span.hidden { " to " (destination.map_or("", |destination| destination.shown_name())) }
                }
            }
        }
    }
}

fn attempts(entry: &DeliveryEntry) -> Markup {
    html! {
        details {
            summary.small {
                (entry.attempt_count) @if entry.attempt_count == 1 { " attempt" } @else { " attempts" }
            }
            ul.small {
                @for attempt in entry.attempts.iter().rev() {
                    li { (time(attempt.at)) " " (attempt.status) " in " (attempt.took_ms) " ms: " code { (attempt.answer) } }
                }
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    alert: String,
    destination: String,
}

async fn again(State(console): State<Console>, Posted { by, form }: Posted<Named>) -> Result<Response, Refusal> {
    let (alert, destination) = (AlertId::new(&form.alert), DestinationId::new(&form.destination));
    send_again(&console, &by.actor(), &alert, &destination, Timestamp::now()).await.map_err(not_sent)?;
    Ok(see_other(&format!("/alerts/log?destination={}&done=again", segment(destination.as_str()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(destination: &str, second: i64, ended: Option<DeliveryEnd>) -> DeliveryEntry {
        DeliveryEntry {
            delivery: "d".into(),
            alert: AlertId::new(format!("{destination}{second}")),
            destination: destination.into(),
            provider: "acme".into(),
            incident: "i1".into(),
            unknown: false,
            first_at: Timestamp::from_second(second).unwrap(),
            attempts: Vec::new(),
            attempt_count: 0,
            not_before: None,
            ended,
            reopened: 0,
            reopened_at: None,
        }
    }

    /// The newest first, one each second from `newest` down.
    fn list(destination: &str, newest: i64, count: i64) -> Vec<DeliveryEntry> {
        (0..count).map(|age| entry(destination, newest - age, Some(DeliveryEnd::Sent))).collect()
    }

    #[test]
    fn pages_of_several_destinations_pass_over_nothing() {
        let all = [list("a", 1_000, 300), list("b", 900, 20)];
        let (mut before, mut seen) = (None, Vec::new());
        loop {
            let read = all.iter().map(|list| {
                let older = list.iter().filter(|it| before.is_none_or(|before| it.first_at < before));
                older.take(READ as usize).cloned().collect()
            });
            let (page, next) = newest(read.collect(), |_| true);
            assert!(page.is_sorted_by(|a, b| a.first_at >= b.first_at));
            seen.extend(page.into_iter().map(|entry| entry.alert));
            let Some(next) = next else { break };
            before = Some(next);
        }
        assert_eq!(seen.len(), 320);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 320);
    }

    #[test]
    fn those_of_one_moment_are_on_one_page() {
        let lists = (0..60).map(|number| vec![entry(&format!("d{number}"), 7, None)]).collect();
        let (page, next) = newest(lists, |_| true);
        assert_eq!((page.len(), next.map(Timestamp::as_second)), (60, Some(7)));
    }

    #[test]
    fn filter_that_fits_nothing_of_what_was_read_goes_on_with_what_is_older() {
        let (page, next) = newest(vec![list("a", 1_000, 200)], |entry| entry.ended.is_none());
        assert_eq!((page.len(), next.map(Timestamp::as_second)), (0, Some(801)));
        let (_, next) = newest(vec![list("a", 1_000, 20)], |_| true);
        assert_eq!(next, None);
    }
}

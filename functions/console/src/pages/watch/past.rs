//! What a monitor, as it is drafted, would have alerted of in the last 90 days: by the router's own decision over what
//! is stored.
use jiff::{SignedDuration, Timestamp, civil::time, tz::TimeZone};
use maud::{Markup, html};
use site::{durations::duration, times};
use status::{
    ids::ProviderId,
    incident_timeline::IncidentTimeline,
    monitor::{Group, Monitor},
    page_state::PageState,
    preview::{Night, Past, PastIncident, Verdict, preview},
    provider::Provider,
    snapshot::Kind,
};
use store::{Store, StoreError};

const DAYS: SignedDuration = SignedDuration::from_hours(90 * 24);
const READ_AT_ONCE: u32 = 200;
/// Queries for one page. A busy provider has some hundred incidents in 90 days.
const MAX_READS: usize = 8;
const MAX_SHOWN: usize = 100;
/// Further ones are folded.
const UNFOLDED: usize = 10;
/// In characters.
const MAX_ZONE: usize = 64;

/// The timelines of the last 90 days, the newest first.
pub(super) struct History {
    timelines: Vec<IncidentTimeline>,
    /// There are older ones, which were not read.
    has_more: bool,
}

impl History {
    pub(super) async fn read(store: &Store, provider: &ProviderId, now: Timestamp) -> Result<Self, StoreError> {
        let since = now - DAYS;
        let mut history = Self { timelines: Vec::new(), has_more: false };
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_READS {
            let page = store.timelines_of(provider, READ_AT_ONCE, cursor.as_deref()).await?;
            let is_done = page.timelines.last().is_some_and(|oldest| oldest.began_at < since);
            let is_recent = |it: &IncidentTimeline| it.began_at >= since && it.began_at <= now;
            history.timelines.extend(page.timelines.into_iter().filter(is_recent));
            cursor = page.cursor;
            if is_done || cursor.is_none() {
                return Ok(history);
            }
        }
        history.has_more = true;
        Ok(history)
    }
}

/// The zone of this name, and the name; UTC if there is none such.
pub(super) fn zone(name: &str) -> (TimeZone, String) {
    let name: String = name.trim().chars().take(MAX_ZONE).collect();
    match TimeZone::get(&name) {
        Ok(zone) if !name.is_empty() => {
            let shown = zone.iana_name().unwrap_or(&name).to_owned();
            (zone, shown)
        }
        _ => (TimeZone::UTC, "UTC".to_owned()),
    }
}

/// What is drafted, and for whom.
pub(super) struct Drafted<'a> {
    pub(super) provider: &'a Provider,
    pub(super) page: Option<&'a PageState>,
    /// `None`: nothing is chosen.
    pub(super) monitor: Option<&'a Monitor>,
    pub(super) groups: &'a [Group],
    /// Name of the zone in which nights are.
    pub(super) zone: &'a str,
}

pub(super) fn section(history: &History, drafted: &Drafted<'_>) -> Markup {
    let (zone, zone_name) = zone(drafted.zone);
    let night = Night { zone, from: time(22, 0, 0, 0), until: time(7, 0, 0, 0) };
    let past = Past { provider: drafted.provider, page: drafted.page, timelines: &history.timelines };
    let found = drafted.monitor.map(|monitor| preview(past, monitor, drafted.groups, &night));
    html! {
        h2 #past { "What would have alerted you" }
        @match &found {
            None => p.soft { "Choose at least one component." },
            Some(_) if drafted.page.is_none() => p.soft { "Known after the first check." },
            Some(found) if found.is_empty() => p.soft { "There was no incident in the last 90 days." },
            Some(found) => (alerted(found, &zone_name)),
        }
        @if history.has_more { p.soft.small { "Only the newest " (history.timelines.len()) " are taken into account." } }
        p.controls {
            label for="zone" { "Your time zone" }
            input #zone name="zone" value=(drafted.zone) placeholder="UTC" maxlength=(MAX_ZONE) data-here autocomplete="off" spellcheck="false";
            button type="submit" name="submit" value="preview" { "Work it out again" }
        }
        @if let Some(found) = &found { (list(found)) }
    }
}

/// `14 of 31 incidents, 2 at night (22:00 to 07:00 Europe/Berlin).`
fn alerted(found: &[PastIncident], zone: &str) -> Markup {
    let of = |kind: Kind| found.iter().filter(move |past| past.kind == kind);
    let told = |kind: Kind| of(kind).filter(|past| past.verdict.is_alerted()).count();
    let nights = found.iter().filter(|past| past.verdict.is_at_night()).count();
    let (incidents, maintenances) = (of(Kind::Incident).count(), of(Kind::Maintenance).count());
    html! {
        p role="status" {
            strong { (told(Kind::Incident)) " of " (incidents) @if incidents == 1 { " incident" } @else { " incidents" } }
            @if maintenances > 0 {
                " and " (told(Kind::Maintenance)) " of " (maintenances)
                @if maintenances == 1 { " maintenance" } @else { " maintenances" }
            }
            " in the last 90 days, " strong { (nights) " at night" } " (22:00 to 07:00 " (zone) ")."
        }
    }
}

fn list(found: &[PastIncident]) -> Markup {
    let (first, further) = found.split_at(found.len().min(UNFOLDED));
    let more = further.len().saturating_sub(MAX_SHOWN);
    html! {
        @if !first.is_empty() { ul.rows.panel { @for past in first { li.small { (row(past)) } } } }
        @if !further.is_empty() {
            details.folded {
                summary.small { (further.len()) " more" }
                ul.rows.panel { @for past in further.iter().take(MAX_SHOWN) { li.small { (row(past)) } } }
                @if more > 0 { p.soft.small { "and " (more) " older ones" } }
            }
        }
    }
}

fn row(past: &PastIncident) -> Markup {
    let lasted = past.ended_at.map(|ended| duration(ended.duration_since(past.began_at).as_secs()));
    html! {
        @match past.verdict {
            Verdict::Alerted { at_night, unknown, .. } => {
                strong { bdi { (past.title) } }
                div.soft {
                    (times::time(past.began_at))
                    @if let Some(lasted) = &lasted { " · " (lasted) }
                    @if at_night { " · at night" }
                    @if unknown { " · components not said" }
                }
            },
            Verdict::NotAlerted(why) => {
                s { bdi { (past.title) } }
                div.soft { (times::time(past.began_at)) " · not alerted: " (why.as_str()) }
            }
        }
    }
}

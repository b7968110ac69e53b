//! What of the past previews are worked out over: the timelines of the last 90 days, and which hours are night.
use jiff::{SignedDuration, Timestamp, civil::time, tz::TimeZone};
use maud::{Markup, html};
use status::{ids::ProviderId, incident_timeline::IncidentTimeline, preview::Night};
use store::{Store, StoreError};

const DAYS: SignedDuration = SignedDuration::from_hours(90 * 24);
const READ_AT_ONCE: u32 = 200;
/// Queries for one page. A busy provider has some hundred incidents in 90 days.
const MAX_READS: usize = 8;
/// In characters.
const MAX_ZONE: usize = 64;

/// The timelines of the last 90 days, the newest first.
pub(crate) struct History {
    pub(crate) timelines: Vec<IncidentTimeline>,
    /// There are older ones, which were not read.
    pub(crate) has_more: bool,
}

impl History {
    pub(crate) async fn read(store: &Store, provider: &ProviderId, now: Timestamp) -> Result<Self, StoreError> {
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
fn zone(name: &str) -> (TimeZone, String) {
    let name: String = name.trim().chars().take(MAX_ZONE).collect();
    match TimeZone::get(&name) {
        Ok(zone) if !name.is_empty() => {
            let shown = zone.iana_name().unwrap_or(&name).to_owned();
            (zone, shown)
        }
        _ => (TimeZone::UTC, "UTC".to_owned()),
    }
}

/// 22:00 to 07:00 in the zone of this name, and the name of the zone.
pub(crate) fn night(name: &str) -> (Night, String) {
    let (zone, shown) = zone(name);
    (Night { zone, from: time(22, 0, 0, 0), until: time(7, 0, 0, 0) }, shown)
}

/// The field of a form for it, which says where the browser is if it is empty.
pub(crate) fn zone_field(zone: &str) -> Markup {
    html! {
        label for="zone" { "Your time zone" }
        input #zone name="zone" value=(zone) placeholder="UTC" maxlength=(MAX_ZONE) data-here autocomplete="off" spellcheck="false";
    }
}

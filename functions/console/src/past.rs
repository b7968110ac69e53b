//! What of the past previews are worked out over: the timelines of the last 90 days, and which hours are night.
use jiff::{SignedDuration, Timestamp, civil::time, tz::TimeZone};
use maud::{Markup, html};
use status::{
    ids::ProviderId,
    incident_timeline::IncidentTimeline,
    preview::Night,
    recent::{DAYS, Recent},
};
use store::{Store, StoreError};

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
        Ok(Self::of(store.recent_timelines(provider, now).await?, now))
    }

    pub(crate) fn of(recent: Recent, now: Timestamp) -> Self {
        let since = now - SignedDuration::from_hours(24 * DAYS as i64);
        let Recent { mut timelines, complete_since, .. } = recent;
        timelines.retain(|it| it.began_at >= since && it.began_at <= now);
        Self { timelines, has_more: complete_since > since }
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
pub(crate) fn zone_field(name: &str, zone: &str) -> Markup {
    html! {
        label for=(name) { "Your time zone" }
        input id=(name) name=(name) value=(zone) placeholder="UTC" maxlength=(MAX_ZONE) data-here autocomplete="off" spellcheck="false";
    }
}

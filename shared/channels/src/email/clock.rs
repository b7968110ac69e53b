//! Times as the recipient's clock shows them, with UTC beside. Zones come from the database compiled in, so that a mail
//! is the same on every machine.
use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

pub(super) struct Clock(TimeZone);

impl Clock {
    /// UTC without a zone; `None` for a zone that does not exist.
    pub(super) fn read(zone: Option<&str>) -> Option<Self> {
        match zone {
            None => Some(Self(TimeZone::UTC)),
            Some(name) => TimeZoneDatabase::bundled().get(name.trim()).ok().map(Self),
        }
    }

    /// `Thu 6 Aug 2026, 14:00 CEST (12:00 UTC)`; if the day differs in UTC, both are given.
    pub(super) fn show(&self, time: Timestamp) -> String {
        let (local, utc) = (time.to_zoned_datetime(self.0.clone()), time.to_zoned_datetime(TimeZone::UTC));
        let zone = local.strftime("%Z").to_string();
        // Some zones have no name but their offset.
        let zone = if zone.starts_with(['+', '-']) { format!("UTC{zone}") } else { zone };
        let here = local.strftime("%a %-d %b %Y, %H:%M");
        if zone == "UTC" {
            format!("{here} UTC")
        } else if local.date() == utc.date() {
            format!("{here} {zone} ({} UTC)", utc.strftime("%H:%M"))
        } else {
            format!("{here} {zone} ({} UTC)", utc.strftime("%a %-d %b, %H:%M"))
        }
    }
}

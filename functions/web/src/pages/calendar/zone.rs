//! The time zone in which the calendar shows days and times.
use jiff::tz::TimeZone;

pub(super) const MAX_ZONE_LENGTH: usize = 64;

/// Suggestions. Every name of the time zone database is accepted.
pub(super) const SUGGESTED_ZONES: [&str; 30] = [
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

pub(super) struct Zone {
    pub(super) name: String,
    pub(super) zone: TimeZone,
    /// A name that was requested but does not exist; UTC is used instead.
    pub(super) unknown: Option<String>,
}

impl Zone {
    pub(super) fn parse(name: &str) -> Self {
        let name: String = name.trim().chars().take(MAX_ZONE_LENGTH).collect();
        let utc = |unknown| Self { name: "UTC".to_owned(), zone: TimeZone::UTC, unknown };
        if name.is_empty() || name.eq_ignore_ascii_case("UTC") {
            return utc(None);
        }
        match TimeZone::get(&name) {
            Ok(zone) => Self { name: zone.iana_name().unwrap_or(&name).to_owned(), zone, unknown: None },
            Err(_) => utc(Some(name)),
        }
    }
}

//! The newest checks of the monitors, and the states that they show.
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;
use serde_json::value::RawValue;
use status::words::ComponentStatus;

use crate::{
    read::problems::Problems,
    text::values::{Text, Word},
};

/// A monitor that was not checked for so long is paused.
const OUTDATED_AFTER: SignedDuration = SignedDuration::from_hours(48);

#[derive(Deserialize)]
pub(super) struct Checks<'a> {
    /// By the id of the monitor, the oldest first.
    #[serde(borrow, rename = "heartbeatList")]
    of: HashMap<String, Vec<&'a RawValue>>,
}

/// A check, or a day of checks.
#[derive(Deserialize)]
struct Check<'a> {
    status: Word,
    #[serde(borrow)]
    time: Text<'a>,
}

enum At {
    /// Of one check.
    Moment(Timestamp),
    /// The end of a span of checks.
    SpanUntil(Timestamp),
}

impl At {
    fn end(&self) -> Timestamp {
        match self {
            Self::Moment(at) | Self::SpanUntil(at) => *at,
        }
    }
}

/// The state of a monitor: unknown if it has no check that tells.
pub(super) fn state(monitor: &str, checks: &Checks<'_>, now: Timestamp, problems: &mut Problems) -> ComponentStatus {
    // A span without a check is the number 0.
    let all = checks.of.get(monitor).into_iter().flatten();
    let all = all.filter_map(|raw| serde_json::from_str::<Check<'_>>(raw.get()).ok());
    // Pending: it failed, and is tried again.
    let told = all.filter(|check| check.status.as_str() != "2");
    let newest = told.map(|check| (time(&check.time.0), check.status)).max_by_key(|(at, _)| at.as_ref().map(At::end));
    let Some((at, status)) = newest else { return ComponentStatus::Unknown };
    let at = at.filter(|at| now.duration_since(at.end()) <= OUTDATED_AFTER);
    match (status.as_str(), at) {
        (_, None) | ("0", Some(At::SpanUntil(_))) => ComponentStatus::Unknown,
        ("0", Some(At::Moment(_))) => ComponentStatus::MajorOutage,
        ("1", Some(_)) => ComponentStatus::Operational,
        ("3", Some(_)) => ComponentStatus::UnderMaintenance,
        (word, _) => problems.unknown_status(monitor, word),
    }
}

fn time(text: &str) -> Option<At> {
    match text.parse::<Timestamp>() {
        Ok(until) => Some(At::SpanUntil(until)),
        Err(_) => utc(text).map(At::Moment),
    }
}

/// `2026-05-02 09:30:00.123`, which the server writes in UTC.
pub(super) fn utc(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.trim().parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

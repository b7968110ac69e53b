//! A draft of the quiet hours of a group.
use jiff::{civil::Time, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use status::quiet_hours::{Day, QuietHours};

use crate::{
    problem::{Code, Problems},
    words::{chosen, quoted},
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QuietHoursDraft {
    /// Name of an IANA time zone.
    pub zone: String,
    /// On which they begin: `mon` to `sun`; `None`: on all.
    pub days: Option<Vec<String>>,
    /// `22:00`
    pub from: String,
    /// `07:00`; not later than `from`: it is of the day after.
    pub until: String,
    /// Whether alerts of severity major are delivered at once; `None`: they are.
    pub major_bypass: Option<bool>,
}

impl QuietHoursDraft {
    pub(crate) fn checked(&self, problems: &mut Problems) -> Option<QuietHours> {
        let zone = zone("quiet_hours.zone", self.zone.trim(), problems);
        let days = match &self.days {
            None => Day::ALL.to_vec(),
            Some(list) => chosen(["day", "quiet_hours.days"], list, &Day::ALL, Day::as_str, problems),
        };
        let from = time("quiet_hours.from", &self.from, problems);
        let until = time("quiet_hours.until", &self.until, problems);
        let major_bypass = self.major_bypass.unwrap_or(true);
        Some(QuietHours { zone: zone?, days, from: from?, until: until?, major_bypass })
    }
}

/// The name as the database of time zones writes it.
pub(crate) fn zone(field: &str, name: &str, problems: &mut Problems) -> Option<String> {
    let hint = "write the name of an IANA time zone, such as \"Europe/Berlin\"";
    if name.is_empty() {
        problems.add(field, Code::Missing, "is missing", hint);
        return None;
    }
    let known = TimeZone::get(name).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
    if known.is_none() {
        problems.add(field, Code::Unknown, format!("unknown time zone {}", quoted(name)), hint);
    }
    known
}

/// Of hours and minutes.
pub(crate) fn time(field: &str, text: &str, problems: &mut Problems) -> Option<Time> {
    let hint = "write hours and minutes, such as \"22:00\"";
    let text = text.trim();
    if text.is_empty() {
        problems.add(field, Code::Missing, "is missing", hint);
        return None;
    }
    let time = (text.len() == 5).then(|| Time::strptime("%H:%M", text).ok()).flatten();
    if time.is_none() {
        problems.add(field, Code::Invalid, "is not a time of day", hint);
    }
    time
}

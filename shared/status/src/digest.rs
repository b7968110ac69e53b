//! Digest of a notification group: one summary an hour or a day in place of single alerts. As with quiet hours, who is
//! to be alerted is decided when the fact is found, and only delivery waits. Wanted properties:
//! - a time of day is one of the zone's clock, whatever the clocks do;
//! - what cannot be computed holds nothing: an alert too many rather than one that nobody gets.
use jiff::{Timestamp, civil::Time, tz::TimeZone};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    pub every: Every,
    /// Alerts of severity major are delivered at once all the same.
    pub major_bypass: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// At the full hour of UTC.
    Hour,
    /// At this time of the day. `zone`: name of an IANA time zone.
    Day { zone: String, at: Time },
}

impl Digest {
    /// When the next summary is due.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.every {
            Every::Hour => Timestamp::from_second((now.as_second().div_euclid(3600) + 1) * 3600).ok(),
            Every::Day { zone, at } => {
                let zone = TimeZone::get(zone).ok()?;
                let today = zone.to_datetime(now).date();
                let days = [Some(today), today.tomorrow().ok()].into_iter().flatten();
                // A time that the clocks skip is the moment after, one that comes twice is the first.
                let mut moments = days.filter_map(|day| zone.to_timestamp(day.to_datetime(*at)).ok());
                moments.find(|moment| *moment > now)
            }
        }
    }
}

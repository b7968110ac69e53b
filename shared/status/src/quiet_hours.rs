//! Quiet hours of a notification group. Delivery is held, evaluation never: who is to be alerted is decided when the
//! fact is found, and what was held is told in one summary when the quiet hours end. Wanted properties:
//! - an end is a moment of the zone's clock, so a night is an hour shorter or longer when the clocks change;
//! - what cannot be computed holds nothing: an alert too many rather than one that nobody gets.
use jiff::{
    Timestamp,
    civil::{self, Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Name of an IANA time zone, such as `Europe/Berlin`.
    pub zone: String,
    /// On which the quiet hours begin; they may end on the day after.
    pub days: Vec<Day>,
    pub from: Time,
    /// Not later than `from`: it is of the day after.
    pub until: Time,
    /// Alerts of severity major are delivered at once all the same.
    pub major_bypass: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }

    fn of(date: Date) -> Self {
        match date.weekday() {
            civil::Weekday::Monday => Self::Mon,
            civil::Weekday::Tuesday => Self::Tue,
            civil::Weekday::Wednesday => Self::Wed,
            civil::Weekday::Thursday => Self::Thu,
            civil::Weekday::Friday => Self::Fri,
            civil::Weekday::Saturday => Self::Sat,
            civil::Weekday::Sunday => Self::Sun,
        }
    }
}

impl QuietHours {
    /// When the quiet hours end in which `at` is; `None`: it is in none.
    pub fn end_after(&self, at: Timestamp) -> Option<Timestamp> {
        let zone = TimeZone::get(&self.zone).ok()?;
        let today = zone.to_datetime(at).date();
        let begins = [today.yesterday().ok(), Some(today)].into_iter().flatten();
        begins
            .filter_map(|date| self.period(&zone, date))
            .filter(|(from, until)| *from <= at && at < *until)
            .map(|it| it.1)
            .max()
    }

    /// The quiet hours that begin on this day. A time that the clocks skip is the moment after, one that comes twice is
    /// the first.
    fn period(&self, zone: &TimeZone, date: Date) -> Option<(Timestamp, Timestamp)> {
        if !self.days.contains(&Day::of(date)) {
            return None;
        }
        let last = if self.until <= self.from { date.tomorrow().ok()? } else { date };
        let moment = |date: Date, time: Time| zone.to_timestamp(date.to_datetime(time)).ok();
        Some((moment(date, self.from)?, moment(last, self.until)?))
    }
}

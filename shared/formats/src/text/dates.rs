//! Times as status pages and feeds write them. A time whose zone is missing or unknown is no time: it is never taken
//! for UTC.
use jiff::{SignedDuration, Timestamp, civil::DateTime, fmt::rfc2822, tz::Offset};

/// A time of a feed in either of the two usual forms.
pub(crate) fn feed_time(text: &str) -> Option<Timestamp> {
    rfc3339(text).or_else(|| rfc822(text))
}

pub(crate) fn rfc3339(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

/// RFC 822 as it is met: two-digit years, no seconds, zones by name, weekdays that do not fit the date.
pub(crate) fn rfc822(text: &str) -> Option<Timestamp> {
    // Dates written by hand often have the wrong weekday, so it is not read.
    let without_weekday = text.split_once(',').map_or(text, |(_, rest)| rest).trim();
    let (time, zone) = without_weekday.rsplit_once(char::is_whitespace)?;
    let numeric = zone.starts_with(['+', '-']);
    // jiff reads every other name as UTC; the RFC knows what it does not know.
    if !numeric && !RFC822_ZONES.contains(&zone.to_ascii_uppercase().as_str()) {
        return None;
    }
    let zone = if numeric { zone.replace(':', "") } else { zone.to_owned() };
    rfc2822::DateTimeParser::new().parse_timestamp(format!("{} {zone}", time.trim())).ok()
}

const RFC822_ZONES: [&str; 12] = ["UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"];

/// A time as the blocks of Statuspage's feeds carry it, `Aug 20, 15:01 UTC`: mostly without a year, always without
/// seconds, the zone an abbreviation that may mean several things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockTime {
    year: Option<i16>,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    /// Every offset from UTC that the abbreviation may mean, in minutes; none for an unknown one.
    offsets: &'static [i32],
}

impl BlockTime {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split([' ', ',', '\u{a0}', '\n', '\t']).filter(|word| !word.is_empty());
        let month = month(words.next()?)?;
        let day = words.next()?.parse().ok()?;
        let mut clock = words.next()?;
        let year = (clock.len() == 4).then(|| clock.parse().ok()).flatten();
        if year.is_some() {
            clock = words.next()?;
        }
        let (hour, minute) = clock.split_once(':')?;
        let zone = words.next()?;
        let time = Self {
            year,
            month,
            day,
            hour: hour.parse().ok()?,
            minute: minute.parse().ok()?,
            offsets: ZONES.iter().find(|(name, _)| *name == zone).map_or(&[], |(_, offsets)| offsets),
        };
        // A leap year shows that day and time exist in some year.
        (words.next().is_none() && time.civil(time.year.unwrap_or(2000)).is_some()).then_some(time)
    }

    fn civil(&self, year: i16) -> Option<DateTime> {
        DateTime::new(year, self.month, self.day, self.hour, self.minute, 0, 0).ok()
    }

    fn instant(&self, year: i16, offset_minutes: i32) -> Option<Timestamp> {
        Offset::from_seconds(offset_minutes * 60).ok()?.to_timestamp(self.civil(self.year.unwrap_or(year))?).ok()
    }

    /// The time, where it is written in full and its zone means one thing only.
    pub(crate) fn exact(&self) -> Option<Timestamp> {
        let [offset] = self.offsets else { return None };
        self.instant(self.year?, *offset)
    }

    /// The reading nearest to one of the times the entry itself gives, with its offset.
    fn nearest(&self, anchors: &[Timestamp]) -> Option<(Timestamp, i32)> {
        let best = self.nearest_at(0, anchors);
        // An ambiguous zone is settled only by an entry time of the same minute.
        best.filter(|(distance, ..)| self.offsets.len() == 1 || is_same_minute(*distance))
            .map(|(_, instant, offset)| (instant, offset))
    }

    /// The same for a block of which one of these times is the very time. Some pages say the zone of winter all the
    /// year: an entry time of the same minute an hour earlier shows it.
    fn posted(&self, anchors: &[Timestamp]) -> Option<(Timestamp, i32)> {
        let as_said = self.nearest_at(0, anchors).filter(|(distance, ..)| is_same_minute(*distance));
        if as_said.is_none()
            && self.offsets != [0]
            && let Some((distance, instant, offset)) = self.nearest_at(60, anchors)
            && is_same_minute(distance)
        {
            return Some((instant, offset));
        }
        self.nearest(anchors)
    }

    /// How near, when, and the offset, `shift` minutes further east than the zone says.
    fn nearest_at(&self, shift: i32, anchors: &[Timestamp]) -> Option<(SignedDuration, Timestamp, i32)> {
        let mut best: Option<(SignedDuration, Timestamp, i32)> = None;
        for anchor in anchors {
            let around = Offset::UTC.to_datetime(*anchor).year();
            for offset in self.offsets.iter().map(|offset| offset + shift) {
                for year in around - 1..=around + 1 {
                    let Some(instant) = self.instant(year, offset) else {
                        continue;
                    };
                    let distance = instant.duration_since(*anchor).abs();
                    if best.is_none_or(|(nearest, ..)| distance < nearest) {
                        best = Some((distance, instant, offset));
                    }
                }
            }
        }
        best
    }
}

fn is_same_minute(distance: SignedDuration) -> bool {
    distance < SignedDuration::from_mins(1)
}

/// The times of an entry's blocks, given newest first. `anchors`: the times the entry itself carries, of which one is
/// that of the newest block. A block in a zone that cannot be told has no time, except the newest, whose time is the
/// entry's own.
pub(crate) fn block_times(blocks: &[Option<BlockTime>], anchors: &[Timestamp]) -> Vec<Option<Timestamp>> {
    let mut newer: Option<(&BlockTime, Timestamp, i32)> = None;
    let mut times = Vec::with_capacity(blocks.len());
    for (position, block) in blocks.iter().enumerate() {
        let time = match (block, newer) {
            (None, _) => None,
            (Some(block), None) => block.posted(anchors).map(|(instant, offset)| (block, instant, offset)),
            (Some(block), Some(newer)) => not_after(block, newer).map(|(instant, offset)| (block, instant, offset)),
        };
        newer = time.or(newer);
        let entry_time = anchors.first().copied().filter(|_| position == 0);
        times.push(time.map(|(_, instant, _)| instant).or(entry_time));
    }
    times
}

/// The latest reading that is not after a newer block, but for a day of back-dating.
fn not_after(
    block: &BlockTime,
    (newer_block, newer, newer_offset): (&BlockTime, Timestamp, i32),
) -> Option<(Timestamp, i32)> {
    let offset = match block.offsets {
        // What the newer one meant by the zone, this one does.
        same if same == newer_block.offsets => newer_offset,
        [only] => *only,
        several => *several.iter().find(|offset| **offset == newer_offset)?,
    };
    let latest = newer.checked_add(SignedDuration::from_hours(24)).ok()?;
    let year = Offset::UTC.to_datetime(latest).year();
    // Nine, because 29 February may be eight years back.
    (0..9)
        .filter_map(|back| block.instant(year - back, offset))
        .find(|instant| block.year.is_some() || *instant <= latest)
        .map(|instant| (instant, offset))
}

/// Planned start and end: the start nearest to a time of the entry, the end behind it.
pub(crate) fn block_window(
    start: &BlockTime,
    end: &BlockTime,
    anchors: &[Timestamp],
) -> (Option<Timestamp>, Option<Timestamp>) {
    let Some((starts_at, _)) = start.nearest(anchors) else {
        return (None, None);
    };
    let [offset] = end.offsets else {
        return (Some(starts_at), None);
    };
    let year = Offset::UTC.to_datetime(starts_at).year();
    let ends_at = (0..9).filter_map(|ahead| end.instant(year + ahead, *offset)).find(|instant| *instant >= starts_at);
    (Some(starts_at), ends_at)
}

pub(crate) fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = name.get(..3)?.to_ascii_lowercase();
    let position = MONTHS.iter().position(|month| *month == start)?;
    i8::try_from(position + 1).ok()
}

/// Offsets in minutes of the abbreviations that pages use. Several where people on different continents mean
/// different things by it.
const ZONES: &[(&str, &[i32])] = &[
    ("UTC", &[0]),
    ("GMT", &[0]),
    ("EST", &[-300]),
    ("EDT", &[-240]),
    ("CDT", &[-300]),
    ("CST", &[-360, 480]),
    ("MST", &[-420]),
    ("MDT", &[-360]),
    ("PST", &[-480]),
    ("PDT", &[-420]),
    ("WEST", &[60]),
    ("BST", &[60, 360]),
    ("IST", &[330, 60, 120]),
    ("CET", &[60]),
    ("CEST", &[120]),
    ("EET", &[120]),
    ("EEST", &[180]),
    ("MSK", &[180]),
    ("SGT", &[480]),
    ("HKT", &[480]),
    ("JST", &[540]),
    ("KST", &[540]),
    ("AEST", &[600]),
    ("AEDT", &[660]),
    ("NZST", &[720]),
    ("NZDT", &[780]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn blocks(texts: &[&str]) -> Vec<Option<BlockTime>> {
        texts.iter().map(|text| BlockTime::parse(text)).collect()
    }

    #[test]
    fn the_odd_forms_of_rfc_822_are_read() {
        for (text, expected) in [
            ("Wed, 01 Jan 2014 09:09:00 -0800", "2014-01-01T17:09:00Z"),
            ("Mon, 01 Mar 2026 10:00:00 +0200", "2026-03-01T08:00:00Z"), // a Sunday
            ("Fri, 31 Jul 2026 00:12:00 Z", "2026-07-31T00:12:00Z"),
            ("31 Jul 26 00:12 UT", "2026-07-31T00:12:00Z"),
            ("Wednesday, 1 Jul 2026 00:12 PDT", "2026-07-01T07:12:00Z"),
            ("01 Jul 2026 00:12:00 utc", "2026-07-01T00:12:00Z"),
            ("01 Jul 2026 00:12:00 CST", "2026-07-01T06:12:00Z"),
            ("01 Jul 2026 00:12:00 +02:00", "2026-06-30T22:12:00Z"),
            ("2026-05-16T11:30:00-04:00", "2026-05-16T15:30:00Z"),
        ] {
            assert_eq!(feed_time(text), Some(at(expected)), "{text}");
        }
    }

    #[test]
    fn a_time_without_a_known_zone_is_no_time() {
        for text in [
            "Wed, 01 Jan 2014 09:09:00",
            "Wed, 01 Jan 2014 09:09:00 IST",
            "Wed, 01 Jan 2014 09:09:00 A",
            "2026-05-16T11:30:00",
            "2026-05-16",
            "yesterday",
            "",
        ] {
            assert_eq!(feed_time(text), None, "{text}");
        }
    }

    #[test]
    fn blocks_step_back_over_new_year() {
        let times = block_times(
            &blocks(&["Jan  1, 00:20 UTC", "Dec 31, 23:50 UTC", "Dec 31, 23:40 UTC"]),
            &[at("2025-01-01T00:20:13Z")],
        );
        let expected = ["2025-01-01T00:20:00Z", "2024-12-31T23:50:00Z", "2024-12-31T23:40:00Z"];
        assert_eq!(times, expected.map(|text| Some(at(text))));
    }

    #[test]
    fn the_newest_block_is_of_the_year_nearest_to_the_entry() {
        let times = block_times(&blocks(&["Dec 31, 23:50 UTC"]), &[at("2025-01-01T00:20:13Z")]);
        assert_eq!(times, [Some(at("2024-12-31T23:50:00Z"))]);
        // Announced in December for January: published is the planned start, updated the announcement.
        let anchors = [at("2025-01-20T08:00:00Z"), at("2024-12-19T10:15:02Z")];
        let times = block_times(&blocks(&["Dec 19, 10:15 UTC"]), &anchors);
        assert_eq!(times, [Some(at("2024-12-19T10:15:00Z"))]);
    }

    #[test]
    fn a_leap_day_is_found_in_its_year() {
        let times = block_times(&blocks(&["Mar 1, 00:10 UTC", "Feb 29, 23:00 UTC"]), &[at("2028-03-01T00:10:00Z")]);
        assert_eq!(times[1], Some(at("2028-02-29T23:00:00Z")));
        assert_eq!(BlockTime::parse("Feb 30, 23:00 UTC"), None);
        assert_eq!(BlockTime::parse("Mar 1, 24:00 UTC"), None);
    }

    #[test]
    fn the_entry_settles_an_ambiguous_zone() {
        let texts = ["Jul 10, 09:30 IST", "Jul 10, 09:00 IST"];
        let times = block_times(&blocks(&texts), &[at("2026-07-10T04:00:41Z")]);
        assert_eq!(times, ["2026-07-10T04:00:00Z", "2026-07-10T03:30:00Z"].map(|text| Some(at(text))));
    }

    #[test]
    fn a_page_that_says_the_zone_of_winter_in_summer_is_found_out_by_the_entry() {
        let texts = ["Jul 22, 15:04 PST", "Jul 22, 14:40 PST", "Jul 22, 21:10 UTC"];
        let times = block_times(&blocks(&texts), &[at("2013-07-22T22:04:43Z")]);
        let expected = ["2013-07-22T22:04:00Z", "2013-07-22T21:40:00Z", "2013-07-22T21:10:00Z"];
        assert_eq!(times, expected.map(|text| Some(at(text))));
        // In winter it is right, and an entry time that is merely near proves nothing.
        for entry in ["2014-01-22T23:04:43Z", "2014-01-22T22:02:43Z"] {
            let times = block_times(&blocks(&["Jan 22, 15:04 PST", "Jan 22, 14:40 PST"]), &[at(entry)]);
            assert_eq!(times, ["2014-01-22T23:04:00Z", "2014-01-22T22:40:00Z"].map(|text| Some(at(text))));
        }
        // An entry that was changed later still gives the time of its newest block.
        let anchors = [at("2013-07-22T22:04:43Z"), at("2013-07-23T10:00:00Z")];
        assert_eq!(block_times(&blocks(&texts[..1]), &anchors), [Some(at("2013-07-22T22:04:00Z"))]);
        let times = block_times(&blocks(&["Jul 22, 15:04 UTC"]), &[at("2013-07-22T14:04:00Z")]);
        assert_eq!(times, [Some(at("2013-07-22T15:04:00Z"))], "UTC has no summer");
    }

    #[test]
    fn where_nothing_settles_a_zone_only_the_newest_block_has_a_time() {
        for zone in ["IST", "XYZ"] {
            let texts = [format!("Jul 10, 09:30 {zone}"), format!("Jul 10, 09:00 {zone}")];
            let times = block_times(&blocks(&[&texts[0], &texts[1]]), &[at("2026-07-10T04:17:41Z")]);
            assert_eq!(times, [Some(at("2026-07-10T04:17:41Z")), None], "{zone}");
        }
        assert_eq!(block_times(&blocks(&["Jul 10, 09:30 UTC"]), &[]), [None]);
    }

    #[test]
    fn a_year_that_is_given_is_believed() {
        let times = block_times(&blocks(&["May 13, 2017, 06:45 UTC"]), &[at("2017-10-15T06:45:00Z")]);
        assert_eq!(times, [Some(at("2017-05-13T06:45:00Z"))]);
    }

    #[test]
    fn a_window_may_end_in_the_next_year() {
        let [start, end] = ["Dec 31, 22:00 PST", "Jan  1, 02:00 PST"].map(|text| BlockTime::parse(text).unwrap());
        let window = block_window(&start, &end, &[at("2025-01-01T06:00:00Z")]);
        assert_eq!(window, (Some(at("2025-01-01T06:00:00Z")), Some(at("2025-01-01T10:00:00Z"))));
    }
}

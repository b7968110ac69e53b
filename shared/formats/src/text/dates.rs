//! Times as status pages and feeds write them. A time whose zone is missing or unknown is no time: it is never taken
//! for UTC.
use jiff::{SignedDuration, Timestamp, civil::DateTime, fmt::rfc2822, tz::Offset};

/// A time of a feed in any of the usual forms.
pub(crate) fn feed_time(text: &str) -> Option<Timestamp> {
    rfc3339(text).or_else(|| rfc822(text)).or_else(|| iso(text)).or_else(|| BlockTime::parse(text)?.exact())
}

pub(crate) fn rfc3339(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

/// RFC 822 as it is met: two-digit years, no seconds, zones by name, weekdays that do not fit the date.
pub(crate) fn rfc822(text: &str) -> Option<Timestamp> {
    // Dates written by hand often have the wrong weekday, so it is not read.
    let without_weekday = match text.split_once(',') {
        Some((day, rest)) if day.trim().chars().all(|c| c.is_alphabetic() || c == '.') => rest.trim(),
        _ => text.trim(),
    };
    let (time, zone) = without_weekday.rsplit_once(char::is_whitespace)?;
    // jiff reads every other name as UTC; the RFC knows what it does not know.
    let zone = if RFC822_ZONES.contains(&zone.to_ascii_uppercase().as_str()) {
        zone.to_owned()
    } else {
        let [offset] = offsets(zone)[..] else { return None };
        format!("{}{:02}{:02}", if offset < 0 { '-' } else { '+' }, offset.abs() / 60, offset.abs() % 60)
    };
    rfc2822::DateTimeParser::new().parse_timestamp(format!("{} {zone}", time.trim())).ok()
}

const RFC822_ZONES: [&str; 12] = ["UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"];

/// ISO 8601 with a zone that RFC 3339 does not have: `2026-05-16 11:30 UTC`, `2026-05-16T11:30:00 +0200`.
fn iso(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let is_date = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
    // The offset begins behind the clock, at the first letter, sign or space that is not the one between the two.
    if text.len() < 16 || !text.is_ascii() || !text.as_bytes()[..10].iter().all(is_date) {
        return None;
    }
    let clock_end = 11 + text[11..].find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ','))?;
    let [offset] = offsets(text[clock_end..].trim())[..] else { return None };
    let time: DateTime = text[..clock_end].parse().ok()?;
    Offset::from_seconds(offset * 60).ok()?.to_timestamp(time).ok()
}

/// Every offset from UTC that a zone may mean, in minutes; none for an unknown one. `UTC`, `CEST`, `+02:00`, `-0330`,
/// `GMT+0`, `UTC-5:30`.
fn offsets(zone: &str) -> Vec<i32> {
    let zone = zone.trim_matches(['(', ')']);
    if let Some((_, offsets)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(zone)) {
        return offsets.to_vec();
    }
    let shift = ["GMT", "UTC", ""].iter().find_map(|name| {
        let shift = zone.get(name.len()..)?;
        (zone[..name.len()].eq_ignore_ascii_case(name) && shift.starts_with(['+', '-'])).then_some(shift)
    });
    shift.and_then(shift_minutes).into_iter().collect()
}

/// `+2`, `-05:30`, `+0530`: no zone is more than 14 hours away.
fn shift_minutes(shift: &str) -> Option<i32> {
    let digits = shift.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "0"),
    };
    let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let shifted = hours * 60 + minutes;
    (shifted <= 14 * 60 && minutes < 60).then_some(if shift.starts_with('-') { -shifted } else { shifted })
}

/// A time as the blocks of feeds carry it, `Aug 20, 15:01 UTC`: mostly without a year or seconds, the zone an
/// abbreviation that may mean several things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockTime {
    year: Option<i16>,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    /// Every offset from UTC that the zone may mean, in minutes; none for an unknown one.
    offsets: Vec<i32>,
}

impl BlockTime {
    /// `Aug 20, 15:01 UTC`, `Jun 5, 01:40:38 GMT+0`, `5 June 2026 at 1:40 PM (PDT)`, and the forms of whole times.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let whole = || rfc3339(text).or_else(|| rfc822(text)).or_else(|| iso(text)).map(Self::of);
        Self::from_words(text).or_else(whole)
    }

    fn of(time: Timestamp) -> Self {
        let utc = Offset::UTC.to_datetime(time);
        let (hour, minute, second) = (utc.hour(), utc.minute(), utc.second());
        Self { year: Some(utc.year()), month: utc.month(), day: utc.day(), hour, minute, second, offsets: vec![0] }
    }

    fn from_words(text: &str) -> Option<Self> {
        let words = text.split([' ', ',', '\u{a0}', '\n', '\t']).filter(|word| !matches!(*word, "" | "at" | "·"));
        let mut words = words.skip_while(|word| is_weekday(word)).peekable();
        let (first, second) = (words.next()?, words.next()?);
        let (month, day) = match month(first) {
            Some(month) => (month, day(second)?),
            None => (month(second)?, day(first)?),
        };
        let year = words.next_if(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()));
        let clock = words.next()?;
        let half = words.next_if(|word| is_half(word));
        let (hour, minute, second) = clock_time(clock, half)?;
        let zone = words.next()?;
        let year = year.and_then(|year| year.parse().ok());
        let time = Self { year, month, day, hour, minute, second, offsets: offsets(zone) };
        // A leap year shows that day and time exist in some year.
        (words.next().is_none() && time.civil(time.year.unwrap_or(2000)).is_some()).then_some(time)
    }

    fn civil(&self, year: i16) -> Option<DateTime> {
        DateTime::new(year, self.month, self.day, self.hour, self.minute, self.second, 0).ok()
    }

    fn instant(&self, year: i16, offset_minutes: i32) -> Option<Timestamp> {
        Offset::from_seconds(offset_minutes * 60).ok()?.to_timestamp(self.civil(self.year.unwrap_or(year))?).ok()
    }

    /// The time, where it is written in full and its zone means one thing only.
    pub(crate) fn exact(&self) -> Option<Timestamp> {
        let [offset] = self.offsets[..] else { return None };
        self.instant(self.year?, offset)
    }

    /// The reading nearest to one of these times.
    pub(crate) fn nearest_to(&self, anchors: &[Timestamp]) -> Option<Timestamp> {
        self.nearest(anchors).map(|(instant, _)| instant)
    }

    /// The reading nearest to one of the times the entry itself gives, with its offset.
    fn nearest(&self, anchors: &[Timestamp]) -> Option<(Timestamp, i32)> {
        let best = self.nearest_at(0, anchors);
        // An ambiguous zone is settled only by an entry time of the same minute.
        best.filter(|(distance, ..)| self.offsets.len() == 1 || is_same_minute(*distance))
            .map(|(_, instant, offset)| (instant, offset))
            .or_else(|| Some((self.exact()?, *self.offsets.first()?)))
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
    let offset = match &block.offsets[..] {
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
    let [offset] = end.offsets[..] else {
        return (Some(starts_at), None);
    };
    let year = Offset::UTC.to_datetime(starts_at).year();
    let ends_at = (0..9).filter_map(|ahead| end.instant(year + ahead, offset)).find(|instant| *instant >= starts_at);
    (Some(starts_at), ends_at)
}

/// The number of a month by its English name or the first three letters of it or more.
pub(crate) fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let position = MONTHS.iter().position(|month| name.len() >= 3 && month.starts_with(&name))?;
    i8::try_from(position + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    word.len() >= 3 && DAYS.iter().any(|day| day.starts_with(&word))
}

/// `5`, `05`, `5th`.
fn day(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &word[digits.len()..];
    (["", "st", "nd", "rd", "th"].contains(&suffix) && digits.len() <= 2).then(|| digits.parse().ok()).flatten()
}

/// Half of a day: `am`, `P.M.`.
fn is_half(word: &str) -> bool {
    ["am", "pm"].contains(&word.replace('.', "").to_ascii_lowercase().as_str())
}

/// `15:01`, `01:40:38`, `1:40pm`; `half` is a word behind it.
fn clock_time(clock: &str, half: Option<&str>) -> Option<(i8, i8, i8)> {
    let digits = clock.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let half = half.or_else(|| Some(&clock[digits.len()..]).filter(|half| !half.is_empty()));
    let mut parts = digits.split(':').map(|part| {
        let is_number = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<i8>().ok()).flatten()
    });
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let hour = match half {
        None => hour,
        Some(half) if is_half(half) && (1..=12).contains(&hour) => {
            hour % 12 + if half.starts_with(['p', 'P']) { 12 } else { 0 }
        }
        Some(_) => return None,
    };
    parts.next().is_none().then_some((hour, minute, second))
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
mod tests;

//! When planned work is planned: the window that a text gives, and what follows for a maintenance that has no word for
//! where it stands.
use jiff::Timestamp;
use status::snapshot::Window;

use crate::text::{
    dates::{BlockTime, block_window},
    words::normal,
};

/// A window stands near the start of a text, in a line of its own or in a sentence.
const MAX_LINES: usize = 40;
const MAX_WORDS: usize = 60;
/// `Wednesday, July 1, 2026 at 12:12 AM (PDT)` has this many.
const MAX_TIME_WORDS: usize = 9;

const STARTS: [&str; 9] =
    ["start", "starts", "start time", "scheduled start", "planned start", "begin", "begins", "from", "beginn"];
const ENDS: [&str; 9] =
    ["end", "ends", "end time", "scheduled end", "planned end", "until", "to", "estimated end", "ende"];

/// The planned times in the text of an entry. `anchors`: the times the entry itself carries.
pub(super) fn window(text: &str, anchors: &[Timestamp]) -> Option<Window> {
    let lines = || text.lines().take(MAX_LINES).map(str::trim).filter(|line| !line.is_empty());
    if let Some(window) = lines().find_map(|line| range(line, anchors)) {
        return Some(window);
    }
    let mut labelled = lines().filter_map(|line| line.split_once(':'));
    let mut of = |labels: &[&str]| {
        let time = labelled.find_map(|(label, value)| {
            labels
                .contains(&normal(label.trim_start_matches(['-', '*', ' '])).as_str())
                .then(|| BlockTime::parse(value))
        });
        time.flatten()
    };
    let start = of(&STARTS)?;
    match of(&ENDS) {
        Some(end) => planned(&start, &end, anchors),
        None => Some(Window { starts_at: Some(start.nearest_to(anchors)?), ends_at: None }),
    }
}

/// `May 28, 16:30 UTC - May 29, 16:30 UTC`, `May 28, 16:30 - 18:00 UTC`, `from 2026-05-28 16:30 UTC to 18:00 UTC`.
pub(super) fn range(line: &str, anchors: &[Timestamp]) -> Option<Window> {
    // A dash without spaces around it is part of a date or stands between two clocks.
    let line = line.replace(['–', '—'], " - ");
    let words: Vec<&str> = line.split_whitespace().take(MAX_WORDS).collect();
    let is_between = |word: &str| ["-", "to", "until", "till", "bis"].contains(&word.to_lowercase().as_str());
    (1..words.len()).filter(|at| is_between(words[*at])).find_map(|at| {
        let before = &words[at.saturating_sub(MAX_TIME_WORDS)..at];
        let after = &words[at + 1..words.len().min(at + 1 + MAX_TIME_WORDS)];
        // The longest end that is one, so that its zone is part of it.
        let ends = (1..=after.len()).rev().map(|length| cleaned(&after[..length]));
        let mut pairs = ends.flat_map(|end| (0..before.len()).map(move |from| (cleaned(&before[from..]), end.clone())));
        pairs.find_map(|(start, end)| pair(&start, &end, anchors))
    })
}

fn cleaned(words: &[&str]) -> String {
    words.join(" ").trim_matches(['.', ';', ',', ':', '(', '[']).to_owned()
}

/// The end may leave out the day, the start the zone.
fn pair(start: &str, end: &str, anchors: &[Timestamp]) -> Option<Window> {
    let whole = |text: &str| BlockTime::parse(text);
    if let Some(start_time) = whole(start) {
        let end_time = whole(end).or_else(|| whole(&format!("{} {end}", day_of(start)?)))?;
        return planned(&start_time, &end_time, anchors);
    }
    let zone = end.rsplit(' ').next()?;
    let start = format!("{start} {zone}");
    let start_time = whole(&start)?;
    let end_time = whole(end).or_else(|| whole(&format!("{} {end}", day_of(&start)?)))?;
    planned(&start_time, &end_time, anchors)
}

/// What stands in front of the clock.
fn day_of(time: &str) -> Option<&str> {
    let colon = time.find(':')?;
    let clock = time[..colon].rfind([' ', 'T'])?;
    Some(time[..clock].trim_end_matches([' ', ',']))
}

fn planned(start: &BlockTime, end: &BlockTime, anchors: &[Timestamp]) -> Option<Window> {
    let (starts_at, ends_at) = block_window(start, end, anchors);
    starts_at.map(|_| Window { starts_at, ends_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_read_where_it_is_given_in_full() {
        for text in [
            "May 28, 16:30 UTC - May 29, 02:00 UTC",
            "We work on disks.\nWindow: May 28, 16:30 - May 29, 02:00 UTC",
            "The work is done from 2026-05-28 16:30 UTC to 2026-05-29 02:00 UTC. Thanks.",
            "between Thu, 28 May 2026 16:30:00 GMT and later\nThu, 28 May 2026 16:30:00 GMT – Fri, 29 May 2026 02:00:00 GMT",
            "Start: 2026-05-28T16:30:00Z\nEnd: 2026-05-29T02:00:00Z",
            "- Begins: May 28, 2026, 6:30 PM CEST\n- Ends: May 29, 2026, 4:00 AM CEST",
        ] {
            let window = window(text, &[at("2026-05-20T09:00:00Z")]);
            let expected =
                Window { starts_at: Some(at("2026-05-28T16:30:00Z")), ends_at: Some(at("2026-05-29T02:00:00Z")) };
            assert_eq!(window, Some(expected), "{text}");
        }
    }

    #[test]
    fn within_a_day_it_is_named_once() {
        for text in ["May 28, 16:30 - 18:00 UTC", "2026-05-28 16:30 to 18:00 UTC", "28 May 2026, 4:30 PM - 6:00 PM UTC"]
        {
            let window = window(text, &[at("2026-05-20T09:00:00Z")]).unwrap();
            assert_eq!(window.starts_at, Some(at("2026-05-28T16:30:00Z")), "{text}");
            assert_eq!(window.ends_at, Some(at("2026-05-28T18:00:00Z")), "{text}");
        }
        for text in ["from 5:00 AM to 8:00 AM PDT", "May 28 to May 29", "16:30 - 18:00", "back - to - back", "- - -"] {
            assert_eq!(window(text, &[at("2026-05-20T09:00:00Z")]), None, "{text}");
        }
    }
}

//! Bodies that are a log of updates without the markup of Statuspage: each begins with a line that has its time, its
//! phase or both.
use jiff::Timestamp;

use super::{
    post::{Order, Post, in_time},
    words::{feed_phase, is_update},
};
use crate::text::dates::BlockTime;

/// Logs are long where an incident lasts for weeks.
const MAX_LINES: usize = 2_000;
/// No line that has a time or a phase alone is longer.
const MAX_HEAD_CHARS: usize = 100;
const DASHES: [&str; 4] = [" - ", " – ", " — ", " | "];

/// The updates, newest first, and the text in front of the first. `None`: it is no log.
pub(super) fn posts(text: &str, anchors: &[Timestamp]) -> Option<(Vec<Post>, String)> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MAX_LINES).collect();
    let mut heads: Vec<(usize, usize, Head)> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        match Head::read(&lines[at..]) {
            Some((length, head)) => {
                heads.push((at, at + length, head));
                at += length;
            }
            None => at += 1,
        }
    }
    let timed = heads.iter().filter(|(.., head)| head.time.is_some()).count();
    let worded = heads.iter().filter(|(.., head)| !head.word.is_empty()).count();
    let is_log = if timed > 0 { worded > 0 || timed > 1 } else { worded > 1 };
    if !is_log {
        return None;
    }
    let intro = lines[..heads[0].0].join("\n");
    let ends: Vec<usize> = heads.iter().skip(1).map(|(start, ..)| *start).chain([lines.len()]).collect();
    let written = heads.into_iter().zip(ends).map(|((_, start, head), end)| {
        let text = [&[head.rest.as_str()][..], &lines[start..end]].concat().join("\n");
        (head.time, Post::plain(&head.word, text.trim()))
    });
    Some((in_time(written.collect(), anchors, Order::Either), intro))
}

struct Head {
    time: Option<BlockTime>,
    /// Empty where there is none.
    word: String,
    rest: String,
}

impl Head {
    /// With the number of lines it takes.
    fn read(lines: &[&str]) -> Option<(usize, Self)> {
        let line = *lines.first()?;
        let head = |time: Option<BlockTime>, word: &str, rest: &str| Self {
            time,
            word: word.to_owned(),
            rest: rest.trim().to_owned(),
        };
        let next = || lines.get(1).copied().unwrap_or_default();
        if let Some(time) = time(line) {
            return Some(match (word(next()), opening(next())) {
                (Some(word), _) => (2, head(Some(time), word, "")),
                (None, Some((word, rest))) => (2, head(Some(time), word, rest)),
                (None, None) => (1, head(Some(time), "", "")),
            });
        }
        if let Some(word) = word(line) {
            return Some(match time(next()) {
                Some(time) => (2, head(Some(time), word, "")),
                None => (1, head(None, word, "")),
            });
        }
        let (front, back) = halves(line)?;
        if let Some(time) = time(front) {
            let (word, rest) = word(back).map(|word| (word, "")).or_else(|| opening(back)).unwrap_or(("", back));
            return Some((1, head(Some(time), word, rest)));
        }
        Some((1, head(Some(time(back)?), word(front)?, "")))
    }
}

fn time(line: &str) -> Option<BlockTime> {
    let is_short = line.len() <= MAX_HEAD_CHARS && line.contains(':');
    is_short.then(|| BlockTime::parse(line.trim_matches(['[', ']', '(', ')', '*', ' ', ':']))).flatten()
}

/// A line that is a phase, or says that it is an update. An item of a list is none: lists explain the phases.
fn word(line: &str) -> Option<&str> {
    let word = line.trim_matches(['[', ']', '(', ')', '*', ' ', ':', '.', '!']);
    (line.len() <= MAX_HEAD_CHARS && (feed_phase(word).is_some() || is_update(word))).then_some(word)
}

/// `Resolved - All is well`, `Resolved: All is well`.
fn opening(line: &str) -> Option<(&str, &str)> {
    let separators = [": "].into_iter().chain(DASHES);
    let (at, length) = separators.filter_map(|sep| Some((line.find(sep)?, sep.len()))).min()?;
    Some((word(&line[..at])?, &line[at + length..]))
}

/// Colons of a line that may stand behind a time: one behind the hour, and one behind a label.
const MAX_COLONS: usize = 8;

/// A line in two, of which one may be a time: at a dash or behind a bracket. A colon stands behind labels, `Resolved:
/// 10 Jul 2026 …`, which begin no update, unless the time is in front of it.
fn halves(line: &str) -> Option<(&str, &str)> {
    if let Some(inside) = line.strip_prefix(['[', '('])
        && let Some((front, back)) = inside.split_once([']', ')'])
    {
        return Some((front, back.trim_start_matches([' ', '-', '–', ':'])));
    }
    let dash = DASHES.iter().filter_map(|dash| Some((line.find(dash)?, dash.len()))).min();
    if let Some((at, length)) = dash
        && (time(&line[..at]).is_some() || time(&line[at + length..]).is_some())
    {
        return Some((&line[..at], &line[at + length..]));
    }
    if let Some((front, back)) = line.strip_suffix(')').and_then(|line| line.rsplit_once('(')) {
        return Some((front, back));
    }
    let (at, _) = line.match_indices(": ").take(MAX_COLONS).find(|(at, _)| time(&line[..*at]).is_some())?;
    Some((&line[..at], &line[at + 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::facts::at;

    fn log(text: &str) -> Vec<String> {
        let anchors = [at("2026-07-10T09:00:00Z").unwrap()];
        let posts = posts(text, &anchors).map(|(posts, _)| posts).unwrap_or_default();
        let lines = posts.into_iter().map(|post| {
            let at = post.at.map_or("?".to_owned(), |at| at.strftime("%H:%M").to_string());
            format!("{at} {}: {}", post.word, post.body.unwrap_or_default().replace('\n', " / "))
        });
        lines.collect()
    }

    const FOUND: [&str; 2] = ["09:30 Resolved: All is well.", "09:00 Investigating: We look."];

    #[test]
    fn an_update_begins_with_its_time_and_phase() {
        for text in [
            "Fri, 10 Jul 2026 09:30:00 GMT\nResolved\nAll is well.\n\nFri, 10 Jul 2026 09:00:00 GMT\nInvestigating\nWe look.",
            "Resolved\nJul 10, 09:30 UTC\n\nAll is well.\nInvestigating\nJul 10, 09:00 UTC\nWe look.",
            "Jul 10, 09:30 UTC\nResolved - All is well.\nJul 10, 09:00 UTC\nInvestigating: We look.",
            "Jul 10, 09:30 UTC - Resolved - All is well.\nJul 10, 09:00 UTC - Investigating - We look.",
            "[2026-07-10 09:30 UTC] Resolved: All is well.\n[2026-07-10 09:00 UTC] Investigating: We look.",
            "Resolved (Jul 10, 09:30 UTC)\nAll is well.\nInvestigating (Jul 10, 09:00 UTC)\nWe look.",
            "Resolved – 2026-07-10T09:30:00Z\nAll is well.\nInvestigating – 2026-07-10T09:00:00Z\nWe look.",
            "2026-07-10 09:30 UTC: Resolved - All is well.\n2026-07-10 09:00 UTC: Investigating - We look.",
        ] {
            assert_eq!(log(text), FOUND, "{text}");
        }
    }

    #[test]
    fn a_log_may_begin_with_the_oldest_update() {
        let text = "Jul 10, 09:00 UTC - Investigating - We look.\nJul 10, 09:30 UTC - Resolved - All is well.";
        assert_eq!(log(text), FOUND);
        // The newest has the time of the entry.
        let untimed = "Investigating\nWe look.\nResolved\nAll is well.";
        assert_eq!(log(untimed), ["09:00 Resolved: All is well.", "? Investigating: We look."]);
    }

    #[test]
    fn where_times_contradict_the_order_is_that_of_the_document() {
        let text = "Jul 10, 09:00 UTC - Resolved - All is well.\nJul 10, 09:30 UTC - Investigating - We look.";
        assert_eq!(log(text), ["09:00 Resolved: All is well.", "09:30 Investigating: We look."]);
        let text = "Jul 10, 09:10 UTC\nResolved\nb\nJul 10, 08:50 UTC\nMonitoring\nc\nJul 10, 09:30 UTC\nIdentified\nd";
        assert_eq!(log(text), ["09:10 Resolved: b", "08:50 Monitoring: c", "09:30 Identified: d"]);
    }

    #[test]
    fn what_is_no_log_is_none() {
        for text in [
            "We look into it.",
            "Resolved\nAll is well.",
            "Resolved: Fri, 10 Jul 2026 09:30:00 GMT",
            "Next news at Jul 10, 09:30 UTC.",
            "Jul 10, 09:30 UTC",
            "- Investigating\n- Resolved",
            "",
        ] {
            assert!(log(text).is_empty(), "{text}");
        }
    }
}

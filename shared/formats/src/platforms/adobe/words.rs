//! Adobe's words and times.
use jiff::Timestamp;
use status::{snapshot::Kind, words::Phase};

use crate::text::values::Word;

pub(super) fn is_cancel(word: &str) -> bool {
    matches!(word, "canceled" | "cancelled" | "dismissed")
}

/// `None`: the word is not known.
pub(super) fn is_end(word: &str) -> Option<bool> {
    Some(match word {
        "closed" | "completed" => true,
        word if is_cancel(word) => true,
        "opened" | "started" | "updated" | "reopened" | "discovery" | "scheduled" | "in progress" | "ongoing" => false,
        _ => return None,
    })
}

pub(super) fn phase(kind: Kind, word: &str) -> Option<Phase> {
    Some(match (kind, word) {
        (Kind::Maintenance, "scheduled") => Phase::Scheduled,
        (Kind::Maintenance, "started" | "in progress" | "ongoing") => Phase::InProgress,
        (Kind::Incident, "opened" | "started" | "updated" | "reopened" | "discovery") => Phase::Investigating,
        _ => return None,
    })
}

pub(super) fn word(word: &Word) -> String {
    word.0.trim().to_lowercase().replace('_', " ")
}

/// Seconds since 1970; 0 where there is no time.
pub(super) fn time(word: &Option<Word>) -> Option<Timestamp> {
    let seconds: i64 = word.as_ref()?.as_str().parse().ok()?;
    // The clients expect seconds; one is prepared for milliseconds.
    let time =
        if seconds > 100_000_000_000 { Timestamp::from_millisecond(seconds) } else { Timestamp::from_second(seconds) };
    time.ok().filter(|_| seconds > 0)
}

//! What the title of an entry says besides its subject: a phase in front of it, behind it or in brackets; the words of
//! Amazon for how bad it is; that a monitor went down or recovered.
use status::words::Impact;

use super::words::{feed_phase, is_cancelled, is_update};

#[derive(Debug, PartialEq)]
pub(super) struct Title {
    /// The provider's word for the phase, or for an update.
    pub(super) word: Option<String>,
    /// The rest.
    pub(super) text: String,
    pub(super) impact: Option<Impact>,
    pub(super) monitor: Option<Monitor>,
}

/// A title that a monitor makes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Monitor {
    pub(super) is_up: bool,
    /// Its name, in lower case.
    pub(super) name: String,
}

/// What Amazon puts in front of its titles, and what its dashboard shows for it: the same as in [`crate::platforms`]'
/// `aws`. What is well now stands in front of what was not.
const OF_SERVICE: [(&str, Option<Impact>); 6] = [
    ("service is operating normally: ", None),
    ("informational message: ", Some(Impact::None)),
    ("service degradation: ", Some(Impact::Minor)),
    ("service impact: ", Some(Impact::Minor)),
    ("performance issues: ", Some(Impact::Minor)),
    ("service disruption: ", Some(Impact::Major)),
];

/// What is in brackets is no longer than this, or it is no phase.
const MAX_WORD_CHARS: usize = 40;
const DASHES: [&str; 4] = [" - ", " – ", " — ", " | "];

impl Title {
    pub(super) fn read(title: &str) -> Self {
        let title = title.trim();
        let lower = title.to_ascii_lowercase();
        let of_service = OF_SERVICE.iter().find(|(prefix, _)| lower.starts_with(prefix));
        let rest = of_service.map_or(title, |(prefix, _)| title[prefix.len()..].trim());
        let impact = of_service.and_then(|(_, impact)| *impact);
        let is_well = of_service.is_some() && impact.is_none();
        let (word, text) = match split(rest) {
            Some((word, text)) => (Some(word), text),
            None => (is_well.then(|| "Resolved".to_owned()), rest.to_owned()),
        };
        let monitor = Monitor::of(&text);
        Self { word, text, impact, monitor }
    }
}

/// The word and what is left without it.
fn split(title: &str) -> Option<(String, String)> {
    let found = in_brackets(title).or_else(|| in_front(title)).or_else(|| behind(title))?;
    Some(found).filter(|(_, rest)| rest.chars().any(char::is_alphanumeric))
}

/// `[Resolved] Slow logins`, `EU | [RESOLVED] Slow logins`; in round brackets only at an end: `Slow logins (resolved)`.
fn in_brackets(title: &str) -> Option<(String, String)> {
    for (start, opening) in title.char_indices() {
        let Some(closing) = (match opening {
            '[' => Some(']'),
            '【' => Some('】'),
            '(' => Some(')'),
            _ => None,
        }) else {
            continue;
        };
        let inside = &title[start + opening.len_utf8()..];
        let Some(length) = inside.find(closing) else { continue };
        let (front, back) = (&title[..start], &inside[length + closing.len_utf8()..]);
        let is_at_end = !has_words(front) || !has_words(back);
        if (opening != '(' || is_at_end)
            && let Some(word) = leading_word(&inside[..length])
        {
            let (front, back) = (front.trim_end(), back.trim_start().trim_start_matches([':', '-', '–']).trim());
            let rest = if front.is_empty() { back.to_owned() } else { format!("{front} {back}") };
            return Some((word, rest.trim().to_owned()));
        }
    }
    None
}

/// `RESOLVED: Slow logins`, `Resolved - Slow logins`, `✅ Resolved: Slow logins`.
fn in_front(title: &str) -> Option<(String, String)> {
    let separators = [":"].into_iter().chain(DASHES);
    let (at, length) = separators.filter_map(|sep| Some((title.find(sep)?, sep.len()))).min()?;
    let word = bare(&title[..at]);
    is_word(word).then(|| (word.to_owned(), title[at + length..].trim().to_owned()))
}

/// `Slow logins - Resolved`, `Slow logins: resolved`, `Slow logins - Resolved at 10:30 UTC`.
fn behind(title: &str) -> Option<(String, String)> {
    let separators = [": "].into_iter().chain(DASHES);
    let (at, length) = separators.filter_map(|sep| Some((title.rfind(sep)?, sep.len()))).max()?;
    let (front, back) = (&title[..at], &title[at + length..]);
    // A clock has a colon of its own.
    let before = DASHES.iter().filter_map(|sep| Some((title.rfind(sep)?, sep.len()))).max();
    let longer = before.filter(|(before, _)| *before < at).map(|(at, length)| (&title[..at], &title[at + length..]));
    let (word, front) = match leading_word(back) {
        Some(word) => (word, front),
        None => longer.and_then(|(front, back)| Some((leading_word(back)?, front)))?,
    };
    Some((word, front.trim().to_owned()))
}

/// The phase that a short text is, or opens with in front of a time.
fn leading_word(text: &str) -> Option<String> {
    let text = bare(text);
    if text.chars().count() > MAX_WORD_CHARS {
        return None;
    }
    if is_word(text) {
        return Some(text.to_owned());
    }
    let ends = [" at ", " on ", " - ", " – ", ", ", ": "].iter().filter_map(|end| text.find(end));
    let digit = text.find(|c: char| c.is_ascii_digit());
    let word = bare(&text[..ends.chain(digit).min()?]);
    // "Fixed at Amazon" is another thing than "Fixed at 10:30".
    let has_time = text[word.len()..].contains(|c: char| c.is_ascii_digit());
    (has_time && is_word(word)).then(|| word.to_owned())
}

fn is_word(text: &str) -> bool {
    feed_phase(text).is_some() || is_update(text) || is_cancelled(text)
}

/// Without the symbols around it; a question mark is none.
fn bare(text: &str) -> &str {
    let front = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    front.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '?')
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

impl Monitor {
    fn of(title: &str) -> Option<Self> {
        const UP: [&str; 14] = [
            " has recovered",
            " have recovered",
            " recovered",
            " is back up",
            " is up again",
            " went back up",
            " came back up",
            " went up",
            " is up",
            " is back online",
            " is online again",
            " is online",
            " is back",
            " is reachable again",
        ];
        const DOWN: [&str; 8] = [
            " went down",
            " has gone down",
            " is down",
            " went offline",
            " is offline",
            " is unreachable",
            " is not reachable",
            " has failed",
        ];
        const IN_FRONT: [(&str, bool); 8] = [
            ("monitor is down: ", false),
            ("monitor is up: ", true),
            ("down: ", false),
            ("up: ", true),
            ("[down] ", false),
            ("[up] ", true),
            ("recovered: ", true),
            ("recovery: ", true),
        ];
        let title = title.to_lowercase();
        let title = title.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '[' | ']' | '(' | ')')).trim();
        let ends = UP.map(|end| (end, true)).into_iter().chain(DOWN.map(|end| (end, false)));
        let behind = ends.filter_map(|(end, is_up)| Some((title.strip_suffix(end)?, is_up)));
        let in_front = IN_FRONT.iter().filter_map(|(start, is_up)| Some((title.strip_prefix(start)?, *is_up)));
        let (name, is_up) = in_front.chain(behind).next()?;
        let name = ["fully", "now", "completely", "has", "have", "is"].iter().fold(name.trim(), |name, adverb| {
            name.strip_suffix(adverb).filter(|name| name.ends_with(' ')).map_or(name, str::trim)
        });
        let last = name.rsplit(' ').next().unwrap_or_default();
        let is_partial = ["partially", "partly", "mostly", "almost", "not", "only", "slowly"].contains(&last);
        let is_named = !name.is_empty() && (!is_up || !is_partial);
        is_named.then(|| Self { is_up, name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_split_off_wherever_it_stands() {
        for (title, word, text) in [
            ("[Resolved] Slow logins", "Resolved", "Slow logins"),
            ("[EU] [RESOLVED] Slow logins", "RESOLVED", "[EU] Slow logins"),
            ("遅延 | [RESOLVED] Slow logins", "RESOLVED", "遅延 | Slow logins"),
            ("Slow logins [RESOLVED]", "RESOLVED", "Slow logins"),
            ("(Resolved) Slow logins", "Resolved", "Slow logins"),
            ("Slow logins (Resolved)", "Resolved", "Slow logins"),
            ("Slow logins [Resolved 2026-05-04 10:30 UTC]", "Resolved", "Slow logins"),
            ("RESOLVED: Slow logins", "RESOLVED", "Slow logins"),
            ("RESOLVED - Slow logins", "RESOLVED", "Slow logins"),
            ("✅ Resolved – Slow logins", "Resolved", "Slow logins"),
            ("Slow logins - Resolved", "Resolved", "Slow logins"),
            ("Slow logins — resolved!", "resolved", "Slow logins"),
            ("API: slow logins: Resolved", "Resolved", "API: slow logins"),
            ("Slow logins - Resolved at 10:30 UTC", "Resolved", "Slow logins"),
            ("Slow logins - Recovered", "Recovered", "Slow logins"),
            ("[Update] Slow logins", "Update", "Slow logins"),
            ("Langsame Anmeldung (behoben)", "behoben", "Langsame Anmeldung"),
        ] {
            let read = Title::read(title);
            assert_eq!((read.word.as_deref(), &*read.text), (Some(word), text), "{title}");
        }
        for title in [
            "Resolved",
            "[Resolved]",
            "Mail is slow (not resolved)",
            "[Unresolved] Mail",
            "Is mail resolved?",
            "Mail [Resolved?]",
            "DNS names are not resolved",
            "Resolved issues come back",
            "Old (resolved) tickets cannot be opened",
            "Mail - Fixed at Amazon",
            "10:30 outage",
        ] {
            let read = Title::read(title);
            assert_eq!((read.word.as_deref(), &*read.text), (None, title));
        }
    }

    #[test]
    fn amazon_says_how_bad_it_is_in_front() {
        let read = |title: &str| {
            let read = Title::read(title);
            (read.word, read.text, read.impact)
        };
        let text = || "Lost packets".to_owned();
        assert_eq!(read("Service disruption: Lost packets"), (None, text(), Some(Impact::Major)));
        assert_eq!(read("Service degradation: Lost packets"), (None, text(), Some(Impact::Minor)));
        assert_eq!(read("SERVICE IMPACT: Lost packets"), (None, text(), Some(Impact::Minor)));
        assert_eq!(read("Informational message: Lost packets"), (None, text(), Some(Impact::None)));
        let resolved = || Some("Resolved".to_owned());
        assert_eq!(read("Service is operating normally: Lost packets"), (resolved(), text(), None));
        let marked = Some("RESOLVED".to_owned());
        assert_eq!(read("Service is operating normally: [RESOLVED] Lost packets"), (marked.clone(), text(), None));
        assert_eq!(read("Informational message: [RESOLVED] Lost packets"), (marked, text(), Some(Impact::None)));
    }

    #[test]
    fn a_monitor_goes_down_and_recovers() {
        let monitor = |title: &str| Title::read(title).monitor.map(|monitor| (monitor.is_up, monitor.name));
        for (title, is_up) in [
            ("Web shop (EU) went down", false),
            ("Web shop (EU) is DOWN!", false),
            ("Monitor is DOWN: Web shop (EU)", false),
            ("🔴 Web shop (EU) is unreachable", false),
            ("Web shop (EU) recovered", true),
            ("Web shop (EU) has fully recovered", true),
            ("Web shop (EU) is back up.", true),
            ("Monitor is UP: Web shop (EU)", true),
            ("🟢 Web shop (EU) is up again", true),
        ] {
            assert_eq!(monitor(title), Some((is_up, "web shop (eu)".to_owned())), "{title}");
        }
        for title in ["Database partially recovered", "Web shop is recovering", "recovered", "Uploads slow down a bit"]
        {
            assert_eq!(monitor(title), None, "{title}");
        }
    }
}

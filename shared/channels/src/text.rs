//! Wording and text hygiene that all channels share. Vendor text is untrusted: what could reorder or hide characters
//! is taken out here, markup is each channel's own business; what is cut is cut visibly.
use std::cmp::Reverse;

use jiff::Timestamp;
use status::{
    alert::{Alert, IncidentFacts, NamedComponent},
    words::{ComponentStatus, Event, Impact},
};
use url::Url;

/// Why an alert came although the component filter could not decide.
pub(crate) const UNKNOWN: &str = "Sent because the vendor did not say which components are affected.";
/// Instead of a list that says nothing.
pub(crate) const TAGS_EVERYTHING: &str = "The vendor marked every component of the page as affected.";
/// One of several facts in a row.
pub(crate) const WIDENED: &str = "wider than before: the severity rose or more components are affected";

/// A provider's share of a headline; the rest is the title's.
const PROVIDER_NAME: usize = 60;
const CLOSING_NOTE: usize = 60;
/// Names of components and groups are cut here.
const COMPONENT_NAME: usize = 80;

/// `Clerk: Sign-in errors — investigating (major)`. Within `limit` characters (at least 150); a long title is cut,
/// what happened is not.
pub(crate) fn headline(alert: &Alert, limit: usize) -> String {
    let provider = provider(alert);
    let state = match alert.event {
        Event::Test | Event::Confirm | Event::Disabled => {
            return cut(&format!("{provider}: {}", one_line(&alert.incident.title)), limit);
        }
        Event::Unreadable | Event::Readable => return format!("{provider}: {}", state(alert)),
        _ => state(alert),
    };
    let around = provider.chars().count() + state.chars().count() + ":  — ".chars().count();
    let title = cut(&one_line(&alert.incident.title), limit.saturating_sub(around));
    format!("{provider}: {title} — {state}")
}

/// Short enough to leave room for more.
pub(crate) fn provider(alert: &Alert) -> String {
    cut(&one_line(&alert.provider_name), PROVIDER_NAME)
}

/// What happened, in a few words: `investigating (major)`.
pub(crate) fn state(alert: &Alert) -> String {
    let phase = alert.incident.phase.map(|phase| phase.as_str());
    let severity = alert.severity.as_str();
    match (alert.event, closing_note(alert)) {
        (_, Some(note)) => cut(&one_line(note), CLOSING_NOTE),
        (Event::Opened, _) if alert.incident.episode > 1 => format!("opened again ({severity})"),
        (Event::Opened, _) => format!("{} ({severity})", phase.unwrap_or("opened")),
        (Event::Updated, _) => match phase {
            Some(phase) => format!("updated, {phase} ({severity})"),
            None => format!("updated ({severity})"),
        },
        (Event::Resolved, _) => "resolved".to_owned(),
        (Event::Scheduled, _) => "maintenance scheduled".to_owned(),
        (Event::Started, _) => "maintenance started".to_owned(),
        (Event::Changed, _) => "maintenance changed".to_owned(),
        (Event::Completed, _) => "maintenance completed".to_owned(),
        (Event::Cancelled, _) => "maintenance cancelled".to_owned(),
        (Event::Reminder, _) => "maintenance starts soon".to_owned(),
        (Event::Overran, _) => "maintenance goes on past its planned end".to_owned(),
        (Event::Unreadable, _) => "status page cannot be read".to_owned(),
        (Event::Readable, _) => "status page can be read again".to_owned(),
        (Event::Test, _) => "test".to_owned(),
        (Event::Confirm, _) => "waits for your consent".to_owned(),
        (Event::Disabled, _) => "disabled".to_owned(),
    }
}

/// Our reason for an end that the vendor did not tell: the headline says it in place of "resolved".
fn closing_note(alert: &Alert) -> Option<&str> {
    let closed = matches!(alert.event, Event::Resolved | Event::Completed);
    alert.note.as_deref().filter(|_| closed)
}

/// The note, unless the headline tells it.
pub(crate) fn note(alert: &Alert) -> Option<String> {
    match closing_note(alert) {
        Some(_) => None,
        None => alert.note.as_deref().map(one_line),
    }
}

/// One line per component, changed ones first, then the worst; what is beyond `most` lines is counted.
pub(crate) fn component_lines(components: &[NamedComponent], most: usize) -> Vec<String> {
    let mut lines: Vec<String> = by_weight(components).into_iter().take(most).map(component_line).collect();
    if components.len() > most {
        lines.push(format!("… and {} more", components.len() - most));
    }
    lines
}

/// Changed ones first, then the worst; among equals the order stays.
pub(crate) fn by_weight(components: &[NamedComponent]) -> Vec<&NamedComponent> {
    let mut sorted: Vec<_> = components.iter().collect();
    sorted.sort_by_key(|component| (component.was.is_none(), Reverse(component.status)));
    sorted
}

/// `Group / API — degraded performance (was operational)`
fn component_line(component: &NamedComponent) -> String {
    let name = component_name(component);
    match (component.status, component.was) {
        (ComponentStatus::Unknown, None) => name,
        (status, None) => format!("{name} — {}", status.as_str()),
        (status, Some(was)) => format!("{name} — {} (was {})", status.as_str(), was.as_str()),
    }
}

/// `Group / API`
pub(crate) fn component_name(component: &NamedComponent) -> String {
    let name = cut(&one_line(&component.name), COMPONENT_NAME);
    match &component.group {
        Some(group) => format!("{} / {name}", cut(&one_line(group), COMPONENT_NAME)),
        None => name,
    }
}

/// `1 h 12 min`, from the vendor's start (else our first sight) to the end.
pub(crate) fn lasted(incident: &IncidentFacts) -> Option<String> {
    let started = incident.started_at.unwrap_or(incident.first_seen_at);
    let minutes = incident.ended_at?.duration_since(started).as_mins();
    let (days, hours, rest) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        _ if minutes < 0 => None,
        (0, 0, 0) => Some("less than a minute".to_owned()),
        (0, 0, rest) => Some(format!("{rest} min")),
        (0, hours, rest) => Some(format!("{hours} h {rest} min")),
        (days, hours, _) => Some(format!("{days} d {hours} h")),
    }
}

pub(crate) fn impact(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "none",
        Impact::Minor => "minor",
        Impact::Major => "major",
        Impact::Critical => "critical",
    }
}

pub(crate) fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// An absolute http or https URL, in the spelling of browsers: no other can do harm behind a link.
pub(crate) fn web_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// At most `limit` characters; what had to be cut ends in ` …`.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(2)).collect();
    let cut = format!("{} …", kept.trim_end());
    cut.trim_start().chars().take(limit).collect()
}

/// Without control characters, without what reorders or hides text, and with at most one empty line in a row. The
/// joiners stay: scripts and emoji need them.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\u{2028}' | '\u{2029}' => {
                cleaned.truncate(cleaned.trim_end_matches(' ').len());
                if !cleaned.ends_with("\n\n") {
                    cleaned.push('\n');
                }
            }
            '\t' => cleaned.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            c if c.is_control() => {}
            c => cleaned.push(c),
        }
    }
    cleaned.trim().to_owned()
}

/// [`clean`], with every run of white space as one space.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{clean, cut, one_line};

    #[test]
    fn clean_keeps_paragraphs_and_joiners() {
        for (text, expected) in [
            ("a\r\nb", "a\nb"),
            ("a  \n\n\n\n b\t", "a\n\n b"),
            ("\u{1b}[31mred\u{0}\u{7f}\u{85}", "[31mred"),
            ("evil\u{202e}txt\u{2066}\u{feff}\u{200b}", "eviltxt"),
            ("👩\u{200d}💻 می\u{200c}خواهم", "👩\u{200d}💻 می\u{200c}خواهم"),
        ] {
            assert_eq!(clean(text), expected);
        }
        assert_eq!(one_line(" a\n\n b\u{2028}c "), "a b c");
    }

    #[test]
    fn cut_shows_that_it_cut() {
        for (text, limit, expected) in
            [("short", 5, "short"), ("longer", 5, "lon …"), ("one two three", 6, "one …"), ("abc", 1, "…")]
        {
            assert_eq!(cut(text, limit), expected);
        }
    }

    proptest! {
        #[test]
        fn cut_never_exceeds_its_limit(text in any::<String>(), limit in 0_usize..50) {
            prop_assert!(cut(&text, limit).chars().count() <= limit);
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once.clone());
            prop_assert!(!once.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}

//! Lines such as `Status: RESOLVED` or `Affected Components: API, App` in the text of an entry.
use status::ids::ComponentId;

use super::words::{feed_phase, is_planned_kind};
use crate::text::words::normal;

const MAX_COMPONENTS: usize = 100;
const STATUS: [&str; 3] = ["status:", "estado:", "statut:"];

#[derive(Default)]
pub(super) struct Labels {
    /// The kind that the text names, if it names one.
    pub(super) is_maintenance: Option<bool>,
    pub(super) components: Vec<ComponentId>,
}

impl Labels {
    pub(super) fn read(text: &str) -> Self {
        let mut read = Self::default();
        for (label, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match normal(label).as_str() {
                "type" => read.is_maintenance = read.is_maintenance.or(Some(is_planned_kind(value))),
                "affected components" | "affected services" | "components affected" | "services affected"
                    if read.components.is_empty() =>
                {
                    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                    read.components = names.take(MAX_COMPONENTS).map(ComponentId::new).collect();
                }
                _ => {}
            }
        }
        read
    }
}

/// The word behind a label for the state, wherever it stands in the text. What the text opens with is the state now;
/// of several in its midst one that ends the incident counts.
pub(super) fn status_word(text: &str) -> Option<&str> {
    // Byte positions are those of the text: only ASCII is made lower case.
    let lower = text.to_ascii_lowercase();
    let mut found = None;
    for label in STATUS {
        for (at, _) in lower.match_indices(label) {
            let Some(word) = word_of(&text[at + label.len()..]) else { continue };
            if !text[..at].contains('\n') && text[..at].split_whitespace().count() <= 1 {
                return Some(word);
            }
            let is_over = |word: &str| feed_phase(word).is_some_and(status::words::Phase::is_over);
            if found.is_none_or(|found| !is_over(found) && is_over(word)) {
                found = Some(word);
            }
        }
    }
    found
}

/// `RESOLVED`, `In progress`, `RESOLVED (10:30 UTC)`, `RESOLVED All is well`: but no "resolved issues" of a sentence.
fn word_of(value: &str) -> Option<&str> {
    let line = value.lines().next()?.trim_start_matches(['*', ' ', '\t']);
    let end = line.find(['.', ',', ';', '(', '!', '*', '-', '–', '|']).unwrap_or(line.len());
    let whole = line[..end].trim();
    if feed_phase(whole).is_some() {
        return Some(whole);
    }
    let first = whole.split_whitespace().next()?;
    let in_capitals = first.chars().all(char::is_uppercase);
    (in_capitals && feed_phase(first).is_some()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_counts_wherever_it_stands() {
        for (text, word) in [
            ("Status: Resolved", "Resolved"),
            ("Status: RESOLVED All is well", "RESOLVED"),
            ("We are back.\n\nCurrent status: resolved (10:30 UTC)", "resolved"),
            ("All is well. Status: Resolved.", "Resolved"),
            ("Status: Monitoring\nIt began with Status: Resolved", "Monitoring"),
            ("Log\nStatus: Investigating\nx\nStatus: Resolved", "Resolved"),
            ("Estado: resuelto", "resuelto"),
        ] {
            assert_eq!(status_word(text), Some(word), "{text}");
        }
        for text in ["Status: not resolved", "Status: resolved issues remain", "Status: 503", "HTTP status: none", ""] {
            assert_eq!(status_word(text), None, "{text}");
        }
    }

    #[test]
    fn labels_name_components_and_the_kind() {
        let labels = Labels::read("Type: Maintenance\nDuration: 3 hours\nAffected Components: API, Web shop (EU) ,");
        assert_eq!(labels.is_maintenance, Some(true));
        assert_eq!(labels.components, ["API", "Web shop (EU)"].map(ComponentId::new));
        assert_eq!(Labels::read("Type: Incident").is_maintenance, Some(false));
        assert_eq!(Labels::read("We look at: things").is_maintenance, None);
    }
}

//! Whether a provider rewrote a title. Many pages vary a title with the state of the incident ("… - Resolved",
//! "Update: …") or cut it; that is no rewrite.

/// Words of a title that follow the state of an incident.
const STATE_WORDS: &[&str] = &[
    "active",
    "cancelled",
    "canceled",
    "closed",
    "complete",
    "completed",
    "edited",
    "final",
    "finished",
    "fixed",
    "identified",
    "in",
    "investigating",
    "mitigated",
    "monitoring",
    "new",
    "ongoing",
    "open",
    "opened",
    "postmortem",
    "progress",
    "reopened",
    "recovered",
    "resolved",
    "scheduled",
    "started",
    "status",
    "update",
    "updated",
    "updates",
    "verifying",
];

/// The title says something else than before, its state words, case, punctuation and times of day apart.
pub(crate) fn is_rewritten(before: &str, after: &str) -> bool {
    let (old, new) = (subject(before), subject(after));
    let is_stub = |words: &[String]| words.is_empty() || words == ["no", "title"];
    if is_stub(&old) || is_stub(&new) {
        return false;
    }
    let is_cut = |text: &str| text.trim_end().ends_with(['…', '.']);
    let shortened = (is_cut(before) && new.starts_with(&old)) || (is_cut(after) && old.starts_with(&new));
    old != new && !shortened
}

/// The title is the beginning of one of these texts: some pages have no titles, and their formats quote a text instead.
pub(crate) fn begins_any<'a>(title: &str, texts: impl IntoIterator<Item = &'a str>) -> bool {
    let title: Vec<String> = words(title).collect();
    let is_begun = |text| {
        let mut text = words(text);
        title.iter().all(|word| text.next().as_ref() == Some(word))
    };
    !title.is_empty() && texts.into_iter().any(is_begun)
}

fn subject(title: &str) -> Vec<String> {
    let is_time =
        |token: &str| token.contains(':') && token.chars().all(|c| c.is_ascii_digit() || ":,;()[].".contains(c));
    let spoken = title.split_whitespace().filter(|token| !is_time(token)).collect::<Vec<_>>().join(" ");
    words(&spoken).filter(|word| !STATE_WORDS.contains(&word.as_str())).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{begins_any, is_rewritten};

    #[test]
    fn title_that_follows_the_state_is_not_rewritten() {
        for (before, after) in [
            ("Errors on the API", "Errors on the API - Resolved"),
            ("Errors on the API", "[RESOLVED] Errors on the API"),
            ("Investigating: errors on the API", "Monitoring: Errors on the API"),
            ("Errors on the API", "Update - Errors on the API (in progress)"),
            ("Errors on the API", "errors  on the “API”"),
            ("Errors (12:30)", "Errors (12:45)"),
            ("Errors on the API and on the …", "Errors on the API and on the dashboard"),
            ("Errors on the API and on the dashboard", "Errors on the API..."),
            ("(no title)", "Errors"),
            ("Errors", ""),
        ] {
            assert!(!is_rewritten(before, after), "{before} / {after}");
        }
    }

    #[test]
    fn title_that_says_something_else_is_rewritten() {
        for (before, after) in [
            ("Slow API", "API and dashboard unavailable"),
            ("Errors in us-east-1", "Errors in us-east-2"),
            ("Minor outage", "Major outage"),
            ("Störung", "Störung behoben in Europa"),
            ("Errors", "Errors on the API"),
        ] {
            assert!(is_rewritten(before, after), "{before} / {after}");
        }
    }

    #[test]
    fn title_may_be_the_beginning_of_a_text() {
        assert!(begins_any("We see errors …", ["Errors.", "We see errors on the API."]));
        assert!(!begins_any("Errors", ["We see errors."]));
        assert!(!begins_any("", ["We see errors."]));
    }
}

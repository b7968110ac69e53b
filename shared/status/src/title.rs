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

/// The title is the beginning of this text: some pages have no titles, and their formats quote the text instead.
pub(crate) fn begins(title: &str, text: &str) -> bool {
    let (title, text) = (words(title), words(text));
    !title.is_empty() && text.starts_with(&title)
}

fn subject(title: &str) -> Vec<String> {
    let is_time =
        |token: &str| token.contains(':') && token.chars().all(|c| c.is_ascii_digit() || ":,;()[].".contains(c));
    let spoken = title.split_whitespace().filter(|token| !is_time(token)).collect::<Vec<_>>().join(" ");
    words(&spoken).into_iter().filter(|word| !STATE_WORDS.contains(&word.as_str())).collect()
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{begins, is_rewritten};

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
        assert!(begins("We see errors …", "We see errors on the API."));
        assert!(!begins("Errors", "We see errors."));
        assert!(!begins("", "We see errors."));
    }
}

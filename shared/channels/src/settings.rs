//! What holds for the settings of every channel: known keys only, required ones there. Values are judged by the
//! channel itself, and only once the keys are right, so that one slip gives one message.
use status::monitor::Settings;

use crate::{Channel, Outcome, Step};

/// What is wrong, by key.
pub(crate) type Problems = Vec<(&'static str, String)>;

/// Everything that is wrong with a destination's settings, as key and message; empty if it can be used. No message
/// repeats a value.
pub fn check_settings(channel: &Channel, settings: &Settings) -> Vec<(String, String)> {
    let known = |key: &str| channel.settings.iter().any(|setting| setting.key == key);
    let unknown = settings.0.keys().filter(|key| !known(key)).map(|key| {
        let keys: Vec<&str> = channel.settings.iter().map(|setting| setting.key).collect();
        let nearest = keys.iter().min_by_key(|known| edits(key, known));
        let hint = match nearest.filter(|known| edits(key, known) <= 2) {
            Some(known) => format!("did you mean `{known}`? "),
            None => String::new(),
        };
        let message = format!("no such setting; {hint}{} takes {}", channel.name, keys.join(", "));
        (key.clone(), message)
    });
    let missing = channel
        .settings
        .iter()
        .filter(|setting| setting.required && settings.get(setting.key).is_none())
        .map(|setting| (setting.key.to_owned(), format!("missing: {}", setting.help)));

    let problems: Vec<_> = unknown.chain(missing).collect();
    if !problems.is_empty() {
        return problems;
    }
    (channel.check)(settings).into_iter().map(|(key, message)| (key.to_owned(), message)).collect()
}

/// For settings that were stored although they cannot be used.
pub(crate) fn unusable(problems: &Problems) -> Step {
    let problems: Vec<String> = problems.iter().map(|(key, what)| format!("`{key}`: {what}")).collect();
    Step::Done(Outcome::Rejected { reason: problems.join("; ") })
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[row.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::edits;

    #[test]
    fn edits_are_counted_per_character() {
        for (a, b, expected) in
            [("url", "url", 0), ("ulr", "url", 2), ("urls", "url", 1), ("", "url", 3), ("kitten", "sitting", 3)]
        {
            assert_eq!(edits(a, b), expected, "{a} {b}");
        }
    }
}

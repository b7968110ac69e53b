//! The checks that every channel's settings share: known keys only, required ones present. A channel judges the values,
//! and only once the keys are right, so that one mistake gives one message.
use status::monitor::Settings;
use strsim::levenshtein;

use crate::{Blame, Channel, Outcome, Step};

/// The edits up to which an unknown key is taken for a misspelt one.
const MAX_EDITS: usize = 2;

/// What is wrong, by key.
pub(crate) type Problems = Vec<(&'static str, String)>;

/// Everything that is wrong with a destination's settings, as key and message; empty if they can be used. No message
/// repeats a value.
pub fn check_settings(channel: &Channel, settings: &Settings) -> Vec<(String, String)> {
    let keys: Vec<&str> = channel.settings.iter().map(|setting| setting.key).collect();
    let unknown = settings.0.keys().filter(|key| !keys.contains(&key.as_str())).map(|key| {
        let nearest = keys.iter().map(|known| (levenshtein(key, known), known)).min();
        let hint = match nearest.filter(|(edits, _)| *edits <= MAX_EDITS) {
            Some((_, known)) => format!("did you mean `{known}`? "),
            None => String::new(),
        };
        (key.clone(), format!("no such setting; {hint}{} takes {}", channel.name, keys.join(", ")))
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

/// Whether a setting is secret, by the names of its channel and its key. What is unknown is.
pub fn is_secret(channel: &str, key: &str) -> bool {
    let setting = crate::channel(channel).and_then(|known| known.settings.iter().find(|setting| setting.key == key));
    setting.is_none_or(|setting| setting.secret)
}

/// For stored settings that cannot be used.
pub(crate) fn unusable(problems: &Problems) -> Step {
    let problems: Vec<String> = problems.iter().map(|(key, message)| format!("`{key}`: {message}")).collect();
    Step::Done(Outcome::refused(Blame::Destination, problems.join("; ")))
}

//! The audit log of an account: who did what, with the values before and after. What is secret is redacted before it
//! gets here, and again here: a value whose name sounds like a secret is never kept.
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::ids::AccountId;

/// Characters of a value; the rest is cut off.
const MAX_VALUE: usize = 500;
const MAX_VALUES: usize = 50;
pub const REDACTED: &str = "(redacted)";
/// Of names whose values are never kept.
const SECRET_WORDS: [&str; 6] = ["secret", "token", "password", "webhook", "url", "key"];

/// Names and values, as people know them.
pub type Values = BTreeMap<String, String>;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub account: AccountId,
    pub at: Timestamp,
    /// Tells entries of one moment apart.
    pub id: String,
    /// A member's address, or `token NAME`.
    pub who: String,
    /// What was done, as in `member.invited`.
    pub action: String,
    /// To what: an address, a name or an id.
    pub target: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub before: Values,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub after: Values,
}

impl AuditEntry {
    /// The entry as it may be stored.
    pub fn redacted(self) -> Self {
        Self { before: redacted(self.before), after: redacted(self.after), target: cut(&self.target), ..self }
    }
}

/// A destination's settings are named by their channel, so that the name alone says what is secret.
fn redacted(values: Values) -> Values {
    let keep = |(name, value): (String, String)| {
        let lower = name.to_ascii_lowercase();
        let is_secret = SECRET_WORDS.iter().any(|word| lower.contains(word));
        let value = if is_secret { REDACTED.to_owned() } else { cut(&value) };
        (name, value)
    };
    values.into_iter().take(MAX_VALUES).map(keep).collect()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Values from pairs of names and values.
pub fn values<const N: usize>(pairs: [(&str, &str); N]) -> Values {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_long_values_are_not_kept() {
        let long = "é".repeat(MAX_VALUE + 1);
        let after = values([("webhook_url", "https://hooks.test/x"), ("Bot token", "xoxb"), ("name", &long)]);
        let entry = AuditEntry {
            account: "a".into(),
            at: Timestamp::UNIX_EPOCH,
            id: "1".to_owned(),
            who: "jo@example.com".to_owned(),
            action: "destination.changed".to_owned(),
            target: "ops".to_owned(),
            before: values([("role", "reader")]),
            after,
        };
        let kept = entry.redacted();
        assert_eq!(kept.before["role"], "reader");
        assert_eq!((kept.after["webhook_url"].as_str(), kept.after["Bot token"].as_str()), (REDACTED, REDACTED));
        assert_eq!(kept.after["name"].chars().count(), MAX_VALUE + 1);
    }
}

//! Settings as the values of the audit log.
use accounts::audit::{REDACTED, Values};
use serde::Serialize;
use serde_json::Value;
use store::StoredDestination;

/// The fields of a draft, without what is absent. New fields of drafts need nothing here.
pub(super) fn of_draft(draft: &impl Serialize) -> Values {
    let Ok(Value::Object(fields)) = serde_json::to_value(draft) else { return Values::new() };
    let named = |(name, value): (String, Value)| (name != "id").then(|| Some((name, text(value)?))).flatten();
    fields.into_iter().filter_map(named).collect()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Array(list) => Some(list.into_iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let named = |(name, value): (String, Value)| Some(format!("{name} {}", text(value)?));
            Some(fields.into_iter().filter_map(named).collect::<Vec<_>>().join("; "))
        }
        other => Some(other.to_string()),
    }
}

/// Without any setting that is secret.
pub(super) fn of_destination(destination: &StoredDestination) -> Values {
    let mut values: Values = [("channel".to_owned(), destination.channel.clone())].into();
    values.extend(destination.label.clone().map(|label| ("label".to_owned(), label)));
    for (key, value) in &destination.clear_settings().0 {
        let is_secret = channels::is_secret(&destination.channel, key);
        values.insert(key.clone(), if is_secret { REDACTED.to_owned() } else { value.clone() });
    }
    values
}

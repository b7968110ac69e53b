//! The schema version of what is stored: a number in every item, written by [`versioned`] alone, and the steps that
//! bring an item of an earlier version to the form of today, taken when it is read. What holds:
//! - An item without a number is of version 1. Settings of an account stay at version 1, since they are compared whole
//!   with what a release would write; the number comes with the first change of their form.
//! - A release reads what it writes, and all before. Of a version it does not know it says so, and writes nothing over
//!   the item: whoever replaces an item has read it, or names the version in the condition of the write.
//! - An item that is written is readable by the release before, so that both can work on one table. A form that the
//!   release before cannot read takes two releases: the first raises [`READS`], the second [`WRITES`].
//!
//! New optional fields need no version: who does not know them leaves them out.
use std::{collections::HashMap, fmt::Display};

use aws_sdk_dynamodb::types::AttributeValue;
use status::page_state::PageState;

use crate::error::StoreError;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The version of the items that this release writes.
pub(crate) const WRITES: u32 = 2;
/// The newest version that this release reads.
pub(crate) const READS: u32 = 2;
/// Of items without a number.
const FIRST: u32 = 1;

/// The attribute with the number.
pub(crate) const VERSION: &str = "v";

/// From each version to the next: the first is from 1 to 2. A step is given the item's type, changes nothing but the
/// item, and may be taken again.
const STEPS: [fn(&str, &mut Item); READS as usize - 1] = [from_1_to_2];

/// The condition of a write that replaces what it has not read. `:v` is [`READS`].
pub(crate) const MAY_REPLACE: &str = "attribute_not_exists(v) OR v <= :v";

pub(crate) fn versioned(mut item: Item) -> Item {
    item.insert(VERSION.into(), number(WRITES));
    item
}

/// As an attribute, for expressions.
pub(crate) fn number(version: u32) -> AttributeValue {
    AttributeValue::N(version.to_string())
}

/// The version of an item that was read. `what` names it in the error.
pub(crate) fn version_of(item: &Item, what: impl Display) -> Result<u32, StoreError> {
    let version = match item.get(VERSION) {
        None => Some(FIRST),
        Some(number) => number.as_n().ok().and_then(|number| number.parse().ok()),
    };
    match version {
        Some(version @ FIRST..=READS) => Ok(version),
        Some(version) if version > READS => Err(StoreError::Newer { what: what.to_string(), version, reads: READS }),
        _ => Err(StoreError::Unreadable { what: what.to_string() }),
    }
}

/// The item in the form of today.
pub(crate) fn migrated(mut item: Item, what: impl Display) -> Result<Item, StoreError> {
    let from = version_of(&item, what)?;
    let kind = item.get("type").and_then(|kind| kind.as_s().ok()).cloned().unwrap_or_default();
    for step in &STEPS[(from - FIRST) as usize..] {
        step(&kind, &mut item);
    }
    Ok(item)
}

/// The state of a page in the form of today, of an item of this version.
pub(crate) fn migrate_page_state(state: &mut PageState, from: u32) {
    if from < 2 {
        // Before version 2 nothing bounded it.
        state.bound_stored();
    }
}

/// Version 2 says why an address is suppressed, and whether that is why a destination is disabled. Before, it was known
/// by the reason, which is text for people.
fn from_1_to_2(kind: &str, item: &mut Item) {
    match kind {
        "suppression" if !item.contains_key("cause") => {
            let cause = match text(item, "reason") {
                reason if reason.contains("reported") => "complained",
                reason if reason.contains("bounced") => "bounced",
                _ => "no_mailbox",
            };
            item.insert("cause".into(), AttributeValue::S(cause.into()));
        }
        "destination" => {
            if let Some(AttributeValue::M(disabled)) = item.get_mut("disabled") {
                // Of a destination with a mail address, only five days of failures were another cause.
                let by_suppression = !text(disabled, "reason").starts_with("every delivery has failed");
                disabled.entry("suppressed".into()).or_insert(AttributeValue::Bool(by_suppression));
            }
        }
        _ => {}
    }
}

fn text<'a>(fields: &'a Item, name: &str) -> &'a str {
    fields.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(fields: &[(&str, AttributeValue)]) -> Item {
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn words(text: &str) -> AttributeValue {
        AttributeValue::S(text.into())
    }

    #[test]
    fn item_without_a_number_is_of_the_first_version_and_is_migrated_once() {
        let causes = [("it bounced: 550", "bounced"), ("reported as spam", "complained"), ("550", "no_mailbox")];
        for (reason, cause) in causes {
            let old = item(&[("type", words("suppression")), ("reason", words(reason))]);
            let today = migrated(old, "suppression").unwrap();
            assert_eq!(today["cause"], words(cause));
            assert_eq!(migrated(today.clone(), "suppression").unwrap(), today, "a step may be taken again");
        }
        for (reason, by_suppression) in [("550 no such user", true), ("every delivery has failed for five days", false)]
        {
            let disabled = AttributeValue::M(item(&[("reason", words(reason))]));
            let today = migrated(item(&[("type", words("destination")), ("disabled", disabled)]), "it").unwrap();
            let disabled = today["disabled"].as_m().unwrap();
            assert_eq!(disabled["suppressed"], AttributeValue::Bool(by_suppression));
        }
    }

    #[test]
    fn item_of_today_is_left_as_it_is() {
        let cause = words("a cause of tomorrow");
        let fields = [("type", words("suppression")), ("reason", words("it bounced")), ("cause", cause)];
        let today = versioned(item(&fields));
        assert_eq!(migrated(today.clone(), "it").unwrap(), today);
    }

    #[test]
    fn newer_item_names_itself_its_version_and_the_way_out() {
        let newer = item(&[("v", number(READS + 1))]);
        let error = migrated(newer, "destination hook").unwrap_err();
        assert!(matches!(error, StoreError::Newer { version, .. } if version == READS + 1));
        let text = error.to_string();
        for word in ["destination hook", &format!("version {}", READS + 1), "newer release", "nothing was changed"] {
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn number_that_is_none_is_damage() {
        for damaged in [words("2"), AttributeValue::N("0".into()), AttributeValue::N("x".into())] {
            let read = version_of(&item(&[("v", damaged)]), "it");
            assert!(matches!(read, Err(StoreError::Unreadable { .. })), "{read:?}");
        }
    }
}

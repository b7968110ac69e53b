//! Attribute values of the kinds that this project writes often, and items as lists of values that stay as they were
//! written. Whatever else there is (sets, fractions) is left to the library.
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

/// DynamoDB nests values 32 deep.
const MAX_DEPTH: u32 = 16;

/// Goes on with what is there, and leaves the rest to the library.
macro_rules! known {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}
pub(super) use known;

/// An item, each value as it was written.
pub(super) type Item<'a> = HashMap<&'a str, &'a RawValue>;

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Value<'a> {
    #[serde(borrow)]
    S(Cow<'a, str>),
    N(Number),
    B(Base64<'a>),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(True),
    L(Vec<Value<'a>>),
    M(BTreeMap<Cow<'a, str>, Value<'a>>),
}

/// A whole number in its one form: no sign but a minus, no leading zero, no exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(i64);

/// Bytes in the one form of base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base64<'a>(&'a str);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct True;

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        let number: i64 = text.parse().map_err(D::Error::custom)?;
        let is_canonical = !text.starts_with(['+', '0']) && !text.starts_with("-0") || text == "0";
        is_canonical.then_some(Self(number)).ok_or_else(|| D::Error::custom("another form"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Base64<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(|_| Self(text)).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for True {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_true = bool::deserialize(deserializer)?;
        is_true.then_some(Self).ok_or_else(|| D::Error::custom("false"))
    }
}

impl Number {
    /// `None`: the library counts further than this.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// As an attribute value.
    pub(super) fn to_json(self) -> Box<RawValue> {
        RawValue::from_string(format!("{{\"N\":\"{}\"}}", self.0)).expect("digits are valid JSON")
    }
}

impl<'a> Value<'a> {
    /// `None` for a kind or a form that the library has to look at.
    pub(super) fn read(raw: &'a RawValue) -> Option<Self> {
        let value: Self = serde_json::from_str(raw.get()).ok()?;
        value.is_plain(MAX_DEPTH).then_some(value)
    }

    fn is_plain(&self, depth: u32) -> bool {
        match self {
            Self::L(values) => depth > 0 && values.iter().all(|value| value.is_plain(depth - 1)),
            Self::M(values) => {
                depth > 0 && values.iter().all(|(name, value)| !name.is_empty() && value.is_plain(depth - 1))
            }
            _ => true,
        }
    }

    /// Text that may be a key: not empty.
    pub(super) fn into_key(self) -> Option<Cow<'a, str>> {
        match self {
            Self::S(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

pub(super) fn read_item(json: &str) -> Option<Item<'_>> {
    serde_json::from_str(json).ok()
}

/// The item as JSON.
pub(super) fn write_item(item: &Item<'_>) -> String {
    let mut json = String::with_capacity(item.iter().map(|(name, value)| name.len() + value.get().len() + 4).sum());
    json.push('{');
    for (name, value) in item {
        if json.len() > 1 {
            json.push(',');
        }
        // A name that was read as it stands holds nothing that JSON escapes.
        json.extend(["\"", name, "\":", value.get()]);
    }
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_values_in_their_one_form_are_read() {
        let nested = |depth: usize| format!("{}{}{}", r#"{"L":["#.repeat(depth), r#"{"S":""}"#, "]}".repeat(depth));
        for (json, is_read) in [
            (r#"{"S":"a \"b\""}"#, true),
            (r#"{"N":"0"}"#, true),
            (r#"{"N":"-12"}"#, true),
            (r#"{"N":"1.0"}"#, false),
            (r#"{"N":"01"}"#, false),
            (r#"{"N":"-0"}"#, false),
            (r#"{"N":1}"#, false),
            (r#"{"N":"99999999999999999999"}"#, false),
            (r#"{"BOOL":true}"#, true),
            (r#"{"NULL":true}"#, true),
            (r#"{"NULL":false}"#, false),
            (r#"{"M":{"a":{"N":"1"}}}"#, true),
            (r#"{"M":{"":{"N":"1"}}}"#, false),
            (r#"{"SS":["a"]}"#, false),
            (r#"{"B":"YQ=="}"#, true),
            (r#"{"B":"YQ"}"#, false),
            (r#"{"B":"YR=="}"#, false),
            (r#"{"S":"a","N":"1"}"#, false),
            (&nested(10), true),
            (&nested(40), false),
        ] {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            assert_eq!(Value::read(raw).is_some(), is_read, "{json}");
        }
    }

    #[test]
    fn item_is_written_as_it_was_read() {
        let json = r#"{"a":{"S":"\u00e9 \"q\""},"b":{"N":"1"}}"#;
        let item = read_item(json).unwrap();
        let written = write_item(&item);
        assert_eq!(read_item(&written).unwrap()["a"].get(), item["a"].get());
        assert_eq!(written.len(), json.len());
        assert!(read_item(r#"{"a\n":{"S":""}}"#).is_none(), "an escaped name is left to the library");
    }
}

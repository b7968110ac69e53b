//! Limits of a service, as a table, and whether what a channel sends keeps them.
use mail_parser::MessageParser;
use serde_json::{Value, json};

use super::Contract;
use crate::{
    Channel, Step,
    tests::alerts::{Case, filled},
};

/// A text of this length comes from an alert: our own words and ids are shorter.
const MIN_FOREIGN: usize = 200;

/// One limit. Of a mail, the body is an object with `subject`, `text` and `html`.
pub(crate) struct Limit {
    /// The end of a path in the JSON body, with `*` for any key or index: `blocks/*/text/text`. Empty: the whole body.
    pub(crate) at: &'static str,
    pub(crate) most: usize,
    pub(crate) unit: Unit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Characters,
    Utf16,
    /// Of the JSON or the text in UTF-8.
    Bytes,
    /// Elements of a list.
    Items,
}

impl Limit {
    pub(crate) const fn new(at: &'static str, most: usize, unit: Unit) -> Self {
        Self { at, most, unit }
    }

    fn covers(&self, path: &str) -> bool {
        let mut keys = path.rsplit('/');
        match self.at {
            "" => path.is_empty(),
            at => at.rsplit('/').all(|part| keys.next().is_some_and(|key| part == "*" || part == key)),
        }
    }

    fn size(&self, value: &Value) -> usize {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self.unit {
            Unit::Characters => text.chars().count(),
            Unit::Utf16 => text.encode_utf16().count(),
            Unit::Bytes => text.len(),
            Unit::Items => value.as_array().map_or(0, Vec::len),
        }
    }
}

/// The body of the first request, or a mail by its parts. `None` if the alert is skipped.
fn body(channel: &Channel, case: &Case<'_>) -> Option<Value> {
    match case.step(channel, &[]) {
        Step::Send(request) => Some(serde_json::from_slice(request.body()).unwrap()),
        Step::Mail(mail) => {
            let parsed = MessageParser::default().parse(&mail.message[..]).unwrap();
            let (text, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
            Some(json!({ "subject": parsed.subject().unwrap(), "text": text, "html": html }))
        }
        Step::Done(_) => None,
    }
}

/// Every value of the body with its path, `blocks/0/text`.
fn nodes<'a>(path: String, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    let at = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| nodes(at(key), value, found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, value)| nodes(at(&n.to_string()), value, found)),
        _ => {}
    }
    found.push((path, value));
}

/// Fails if a limit is exceeded, or if a text that came from the alert has none.
pub(super) fn assert_kept(channel: &Channel, contract: &Contract, case: &Case<'_>) {
    let Some(body) = body(channel, case) else { return };
    let mut found = Vec::new();
    nodes(String::new(), &body, &mut found);
    for (path, value) in found {
        let name = channel.name;
        for limit in contract.limits.iter().filter(|limit| limit.covers(&path)) {
            let size = limit.size(value);
            assert!(size <= limit.most, "{name}: {path} has {size}, more than {}", limit.most);
        }
        let is_foreign = value.as_str().is_some_and(|text| text.chars().count() >= MIN_FOREIGN);
        let limited = contract.limits.iter().any(|limit| limit.unit != Unit::Items && limit.covers(&path));
        assert!(!is_foreign || limited, "{name}: no limit is given for {path}");
    }
}

#[test]
fn every_limit_is_of_something_that_is_sent() {
    let alert = filled("long enough ");
    for (channel, contract) in super::contracts() {
        assert!(!contract.limits.is_empty(), "{}: give the service's limits", channel.name);
        let bodies: Vec<Value> = channel
            .sample_settings()
            .filter_map(|settings| body(channel, &Case { unknown: true, ..Case::new(&alert, &settings) }))
            .collect();
        for limit in contract.limits {
            let mut found = Vec::new();
            bodies.iter().for_each(|body| nodes(String::new(), body, &mut found));
            let used = found.iter().any(|(path, _)| limit.covers(path));
            assert!(used, "{}: nothing is sent at {}", channel.name, limit.at);
        }
    }
}

#[test]
#[should_panic(expected = "no limit is given for payload/summary")]
fn forgotten_limit_is_found() {
    const LIMITS: &[Limit] = &[Limit::new("source", 100, Unit::Characters)];
    let contract = Contract { wrong: &[], limits: LIMITS, check: |_| {} };
    let channel = Channel {
        deliver: |_, _| {
            let body = json!({ "source": "x", "payload": { "summary": "x".repeat(9_000) } }).to_string();
            Step::Send(http::Request::new(body.into()))
        },
        name: "forgetful",
        setup: crate::Setup { title: "Forgetful", summary: "Nowhere", steps: &[] },
        settings: &[],
        check: |_| Vec::new(),
        min_interval: std::time::Duration::ZERO,
        keeps_handle: false,
        recipient: |_| None,
        samples: &[],
    };
    let (alert, settings) = (filled("x"), crate::tests::alerts::settings([]));
    assert_kept(&channel, &contract, &Case::new(&alert, &settings));
}

//! What a webhook says, against `webhook.schema.json`. Readers may meet fields they do not know, so the schema allows
//! them; here every field that is sent must be in it, and every one in it must be sent.
use std::collections::BTreeSet;

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::prelude::*;
use serde_json::{Value, json};
use status::words::Event;

use super::{sample_settings, webhook};
use crate::{
    WEBHOOK_SCHEMA,
    tests::alerts::{Case, filled, hostile_texts, json, of_event, opened, resolved, scheduled},
};

struct Schema {
    text: Value,
    compiled: Schemas,
    root: SchemaIndex,
}

thread_local! {
    static SCHEMA: Schema = {
        let text: Value = serde_json::from_str(WEBHOOK_SCHEMA).unwrap();
        let (mut compiler, mut compiled) = (Compiler::new(), Schemas::new());
        compiler.enable_format_assertions();
        compiler.add_resource("webhook.schema.json", text.clone()).unwrap();
        let root = compiler.compile("webhook.schema.json", &mut compiled).unwrap();
        Schema { text, compiled, root }
    };
}

impl Schema {
    fn refusal(&self, payload: &Value) -> Option<String> {
        self.compiled.validate(payload, self.root).err().map(|err| format!("{err:#}"))
    }

    /// `#/$defs/...` followed.
    fn resolved<'a>(&'a self, node: &'a Value) -> &'a Value {
        match node["$ref"].as_str() {
            Some(name) => self.text.pointer(name.trim_start_matches('#')).expect("a reference leads somewhere"),
            None => node,
        }
    }

    /// Where payload and schema do not have the same fields.
    fn differences(&self, node: &Value, payload: &Value, path: &str) -> Vec<String> {
        let node = self.resolved(node);
        match payload {
            Value::Object(fields) => {
                let none = serde_json::Map::new();
                let documented = node["properties"].as_object().unwrap_or(&none);
                let unknown = fields.keys().filter(|name| !documented.contains_key(*name));
                let missing = documented.keys().filter(|name| !fields.contains_key(*name));
                let below = documented.iter().filter_map(|(name, node)| Some((name, node, fields.get(name)?)));
                let mut found: Vec<String> = unknown
                    .map(|name| format!("{path}.{name} is not documented"))
                    .chain(missing.map(|name| format!("{path}.{name} is not sent")))
                    .collect();
                found.extend(
                    below.flat_map(|(name, node, value)| self.differences(node, value, &format!("{path}.{name}"))),
                );
                found
            }
            Value::Array(items) => items.iter().flat_map(|it| self.differences(&node["items"], it, path)).collect(),
            _ => Vec::new(),
        }
    }
}

/// Fails unless the payload is what the schema says, no more and no less.
fn assert_promised(payload: &Value) {
    SCHEMA.with(|schema| {
        assert_eq!(schema.refusal(payload), None);
        assert_eq!(schema.differences(&schema.text, payload, ""), [""; 0]);
    });
}

pub(super) fn assert_promised_and_bounded(case: &Case<'_>) {
    let request = case.request(webhook(), &[]);
    assert!(request.body().len() <= 20_000, "{}", request.body().len());
    let payload = json(&request);
    assert_promised(&payload);
    let data = &payload["data"];
    assert_eq!(data["components_total"], case.alert.components.len());
    assert_eq!(data["updates_total"], case.alert.updates.len());
    assert_eq!(data["summary_total"], case.alert.summary.len());
    assert_eq!(data["concerned_total"], case.alert.concerned.len());
    let told = (data["components"].as_array().unwrap().len(), data["updates"].as_array().unwrap().len());
    let all = (case.alert.components.len(), case.alert.updates.len());
    assert!(told == all || data["truncated"] == true);
}

fn is_of_destination(event: Event) -> bool {
    event.is_notice() && event != Event::Unmatched
}

#[test]
fn schema_describes_every_field_and_requires_it() {
    fn check(node: &Value, path: &str) {
        let Some(properties) = node["properties"].as_object() else { return };
        let required: BTreeSet<&str> = node["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(properties.keys().map(String::as_str).collect::<BTreeSet<_>>(), required, "{path}");
        assert!(node["description"].is_string(), "{path}");
        for (name, node) in properties {
            let described = |node: &Value| node["description"].as_str().is_some_and(|text| text.ends_with('.'));
            let by_kind = node["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
            let of_kind = |kind| SCHEMA.with(|schema| described(&schema.text["$defs"][kind]));
            assert!(described(node) || by_kind.is_some_and(of_kind) || node["items"].is_object(), "{path}.{name}");
        }
    }
    SCHEMA.with(|schema| {
        check(&schema.text, "");
        schema.text["$defs"].as_object().unwrap().iter().for_each(|(name, node)| check(node, name));
    });
}

#[test]
fn schema_knows_exactly_our_events() {
    let payload = |event| json(&Case::new(&of_event(event), &sample_settings()).request(webhook(), &[]));
    let sent: BTreeSet<String> =
        Event::ALL.iter().map(|event| payload(*event)["type"].as_str().unwrap().to_owned()).collect();
    let known: BTreeSet<String> = SCHEMA.with(|schema| {
        let types = schema.text["properties"]["type"]["oneOf"].as_array().unwrap();
        types.iter().map(|it| it["const"].as_str().unwrap().to_owned()).collect()
    });
    assert_eq!(sent, known);
}

#[test]
fn schema_refuses_what_we_do_not_promise() {
    let right = json(&Case::new(&opened(), &sample_settings()).request(webhook(), &[]));
    assert_promised(&right);
    for (pointer, wrong) in [
        ("/type", json!("incident.exploded")),
        ("/timestamp", json!("yesterday")),
        ("/data/alert/severity", json!("critical")),
        ("/data/incident/url", json!("javascript:alert(1)")),
        ("/data/incident/phase", json!("in progress")),
        ("/data/components/0/status", json!(null)),
        ("/data/updates/0/posted_at", json!("2026-08-06T12:00:30+02:00")),
        ("/data/destination", json!("ops")),
        ("/data/provider", json!({ "id": "clerk", "name": "Clerk" })),
    ] {
        let mut payload = right.clone();
        *payload.pointer_mut(pointer).unwrap() = wrong;
        assert!(SCHEMA.with(|schema| schema.refusal(&payload)).is_some(), "{pointer}");
    }
    let mut newer = right.clone();
    newer["data"]["incident"]["mood"] = json!("calm");
    SCHEMA.with(|schema| {
        assert_eq!(schema.refusal(&newer), None, "readers must take fields they do not know");
        let differences = schema.differences(&schema.text, &newer, "");
        assert_eq!(differences, [".data.incident.mood is not documented"]);
    });
}

#[test]
fn every_event_is_as_the_schema_says() {
    let settings = sample_settings();
    let hostile = &hostile_texts()[2];
    for event in Event::ALL {
        assert_promised_and_bounded(&Case::new(&of_event(event), &settings));
        let mut alert = filled(hostile);
        alert.event = event;
        alert.destination = is_of_destination(event).then(|| hostile.as_str().into());
        assert_promised_and_bounded(&Case::new(&alert, &settings));
    }
}

#[test]
fn type_names_the_kind_and_the_event() {
    let settings = sample_settings();
    for event in Event::ALL {
        let body = json(&Case::new(&of_event(event), &settings).request(webhook(), &[]));
        let kind = match event {
            Event::Opened | Event::Updated | Event::Resolved => "incident",
            Event::Unreadable | Event::Readable => "source",
            Event::Summary => "page",
            Event::Unmatched => "monitor",
            _ if event.is_notice() => "destination",
            _ => "maintenance",
        };
        assert_eq!(body["type"], format!("{kind}.{}", event.as_str()));
        assert_eq!(body["data"]["alert"]["event"], event.as_str());
    }
}

#[test]
fn notice_names_its_destination_and_has_no_pages() {
    let settings = sample_settings();
    for event in Event::ALL {
        let data = json(&Case::new(&of_event(event), &settings).request(webhook(), &[]))["data"].clone();
        let pages = [&data["provider"]["page_url"], &data["incident"]["page"], &data["incident"]["url"]];
        assert_eq!(data["destination"] == "ops", is_of_destination(event), "{event:?}");
        assert_eq!(data["monitor"] == "clerk-login", event == Event::Unmatched, "{event:?}");
        assert_eq!(pages.iter().all(|page| page.is_null()), is_of_destination(event), "{event:?}");
    }
}

#[test]
fn only_addresses_that_a_browser_can_open_are_told() {
    let settings = sample_settings();
    for (url, told) in [
        ("https://status.example/i/1#now", Some("https://status.example/i/1#now")),
        ("http://status.example", Some("http://status.example/")),
        ("https://status.example/<b>\"x\" y", Some("https://status.example/%3Cb%3E%22x%22%20y")),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("/incidents/1", None),
        ("", None),
    ] {
        let mut alert = opened();
        alert.incident.url = Some(url.to_owned());
        let payload = json(&Case::new(&alert, &settings).request(webhook(), &[]));
        assert_eq!(payload["data"]["incident"]["url"].as_str(), told, "{url}");
    }
}

#[test]
fn long_texts_are_cut_before_anything_is_left_out() {
    let settings = sample_settings();
    let mut alert = opened();
    let update = alert.updates[0].clone();
    alert.updates = vec![update; 12];
    for update in &mut alert.updates {
        update.body = Some("long ".repeat(1_000));
    }
    let data = json(&Case::new(&alert, &settings).request(webhook(), &[]))["data"].clone();
    assert_eq!(data["updates"].as_array().unwrap().len(), 12);
    assert!(data["updates"][0]["body"].as_str().unwrap().ends_with(" …"));
    assert_eq!(data["components"].as_array().unwrap().len(), 3);
    assert_eq!(data["truncated"], json!(true));
}

#[test]
fn typical_bodies() {
    let settings = sample_settings();
    for (name, alert) in [
        ("webhook_opened", opened()),
        ("webhook_resolved", resolved()),
        ("webhook_scheduled", scheduled()),
        ("webhook_disabled", of_event(Event::Disabled)),
    ] {
        // Parsed and printed anew for reading; the order of keys is not ours here.
        let body = json(&Case::new(&alert, &settings).request(webhook(), &[]));
        insta::assert_snapshot!(name, serde_json::to_string_pretty(&body).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_text_is_as_the_schema_says(text in any::<String>(), times in 1_usize..40, event in 0..Event::ALL.len()) {
        let mut alert = filled(&text.repeat(times));
        alert.event = Event::ALL[event];
        alert.destination = is_of_destination(alert.event).then(|| text.as_str().into());
        assert_promised_and_bounded(&Case::new(&alert, &sample_settings()));
    }
}

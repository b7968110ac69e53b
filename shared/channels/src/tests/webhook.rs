//! Webhooks, checked with the specification's own library.
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use serde_json::json;
use standardwebhooks::Webhook;
use status::{monitor::Settings, words::Event};

use super::alerts::{Case, json, opened, resolved, right_settings, scheduled};
use crate::{Channel, Step, channel};

fn webhook() -> &'static Channel {
    channel("webhook").unwrap()
}

fn sample_settings() -> Settings {
    right_settings(webhook()).remove(0)
}

pub(super) fn assert_fit(channel: &Channel, case: &Case<'_>) {
    if channel.name != "webhook" {
        return;
    }
    let request = case.request(channel, &[]);
    assert!(request.body().len() <= 20_000, "{}", request.body().len());
    let data = &json(&request)["data"];
    assert_eq!(data["components_total"], case.alert.components.len());
    assert_eq!(data["updates_total"], case.alert.updates.len());
    let told = (data["components"].as_array().unwrap().len(), data["updates"].as_array().unwrap().len());
    let all = (case.alert.components.len(), case.alert.updates.len());
    assert!(told == all || data["truncated"] == true);
}

/// At the real time, because the library refuses signatures of another.
fn signed_now(settings: &Settings) -> Request<Bytes> {
    let alert = opened();
    match Case::new(&alert, settings).step_at(webhook(), &[], Timestamp::now()) {
        Step::Send(request) => request,
        _ => panic!("wanted a request"),
    }
}

#[test]
fn signature_is_accepted_by_the_reference_library() {
    let settings = sample_settings();
    let receiver = Webhook::new(settings.get("secret").unwrap()).unwrap();
    let request = signed_now(&settings);
    receiver.verify(request.body(), request.headers()).unwrap();
}

#[test]
fn tampering_breaks_the_signature() {
    let settings = sample_settings();
    let receiver = Webhook::new(settings.get("secret").unwrap()).unwrap();
    let request = signed_now(&settings);

    let mut body = request.body().to_vec();
    body[10] ^= 1;
    assert!(receiver.verify(&body, request.headers()).is_err());

    let second_later = (Timestamp::now().as_second() + 1).to_string();
    for (name, value) in [("webhook-id", "dlv_other"), ("webhook-timestamp", &second_later)] {
        let mut headers = request.headers().clone();
        headers.insert(name, value.parse().unwrap());
        assert!(receiver.verify(request.body(), &headers).is_err(), "{name}");
    }
    let stranger = Webhook::new("whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=").unwrap();
    assert!(stranger.verify(request.body(), request.headers()).is_err());
}

#[test]
fn id_is_the_deliverys_and_the_times_are_kept_apart() {
    let (alert, settings) = (opened(), sample_settings());
    let request = Case::new(&alert, &settings).request(webhook(), &[]);
    assert_eq!(request.headers()["webhook-id"], "dlv_0123456789abcdef");
    assert_eq!(request.headers()["webhook-timestamp"], "1786017900");
    assert_eq!(json(&request)["timestamp"], "2026-08-06T12:00:30Z");
}

#[test]
fn type_names_the_kind_and_the_event() {
    let settings = sample_settings();
    for event in Event::ALL {
        let mut alert = opened();
        alert.event = event;
        let body = json(&Case::new(&alert, &settings).request(webhook(), &[]));
        let kind = match event {
            Event::Opened | Event::Updated | Event::Resolved => "incident",
            Event::Unreadable | Event::Readable => "source",
            _ if event.is_notice() => "destination",
            _ => "maintenance",
        };
        assert_eq!(body["type"], format!("{kind}.{}", event.as_str()));
        assert_eq!(body["data"]["alert"]["event"], event.as_str());
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
    for (name, alert) in
        [("webhook_opened", opened()), ("webhook_resolved", resolved()), ("webhook_scheduled", scheduled())]
    {
        // Parsed and printed anew for reading; the order of keys is not ours here.
        let body = json(&Case::new(&alert, &settings).request(webhook(), &[]));
        insta::assert_snapshot!(name, serde_json::to_string_pretty(&body).unwrap());
    }
}

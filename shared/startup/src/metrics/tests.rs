//! The documents, held against the specification of the format.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]
use std::collections::BTreeSet;

use boon::{Compiler, Schemas};
use serde_json::{Value, json};

use super::*;

fn at() -> Timestamp {
    Timestamp::from_millisecond(1_764_600_000_123).unwrap()
}

/// The documents, each valid by the specification.
fn written(metrics: &Metrics) -> Vec<Value> {
    let documents = metrics.take(at());
    let documents: Vec<Value> = documents.iter().map(|document| serde_json::from_str(document).unwrap()).collect();
    documents.iter().for_each(validate);
    documents
}

/// What the specification says of a document's shape, its names and its limits.
fn validate(document: &Value) {
    let name = |most: u32| json!({"type": "string", "minLength": 1, "maxLength": most});
    let metric = json!({
        "type": "object", "required": ["Name"], "additionalProperties": false,
        "properties": {"Name": name(1024), "Unit": {"enum": ["Count", "Milliseconds"]}},
    });
    let directive = json!({
        "type": "object", "required": ["Namespace", "Dimensions", "Metrics"], "additionalProperties": false,
        "properties": {
            "Namespace": name(1024),
            "Dimensions": {"type": "array", "minItems": 1, "items": {"type": "array", "maxItems": 30, "items": name(250)}},
            "Metrics": {"type": "array", "minItems": 1, "maxItems": 100, "items": metric},
        },
    });
    let metadata = json!({
        "type": "object", "required": ["Timestamp", "CloudWatchMetrics"], "additionalProperties": false,
        "properties": {"Timestamp": {"type": "integer"}, "CloudWatchMetrics": {"type": "array", "items": directive}},
    });
    let value = json!({"anyOf": [
        {"type": "string", "minLength": 1, "maxLength": 1024},
        {"type": "number"},
        {"type": "array", "maxItems": 100, "items": {"type": "number"}},
    ]});
    let schema = json!({
        "type": "object", "required": ["_aws"], "properties": {"_aws": metadata}, "additionalProperties": value,
    });
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("emf.json", schema).unwrap();
    let schema = compiler.compile("emf.json", &mut schemas).unwrap();
    schemas.validate(document, schema).unwrap_or_else(|error| panic!("{error}: {document}"));

    let directive = &document["_aws"]["CloudWatchMetrics"][0];
    for dimension in directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap()) {
        assert!(document[dimension.as_str().unwrap()].is_string(), "{dimension} has no value: {document}");
    }
    for metric in directive["Metrics"].as_array().unwrap() {
        let value = &document[metric["Name"].as_str().unwrap()];
        assert!(value.is_number() || value.is_array(), "{metric} has no value: {document}");
    }
}

#[test]
fn a_round_is_one_document_with_the_stack_as_its_dimension() {
    let metrics = Metrics::of("prod".into(), false);
    metrics.add(Metric::PagesPolled, 61);
    metrics.add(Metric::PagesChanged, 2);
    metrics.add(Metric::PagesFailed, 0);
    metrics.add(Metric::PagesSkipped, 0);
    metrics.add(Metric::DetectionLag, 40_000);
    metrics.add(Metric::DetectionLag, 5);
    let expected = json!({
        "_aws": {
            "Timestamp": 1_764_600_000_123_i64,
            "CloudWatchMetrics": [{
                "Namespace": "statuswire",
                "Dimensions": [["Stack"]],
                "Metrics": [
                    {"Name": "PagesPolled", "Unit": "Count"},
                    {"Name": "PagesChanged", "Unit": "Count"},
                    {"Name": "PagesSkipped", "Unit": "Count"},
                    {"Name": "DetectionLag", "Unit": "Milliseconds"},
                ],
            }],
        },
        "Stack": "prod",
        "PagesPolled": 61,
        "PagesChanged": 2,
        "PagesSkipped": 0,
        "DetectionLag": [40_000, 5],
    });
    assert_eq!(written(&metrics), [expected]);
    assert!(written(&metrics).is_empty(), "they are written once");
}

#[test]
fn details_are_added_to_the_metrics_without_them() {
    let count = |metrics: &Metrics| {
        for channel in ["slack", "slack", "email"] {
            metrics.add(Metric::Delivered, 1);
            metrics.add_by(Metric::Deliveries, 1, &[("Channel", channel), ("Outcome", "delivered")]);
            metrics.add_by(Metric::DeliveryLag, 700, &[("Channel", channel)]);
        }
    };
    let few = Metrics::of("prod".into(), false);
    count(&few);
    let [document] = &written(&few)[..] else { panic!("one document") };
    assert_eq!((&document["Delivered"], &document["DeliveryLag"]), (&json!(3), &json!([700, 700, 700])));
    assert!(document.get("Deliveries").is_none() && document.get("Channel").is_none(), "{document}");

    let detailed = Metrics::of("prod".into(), true);
    count(&detailed);
    let documents = written(&detailed);
    assert_eq!(documents.len(), 5, "{documents:?}");
    let slack = documents.iter().find(|it| it["Channel"] == "slack" && it["Outcome"] == "delivered").unwrap();
    assert_eq!(slack["Deliveries"], 2);
    let sets = &slack["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
    assert_eq!(*sets, json!([["Stack"], ["Stack", "Channel", "Outcome"]]));
}

#[test]
fn no_document_has_more_values_than_the_format_allows() {
    let metrics = Metrics::of("prod".into(), false);
    (0..250).for_each(|number| metrics.add(Metric::QueueAge, 1 + number));
    metrics.add(Metric::Alerts, 250);
    let documents = written(&metrics);
    let lengths: Vec<_> = documents.iter().map(|document| document["QueueAge"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [100, 100, 50]);
    assert_eq!(documents.iter().filter(|document| document.get("Alerts").is_some()).count(), 1);
}

#[test]
fn disabled_metrics_keep_nothing() {
    let metrics = Metrics::default();
    metrics.add(Metric::PagesPolled, 1);
    assert!(metrics.take(at()).is_empty());
}

#[test]
fn time_that_runs_backwards_is_not_measured() {
    let metrics = Metrics::of("prod".into(), false);
    let before = Timestamp::from_millisecond(1_764_600_000_000).unwrap();
    metrics.add_time(Metric::DetectionLag, at(), before, &[]);
    assert!(written(&metrics).is_empty());
    metrics.add_time(Metric::DetectionLag, before, at(), &[]);
    assert_eq!(written(&metrics)[0]["DetectionLag"], 123);
}

#[test]
fn as_many_metrics_as_are_free_need_no_details() {
    let names: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    assert_eq!(names.len(), Metric::ALL.len());
    assert_eq!(Metric::ALL.iter().filter(|metric| !metric.is_detailed()).count(), 10);
}

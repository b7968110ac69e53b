//! Spans as a collector receives them. The exporter is one for the whole process, so this is one test.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]
use std::collections::BTreeSet;

use aws_lambda_events::event::sqs::SqsEvent;
use axum::{body::Bytes, http::HeaderMap, routing::post};
use local::stack::{Stack, StackOptions};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, Span},
};
use prost::Message as _;
use queue::{
    batch::{Record, handle_batch},
    send::AlertsQueue,
    task::RouteTask,
    traces::{flush, span},
};
use serde_json::json;
use tokio::{net::TcpListener, sync::mpsc};
use tracing::{Instrument as _, info_span};

/// A collector; returns its endpoint and what it receives.
async fn collector() -> (String, mpsc::UnboundedReceiver<(HeaderMap, Bytes)>) {
    let (sender, received) = mpsc::unbounded_channel();
    let receive = move |headers: HeaderMap, body: Bytes| async move {
        sender.send((headers, body)).unwrap();
    };
    let app = axum::Router::new().route("/v1/traces", post(receive));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (endpoint, received)
}

/// The message that was sent, and one like it from before traces.
async fn received_messages(stack: &Stack) -> SqsEvent {
    let message = stack.sqs.receive_message().queue_url(&stack.queues.alerts).send().await.unwrap();
    let body = message.messages()[0].body().unwrap().to_owned();
    let mut old: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(old.as_object_mut().unwrap().remove("traceparent").is_some(), "{body}");
    let record = |id: &str, body: String| json!({"messageId": id, "receiptHandle": id, "body": body, "attributes": {}});
    serde_json::from_value(json!({"Records": [record("new", body), record("old", old.to_string())]})).unwrap()
}

async fn route(event: SqsEvent) {
    let handle = async |record: Record<RouteTask>| {
        tracing::info!(target: "router", alert = %record.task.alert, "routed");
        Ok::<_, String>(())
    };
    let response = handle_batch(event, handle, async |_| {}, std::time::Duration::from_secs(60)).await;
    assert!(response.batch_item_failures.is_empty(), "{response:?}");
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[tokio::test]
async fn trace_of_an_alert_goes_through_the_queue_to_a_collector() {
    let (endpoint, mut received) = collector().await;
    let stack = Stack::start(StackOptions { folder: None, channels: &[] }).await.unwrap();
    let layer = traces::install(&endpoint, "poller").unwrap();
    startup::tracing::json(Some(layer)).unwrap();

    let alerts = AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts);
    let change = span(|| info_span!(target: "poller", parent: None, "change", provider.id = "acme"));
    alerts.send_alerts(&"acme".into(), &["alert_1".into()]).instrument(change).await.unwrap();
    route(received_messages(&stack).await).await;
    flush().await;

    let (headers, body) = received.recv().await.unwrap();
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let ExportTraceServiceRequest { resource_spans } = ExportTraceServiceRequest::decode(body).unwrap();
    let [ResourceSpans { resource: Some(resource), scope_spans, .. }] = &resource_spans[..] else {
        panic!("one resource")
    };
    assert!(format!("{resource:?}").contains("poller"), "{resource:?}");
    let spans: Vec<Span> = scope_spans.iter().flat_map(|scope| scope.spans.clone()).collect();
    let (change, routes) = (named(&spans, "change"), named(&spans, "message"));
    let ([change], [_, _]) = (&change[..], &routes[..]) else { panic!("{spans:?}") };
    let child = routes.iter().find(|route| route.trace_id == change.trace_id).expect("the trace goes on");
    assert_eq!(child.parent_span_id, change.span_id);
    let root = routes.iter().find(|route| route.trace_id != change.trace_id).expect("the old message was read");
    assert!(root.parent_span_id.is_empty(), "{root:?}");
    assert_eq!(child.events[0].name, "routed");

    // Ours alone: what the SDK says of its requests stays out.
    let keys = spans.iter().flat_map(|span| span.attributes.iter().map(|attribute| attribute.key.as_str()));
    assert_eq!(keys.collect::<BTreeSet<_>>(), BTreeSet::from(["message.id", "provider.id"]));

    assert!(traces::install(&endpoint, "poller").is_err(), "one exporter for a process");
    flush().await;
    assert!(received.try_recv().is_err(), "spans are sent once");
}

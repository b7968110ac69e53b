//! The event source mapping between a queue and a function.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName as Attribute};
use local::{
    event_source::{EventSource, Handled, run_until_idle},
    function::{Handler, handler},
    sqs::Sqs,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, watch};

struct Setup {
    _service: Sqs,
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl Setup {
    async fn start(name: &str) -> Self {
        let service = Sqs::open(None).unwrap();
        let sqs = service.client();
        let mut request = sqs.create_queue().queue_name(name).attributes(Attribute::VisibilityTimeout, "600");
        if name.ends_with(".fifo") {
            request = request.attributes(Attribute::FifoQueue, "true");
        }
        let url = request.send().await.unwrap().queue_url.unwrap();
        Self { _service: service, sqs, url }
    }
    fn source(&self, handler: Handler) -> EventSource {
        EventSource { sqs: self.sqs.clone(), queue_url: self.url.clone(), batch_size: 10, concurrency: 2, handler }
    }
    async fn send(&self, body: &str) {
        self.sqs.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
    }
    /// Visible and in flight.
    async fn left(&self) -> (u32, u32) {
        let request = self.sqs.get_queue_attributes().queue_url(&self.url).attribute_names(Attribute::All);
        let attributes = request.send().await.unwrap().attributes.unwrap();
        let number = |name| attributes[&name].parse().unwrap();
        (number(Attribute::ApproximateNumberOfMessages), number(Attribute::ApproximateNumberOfMessagesNotVisible))
    }
}

/// A function that fails messages with the body `bad`.
fn picky() -> Handler {
    handler(async |event: Value| {
        let records = event["Records"].as_array().unwrap();
        let failures: Vec<Value> = records
            .iter()
            .filter(|record| record["body"] == "bad")
            .map(|record| json!({"itemIdentifier": record["messageId"]}))
            .collect();
        Ok(json!({"batchItemFailures": failures}))
    })
}

fn recording() -> (Handler, mpsc::UnboundedReceiver<Value>) {
    let (events, seen) = mpsc::unbounded_channel();
    let record = move |event| {
        events.send(event).unwrap();
        async { Ok(Value::Null) }
    };
    (handler(record), seen)
}

#[tokio::test]
async fn event_is_the_one_that_lambda_gets() {
    let setup = Setup::start("q.fifo").await;
    let value = |data_type: &str| MessageAttributeValue::builder().data_type(data_type);
    let request = setup.sqs.send_message().queue_url(&setup.url).message_body("{\"v\":1}");
    let request = request
        .message_group_id("a destination")
        .message_deduplication_id("a delivery")
        .message_attributes("text", value("String").string_value("v").build().unwrap())
        .message_attributes(
            "bytes",
            value("Binary").binary_value(aws_sdk_sqs::primitives::Blob::new(b"1100")).build().unwrap(),
        );
    let sent = request.send().await.unwrap();
    let (handler, mut seen) = recording();
    assert_eq!(run_until_idle(&[setup.source(handler)]).await.unwrap(), Handled { messages: 1, failures: 0 });

    let json = seen.recv().await.unwrap();
    let event: SqsEvent = serde_json::from_value(json.clone()).unwrap();
    let record = &event.records[0];
    assert_eq!(record.message_id, sent.message_id);
    assert_eq!(record.body.as_deref(), Some("{\"v\":1}"));
    assert_eq!(record.md5_of_body, sent.md5_of_message_body);
    assert_eq!(record.md5_of_message_attributes, sent.md5_of_message_attributes);
    assert_eq!(record.event_source.as_deref(), Some("aws:sqs"));
    assert_eq!(record.event_source_arn.as_deref(), Some("arn:aws:sqs:us-east-1:000000000000:q.fifo"));
    assert_eq!(record.aws_region.as_deref(), Some("us-east-1"));
    assert_eq!(record.attributes["MessageGroupId"], "a destination");
    assert_eq!(record.attributes["MessageDeduplicationId"], "a delivery");
    assert_eq!(record.attributes["ApproximateReceiveCount"], "1");
    assert_eq!(Some(&record.attributes["SequenceNumber"]), sent.sequence_number.as_ref());
    assert_eq!(record.message_attributes["text"].string_value.as_deref(), Some("v"));
    assert_eq!(json["Records"][0]["messageAttributes"]["bytes"]["binaryValue"], "MTEwMA==");
    assert_eq!(setup.left().await, (0, 0));
}

#[tokio::test]
async fn failed_messages_stay_hidden_and_the_others_are_deleted() {
    let setup = Setup::start("q").await;
    for body in ["good", "bad", "good"] {
        setup.send(body).await;
    }
    let handled = run_until_idle(&[setup.source(picky())]).await.unwrap();
    assert_eq!(handled, Handled { messages: 3, failures: 1 });
    assert_eq!(setup.left().await, (0, 1));
}

#[tokio::test]
async fn visibility_set_by_the_function_holds() {
    let setup = Setup::start("q").await;
    setup.send("later").await;
    let tries = Arc::new(Mutex::new(0));
    let (sqs, url, counted) = (setup.sqs.clone(), setup.url.clone(), tries.clone());
    let twice = handler(move |event| {
        let (sqs, url, counted) = (sqs.clone(), url.clone(), counted.clone());
        async move {
            *counted.lock().unwrap() += 1;
            if *counted.lock().unwrap() == 2 {
                return Ok(Value::Null);
            }
            let record = &event["Records"][0];
            let request = sqs.change_message_visibility().queue_url(url).visibility_timeout(0);
            request.receipt_handle(record["receiptHandle"].as_str().unwrap()).send().await?;
            Ok(json!({"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}))
        }
    });
    let handled = run_until_idle(&[setup.source(twice)]).await.unwrap();
    assert_eq!(handled, Handled { messages: 2, failures: 1 });
    assert_eq!(setup.left().await, (0, 0));
}

#[tokio::test]
async fn whole_batch_fails_if_the_function_fails_panics_or_answers_nonsense() {
    let failing = handler(async |_| anyhow::bail!("no database"));
    let panicking = handler(async |_| panic!("a bug"));
    let unknown = handler(async |_| Ok(json!({"batchItemFailures": [{"itemIdentifier": "not in the batch"}]})));
    let not_a_list = handler(async |_| Ok(json!({"batchItemFailures": "all"})));
    for handler in [failing, panicking, unknown, not_a_list] {
        let setup = Setup::start("q").await;
        setup.send("1").await;
        setup.send("2").await;
        let handled = run_until_idle(&[setup.source(handler)]).await.unwrap();
        assert_eq!(handled, Handled { messages: 2, failures: 2 });
        assert_eq!(setup.left().await, (0, 2));
    }
}

#[tokio::test]
async fn queues_are_idle_when_what_functions_sent_is_handled_too() {
    let setup = Setup::start("first").await;
    let second = setup.sqs.create_queue().queue_name("second").send().await.unwrap().queue_url.unwrap();
    let (sqs, to) = (setup.sqs.clone(), second.clone());
    let passing_on = handler(move |event| {
        let (sqs, to) = (sqs.clone(), to.clone());
        async move {
            for record in event["Records"].as_array().unwrap() {
                let body = record["body"].as_str().unwrap();
                sqs.send_message().queue_url(&to).message_body(body).send().await?;
            }
            Ok(Value::Null)
        }
    });
    for number in 0..25 {
        setup.send(&number.to_string()).await;
    }
    let (end, mut seen) = recording();
    // The queue that receives comes before the one whose function sends to it, so that one pass is not enough.
    let sources = [EventSource { queue_url: second, ..setup.source(end) }, setup.source(passing_on)];
    assert_eq!(run_until_idle(&sources).await.unwrap(), Handled { messages: 50, failures: 0 });
    let mut bodies = Vec::new();
    while let Ok(event) = seen.try_recv() {
        bodies.extend(event["Records"].as_array().unwrap().iter().map(|record| record["body"].clone()));
    }
    assert_eq!(bodies.len(), 25);
}

#[tokio::test]
async fn messages_are_handled_as_they_come_and_shutdown_ends_long_polls() {
    let setup = Setup::start("q").await;
    let (handler, mut seen) = recording();
    let source = setup.source(handler);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(async move { source.run(stopped).await });
    for body in ["1", "2"] {
        setup.send(body).await;
        assert_eq!(seen.recv().await.unwrap()["Records"][0]["body"], body);
    }
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("a long poll is not waited for").unwrap();
    assert_eq!(setup.left().await, (0, 0));
}

#[tokio::test]
async fn shutdown_finishes_the_running_batch() {
    let setup = Setup::start("q").await;
    setup.send("in hand").await;
    let (started, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = handler({
        let (started, release) = (started.clone(), release.clone());
        move |_| {
            let (started, release) = (started.clone(), release.clone());
            async move {
                started.notify_one();
                release.notified().await;
                Ok(Value::Null)
            }
        }
    });
    let source = setup.source(slow);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(async move { source.run(stopped).await });
    started.notified().await;
    stop.send_replace(true);
    release.notify_one();
    running.await.unwrap();
    assert_eq!(setup.left().await, (0, 0));
}

//! Lambda's SQS event source mapping: receives messages from a queue, passes them to a function as one `SqsEvent` and
//! deletes those that the response does not report as failed. Failed messages stay hidden until their visibility
//! timeout ends, either the queue's or one that the function set. The queue itself keeps the order within FIFO groups.
use std::{collections::HashSet, sync::Arc, time::Duration};

use anyhow::Context as _;
use aws_sdk_sqs::{
    Client,
    types::{DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::future;
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, watch};

use crate::{
    function::{Handler, invoke},
    sqs,
};

/// Concurrent receive requests.
const CONCURRENT_RECEIVES: usize = 4;
const LONG_POLL_SECONDS: i32 = 20;
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// A queue and the function that handles its messages.
#[derive(Clone)]
pub struct EventSource {
    pub sqs: Client,
    pub queue_url: String,
    /// At most 10.
    pub batch_size: i32,
    /// Concurrent batches: a batch that waits for a slow receiver holds up others only when so many do.
    pub concurrency: usize,
    pub handler: Handler,
}

/// How many messages [`run_until_idle`] handled. A message that failed twice counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    pub messages: usize,
    pub failures: usize,
}

/// Handles all visible messages, including those that the functions send to these queues meanwhile. Returns when a pass
/// over all queues finds none. Failed and delayed messages stay for a later run.
pub async fn run_until_idle(sources: &[EventSource]) -> anyhow::Result<Handled> {
    let mut total = Handled::default();
    loop {
        let mut pass = Handled::default();
        for source in sources {
            pass.add(source.drain().await?);
        }
        if pass.messages == 0 {
            return Ok(total);
        }
        total.add(pass);
    }
}

impl Handled {
    fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.failures += other.failures;
    }
}

impl EventSource {
    /// Handles messages until `shutdown` turns true or its sender is dropped, then finishes the running batches.
    pub async fn run(&self, shutdown: watch::Receiver<bool>) {
        let slots = Arc::new(Semaphore::new(self.concurrency));
        let receivers = (0..CONCURRENT_RECEIVES.min(self.concurrency)).map(|_| self.poll(&slots, shutdown.clone()));
        future::join_all(receivers).await;
        let all = u32::try_from(self.concurrency).expect("a few hundred batches");
        let _all = slots.acquire_many(all).await;
    }

    async fn poll(&self, slots: &Arc<Semaphore>, mut shutdown: watch::Receiver<bool>) {
        loop {
            let received = tokio::select! {
                biased;
                // A cancelled poll may have received messages: they come again when their visibility timeout ends.
                _ = shutdown.wait_for(|stop| *stop) => return,
                received = async {
                    let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
                    self.receive(LONG_POLL_SECONDS).await.map(|messages| (messages, slot))
                } => received,
            };
            match received {
                Ok((messages, _)) if messages.is_empty() => {}
                Ok((messages, slot)) => {
                    let source = self.clone();
                    tokio::spawn(async move {
                        source.handle_batch(messages).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "no messages were received: another attempt follows");
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
    }

    async fn drain(&self) -> anyhow::Result<Handled> {
        let worker = async || {
            let mut handled = Handled::default();
            loop {
                let messages = self.receive(0).await?;
                if messages.is_empty() {
                    return anyhow::Ok(handled);
                }
                handled.add(self.handle_batch(messages).await);
            }
        };
        let mut total = Handled::default();
        for handled in future::try_join_all((0..CONCURRENT_RECEIVES.min(self.concurrency)).map(|_| worker())).await? {
            total.add(handled);
        }
        Ok(total)
    }

    async fn receive(&self, wait_seconds: i32) -> anyhow::Result<Vec<Message>> {
        let request = self.sqs.receive_message().queue_url(&self.queue_url);
        let response = request
            .max_number_of_messages(self.batch_size)
            .wait_time_seconds(wait_seconds)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .with_context(|| format!("receiving messages from {}", self.queue_url))?;
        Ok(response.messages.unwrap_or_default())
    }

    async fn handle_batch(&self, messages: Vec<Message>) -> Handled {
        let event = event(&messages, &self.queue_url);
        let response = invoke(&self.handler, event).await;
        let failed = response.and_then(|response| failed(&response, &messages)).unwrap_or_else(|error| {
            let count = messages.len();
            tracing::error!(error = format!("{error:#}"), count, "a batch failed and will come again");
            messages.iter().map(id).collect()
        });
        let done: Vec<&Message> = messages.iter().filter(|message| !failed.contains(id(message))).collect();
        if let Err(error) = self.delete(&done).await {
            tracing::warn!(error = format!("{error:#}"), "handled messages were not deleted and will come again");
        }
        Handled { messages: messages.len(), failures: failed.len() }
    }

    async fn delete(&self, messages: &[&Message]) -> anyhow::Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let entry = |(number, message): (usize, &&Message)| {
            let receipt = message.receipt_handle.as_deref().unwrap_or_default();
            DeleteMessageBatchRequestEntry::builder().id(number.to_string()).receipt_handle(receipt).build()
        };
        let entries = messages.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        let request = self.sqs.delete_message_batch().queue_url(&self.queue_url).set_entries(Some(entries));
        let response = request.send().await?;
        match response.failed().first() {
            None => Ok(()),
            Some(failed) => anyhow::bail!(
                "SQS did not delete {} of {} messages: {}",
                response.failed().len(),
                messages.len(),
                failed.code()
            ),
        }
    }
}

fn id(message: &Message) -> &str {
    message.message_id().unwrap_or_default()
}

/// The event in the form that Lambda passes to a function.
fn event(messages: &[Message], queue_url: &str) -> Value {
    let arn = sqs::arn_of_url(queue_url);
    let region = arn.split(':').nth(3);
    let record = |message: &Message| {
        let attributes = message.attributes.iter().flatten().map(|(name, value)| (name.to_string(), json!(value)));
        let own = message.message_attributes.iter().flatten();
        let mut record = json!({
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": attributes.collect::<Map<_, _>>(),
            "messageAttributes": own.map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>(),
            "md5OfBody": message.md5_of_body,
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "awsRegion": region,
        });
        if let Some(digest) = &message.md5_of_message_attributes {
            record["md5OfMessageAttributes"] = json!(digest);
        }
        record
    };
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

fn attribute(value: &MessageAttributeValue) -> Value {
    let mut attribute = json!({"dataType": value.data_type, "stringListValues": [], "binaryListValues": []});
    if let Some(text) = &value.string_value {
        attribute["stringValue"] = json!(text);
    }
    if let Some(bytes) = &value.binary_value {
        attribute["binaryValue"] = json!(BASE64_STANDARD.encode(bytes));
    }
    attribute
}

/// The ids of failed messages in a function's response. As in Lambda, no list means that no message failed, and a list
/// that names a message outside the batch fails the whole batch.
fn failed<'a>(response: &Value, messages: &'a [Message]) -> anyhow::Result<HashSet<&'a str>> {
    let failures = match &response["batchItemFailures"] {
        Value::Null => return Ok(HashSet::new()),
        failures => {
            failures.as_array().context("the function's response is not valid: batchItemFailures is not a list")?
        }
    };
    let known = |failure: &Value| {
        let named = failure["itemIdentifier"].as_str().unwrap_or_default();
        let message = messages.iter().find(|message| id(message) == named);
        message.map(id).with_context(|| format!("batchItemFailures names {named:?}, which is not in the batch"))
    };
    failures.iter().map(known).collect()
}

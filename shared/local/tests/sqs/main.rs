//! SQS, tested through the SDK. Each test has queues of its own. Tests about time use a short visibility
//! timeout and a long poll, which ends when the message is visible.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod dead_letters;
mod fifo;
mod messages;
mod queues;
mod reopening;

use std::{collections::HashMap, path::Path};

use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName, QueueAttributeName as Attribute, SendMessageBatchRequestEntry},
};
use local::sqs::Sqs;

struct Queues {
    service: Sqs,
    sqs: Client,
}

impl Queues {
    async fn start() -> Self {
        Self::open(None)
    }
    fn open(file: Option<&Path>) -> Self {
        let service = Sqs::open(file).unwrap();
        let sqs = service.client();
        Self { service, sqs }
    }
    async fn create(&self, name: &str, attributes: &[(Attribute, &str)]) -> Queue {
        let mut attributes: HashMap<_, _> =
            attributes.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        if name.ends_with(".fifo") {
            attributes.insert(Attribute::FifoQueue, "true".into());
        }
        let created = self.sqs.create_queue().queue_name(name).set_attributes(Some(attributes)).send().await.unwrap();
        Queue { sqs: self.sqs.clone(), url: created.queue_url.unwrap() }
    }
    async fn existing(&self, name: &str) -> Queue {
        let url = self.sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap();
        Queue { sqs: self.sqs.clone(), url }
    }
    /// A queue that allows `most` receives of a message, and its dead-letter queue.
    async fn with_dead_letters(&self, most: u32, suffix: &str) -> (Queue, Queue) {
        let dead = self.create(&format!("dead{suffix}"), &[]).await;
        let arn = dead.attribute(Attribute::QueueArn).await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{most}}}"#);
        let attributes = [(Attribute::VisibilityTimeout, "600"), (Attribute::RedrivePolicy, &policy)];
        (self.create(&format!("live{suffix}"), &attributes).await, dead)
    }
}

#[derive(Clone)]
struct Queue {
    sqs: Client,
    url: String,
}

impl Queue {
    async fn send(&self, body: &str) -> String {
        let sent = self.sqs.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
        sent.message_id.unwrap()
    }
    /// To a FIFO queue; the body is the deduplication id.
    async fn send_to(&self, group: &str, body: &str) -> aws_sdk_sqs::operation::send_message::SendMessageOutput {
        let request = self.sqs.send_message().queue_url(&self.url).message_body(body);
        request.message_group_id(group).message_deduplication_id(body).send().await.unwrap()
    }
    async fn receive(&self, wait_seconds: i32) -> Vec<Message> {
        self.receive_up_to(10, wait_seconds).await
    }
    async fn receive_up_to(&self, most: i32, wait_seconds: i32) -> Vec<Message> {
        let request = self.sqs.receive_message().queue_url(&self.url);
        let request = request.max_number_of_messages(most).wait_time_seconds(wait_seconds);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
        request.message_attribute_names("All").send().await.unwrap().messages.unwrap_or_default()
    }
    async fn bodies(&self) -> Vec<String> {
        self.receive(0).await.into_iter().map(|message| message.body.unwrap()).collect()
    }
    async fn delete(&self, message: &Message) {
        let handle = message.receipt_handle.as_ref().unwrap();
        self.sqs.delete_message().queue_url(&self.url).receipt_handle(handle).send().await.unwrap();
    }
    /// The error code, if it failed.
    async fn hide(&self, message: &Message, seconds: i32) -> Result<(), String> {
        let request = self.sqs.change_message_visibility().queue_url(&self.url);
        let request = request.receipt_handle(message.receipt_handle.as_ref().unwrap()).visibility_timeout(seconds);
        request.send().await.map(|_| ()).map_err(|err| code(err.into_service_error()))
    }
    async fn attribute(&self, name: Attribute) -> String {
        let request = self.sqs.get_queue_attributes().queue_url(&self.url).attribute_names(Attribute::All);
        request.send().await.unwrap().attributes.unwrap()[&name].clone()
    }
    /// Visible, in flight, delayed.
    async fn counts(&self) -> (String, String, String) {
        (
            self.attribute(Attribute::ApproximateNumberOfMessages).await,
            self.attribute(Attribute::ApproximateNumberOfMessagesNotVisible).await,
            self.attribute(Attribute::ApproximateNumberOfMessagesDelayed).await,
        )
    }
}

fn code(error: impl aws_sdk_sqs::error::ProvideErrorMetadata) -> String {
    error.code().unwrap_or_default().to_owned()
}

fn system<'a>(message: &'a Message, name: &str) -> &'a str {
    &message.attributes.as_ref().unwrap()[&MessageSystemAttributeName::from(name)]
}

fn entry(id: &str, body: &str) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
}

fn counts(visible: &str, in_flight: &str, delayed: &str) -> (String, String, String) {
    (visible.into(), in_flight.into(), delayed.into())
}

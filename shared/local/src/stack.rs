//! The resources of `template.yaml` on this machine: DynamoDB, and every queue with its dead-letter queue. The caller
//! creates the table, whose keys it knows. The constants below must equal those of the template.
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, OnceLock},
};

use anyhow::Context as _;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::{self, BoxFuture};
use queue::send::QueueUrls;
use serde_json::json;

use crate::{
    dynamodb::DynamoDb,
    folder::DataFolder,
    service::{Response, Service},
    socket::Socket,
    sqs::Sqs,
};

/// Six times the time-out of the functions behind the queues, as AWS recommends.
pub const VISIBILITY_SECONDS: u32 = 180;
/// The maximum of SQS, so that dead letters stay as long as possible for the operator to look at.
pub const RETENTION_SECONDS: u32 = 14 * 24 * 3600;
/// A message that was received this often becomes a dead letter. Those that wait behind another one of their group are
/// received along with it and count too, and so does every invocation of a fan-out: one for each 50,000 destinations,
/// or for as many as it queues in 20 seconds, so that a million takes 20 to 30. Failures for a fault of ours come again
/// after 180 seconds at last, so that an outage of an hour and a half takes 33 receives; a message that panics or
/// cannot be read comes again after 15, so that it is dead within an hour.
pub const ALERTS_MAX_RECEIVE_COUNT: u32 = 200;
/// Far more than the attempts after which the dispatcher gives a delivery up, so that a dead letter shows a bug of ours
/// and not a receiver that was down. What was sent and could not be recorded comes again every 40 seconds at most: an
/// outage of an hour and a half takes 135 receives.
pub const CHANNEL_MAX_RECEIVE_COUNT: u32 = 200;

/// What a [`Stack`] is started with.
pub struct StackOptions<'a> {
    /// The data folder; `None` keeps the data in memory.
    pub folder: Option<&'a Path>,
    /// Names of the channels. Each gets a queue and a dead-letter queue.
    pub channels: &'a [&'a str],
}

/// The open services with clients for them. They close when dropped; [`Stack::stop`] also finishes running requests.
pub struct Stack {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub queues: QueueUrls,
    /// The dead-letter queue of each of `queues`.
    pub dead_letters: QueueUrls,
    /// `None` without a data folder, or if its file system has no sockets.
    socket: Option<Socket>,
    items: DynamoDb,
    messages: Sqs,
    folder: Option<DataFolder>,
    keys: OnceLock<String>,
}

impl Stack {
    pub async fn start(options: StackOptions<'_>) -> anyhow::Result<Self> {
        let folder = options.folder.map(DataFolder::open).transpose()?;
        let dynamodb_file = folder.as_ref().map(DataFolder::dynamodb_file);
        let queues_file = folder.as_ref().map(DataFolder::queues_file);
        let (items, messages) = (DynamoDb::open(dynamodb_file.as_deref())?, Sqs::open(queues_file.as_deref())?);
        let (dynamodb, sqs) = (items.client(), messages.client());

        let channels = options.channels.iter().map(|channel| create_pair(&sqs, channel, CHANNEL_MAX_RECEIVE_COUNT));
        let (alerts, channels) =
            future::try_join(create_pair(&sqs, "alerts", ALERTS_MAX_RECEIVE_COUNT), future::try_join_all(channels))
                .await?;
        let mut queues = QueueUrls { alerts: alerts.0, channels: BTreeMap::new() };
        let mut dead_letters = QueueUrls { alerts: alerts.1, channels: BTreeMap::new() };
        for (channel, (queue, dead_letter_queue)) in options.channels.iter().zip(channels) {
            queues.channels.insert(channel.to_string(), queue);
            dead_letters.channels.insert(channel.to_string(), dead_letter_queue);
        }
        let mut stack =
            Self { dynamodb, sqs, queues, dead_letters, socket: None, items, messages, folder, keys: OnceLock::new() };
        let socket = stack.folder.as_ref().map(|folder| Socket::open(folder, stack.services()));
        stack.socket = socket.and_then(|opened| {
            let warn = |error: &anyhow::Error| {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "commands on this data folder have to wait for its release"
                );
            };
            opened.inspect_err(warn).ok()
        });
        Ok(stack)
    }

    /// The keys that encrypt what is secret in the store, which are kept as long as the data; `generate` makes those of
    /// a new instance.
    pub fn keys(&self, generate: impl FnOnce() -> String) -> anyhow::Result<&str> {
        if self.keys.get().is_none() {
            let keys = match &self.folder {
                Some(folder) => folder.keys(generate)?,
                None => generate(),
            };
            let _ = self.keys.set(keys);
        }
        Ok(self.keys.get().expect("they are set"))
    }

    /// Both services, for what carries requests to them.
    pub fn services(&self) -> Arc<dyn Service> {
        Arc::new(Services { dynamodb: self.items.service(), sqs: self.messages.service() })
    }

    /// The number of messages in the queues: visible, in flight and delayed, without dead letters.
    pub async fn waiting(&self) -> anyhow::Result<u64> {
        let mut waiting = 0;
        for url in std::iter::once(&self.queues.alerts).chain(self.queues.channels.values()) {
            let request = self.sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
            let attributes =
                request.send().await.context("counting the messages in the queues")?.attributes.unwrap_or_default();
            let counts = [
                QueueAttributeName::ApproximateNumberOfMessages,
                QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
                QueueAttributeName::ApproximateNumberOfMessagesDelayed,
            ];
            waiting += counts.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok()).sum::<u64>();
        }
        Ok(waiting)
    }

    /// Finishes the running requests, closes the files and releases the data folder. Stop the users of the stack first.
    pub async fn stop(self) {
        self.messages.end_long_polls();
        if let Some(socket) = self.socket {
            socket.stop().await;
        }
        future::join(self.items.stop(), self.messages.stop()).await;
        drop(self.folder);
    }
}

#[derive(Debug)]
struct Services {
    dynamodb: Arc<dyn Service>,
    sqs: Arc<dyn Service>,
}

impl Service for Services {
    fn perform<'a>(&'a self, target: &'a str, input: &'a [u8]) -> BoxFuture<'a, Response> {
        match target.split_once('.') {
            Some(("AmazonSQS", _)) => self.sqs.perform(target, input),
            _ => self.dynamodb.perform(target, input),
        }
    }
}

/// Creates a FIFO queue and its dead-letter queue, and returns their URLs.
async fn create_pair(
    sqs: &aws_sdk_sqs::Client,
    name: &str,
    max_receive_count: u32,
) -> anyhow::Result<(String, String)> {
    let mut attributes = vec![
        (QueueAttributeName::FifoQueue, "true".to_owned()),
        (QueueAttributeName::VisibilityTimeout, VISIBILITY_SECONDS.to_string()),
        (QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS.to_string()),
    ];
    let dead_letters = create(sqs, &format!("{name}-dlq.fifo"), &attributes).await?;
    let arn = crate::sqs::arn_of_url(&dead_letters);
    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": max_receive_count});
    attributes.push((QueueAttributeName::RedrivePolicy, policy.to_string()));
    Ok((create(sqs, &format!("{name}.fifo"), &attributes).await?, dead_letters))
}

/// Creates the queue, or updates the attributes of one that an earlier version created. Returns its URL.
async fn create(
    sqs: &aws_sdk_sqs::Client,
    name: &str,
    attributes: &[(QueueAttributeName, String)],
) -> anyhow::Result<String> {
    let context = || format!("creating the queue {name}");
    let attributes = Some(attributes.iter().cloned().collect());
    let created = sqs.create_queue().queue_name(name).set_attributes(attributes.clone()).send().await;
    let url = match created {
        Ok(created) => created.queue_url,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_queue_name_exists()) => {
            let url = sqs.get_queue_url().queue_name(name).send().await.with_context(context)?.queue_url;
            let request = sqs.set_queue_attributes().set_queue_url(url.clone()).set_attributes(attributes);
            request.send().await.with_context(context)?;
            url
        }
        Err(error) => return Err(error).with_context(context),
    };
    url.with_context(context)
}

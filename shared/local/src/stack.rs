//! The resources of `template.yaml` on this machine: DynamoDB, and every queue with its dead-letter queue. The caller
//! creates the table, whose keys it knows. The constants below must equal those of the template.
use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future;
use queue::send::QueueUrls;
use serde::{Deserialize, Serialize};
use serde_json::json;
use startup::aws::AwsSettings;

use crate::{dynamodb::DynamoDbServer, folder::DataFolder, sqs::SqsServer};

/// Six times the time-out of the functions behind the queues, as AWS recommends.
pub const VISIBILITY_SECONDS: u32 = 180;
/// The maximum of SQS, so that dead letters stay as long as possible for the operator to look at.
pub const RETENTION_SECONDS: u32 = 14 * 24 * 3600;
/// A route task that failed this often shows a bug of ours, and later alerts of its provider no longer wait for it. The
/// waiting ones count receives too, and an outage of the store must not lose them: the number is enough for 90 minutes.
pub const ALERTS_MAX_RECEIVE_COUNT: u32 = 30;
/// Far more than the attempts after which the dispatcher gives a delivery up, so that a dead letter shows a bug of ours
/// and not a receiver that was down. Messages that wait behind a failing one of their destination count receives too.
pub const CHANNEL_MAX_RECEIVE_COUNT: u32 = 100;

/// What a [`Stack`] is started with.
pub struct StackOptions<'a> {
    /// The data folder; `None` keeps the data in memory.
    pub folder: Option<&'a Path>,
    /// Names of the channels. Each gets a queue and a dead-letter queue.
    pub channels: &'a [&'a str],
}

/// The running servers with clients for them. They stop when dropped; [`Stack::stop`] also finishes running requests.
pub struct Stack {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub queues: QueueUrls,
    /// The dead-letter queue of each of `queues`.
    pub dead_letters: QueueUrls,
    dynamodb_server: DynamoDbServer,
    sqs_server: SqsServer,
    folder: Option<DataFolder>,
}

impl Stack {
    pub async fn start(options: StackOptions<'_>) -> anyhow::Result<Self> {
        let folder = options.folder.map(DataFolder::open).transpose()?;
        let dynamodb_file = folder.as_ref().map(DataFolder::dynamodb_file);
        let queues_file = folder.as_ref().map(DataFolder::queues_file);
        let dynamodb_server = DynamoDbServer::start(dynamodb_file.as_deref()).await?;
        let sqs_server = SqsServer::start(queues_file.as_deref()).await?;
        if let Some(folder) = &folder {
            let endpoints = Endpoints { dynamodb: dynamodb_server.url().into(), sqs: sqs_server.url().into() };
            endpoints.write(folder)?;
        }
        let aws = AwsSettings::local(dynamodb_server.url(), sqs_server.url());
        let (dynamodb, sqs) = (aws.dynamodb(), aws.sqs());

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
        Ok(Self { dynamodb, sqs, queues, dead_letters, dynamodb_server, sqs_server, folder })
    }

    /// URL of the DynamoDB server.
    pub fn dynamodb_url(&self) -> &str {
        self.dynamodb_server.url()
    }

    /// URL of the SQS server.
    pub fn sqs_url(&self) -> &str {
        self.sqs_server.url()
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
        future::join(self.dynamodb_server.stop(), self.sqs_server.stop()).await;
        drop(self.folder);
    }
}

/// The URLs at which another process on this machine serves a stack.
#[derive(Debug, Serialize, Deserialize)]
pub struct Endpoints {
    pub dynamodb: String,
    pub sqs: String,
}

impl Endpoints {
    /// The endpoints of the process that uses the data folder now; `None` if no process does.
    pub fn of(folder: &Path) -> anyhow::Result<Option<Self>> {
        if !DataFolder::is_in_use(folder) {
            return Ok(None);
        }
        let file = DataFolder::endpoints_file(folder);
        let text = fs::read(&file).with_context(|| format!("reading {}: try again in a moment", file.display()))?;
        Ok(Some(serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display()))?))
    }

    fn write(&self, folder: &DataFolder) -> anyhow::Result<()> {
        let file = DataFolder::endpoints_file(folder.path());
        fs::write(&file, serde_json::to_vec(self)?).with_context(|| format!("writing {}", file.display()))
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

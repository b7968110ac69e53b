//! What `template.yaml` creates in AWS, on this machine: the DynamoDB-compatible store and every queue with its dead
//! letters. The table itself is created by the caller, who knows its shape. The constants below must equal those of
//! the template.
use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future;
use queue::send::QueueUrls;
use serde::{Deserialize, Serialize};
use serde_json::json;
use startup::aws::AwsSettings;

use crate::{dynamodb::DynamoDbServer, folder::DataFolder, sqs::SqsServer};

/// Six times the time-out of the functions that work the queues off, as AWS asks for.
pub const VISIBILITY_SECONDS: u32 = 180;
/// The longest that SQS offers: what nobody could work off is kept for people to look at.
pub const RETENTION_SECONDS: u32 = 14 * 24 * 3600;
/// A routing that failed this often is our bug, and later alerts of its provider wait for it no longer. They count
/// receives with it, and an outage of the store must cost none of them: enough for an hour and a half.
pub const ALERTS_MAX_RECEIVE_COUNT: u32 = 30;
/// Far beyond the attempts after which the dispatcher itself gives a delivery up: what gets here is our bug too, not a
/// receiver that was down for long. Messages waiting behind a failing one of their destination count receives as well.
pub const CHANNEL_MAX_RECEIVE_COUNT: u32 = 100;

pub struct StackOptions<'a> {
    /// Where everything is kept; `None` keeps it in memory.
    pub folder: Option<&'a Path>,
    /// Names of the channels, each of which gets its queues.
    pub channels: &'a [&'a str],
}

/// The running stack; it stops when dropped, in order only through [`Stack::stop`].
pub struct Stack {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub queues: QueueUrls,
    /// Where what could not be worked off from each of `queues` ends.
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
        for (channel, (queue, dead)) in options.channels.iter().zip(channels) {
            queues.channels.insert(channel.to_string(), queue);
            dead_letters.channels.insert(channel.to_string(), dead);
        }
        Ok(Self { dynamodb, sqs, queues, dead_letters, dynamodb_server, sqs_server, folder })
    }

    /// Where the store listens.
    pub fn dynamodb_url(&self) -> &str {
        self.dynamodb_server.url()
    }

    /// Where the queues listen.
    pub fn sqs_url(&self) -> &str {
        self.sqs_server.url()
    }

    /// Messages in the queues, received or not: what is still to be worked off. Dead letters are not counted.
    pub async fn waiting(&self) -> anyhow::Result<u64> {
        let mut waiting = 0;
        for url in std::iter::once(&self.queues.alerts).chain(self.queues.channels.values()) {
            let request = self.sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
            let attributes = request.send().await.context("counting what waits")?.attributes.unwrap_or_default();
            let counts = [
                QueueAttributeName::ApproximateNumberOfMessages,
                QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
                QueueAttributeName::ApproximateNumberOfMessagesDelayed,
            ];
            waiting += counts.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok()).sum::<u64>();
        }
        Ok(waiting)
    }

    /// To be called after those who use the stack have stopped: requests under way are finished, the files closed and
    /// the folder released.
    pub async fn stop(self) {
        future::join(self.dynamodb_server.stop(), self.sqs_server.stop()).await;
        drop(self.folder);
    }
}

/// Where another process of this machine serves a stack.
#[derive(Debug, Serialize, Deserialize)]
pub struct Endpoints {
    pub dynamodb: String,
    pub sqs: String,
}

impl Endpoints {
    /// Of the process that uses the data folder now; `None` if none does.
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

/// A FIFO queue and its dead letters: their URLs.
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

/// A queue that an earlier version created with other attributes gets the present ones.
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

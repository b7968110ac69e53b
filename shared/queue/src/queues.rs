//! All queues of an instance, for its operator: queues tasks by hand and redrives dead letters.
use std::collections::BTreeMap;

use aws_sdk_sqs::{
    Client, error::DisplayErrorContext, operation::get_queue_url::GetQueueUrlError, types::QueueAttributeName,
};

use crate::send::{AlertsQueue, ChannelQueue, QueueUrls};

pub struct Queues {
    pub alerts: AlertsQueue,
    /// By the channel's name; without those that the stack leaves out.
    pub channels: BTreeMap<String, ChannelQueue>,
    /// By the channel's name; the router's under `alerts`.
    pub dead_letters: BTreeMap<String, DeadLetters>,
}

/// A dead-letter queue: holds messages that failed too often.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    client: Client,
    url: String,
}

/// A request to SQS that failed: which one, and what SQS answered.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {reason}")]
pub struct QueuesError {
    doing: String,
    reason: String,
}

/// The stack has no queue for this channel.
#[derive(Debug, thiserror::Error)]
#[error("this stack leaves out the channel {0}: deploy it first")]
pub struct LeftOut(String);

/// Name of the router's queue, without prefix and suffix.
const ALERTS: &str = "alerts";

impl Queues {
    /// The queues at these URLs.
    pub fn of(client: &Client, queues: &QueueUrls, dead_letters: &QueueUrls) -> Self {
        let letters = |url: &String| DeadLetters { client: client.clone(), url: url.clone() };
        let of_channels = dead_letters.channels.iter().map(|(channel, url)| (channel.clone(), letters(url)));
        let channel = |(channel, url): (&String, &String)| (channel.clone(), ChannelQueue::new(client.clone(), url));
        Self {
            alerts: AlertsQueue::new(client.clone(), &queues.alerts),
            channels: queues.channels.iter().map(channel).collect(),
            dead_letters: of_channels.chain([(ALERTS.to_owned(), letters(&dead_letters.alerts))]).collect(),
        }
    }

    pub fn channel(&self, name: &str) -> Result<&ChannelQueue, LeftOut> {
        self.channels.get(name).ok_or_else(|| LeftOut(name.to_owned()))
    }

    /// The number of messages in the queues, about: visible, in flight and delayed, without dead letters.
    pub async fn waiting(&self) -> Result<u64, QueuesError> {
        let mut waiting = waiting(&self.alerts.client, &self.alerts.url).await?;
        for queue in self.channels.values() {
            waiting += self::waiting(&queue.client, &queue.url).await?;
        }
        Ok(waiting)
    }

    /// The numbers of dead letters, about, by the names of their queues; of those that have any.
    pub async fn dead(&self) -> Result<BTreeMap<&str, u64>, QueuesError> {
        let mut dead = BTreeMap::new();
        for (name, letters) in &self.dead_letters {
            dead.insert(name.as_str(), waiting(&letters.client, &letters.url).await?);
        }
        dead.retain(|_, number| *number > 0);
        Ok(dead)
    }

    /// Looks the queues up by the names that the template and the local stack give them. `prefix` is empty on one
    /// machine; in AWS it is the stack's name and a hyphen. A stack may leave out channels.
    pub async fn find(client: &Client, prefix: &str, channels: &[&str]) -> Result<Self, QueuesError> {
        let all = async |suffix: &str| {
            let name = |queue: &str| format!("{prefix}{queue}{suffix}.fifo");
            let alerts = find(client, &name(ALERTS)).await?.ok_or_else(|| QueuesError {
                doing: format!("the queue {} was not found", name(ALERTS)),
                reason: "no queue has this name in this account and region".to_owned(),
            })?;
            let mut urls = QueueUrls { alerts, channels: BTreeMap::new() };
            for channel in channels {
                let url = find(client, &name(channel)).await?;
                urls.channels.extend(url.map(|url| (channel.to_string(), url)));
            }
            Ok::<_, QueuesError>(urls)
        };
        Ok(Self::of(client, &all("").await?, &all("-dlq").await?))
    }
}

async fn waiting(client: &Client, url: &str) -> Result<u64, QueuesError> {
    let request = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
    let answer = request.send().await.map_err(|error| QueuesError {
        doing: "the messages in the queues were not counted".to_owned(),
        reason: DisplayErrorContext(error).to_string(),
    })?;
    let attributes = answer.attributes.unwrap_or_default();
    let counts = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    Ok(counts.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok()).sum())
}

/// The URL of a queue; `None` if there is none of this name.
async fn find(client: &Client, name: &str) -> Result<Option<String>, QueuesError> {
    match client.get_queue_url().queue_name(name).send().await {
        Ok(found) => Ok(found.queue_url),
        Err(error) if error.as_service_error().is_some_and(GetQueueUrlError::is_queue_does_not_exist) => Ok(None),
        Err(error) => {
            let reason = DisplayErrorContext(error).to_string();
            Err(QueuesError { doing: format!("the queue {name} was not found"), reason })
        }
    }
}

impl DeadLetters {
    /// Moves all messages back to the queues they came from, where they count as new; returns how many there were.
    pub async fn redrive(&self) -> Result<u64, QueuesError> {
        let error = |doing: &str, reason| QueuesError { doing: doing.to_owned(), reason };
        let request = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(QueueAttributeName::All);
        let answer = request.send().await;
        let answer =
            answer.map_err(|err| error("the dead letters were not counted", DisplayErrorContext(err).to_string()))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = attributes.get(&QueueAttributeName::ApproximateNumberOfMessages);
        let count = count.and_then(|count| count.parse().ok()).unwrap_or_default();
        if count > 0 {
            let arn = attributes.get(&QueueAttributeName::QueueArn).cloned().unwrap_or_default();
            let moved = self.client.start_message_move_task().source_arn(arn).send().await;
            moved.map_err(|err| error("the dead letters were not moved back", DisplayErrorContext(err).to_string()))?;
        }
        Ok(count)
    }
}

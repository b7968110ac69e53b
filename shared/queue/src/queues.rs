//! All queues of an instance, for those who look after it: to queue something by hand, and to send dead letters back.
use std::collections::BTreeMap;

use aws_sdk_sqs::{Client, error::DisplayErrorContext, types::QueueAttributeName};

use crate::send::{AlertsQueue, ChannelQueue, QueueUrls};

pub struct Queues {
    pub alerts: AlertsQueue,
    /// By the channel's name.
    pub channels: BTreeMap<String, ChannelQueue>,
    /// By the channel's name, and `alerts`.
    pub dead_letters: BTreeMap<String, DeadLetters>,
}

/// Where what could not be worked off ends.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    client: Client,
    url: String,
}

#[derive(Debug, thiserror::Error)]
#[error("{doing}: {reason}")]
pub struct QueuesError {
    doing: String,
    reason: String,
}

/// Queue name of the router's queue without what stands around it.
const ALERTS: &str = "alerts";

impl Queues {
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

    /// By the names that the template and the local stack give them. `prefix` is empty on one machine, and the stack's
    /// name with a hyphen in AWS.
    pub async fn find(client: &Client, prefix: &str, channels: &[&str]) -> Result<Self, QueuesError> {
        let find = async |name: String| {
            let found = client.get_queue_url().queue_name(&name).send().await;
            let error = |reason| QueuesError { doing: format!("looking for the queue {name}"), reason };
            let found = found.map_err(|err| error(DisplayErrorContext(err).to_string()))?;
            found.queue_url.ok_or_else(|| error("it has no URL".to_owned()))
        };
        let all = async |suffix: &str| {
            let mut urls =
                QueueUrls { alerts: find(format!("{prefix}{ALERTS}{suffix}.fifo")).await?, channels: BTreeMap::new() };
            for channel in channels {
                urls.channels.insert(channel.to_string(), find(format!("{prefix}{channel}{suffix}.fifo")).await?);
            }
            Ok::<_, QueuesError>(urls)
        };
        Ok(Self::of(client, &all("").await?, &all("-dlq").await?))
    }
}

impl DeadLetters {
    /// Sends all of them back to where they came from, to be received as if new; gives how many there were.
    pub async fn redrive(&self) -> Result<u64, QueuesError> {
        let error = |doing: &str, reason| QueuesError { doing: doing.to_owned(), reason };
        let asked = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(QueueAttributeName::All);
        let answer = asked.send().await;
        let answer = answer.map_err(|err| error("counting dead letters", DisplayErrorContext(err).to_string()))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = attributes.get(&QueueAttributeName::ApproximateNumberOfMessages);
        let count = count.and_then(|count| count.parse().ok()).unwrap_or_default();
        if count > 0 {
            let arn = attributes.get(&QueueAttributeName::QueueArn).cloned().unwrap_or_default();
            let moved = self.client.start_message_move_task().source_arn(arn).send().await;
            moved.map_err(|err| error("moving dead letters back", DisplayErrorContext(err).to_string()))?;
        }
        Ok(count)
    }
}

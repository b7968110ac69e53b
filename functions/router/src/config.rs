//! The router's environment variables, all set by `template.yaml`.
use std::collections::BTreeMap;

use queue::send::{AlertsQueue, ChannelQueue};
use startup::{aws::AwsSettings, env};
use store::Store;

use crate::router::Router;

pub(crate) struct Config {
    /// `TABLE`: the DynamoDB table.
    table: String,
    /// `QUEUE_URL`: the queue of alerts, which invokes the router.
    queue_url: String,
    /// `CHANNEL_QUEUE_URL_<CHANNEL>`, one per registered channel that the stack deploys.
    channel_queue_urls: BTreeMap<String, String>,
    aws: AwsSettings,
}

impl Config {
    pub(crate) fn from_env() -> anyhow::Result<Self> {
        let url_of = |channel: &'static channels::Channel| {
            let variable = format!("CHANNEL_QUEUE_URL_{}", channel.name.to_uppercase());
            Ok(env::optional(&variable)?.map(|url| (channel.name.to_owned(), url)))
        };
        Ok(Self {
            table: env::required("TABLE")?,
            queue_url: env::required("QUEUE_URL")?,
            channel_queue_urls: channels::channels()
                .iter()
                .filter_map(|channel| url_of(channel).transpose())
                .collect::<anyhow::Result<_>>()?,
            aws: AwsSettings::from_env()?,
        })
    }

    pub(crate) fn router(self) -> Router {
        let sqs = self.aws.sqs();
        let queue = |(channel, url)| (channel, ChannelQueue::new(sqs.clone(), url));
        Router::new(
            Store::new(&self.aws.dynamodb(), self.table),
            AlertsQueue::new(sqs.clone(), self.queue_url),
            self.channel_queue_urls.into_iter().map(queue).collect(),
        )
    }
}

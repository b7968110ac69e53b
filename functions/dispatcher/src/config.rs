//! What a dispatcher reads from its environment; `template.yaml` sets all of it.
use anyhow::Context as _;
use channels::Channel;
use http::HeaderValue;
use ipnet::IpNet;
use outbound::{Guard, Outbound, Settings};
use queue::send::ChannelQueue;
use startup::{aws::AwsSettings, env};
use store::{Owner, Store};
use uuid::Uuid;

use crate::Dispatcher;

pub(crate) struct Config {
    /// `CHANNEL`: the name of the channel this function delivers.
    channel: &'static Channel,
    /// `QUEUE_URL`: the channel's queue.
    queue_url: String,
    /// `TABLE`: the DynamoDB table.
    table: String,
    /// `PUBLIC_URL`: where people find this instance, if they do.
    public_url: Option<String>,
    /// `NETWORK_ALLOW`: private networks that may be reached, also by plain http.
    allow: Vec<IpNet>,
    aws: AwsSettings,
}

impl Config {
    pub(crate) fn from_env() -> anyhow::Result<Self> {
        let channel = env::required("CHANNEL")?;
        Ok(Self {
            channel: channels::channel(&channel).with_context(|| format!("CHANNEL: no channel is called {channel}"))?,
            queue_url: env::required("QUEUE_URL")?,
            table: env::required("TABLE")?,
            public_url: env::optional("PUBLIC_URL")?.map(|url| url.trim_end_matches('/').to_owned()),
            allow: env::list("NETWORK_ALLOW")?,
            aws: AwsSettings::from_env()?,
        })
    }

    pub(crate) fn dispatcher(self) -> anyhow::Result<Dispatcher> {
        let agent = HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION")));
        // Nothing proves a Lambda environment dead, so its leases run out by time alone: no two share a place.
        let owner = Owner { place: Uuid::new_v4().to_string(), boot: String::new() };
        Ok(Dispatcher::new(
            self.channel,
            Outbound::new(Settings::for_deliveries(Guard { allow: self.allow, own: Vec::new() }, agent)),
            Store::new(&self.aws.dynamodb(), self.table),
            ChannelQueue::new(self.aws.sqs(), self.queue_url),
            owner,
            self.public_url,
        ))
    }
}

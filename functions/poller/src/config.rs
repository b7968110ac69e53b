//! The poller's environment variables; `template.yaml` sets all of them.
use anyhow::Context as _;
use http::HeaderValue;
use ipnet::IpNet;
use outbound::{Guard, Outbound, Settings};
use queue::send::AlertsQueue;
use startup::{aws::AwsSettings, env};
use store::{Keyring, Store};

use crate::{Heartbeat, Options, Poller};

pub(crate) struct Config {
    /// `TABLE`: the DynamoDB table.
    table: String,
    /// `ALERTS_QUEUE_URL`: where alerts are queued for the router.
    alerts_queue_url: String,
    /// `CONTACT`: an address or URL in the User-Agent, at which owners of the pages can reach us.
    contact: String,
    /// `NETWORK_ALLOW`: private networks (CIDR) that may be reached, also by plain http.
    allow: Vec<IpNet>,
    /// `CATALOGUE`: with `off` only pages that accounts added are read.
    catalogue: bool,
    /// `HEARTBEAT_URL`: what is requested after each finished round, or where that is.
    heartbeat: Option<Heartbeat>,
    /// `DESTINATION_KEYS`: the keys that encrypt the logins of pages, or where they are. `None`: pages that need one
    /// are not read.
    keys: Option<String>,
    aws: AwsSettings,
}

impl Config {
    pub(crate) async fn from_env() -> anyhow::Result<Self> {
        let aws = AwsSettings::from_env()?;
        let heartbeat = match env::optional("HEARTBEAT_URL")? {
            Some(url) => Some(heartbeat(&aws.secret("HEARTBEAT_URL", url).await?)?),
            None => None,
        };
        Ok(Self {
            table: env::required("TABLE")?,
            alerts_queue_url: env::required("ALERTS_QUEUE_URL")?,
            contact: env::required("CONTACT")?,
            allow: env::list("NETWORK_ALLOW")?,
            catalogue: match env::optional("CATALOGUE")?.as_deref() {
                None | Some("on") => true,
                Some("off") => false,
                Some(_) => {
                    anyhow::bail!("the environment variable CATALOGUE is neither `on` nor `off`: set one of them")
                }
            },
            heartbeat,
            keys: env::optional("DESTINATION_KEYS")?,
            aws,
        })
    }

    pub(crate) fn poller(self) -> anyhow::Result<Poller> {
        let agent = format!("statuswire/{} (+{})", env!("CARGO_PKG_VERSION"), self.contact);
        let agent = HeaderValue::from_str(&agent)
            .context("the environment variable CONTACT has characters that a header must not have")?;
        let poller = Poller::new(
            Outbound::new(Settings::new(Guard { allow: self.allow, own: Vec::new() }, agent)),
            Store::new(&self.aws.dynamodb(), self.table),
            AlertsQueue::new(self.aws.sqs(), self.alerts_queue_url),
            Options { catalogue: self.catalogue, heartbeat: self.heartbeat, ..Options::default() },
        );
        let (aws, keys) = (self.aws, self.keys);
        Ok(match keys {
            Some(keys) => poller.with_keys(move || Box::pin(keyring(aws.clone(), keys.clone()))),
            None => poller,
        })
    }
}

async fn keyring(aws: AwsSettings, keys: String) -> anyhow::Result<Keyring> {
    let keys = aws.secret("DESTINATION_KEYS", keys).await?;
    Keyring::parse(&keys).context("DESTINATION_KEYS")
}

fn heartbeat(url: &str) -> anyhow::Result<Heartbeat> {
    url.parse().map_err(|_| anyhow::anyhow!("HEARTBEAT_URL is no http or https URL: store the one of your service"))
}

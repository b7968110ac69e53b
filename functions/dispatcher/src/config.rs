//! The dispatcher's environment variables, all set by `template.yaml`.
use anyhow::Context as _;
use channels::Channel;
use http::HeaderValue;
use ipnet::IpNet;
use mail::{Mailer, Ses, Smtp, SmtpUrl};
use outbound::{Guard, Outbound, Settings};
use queue::send::{AlertsQueue, ChannelQueue};
use startup::{aws::AwsSettings, env};
use store::{Keyring, Owner, Store};
use uuid::Uuid;

use crate::dispatcher::{Deps, Dispatcher, MailSender};

pub(crate) struct Config {
    /// `CHANNEL`: the name of the channel this function delivers.
    channel: &'static Channel,
    /// `QUEUE_URL`: the channel's queue.
    queue_url: String,
    /// `ALERTS_QUEUE_URL`: the router's queue, for notices.
    alerts_queue_url: String,
    /// `TABLE`: the DynamoDB table.
    table: String,
    /// `PUBLIC_URL`: the base URL of this instance's web pages, if they are public.
    public_url: Option<String>,
    /// `DESTINATION_KEYS`: the keys that encrypt the settings of destinations, or where they are.
    keyring: Keyring,
    /// `NETWORK_ALLOW`: private networks that deliveries may reach, also over plain HTTP.
    allow: Vec<IpNet>,
    /// `MAIL_FROM`: the sender of mails. Without it this instance sends none.
    mail_from: Option<String>,
    /// `ACCOUNTS`: with `off` nobody has an account; mails then have no link to acknowledge an incident.
    has_accounts: bool,
    /// `SMTP_URL`: the mail server, as in `smtps://user:password@smtp.example.com`, or where that is. Without it Amazon
    /// SES sends.
    smtp: Option<SmtpUrl>,
    /// `SES_CONFIGURATION_SET`: where SES publishes bounces and complaints.
    ses_configuration_set: Option<String>,
    aws: AwsSettings,
}

impl Config {
    pub(crate) async fn from_env() -> anyhow::Result<Self> {
        let channel = env::required("CHANNEL")?;
        let aws = AwsSettings::from_env()?;
        let keys = aws.secret("DESTINATION_KEYS", env::required("DESTINATION_KEYS")?).await?;
        let smtp = match env::optional("SMTP_URL")? {
            Some(url) => Some(aws.secret("SMTP_URL", url).await?),
            None => None,
        };
        Ok(Self {
            channel: channels::channel(&channel)
                .with_context(|| format!("CHANNEL is {channel}, which is no registered channel"))?,
            queue_url: env::required("QUEUE_URL")?,
            alerts_queue_url: env::required("ALERTS_QUEUE_URL")?,
            table: env::required("TABLE")?,
            public_url: env::optional("PUBLIC_URL")?.map(|url| url.trim_end_matches('/').to_owned()),
            allow: env::list("NETWORK_ALLOW")?,
            mail_from: env::optional("MAIL_FROM")?,
            has_accounts: env::optional("ACCOUNTS")?.is_some_and(|word| word != "off"),
            keyring: Keyring::parse(&keys).context("DESTINATION_KEYS")?,
            smtp: smtp.map(|url| url.parse().context("SMTP_URL")).transpose()?,
            ses_configuration_set: env::optional("SES_CONFIGURATION_SET")?,
            aws,
        })
    }

    pub(crate) fn dispatcher(self) -> anyhow::Result<Dispatcher> {
        let agent = HeaderValue::from_static(concat!("statuswire/", env!("CARGO_PKG_VERSION")));
        // Nothing proves that a Lambda environment is dead, so its leases end by time alone: every process is a host.
        let owner = Owner { host: Uuid::new_v4().to_string(), instance: String::new() };
        let mail = match self.mail_from {
            None => None,
            Some(from) => {
                let mailer = match self.smtp {
                    Some(url) => Mailer::Smtp(Smtp::new(url, &[]).map_err(anyhow::Error::msg).context("SMTP_URL")?),
                    None => Mailer::Ses(Ses::new(self.aws.sesv2(), self.ses_configuration_set)),
                };
                Some(MailSender { mailer, from })
            }
        };
        Ok(Dispatcher::new(Deps {
            channel: self.channel,
            outbound: Outbound::new(Settings::for_deliveries(Guard { allow: self.allow, own: Vec::new() }, agent)),
            mail,
            store: Store::new(&self.aws.dynamodb(), self.table).with_keys(self.keyring, channels::is_secret),
            queue: ChannelQueue::new(self.aws.sqs(), self.queue_url),
            alerts: AlertsQueue::new(self.aws.sqs(), self.alerts_queue_url),
            owner,
            public_url: self.public_url,
            has_accounts: self.has_accounts,
        }))
    }
}

//! The console's environment variables, all set by `template.yaml`.
use std::collections::BTreeMap;

use accounts::sign_up::SignUp;
use anyhow::Context as _;
use ipnet::IpNet;
use mail::{MailSender, Mailer, Ses, Smtp, SmtpUrl};
use outbound::Guard;
use queue::send::ChannelQueue;
use startup::{aws::AwsSettings, env};
use status::ids::{AccountId, FILE_ACCOUNT};
use store::{Keyring, Store};

use crate::{
    openid::OpenIdSettings,
    state::{Console, Settings},
};

pub(crate) struct Config {
    /// `TABLE`: the DynamoDB table.
    table: String,
    /// `ACCOUNTS`: who may get an account: `open`, `invitation` or `closed`; `off` serves none.
    sign_up: Option<SignUp>,
    /// `ACCOUNTS_OWNER`: the mail address that may always sign in, and owns what is configured.
    owner: Option<String>,
    /// `ACCOUNTS_MAX_MONITORS`: monitors that an account may make; without it as many as it likes.
    max_monitors: Option<u32>,
    /// `CATALOGUE`: with `off` nobody can watch what the catalogue lists, since its pages are not read.
    with_catalogue: bool,
    /// `OPENID_ISSUER`, `OPENID_CLIENT_ID`, `OPENID_CLIENT_SECRET` (the secret, or where it is), `OPENID_NAME` and
    /// `OPENID_TRUSTS_ADDRESSES`: where people may sign in, besides by a mailed link.
    openid: Option<OpenIdSettings>,
    /// `DESTINATION_KEYS`: the keys that encrypt the settings of destinations, or where they are. `None`: no accounts.
    keyring: Option<Keyring>,
    /// `NETWORK_ALLOW`: private networks that pages and destinations may be in.
    allow: Vec<IpNet>,
    /// `PUBLIC_URL`: the base of the links in mails; without it the domain under which the API was reached.
    public_url: Option<String>,
    /// `MAIL_FROM`: the sender of mails. Without it nobody can sign in.
    mail_from: Option<String>,
    /// `SMTP_URL`: the mail server, or where its URL is. Without it Amazon SES sends.
    smtp: Option<SmtpUrl>,
    /// `SES_CONFIGURATION_SET`: where SES publishes bounces and complaints.
    ses_configuration_set: Option<String>,
    /// `CHANNEL_QUEUE_URL_<CHANNEL>`, one per registered channel that the stack deploys.
    channel_queue_urls: BTreeMap<String, String>,
    aws: AwsSettings,
}

impl Config {
    pub(crate) async fn from_env() -> anyhow::Result<Self> {
        let aws = AwsSettings::from_env().context("the AWS clients cannot be configured for the DynamoDB table")?;
        let sign_up = match env::required("ACCOUNTS")?.as_str() {
            "off" => None,
            word => {
                let unknown = |_| anyhow::anyhow!("ACCOUNTS is {word}: set it to open, invitation, closed or off");
                Some(word.parse::<SignUp>().map_err(unknown)?)
            }
        };
        let owner = env::optional("ACCOUNTS_OWNER")?;
        let max_monitors = env::optional("ACCOUNTS_MAX_MONITORS")?;
        let keyring = match sign_up {
            Some(_) => {
                let keys = aws.secret("DESTINATION_KEYS", env::required("DESTINATION_KEYS")?).await?;
                Some(Keyring::parse(&keys).context("DESTINATION_KEYS")?)
            }
            None => None,
        };
        let smtp = match env::optional("SMTP_URL")? {
            Some(url) => Some(aws.secret("SMTP_URL", url).await?),
            None => None,
        };
        let openid = match env::optional("OPENID_ISSUER")? {
            Some(issuer) => {
                let secret = env::required("OPENID_CLIENT_SECRET")?;
                Some(OpenIdSettings {
                    issuer,
                    client_id: env::required("OPENID_CLIENT_ID")?,
                    client_secret: aws.secret("OPENID_CLIENT_SECRET", secret).await?,
                    name: env::optional("OPENID_NAME")?,
                    trusts_addresses: env::optional("OPENID_TRUSTS_ADDRESSES")?.is_some_and(|word| word == "yes"),
                })
            }
            None => None,
        };
        let url_of = |channel: &'static channels::Channel| {
            let url = env::optional(&format!("CHANNEL_QUEUE_URL_{}", channel.name.to_uppercase()));
            url.map(|url| Some((channel.name.to_owned(), url?))).transpose()
        };
        Ok(Self {
            table: env::required("TABLE")?,
            sign_up,
            owner: owner.map(|it| channels::mail_address(&it).context("ACCOUNTS_OWNER is no address")).transpose()?,
            max_monitors: max_monitors
                .map(|it| it.parse().context("ACCOUNTS_MAX_MONITORS is no number"))
                .transpose()?,
            openid,
            with_catalogue: env::optional("CATALOGUE")?.is_none_or(|word| word != "off"),
            keyring,
            allow: env::list("NETWORK_ALLOW")?,
            public_url: env::optional("PUBLIC_URL")?.map(|url| url.trim_end_matches('/').to_owned()),
            mail_from: env::optional("MAIL_FROM")?,
            smtp: smtp.map(|url| url.parse().context("SMTP_URL")).transpose()?,
            ses_configuration_set: env::optional("SES_CONFIGURATION_SET")?,
            channel_queue_urls: channels::channels().iter().filter_map(url_of).collect::<anyhow::Result<_>>()?,
            aws,
        })
    }

    /// `None`: this instance has no accounts.
    pub(crate) fn console(self) -> anyhow::Result<Option<Console>> {
        let (Some(sign_up), Some(keyring)) = (self.sign_up, self.keyring) else { return Ok(None) };
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
        let store = Store::new(&self.aws.dynamodb(), self.table).with_keys(keyring, channels::is_secret);
        let settings = Settings {
            sign_up,
            owner: self.owner,
            public_url: self.public_url,
            mail,
            guard: Guard { allow: self.allow, own: Vec::new() },
            max_monitors: self.max_monitors,
            file_account: AccountId::new(FILE_ACCOUNT),
        };
        let sqs = self.aws.sqs();
        let queue = |(channel, url)| (channel, ChannelQueue::new(sqs.clone(), url));
        let queues = self.channel_queue_urls.into_iter().map(queue).collect();
        let console = Console::new(store, settings).with_catalogue(self.with_catalogue).with_queues(queues);
        let console = console.with_openid(self.openid).map_err(|what| anyhow::anyhow!("OPENID_ISSUER {what}"))?;
        Ok(Some(console))
    }
}

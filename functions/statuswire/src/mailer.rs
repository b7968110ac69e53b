//! How mail is sent, as the configuration says.
use anyhow::Context as _;
use dispatcher::MailSender;
use mail::{Mailer, Ses, Smtp};
use startup::aws::AwsSettings;

use crate::config::{MailConfig, Via};

pub fn parts(config: &MailConfig) -> anyhow::Result<MailSender> {
    let mailer = match &config.via {
        Via::Smtp(url) => Mailer::Smtp(Smtp::new(url.clone(), &[]).map_err(anyhow::Error::msg).context("[mail] smtp")?),
        Via::Ses { configuration_set } => {
            let aws = AwsSettings::from_env().context("[mail] ses")?;
            Mailer::Ses(Ses::new(aws.sesv2(), configuration_set.clone()))
        }
    };
    Ok(MailSender { mailer, from: config.from.clone() })
}

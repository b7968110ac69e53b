//! The mailer that the configuration file describes.
use anyhow::Context as _;
use dispatcher::MailSender;
use mail::{Mailer, Ses, Smtp};
use startup::aws::AwsSettings;

use crate::config_file::{MailConfig, MailTransport};

/// Fails if the SMTP client cannot be built, or if the AWS region or credentials are missing from the environment.
pub fn from_config(config: &MailConfig) -> anyhow::Result<MailSender> {
    let mailer = match &config.transport {
        MailTransport::Smtp(url) => {
            Mailer::Smtp(Smtp::new(url.clone(), &[]).map_err(anyhow::Error::msg).context("[mail] smtp")?)
        }
        MailTransport::Ses { configuration_set } => {
            let aws = AwsSettings::from_env().context("[mail] ses")?;
            Mailer::Ses(Ses::new(aws.sesv2(), configuration_set.clone()))
        }
    };
    Ok(MailSender { mailer, from: config.from.clone() })
}

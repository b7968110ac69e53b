//! Sends mail through Amazon SES, API version 2. Errors of SES become SMTP replies. A tag on the mail names its
//! destination in the events of SES. <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>
use aws_sdk_sesv2::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::send_email::SendEmailError,
    primitives::Blob,
    types::{Destination, EmailContent, MessageTag, RawMessage},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::message::{Message, Reply};

/// Name of the tag that holds the destination's id.
const TAG: &str = "destination";

/// A client of Amazon SES. Clones share its connections.
#[derive(Clone)]
pub struct Ses {
    client: Client,
    /// Publishes bounces and complaints; `None`: nothing is published.
    configuration_set: Option<String>,
}

impl Ses {
    pub fn new(client: Client, configuration_set: Option<String>) -> Self {
        Self { client, configuration_set }
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<Reply, String> {
        let raw = RawMessage::builder().data(Blob::new(message.content.clone())).build().expect("data is set");
        // A tag takes letters, digits, `_` and `-` only.
        let tag = MessageTag::builder().name(TAG).value(URL_SAFE_NO_PAD.encode(&message.destination));
        let sent = self
            .client
            .send_email()
            .from_email_address(&message.from)
            .destination(Destination::builder().to_addresses(&message.to).build())
            .content(EmailContent::builder().raw(raw).build())
            .email_tags(tag.build().expect("name and value are set"))
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        match sent {
            Ok(accepted) => Ok(reply(250, accepted.message_id.unwrap_or_default())),
            Err(SdkError::ServiceError(refused)) => {
                let error = refused.err();
                let name = error.code().unwrap_or("an error without a name");
                let text = format!("{name} {}", error.message().unwrap_or_default());
                Ok(reply(code(error, refused.raw().status().as_u16()), text))
            }
            Err(SdkError::TimeoutError(_)) => Err("Amazon SES: no response in time".to_owned()),
            Err(SdkError::DispatchFailure(_)) => Err("Amazon SES: no connection".to_owned()),
            Err(_) => Err("Amazon SES: the response could not be parsed".to_owned()),
        }
    }
}

/// SES answers before it asks the recipient's server, so no reply is about the mailbox.
fn reply(code: u16, text: String) -> Reply {
    Reply { code, text, to_recipient: false }
}

/// The SMTP reply code for an error of SES. 530 is for what only the operator can fix, whatever the mail: permissions,
/// unverified domains, a paused account.
fn code(error: &SendEmailError, status: u16) -> u16 {
    match error {
        SendEmailError::TooManyRequestsException(_) | SendEmailError::LimitExceededException(_) => 450,
        SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_) => 554,
        SendEmailError::AccountSuspendedException(_)
        | SendEmailError::MailFromDomainNotVerifiedException(_)
        | SendEmailError::NotFoundException(_)
        | SendEmailError::SendingPausedException(_) => 530,
        _ => match status {
            429 => 450,
            500..=599 => 451,
            400 => 554,
            _ => 530,
        },
    }
}

/// Decodes the destination's id from the value of the tag `destination` in an event of SES.
pub fn destination_of_tag(value: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_decodes_to_its_destination() {
        for destination in ["ops.mail_1-x", "ops", "über"] {
            let tag = URL_SAFE_NO_PAD.encode(destination);
            assert!(tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
            assert_eq!(destination_of_tag(&tag).as_deref(), Some(destination));
        }
        assert_eq!(destination_of_tag("no base64!"), None);
    }
}

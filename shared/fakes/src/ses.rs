//! Amazon SES, as far as `SendEmail` of its API v2 with a raw message goes:
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>. Signatures are demanded but not checked.
//! What it accepts is put into the recipients' mail boxes.
use std::{collections::HashSet, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::{
    call::Call,
    fake::{Fake, Http, is_below},
    fault::{Fault, Reply},
    mailbox::{self, Mail},
    rate::{Limit, Rate},
    received::{Received, Redaction, json_or_text, no_alert_id},
    service::Service,
    world::{Fakes, World},
};

impl Service {
    /// Amazon SES.
    pub const SES: Self = Self::new("ses");
}

impl Limit {
    /// Recipients of one account, in SES's sandbox: <https://docs.aws.amazon.com/ses/latest/dg/quotas.html>.
    pub const SES_RECIPIENTS: Self = Self::new("SES recipients");
}

pub(crate) const FAKE: Fake = Fake {
    service: Service::SES,
    http: Some(Http {
        owns_host: |host| host.starts_with("email.") && is_below(host, "amazonaws.com"),
        owns_path: |path| path.starts_with("/v2/email/"),
        names: |_, call| names(call),
        respond: |world, call, _| respond(world, call),
        example: "/email.eu-west-1.amazonaws.com/v2/email/outbound-emails",
    }),
    limits: &[(Limit::SES_RECIPIENTS, Rate::steady(1, Duration::from_secs(1)))],
    redaction: Redaction {
        destination: |received| received.names.first().cloned().unwrap_or_default(),
        body: redacted_body,
        secret_keys: &[],
        alert_id: no_alert_id,
    },
};

fn redacted_body(received: &Received) -> Value {
    message(&received.json()).map_or_else(|| json_or_text(received), |message| mailbox::summary(&message))
}

const PATH: &str = "/v2/email/outbound-emails";
/// To, Cc and Bcc together: <https://docs.aws.amazon.com/ses/latest/dg/quotas.html>.
const MAX_RECIPIENTS: usize = 50;
/// Of a message tag's name and value: <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html>.
const TAG: usize = 256;

/// What the account may do.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub suspended: bool,
    /// Addresses and domains it may send from; `None`: any.
    pub identities: Option<HashSet<String>>,
    /// In the sandbox it may write to these only; `None`: not in the sandbox.
    pub sandbox: Option<HashSet<String>>,
    /// `None`: any it names.
    pub configuration_sets: Option<HashSet<String>>,
}

/// Why SES does not send, for [`Fakes::set_faults`].
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    MessageRejected,
    TooManyRequests,
    MailFromDomainNotVerified,
    AccountSuspended,
    SendingPaused,
    LimitExceeded,
    NotFound,
}

#[derive(Default)]
struct SesState {
    account: Account,
    sent: usize,
}

impl Fakes {
    pub fn set_ses_account(&self, account: Account) {
        self.world().states.get::<SesState>().account = account;
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let (status, kind, message) = match refusal {
            Refusal::MessageRejected => (400, "MessageRejected", "Email address is not verified."),
            Refusal::TooManyRequests => (429, "TooManyRequestsException", "Maximum sending rate exceeded."),
            Refusal::MailFromDomainNotVerified => {
                (400, "MailFromDomainNotVerifiedException", "The MAIL FROM domain is not verified.")
            }
            Refusal::AccountSuspended => (400, "AccountSuspendedException", "The account is suspended."),
            Refusal::SendingPaused => (400, "SendingPausedException", "Sending is paused for this account."),
            Refusal::LimitExceeded => (400, "LimitExceededException", "Daily message quota exceeded."),
            Refusal::NotFound => (404, "NotFoundException", "Configuration set does not exist."),
        };
        error(status, kind, message)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Answer(refusal.into())
    }
}

/// The recipients, then the path.
fn names(call: &Call) -> Vec<String> {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    recipients(&body).chain(std::iter::once(call.path.clone())).collect()
}

fn recipients(body: &Value) -> impl Iterator<Item = String> {
    let kinds = ["ToAddresses", "CcAddresses", "BccAddresses"].into_iter();
    let lists = kinds.filter_map(|kind| body["Destination"][kind].as_array());
    lists.flatten().filter_map(Value::as_str).map(|address| bare(address).to_owned())
}

/// The message that is to be sent.
fn message(body: &Value) -> Option<Bytes> {
    STANDARD.decode(body["Content"]["Raw"]["Data"].as_str()?).ok().map(Bytes::from)
}

/// Without a name.
fn bare(address: &str) -> &str {
    address.rsplit_once('<').map_or(address, |(_, rest)| rest.trim_end_matches('>')).trim()
}

fn respond(world: &mut World, call: &Call) -> Reply {
    if call.path != PATH || call.method != Method::POST {
        return error(404, "UnknownOperationException", "Unknown operation.");
    }
    if !call.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 ")) {
        return error(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    let Ok(body) = serde_json::from_slice::<Value>(&call.body) else {
        return error(400, "SerializationException", "The request is not JSON.");
    };
    let to: Vec<String> = recipients(&body).collect();
    match check(&world.states.get::<SesState>().account, &body, &to) {
        Err(refusal) => refusal,
        Ok(_) if world.rates.retry_after(Limit::SES_RECIPIENTS, "account", to.len() as u32).is_some() => {
            Refusal::TooManyRequests.into()
        }
        Ok(message) => {
            let from = bare(body["FromEmailAddress"].as_str().unwrap_or_default()).to_owned();
            // SES accepts mail to a mailbox that is gone; it bounces later.
            for to in to {
                if world.deleted.contains(&to) {
                    continue;
                }
                let (from, message) = (from.clone(), message.clone());
                let mail = Mail { through: Service::SES, from, to, message, encrypted: true, login: None };
                world.keep_mail(mail);
            }
            let state = world.states.get::<SesState>();
            state.sent += 1;
            let id = format!("0100018f00000000-{:08x}-0000-0000-0000-000000000000-000000", state.sent);
            Reply::json(200, &json!({"MessageId": id}))
        }
    }
}

fn check(account: &Account, body: &Value, to: &[String]) -> Result<Bytes, Reply> {
    let bad = |message: &str| error(400, "BadRequestException", message);
    if account.suspended {
        return Err(Refusal::AccountSuspended.into());
    }
    let message = message(body).ok_or_else(|| bad("Content.Raw.Data must be the base64 of a message."))?;
    let from = bare(body["FromEmailAddress"].as_str().ok_or_else(|| bad("FromEmailAddress is missing."))?);
    if to.is_empty() || to.len() > MAX_RECIPIENTS {
        return Err(bad("There must be between 1 and 50 recipients."));
    }
    if from.split_once('@').is_none() || to.iter().any(|address| address.split_once('@').is_none()) {
        return Err(bad("Invalid email address."));
    }
    let tags = body["EmailTags"].as_array().into_iter().flatten();
    if !tags.flat_map(|tag| [&tag["Name"], &tag["Value"]]).all(is_tag) {
        return Err(bad("A tag holds letters, digits, underscores and dashes only, 256 at most."));
    }
    let set = body["ConfigurationSetName"].as_str();
    let sets = account.configuration_sets.as_ref();
    if set.zip(sets).is_some_and(|(set, sets)| !sets.contains(set)) {
        return Err(Refusal::NotFound.into());
    }
    let domain = from.split_once('@').map_or("", |(_, domain)| domain);
    let sender = account.identities.as_ref().is_none_or(|known| known.contains(from) || known.contains(domain));
    let recipients = account.sandbox.as_ref().is_none_or(|known| to.iter().all(|to| known.contains(to)));
    if !sender || !recipients {
        return Err(Refusal::MessageRejected.into());
    }
    Ok(message)
}

fn is_tag(value: &Value) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    value.as_str().is_some_and(|tag| (1..=TAG).contains(&tag.len()) && tag.chars().all(is_allowed))
}

/// In AWS's REST-JSON protocol: <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>.
fn error(status: u16, kind: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message})).with("x-amzn-errortype", kind)
}

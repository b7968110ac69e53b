//! Amazon SES: the requests it gets, and the SMTP replies that its errors become.
use std::net::SocketAddr;

use aws_sdk_sesv2::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use fakes::{Account, Fakes, Fault, Refusal, Reply, Service};
use mail::{Mailer, Message, Ses, destination_of_tag};
use serde_json::json;

use crate::{RECIPIENT, message};

/// Without the SDK's retries.
fn ses(address: SocketAddr) -> Mailer {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("key", "s3cret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(format!("http://{address}"));
    Mailer::Ses(Ses::new(Client::from_conf(config.build()), Some("events".to_owned())))
}

#[tokio::test]
async fn mail_is_sent_unchanged_and_tagged_with_its_destination() {
    let fakes = Fakes::unlimited();
    let ses = ses(fakes.listen().await.unwrap().http);
    let accepted = ses.send(&message()).await.unwrap();
    assert_eq!(accepted.code, 250);
    assert!(accepted.text.starts_with("0100018f"), "its id: {}", accepted.text);
    let [mail] = &fakes.mails_to(RECIPIENT)[..] else { panic!("one mail") };
    assert_eq!((mail.through, mail.from.as_str()), (Service::SES, "alerts@example.com"));
    assert_eq!(mail.message, message().content);
    let request = fakes.received_at(RECIPIENT).pop().unwrap().json();
    assert_eq!(request["ConfigurationSetName"], "events");
    let [tag] = &request["EmailTags"].as_array().unwrap()[..] else { panic!("one tag") };
    assert_eq!(destination_of_tag(tag["Value"].as_str().unwrap()), Some(message().destination));
}

#[tokio::test]
async fn reply_code_says_who_can_fix_an_error() {
    let fakes = Fakes::unlimited();
    let ses = ses(fakes.listen().await.unwrap().http);
    let refused = |refusal: Refusal| Fault::from(refusal);
    let answer = |status: u16, kind: &str| {
        Fault::from(Reply::json(status, &json!({"message": "As it is."})).with("x-amzn-errortype", kind))
    };
    for (fault, code, name) in [
        // This mail.
        (refused(Refusal::MessageRejected), 554, "MessageRejected"),
        (answer(400, "BadRequestException"), 554, "BadRequestException"),
        // Time.
        (refused(Refusal::TooManyRequests), 450, "TooManyRequestsException"),
        (refused(Refusal::LimitExceeded), 450, "LimitExceededException"),
        (answer(429, "ThrottlingException"), 450, "ThrottlingException"),
        (answer(500, "InternalFailure"), 451, "InternalFailure"),
        (answer(503, "ServiceUnavailable"), 451, "ServiceUnavailable"),
        // The operator.
        (refused(Refusal::MailFromDomainNotVerified), 530, "MailFromDomainNotVerifiedException"),
        (refused(Refusal::AccountSuspended), 530, "AccountSuspendedException"),
        (refused(Refusal::SendingPaused), 530, "SendingPausedException"),
        (refused(Refusal::NotFound), 530, "NotFoundException"),
        (answer(403, "AccessDeniedException"), 530, "AccessDeniedException"),
        (answer(403, "InvalidSignatureException"), 530, "InvalidSignatureException"),
    ] {
        fakes.set_faults_at(RECIPIENT, [fault]);
        let reply = ses.send(&message()).await.unwrap();
        assert_eq!(reply.code, code, "{reply:?}");
        assert!(reply.text.starts_with(&format!("{name} ")), "{}", reply.text);
    }
    assert!(fakes.mails().is_empty());
    assert_eq!(ses.send(&message()).await.unwrap().code, 250);
}

#[tokio::test]
async fn address_that_ses_refuses_concerns_this_mail_alone() {
    let fakes = Fakes::unlimited();
    let ses = ses(fakes.listen().await.unwrap().http);
    let refused = ses.send(&Message { to: "nobody".to_owned(), ..message() }).await.unwrap();
    assert_eq!(refused.code, 554, "{refused:?}");
    fakes.set_ses_account(Account { sandbox: Some([].into()), ..Account::default() });
    assert_eq!(ses.send(&message()).await.unwrap().code, 554, "the sandbox sends to verified addresses only");
}

#[tokio::test]
async fn no_response_is_an_error_without_secrets() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(ses(closed).send(&message()).await.unwrap_err(), "Amazon SES: no connection");
    let fakes = Fakes::unlimited();
    let ses = ses(fakes.listen().await.unwrap().http);
    fakes.set_faults([Fault::Cut]);
    let error = ses.send(&message()).await.unwrap_err();
    assert!(error.starts_with("Amazon SES: ") && !error.contains("s3cret"), "{error}");
}

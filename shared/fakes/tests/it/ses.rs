//! SES: what it sends on, and in which words it refuses.
use std::{collections::HashSet, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fakes::{Account, Fakes, Fault, Refusal, Service};
use serde_json::{Value, json};

use crate::{Answer, ask};

const PATH: &str = "/email.eu-central-1.amazonaws.com/v2/email/outbound-emails";

fn mail(to: &[&str]) -> Value {
    let message = "Subject: =?utf-8?q?Caf=C3=A9?=\r\n\r\nIt is down.\r\n";
    json!({
        "FromEmailAddress": "Status <status@example.com>",
        "Destination": {"ToAddresses": to},
        "Content": {"Raw": {"Data": STANDARD.encode(message)}},
        "EmailTags": [{"Name": "destination", "Value": "team-mail_1"}],
        "ConfigurationSetName": "statuswire",
    })
}

async fn send(fakes: &Fakes, body: &Value) -> Answer {
    let authorization = "AWS4-HMAC-SHA256 Credential=x/20260806/eu-central-1/ses/aws4_request, Signature=x";
    let headers = [("content-type", "application/json"), ("authorization", authorization)];
    ask(fakes, "POST", PATH, &headers, body.to_string()).await
}

fn set(words: &[&str]) -> Option<HashSet<String>> {
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

#[tokio::test]
async fn mail_is_accepted_with_an_id_and_reaches_its_recipient() {
    let fakes = Fakes::unlimited();
    let accepted = send(&fakes, &mail(&["ada@example.org"])).await;
    assert_eq!(accepted.status, 200);
    assert!(accepted.json()["MessageId"].is_string());
    let [mail] = &fakes.mails_to("ada@example.org")[..] else { panic!("one mail") };
    assert_eq!((mail.through, &*mail.from), (Service::SES, "status@example.com"));
    assert_eq!(mail.subject().unwrap(), "Café");
    assert_eq!(mail.text().unwrap().trim(), "It is down.");
    assert_eq!(fakes.received_at("ada@example.org").len(), 1);
}

#[tokio::test]
async fn refusals_come_in_the_words_of_aws() {
    let fakes = Fakes::unlimited();
    let refused = [
        (Account { suspended: true, ..Account::default() }, 400, "AccountSuspendedException"),
        (Account { identities: set(&["example.net"]), ..Account::default() }, 400, "MessageRejected"),
        (Account { sandbox: set(&["grace@example.org"]), ..Account::default() }, 400, "MessageRejected"),
        (Account { configuration_sets: set(&[]), ..Account::default() }, 404, "NotFoundException"),
    ];
    for (account, status, kind) in refused {
        fakes.set_ses_account(account);
        let refused = send(&fakes, &mail(&["ada@example.org"])).await;
        assert_eq!((refused.status, refused.header("x-amzn-errortype")), (status, kind));
        assert!(refused.json()["message"].is_string());
    }
    let identities = set(&["example.com"]);
    fakes.set_ses_account(Account { identities, sandbox: set(&["ada@example.org"]), ..Account::default() });
    for (refusal, status, kind) in [
        (Refusal::TooManyRequests, 429, "TooManyRequestsException"),
        (Refusal::MailFromDomainNotVerified, 400, "MailFromDomainNotVerifiedException"),
        (Refusal::SendingPaused, 400, "SendingPausedException"),
        (Refusal::LimitExceeded, 400, "LimitExceededException"),
    ] {
        fakes.set_faults_at("ada@example.org", [Fault::from(refusal)]);
        let refused = send(&fakes, &mail(&["ada@example.org"])).await;
        assert_eq!((refused.status, refused.header("x-amzn-errortype")), (status, kind));
    }
    assert!(fakes.mails().is_empty());
    assert_eq!(send(&fakes, &mail(&["ada@example.org"])).await.status, 200);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let fakes = Fakes::unlimited();
    let recipients: Vec<String> = (0..51).map(|number| format!("{number}@example.org")).collect();
    let many: Vec<&str> = recipients.iter().map(String::as_str).collect();
    assert_eq!(send(&fakes, &mail(&many[..50])).await.status, 200);
    let with = |pointer: &str, value: Value| {
        let mut mail = mail(&["ada@example.org"]);
        *mail.pointer_mut(pointer).unwrap() = value;
        mail
    };
    for bad in [
        mail(&many),
        mail(&[]),
        mail(&["ada"]),
        with("/Content/Raw/Data", json!("%")),
        with("/FromEmailAddress", Value::Null),
        with("/EmailTags/0/Value", json!("a b")),
        with("/EmailTags/0/Value", json!("x".repeat(257))),
    ] {
        let refused = send(&fakes, &bad).await;
        assert_eq!((refused.status, refused.header("x-amzn-errortype")), (400, "BadRequestException"), "{bad}");
    }
    let unsigned = ask(&fakes, "POST", PATH, &[], mail(&["ada@example.org"]).to_string()).await;
    assert_eq!((unsigned.status, unsigned.header("x-amzn-errortype")), (403, "MissingAuthenticationTokenException"));
}

#[tokio::test(start_paused = true)]
async fn sandbox_sends_to_one_recipient_a_second() {
    let fakes = Fakes::new();
    assert_eq!(send(&fakes, &mail(&["ada@example.org"])).await.status, 200);
    let refused = send(&fakes, &mail(&["ada@example.org"])).await;
    assert_eq!((refused.status, refused.header("x-amzn-errortype")), (429, "TooManyRequestsException"));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(send(&fakes, &mail(&["ada@example.org"])).await.status, 200);
}

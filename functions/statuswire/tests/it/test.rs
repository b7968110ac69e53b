//! `test`: sends to one destination and prints the response.
use fakes::{Fault, Reply};
use serde_json::Value;

use crate::instance::{Instance, PATH};

const OTHERS: &str = "
    [instance]
    public_url = 'https://status.customer.test'
    [mail]
    from = 'alerts@statuswire.test'
    smtp = 'smtp://SMTP?tls=none'
    [[destination]]
    id = 'slack'
    channel = 'slack'
    url = 'http://FAKES/services/T0/B0/s3cretWebhookToken'
    [[destination]]
    id = 'discord'
    channel = 'discord'
    url = 'http://FAKES/api/webhooks/112233445566778899/s3cretWebhookToken'
    [[destination]]
    id = 'teams'
    channel = 'teams'
    url = 'http://FAKES/workflows/flow/triggers/manual/paths/invoke?sig=s3cretWebhookToken'
    [[destination]]
    id = 'mail'
    channel = 'email'
    address = 'ops@customer.test'
";

#[tokio::test]
async fn destination_of_each_channel_is_tested_before_the_first_start() {
    let instance = Instance::new(OTHERS).await;
    let config = instance.config();
    for (id, answered) in
        [("hook", "<- 200: ok"), ("slack", "<- 200: ok"), ("discord", "<- 200: "), ("teams", "<- 202")]
    {
        let ran = instance.run(&["test", id, "--config", &config]).await;
        assert_eq!(ran.code, 0, "{} {}", ran.stdout, ran.stderr);
        let [to, answer, end] = &ran.stdout.lines().collect::<Vec<_>>()[..] else { panic!("{}", ran.stdout) };
        assert_eq!(*to, "-> POST 127.0.0.1");
        assert!(answer.starts_with(answered), "{answer}");
        assert_eq!(*end, format!("{id}: accepted"));
    }
    let received = instance.fakes.received();
    assert_eq!(received.len(), 4);
    assert_eq!(received[0].json()["type"], "destination.test");
    assert_eq!(instance.fakes.teams_cards("flow").len(), 1);
    assert_eq!(instance.fakes.discord_messages().len(), 1);

    let mail = instance.run(&["test", "mail", "--config", &config]).await;
    assert_eq!(mail.code, 1);
    assert!(mail.stderr.contains("has not confirmed yet"), "{}", mail.stderr);
    assert!(instance.fakes.mails().is_empty());
    assert!(!std::path::Path::new(&instance.data()).exists(), "a test creates no instance");
}

#[tokio::test]
async fn response_is_printed_and_decides_the_exit_code() {
    let instance = Instance::new(OTHERS).await;
    let config = instance.config();
    let test = async |id| instance.run(&["test", id, "--config", &config]).await;
    let echo = |status| Fault::from(Reply::text(status, &format!("what is {PATH}?")));
    for (status, end) in
        [(400, "hook: rejected: "), (410, "hook: no longer exists: "), (503, "hook: temporary failure: ")]
    {
        instance.fakes.set_faults_at(PATH, [echo(status)]);
        let ran = test("hook").await;
        assert_eq!(ran.code, 1);
        assert!(ran.stdout.contains(&format!("<- {status}: what is ")), "{}", ran.stdout);
        assert!(ran.stdout.lines().last().unwrap().starts_with(end), "{}", ran.stdout);
    }
    instance.fakes.delete("112233445566778899");
    let gone = test("discord").await;
    assert_eq!(gone.code, 1);
    assert!(gone.stdout.contains("Unknown Webhook"), "{}", gone.stdout);

    let unknown = test("pigeon").await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("destination pigeon not found in "), "{}", unknown.stderr);
}

#[tokio::test]
async fn mail_recipient_who_has_not_confirmed_gets_only_the_confirmation_request() {
    let instance = Instance::new(OTHERS).await;
    instance.round().await;
    assert_eq!(instance.fakes.mails_to("ops@customer.test").len(), 1, "the first start asks");
    let ran = instance.run(&["test", "mail", "--config", &instance.config()]).await;
    assert_eq!(ran.code, 0, "{} {}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("-> mail\n<- 250: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("confirmation request sent"), "{}", ran.stdout);
    let mails = instance.fakes.mails_to("ops@customer.test");
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].subject(), mails[1].subject());
    assert_ne!(mails[0].header("Message-ID"), mails[1].header("Message-ID"), "a new request");

    // A test alert belongs to no incident, so the delivery log does not contain it.
    let log: Vec<Value> = instance.deliveries(&[]).await;
    assert!(log.is_empty(), "{log:?}");
}

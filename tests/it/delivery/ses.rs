//! Mail through Amazon SES, and the bounces and complaints that SES reports.
use dispatcher::MailSender;
use fakes::{Refusal, Service};
use feedback::{Feedback, FeedbackEvent};
use jiff::Timestamp;
use mail::{Mailer, Ses};
use queue::send::AlertsQueue;
use roles::acting;
use serde_json::{Value, json};
use startup::aws::AwsSettings;
use store::{Consent, DeliveryEnd};
use tests::{
    receiver::Receiver,
    status_page_server::StatusPageServer,
    world::{SENDER, World, WorldOptions, destination, hook},
};

use super::{alert_id, course, operational, settings, show};

const ADDRESS: &str = "ops@customer.test";
const SET: &str = "statuswire-events";

/// A world that sends through the fake SES. The recipient has agreed, and the account has a hook too.
async fn world() -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let aws = AwsSettings::from_variables(|name| {
        let value = match name {
            "AWS_REGION" => "eu-central-1".to_owned(),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "fake".to_owned(),
            "AWS_ENDPOINT_URL" => receiver.url(""),
            _ => return Ok(None),
        };
        Ok(Some(value))
    });
    let ses = Ses::new(aws.unwrap().sesv2(), Some(SET.to_owned()));
    let declared = format!(
        "[instance]\npublic_url = 'https://status.customer.test'\n\
         [mail]\nfrom = '{SENDER}'\nses = true\nses_configuration_set = '{SET}'\n"
    ) + &destination("mail", "email", &format!("address = '{ADDRESS}'"))
        + &hook(&receiver, "hook");
    let settings = settings(&server, &declared, &["mail", "hook"]);
    let mail = MailSender { mailer: Mailer::Ses(ses), from: SENDER.to_owned() };
    let world =
        World::with_options(server, receiver, &settings, WorldOptions { mail: Some(mail), ..WorldOptions::default() })
            .await;
    world.server.show("acme", &operational());
    world.round().await;
    world.answer("local", ADDRESS, Consent::Confirmed).await;
    world
}

fn feedback(world: &World) -> Feedback {
    let stack = &world.app.stack;
    let alerts = AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts);
    Feedback { store: world.app.store.clone(), alerts }
}

/// The function, in its role.
async fn report(feedback: &Feedback, event: FeedbackEvent) {
    acting("FeedbackRole", feedback.handle(event, Timestamp::now())).await.unwrap();
}

/// The event that EventBridge delivers about the newest mail.
fn event(world: &World, kind: &str, details: Value) -> FeedbackEvent {
    let request = world.receiver.fakes.received_at(ADDRESS).pop().expect("a mail was sent").json();
    let tags: serde_json::Map<String, Value> = request["EmailTags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| (tag["Name"].as_str().unwrap().to_owned(), json!([tag["Value"]])))
        .chain([("ses:configuration-set".to_owned(), json!([SET]))])
        .collect();
    let mut detail = json!({
        "eventType": kind,
        "mail": {
            "timestamp": "2026-08-06T12:00:00.000Z", "source": "alerts@statuswire.test",
            "messageId": "0100018f00000000-00000001-0000-0000-0000-000000000000-000000",
            "destination": [ADDRESS], "headersTruncated": false, "tags": tags,
        },
    });
    detail[kind.to_lowercase()] = details;
    let event = json!({
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": format!("Email {kind}"),
        "source": "aws.ses", "account": "123456789012", "time": "2026-08-06T12:00:01Z", "region": "eu-central-1",
        "resources": [], "detail": detail,
    });
    serde_json::from_value(event).unwrap()
}

fn bounce(of: &str) -> Value {
    let recipient = json!({
        "emailAddress": ADDRESS, "action": "failed", "status": "5.1.1",
        "diagnosticCode": format!("smtp; 550 5.1.1 <{ADDRESS}>: no such user"),
    });
    json!({"bounceType": of, "bounceSubType": "General", "bouncedRecipients": [recipient],
        "timestamp": "2026-08-06T12:00:01.000Z"})
}

fn complaint() -> Value {
    json!({"complainedRecipients": [{"emailAddress": ADDRESS}], "complaintFeedbackType": "abuse",
        "timestamp": "2026-08-06T12:00:01.000Z"})
}

fn notices(world: &World) -> usize {
    world.receiver.events_at("/hook").iter().filter(|event| event.as_str() == "disabled destination@mail").count()
}

#[tokio::test]
async fn mail_through_ses_is_tagged_with_its_destination() {
    let world = world().await;
    show(&world, &course("i1")[0]);
    world.round().await;
    let [question, opened] = &world.receiver.fakes.mails_to(ADDRESS)[..] else { panic!("a consent mail and an alert") };
    assert_eq!((question.through, opened.through), (Service::SES, Service::SES));
    assert_eq!(
        (opened.from.as_str(), opened.subject().as_deref()),
        ("alerts@statuswire.test", Some("[Acme] Trouble i1"))
    );
    let request = world.receiver.fakes.received_at(ADDRESS).pop().unwrap().json();
    assert_eq!(request["ConfigurationSetName"], SET);
    world.finish().await;
}

#[tokio::test]
async fn mail_that_ses_rejects_is_tried_again_and_leaves_the_destination_enabled() {
    let world = world().await;
    world.receiver.fakes.set_faults_at(ADDRESS, [Refusal::MessageRejected.into()]);
    let [opened, updated, ..] = course("i1");
    show(&world, &opened);
    world.round().await;
    assert_eq!(world.destination("mail").await.disabled, None);
    show(&world, &updated);
    world.round().await;
    let work = world.run_queues();
    world.receiver.fakes.until(|fakes| fakes.mails_to(ADDRESS).len() == 3).await;
    work.stop().await;
    assert_eq!(world.delivery_end("i1", &alert_id("i1", "opened", "open"), "mail").await, DeliveryEnd::Sent);
    assert_eq!(world.delivery_end("i1", &alert_id("i1", "updated", "i1-1"), "mail").await, DeliveryEnd::Sent);
    world.finish().await;
}

#[tokio::test]
async fn bounce_and_complaint_disable_the_destination_once_with_a_notice() {
    for (kind, details, reason) in [
        ("Bounce", bounce("Permanent"), "its mail bounced: 550 5.1.1"),
        ("Complaint", complaint(), "its owner reported a mail as spam"),
    ] {
        let world = world().await;
        let feedback = feedback(&world);
        let [opened, updated, ..] = course("i1");
        show(&world, &opened);
        world.round().await;
        let mails = world.receiver.fakes.mails_to(ADDRESS).len();
        // A transient bounce, such as a full mailbox.
        report(&feedback, event(&world, "Bounce", bounce("Transient"))).await;
        assert_eq!(world.destination("mail").await.disabled, None);
        for _ in 0..3 {
            report(&feedback, event(&world, kind, details.clone())).await;
            world.deliver().await;
            assert_eq!(world.destination("mail").await.disabled.unwrap().reason, reason);
            assert_eq!(notices(&world), 1, "{kind}");
        }
        let (_, suppression) = world.app.store.recipient(&"local".into(), ADDRESS).await.unwrap();
        assert_eq!(suppression.unwrap().reason, reason);
        show(&world, &updated);
        world.round().await;
        assert_eq!(world.receiver.fakes.mails_to(ADDRESS).len(), mails);
        assert_eq!(world.delivery_end("i1", &alert_id("i1", "updated", "i1-1"), "mail").await, DeliveryEnd::Disabled);
        world.finish().await;
    }
}

#[tokio::test]
async fn complaint_that_is_taken_back_lifts_the_suppression_and_no_other() {
    let world = world().await;
    let feedback = feedback(&world);
    let [opened, updated, worse, _] = course("i1");
    show(&world, &opened);
    world.round().await;
    let of_type = |kind: &str| {
        let mut details = complaint();
        details["complaintFeedbackType"] = json!(kind);
        event(&world, "Complaint", details)
    };
    let suppressed = async || world.app.store.suppression(ADDRESS).await.unwrap().is_some();
    for kind in ["not-spam", "auth-failure"] {
        report(&feedback, of_type(kind)).await;
        assert!(!suppressed().await, "{kind} suppresses nothing");
    }
    report(&feedback, of_type("abuse")).await;
    assert!(suppressed().await && world.destination("mail").await.disabled.is_some());
    report(&feedback, of_type("not-spam")).await;
    assert!(!suppressed().await && world.destination("mail").await.disabled.is_none());
    show(&world, &updated);
    world.round().await;
    assert_eq!(world.delivery_end("i1", &alert_id("i1", "updated", "i1-1"), "mail").await, DeliveryEnd::Sent);

    report(&feedback, event(&world, "Bounce", bounce("Permanent"))).await;
    report(&feedback, of_type("not-spam")).await;
    assert!(suppressed().await, "the mailbox still does not exist");
    show(&world, &worse);
    world.round().await;
    assert_eq!(world.delivery_end("i1", &alert_id("i1", "updated", "i1-2"), "mail").await, DeliveryEnd::Disabled);
    world.finish().await;
}

#[tokio::test]
async fn bounce_of_an_address_that_was_replaced_disables_nothing() {
    let world = world().await;
    show(&world, &course("i1")[0]);
    world.round().await;
    let late = event(&world, "Bounce", bounce("Permanent"));
    let declared =
        format!("[instance]\npublic_url = 'https://status.customer.test'\n[mail]\nfrom = '{SENDER}'\nses = true\n")
            + &destination("mail", "email", "address = 'other@customer.test'")
            + &hook(&world.receiver, "hook");
    world.apply(&settings(&world.server, &declared, &["mail", "hook"])).await;
    report(&feedback(&world), late).await;
    world.deliver().await;
    assert_eq!(world.destination("mail").await.disabled, None);
    assert_eq!(notices(&world), 0);
    assert_eq!(world.receiver.fakes.mails_to("other@customer.test").len(), 1, "its owner is asked for consent");
    world.finish().await;
}

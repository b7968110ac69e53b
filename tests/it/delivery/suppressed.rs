//! Mail to an address is suppressed only if its mailbox does not exist or its owner complained. The owner sees it on
//! their page and lifts it there.
use fakes::MailRefusal;
use statuswire::{cli::Cli, cli::Command, commands::test};
use store::{Consent, DeliveryEnd};
use tests::{
    http_client,
    receiver::Receiver,
    status_page_server::StatusPageServer,
    world::{self, World, destination, hook},
};
use tokio::net::TcpListener;

use super::{alert_id, course, operational, settings, show};

const ADDRESS: &str = "ops@customer.test";

/// A world with web pages, in which the owner of the address has agreed. Returns the URL of their page.
async fn agreed(folder: Option<&std::path::Path>) -> (World, String) {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let declared = world::mail(&receiver, &base)
        + &destination("mail", "email", &format!("address = '{ADDRESS}'"))
        + &hook(&receiver, "hook");
    let settings = settings(&server, &declared, &["mail", "hook"]);
    let world = World::with(server, receiver, &settings, folder).await;
    world.serve_pages(listener);
    world.server.show("acme", &operational());
    world.round().await;
    world.answer("local", ADDRESS, Consent::Confirmed).await;
    let (recipient, _) = world.app.store.recipient(&"local".into(), ADDRESS).await.unwrap();
    let page = format!("{base}/mail/{}", recipient.unwrap().token);
    (world, page)
}

async fn text(url: &str) -> String {
    let answer = http_client::get(url).await;
    assert_eq!(answer.status, 200);
    String::from_utf8_lossy(&answer.body).into_owned()
}

async fn is_suppressed(world: &World) -> bool {
    world.app.store.suppression(ADDRESS).await.unwrap().is_some()
}

fn mails(world: &World) -> usize {
    world.receiver.fakes.mails_to(ADDRESS).len()
}

#[tokio::test]
async fn only_a_mailbox_that_does_not_exist_is_suppressed() {
    for refusal in MailRefusal::ALL {
        for to_recipient in [true, false] {
            let (world, _) = agreed(None).await;
            let fault = refusal.reply().into();
            // The webhook is asked first or last; only the mail server answers by SMTP.
            match to_recipient {
                true => world.receiver.fakes.set_faults_at(ADDRESS, [fault]),
                false => world.receiver.fakes.refuse_mail_content(ADDRESS, refusal.reply()),
            }
            show(&world, &course("i1")[0]);
            world.round().await;
            let expected = match refusal {
                MailRefusal::NoMailbox => true,
                MailRefusal::BareNoMailbox => to_recipient,
                _ => false,
            };
            assert_eq!(is_suppressed(&world).await, expected, "{refusal:?}, to the recipient: {to_recipient}");
            assert_eq!(world.destination("mail").await.disabled.is_some(), expected, "{refusal:?}");
            world.app.stack.stop().await;
        }
    }
}

#[tokio::test]
async fn mail_that_was_refused_for_now_arrives_later() {
    let (world, _) = agreed(None).await;
    world.receiver.fakes.set_faults_at(ADDRESS, [MailRefusal::QuotaExceeded.reply().into()]);
    show(&world, &course("i1")[0]);
    world.round().await;
    assert_eq!(mails(&world), 1, "the request for consent");
    let work = world.run_queues();
    world.receiver.fakes.until(|fakes| fakes.mails_to(ADDRESS).len() == 2).await;
    work.stop().await;
    assert_eq!(world.delivery_end("i1", &alert_id("i1", "opened", "open"), "mail").await, DeliveryEnd::Sent);
    world.finish().await;
}

#[tokio::test]
async fn owner_sees_the_suppression_and_lifts_it() {
    let (world, page) = agreed(None).await;
    assert!(text(&page).await.contains("Subscribed"));
    world.receiver.fakes.delete(ADDRESS);
    let [opened, updated, worse, resolved] = course("i1");
    show(&world, &opened);
    world.round().await;
    let shown = text(&page).await;
    for words in ["Alerts are paused", "this mailbox does not exist", "Send alerts again", "UTC"] {
        assert!(shown.contains(words), "{words} is missing: {shown}");
    }
    assert!(!shown.contains("550 "), "in our words: {shown}");

    world.receiver.fakes.restore(ADDRESS);
    show(&world, &updated);
    world.round().await;
    assert_eq!(mails(&world), 1, "opening the page lifts nothing");
    assert_eq!(http_client::post(&format!("{page}/confirm"), "").await.status, 200);
    assert!(!is_suppressed(&world).await && text(&page).await.contains("Subscribed"));
    show(&world, &worse);
    world.round().await;
    assert_eq!(world.destination("mail").await.disabled, None, "enabled with the next alert");
    assert_eq!(mails(&world), 2);
    show(&world, &resolved);
    world.round().await;
    assert_eq!(mails(&world), 3);
    world.finish().await;
}

#[tokio::test]
async fn scanner_that_opens_every_link_changes_nothing() {
    let (world, page) = agreed(None).await;
    for path in ["", "/unsubscribe", "/confirm"] {
        assert!(text(&format!("{page}{path}")).await.contains("Subscribed"), "{path}");
    }
    show(&world, &course("i1")[0]);
    world.round().await;
    assert_eq!(mails(&world), 2);
    world.finish().await;
}

#[tokio::test]
async fn unsubscribing_and_subscribing_again_enables_a_destination_that_was_disabled() {
    let (world, page) = agreed(None).await;
    world.receiver.fakes.delete(ADDRESS);
    let [opened, updated, ..] = course("i1");
    show(&world, &opened);
    world.round().await;
    world.receiver.fakes.restore(ADDRESS);
    for path in ["unsubscribe", "confirm"] {
        assert_eq!(http_client::post(&format!("{page}/{path}"), "").await.status, 200);
    }
    show(&world, &updated);
    world.round().await;
    assert_eq!(mails(&world), 2);
    world.finish().await;
}

#[tokio::test]
async fn test_of_a_suppressed_address_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let (world, page) = agreed(Some(folder.path())).await;
    world.receiver.fakes.delete(ADDRESS);
    show(&world, &course("i1")[0]);
    world.round().await;
    world.receiver.fakes.restore(ADDRESS);
    let base = page.split("/mail/").next().unwrap();
    let config = folder.path().join("statuswire.toml");
    let declared = world::mail(&world.receiver, base) + world::NETWORK;
    std::fs::write(&config, declared).unwrap();
    let run = async |more: &[&str]| {
        let data = folder.path().to_str().unwrap();
        let words = ["statuswire", "test", "mail", "--config", config.to_str().unwrap(), "--data", data];
        let cli = <Cli as clap::Parser>::try_parse_from(words.iter().chain(more)).unwrap();
        let Some(Command::Test(args)) = cli.command else { panic!("another command") };
        test::run(args).await.map_err(|error| format!("{error:#}"))
    };
    let refused = run(&[]).await.unwrap_err();
    for words in ["suppressed since", "any earlier mail", "--lift-suppression"] {
        assert!(refused.contains(words), "{words} is missing: {refused}");
    }
    assert!(is_suppressed(&world).await && world.destination("mail").await.disabled.is_some());
    assert_eq!(mails(&world), 1);

    run(&["--lift-suppression"]).await.unwrap();
    world.deliver().await;
    assert!(!is_suppressed(&world).await && world.destination("mail").await.disabled.is_none());
    assert_eq!(mails(&world), 3, "the test, and the opening that was missed");
    world.finish().await;
}

//! The owner of a mail address is asked for consent once, gets no alert before they agree, and can unsubscribe.
use jiff::Timestamp;
use store::{Consent, DeliveryEnd};
use tests::{
    http_client,
    receiver::Receiver,
    status_page_server::StatusPageServer,
    world::{self, World, destination},
};
use tokio::net::TcpListener;

use super::{alert_id, course, operational, settings, show};

const ADDRESS: &str = "ops@customer.test";

fn declared(server: &StatusPageServer, receiver: &Receiver, base: &str, zone: &str) -> String {
    let mail = destination("mail", "email", &format!("address = '{ADDRESS}'\nzone = '{zone}'"));
    settings(server, &(world::mail(receiver, base) + &mail), &["mail"])
}

/// A world whose web pages are at the returned URL.
async fn asking() -> (World, String) {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let settings = declared(&server, &receiver, &base, "UTC");
    let world = World::with(server, receiver, &settings, None).await;
    world.serve_pages(listener);
    world.server.show("acme", &operational());
    world.round().await;
    (world, base)
}

fn mails(world: &World) -> usize {
    world.receiver.fakes.mails_to(ADDRESS).len()
}

/// The link to the recipient's page in the text of the newest mail.
fn link(world: &World, base: &str) -> String {
    let text = world.receiver.fakes.mails_to(ADDRESS).last().unwrap().text().unwrap();
    let link = text.split_whitespace().find(|word| word.starts_with(&format!("{base}/mail/")));
    link.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
}

#[tokio::test]
async fn mail_recipient_is_asked_once_and_gets_alerts_after_agreeing() {
    let (world, base) = asking().await;
    let [question] = &world.receiver.fakes.mails_to(ADDRESS)[..] else { panic!("one question") };
    assert!(question.subject().unwrap().contains("Confirm"), "{:?}", question.subject());
    assert!(!question.text().unwrap().contains("Acme"), "no alert before consent");
    let page = link(&world, &base);

    // A restart asks nobody again.
    let same = declared(&world.server, &world.receiver, &base, "UTC");
    world.apply(&same).await;
    world.deliver().await;
    assert_eq!(mails(&world), 1);

    let [opened, updated, worse, resolved] = course("i1");
    show(&world, &opened);
    world.round().await;
    assert_eq!(mails(&world), 1);
    assert_eq!(world.delivery_end("i1", &alert_id("i1", "opened", "open"), "mail").await, DeliveryEnd::NotWanted);

    // Mail scanners open links.
    let response = http_client::get(&page).await;
    assert_eq!(response.status, 200);
    assert!(String::from_utf8_lossy(&response.body).contains(ADDRESS));
    assert_eq!(response.headers["referrer-policy"], "no-referrer");
    show(&world, &updated);
    world.round().await;
    assert_eq!(mails(&world), 1, "opening the page is not consent");

    assert_eq!(http_client::post(&format!("{page}/confirm"), "").await.status, 200);
    show(&world, &worse);
    world.round().await;
    assert_eq!(mails(&world), 2);
    assert_eq!(link(&world, &base), page, "every mail has the unsubscribe link");

    // Another setting of the destination changes.
    world.apply(&declared(&world.server, &world.receiver, &base, "Europe/Berlin")).await;
    world.deliver().await;
    assert_eq!(mails(&world), 2);
    show(&world, &resolved);
    world.round().await;
    assert_eq!(mails(&world), 3);
    world.finish().await;
}

#[tokio::test]
async fn one_post_unsubscribes_until_the_owner_agrees_again() {
    let (world, base) = asking().await;
    let page = link(&world, &base);
    world.answer("local", ADDRESS, Consent::Confirmed).await;
    let [opened, updated, worse, _] = course("i1");
    show(&world, &opened);
    world.round().await;
    assert_eq!(mails(&world), 2);

    // RFC 8058: no cookie, no redirect, and a second request is harmless.
    for _ in 0..2 {
        let answer = http_client::post(&format!("{page}/unsubscribe"), "List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status, 200);
    }
    show(&world, &updated);
    world.round().await;
    world.apply(&declared(&world.server, &world.receiver, &base, "Asia/Tokyo")).await;
    world.deliver().await;
    assert_eq!(mails(&world), 2, "neither the update nor another question");
    assert_eq!(world.delivery_end("i1", &alert_id("i1", "updated", "i1-1"), "mail").await, DeliveryEnd::NotWanted);
    assert_eq!(world.destination("mail").await.disabled, None, "the destination stays enabled");

    assert_eq!(http_client::post(&format!("{page}/confirm"), "").await.status, 200);
    show(&world, &worse);
    world.round().await;
    assert_eq!(mails(&world), 3);
    world.finish().await;
}

#[tokio::test]
async fn unknown_recipient_page_is_not_found() {
    let (world, base) = asking().await;
    for path in ["", "/confirm", "/unsubscribe"] {
        let url = format!("{base}/mail/0f8fad5bd9cb469fa16570867728950e{path}");
        let answer = if path.is_empty() { http_client::get(&url).await } else { http_client::post(&url, "").await };
        assert_eq!(answer.status, 404, "{path}");
    }
    let (recipient, _) = world.app.store.recipient(&"local".into(), ADDRESS).await.unwrap();
    assert_eq!(recipient.unwrap().consent, Consent::Asked);
    world.finish().await;
}

/// The delivery record outlives the five minutes in which the queue drops repeats.
#[tokio::test]
async fn consent_mail_that_is_queued_twice_is_sent_once() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let folder = tempfile::tempdir().unwrap();
    let settings = declared(&server, &receiver, "http://127.0.0.1:9", "UTC");
    for _ in 0..3 {
        let world = World::with(server.clone(), receiver.clone(), &settings, Some(folder.path())).await;
        world.server.show("acme", &operational());
        world.poll(Timestamp::now()).await;
        world.deliver().await;
        assert_eq!(mails(&world), 1);
        world.finish().await;
    }
}

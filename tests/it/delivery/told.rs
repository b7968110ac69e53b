//! Whoever can act hears that a destination is paused: its group, its account, the owner of the instance, the
//! dashboard.
use jiff::Timestamp;
use store::{Consent, Disabled};
use tests::{
    http_client,
    receiver::Receiver,
    status_page_server::StatusPageServer,
    world::{self, World, hook},
};
use tokio::net::TcpListener;

use super::{course, operational, settings, show, world_with};

const OWNER: &str = "owner@customer.test";

/// A world whose owner has agreed to get mail. Returns the URL of its pages.
async fn owned(ids: &[&str]) -> (World, String) {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mail = world::mail(&receiver, &base).replacen("[instance]", &format!("[instance]\nowner = '{OWNER}'"), 1);
    let hooks: String = ids.iter().map(|id| hook(&receiver, id)).collect();
    let settings = settings(&server, &(mail + &hooks), ids);
    let world = World::with(server, receiver, &settings, None).await;
    world.serve_pages(listener);
    world.server.show("acme", &operational());
    world.round().await;
    world.answer("local", OWNER, Consent::Confirmed).await;
    (world, base)
}

fn subjects(world: &World) -> Vec<String> {
    world.receiver.fakes.mails_to(OWNER).iter().filter_map(fakes::Mail::subject).collect()
}

/// As it is now: a page without a query may be some seconds old.
async fn dashboard(base: &str) -> String {
    let answer = http_client::get(&format!("{base}/?show=mine")).await;
    assert_eq!(answer.status, 200);
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[tokio::test]
async fn owner_is_mailed_and_the_dashboard_shows_the_only_destination_that_is_gone() {
    let (world, base) = owned(&["only"]).await;
    assert_eq!(subjects(&world).len(), 1, "the question whether they want mail");
    assert!(!dashboard(&base).await.contains("Destinations that need attention"));
    world.receiver.fakes.delete("/only");
    show(&world, &course("i1")[0]);
    world.round().await;
    let [_, notice] = &subjects(&world)[..] else { panic!("{:?}", subjects(&world)) };
    assert!(notice.contains("\"only\""), "{notice}");
    let page = dashboard(&base).await;
    for words in ["Destinations that need attention", "are paused since", "statuswire test only"] {
        assert!(page.contains(words), "{words} is missing");
    }
    let stored = world.app.store.destination(&"only".into()).await.unwrap().unwrap();
    let reason = stored.disabled.unwrap().reason;
    assert!(reason.contains("410") && !page.contains(&reason), "a public page quotes no receiver: {reason}");
    world.app.store.enable(&"only".into()).await.unwrap();
    assert!(!dashboard(&base).await.contains("Destinations that need attention"));
    world.finish().await;
}

#[tokio::test]
async fn owner_gets_no_alerts() {
    let (world, _) = owned(&["only"]).await;
    show(&world, &course("i1")[0]);
    world.round().await;
    assert_eq!(subjects(&world).len(), 1);
    world.finish().await;
}

/// The notice to a destination that is disabled itself would be lost.
#[tokio::test]
async fn notice_passes_over_destinations_that_are_disabled() {
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "a") + &hook(&receiver, "b") + &hook(&receiver, "spare");
    let world = world_with(receiver, &hooks, &["a", "b"]).await;
    let now = Timestamp::now();
    let b = world.destination("b").await.destination;
    world.app.store.disable(&b, &Disabled::because("answered 410", now), now).await.unwrap();
    world.round().await;
    world.receiver.fakes.delete("/a");
    show(&world, &course("i1")[0]);
    world.round().await;
    assert!(world.receiver.events_at("/b").is_empty());
    assert_eq!(world.receiver.events_at("/spare"), ["disabled destination@a"]);
    world.app.stack.stop().await;
}

//! What a round records for those who show all pages: when the newest round ended that wrote something.
use jiff::Timestamp;
use poller::PollEvent;
use tests::{
    status_page::{Incident, StatusPage},
    world::World,
};

async fn changed_at(world: &World) -> Timestamp {
    world.app.store.rounds().await.unwrap()[0].changed_at.unwrap()
}

#[tokio::test]
async fn only_a_round_that_writes_something_is_a_change() {
    let world = World::start().await;
    let page = StatusPage::operational(&["API"]);
    world.server.show("acme", &page);
    world.poll(Timestamp::now()).await;
    let first = changed_at(&world).await;
    world.poll(Timestamp::now()).await;
    assert_eq!(changed_at(&world).await, first, "the page is as it was");

    let page = page.with(Incident::new("i1", &["API"]).post("investigating"));
    world.server.show("acme", &page);
    world.poll(Timestamp::now()).await;
    let second = changed_at(&world).await;
    assert!(second > first);

    // A page that is polled more often than rounds begin.
    let partial = || PollEvent { only: vec!["acme".into()], all: true, ..PollEvent::default() };
    world.app.poller.handle(partial(), Timestamp::now()).await.unwrap();
    assert_eq!(changed_at(&world).await, second);
    let began_at = world.app.store.rounds().await.unwrap()[0].began_at;
    world.server.show("acme", &page.with(Incident::new("i2", &["API"]).post("investigating")));
    world.app.poller.handle(partial(), Timestamp::now()).await.unwrap();
    assert!(changed_at(&world).await > second);
    assert_eq!(world.app.store.rounds().await.unwrap()[0].began_at, began_at, "it is no round");
    world.deliver().await;
    world.finish().await;
}

//! The heartbeat: one request after each finished round, to whoever raises an alarm when they stop.
use jiff::Timestamp;
use poller::PollEvent;
use tests::{
    faults::{Fault, Faults},
    receiver::{self, Receiver},
    status_page::StatusPage,
    status_page_server::StatusPageServer,
    world::{self, NETWORK, World, WorldOptions},
};

async fn world(faults: &Faults) -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    server.show("acme", &StatusPage::operational(&["API"]));
    let instance = format!("[instance]\nheartbeat_url = '{}'\n", receiver.url("/heartbeat?key=hidden"));
    let settings = NETWORK.to_owned() + &instance + &world::page(&server, "acme");
    let options = WorldOptions { faults: Some(faults.clone()), ..WorldOptions::default() };
    World::with_options(server, receiver, &settings, options).await
}

/// Heartbeats so far, accepted or not.
fn heartbeats(world: &World) -> usize {
    world.receiver.messages_at("/heartbeat").len()
}

#[tokio::test]
async fn each_finished_round_is_followed_by_a_heartbeat() {
    let faults = Faults::new(0);
    let world = world(&faults).await;
    faults.choose(Fault::Throttled, "Query", "", 1_000);
    world.app.poller.handle(PollEvent::default(), Timestamp::now()).await.unwrap_err();
    assert_eq!(heartbeats(&world), 0, "the round could not begin");
    faults.choose(Fault::Throttled, "Query", "", 0);

    world.poll(Timestamp::now()).await;
    assert_eq!(heartbeats(&world), 1);
    let partial = PollEvent { only: vec!["acme".into()], ..PollEvent::default() };
    world.app.poller.handle(partial, Timestamp::now()).await.unwrap();
    assert_eq!(heartbeats(&world), 1, "one page in between is no round");
    world.finish().await;
}

#[tokio::test]
async fn heartbeat_that_fails_fails_no_round() {
    let world = world(&Faults::new(0)).await;
    let answer = receiver::Fault::Answer(500, Vec::new());
    world.receiver.behave_at("/heartbeat", [answer, receiver::Fault::Cut]);
    for sent in [1, 2] {
        assert_eq!(world.poll(Timestamp::now()).await.pages, 1);
        assert_eq!(heartbeats(&world), sent, "it is not sent again");
    }
    world.finish().await;
}

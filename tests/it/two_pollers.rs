//! Two pollers with one store and one page. The stored version decides: the one that commits first sends the alerts,
//! the other drops what it cached and goes on.
use std::sync::{Arc, Mutex, mpsc};

use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Intercept, RuntimeComponents, SharedInterceptor, interceptors::BeforeTransmitInterceptorContextRef,
    },
    error::BoxError,
};
use futures_util::future::join_all;
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use outbound::{Guard, Outbound, Settings};
use poller::{Options, PollEvent, Poller, Summary};
use queue::send::AlertsQueue;
use statuswire::local_app::TABLE;
use store::Store;
use tests::{
    receiver::Receiver,
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::{self, NETWORK, World},
};
use tokio::sync::watch;

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

/// A second poller beside the world's.
fn another_poller(world: &World, dynamodb: &Client) -> Arc<Poller> {
    let guard = Guard { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    let stack = &world.app.stack;
    Arc::new(Poller::new(
        Outbound::new(Settings::new(guard, HeaderValue::from_static("another poller"))),
        Store::new(dynamodb, TABLE),
        AlertsQueue::new(stack.sqs.clone(), &stack.queues.alerts),
        Options { catalogue: false, ..Options::default() },
    ))
}

async fn poll(poller: &Poller) -> Summary {
    poll_at(poller, Timestamp::now()).await
}

async fn poll_at(poller: &Poller, now: Timestamp) -> Summary {
    poller.handle(PollEvent { all: true, ..PollEvent::default() }, now).await.unwrap()
}

/// Stops a poller that is about to commit.
struct Gate {
    reached: watch::Receiver<bool>,
    open: mpsc::Sender<()>,
}

#[derive(Debug)]
struct Shut {
    reached: watch::Sender<bool>,
    opened: Mutex<mpsc::Receiver<()>>,
}

impl Gate {
    /// The client whose first commit waits until the gate opens.
    fn before_commits_of(client: &Client) -> (Self, Client) {
        let (reached, seen) = watch::channel(false);
        let (open, opened) = mpsc::channel();
        let shut = SharedInterceptor::new(Shut { reached, opened: Mutex::new(opened) });
        let client = Client::from_conf(client.config().to_builder().interceptor(shut).build());
        (Self { reached: seen, open }, client)
    }

    async fn is_reached(&mut self) {
        self.reached.wait_for(|reached| *reached).await.unwrap();
    }

    fn open(self) {
        drop(self.open);
    }
}

impl Intercept for Shut {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = context.request().headers().get("x-amz-target").unwrap_or_default();
        if operation.ends_with(".TransactWriteItems") {
            self.reached.send_replace(true);
            // Ends with an error as soon as the gate is open, and from then on at once.
            let _ = tokio::task::block_in_place(|| self.opened.lock().unwrap().recv());
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slower_of_two_at_one_change_sends_nothing_and_goes_on() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    let (mut gate, held) = Gate::before_commits_of(&world.app.stack.dynamodb);
    let slow = another_poller(&world, &held);
    poll(&slow).await;

    let incident = Incident::new("i1", &["API"]).post("investigating");
    world.server.show("acme", &operational().with(incident.clone()));
    let slower = tokio::spawn({
        let slow = slow.clone();
        async move { poll(&slow).await }
    });
    gate.is_reached().await;
    assert_eq!(world.round_events().await, ["opened i1"], "the other one is faster");
    gate.open();
    let lost = slower.await.unwrap();
    assert_eq!((lost.pages, lost.alerts, lost.unreadable), (1, 0, 0));
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1"]);

    let incident = incident.post("monitoring");
    world.server.show("acme", &operational().with(incident.clone()));
    assert_eq!(poll(&slow).await.alerts, 1, "the loser is no worse off than before");
    assert_eq!(world.round_events().await, ["updated i1"], "sent by the one that was faster this time");
    world.server.show("acme", &operational().with(incident.post("resolved")));
    world.round().await;
    poll(&slow).await;
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1", "updated i1", "resolved i1"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_read_that_loses_is_sent_after_the_next_one() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    let (mut gate, held) = Gate::before_commits_of(&world.app.stack.dynamodb);
    let slow = another_poller(&world, &held);
    poll(&slow).await;

    let older = Incident::new("i1", &["API"]).post("investigating");
    let newer = operational().with(older.clone().post("monitoring"));
    world.server.show("acme", &newer);
    let slower = tokio::spawn({
        let slow = slow.clone();
        async move { poll(&slow).await }
    });
    gate.is_reached().await;
    // A cache of the provider that is one update behind.
    world.server.show("acme", &operational().with(older));
    assert_eq!(world.round_events().await, ["opened i1"]);
    gate.open();
    assert_eq!(slower.await.unwrap().alerts, 0);

    world.server.show("acme", &newer);
    assert_eq!(poll(&slow).await.alerts, 1);
    assert_eq!(world.round().await.alerts, 0);
    assert_eq!(world.receiver.events(), ["opened i1", "updated i1"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_first_reads_one_is_the_baseline() {
    let world = World::start().await;
    let open = operational().with(Incident::new("i1", &["API"]).post("investigating"));
    world.server.show("acme", &open);
    let (mut gate, held) = Gate::before_commits_of(&world.app.stack.dynamodb);
    let slow = another_poller(&world, &held);
    let slower = tokio::spawn({
        let slow = slow.clone();
        async move { poll(&slow).await }
    });
    gate.is_reached().await;
    world.round().await;
    let baseline = world.page("acme").await;
    gate.open();
    assert_eq!(slower.await.unwrap().alerts, 0);
    assert_eq!(world.page("acme").await, baseline);

    world.server.show("acme", &open.with(Incident::new("i2", &["Web"]).post("investigating")));
    assert_eq!(poll(&slow).await.alerts, 1);
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i2"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slower_of_two_at_one_history_imports_nothing_and_asks_no_more() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    let start = Timestamp::now() - SignedDuration::from_hours(3);
    let after = move |minutes: i64| start + SignedDuration::from_mins(minutes);
    world.poll(start).await;
    let (mut gate, held) = Gate::before_commits_of(&world.app.stack.dynamodb);
    let slow = another_poller(&world, &held);
    poll_at(&slow, after(1)).await;
    let slower = tokio::spawn({
        let slow = slow.clone();
        async move { poll_at(&slow, after(30)).await }
    });
    gate.is_reached().await;
    world.poll(after(30)).await;
    let imported = world.page("acme").await;
    assert_eq!(imported.head.imported_at.map(|at| at >= after(30)), Some(true));
    gate.open();
    slower.await.unwrap();
    assert_eq!(world.page("acme").await, imported);

    let planned = "/p/acme/api/v2/scheduled-maintenances.json";
    let asked = world.server.requests_to(planned);
    poll_at(&slow, after(120)).await;
    assert_eq!((asked, world.server.requests_to(planned)), (2, 2));
    assert_eq!(world.page("acme").await, imported);
    world.finish().await;
}

/// Lambda keeps two processes warm, and each gets some of the rounds.
#[tokio::test]
async fn what_another_process_opened_is_ended_by_one_that_saw_nothing_of_it() {
    let world = World::start().await;
    world.server.show("acme", &operational());
    let other = another_poller(&world, &world.app.stack.dynamodb);
    world.round().await;
    poll(&other).await;
    world.round().await;
    world.server.show("acme", &operational().set("API", "major_outage"));
    assert_eq!(poll(&other).await.alerts, 1);
    world.deliver().await;

    world.server.show("acme", &operational());
    // Nothing has changed since the last read of this process. A recovery waits for a second read.
    for _ in 0..3 {
        world.round().await;
    }
    let events = world.receiver.events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].starts_with("opened components@") && events[1].starts_with("resolved components@"), "{events:?}");
    world.finish().await;
}

#[tokio::test]
async fn page_that_two_processes_cannot_read_is_told_once() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let settings = NETWORK.to_owned()
        + &world::page(&server, "acme")
        + &world::monitor("acme", "acme", "")
        + &world::hook(&receiver, "watch")
        + &world::group("health", &["watch"], "events = ['unreadable', 'readable']");
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show("acme", &operational());
    let start = Timestamp::now() - SignedDuration::from_mins(60);
    let after = |minutes| start + SignedDuration::from_mins(minutes);
    let other = another_poller(&world, &world.app.stack.dynamodb);
    world.poll(after(0)).await;
    poll_at(&other, after(1)).await;
    world.server.set("/p/acme/api/v2/summary.json", Reply::status(500));
    for minute in (2..30).step_by(2) {
        world.poll(after(minute)).await;
        poll_at(&other, after(minute + 1)).await;
    }
    world.deliver().await;
    assert_eq!(world.receiver.events().len(), 1, "{:?}", world.receiver.events());
    world.server.show("acme", &operational());
    for minute in (30..36).step_by(2) {
        world.poll(after(minute)).await;
        poll_at(&other, after(minute + 1)).await;
    }
    world.deliver().await;
    let events = world.receiver.events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].starts_with("unreadable") && events[1].starts_with("readable"), "{events:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_pollers_racing_through_an_incident_send_each_fact_once() {
    const UPDATES: usize = 12;
    let world = World::start().await;
    world.server.show("acme", &operational());
    world.round().await;
    let pollers: Vec<_> = (0..3).map(|_| another_poller(&world, &world.app.stack.dynamodb)).collect();

    let mut incident = Incident::new("i1", &["API"]);
    for _ in 0..UPDATES {
        incident = incident.post("identified");
        world.server.show("acme", &operational().with(incident.clone()));
        let races = pollers.iter().map(|poller| {
            let poller = poller.clone();
            tokio::spawn(async move { poll(&poller).await })
        });
        let alerts: usize = join_all(races).await.into_iter().map(|summary| summary.unwrap().alerts).sum();
        assert_eq!(alerts, 1, "after {} updates", incident.updates.len());
        world.deliver().await;
    }
    let mut expected = vec!["opened i1"];
    expected.resize(UPDATES, "updated i1");
    assert_eq!(world.receiver.events(), expected);
    world.finish().await;
}

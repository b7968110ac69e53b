//! Maintenance from its announcement to its end: alerts that depend on the clock, and which groups get which alert.
use jiff::{SignedDuration, Timestamp};
use tests::{
    receiver::Receiver,
    status_page::Maintenance,
    status_page_server::StatusPageServer,
    world::{NETWORK, World, group, hook, monitor, page},
};

use super::operational;

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// A day whose clock the test sets.
struct Day {
    world: World,
    morning: Timestamp,
    seen: usize,
}

impl Day {
    /// The page was read once. `groups` is TOML; the hooks are `a`, `b`, `c` and `d`.
    async fn begin(groups: &str) -> Self {
        let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
        let hooks: String = ["a", "b", "c", "d"].iter().map(|id| hook(&receiver, id)).collect();
        let settings = [NETWORK, &page(&server, "acme"), &monitor("acme", "acme", ""), &hooks, groups].concat();
        let world = World::with(server, receiver, &settings, None).await;
        world.server.show("acme", &operational());
        let mut day = Self { world, morning: Timestamp::now(), seen: 0 };
        assert!(day.at(0, "/a").await.is_empty());
        day
    }

    fn maintenance(&self, id: &str, starts: i64, ends: i64) -> Maintenance {
        Maintenance::new(id, self.morning + minutes(starts), self.morning + minutes(ends))
    }

    fn show(&self, maintenance: &Maintenance) {
        self.world.server.show("acme", &operational().with_maintenance(maintenance.clone()));
    }

    /// The events that a hook gets from two rounds at this minute of the day.
    async fn at(&mut self, minute: i64, path: &str) -> Vec<String> {
        for _ in 0..2 {
            self.world.poll(self.morning + minutes(minute)).await;
            self.world.deliver().await;
        }
        let events = self.world.receiver.events_at(path).split_off(self.seen);
        self.seen += events.len();
        events
    }
}

#[tokio::test]
async fn every_step_of_a_maintenance_goes_to_the_groups_that_want_it() {
    let mut day = Day::begin(
        &[
            group("all", &["a"], "severities = ['maintenance']\nevents = ['opened', 'updated', 'resolved']"),
            group("plan", &["b"], "severities = ['maintenance']\nevents = ['scheduled', 'changed', 'cancelled']"),
            group("clock", &["c"], "severities = ['maintenance']\nevents = ['reminder', 'overran']"),
            group("incidents", &["d"], "severities = ['major', 'minor']\nevents = ['opened', 'updated', 'resolved']"),
        ]
        .concat(),
    )
    .await;
    let maintenance = day.maintenance("m1", 180, 240).post("scheduled");
    day.show(&maintenance);
    assert_eq!(day.at(1, "/a").await, ["scheduled m1"]);
    assert!(day.at(119, "/a").await.is_empty(), "it is more than an hour away");
    assert_eq!(day.at(121, "/a").await, ["reminder m1"]);
    assert!(day.at(150, "/a").await.is_empty(), "one reminder only");
    let maintenance = maintenance.post("in_progress");
    day.show(&maintenance);
    assert_eq!(day.at(181, "/a").await, ["started m1"]);
    let maintenance = maintenance.post("in_progress");
    day.show(&maintenance);
    assert_eq!(day.at(200, "/a").await, ["changed m1"]);
    assert!(day.at(249, "/a").await.is_empty(), "a few minutes late is normal");
    assert_eq!(day.at(251, "/a").await, ["overran m1"]);
    assert!(day.at(300, "/a").await.is_empty());
    day.show(&maintenance.post("completed"));
    assert_eq!(day.at(310, "/a").await, ["completed m1"]);

    day.show(&day.maintenance("m2", 600, 660).post("scheduled"));
    assert_eq!(day.at(320, "/a").await, ["scheduled m2"]);
    day.world.server.show("acme", &operational());
    assert_eq!(day.at(330, "/a").await, ["cancelled m2"]);
    assert!(day.at(541, "/a").await.is_empty(), "no reminder of a cancelled maintenance");

    // The end goes to everyone who was notified before.
    let plan = ["scheduled m1", "changed m1", "completed m1", "scheduled m2", "cancelled m2"];
    assert_eq!(day.world.receiver.events_at("/b"), plan);
    assert_eq!(day.world.receiver.events_at("/c"), ["reminder m1", "overran m1", "completed m1"]);
    assert!(day.world.receiver.messages_at("/d").is_empty());
    day.world.finish().await;
}

#[tokio::test]
async fn reminder_of_a_rescheduled_maintenance_comes_at_the_new_time() {
    let mut day = Day::begin(&group(
        "all",
        &["a"],
        "severities = ['maintenance']\nevents = ['scheduled', 'changed', 'reminder']",
    ))
    .await;
    let planned = day.maintenance("m1", 180, 240).post("scheduled");
    day.show(&planned);
    assert_eq!(day.at(1, "/a").await, ["scheduled m1"]);
    assert_eq!(day.at(121, "/a").await, ["reminder m1"]);
    let moved =
        Maintenance { starts_at: planned.starts_at + minutes(300), ends_at: planned.ends_at + minutes(300), ..planned };
    day.show(&moved);
    assert_eq!(day.at(130, "/a").await, ["changed m1"]);
    assert!(day.at(180, "/a").await.is_empty(), "nothing at the old time");
    assert_eq!(day.at(421, "/a").await, ["reminder m1"]);
    assert!(day.at(430, "/a").await.is_empty());
    let ids: Vec<_> = day.world.receiver.messages_at("/a").iter().map(|message| message.id().to_owned()).collect();
    assert_ne!(ids[1], ids[3], "each reminder has its own id");
    day.world.finish().await;
}

/// The page cannot be read at that time.
#[tokio::test]
async fn reminder_needs_no_read_of_the_page() {
    let mut day =
        Day::begin(&group("all", &["a"], "severities = ['maintenance']\nevents = ['scheduled', 'reminder']")).await;
    day.show(&day.maintenance("m1", 180, 240).post("scheduled"));
    assert_eq!(day.at(1, "/a").await, ["scheduled m1"]);
    day.world.server.set("/p/acme/api/v2/summary.json", tests::status_page_server::Reply::status(503));
    assert_eq!(day.at(125, "/a").await, ["reminder m1"]);
    day.world.finish().await;
}

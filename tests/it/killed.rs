//! A process is killed with SIGKILL at every step of an alert. Started again with the same data folder, it sends every
//! alert, in order and once per destination. Only a stop between the receiver's acceptance and our record of it causes
//! a repeat, which has the same id.
//!
//! The moment of the kill has the form that `tests::crash_point::CrashPoint` reads: before a request is sent, or after
//! it was answered and before the process reads the response.
mod process;
mod saved;
mod serve;

use std::{collections::HashSet, ops::RangeInclusive};

use tempfile::TempDir;
use tests::{
    receiver::{Fault, Receiver},
    status_page::{Incident, StatusPage},
    status_page_server::{Reply, StatusPageServer},
    world::{EVERYTHING, NETWORK, World, group, hook, monitor, page},
};

use process::{Process, until};

/// Outside that window there are no repeats.
const NEVER: RangeInclusive<usize> = 0..=0;
const WHOLE: [&str; 3] = ["opened i1", "updated i1", "resolved i1"];

#[tokio::test]
async fn killed_before_the_commit_reads_the_page_again() {
    let moment = "before TransactWriteItems OUTBOX# 1";
    killed_once(moment, NEVER).await;
    // A state that was never stored cannot be the base of an update.
    killed_twice(moment, &["opened i1", "resolved i1"], NEVER).await;
}

#[tokio::test]
async fn killed_after_the_commit_queues_the_alert_later() {
    for moment in [
        "after TransactWriteItems OUTBOX# 1",
        "before SendMessageBatch alerts.fifo 1",
        "after SendMessageBatch alerts.fifo 1",
        "before DeleteItem OUTBOX# 1",
        "after DeleteItem OUTBOX# 1",
    ] {
        killed_twice(moment, &WHOLE, NEVER).await;
    }
}

#[tokio::test]
async fn killed_while_routing_routes_again() {
    for moment in [
        "after ReceiveMessage alerts.fifo 1",
        "before BatchWriteItem TOLD# 1",
        "after BatchWriteItem TOLD# 1",
        "before SendMessageBatch webhook.fifo 1",
        "after SendMessageBatch webhook.fifo 1",
        "before DeleteMessageBatch alerts.fifo 1",
        "after DeleteMessageBatch alerts.fifo 1",
    ] {
        killed_twice(moment, &WHOLE, NEVER).await;
    }
}

#[tokio::test]
async fn killed_with_an_unused_claim_sends_at_once_after_the_restart() {
    for moment in
        ["after ReceiveMessage webhook.fifo 1", "before UpdateItem DELIVERY# 1", "after UpdateItem DELIVERY# 1"]
    {
        killed_twice(moment, &WHOLE, NEVER).await;
    }
}

#[tokio::test]
async fn killed_between_sending_and_recording_sends_again_with_the_same_id() {
    // Both deliveries are running: the state of one is certain, and the other may have been accepted too.
    for (moment, repeats) in [
        ("before UpdateItem :ended 1", 1..=2),
        ("after UpdateItem :ended 1", 0..=1),
        ("before UpdateItem :ended 2", 1..=2),
    ] {
        killed_once(moment, repeats.clone()).await;
        killed_twice(moment, &WHOLE, *repeats.start()..=2 * repeats.end()).await;
    }
}

#[tokio::test]
async fn killed_after_recording_sends_nothing_again() {
    for moment in [
        "after UpdateItem :ended 2",
        "before DeleteMessageBatch webhook.fifo 1",
        "after DeleteMessageBatch webhook.fifo 1",
    ] {
        killed_twice(moment, &WHOLE, NEVER).await;
    }
}

#[tokio::test]
async fn killed_while_the_page_answers_reads_it_again() {
    let story = Story::begin("while the page answers").await;
    story.server.set("/p/acme/api/v2/summary.json", Reply::Hang);
    let asked = story.server.request_count();
    let mut process = story.start("never");
    until("the page is requested", || story.server.request_count() > asked).await;
    process.kill();
    story.show(&["investigating"]);
    story.runs().await;
    story.show(&["investigating", "resolved"]);
    story.runs().await;
    story.ends(&["opened i1", "resolved i1"], NEVER).await;
}

#[tokio::test]
async fn killed_while_the_receiver_answers_sends_again_with_the_same_id() {
    let story = Story::begin("while the receiver answers").await;
    story.receiver.behave([Fault::Hang, Fault::Hang]);
    story.show(&["investigating"]);
    let mut process = story.start("never");
    story.receiver.wait_for(2).await;
    process.kill();
    story.runs().await;
    for path in PATHS {
        let got = story.receiver.messages_at(path);
        assert_eq!(got.iter().map(|message| message.answered).collect::<Vec<_>>(), [0, 200]);
        assert_eq!(got[0].id(), got[1].id());
    }
    story.show(&["investigating", "resolved"]);
    story.runs().await;
    story.ends(&["opened i1", "resolved i1"], NEVER).await;
}

async fn killed_once(moment: &str, repeats: RangeInclusive<usize>) {
    let story = Story::begin(moment).await;
    story.show(&["investigating"]);
    story.dies().await;
    story.runs().await;
    story.show(&["investigating", "resolved"]);
    story.runs().await;
    story.ends(&["opened i1", "resolved i1"], repeats).await;
}

/// The provider posts an update between the runs. The second run may have passed that moment before, so it is killed
/// when it gets there with the update, or not at all. The third run finds nothing new.
async fn killed_twice(moment: &str, expected: &[&str], repeats: RangeInclusive<usize>) {
    let story = Story::begin(moment).await;
    story.show(&["investigating"]);
    story.dies().await;
    story.show(&["investigating", "monitoring"]);
    let mut process = story.start(moment);
    let died = process.end().await;
    assert!(died.is_killed() || died.is_success(), "{moment}: {}", process.log());
    story.runs().await;
    story.show(&["investigating", "monitoring", "resolved"]);
    story.runs().await;
    story.ends(expected, repeats).await;
}

/// Paths of the two destinations.
const PATHS: [&str; 2] = ["/hook", "/second"];

struct Story {
    /// For the messages of failed assertions.
    moment: String,
    server: StatusPageServer,
    receiver: Receiver,
    settings: String,
    folder: TempDir,
}

impl Story {
    /// The page was read once, without an incident.
    async fn begin(moment: &str) -> Self {
        let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
        let settings = two_destinations(&server, &receiver, "");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("statuswire.toml"), &settings).unwrap();
        let story = Self { moment: moment.to_owned(), server, receiver, settings, folder };
        story.server.show("acme", &operational());
        story.runs().await;
        story
    }

    /// The page shows these phases of one incident.
    fn show(&self, phases: &[&str]) {
        let incident = phases.iter().fold(Incident::new("i1", &["API"]), |incident, phase| incident.post(phase));
        self.server.show("acme", &operational().with(incident));
    }

    fn start(&self, moment: &str) -> Process {
        Process::start(self.folder.path(), &[moment, "serve", "--once", "--no-catalogue"])
    }

    /// Runs a round to its end, after which the queues are empty.
    async fn runs(&self) {
        let mut process = self.start("never");
        assert!(process.end().await.is_success(), "{}", process.log());
    }

    async fn dies(&self) {
        let mut process = self.start(&self.moment);
        assert!(process.end().await.is_killed(), "the process did not reach: {}\n{}", self.moment, process.log());
    }

    /// Asserts that each destination got these events. `repeats` counts those of both together.
    async fn ends(self, expected: &[&str], repeats: RangeInclusive<usize>) {
        let data = self.folder.path().join("data");
        let world = World::with(self.server, self.receiver.clone(), &self.settings, Some(&data)).await;
        assert!(world.round_events().await.is_empty(), "killed {}: an alert was not sent before", self.moment);
        world.finish().await;
        let mut repeated = 0;
        for path in PATHS {
            let (mut ids, mut events) = (HashSet::new(), Vec::new());
            for message in self.receiver.messages_at(path).iter().filter(|message| message.answered == 200) {
                let event = message.event();
                if ids.insert(message.id().to_owned()) {
                    events.push(event);
                } else {
                    assert_eq!(events.last(), Some(&event), "killed {}: a repeat came after newer events", self.moment);
                    repeated += 1;
                }
            }
            assert_eq!(events, expected, "killed {}: at {path}", self.moment);
        }
        assert!(repeats.contains(&repeated), "killed {}: {repeated} repeats", self.moment);
    }
}

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

/// `of_page` is further settings of the page.
fn two_destinations(server: &StatusPageServer, receiver: &Receiver, of_page: &str) -> String {
    NETWORK.to_owned()
        + &page(server, "acme")
        + of_page
        + &monitor("acme", "acme", "")
        + &hook(receiver, "hook")
        + &hook(receiver, "second")
        + &group("everyone", &["hook", "second"], EVERYTHING)
}

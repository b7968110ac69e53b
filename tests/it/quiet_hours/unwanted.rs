//! What is held is looked at with the settings as they are when it is due: what the account wants no more is not told,
//! and whoever was told of an opening gets the end all the same.
use jiff::{SignedDuration, Timestamp};
use tests::{
    faults::Faults,
    receiver::Receiver,
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, World, WorldOptions, group, hook, monitor, page},
};

use super::{MORNING, quiet_hours, resolved};
use crate::story::{Story, ongoing, with};

const MINOR: &str = "severities = ['minor']\nevents = ['opened', 'updated', 'resolved']\n";
const MAJOR: &str = "severities = ['major']\nevents = ['opened', 'updated', 'resolved']\n";
const ENDS: &str = "severities = ['minor']\nevents = ['resolved']\n";

/// The hooks `night` and `other`, and two pages; monitors and groups are the story's.
fn settings(server: &StatusPageServer, receiver: &Receiver, more: &str) -> String {
    let hooks = hook(receiver, "night") + &hook(receiver, "other");
    let pages = page(server, "acme") + &page(server, "other").replace("'Acme'", "'Other'");
    [NETWORK, &pages, &hooks, more].concat()
}

/// A monitor of the page, and a group for the hook.
fn watched(page: &str, hook: &str, wants: &str) -> String {
    monitor("m", page, "") + &group("nightly", &[hook], wants)
}

/// Settings that want nothing of what is minor on the page for the hook `night`.
fn unwanted() -> [String; 6] {
    let elsewhere = monitor("m", "acme", "") + &monitor("n", "other", "");
    [
        group("nightly", &["night"], MINOR),
        watched("other", "night", MINOR),
        watched("acme", "other", MINOR),
        watched("acme", "night", MAJOR),
        watched("acme", "night", ENDS),
        elsewhere + &group("nightly", &["night"], &format!("monitors = ['n']\n{MINOR}")),
    ]
}

async fn story(more: &str) -> Story {
    let story = Story::start(settings, more).await;
    story.world.server.show("other", &with(Vec::new()));
    story
}

#[tokio::test]
async fn what_is_wanted_no_more_when_it_is_due_is_not_told_and_neither_is_its_end() {
    for unwanted in unwanted() {
        let story = story("").await;
        let quiet = watched("acme", "night", &format!("{MINOR}{}", quiet_hours(story.began, "")));
        story.set(&quiet).await;
        story.read(with(vec![ongoing("i1")])).await;
        story.set(&unwanted).await;
        for minutes in [MORNING, MORNING + 60] {
            story.after(minutes, with(vec![ongoing("i1")])).await;
            assert!(story.told().is_empty(), "{unwanted} after {minutes} minutes: {:?}", story.told());
        }
        // It is wanted again, and is over.
        story.set(&watched("acme", "night", MINOR)).await;
        story.after(MORNING + 90, with(vec![resolved("i1")])).await;
        assert!(story.told().is_empty(), "{unwanted}: {:?}", story.told());
        story.world.finish().await;
    }
}

#[tokio::test]
async fn what_is_wanted_again_is_told_with_its_next_update_and_its_end() {
    let story = story("").await;
    let quiet = watched("acme", "night", &format!("{MINOR}{}", quiet_hours(story.began, "")));
    story.set(&quiet).await;
    story.read(with(vec![ongoing("i1")])).await;
    story.set(&unwanted()[0]).await;
    story.after(MORNING, with(vec![ongoing("i1")])).await;
    story.set(&watched("acme", "night", MINOR)).await;
    let updated = || ongoing("i1").post("identified");
    story.after(MORNING + 60, with(vec![updated()])).await;
    story.after(MORNING + 90, with(vec![updated().post("resolved")])).await;
    assert_eq!(story.told(), ["updated i1", "resolved i1"]);
    story.world.finish().await;
}

#[tokio::test]
async fn end_that_waits_is_told_whatever_is_wanted_when_it_is_due() {
    for unwanted in unwanted() {
        let story = story(&watched("acme", "night", MINOR)).await;
        story.read(with(vec![ongoing("i1")])).await;
        assert_eq!(story.told(), ["opened i1"]);
        let quiet = watched("acme", "night", &format!("{MINOR}{}", quiet_hours(story.began, "")));
        story.set(&quiet).await;
        story.read(with(vec![resolved("i1")])).await;
        story.set(&unwanted).await;
        for minutes in [MORNING, MORNING + 60] {
            story.after(minutes, with(vec![resolved("i1")])).await;
            assert_eq!(story.told(), ["opened i1", "(resolved i1)"], "{unwanted} after {minutes} minutes");
        }
        story.world.finish().await;
    }
}

/// The update that waited is not told, and the end comes by the mark of the opening.
#[tokio::test]
async fn end_after_an_update_that_was_wanted_no_more_is_told() {
    for unwanted in unwanted() {
        let story = story(&watched("acme", "night", MINOR)).await;
        story.read(with(vec![ongoing("i1")])).await;
        let quiet = watched("acme", "night", &format!("{MINOR}{}", quiet_hours(story.began, "")));
        story.set(&quiet).await;
        let updated = || ongoing("i1").post("identified");
        story.read(with(vec![updated()])).await;
        story.set(&unwanted).await;
        story.after(MORNING, with(vec![updated()])).await;
        assert_eq!(story.told(), ["opened i1"], "{unwanted}");
        story.after(MORNING + 60, with(vec![updated().post("resolved")])).await;
        assert_eq!(story.told(), ["opened i1", "resolved i1"], "{unwanted}");
        story.world.finish().await;
    }
}

#[tokio::test]
async fn what_is_over_when_it_is_due_is_not_told_while_its_end_is_on_its_way() {
    let story = story("").await;
    let quiet = watched("acme", "night", &format!("{EVERYTHING}{}", quiet_hours(story.began, "")));
    story.set(&quiet).await;
    story.read(with(vec![ongoing("i1")])).await;
    // The end is committed and queued in this round, and not routed before the next one.
    story.world.server.show("acme", &with(vec![resolved("i1")]));
    story.world.poll(story.began + SignedDuration::from_mins(60)).await;
    story.world.poll(story.began + SignedDuration::from_mins(MORNING)).await;
    story.world.deliver().await;
    assert!(story.told().is_empty(), "{:?}", story.told());
    story.world.finish().await;
}

/// The poller stops at each request to store and queue in turn while it tells what is due.
#[tokio::test]
async fn summary_is_told_once_if_the_poller_stops_anywhere_while_it_tells() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let (began, faults) = (Timestamp::now(), Faults::new(0));
    let quiet = watched("acme", "night", &format!("{EVERYTHING}{}", quiet_hours(began, "")));
    let options = WorldOptions { faults: Some(faults.clone()), ..WorldOptions::default() };
    let text = settings(&server, &receiver, &quiet);
    let world = World::with_options(server, receiver, &text, options).await;
    let story = Story::of(world, began, settings);
    story.read(with(Vec::new())).await;
    let (mut incidents, mut stopped) = (Vec::new(), 0);
    for after in 0.. {
        incidents.push(ongoing(&format!("i{after}")));
        story.read(with(incidents.clone())).await;
        let minutes = MORNING + 20 * i64::try_from(after).unwrap();
        let now = began + SignedDuration::from_mins(minutes);
        faults.stall_after(Some(after));
        let is_stopped = tokio::select! {
            _ = story.world.poll(now) => false,
            () = faults.stalled() => true,
        };
        faults.stall_after(None);
        story.world.poll(now + SignedDuration::from_mins(10)).await;
        story.world.deliver().await;
        let expected: Vec<String> = (0..=after).map(|number| format!("(opened i{number})")).collect();
        assert_eq!(story.told(), expected, "stopped after {after} requests");
        if !is_stopped {
            break;
        }
        stopped += 1;
    }
    assert!(stopped > 8, "telling takes so many requests: {stopped}");
    story.world.finish().await;
}

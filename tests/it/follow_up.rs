//! Follow-ups from the page to the receiver: what is still open after a while is told once more, and only that.
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tests::{
    receiver::Receiver,
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, World, group, hook, monitor, page},
};

use crate::story::{Story, ongoing, with};

/// The hook `team` is told of the page; the hook `boss` is in no group.
fn settings(server: &StatusPageServer, receiver: &Receiver, more: &str) -> String {
    [
        NETWORK.to_owned(),
        page(server, "acme"),
        hook(receiver, "team"),
        hook(receiver, "boss"),
        monitor("m", "acme", ""),
        group("everyone", &["team"], &format!("{EVERYTHING}{more}")),
    ]
    .concat()
}

const TO_THE_SAME: &str = "follow_up = { minutes = 30 }\n";
const TO_ANOTHER: &str = "follow_up = { minutes = 30, destination = \"boss\" }\n";

#[tokio::test]
async fn what_is_still_open_is_told_once_more_to_the_same_destination() {
    let story = Story::start(settings, TO_THE_SAME).await;
    story.read(with(vec![ongoing("i1")])).await;
    story.read(with(vec![ongoing("i1").post("identified")])).await;
    let page = || with(vec![ongoing("i1").post("identified")]);
    story.after(20, page()).await;
    assert_eq!(story.heard("team"), ["opened i1", "updated i1"]);
    for minutes in [40, 80, 300] {
        story.after(minutes, page()).await;
        assert_eq!(story.heard("team"), ["opened i1", "updated i1", "updated i1"], "after {minutes} minutes");
    }
    let messages = story.world.receiver.messages();
    let body = messages.last().unwrap().json();
    assert_eq!(body["data"]["alert"]["note"], "Still open 30 minutes after the first alert.");
    assert_eq!(body["data"]["alert"]["widened"], false);

    // A later alert plans no second one.
    let later = || with(vec![ongoing("i1").post("identified").post("monitoring")]);
    story.after(310, later()).await;
    story.after(400, later()).await;
    assert_eq!(story.heard("team").len(), 4, "{:?}", story.heard("team"));
    assert!(story.heard("boss").is_empty());
    story.world.finish().await;
}

#[tokio::test]
async fn whoever_got_only_the_follow_up_gets_the_end() {
    let story = Story::start(settings, TO_ANOTHER).await;
    story.read(with(vec![ongoing("i1")])).await;
    story.after(40, with(vec![ongoing("i1")])).await;
    assert_eq!(
        (story.heard("team"), story.heard("boss")),
        (vec!["opened i1".to_owned()], vec!["updated i1".to_owned()])
    );
    story.after(60, with(vec![ongoing("i1").post("resolved")])).await;
    assert_eq!(story.heard("team"), ["opened i1", "resolved i1"]);
    assert_eq!(story.heard("boss"), ["updated i1", "resolved i1"]);
    story.world.finish().await;
}

#[tokio::test]
async fn nothing_follows_the_end() {
    let story = Story::start(settings, TO_ANOTHER).await;
    story.read(with(vec![ongoing("i1"), ongoing("i2")])).await;
    story.read(with(vec![ongoing("i1").post("resolved"), ongoing("i2")])).await;
    story.after(40, with(vec![ongoing("i1").post("resolved"), ongoing("i2").post("resolved")])).await;
    story.after(90, with(vec![ongoing("i1").post("resolved"), ongoing("i2").post("resolved")])).await;
    // The end of the second one was read after its follow-up was told.
    assert_eq!(story.heard("boss"), ["updated i2", "resolved i2"]);
    assert_eq!(story.heard("team").len(), 4, "{:?}", story.heard("team"));
    story.world.finish().await;
}

#[tokio::test]
async fn follow_up_that_was_turned_off_is_not_told() {
    let story = Story::start(settings, TO_ANOTHER).await;
    story.read(with(vec![ongoing("i1")])).await;
    story.set("").await;
    story.after(40, with(vec![ongoing("i1")])).await;
    story.set(TO_ANOTHER).await;
    story.after(90, with(vec![ongoing("i1")])).await;
    assert!(story.heard("boss").is_empty(), "{:?}", story.heard("boss"));
    story.world.finish().await;
}

#[tokio::test]
async fn follow_up_in_quiet_hours_comes_when_they_end() {
    let story = Story::start(settings, TO_ANOTHER).await;
    story.read(with(vec![ongoing("i1")])).await;
    let time = |hours| {
        let at = TimeZone::UTC.to_datetime(story.began + SignedDuration::from_hours(hours));
        at.strftime("%H:%M").to_string()
    };
    let quiet = format!("quiet_hours = {{ zone = 'UTC', from = '{}', until = '{}' }}\n", time(-1), time(2));
    story.set(&format!("{TO_ANOTHER}{quiet}")).await;
    story.after(40, with(vec![ongoing("i1")])).await;
    assert!(story.heard("boss").is_empty(), "{:?}", story.heard("boss"));
    story.after(125, with(vec![ongoing("i1")])).await;
    assert_eq!(story.heard("boss"), ["updated i1"]);
    story.world.finish().await;
}

#[tokio::test]
async fn follow_up_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let text = settings(&server, &receiver, TO_THE_SAME);
    let world = World::with(server.clone(), receiver.clone(), &text, Some(folder.path())).await;
    let began = Timestamp::now();
    for page in [with(Vec::new()), with(vec![ongoing("i1")])] {
        world.server.show("acme", &page);
        world.round().await;
    }
    world.finish().await;

    let world = World::with(server, receiver, &text, Some(folder.path())).await;
    let story = Story::of(world, began, settings);
    story.after(40, with(vec![ongoing("i1")])).await;
    assert_eq!(story.heard("team"), ["opened i1", "updated i1"]);
    story.world.finish().await;
}

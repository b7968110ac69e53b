//! Follow-ups from the page to the receiver: what is still open after a while is told once more, and only that.
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tests::{
    receiver::Receiver,
    status_page::Incident,
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

/// Monitors and groups are the story's.
fn bare(server: &StatusPageServer, receiver: &Receiver, more: &str) -> String {
    let hooks = hook(receiver, "team") + &hook(receiver, "boss") + &hook(receiver, "other");
    [NETWORK, &page(server, "acme"), &page(server, "other").replace("'Acme'", "'Other'"), &hooks, more].concat()
}

fn watched(page: &str, hooks: &[&str], more: &str) -> String {
    monitor("m", page, "") + &group("everyone", hooks, &format!("{EVERYTHING}{more}"))
}

#[tokio::test]
async fn follow_up_is_not_told_to_who_wants_it_no_more_and_the_end_is() {
    const MAJOR: &str = "severities = ['major']\nevents = ['opened', 'updated', 'resolved']\n";
    let of_other = |more: &str| group("everyone", &["team"], &format!("monitors = ['n']\n{EVERYTHING}{more}"));
    for wants in [TO_THE_SAME, TO_ANOTHER] {
        for unwanted in [
            group("everyone", &["team"], &format!("{EVERYTHING}{wants}")),
            watched("other", &["team"], wants),
            monitor("m", "acme", "") + &monitor("n", "other", "") + &of_other(wants),
            monitor("m", "acme", "") + &group("everyone", &["team"], &format!("{MAJOR}{wants}")),
            watched("acme", &["team"], "follow_up = { minutes = 30, destination = \"other\" }\n"),
            monitor("m", "acme", "") + &group("new", &["team"], &format!("{EVERYTHING}{wants}")),
        ] {
            let story = Story::start(bare, &watched("acme", &["team"], wants)).await;
            story.world.server.show("other", &with(Vec::new()));
            story.read(with(vec![ongoing("i1")])).await;
            story.set(&unwanted).await;
            for minutes in [40, 90] {
                story.after(minutes, with(vec![ongoing("i1")])).await;
                assert_eq!(story.heard("team"), ["opened i1"], "{unwanted} after {minutes} minutes");
            }
            story.after(120, with(vec![ongoing("i1").post("resolved")])).await;
            assert_eq!(story.heard("team"), ["opened i1", "resolved i1"], "{unwanted}");
            assert!(story.heard("boss").is_empty() && story.heard("other").is_empty(), "{unwanted}");
            story.world.finish().await;
        }
    }
}

#[tokio::test]
async fn who_was_taken_out_of_the_group_gets_no_follow_up_and_those_who_stay_do() {
    let story = Story::start(bare, &watched("acme", &["team", "other"], TO_THE_SAME)).await;
    story.read(with(vec![ongoing("i1")])).await;
    story.set(&watched("acme", &["other"], TO_THE_SAME)).await;
    story.after(40, with(vec![ongoing("i1")])).await;
    assert_eq!((story.heard("team").len(), story.heard("other").len()), (1, 2));
    story.after(60, with(vec![ongoing("i1").post("resolved")])).await;
    assert_eq!(story.heard("team"), ["opened i1", "resolved i1"]);
    assert_eq!(story.heard("other"), ["opened i1", "updated i1", "resolved i1"]);
    story.world.finish().await;
}

/// The severity of the first alert is not that of now.
#[tokio::test]
async fn follow_up_of_what_got_worse_or_better_is_told() {
    let major = |incident: Incident| Incident { impact: "critical".to_owned(), ..incident };
    let page = |is_major: bool| {
        let incident = ongoing("i1");
        with(vec![if is_major { major(incident) } else { incident }])
    };
    for begins_major in [false, true] {
        let severity = if begins_major { "major" } else { "minor" };
        let wants = format!("severities = ['{severity}']\nevents = ['opened', 'resolved']\n{TO_THE_SAME}");
        let story = Story::start(bare, &(monitor("m", "acme", "") + &group("everyone", &["team"], &wants))).await;
        story.read(page(begins_major)).await;
        for minutes in [40, 90] {
            story.after(minutes, page(!begins_major)).await;
        }
        assert_eq!(story.heard("team"), ["opened i1", "updated i1"], "begins major: {begins_major}");
        story.world.finish().await;
    }
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

//! Mutes and acknowledgements from the page to the receiver: what is muted is told no more, and whoever was told of the
//! opening is told of the end.
use accounts::audit::{AuditEntry, Values};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use status::mute::{Mute, Muted};
use store::Edit;
use tests::{
    receiver::Receiver,
    status_page::Incident,
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, group, hook, monitor, page},
};

use crate::story::{Story, ongoing, with};

const ACCOUNT: &str = "local";
const MAJOR: &str = "severities = [\"major\"]\nevents = [\"opened\", \"updated\", \"resolved\"]\n";
const FOLLOW_UP: &str = "follow_up = { minutes = 30 }\n";

/// The hook `team` is told of everything, and `boss` of what is major.
fn settings(server: &StatusPageServer, receiver: &Receiver, more: &str) -> String {
    [
        NETWORK.to_owned(),
        page(server, "acme"),
        hook(receiver, "team"),
        hook(receiver, "boss"),
        monitor("m", "acme", ""),
        group("everyone", &["team"], &format!("{EVERYTHING}{more}")),
        group("bosses", &["boss"], MAJOR),
    ]
    .concat()
}

fn edit() -> Edit {
    Edit::of(AuditEntry {
        account: ACCOUNT.into(),
        at: Timestamp::now(),
        id: "1".to_owned(),
        who: "jo@example.com".to_owned(),
        action: "incident.muted".to_owned(),
        target: String::new(),
        before: Values::new(),
        after: Values::new(),
    })
}

impl Story {
    async fn mute(&self, incident: &str, muted: Muted) -> Mute {
        let mute = Mute {
            account: ACCOUNT.into(),
            provider: "acme".into(),
            incident: incident.into(),
            episode: 1,
            muted,
            title: incident.to_owned(),
            by: "jo@example.com".to_owned(),
            at: Timestamp::now(),
        };
        self.world.app.store.save_mute(&mute, &edit()).await.unwrap();
        mute
    }

    async fn undo(&self, mute: &Mute) {
        self.world.app.store.remove_mute(mute, &edit()).await.unwrap();
    }
}

fn major(incident: Incident) -> Incident {
    Incident { impact: "critical".to_owned(), ..incident }
}

#[tokio::test]
async fn muted_incident_is_told_no_more_but_its_end() {
    let story = Story::start(settings, "").await;
    story.read(with(vec![ongoing("i1"), ongoing("i2")])).await;
    story.mute("i1", Muted::Alerts).await;
    story.read(with(vec![ongoing("i1").post("identified"), ongoing("i2").post("identified")])).await;
    assert_eq!(story.heard("team"), ["opened i1", "opened i2", "updated i2"]);
    // What got worse is muted as well, also for those who had not heard of it.
    story.read(with(vec![major(ongoing("i1").post("identified")), ongoing("i2").post("identified")])).await;
    assert!(story.heard("boss").is_empty(), "{:?}", story.heard("boss"));
    let over = |incident: Incident| incident.post("identified").post("resolved");
    story.read(with(vec![major(over(ongoing("i1"))), over(ongoing("i2"))])).await;
    let heard = story.heard("team");
    assert_eq!(heard.len(), 5, "{heard:?}");
    assert!(heard.contains(&"resolved i1".to_owned()), "{heard:?}");
    assert!(story.heard("boss").is_empty(), "of the end hears who heard of the opening: {:?}", story.heard("boss"));
    story.world.finish().await;
}

#[tokio::test]
async fn mute_that_is_undone_lets_the_next_update_through() {
    let story = Story::start(settings, "").await;
    story.read(with(vec![ongoing("i1")])).await;
    let mute = story.mute("i1", Muted::Alerts).await;
    story.read(with(vec![ongoing("i1").post("identified")])).await;
    story.undo(&mute).await;
    story.read(with(vec![ongoing("i1").post("identified").post("monitoring")])).await;
    assert_eq!(story.heard("team"), ["opened i1", "updated i1"]);
    story.world.finish().await;
}

#[tokio::test]
async fn muted_incident_that_opens_again_is_told() {
    let story = Story::start(settings, "").await;
    story.read(with(vec![ongoing("i1")])).await;
    story.mute("i1", Muted::Alerts).await;
    story.read(with(vec![ongoing("i1").post("resolved")])).await;
    story.read(with(vec![ongoing("i1").post("resolved").post("investigating")])).await;
    let heard = story.heard("team");
    assert_eq!(heard[..2], ["opened i1", "resolved i1"]);
    assert_eq!(heard.len(), 3, "another episode is another matter: {heard:?}");
    story.world.finish().await;
}

#[tokio::test]
async fn acknowledged_incident_is_not_followed_up_and_all_else_is_told() {
    let story = Story::start(settings, FOLLOW_UP).await;
    story.read(with(vec![ongoing("i1"), ongoing("i2"), ongoing("i3")])).await;
    story.mute("i1", Muted::FollowUp).await;
    let undone = story.mute("i2", Muted::FollowUp).await;
    story.undo(&undone).await;
    story.mute("i3", Muted::Alerts).await;
    let page = || with(vec![ongoing("i1"), ongoing("i2"), ongoing("i3")]);
    for minutes in [40, 90] {
        story.after(minutes, page()).await;
        assert_eq!(story.heard("team")[3..], ["updated i2"], "after {minutes} minutes");
    }
    let page = with(vec![ongoing("i1").post("identified"), ongoing("i2"), ongoing("i3")]);
    story.after(100, page).await;
    assert_eq!(story.heard("team")[4..], ["updated i1"], "its updates are told");
    story.world.finish().await;
}

#[tokio::test]
async fn what_is_muted_while_it_is_held_is_told_neither_then_nor_at_its_end() {
    let time = |hours| {
        let at = TimeZone::UTC.to_datetime(Timestamp::now() + SignedDuration::from_hours(hours));
        at.strftime("%H:%M").to_string()
    };
    let quiet = format!("quiet_hours = {{ zone = 'UTC', from = '{}', until = '{}' }}\n", time(-2), time(2));
    let story = Story::start(settings, &quiet).await;
    story.read(with(vec![ongoing("i1"), ongoing("i2")])).await;
    story.mute("i1", Muted::Alerts).await;
    story.after(180, with(vec![ongoing("i1"), ongoing("i2")])).await;
    assert_eq!(story.heard("team").len(), 1, "{:?}", story.heard("team"));
    let messages = story.world.receiver.messages();
    let items = messages[0].json()["data"]["summary"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1, "{items:?}");
    story.after(200, with(vec![ongoing("i1").post("resolved"), ongoing("i2").post("resolved")])).await;
    story.after(240, with(vec![ongoing("i1").post("resolved"), ongoing("i2").post("resolved")])).await;
    // The end came while it was quiet, so it waits too.
    let heard = story.heard("team");
    assert_eq!(heard.len(), 2, "{heard:?}");
    let messages = story.world.receiver.messages();
    let items = messages[1].json()["data"]["summary"].as_array().unwrap().clone();
    let ends: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(ends, ["incident.resolved"], "{items:?}");
    story.world.finish().await;
}

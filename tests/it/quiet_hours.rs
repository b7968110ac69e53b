//! Quiet hours and digests from the page to the receiver: delivery waits, and one summary tells what is left to know.
mod changed;
mod pages;
mod unwanted;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::Value;
use tests::{
    receiver::{Message, Receiver},
    status_page::Incident,
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, group, hook, monitor, page},
};

use crate::story::{Story, ongoing, with};

/// Quiet hours from two hours ago to two hours from now.
fn quiet_hours(now: Timestamp, more: &str) -> String {
    quiet_for(now, 2, more)
}

/// The same with another end.
fn quiet_for(now: Timestamp, hours: i64, more: &str) -> String {
    let time = |hours| {
        let at = TimeZone::UTC.to_datetime(now + SignedDuration::from_hours(hours));
        at.strftime("%H:%M").to_string()
    };
    format!("quiet_hours = {{ zone = 'UTC', from = '{}', until = '{}'{more} }}\n", time(-2), time(hours))
}

/// The hook `day` is told of the page at once, and the hook `night` when its quiet hours are over.
fn settings(server: &StatusPageServer, receiver: &Receiver, quiet_hours: &str) -> String {
    [
        NETWORK.to_owned(),
        page(server, "acme"),
        hook(receiver, "day"),
        hook(receiver, "night"),
        monitor("m", "acme", ""),
        group("by-day", &["day"], EVERYTHING),
        group("by-night", &["night"], &format!("{EVERYTHING}{quiet_hours}")),
    ]
    .concat()
}

/// The quiet hours are over.
const MORNING: i64 = 180;

async fn story(quiet: bool) -> Story {
    let more = if quiet { quiet_hours(Timestamp::now(), "") } else { String::new() };
    Story::start(settings, &more).await
}

impl Story {
    /// The changes that the first summary names.
    fn summary(&self) -> Vec<String> {
        self.summaries().into_iter().next().expect("there is a summary")
    }

    /// What the hook `night` was told, in order: `opened i1`, or `(opened i1)` in a summary.
    fn told(&self) -> Vec<String> {
        let item = |item: &Value| {
            let event = item["type"].as_str().unwrap().trim_start_matches("incident.").to_owned();
            format!("({event} {})", item["title"].as_str().unwrap().trim_start_matches("Acme: Trouble "))
        };
        let messages = self.world.receiver.messages_at("/night").into_iter();
        let of_message = |message: Message| match &message.json()["data"]["summary"] {
            Value::Array(items) if !items.is_empty() => items.iter().map(item).collect(),
            _ => vec![message.event()],
        };
        messages.flat_map(of_message).collect()
    }

    /// The changes that each summary names.
    fn summaries(&self) -> Vec<Vec<String>> {
        let messages = self.world.receiver.messages();
        let of_night = messages.iter().filter(|message| message.path == "/night").map(|message| message.json());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let changes = |body: Value| {
            let items = body["data"]["summary"].as_array().unwrap();
            items.iter().map(|item| format!("{} {}", text(&item["type"]), text(&item["title"]))).collect()
        };
        of_night.filter(|body| body["type"] == "page.summary").map(changes).collect()
    }
}

fn major(id: &str) -> Incident {
    Incident { impact: "critical".to_owned(), ..ongoing(id) }
}

fn resolved(id: &str) -> Incident {
    ongoing(id).post("resolved")
}

#[tokio::test]
async fn quiet_hours_end_with_one_summary_of_what_goes_on() {
    let story = story(true).await;
    story.read(with(vec![ongoing("i1"), ongoing("i2")])).await;
    story.read(with(vec![ongoing("i1").post("identified"), resolved("i2")])).await;
    assert_eq!(story.heard("day").len(), 4, "{:?}", story.heard("day"));
    assert!(story.heard("night").is_empty(), "{:?}", story.heard("night"));

    let page = || with(vec![ongoing("i1").post("identified"), resolved("i2")]);
    story.after(MORNING, page()).await;
    story.after(MORNING, page()).await;
    assert_eq!(story.heard("night").len(), 1, "{:?}", story.heard("night"));
    let told = story.summary();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("incident.updated Acme: "), "{told:?}");

    // Whoever got the summary gets the end.
    story.set("").await;
    story.after(MORNING, with(vec![ongoing("i1").post("identified").post("resolved"), resolved("i2")])).await;
    assert_eq!(story.heard("night")[1..], ["resolved i1"]);
    story.world.finish().await;
}

#[tokio::test]
async fn end_of_what_was_told_before_waits_and_is_told() {
    let story = story(false).await;
    story.read(with(vec![ongoing("i1")])).await;
    assert_eq!(story.heard("night"), ["opened i1"]);
    story.set(&quiet_hours(story.began, "")).await;
    story.read(with(vec![resolved("i1")])).await;
    assert_eq!(story.heard("night"), ["opened i1"]);
    story.after(MORNING, with(vec![resolved("i1")])).await;
    assert_eq!(story.heard("night").len(), 2);
    assert!(story.summary()[0].starts_with("incident.resolved Acme: "), "{:?}", story.summary());
    story.world.finish().await;
}

#[tokio::test]
async fn what_gets_major_is_told_at_once_and_not_again() {
    let story = story(true).await;
    story.read(with(vec![ongoing("i1")])).await;
    assert!(story.heard("night").is_empty());
    let worse = || with(vec![major("i1").post("identified")]);
    story.read(worse()).await;
    assert_eq!(story.heard("night"), ["updated i1"]);
    story.after(MORNING, worse()).await;
    assert_eq!(story.heard("night"), ["updated i1"]);
    story.world.finish().await;
}

#[tokio::test]
async fn without_the_bypass_major_waits_too() {
    let story = story(false).await;
    story.set(&quiet_hours(story.began, ", major_bypass = false")).await;
    story.read(with(vec![major("i1")])).await;
    assert_eq!((story.heard("day").len(), story.heard("night").len()), (1, 0));
    story.after(MORNING, with(vec![major("i1")])).await;
    assert_eq!(story.heard("night").len(), 1);
    story.world.finish().await;
}

/// A digest that is due in two hours.
fn digest(now: Timestamp) -> String {
    let at = TimeZone::UTC.to_datetime(now + SignedDuration::from_hours(2));
    format!("digest = {{ every = 'day', zone = 'UTC', at = '{}' }}\n", at.strftime("%H:%M"))
}

#[tokio::test]
async fn digest_tells_once_a_day_what_goes_on_and_major_at_once() {
    let story = story(false).await;
    story.set(&digest(story.began)).await;
    story.read(with(vec![ongoing("i1"), ongoing("i2")])).await;
    story.read(with(vec![ongoing("i1").post("identified"), resolved("i2"), major("i3")])).await;
    assert_eq!(story.heard("night"), ["opened i3"]);
    let page = || with(vec![ongoing("i1").post("identified"), resolved("i2"), major("i3")]);
    story.after(MORNING, page()).await;
    story.after(MORNING, page()).await;
    assert_eq!(story.heard("night").len(), 2, "{:?}", story.heard("night"));
    assert_eq!(story.summary().len(), 1, "{:?}", story.summary());

    // The end of what was told at once is told at once, since nobody is to fight what is over; that of what was in a
    // digest is in the next one.
    let over = || {
        let first = ongoing("i1").post("identified").post("resolved");
        with(vec![first, resolved("i2"), major("i3").post("resolved")])
    };
    story.read(over()).await;
    assert_eq!(story.heard("night")[2..], ["resolved i3"]);
    story.after(MORNING, over()).await;
    story.after(MORNING, over()).await;
    let summaries = story.summaries();
    assert_eq!((story.heard("night").len(), summaries.len()), (4, 2), "{:?}", story.heard("night"));
    assert_eq!(summaries[1].len(), 1, "{summaries:?}");
    assert!(summaries[1][0].starts_with("incident.resolved Acme: "), "{summaries:?}");
    story.world.finish().await;
}

/// Whether the clock passes a full hour while this runs makes no difference to what is told, only to when.
#[tokio::test]
async fn digest_of_an_hour_tells_each_change_once() {
    let story = story(false).await;
    story.set("digest = { every = 'hour' }\n").await;
    let opened = || with(vec![ongoing("i1"), ongoing("i2"), major("i3")]);
    story.read(opened()).await;
    let at_once = |heard: Vec<String>| heard.into_iter().filter(|it| it.starts_with("opened")).collect::<Vec<_>>();
    assert_eq!(at_once(story.heard("night")), ["opened i3"]);
    assert_eq!(at_once(story.heard("day")).len(), 3);
    for _ in 0..2 {
        story.after(60, opened()).await;
    }
    let told = |story: &Story| story.summaries().concat();
    assert_eq!(told(&story).len(), 2, "{:?}", story.summaries());
    assert!(told(&story).iter().all(|change| change.starts_with("incident.opened Acme: ")), "{:?}", told(&story));

    let over = || with(vec![resolved("i1"), ongoing("i2"), major("i3")]);
    story.read(over()).await;
    for _ in 0..2 {
        story.after(120, over()).await;
    }
    let told = told(&story);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[2].starts_with("incident.resolved Acme: "), "{told:?}");
    story.world.finish().await;
}

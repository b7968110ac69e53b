//! A summary of a page, which stands for very many changes at once, and what becomes of its incidents in quiet hours.
use tests::{
    receiver::Receiver,
    status_page::Incident,
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, group, hook, monitor, page},
};

use super::{MORNING, quiet_hours};
use crate::story::{Story, ongoing, with};

/// More than are told one by one.
const MANY: usize = 25;

/// The hook `night` is told of everything.
fn settings(server: &StatusPageServer, receiver: &Receiver, more: &str) -> String {
    let group = group("nightly", &["night"], &format!("{EVERYTHING}{more}"));
    [NETWORK, &page(server, "acme"), &hook(receiver, "night"), &monitor("m", "acme", ""), &group].concat()
}

/// All of them, of which the first has gone on like this.
fn many(phases: &[&str]) -> Vec<Incident> {
    let first = phases.iter().fold(ongoing("i0"), |incident, phase| incident.post(phase));
    std::iter::once(first).chain((1..MANY).map(|number| ongoing(&format!("i{number}")))).collect()
}

#[tokio::test]
async fn end_of_what_a_summary_by_day_announced_is_told_though_an_update_waited() {
    let story = Story::start(settings, "").await;
    story.read(with(many(&[]))).await;
    assert_eq!(story.told().len(), MANY, "one summary: {:?}", story.told());
    story.set(&quiet_hours(story.began, "")).await;
    story.read(with(many(&["identified"]))).await;
    story.read(with(many(&["identified", "resolved"]))).await;
    assert_eq!(story.told().len(), MANY, "both wait: {:?}", story.told());
    story.after(MORNING, with(many(&["identified", "resolved"]))).await;
    assert_eq!(story.told()[MANY..], ["(resolved i0)"]);
    story.world.finish().await;
}

#[tokio::test]
async fn what_ends_of_a_summary_that_waits_is_told_neither_then_nor_in_the_morning() {
    for turned_off in [false, true] {
        let story = Story::start(settings, "").await;
        story.set(&quiet_hours(story.began, "")).await;
        story.read(with(many(&[]))).await;
        assert!(story.told().is_empty(), "{:?}", story.told());
        if turned_off {
            story.set("").await;
        }
        story.read(with(many(&["resolved"]))).await;
        assert!(story.told().is_empty(), "turned off: {turned_off}: {:?}", story.told());
        for minutes in [MORNING, MORNING + 60] {
            story.after(minutes, with(many(&["resolved"]))).await;
            let told = story.told();
            assert_eq!(told.len(), MANY - 1, "turned off: {turned_off}: {told:?}");
            assert!(!told.iter().any(|it| it.ends_with(" i0)")), "turned off: {turned_off}: {told:?}");
        }
        story.world.finish().await;
    }
}

/// All of them, over.
fn over() -> Vec<Incident> {
    (0..MANY).map(|number| ongoing(&format!("i{number}")).post("resolved")).collect()
}

#[tokio::test]
async fn what_a_page_opened_and_ended_in_one_night_at_once_is_not_told() {
    let story = Story::start(settings, "").await;
    story.set(&quiet_hours(story.began, "")).await;
    // The first was held by itself, and the others with one summary.
    story.read(with(vec![ongoing("i0")])).await;
    story.read(with((0..=MANY).map(|number| ongoing(&format!("i{number}"))).collect())).await;
    let page = || with(over().into_iter().chain([ongoing(&format!("i{MANY}"))]).collect());
    story.read(page()).await;
    for minutes in [MORNING, MORNING + 60] {
        story.after(minutes, page()).await;
        assert_eq!(story.told(), [format!("(opened i{MANY})")], "after {minutes} minutes");
    }
    story.world.finish().await;
}

#[tokio::test]
async fn what_was_told_of_a_summary_that_waited_gets_its_end_in_the_next_one() {
    let story = Story::start(settings, "").await;
    story.set(&quiet_hours(story.began, "")).await;
    story.read(with(many(&[]))).await;
    let mut worse = many(&["identified"]);
    worse[0].impact = "critical".to_owned();
    story.read(with(worse)).await;
    assert_eq!(story.told(), ["updated i0"], "major is told at once");
    let page = || {
        with(
            many(&["identified"])
                .into_iter()
                .zip(over())
                .map(|(last, over)| if last.id == "i0" { last.post("resolved") } else { over })
                .collect(),
        )
    };
    story.read(page()).await;
    for minutes in [MORNING, MORNING + 60] {
        story.after(minutes, page()).await;
        assert_eq!(story.told(), ["updated i0", "(resolved i0)"], "after {minutes} minutes");
    }
    story.world.finish().await;
}

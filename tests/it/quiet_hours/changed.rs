//! Settings that change while something is held: an end is never told without its opening, nothing is told twice, and
//! what is still open is told at the time that was planned.
use store::Episode;
use tests::{
    receiver::Receiver,
    status_page::Incident,
    status_page_server::StatusPageServer,
    world::{EVERYTHING, NETWORK, group, hook, monitor, page},
};

use super::{MORNING, digest, major, quiet_for, quiet_hours, resolved};
use crate::story::{Story, ongoing, with};

const OPENINGS: &str = "severities = ['major', 'minor']\nevents = ['opened', 'resolved']\n";

/// The hooks `night` and `other`, and a monitor of the page; the groups are the story's.
fn settings(server: &StatusPageServer, receiver: &Receiver, groups: &str) -> String {
    let hooks = hook(receiver, "night") + &hook(receiver, "other");
    [NETWORK, &page(server, "acme"), &hooks, &monitor("m", "acme", ""), groups].concat()
}

/// A group that names the hook `night`.
fn nightly(more: &str) -> String {
    group("nightly", &["night"], &format!("{EVERYTHING}{more}"))
}

/// A story in which the opening of `i1` waits for `night`, by its quiet hours or its digest.
async fn holding(holds: fn(&Story) -> String) -> Story {
    let story = Story::start(settings, &nightly("")).await;
    story.set(&nightly(&holds(&story))).await;
    story.read(with(vec![ongoing("i1")])).await;
    assert!(story.told().is_empty(), "{:?}", story.told());
    story
}

fn by_quiet_hours(story: &Story) -> String {
    quiet_hours(story.began, "")
}

fn by_digest(story: &Story) -> String {
    digest(story.began)
}

fn hourly(_: &Story) -> String {
    "digest = { every = 'hour' }\n".to_owned()
}

const HOLDING: [fn(&Story) -> String; 3] = [by_quiet_hours, by_digest, hourly];

/// Groups in place of one that holds: it holds no more, another one names the hook, or none does.
fn without_holding() -> [String; 4] {
    [
        nightly(""),
        group("another", &["night"], EVERYTHING),
        group("nightly", &["other"], EVERYTHING),
        group("nightly", &["other"], EVERYTHING) + &group("another", &["night"], OPENINGS),
    ]
}

fn updated() -> Incident {
    ongoing("i1").post("identified")
}

fn over() -> Incident {
    updated().post("resolved")
}

#[tokio::test]
async fn end_is_not_told_of_what_was_held_when_nothing_is_held_any_more() {
    for holds in HOLDING {
        for groups in without_holding() {
            let story = holding(holds).await;
            story.set(&groups).await;
            story.read(with(vec![resolved("i1")])).await;
            assert!(story.told().is_empty(), "{groups}: {:?}", story.told());
            for minutes in [MORNING, MORNING + 60] {
                story.after(minutes, with(vec![resolved("i1")])).await;
                assert!(story.told().is_empty(), "{groups} after {minutes} minutes: {:?}", story.told());
            }
            story.world.finish().await;
        }
    }
}

#[tokio::test]
async fn update_that_waits_no_more_is_told_in_place_of_the_opening_that_was_held() {
    for holds in HOLDING {
        for groups in [nightly(""), group("another", &["night"], EVERYTHING)] {
            let story = holding(holds).await;
            story.set(&groups).await;
            story.read(with(vec![updated()])).await;
            assert_eq!(story.told(), ["updated i1"], "{groups}");
            story.read(with(vec![over()])).await;
            for minutes in [MORNING, MORNING + 60] {
                story.after(minutes, with(vec![over()])).await;
                assert_eq!(story.told(), ["updated i1", "resolved i1"], "{groups} after {minutes} minutes");
            }
            story.world.finish().await;
        }
    }
}

#[tokio::test]
async fn what_is_open_when_quiet_hours_are_turned_off_is_told_at_the_planned_time_and_then_its_end() {
    for holds in HOLDING {
        let story = holding(holds).await;
        story.set(&nightly("")).await;
        for minutes in [MORNING, MORNING + 60] {
            story.after(minutes, with(vec![ongoing("i1")])).await;
            assert_eq!(story.told(), ["(opened i1)"], "after {minutes} minutes");
        }
        story.read(with(vec![resolved("i1")])).await;
        story.after(MORNING + 120, with(vec![resolved("i1")])).await;
        assert_eq!(story.told(), ["(opened i1)", "resolved i1"]);
        story.world.finish().await;
    }
}

#[tokio::test]
async fn digest_that_becomes_daily_tells_what_was_held_for_the_hour_once() {
    let story = holding(hourly).await;
    story.set(&nightly(&digest(story.began))).await;
    for minutes in [60, MORNING, MORNING + 24 * 60] {
        story.after(minutes, with(vec![ongoing("i1")])).await;
        assert_eq!(story.told(), ["(opened i1)"], "after {minutes} minutes");
    }
    story.world.finish().await;
}

/// The group wants no ends, so that these are found by the mark that the hook was told, which was made by day.
#[tokio::test]
async fn end_of_what_was_told_by_day_waits_with_the_update_that_waits_and_only_the_end_is_told() {
    let wants = "severities = ['major', 'minor']\nevents = ['opened', 'updated']\n";
    let story = Story::start(settings, &group("nightly", &["night"], wants)).await;
    story.read(with(vec![ongoing("i1")])).await;
    assert_eq!(story.told(), ["opened i1"]);
    story.set(&group("nightly", &["night"], &format!("{wants}{}", by_quiet_hours(&story)))).await;
    story.read(with(vec![updated()])).await;
    story.read(with(vec![over()])).await;
    assert_eq!(story.told(), ["opened i1"], "both wait");
    for minutes in [MORNING, MORNING + 60] {
        story.after(minutes, with(vec![over()])).await;
        assert_eq!(story.told(), ["opened i1", "(resolved i1)"], "after {minutes} minutes");
    }
    story.world.finish().await;
}

/// Whoever wants openings alone was told of none as long as it waits.
#[tokio::test]
async fn what_gets_major_while_its_opening_waits_is_told_to_whoever_wants_openings() {
    for (more, told) in [("", "updated i1"), (", major_bypass = false", "(updated i1)")] {
        let story = Story::start(settings, "").await;
        story.set(&group("nightly", &["night"], &format!("{OPENINGS}{}", quiet_hours(story.began, more)))).await;
        story.read(with(vec![ongoing("i1")])).await;
        assert!(story.told().is_empty());
        let worse = || with(vec![major("i1").post("identified")]);
        story.read(worse()).await;
        assert_eq!(story.told().len(), usize::from(more.is_empty()), "{more}: {:?}", story.told());
        story.after(MORNING, worse()).await;
        assert_eq!(story.told(), [told], "{more}");
        story.read(with(vec![major("i1").post("identified").post("resolved")])).await;
        story.after(MORNING + 24 * 60, with(vec![major("i1").post("identified").post("resolved")])).await;
        assert_eq!(story.told().len(), 2, "{more}: the end is told: {:?}", story.told());
        story.world.finish().await;
    }
}

#[tokio::test]
async fn of_two_groups_with_quiet_hours_the_first_to_wake_tells_and_the_other_does_not_again() {
    let story = Story::start(settings, "").await;
    let longer = quiet_for(story.began, 3, "");
    let of = |id: &str, quiet: &str| group(id, &["night"], &format!("{EVERYTHING}{quiet}"));
    story.set(&(of("first", &by_quiet_hours(&story)) + &of("second", &longer))).await;
    story.read(with(vec![ongoing("i1")])).await;
    for minutes in [150, 240, 400] {
        story.after(minutes, with(vec![ongoing("i1")])).await;
        assert_eq!(story.told(), ["(opened i1)"], "after {minutes} minutes");
    }
    story.world.finish().await;
}

#[tokio::test]
async fn destination_that_was_removed_while_something_waited_is_told_nothing_of_it_when_it_comes_back() {
    let story = holding(by_quiet_hours).await;
    let world = &story.world;
    let without = [
        NETWORK,
        &page(&world.server, "acme"),
        &hook(&world.receiver, "other"),
        &monitor("m", "acme", ""),
        &group("nightly", &["other"], EVERYTHING),
    ];
    world.apply(&without.concat()).await;
    story.after(MORNING, with(vec![ongoing("i1")])).await;
    story.set(&nightly("")).await;
    story.after(MORNING + 60, with(vec![resolved("i1")])).await;
    assert!(story.told().is_empty(), "{:?}", story.told());
    story.world.finish().await;
}

#[tokio::test]
async fn account_that_was_deleted_while_something_waited_leaves_nothing_to_tell() {
    let story = holding(by_quiet_hours).await;
    story.world.apply(&[NETWORK, &page(&story.world.server, "acme")].concat()).await;
    story.after(MORNING, with(vec![ongoing("i1")])).await;
    let store = &story.world.app.store;
    assert_eq!(store.next_held().await.unwrap(), None);
    let episode = Episode { provider: "acme".into(), incident: "i1".into(), number: 1 };
    assert!(store.untold(&episode, &["night".into()]).await.unwrap().is_empty(), "no row is left");
    assert!(story.told().is_empty(), "{:?}", story.told());
    story.world.finish().await;
}

/// What it missed is told when it works again, once.
#[tokio::test]
async fn summary_for_a_destination_that_was_disabled_meanwhile_is_told_when_it_works_again() {
    let story = holding(by_quiet_hours).await;
    story.world.receiver.fakes.delete("/night");
    let page = |third: Option<Incident>| with([ongoing("i1"), major("i2")].into_iter().chain(third).collect());
    story.read(page(None)).await;
    assert!(story.world.destination("night").await.disabled.is_some());
    story.after(MORNING, page(None)).await;
    story.world.receiver.fakes.restore("/night");
    // Its owner corrects the settings.
    let hook = hook(&story.world.receiver, "night").replace("/night'", "/night?2'");
    let text = settings(&story.world.server, &story.world.receiver, &nightly(""));
    let changed = text.replace(&super::hook(&story.world.receiver, "night"), &hook);
    assert_ne!(text, changed);
    story.world.apply(&changed).await;
    for minutes in [MORNING + 60, MORNING + 90] {
        story.after(minutes, page(Some(major("i3")))).await;
        let messages = story.world.receiver.messages().into_iter();
        let accepted = messages.filter(|it| it.answered == 200 && it.path.starts_with("/night"));
        let mut types: Vec<_> = accepted.map(|it| it.json()["type"].as_str().unwrap().to_owned()).collect();
        types.sort();
        assert_eq!(types, ["incident.opened", "incident.opened", "page.summary"], "after {minutes} minutes");
    }
    story.world.finish().await;
}

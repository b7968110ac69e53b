//! What a destination missed and is still of use is sent once it works again: after a test, or with the next alert.
use std::{path::Path, sync::Arc};

use fakes::Reply;
use router::Router;
use statuswire::{cli::Cli, cli::Command, commands::test};
use store::DeliveryEnd;
use tests::{
    receiver::Receiver,
    status_page::Incident,
    status_page_server::StatusPageServer,
    world::{self, World, hook},
};

use super::{alert_id, course, operational, settings, show};

async fn world_at(folder: &Path, receiver: Receiver, destinations: &str, ids: &[&str]) -> World {
    let server = StatusPageServer::start().await;
    let settings = settings(&server, destinations, ids);
    let world = World::with(server, receiver, &settings, Some(folder)).await;
    world.server.show("acme", &operational());
    world.round().await;
    world
}

/// Runs `statuswire test` beside the process that uses the folder.
async fn run_test(folder: &Path, destination: &str) {
    let words = ["statuswire", "test", destination, "--allow", "127.0.0.0/8", "--data", folder.to_str().unwrap()];
    let cli = <Cli as clap::Parser>::try_parse_from(words).unwrap();
    let Some(Command::Test(args)) = cli.command else { panic!("another command") };
    test::run(args).await.unwrap();
}

/// Shows several incidents at once and delivers what that causes.
async fn show_all(world: &World, incidents: &[&Incident]) {
    let page = incidents.iter().fold(operational(), |page, incident| page.with((*incident).clone()));
    world.server.show("acme", &page);
    world.round().await;
}

#[tokio::test]
async fn present_state_and_ends_are_sent_after_a_test() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "a") + &hook(&receiver, "b");
    let world = world_at(folder.path(), receiver, &hooks, &["a", "b"]).await;
    let [known, known_later, ..] = course("known");
    show_all(&world, &[&known]).await;
    world.receiver.fakes.delete("/a");
    let [open, open_later, open_worse, _] = course("open");
    let [over, .., over_resolved] = course("over");
    show_all(&world, &[&known, &open, &over]).await;
    show_all(&world, &[&known_later, &open_later, &over]).await;
    show_all(&world, &[&known_later, &open_worse, &over_resolved]).await;
    assert_eq!(world.receiver.events_at("/a"), ["opened known"]);
    assert!(world.destination("a").await.disabled.is_some());

    world.receiver.fakes.restore("/a");
    run_test(folder.path(), "a").await;
    world.deliver().await;
    let mut got = world.receiver.events_at("/a").split_off(1);
    assert_eq!(got.remove(0), "test destination@a");
    got.sort();
    assert_eq!(got, ["opened open", "resolved over", "updated known"], "each incident once");
    let opened = world.receiver.messages_at("/a").into_iter().rfind(|it| it.event() == "opened open").unwrap();
    assert!(
        opened.json().to_string().contains("Update 3 of open"),
        "the present state, not the first: {}",
        opened.json()
    );

    // A second test sends nothing again, and the end of what was told arrives.
    run_test(folder.path(), "a").await;
    let [.., open_resolved] = course("open");
    show_all(&world, &[&known_later, &open_resolved, &over_resolved]).await;
    assert_eq!(world.receiver.events_at("/a")[5..], ["test destination@a", "resolved open"]);
    world.finish().await;
}

#[tokio::test]
async fn destination_that_was_defined_anew_catches_up_with_its_next_alert() {
    let receiver = Receiver::start().await;
    let server = StatusPageServer::start().await;
    let declared = settings(&server, &hook(&receiver, "a"), &["a"]);
    let world = World::with(server, receiver, &declared, None).await;
    world.server.show("acme", &operational());
    world.round().await;
    world.receiver.fakes.delete("/a");
    let [first, ..] = course("first");
    show_all(&world, &[&first]).await;
    assert!(world.destination("a").await.disabled.is_some());

    // The owner corrects the address.
    let url = world.receiver.url("/a2");
    let corrected = world::destination("a", "webhook", &format!("url = '{url}'\nsecret = '{}'", world::SECRET));
    world.apply(&settings(&world.server, &corrected, &["a"])).await;
    let [second, ..] = course("second");
    show_all(&world, &[&first, &second]).await;
    assert_eq!(world.receiver.events_at("/a2"), ["opened second", "opened first"]);
    assert_eq!(world.destination("a").await.missed_since, None);
    world.finish().await;
}

#[tokio::test]
async fn rejected_opening_is_not_repeated_when_a_later_update_told_it() {
    let receiver = Receiver::start().await;
    let slack = receiver.url("/services/T0/B0/secret");
    let settings = world::destination("slack", "slack", &format!("url = '{slack}'"));
    let world = super::world_with(receiver, &settings, &["slack"]).await;
    let bad = Reply::text(400, "invalid_payload");
    world.receiver.fakes.set_faults_at("/services/T0/B0/secret", [bad.clone().into(), bad.into()]);
    let [opened, updated, ..] = course("i1");
    for state in [opened, updated] {
        show(&world, &state);
        world.round().await;
    }
    assert_eq!(world.receiver.fakes.slack_posts().len(), 1, "the update told the present state");
    assert_eq!(world.destination("slack").await.missed_since, None);
    world.finish().await;
}

/// The router of a stack that leaves out a channel.
fn router_without(world: &World, channel: &str) -> Arc<Router> {
    let mut queues = world.app.queues();
    queues.channels.remove(channel);
    Arc::new(Router::new(world.app.store.clone(), queues.alerts, queues.channels))
}

#[tokio::test]
async fn channel_that_the_stack_leaves_out_is_told_and_caught_up_once_it_is_deployed() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let slack = receiver.url("/services/T0/B0/secret");
    let destinations = hook(&receiver, "a") + &world::destination("slack", "slack", &format!("url = '{slack}'"));
    let mut world = world_at(folder.path(), receiver, &destinations, &["a", "slack"]).await;
    let whole = world.app.router.clone();
    world.app.router = router_without(&world, "webhook");
    let [opened, updated, ..] = course("i1");
    for state in [&opened, &updated] {
        show(&world, state);
        world.round().await;
    }
    assert_eq!(world.receiver.messages_at("/a").len(), 0);
    let disabled = world.destination("a").await.disabled.unwrap();
    assert_eq!(disabled.reason, "this stack leaves out the channel webhook");
    for alert in [alert_id("i1", "opened", "open"), alert_id("i1", "updated", "i1-1")] {
        assert_eq!(world.delivery_end("i1", &alert, "a").await, DeliveryEnd::Disabled);
    }
    let posts = world.receiver.fakes.slack_posts();
    assert_eq!(posts.len(), 3, "two alerts, and one notice: {posts:?}");
    assert!(format!("{posts:?}").contains("leaves out the channel webhook"), "{posts:?}");

    world.app.router = whole;
    run_test(folder.path(), "a").await;
    world.deliver().await;
    assert_eq!(world.receiver.events_at("/a"), ["test destination@a", "opened i1"], "and its present state");
    world.finish().await;
}

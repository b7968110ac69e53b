//! Deliveries that ended are redriven on request: with the same id, and without replacing newer messages by older ones.
use std::path::Path;

use aws_sdk_sqs::types::QueueAttributeName;
use jiff::{SignedDuration, Timestamp};
use local::event_source::run_until_idle;
use serde_json::json;
use status::ids::AlertId;
use statuswire::{cli::Cli, cli::Command, commands::redrive};
use store::DeliveryEnd;
use tests::{
    receiver::Receiver,
    slack::Slack,
    status_page_server::StatusPageServer,
    world::{World, destination, hook},
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

/// Runs `redrive` as the command line does, beside the process that uses the folder.
async fn command(folder: &Path, arguments: &[&str]) {
    let words = ["statuswire", "redrive", "--data", folder.to_str().unwrap()];
    let cli = <Cli as clap::Parser>::try_parse_from(words.iter().chain(arguments)).unwrap();
    let Some(Command::Redrive(args)) = cli.command else { panic!("another command") };
    redrive::run(args).await.unwrap();
}

fn name(alert: &AlertId, destination: &str) -> String {
    format!("{alert}/{destination}")
}

#[tokio::test]
async fn given_up_deliveries_are_redriven_with_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "hook");
    let world = world_at(folder.path(), receiver, &hooks, &["hook"]).await;
    let [opened, updated, worse, _] = course("i1");
    // So old that they are of no use.
    for state in [&opened, &updated] {
        show(&world, state);
        world.poll(Timestamp::now() - SignedDuration::from_hours(13)).await;
    }
    world.deliver().await;
    show(&world, &worse);
    world.round().await;
    let (first, second) = (alert_id("i1", "opened", "open"), alert_id("i1", "updated", "i1-1"));
    for alert in [&first, &second] {
        assert_eq!(world.delivery_end("i1", alert, "hook").await, DeliveryEnd::GivenUp);
    }
    assert_eq!(world.receiver.events_at("/hook"), ["updated i1"]);

    command(folder.path(), &["--destination", "hook"]).await;
    world.deliver().await;
    let again = world.receiver.messages_at("/hook").split_off(1);
    let alerts: Vec<AlertId> = again.iter().map(|message| message.alert()).collect();
    assert_eq!(alerts, [first.clone(), second.clone()], "oldest first, without the one that had arrived");
    for alert in [&first, &second] {
        assert_eq!(world.delivery_end("i1", alert, "hook").await, DeliveryEnd::Sent);
        let [entry] = &world.app.store.deliveries_of(alert).await.unwrap()[..] else { panic!("one delivery") };
        assert_eq!(entry.reopened, 1);
    }

    // A delivery that arrived is redriven too if it is named.
    command(folder.path(), &[&name(&first, "hook")]).await;
    world.deliver().await;
    let third = world.receiver.messages_at("/hook").split_off(3);
    let same = |message: &tests::receiver::Message| (message.id().to_owned(), message.raw.clone());
    assert_eq!(third.iter().map(same).collect::<Vec<_>>(), [same(&again[0])]);
    world.finish().await;
}

/// It would start something that nothing ends.
#[tokio::test]
async fn redriven_opening_of_an_incident_that_is_over_is_dropped_on_every_channel() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, slack) = (Receiver::start().await, Slack::start().await);
    let discord = receiver.url("/api/webhooks/112233445566778899/s3cretToken");
    let webhook = receiver.url("/services/T0/B0/secret");
    let destinations = hook(&receiver, "hook")
        + &slack.destination("bot")
        + &destination("slack", "slack", &format!("url = '{webhook}'"))
        + &destination("discord", "discord", &format!("url = '{discord}'"));
    let ids = ["hook", "bot", "slack", "discord"];
    let world = world_at(folder.path(), receiver, &destinations, &ids).await;
    let [opened, .., resolved] = course("i1");
    for state in [&opened, &resolved] {
        show(&world, state);
        world.round().await;
    }
    let work = world.run_queues();
    world.receiver.wait_for(2 + 2 + 3).await;
    let before = (world.receiver.messages().len(), slack.posts());
    for id in ids {
        command(folder.path(), &["--destination", id, "--delivered-too"]).await;
    }
    // The end is repeated everywhere; on Slack and Discord it edits the message that stands there.
    world.receiver.wait_for(before.0 + 1 + 1 + 2).await;
    let opening = alert_id("i1", "opened", "open");
    for id in ids {
        let ended = async || {
            let entries = world.app.store.deliveries_of(&opening).await.unwrap();
            entries.into_iter().find(|entry| entry.destination.as_str() == id).unwrap()
        };
        let entry = ended().await;
        assert_eq!((entry.ended, entry.reopened), (Some(DeliveryEnd::DroppedStale), 1), "{id}");
        assert!(entry.attempts.last().unwrap().answer.contains("the incident is over"), "{id}");
    }
    work.stop().await;
    let roots = |posts: &[fakes::Post]| posts.iter().filter(|post| post.thread.is_none()).count();
    assert_eq!(roots(&slack.posts()), roots(&before.1));
    assert_eq!(world.receiver.events_at("/hook"), ["opened i1", "resolved i1", "resolved i1"]);
    world.finish().await;
}

#[tokio::test]
async fn redriven_alert_that_a_newer_one_replaced_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, slack) = (Receiver::start().await, Slack::start().await);
    let world = world_at(folder.path(), receiver, &slack.destination("bot"), &["bot"]).await;
    let [opened, updated, ..] = course("i1");
    for state in [&opened, &updated] {
        show(&world, state);
        world.round().await;
    }
    let before = slack.posts();
    let opening = alert_id("i1", "opened", "open");
    command(folder.path(), &[&name(&opening, "bot")]).await;
    world.deliver().await;
    assert_eq!(world.delivery_end("i1", &opening, "bot").await, DeliveryEnd::DroppedStale);
    assert_eq!(slack.posts(), before);

    // The newest is repeated: it edits the first message and replies in its thread.
    command(folder.path(), &[&name(&alert_id("i1", "updated", "i1-1"), "bot")]).await;
    world.deliver().await;
    let after = slack.posts();
    assert_eq!((after.len(), after[0].edits), (before.len() + 1, before[0].edits + 1));
    assert_eq!(after.last().unwrap().thread, Some(after[0].ts.clone()));
    world.finish().await;
}

#[tokio::test]
async fn dead_letters_are_redriven_and_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "hook");
    let world = world_at(folder.path(), receiver, &hooks, &["hook"]).await;
    let [opened, updated, ..] = course("i1");

    show(&world, &opened);
    world.poll(Timestamp::now()).await;
    let (alerts, dead) = (&world.app.stack.queues.alerts, &world.app.stack.dead_letters);
    move_to_dlq(&world, alerts).await;
    world.deliver().await;
    assert!(world.receiver.messages().is_empty());
    assert_eq!(waiting(&world, &dead.alerts).await, 1);
    command(folder.path(), &["--dead-letters", "alerts"]).await;
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1"]);

    show(&world, &updated);
    world.poll(Timestamp::now()).await;
    run_until_idle(&world.app.event_sources()[..1]).await.unwrap();
    move_to_dlq(&world, &world.app.stack.queues.channels["webhook"]).await;
    world.deliver().await;
    assert_eq!(waiting(&world, &dead.channels["webhook"]).await, 1);
    command(folder.path(), &["--dead-letters", "webhook"]).await;
    world.deliver().await;
    assert_eq!(world.receiver.events(), ["opened i1", "updated i1"]);
    world.finish().await;
}

/// Receives the messages until the queue moves them to its dead-letter queue.
async fn move_to_dlq(world: &World, queue: &str) {
    let sqs = &world.app.stack.sqs;
    let policy = async || {
        let request = sqs.get_queue_attributes().queue_url(queue).attribute_names(QueueAttributeName::All);
        request.send().await.unwrap().attributes.unwrap()[&QueueAttributeName::RedrivePolicy].clone()
    };
    let set = async |policy: String| {
        let request = sqs.set_queue_attributes().queue_url(queue);
        request.attributes(QueueAttributeName::RedrivePolicy, policy).send().await.unwrap();
    };
    let usual = policy().await;
    let mut hasty: serde_json::Value = serde_json::from_str(&usual).unwrap();
    hasty["maxReceiveCount"] = json!(1);
    set(hasty.to_string()).await;
    let receive = async || {
        let request = sqs.receive_message().queue_url(queue).visibility_timeout(0);
        request.send().await.unwrap().messages.unwrap_or_default().len()
    };
    assert_eq!(receive().await, 1);
    assert_eq!(receive().await, 0, "it is in the dead-letter queue");
    set(usual).await;
}

async fn waiting(world: &World, queue: &str) -> u64 {
    let request = world.app.stack.sqs.get_queue_attributes().queue_url(queue);
    let response = request.attribute_names(QueueAttributeName::All).send().await.unwrap();
    response.attributes.unwrap()[&QueueAttributeName::ApproximateNumberOfMessages].parse().unwrap()
}

//! Deliveries that ended are redriven on request: with the same id, and without replacing newer messages by older ones.
use std::path::Path;

use aws_sdk_sqs::types::QueueAttributeName;
use fakes::{Fault, Reply};
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

use super::{COURSE, alert_id, course, headline, operational, settings, show};

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

fn answer(status: u16) -> Fault {
    Reply::text(status, "no").into()
}

#[tokio::test]
async fn rejected_and_given_up_deliveries_are_redriven_with_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "hook");
    let world = world_at(folder.path(), receiver, &hooks, &["hook"]).await;
    let [opened, updated, worse, _] = course("i1");
    world.receiver.fakes.set_faults_at("/hook", [answer(400)]);
    show(&world, &opened);
    world.round().await;
    // So old that it is of no use.
    show(&world, &updated);
    world.poll(Timestamp::now() - SignedDuration::from_hours(13)).await;
    world.deliver().await;
    show(&world, &worse);
    world.round().await;
    let (rejected, given_up) = (alert_id("i1", "opened", "open"), alert_id("i1", "updated", "i1-1"));
    assert_eq!(world.delivery_end("i1", &rejected, "hook").await, DeliveryEnd::Rejected);
    assert_eq!(world.delivery_end("i1", &given_up, "hook").await, DeliveryEnd::GivenUp);
    let first = world.receiver.messages_at("/hook");
    assert_eq!(first.iter().map(|message| message.answered).collect::<Vec<_>>(), [400, 200]);

    command(folder.path(), &["--destination", "hook"]).await;
    world.deliver().await;
    let again = world.receiver.messages_at("/hook").split_off(2);
    let alerts: Vec<AlertId> = again.iter().map(|message| message.alert()).collect();
    assert_eq!(alerts, [rejected.clone(), given_up.clone()], "oldest first, without those that had arrived");
    assert_eq!((again[0].id(), &again[0].raw), (first[0].id(), &first[0].raw));
    for alert in [&rejected, &given_up] {
        assert_eq!(world.delivery_end("i1", alert, "hook").await, DeliveryEnd::Sent);
        let [entry] = &world.app.store.deliveries_of(alert).await.unwrap()[..] else { panic!("one delivery") };
        assert_eq!((entry.reopened, entry.attempt_count), (1, 2));
    }

    // A delivery that arrived is redriven too if it is named.
    command(folder.path(), &[&name(&rejected, "hook")]).await;
    world.deliver().await;
    let third = world.receiver.messages_at("/hook").split_off(4);
    assert_eq!(third.iter().map(|message| message.id()).collect::<Vec<_>>(), [first[0].id()]);
    world.finish().await;
}

#[tokio::test]
async fn redriven_opening_does_not_change_the_message_that_shows_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, slack) = (Receiver::start().await, Slack::start().await);
    let world = world_at(folder.path(), receiver, &slack.destination("bot"), &["bot"]).await;
    for state in course("i1") {
        show(&world, &state);
        world.round().await;
    }
    let before = slack.posts();
    let root = |posts: &[fakes::Post]| posts[0].clone();
    assert!(root(&before).text.starts_with(&headline("i1", COURSE[3])), "{}", root(&before).text);
    assert_eq!(root(&before).edits, 3);

    let opening = alert_id("i1", "opened", "open");
    command(folder.path(), &[&name(&opening, "bot")]).await;
    world.deliver().await;
    assert_eq!(world.delivery_end("i1", &opening, "bot").await, DeliveryEnd::Sent);
    let after = slack.posts();
    assert_eq!(root(&after), root(&before), "the end stays");
    let [redriven] = &after[before.len()..] else { panic!("one more message: {after:?}") };
    assert!(redriven.text.starts_with(&headline("i1", COURSE[0])), "{}", redriven.text);
    assert_eq!(redriven.thread, None);

    // Later alerts continue the thread of the first message.
    let end = alert_id("i1", "resolved", "end");
    command(folder.path(), &[&name(&end, "bot")]).await;
    world.deliver().await;
    let last = slack.posts();
    assert_eq!(root(&last).edits, 4);
    assert_eq!(last.last().unwrap().thread, Some(root(&last).ts));
    world.finish().await;
}

#[tokio::test]
async fn redriven_opening_does_not_change_the_message_in_discord() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let url = receiver.url("/api/webhooks/112233445566778899/s3cretToken");
    let discord = destination("discord", "discord", &format!("url = '{url}'"));
    let world = world_at(folder.path(), receiver, &discord, &["discord"]).await;
    let [opened, .., resolved] = course("i1");
    for state in [opened, resolved] {
        show(&world, &state);
        world.poll(Timestamp::now()).await;
    }
    let work = world.run_queues();
    world.receiver.wait_for(3).await;
    command(folder.path(), &["--destination", "discord", "--delivered-too"]).await;
    // The opening is a message of its own. The end edits the first one again and adds its line.
    world.receiver.wait_for(3 + 1 + 2).await;
    work.stop().await;
    let messages = world.receiver.fakes.discord_messages();
    let titles: Vec<_> =
        messages.iter().map(|message| (message.embeds.first().map(|it| it["title"].clone()), message.edits)).collect();
    let title = |state: &str| Some(json!(headline("i1", state)));
    assert_eq!(titles, [(title(COURSE[3]), 2), (None, 0), (title(COURSE[0]), 0), (None, 0)]);
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

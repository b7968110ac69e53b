//! Answers that are no delivery: a refusal is tried again in order and disables only once it has lasted, and a success
//! that is not the service's own is none.
use fakes::Reply;
use jiff::{SignedDuration, Timestamp};
use status::ids::DestinationId;
use store::{DeliveryEnd, Refusals};
use tests::{
    receiver::Receiver,
    world::{World, destination, hook},
};

use super::{alert_id, course, play, show, world_with};

const SLACK: &str = "/services/T0/B0/secret";
const WEBHOOK: &str = "112233445566778899";

fn slack(receiver: &Receiver) -> String {
    destination("slack", "slack", &format!("url = '{}'", receiver.url(SLACK)))
}

/// The answers that the destination of this name gave.
fn answers(world: &World, name: &str) -> Vec<u16> {
    world.receiver.fakes.received_at(name).iter().map(|request| request.answered).collect()
}

/// `destination` has refused since then, with so many attempts at other deliveries.
async fn has_refused(world: &World, id: &str, since: SignedDuration, attempts: u32, several: bool) {
    let refusals = Refusals { since: Timestamp::now() - since, attempts, first: "dlv_first".into(), several };
    let destination = world.destination(id).await.destination;
    world.app.store.note_refusals(&destination, &refusals).await.unwrap();
}

async fn wait_for_events(world: &World, path: &str, events: &[&str]) {
    let arrived = world.receiver.fakes.until(|_| world.receiver.events_at(path) == events);
    let arrived = tokio::time::timeout(std::time::Duration::from_secs(60), arrived).await;
    assert!(arrived.is_ok(), "{path}: {:?}", world.receiver.events_at(path));
}

#[tokio::test]
async fn refused_alert_is_repeated_in_order_and_arrives() {
    let receiver = Receiver::start().await;
    let refusals = [
        ("/a400", Reply::text(400, "no")),
        ("/a401", Reply::text(401, "no")),
        ("/a403", Reply::text(403, "no")),
        ("/a404", Reply::text(404, "no route yet")),
        ("/a422", Reply::text(422, "no")),
        ("/a302", Reply::redirect(302, "https://customer.test/login")),
        ("/a308", Reply::redirect(308, "https://customer.test/moved")),
        ("/page", Reply::sign_in_page()),
    ];
    let ids: Vec<&str> = refusals.iter().map(|(path, _)| &path[1..]).collect();
    let hooks: String = ids.iter().map(|id| hook(&receiver, id)).collect();
    let world = world_with(receiver, &hooks, &ids).await;
    for (path, reply) in &refusals {
        world.receiver.fakes.set_faults_at(path, [reply.clone().into()]);
    }
    let [opened, updated, ..] = course("i1");
    for state in [opened, updated] {
        show(&world, &state);
        world.round().await;
    }
    for (path, reply) in &refusals {
        assert_eq!(answers(&world, path), [reply.status], "the update waits behind the opening");
    }
    let work = world.run_queues();
    for (path, reply) in &refusals {
        let other = reply.status != 200;
        wait_for_events(
            &world,
            path,
            if other { &["opened i1", "updated i1"] } else { &["opened i1", "opened i1", "updated i1"] },
        )
        .await;
        let record = world.destination(&path[1..]).await;
        assert_eq!(record.disabled, None, "{path}");
    }
    work.stop().await;
    for id in ids {
        assert_eq!(world.delivery_end("i1", &alert_id("i1", "opened", "open"), id).await, DeliveryEnd::Sent);
        assert_eq!(world.destination(id).await.refusals, None, "the series is over");
    }
    world.finish().await;
}

#[tokio::test]
async fn refusal_that_lasts_disables_and_its_group_is_told() {
    let (hour, long) = (SignedDuration::from_mins(61), SignedDuration::from_hours(5));
    let short = SignedDuration::from_mins(50);
    for (answer, since, attempts, several, disabled) in [
        (404, hour, 4, false, true),
        (401, hour, 4, false, true),
        (403, long, 9, false, true),
        (308, hour, 4, false, true),
        (400, hour, 4, false, true),
        (404, short, 30, false, false),
        (404, long, 3, false, false),
        (503, long, 30, true, false),
    ] {
        let receiver = Receiver::start().await;
        let hooks = hook(&receiver, "a") + &hook(&receiver, "b");
        let world = world_with(receiver, &hooks, &["a", "b"]).await;
        has_refused(&world, "a", since, attempts, several).await;
        world.receiver.fakes.set_faults_at("/a", [Reply::text(answer, "no").into()]);
        show(&world, &course("i1")[0]);
        world.round().await;
        let record = world.destination("a").await;
        assert_eq!(record.disabled.is_some(), disabled, "{answer} {since:?} {attempts}");
        let mut told = vec!["opened i1"];
        if let Some(why) = record.disabled {
            told.push("disabled destination@a");
            let words = ["refused every alert since", &answer.to_string()];
            assert!(words.iter().all(|word| why.reason.contains(word)), "{}", why.reason);
            assert!(!why.is_by_suppression());
        }
        assert_eq!(world.receiver.events_at("/b"), told, "{answer}");
        world.app.stack.stop().await;
    }
}

#[tokio::test]
async fn gone_by_the_services_word_is_disabled_at_once() {
    for (status, word) in [
        (404, "no_service"),
        (200, "no_service"),
        (404, "channel_not_found"),
        (410, "channel_is_archived"),
        (403, "account_inactive"),
        (403, "invalid_token"),
    ] {
        let receiver = Receiver::start().await;
        let settings = slack(&receiver) + &hook(&receiver, "b");
        let world = world_with(receiver, &settings, &["slack", "b"]).await;
        world.receiver.fakes.set_faults_at(SLACK, [Reply::text(status, word).into()]);
        show(&world, &course("i1")[0]);
        world.round().await;
        assert_eq!(answers(&world, SLACK), [status]);
        assert!(world.destination("slack").await.disabled.unwrap().reason.contains(word));
        assert_eq!(world.receiver.events_at("/b"), ["opened i1", "disabled destination@slack"], "{status} {word}");
        world.finish().await;
    }
}

#[tokio::test]
async fn message_that_a_service_cannot_read_arrives_as_plain_text() {
    let receiver = Receiver::start().await;
    let url = receiver.url(&format!("/api/webhooks/{WEBHOOK}/s3cretToken"));
    let settings = slack(&receiver) + &destination("discord", "discord", &format!("url = '{url}'"));
    let world = world_with(receiver, &settings, &["slack", "discord"]).await;
    let fakes = &world.receiver.fakes;
    fakes.set_faults_at(SLACK, [Reply::text(400, "invalid_blocks").into()]);
    let refusal = Reply::json(400, &serde_json::json!({"message": "Invalid Form Body", "code": 50_035}));
    fakes.set_faults_at(WEBHOOK, [refusal.into()]);
    show(&world, &course("i1")[0]);
    world.round().await;
    let posts = fakes.slack_posts();
    assert_eq!(posts.iter().map(|post| post.blocks.len()).collect::<Vec<_>>(), [0]);
    assert!(posts[0].text.contains("Trouble i1"));
    let messages = fakes.discord_messages();
    let [message] = &messages[..] else { panic!("{messages:?}") };
    assert!(message.embeds.is_empty() && message.content.contains("Trouble i1"));
    for id in ["slack", "discord"] {
        assert_eq!(world.delivery_end("i1", &alert_id("i1", "opened", "open"), id).await, DeliveryEnd::Sent);
    }
    world.finish().await;
}

/// A message that cannot be sent at all makes way for the next.
#[tokio::test]
async fn one_bad_message_neither_disables_nor_delays_the_next() {
    let receiver = Receiver::start().await;
    let settings = slack(&receiver);
    let world = world_with(receiver, &settings, &["slack"]).await;
    let bad = Reply::text(400, "invalid_payload");
    world.receiver.fakes.set_faults_at(SLACK, [bad.clone().into(), bad.into()]);
    let [opened, updated, ..] = course("i1");
    for state in [opened, updated] {
        show(&world, &state);
        world.round().await;
    }
    assert_eq!(answers(&world, SLACK), [400, 400, 200]);
    assert_eq!(world.delivery_end("i1", &alert_id("i1", "opened", "open"), "slack").await, DeliveryEnd::Rejected);
    assert_eq!(world.destination("slack").await.disabled, None);
    world.finish().await;
}

#[tokio::test]
async fn success_that_is_not_the_services_own_is_tried_again() {
    let receiver = Receiver::start().await;
    let flow = receiver.url("/workflows/flow/triggers/manual/paths/invoke?sig=s3cret");
    let discord = receiver.url(&format!("/api/webhooks/{WEBHOOK}/s3cretToken"));
    let settings = slack(&receiver)
        + &destination("teams", "teams", &format!("url = '{flow}'"))
        + &destination("discord", "discord", &format!("url = '{discord}'"));
    let world = world_with(receiver, &settings, &["slack", "teams", "discord"]).await;
    let fakes = &world.receiver.fakes;
    fakes.set_faults_at(SLACK, [Reply::sign_in_page().into()]);
    fakes.set_faults_at("flow", [Reply::hidden_by_teams(429).into()]);
    // Milliseconds: read as seconds, the alert would come 20 minutes late.
    fakes.set_faults_at(WEBHOOK, [Reply::throttled_by_discord(1_200.0).into()]);
    show(&world, &course("i1")[0]);
    world.round().await;
    assert!(
        fakes.slack_posts().is_empty() && fakes.teams_cards("flow").is_empty() && fakes.discord_messages().is_empty()
    );
    let work = world.run_queues();
    world.receiver.wait_for(6).await;
    work.stop().await;
    assert_eq!((fakes.slack_posts().len(), fakes.teams_cards("flow").len(), fakes.discord_messages().len()), (1, 1, 1));
    for id in ["slack", "teams", "discord"] {
        assert_eq!(world.delivery_end("i1", &alert_id("i1", "opened", "open"), id).await, DeliveryEnd::Sent);
    }
    world.finish().await;
}

#[tokio::test]
async fn seconds_of_discord_are_obeyed() {
    let receiver = Receiver::start().await;
    let url = receiver.url(&format!("/api/webhooks/{WEBHOOK}/s3cretToken"));
    let world = world_with(receiver, &destination("discord", "discord", &format!("url = '{url}'")), &["discord"]).await;
    world.receiver.fakes.set_faults_at(WEBHOOK, [Reply::throttled_by_discord(8.5).into()]);
    show(&world, &course("i1")[0]);
    world.round().await;
    let work = world.run_queues();
    world.receiver.wait_for(2).await;
    work.stop().await;
    let sent = world.receiver.fakes.received_at(WEBHOOK);
    let waited = sent[1].at - sent[0].at;
    assert!((8..20).contains(&waited.as_secs()), "{waited:?}");
    world.finish().await;
}

#[tokio::test]
async fn account_with_one_destination_keeps_what_it_missed_in_its_log() {
    let receiver = Receiver::start().await;
    let hooks = hook(&receiver, "a");
    let world = world_with(receiver, &hooks, &["a"]).await;
    world.receiver.fakes.delete("/a");
    play(&world, "i1").await;
    let record = world.destination("a").await;
    assert!(record.disabled.is_some() && record.missed_since.is_some());
    let troubled = world.app.store.troubled_destinations().await.unwrap();
    assert_eq!(troubled.iter().map(|it| &it.destination.id).collect::<Vec<_>>(), [&DestinationId::new("a")]);
    world.finish().await;
}

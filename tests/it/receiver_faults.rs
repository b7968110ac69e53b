//! Receivers that fail: what they did not accept is repeated with the same id and in order, until it expires. No other
//! destination waits for them.
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use status::ids::{AlertId, DestinationId};
use store::DeliveryEnd;
use tests::{
    faults::{self, Faults},
    receiver::{Fault, Message, Receiver},
    slack::Slack,
    status_page::{Incident, StatusPage},
    status_page_server::StatusPageServer,
    world::{self, EVERYTHING, NETWORK, World, WorldOptions, monitor, page},
};
use tokio::time::timeout;

fn operational() -> StatusPage {
    StatusPage::operational(&["API", "Web"])
}

fn answer(status: u16) -> Fault {
    Fault::Answer(status, Vec::new())
}

/// A world in which `acme` was read once and all its alerts go to these destinations.
async fn world_with(destinations: &str, ids: &[&str], server: StatusPageServer, receiver: Receiver) -> World {
    let settings = NETWORK.to_owned()
        + &page(&server, "acme")
        + &monitor("acme", "acme", "")
        + destinations
        + &world::group("everyone", ids, EVERYTHING);
    let world = World::with_short_timeout(server, receiver, &settings).await;
    world.server.show("acme", &operational());
    world.round().await;
    world
}

async fn two_hooks() -> World {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let hooks = world::hook(&receiver, "a") + &world::hook(&receiver, "b");
    world_with(&hooks, &["a", "b"], server, receiver).await
}

/// Shows the whole incident on the page, with a round for each update.
async fn play(world: &World, id: &str) {
    let mut incident = Incident::new(id, &["API"]);
    for phase in ["investigating", "monitoring", "resolved"] {
        incident = incident.post(phase);
        world.server.show("acme", &operational().with(incident.clone()));
        world.round().await;
    }
}

fn is_repeated(first: &Message, second: &Message) {
    assert_eq!(first.id(), second.id());
    assert_eq!(first.raw, second.raw, "the same at every attempt");
    let wait = second.at.duration_since(first.at);
    assert!((5..15).contains(&wait.as_secs()), "{wait:?}");
}

fn alert_id(incident: &str, event: &str, newest: &str) -> AlertId {
    AlertId::derive(&"acme".into(), &incident.into(), event, newest, 1)
}

#[tokio::test]
async fn receiver_that_fails_for_a_while_gets_every_alert_once_and_in_order() {
    let world = two_hooks().await;
    world.receiver.behave_at("/a", [answer(500), answer(200), answer(503)]);
    play(&world, "i1").await;
    let all = ["opened i1", "updated i1", "resolved i1"];
    assert_eq!(world.receiver.events_at("/b"), all, "the other destination does not wait");
    assert_eq!(world.receiver.messages_at("/a").len(), 1);
    assert_eq!(world.app.stack.waiting().await.unwrap(), 3);

    let work = world.run_queues();
    world.receiver.wait_for(3 + 5).await;
    work.stop().await;
    assert_eq!(world.receiver.events_at("/a"), all);
    let got = world.receiver.messages_at("/a");
    is_repeated(&got[0], &got[1]);
    is_repeated(&got[2], &got[3]);
    assert_ne!(got[1].id(), got[2].id());
    assert_ne!(got[0].id(), world.receiver.messages_at("/b")[0].id(), "each delivery has its own id");
    world.finish().await;
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    const SECONDS: u64 = 8;
    let world = two_hooks().await;
    world.receiver.behave_at("/a", [Fault::Answer(429, vec![("retry-after", SECONDS.to_string())])]);
    world.server.show("acme", &operational().with(Incident::new("i1", &["API"]).post("investigating")));
    world.round().await;
    let work = world.run_queues();
    world.receiver.wait_for(3).await;
    work.stop().await;
    let got = world.receiver.messages_at("/a");
    let wait = got[1].at.duration_since(got[0].at);
    assert!((SECONDS..SECONDS + 10).contains(&wait.as_secs()), "{wait:?}");
    assert_eq!(got[0].id(), got[1].id());
    world.finish().await;
}

#[tokio::test]
async fn receiver_that_hangs_or_cuts_the_connection_gets_a_repeat_with_the_same_id() {
    let world = two_hooks().await;
    world.receiver.behave_at("/a", [Fault::Hang]);
    world.receiver.behave_at("/b", [Fault::Cut]);
    world.server.show("acme", &operational().with(Incident::new("i1", &["API"]).post("investigating")));
    world.poll(Timestamp::now()).await;
    let work = world.run_queues();
    world.receiver.wait_for(4).await;
    work.stop().await;
    for path in ["/a", "/b"] {
        assert_eq!(world.receiver.events_at(path), ["opened i1"]);
        let got = world.receiver.messages_at(path);
        is_repeated(&got[0], &got[1]);
    }
    world.finish().await;
}

#[tokio::test]
async fn receiver_that_is_gone_is_disabled_alone() {
    let world = two_hooks().await;
    world.receiver.behave_at("/a", [answer(410)]);
    play(&world, "i1").await;
    let expected = ["opened i1", "disabled destination@a", "updated i1", "resolved i1"];
    assert_eq!(world.receiver.events_at("/b"), expected, "the other destination gets the notice");
    assert_eq!(world.receiver.messages_at("/a").len(), 1, "nothing more is sent");
    let gone = world.app.store.destination(&DestinationId::new("a")).await.unwrap().unwrap();
    let reason = gone.disabled.unwrap().reason;
    assert!(reason.contains("410"), "{reason}");
    let other = world.app.store.destination(&DestinationId::new("b")).await.unwrap().unwrap();
    assert_eq!(other.disabled, None);
    let of_incident =
        world.receiver.messages_at("/b").into_iter().filter(|message| !message.event().starts_with("disabled"));
    for alert in of_incident.map(|message| message.alert()) {
        assert_eq!(world.delivery_end("i1", &alert, "a").await, DeliveryEnd::Disabled);
        assert_eq!(world.delivery_end("i1", &alert, "b").await, DeliveryEnd::Sent);
    }
    world.finish().await;
}

#[tokio::test]
async fn late_opening_is_dropped_and_the_end_is_sent() {
    let world = two_hooks().await;
    let ago = |minutes| Timestamp::now() - SignedDuration::from_mins(minutes);
    let over = Incident::new("over", &["API"]).post("investigating");
    let open = Incident::new("open", &["Web"]).post("investigating");
    world.server.show("acme", &operational().with(over.clone()).with(open.clone()));
    assert_eq!(world.poll(ago(14)).await.alerts, 2);
    let over = over.post("resolved");
    world.server.show("acme", &operational().with(over).with(open));
    assert_eq!(world.poll(ago(12)).await.alerts, 1);
    world.deliver().await;

    let mut events = world.receiver.events_at("/a");
    events.sort();
    assert_eq!(events, ["opened open", "resolved over"]);
    let late = alert_id("over", "opened", "open");
    assert_eq!(world.delivery_end("over", &late, "a").await, DeliveryEnd::DroppedStale);
    assert_eq!(world.delivery_end("over", &alert_id("over", "resolved", "end"), "a").await, DeliveryEnd::Sent);
    world.finish().await;
}

#[tokio::test]
async fn slack_webhook_gets_a_message_per_alert_and_is_disabled_when_it_is_gone() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let url = receiver.url("/services/T0/B0/secret");
    let slack = format!("[[destination]]\nid = 'slack'\nchannel = 'slack'\nurl = '{url}'\n");
    let world = world_with(&slack, &["slack"], server, receiver).await;
    play(&world, "i1").await;
    let texts: Vec<_> = world.receiver.messages().iter().map(|message| message.json()["text"].clone()).collect();
    assert_eq!(texts.len(), 3);
    for (text, state) in texts.iter().zip(["Investigating", "Monitoring", "Resolved"]) {
        assert_says(text.as_str().unwrap(), "i1", state);
    }

    world.receiver.behave([answer(410)]);
    play(&world, "i2").await;
    assert_eq!(world.receiver.messages().len(), 4);
    let gone = world.app.store.destination(&DestinationId::new("slack")).await.unwrap().unwrap();
    let reason = gone.disabled.unwrap().reason;
    assert!(reason.contains("410") && !reason.contains("secret"), "{reason}");
    world.finish().await;
}

async fn world_with_bot() -> (World, Slack) {
    let (server, receiver, slack) = (StatusPageServer::start().await, Receiver::start().await, Slack::start().await);
    let world = world_with(&slack.destination("bot"), &["bot"], server, receiver).await;
    (world, slack)
}

fn assert_says(text: &str, incident: &str, state: &str) {
    assert!(text.contains(&format!("Acme: Trouble {incident}")) && text.contains(state), "{state} {incident}: {text}");
}

#[tokio::test]
async fn slack_bot_keeps_one_message_per_incident_and_updates_in_its_thread() {
    let (world, slack) = world_with_bot().await;
    play(&world, "i1").await;
    play(&world, "i2").await;
    let posts = slack.posts();
    let roots: Vec<_> = posts.iter().filter(|post| post.thread.is_none()).collect();
    assert_eq!(roots.len(), 2, "{posts:?}");
    for (root, incident) in roots.iter().zip(["i1", "i2"]) {
        assert_says(&root.text, incident, "Resolved");
        assert_eq!(root.edits, 2);
        let replies: Vec<_> = posts.iter().filter(|post| post.thread.as_ref() == Some(&root.ts)).collect();
        let [update, end] = &replies[..] else { panic!("{replies:?}") };
        assert_says(&update.text, incident, "Monitoring");
        assert_says(&end.text, incident, "Resolved");
        assert_eq!((update.broadcast, end.broadcast), (false, true), "the end is shown in the channel too");
    }
    world.finish().await;
}

#[tokio::test]
async fn slack_bot_posts_a_new_message_when_the_first_was_deleted() {
    let (world, slack) = world_with_bot().await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    world.server.show("acme", &operational().with(incident.clone()));
    world.round().await;
    slack.delete(&slack.posts()[0].ts);
    let incident = incident.post("monitoring");
    world.server.show("acme", &operational().with(incident.clone()));
    world.round().await;
    world.server.show("acme", &operational().with(incident.post("resolved")));
    world.round().await;
    let [root, reply] = &slack.posts()[..] else { panic!("{:?}", slack.posts()) };
    assert_eq!((&root.thread, root.edits, &reply.thread), (&None, 1, &Some(root.ts.clone())));
    assert_says(&root.text, "i1", "Resolved");
    assert_says(&reply.text, "i1", "Resolved");
    world.finish().await;
}

#[tokio::test]
async fn slack_that_limits_the_rate_gets_each_reply_once() {
    let (world, slack) = world_with_bot().await;
    let incident = Incident::new("i1", &["API"]).post("investigating");
    world.server.show("acme", &operational().with(incident.clone()));
    world.round().await;
    // The edit is accepted and the reply is refused: both are repeated.
    slack.refuse([None, Some("ratelimited")]);
    world.server.show("acme", &operational().with(incident.post("monitoring")));
    world.round().await;
    let work = world.run_queues();
    let called = timeout(Duration::from_secs(30), slack.was_called(1 + 2 + 2)).await;
    assert!(called.is_ok(), "{:?}", slack.posts());
    work.stop().await;
    let posts = slack.posts();
    assert_eq!(
        posts.iter().map(|post| (post.thread.is_some(), post.edits)).collect::<Vec<_>>(),
        [(false, 2), (true, 0)]
    );
    posts.iter().for_each(|post| assert_says(&post.text, "i1", "Monitoring"));
    world.finish().await;
}

#[tokio::test]
async fn slack_bot_with_a_revoked_token_is_disabled() {
    let (world, slack) = world_with_bot().await;
    slack.refuse([Some("token_revoked")]);
    play(&world, "i1").await;
    assert!(slack.posts().is_empty());
    let gone = world.app.store.destination(&DestinationId::new("bot")).await.unwrap().unwrap();
    assert_eq!(gone.disabled.unwrap().reason, "Slack refused: token_revoked");
    world.finish().await;
}

/// The receiver accepted it, so it is not sent again, however often the store refuses the record.
#[tokio::test]
async fn delivery_is_sent_once_if_the_store_refuses_its_record_for_a_while() {
    // Slack's message is edited later: its handle is written in the same transaction.
    for (fault, channel, operation) in [
        (faults::Fault::Throttled, "webhook", "UpdateItem"),
        (faults::Fault::Lost, "webhook", "UpdateItem"),
        (faults::Fault::Throttled, "slack", "TransactWriteItems"),
        (faults::Fault::Cancelled, "slack", "TransactWriteItems"),
        (faults::Fault::Lost, "slack", "TransactWriteItems"),
    ] {
        let (server, receiver, slack) =
            (StatusPageServer::start().await, Receiver::start().await, Slack::start().await);
        let destination = if channel == "slack" { slack.destination("ops") } else { world::hook(&receiver, "ops") };
        let settings = NETWORK.to_owned()
            + &page(&server, "acme")
            + &monitor("acme", "acme", "")
            + &destination
            + &world::group("everyone", &["ops"], EVERYTHING);
        let refusals = Faults::new(0);
        refusals.choose(fault, operation, "delivered", 3);
        let options = WorldOptions { faults: Some(refusals.clone()), ..WorldOptions::default() };
        let world = World::with_options(server, receiver, &settings, options).await;
        world.server.show("acme", &operational());
        world.round().await;
        let opened = Incident::new("i1", &["API"]).post("investigating");
        world.server.show("acme", &operational().with(opened));
        let summary = world.poll(Timestamp::now()).await;
        let handled = world.deliver().await;
        assert_eq!((summary.alerts, handled.failures), (1, 0), "{fault:?} {channel}");
        let sent = if channel == "slack" { slack.posts().len() } else { world.receiver.events().len() };
        assert_eq!((sent, refusals.chosen_left()), (1, 0), "{fault:?} {channel}");
        let alerts = world.app.store.alerts_of(&"acme".into(), &"i1".into()).await.unwrap();
        assert_eq!(world.delivery_end("i1", &alerts[0].id, "ops").await, DeliveryEnd::Sent);
        world.finish().await;
    }
}

//! Receivers with rate limits get every message in order, and rarely have to refuse one.
use std::time::Duration;

use fakes::{Fakes, Limit, Rate, Received, Reply};
use jiff::Timestamp;
use serde_json::json;
use tests::{
    receiver::Receiver,
    status_page::Incident,
    status_page_server::StatusPageServer,
    world::{NETWORK, World, destination, group, monitor, page},
};

use super::{course, operational, show, world_with};

const BURST: usize = 8;
const WEBHOOK: &str = "112233445566778899";
const SLACK: &str = "/services/T0/B0/s3cret";

fn discord(receiver: &Receiver) -> String {
    let url = receiver.url(&format!("/api/webhooks/{WEBHOOK}/s3cretToken"));
    destination("discord", "discord", &format!("url = '{url}'"))
}

/// Opens this many incidents at once and returns their headlines in the order of the alerts.
async fn burst(world: &World, incidents: usize) -> Vec<String> {
    let all: Vec<Incident> =
        (1..=incidents).map(|n| Incident::new(&format!("i{n}"), &["API"]).post("investigating")).collect();
    let titles = all.iter().map(|incident| format!("🔴 Acme: {}", incident.title)).collect();
    world.server.show("acme", &all.into_iter().fold(operational(), |page, incident| page.with(incident)));
    assert_eq!(world.poll(Timestamp::now()).await.alerts, incidents);
    titles
}

/// Of the posts in Slack, whose texts also say the state.
fn headlines(fakes: &Fakes) -> Vec<String> {
    let headline = |text: &str| text.split(" · ").next().unwrap_or_default().to_owned();
    fakes.slack_posts().iter().map(|post| headline(&post.text)).collect()
}

fn refused(received: &[Received]) -> usize {
    received.iter().filter(|request| request.answered == 429).count()
}

#[tokio::test]
async fn burst_arrives_complete_and_in_order_within_each_rate_limit() {
    let receiver = Receiver::with_fakes(Fakes::new()).await;
    let flow = receiver.url("/workflows/flow/triggers/manual/paths/invoke?sig=s3cret");
    let settings = destination("slack", "slack", &format!("url = '{}'", receiver.url(SLACK)))
        + &destination("teams", "teams", &format!("url = '{flow}'"));
    let world = world_with(receiver, &settings, &["slack", "teams"]).await;
    let titles = burst(&world, BURST).await;
    let work = world.run_queues();
    world.receiver.wait_for(2 * BURST).await;
    work.stop().await;

    let fakes = &world.receiver.fakes;
    let posts = headlines(fakes);
    assert_eq!(posts, titles);
    let cards = fakes.teams_cards("flow");
    let cards: Vec<&str> =
        cards.iter().map(|card| card.content["body"][0]["inlines"][0]["text"].as_str().unwrap()).collect();
    assert_eq!(cards, titles);
    for name in [SLACK, "flow"] {
        assert_eq!(refused(&fakes.received_at(name)), 0, "{name}");
    }
    world.finish().await;
}

/// The limit is lower than our own pace, and only the response headers show it.
#[tokio::test]
async fn discord_rate_limit_in_the_headers_is_obeyed() {
    const ALLOWANCE: Duration = Duration::from_secs(3);
    let receiver = Receiver::start().await;
    receiver.fakes.limit(Limit::DISCORD_REQUESTS, Some(Rate::window(1, ALLOWANCE)));
    let settings = discord(&receiver);
    let world = world_with(receiver, &settings, &["discord"]).await;
    let titles = burst(&world, 3).await;
    let work = world.run_queues();
    world.receiver.wait_for(3).await;
    work.stop().await;
    let sent = world.receiver.fakes.received_at(WEBHOOK);
    assert_eq!((sent.len(), refused(&sent)), (3, 0), "{sent:?}");
    assert!(sent.windows(2).all(|pair| pair[1].at - pair[0].at >= ALLOWANCE));
    let messages = world.receiver.fakes.discord_messages();
    let sent: Vec<&str> = messages.iter().map(|message| message.embeds[0]["title"].as_str().unwrap()).collect();
    assert_eq!(sent, titles);
    world.finish().await;
}

/// Other clients use up the same limit.
#[tokio::test]
async fn message_that_slack_refuses_is_repeated_before_the_next() {
    let receiver = Receiver::with_fakes(Fakes::new()).await;
    receiver.fakes.limit(Limit::SLACK_POSTS, Some(Rate::window(1, Duration::from_secs(2))));
    let settings = destination("slack", "slack", &format!("url = '{}'", receiver.url(SLACK)));
    let world = world_with(receiver, &settings, &["slack"]).await;
    let titles = burst(&world, 2).await;
    let work = world.run_queues();
    world.receiver.wait_for(3).await;
    work.stop().await;
    let answers: Vec<u16> = world.receiver.fakes.received_at(SLACK).iter().map(|request| request.answered).collect();
    assert_eq!(answers, [200, 429, 200]);
    let posts = headlines(&world.receiver.fakes);
    assert_eq!(posts, titles);
    world.finish().await;
}

/// The host is not Discord itself, so a global limit in its response applies to this destination only.
#[tokio::test]
async fn global_limit_of_another_host_holds_up_no_other_destination() {
    let (server, receiver) = (StatusPageServer::start().await, Receiver::start().await);
    let other = receiver.url("/api/webhooks/223344556677889900/otherToken");
    let settings = [
        NETWORK,
        &page(&server, "acme"),
        &monitor("acme", "acme", ""),
        &discord(&receiver),
        &destination("other", "discord", &format!("url = '{other}'")),
        &group("openings", &["discord"], "events = ['opened']"),
        &group("updates", &["other"], "severities = ['major', 'minor']\nevents = ['updated']"),
    ]
    .concat();
    let world = World::with(server, receiver, &settings, None).await;
    world.server.show("acme", &operational());
    world.round().await;
    let refusal = Reply::json(429, &json!({"message": "", "global": true})).with("x-ratelimit-scope", "global");
    world.receiver.fakes.set_faults_at(WEBHOOK, [refusal.into()]);
    let [opened, updated, ..] = course("i1");
    for state in [opened, updated] {
        show(&world, &state);
        world.round().await;
    }
    assert_eq!(world.receiver.fakes.received_at("223344556677889900").len(), 1, "the other destination does not wait");
    assert!(world.receiver.fakes.received_at(WEBHOOK).iter().all(|request| request.answered == 429));
    let work = world.run_queues();
    world.receiver.wait_for(3).await;
    work.stop().await;
    assert_eq!(world.receiver.fakes.discord_messages().len(), 2);
    world.finish().await;
}

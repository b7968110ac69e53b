//! Discord: one message per incident that is edited, and an extra line for what needs attention.
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use tests::{receiver::Receiver, world::destination};

use super::{COURSE, course, headline, queue, show, world_with};

const WEBHOOK: &str = "112233445566778899";

fn discord(receiver: &Receiver) -> String {
    let url = receiver.url(&format!("/api/webhooks/{WEBHOOK}/s3cretToken"));
    destination("discord", "discord", &format!("url = '{url}'"))
}

#[tokio::test]
async fn discord_has_one_message_that_is_edited_and_a_line_for_what_needs_attention() {
    let receiver = Receiver::start().await;
    let settings = discord(&receiver);
    let world = world_with(receiver, &settings, &["discord"]).await;
    queue(&world, "i1").await;
    let work = world.run_queues();
    world.receiver.wait_for(6).await;
    work.stop().await;

    let sent = world.receiver.fakes.received_at(WEBHOOK);
    let methods: Vec<&Method> = sent.iter().map(|request| &request.method).collect();
    let (post, patch) = (Method::POST, Method::PATCH);
    assert_eq!(methods, [&post, &patch, &patch, &post, &patch, &post], "the edit comes before the line");
    assert!(sent.iter().all(|request| request.answered == 200), "{sent:?}");
    for (first, next) in [(0, 1), (1, 2), (3, 4)] {
        let pace = sent[next].at - sent[first].at;
        assert!(pace >= Duration::from_millis(1_900), "{pace:?} between two deliveries");
    }

    let [living, worse, resolved] = &world.receiver.fakes.discord_messages()[..] else { panic!("three messages") };
    assert_eq!((living.edits, living.content.as_str()), (3, ""));
    let [embed] = &living.embeds[..] else { panic!("one embed: {living:?}") };
    assert_eq!(embed["title"], headline("i1", COURSE[3]));
    for (line, state) in [(worse, COURSE[2]), (resolved, COURSE[3])] {
        assert_eq!((line.edits, line.content.lines().next().unwrap()), (0, headline("i1", state).as_str()));
    }
    world.finish().await;
}

#[tokio::test]
async fn deleted_discord_message_is_posted_again() {
    let receiver = Receiver::start().await;
    let settings = discord(&receiver);
    let world = world_with(receiver, &settings, &["discord"]).await;
    let [opened, updated, ..] = course("i1");
    show(&world, &opened);
    world.round().await;
    let [first] = &world.receiver.fakes.discord_messages()[..] else { panic!("one message") };
    world.receiver.fakes.delete_discord_message(&first.id);
    show(&world, &updated);
    world.poll(Timestamp::now()).await;
    let work = world.run_queues();
    world.receiver.wait_for(3).await;
    work.stop().await;
    let [second] = &world.receiver.fakes.discord_messages()[..] else { panic!("one message") };
    assert_ne!(first.id, second.id);
    assert_eq!(second.embeds[0]["title"], headline("i1", COURSE[1]));
    world.finish().await;
}

//! Dead-letter queues: messages move there and back.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;

use crate::{Queues, counts, system};

#[tokio::test]
async fn message_received_too_often_moves_to_the_dead_letters_and_back() {
    let queues = Queues::start().await;
    let (live, dead) = queues.with_dead_letters(2, "").await;
    let id = live.send("poison").await;
    for _ in 0..2 {
        let message = live.receive(10).await.remove(0);
        live.hide(&message, 0).await.unwrap();
    }
    live.send("healthy").await;
    assert_eq!(live.bodies().await, ["healthy"]);
    let letter = dead.receive(0).await.remove(0);
    assert_eq!((letter.message_id.as_ref(), letter.body()), (Some(&id), Some("poison")));
    let live_arn = live.attribute(Attribute::QueueArn).await;
    assert_eq!(system(&letter, "DeadLetterQueueSourceArn"), live_arn);
    let sources = queues.sqs.list_dead_letter_source_queues().queue_url(&dead.url).send().await.unwrap();
    assert_eq!(sources.queue_urls, [live.url.as_str()]);

    dead.hide(&letter, 0).await.unwrap();
    let dead_arn = dead.attribute(Attribute::QueueArn).await;
    let (moved, _) = tokio::join!(live.receive(20), async {
        queues.sqs.start_message_move_task().source_arn(&dead_arn).send().await.unwrap()
    });
    assert_eq!(moved[0].message_id.as_ref(), Some(&id));
    assert_eq!(system(&moved[0], "ApproximateReceiveCount"), "1");
    assert_eq!(dead.counts().await, counts("0", "0", "0"));
}

#[tokio::test]
async fn dead_letters_of_a_group_let_the_next_message_through() {
    let queues = Queues::start().await;
    let (live, dead) = queues.with_dead_letters(1, ".fifo").await;
    live.send_to("a", "poison").await;
    live.send_to("a", "next").await;
    let message = live.receive_up_to(1, 0).await.remove(0);
    live.hide(&message, 0).await.unwrap();
    assert_eq!(live.bodies().await, ["next"]);
    assert_eq!(dead.bodies().await, ["poison"]);
}

#[tokio::test]
async fn dead_letters_need_a_queue_of_the_same_type() {
    let queues = Queues::start().await;
    let (_, dead) = queues.with_dead_letters(1, "").await;
    let arn = dead.attribute(Attribute::QueueArn).await;
    let policy = |arn: &str| format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":1}}"#);
    let create = |policy| {
        let request = queues.sqs.create_queue().queue_name("q.fifo").attributes(Attribute::FifoQueue, "true");
        request.attributes(Attribute::RedrivePolicy, policy).send()
    };
    assert!(create(policy(&arn)).await.is_err());
    assert!(create(policy("arn:aws:sqs:us-east-1:000000000000:nope.fifo")).await.is_err());
}

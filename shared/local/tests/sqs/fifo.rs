//! FIFO queues: order within a group, each message once.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;

use crate::{Queues, code, system};

#[tokio::test]
async fn a_fifo_queue_takes_a_message_once() {
    let queues = Queues::start().await;
    let queue = queues.create("q.fifo", &[]).await;
    let (first, second) = (queue.send_to("a", "same").await, queue.send_to("a", "same").await);
    assert_eq!(first.message_id, second.message_id);
    assert_eq!(first.sequence_number, second.sequence_number);
    let message = queue.receive(0).await.remove(0);
    queue.delete(&message).await;
    // Also after it was deleted.
    queue.send_to("a", "same").await;
    assert!(queue.bodies().await.is_empty());
}

#[tokio::test]
async fn sequence_numbers_grow() {
    let queues = Queues::start().await;
    let queue = queues.create("q.fifo", &[]).await;
    let (first, second) = (queue.send_to("a", "1").await, queue.send_to("b", "2").await);
    assert_eq!(first.sequence_number.as_ref().unwrap().len(), 20);
    assert!(first.sequence_number < second.sequence_number);
    assert_eq!(system(&queue.receive(0).await[1], "SequenceNumber"), second.sequence_number.unwrap());
}

#[tokio::test]
async fn a_fifo_queue_needs_group_and_deduplication_id() {
    let queues = Queues::start().await;
    let queue = queues.create("q.fifo", &[]).await;
    let request = || queues.sqs.send_message().queue_url(&queue.url).message_body("b");
    assert_eq!(code(request().send().await.unwrap_err().into_service_error()), "MissingParameter");
    let error = request().message_group_id("a").send().await.unwrap_err().into_service_error();
    assert_eq!(code(error), "InvalidParameterValue");
    let by_content = [(Attribute::ContentBasedDeduplication, "true")];
    let queue = queues.create("content.fifo", &by_content).await;
    for _ in 0..2 {
        let request = queues.sqs.send_message().queue_url(&queue.url).message_body("b");
        request.message_group_id("a").send().await.unwrap();
    }
    assert_eq!(queue.bodies().await, ["b"]);
    assert!(queues.sqs.create_queue().queue_name("q").attributes(Attribute::FifoQueue, "true").send().await.is_err());
}

#[tokio::test]
async fn a_group_waits_for_its_message_in_flight_and_others_do_not() {
    let queues = Queues::start().await;
    let queue = queues.create("q.fifo", &[]).await;
    for (group, body) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        queue.send_to(group, body).await;
    }
    let a1 = queue.receive_up_to(1, 0).await.remove(0);
    assert_eq!(a1.body(), Some("a1"));
    assert_eq!(system(&a1, "MessageGroupId"), "a");
    assert_eq!(queue.bodies().await, ["b1"]);
    let (a2, ()) = tokio::join!(queue.receive(20), queue.delete(&a1));
    assert_eq!(a2[0].body(), Some("a2"));
}

#[tokio::test]
async fn a_hidden_message_keeps_its_place_in_the_group() {
    let queues = Queues::start().await;
    let queue = queues.create("q.fifo", &[]).await;
    for body in ["1", "2", "3"] {
        queue.send_to("a", body).await;
    }
    let messages = queue.receive(0).await;
    let bodies: Vec<_> = messages.iter().map(|message| message.body().unwrap()).collect();
    assert_eq!(bodies, ["1", "2", "3"]);
    // The first one is hidden. The others are visible at once, but wait for it.
    queue.hide(&messages[0], 600).await.unwrap();
    queue.hide(&messages[1], 0).await.unwrap();
    queue.hide(&messages[2], 0).await.unwrap();
    assert!(queue.bodies().await.is_empty());
    queue.hide(&messages[0], 0).await.unwrap();
    assert_eq!(queue.bodies().await, ["1", "2", "3"]);
}

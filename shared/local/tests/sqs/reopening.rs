//! What survives in the file.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;

use crate::{Queues, counts, system};

#[tokio::test]
async fn messages_survive_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queues.sqlite");
    let queues = Queues::open(Some(&file));
    let queue = queues.create("q.fifo", &[(Attribute::VisibilityTimeout, "600")]).await;
    queue.send_to("a", "1").await;
    queue.send_to("a", "2").await;
    let first = queue.receive_up_to(1, 0).await.remove(0);
    queue.delete(&first).await;
    // Copies the files as a killed process leaves them, with a write-ahead log that is not merged.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let after = Queues::open(Some(&copy.path().join("queues.sqlite")));
    let queue = after.existing("q.fifo").await;
    assert_eq!(queue.attribute(Attribute::VisibilityTimeout).await, "600");
    queue.send_to("a", "2").await;
    assert_eq!(queue.bodies().await, ["2"]);
}

#[tokio::test]
async fn what_was_received_is_released_at_reopening_and_what_was_sent_with_a_delay_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queues.sqlite");
    let queues = Queues::open(Some(&file));
    let queue = queues.create("q", &[(Attribute::VisibilityTimeout, "600")]).await;
    for body in ["held", "delayed"] {
        queue.send(body).await;
    }
    let request = queues.sqs.send_message().queue_url(&queue.url).message_body("delayed").delay_seconds(600);
    request.send().await.unwrap();
    let messages = queue.receive(0).await;
    queue.hide(&messages[1], 300).await.unwrap();
    assert_eq!(queue.counts().await, counts("0", "2", "1"));
    drop(queue);
    let Queues { service, sqs } = queues;
    drop(sqs);
    service.stop().await;

    let queues = Queues::open(Some(&file));
    let queue = queues.existing("q").await;
    assert_eq!(queue.counts().await, counts("2", "0", "1"));
    let messages = queue.receive(0).await;
    let received: Vec<_> = messages.iter().map(|m| (m.body(), system(m, "ApproximateReceiveCount"))).collect();
    assert_eq!(received, [(Some("held"), "2"), (Some("delayed"), "2")]);
}

//! Messages of standard queues, and what those of FIFO queues share with them.
use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, QueueAttributeName as Attribute,
    SendMessageBatchRequestEntry,
};

use crate::{Queue, Queues, code, counts, entry, system};

#[tokio::test]
async fn a_message_comes_with_body_attributes_and_digests() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    let value = |data_type: &str| MessageAttributeValue::builder().data_type(data_type);
    let request = queues.sqs.send_message().queue_url(&queue.url).message_body("héllo <&>\"\n");
    let request = request
        .message_attributes("text", value("String").string_value("v").build().unwrap())
        .message_attributes("number", value("Number").string_value("42").build().unwrap())
        .message_attributes("bytes", value("Binary").binary_value(Blob::new([1, 2, 3])).build().unwrap());
    let sent = request.send().await.unwrap();
    let message = queue.receive(0).await.remove(0);
    assert_eq!(message.body(), Some("héllo <&>\"\n"));
    assert_eq!(message.message_id, sent.message_id);
    assert_eq!(message.md5_of_body, sent.md5_of_message_body);
    assert!(sent.md5_of_message_attributes.is_some());
    assert_eq!(message.md5_of_message_attributes, sent.md5_of_message_attributes);
    let attributes = message.message_attributes.as_ref().unwrap();
    assert_eq!(attributes.len(), 3);
    assert_eq!(attributes["number"].string_value(), Some("42"));
    assert_eq!(attributes["bytes"].binary_value().unwrap().as_ref(), [1, 2, 3]);
    assert_eq!(system(&message, "ApproximateReceiveCount"), "1");
    assert!(system(&message, "SentTimestamp").parse::<u64>().unwrap() > 1_600_000_000_000);
}

#[tokio::test]
async fn a_received_message_is_hidden_and_comes_again_when_its_visibility_ends() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[(Attribute::VisibilityTimeout, "2")]).await;
    queue.send("b").await;
    assert_eq!(queue.counts().await, counts("1", "0", "0"));
    let received = Instant::now();
    let first = queue.receive(0).await.remove(0);
    assert!(queue.receive(0).await.is_empty());
    assert_eq!(queue.counts().await, counts("0", "1", "0"));
    let second = queue.receive(10).await.remove(0);
    assert!((2000..9000).contains(&received.elapsed().as_millis()), "{:?}", received.elapsed());
    assert_eq!(second.message_id, first.message_id);
    assert_ne!(second.receipt_handle, first.receipt_handle);
    assert_eq!(system(&second, "ApproximateReceiveCount"), "2");
}

#[tokio::test]
async fn visibility_can_be_ended_and_prolonged_while_in_flight() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[(Attribute::VisibilityTimeout, "60")]).await;
    queue.send("b").await;
    let message = queue.receive(0).await.remove(0);
    queue.hide(&message, 0).await.unwrap();
    let message = queue.receive(0).await.remove(0);
    let hidden = Instant::now();
    queue.hide(&message, 1).await.unwrap();
    let message = queue.receive(10).await.remove(0);
    assert!((1000..9000).contains(&hidden.elapsed().as_millis()), "{:?}", hidden.elapsed());
    queue.delete(&message).await;
    let error = queue.hide(&message, 5).await.unwrap_err();
    assert!(error.ends_with("MessageNotInflight"), "{error}");
}

#[tokio::test]
async fn only_the_newest_receipt_deletes() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    queue.send("b").await;
    let first = queue.receive(0).await.remove(0);
    queue.hide(&first, 0).await.unwrap();
    let second = queue.receive(0).await.remove(0);
    queue.delete(&first).await;
    assert_eq!(queue.counts().await, counts("0", "1", "0"));
    queue.delete(&second).await;
    assert_eq!(queue.counts().await, counts("0", "0", "0"));
    let request = queues.sqs.delete_message().queue_url(&queue.url).receipt_handle("garbage");
    assert!(request.send().await.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
}

#[tokio::test]
async fn an_empty_long_poll_waits_its_time() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    let started = Instant::now();
    assert!(queue.receive(1).await.is_empty());
    assert!((1000..9000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_long_poll_ends_when_a_message_is_sent() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    let (polled, ()) = tokio::join!(queue.receive(20), async {
        // Sent while the poll waits: other requests are answered meanwhile.
        for _ in 0..20 {
            queue.counts().await;
        }
        queue.send("wake").await;
    });
    assert_eq!(polled.len(), 1);
}

#[tokio::test]
async fn a_stop_ends_long_polls() {
    let Queues { service, sqs } = Queues::start().await;
    let url = sqs.create_queue().queue_name("q").send().await.unwrap().queue_url.unwrap();
    let queue = Queue { sqs, url };
    let started = Instant::now();
    let poll = tokio::spawn({
        let queue = queue.clone();
        async move { queue.sqs.receive_message().queue_url(&queue.url).wait_time_seconds(20).send().await }
    });
    for _ in 0..20 {
        queue.counts().await;
        tokio::task::yield_now().await;
    }
    drop(queue);
    service.stop().await;
    assert!(poll.await.unwrap().unwrap().messages.is_none());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test]
async fn poll_that_is_dropped_takes_no_message() {
    let queues = Queues::start().await;
    for name in ["a", "b", "c"] {
        let queue = queues.create(name, &[(Attribute::VisibilityTimeout, "600")]).await;
        let poll = tokio::spawn({
            let queue = queue.clone();
            async move { queue.receive(20).await }
        });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        // The poll is woken and ended in the same moment.
        queue.send("kept").await;
        poll.abort();
        assert!(poll.await.unwrap_err().is_cancelled());
        assert_eq!(queue.bodies().await, ["kept"]);
    }
}

#[tokio::test]
async fn requests_after_the_stop_fail_and_the_file_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let queues = Queues::open(Some(&folder.path().join("queues.sqlite")));
    let queue = queues.create("q", &[]).await;
    queues.service.stop().await;
    let error = queue.sqs.send_message().queue_url(&queue.url).message_body("late").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 500);
    // The last connection to close merges the write-ahead log and deletes it.
    assert!(!folder.path().join("queues.sqlite-wal").exists());
}

#[tokio::test]
async fn batches_have_limits_and_entries_fail_alone() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    let send = |entries: Vec<SendMessageBatchRequestEntry>| {
        queues.sqs.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send()
    };
    let ten: Vec<_> = (0..10).map(|n| entry(&n.to_string(), "b")).collect();
    let sent = send(ten.clone()).await.unwrap();
    assert_eq!((sent.successful.len(), sent.failed.len()), (10, 0));
    let eleven = [ten, vec![entry("10", "b")]].concat();
    let error = send(eleven).await.unwrap_err().into_service_error();
    assert!(error.is_too_many_entries_in_batch_request(), "{error:?}");
    let error = send(vec![entry("a", "x"), entry("a", "y")]).await.unwrap_err().into_service_error();
    assert!(error.is_batch_entry_ids_not_distinct(), "{error:?}");
    let error = send(vec![]).await.unwrap_err().into_service_error();
    assert!(error.is_empty_batch_request(), "{error:?}");
    let half = "x".repeat(600_000);
    let error = send(vec![entry("a", &half), entry("b", &half)]).await.unwrap_err().into_service_error();
    assert!(error.is_batch_request_too_long(), "{error:?}");
    let sent = send(vec![entry("good", "b"), entry("bad", "")]).await.unwrap();
    assert_eq!((sent.successful[0].id(), sent.failed[0].id()), ("good", "bad"));
    assert!(sent.failed[0].sender_fault());
    assert_eq!(queue.counts().await, counts("11", "0", "0"));

    let messages = queue.receive(0).await;
    assert_eq!(messages.len(), 10);
    let delete = |(n, message): (usize, &Message)| {
        let builder = DeleteMessageBatchRequestEntry::builder().id(n.to_string());
        builder.receipt_handle(message.receipt_handle.as_ref().unwrap()).build().unwrap()
    };
    let entries = messages.iter().enumerate().map(delete).collect();
    let request = queues.sqs.delete_message_batch().queue_url(&queue.url).set_entries(Some(entries));
    assert_eq!(request.send().await.unwrap().successful.len(), 10);
    assert_eq!(queue.counts().await, counts("1", "0", "0"));
}

#[tokio::test]
async fn a_message_over_one_mebibyte_is_refused() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    let send = |size: usize| queues.sqs.send_message().queue_url(&queue.url).message_body("\n".repeat(size)).send();
    send(1_048_576).await.unwrap();
    let error = send(1_048_577).await.unwrap_err().into_service_error();
    assert_eq!(code(error), "InvalidParameterValue");
}

#[tokio::test]
async fn a_delayed_message_comes_when_its_delay_ends() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[]).await;
    let sent = Instant::now();
    queues.sqs.send_message().queue_url(&queue.url).message_body("b").delay_seconds(2).send().await.unwrap();
    assert!(queue.receive(0).await.is_empty());
    assert_eq!(queue.counts().await, counts("0", "0", "1"));
    assert_eq!(queue.receive(10).await.len(), 1);
    assert!((2000..9000).contains(&sent.elapsed().as_millis()), "{:?}", sent.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_consumers_get_every_message_once() {
    let queues = Queues::start().await;
    let queue = queues.create("q", &[(Attribute::VisibilityTimeout, "600")]).await;
    for batch in 0..20 {
        let entries = (0..10).map(|n| entry(&n.to_string(), &format!("{batch}-{n}"))).collect();
        queues.sqs.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await.unwrap();
    }
    let mut consumers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let queue = queue.clone();
        consumers.spawn(async move {
            let mut all = Vec::new();
            loop {
                match queue.bodies().await {
                    bodies if bodies.is_empty() => return all,
                    bodies => all.extend(bodies),
                }
            }
        });
    }
    let all = consumers.join_all().await.concat();
    assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (200, 200));
}

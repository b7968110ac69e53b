//! The socket in a data folder, through which other programs reach the process that uses it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io::{Read as _, Write as _},
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    path::Path,
};

use local::{
    socket,
    stack::{Stack, StackOptions},
};

async fn start(folder: &Path) -> Stack {
    Stack::start(StackOptions { folder: Some(folder), channels: &["slack"] }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_client_of_the_folder_works_with_both_services_until_the_stop() {
    let parent = tempfile::tempdir().unwrap();
    // Longer than an address of a socket may be.
    let deep = ["a", "b"].map(|letter| letter.repeat(100)).join("/");
    for folder in [parent.path().join("data"), parent.path().join(deep)] {
        assert!(socket::of_running(&folder).unwrap().is_none());
        let stack = start(&folder).await;
        let metadata = folder.join("socket").symlink_metadata().unwrap();
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);

        let aws = socket::of_running(&folder).unwrap().expect("it runs");
        let (dynamodb, sqs) = (aws.dynamodb(), aws.sqs());
        assert!(dynamodb.list_tables().send().await.unwrap().table_names().is_empty());
        let url = sqs.get_queue_url().queue_name("slack.fifo").send().await.unwrap().queue_url.unwrap();
        assert_eq!(url, stack.queues.channels["slack"]);
        let error = sqs.get_queue_url().queue_name("nope").send().await.unwrap_err().into_service_error();
        assert!(error.is_queue_does_not_exist(), "{error:?}");
        let large = "x".repeat(900_000);
        let sent = sqs.send_message().queue_url(&url).message_body(&large).message_group_id("g");
        sent.message_deduplication_id("1").send().await.unwrap();
        let received = stack.sqs.receive_message().queue_url(&url).send().await.unwrap().messages.unwrap();
        assert_eq!(received[0].body(), Some(&*large));

        let poll = sqs.receive_message().queue_url(&stack.queues.alerts).wait_time_seconds(20).send();
        let (polled, ()) = tokio::join!(poll, async {
            // The poll has been sent when other requests of its client are answered.
            for _ in 0..20 {
                sqs.list_queues().send().await.unwrap();
            }
            stack.stop().await;
        });
        assert!(polled.unwrap().messages.is_none());
        assert!(!folder.join("socket").exists());
        assert!(socket::of_running(&folder).unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poll_of_a_client_that_left_takes_no_message() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let stack = start(&folder).await;
    let url = &stack.queues.alerts;
    let mut client = UnixStream::connect(folder.join("socket")).unwrap();
    let input = format!(r#"{{"QueueUrl":"{url}","WaitTimeSeconds":20}}"#);
    write!(client, "AmazonSQS.ReceiveMessage {}\n{input}", input.len()).unwrap();
    let aws = socket::of_running(&folder).unwrap().expect("it runs");
    for _ in 0..20 {
        aws.sqs().list_queues().send().await.unwrap();
    }
    drop(client);
    for _ in 0..20 {
        aws.sqs().list_queues().send().await.unwrap();
    }
    let send = stack.sqs.send_message().queue_url(url).message_body("kept").message_group_id("g");
    send.message_deduplication_id("1").send().await.unwrap();
    let received = stack.sqs.receive_message().queue_url(url).send().await.unwrap();
    assert_eq!(received.messages.unwrap_or_default().len(), 1);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_gets_no_answer_and_harms_nobody() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let stack = start(&folder).await;
    let long = "A".repeat(1_000);
    let wrong = ["\n", "GET / HTTP/1.1\r\n\r\n", "AmazonSQS.ListQueues\n", "AmazonSQS.ListQueues 99999999999\n", &long];
    for request in wrong {
        let mut client = UnixStream::connect(folder.join("socket")).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // Closed with what it sent unread, the connection may also be reset.
        let _ = client.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{request}: {answer:?}");
    }
    // Connections that say nothing neither hold up others nor the stop.
    let _silent: Vec<_> = (0..20).map(|_| UnixStream::connect(folder.join("socket")).unwrap()).collect();
    let aws = socket::of_running(&folder).unwrap().expect("it runs");
    aws.sqs().list_queues().send().await.unwrap();
    stack.stop().await;
}

#[tokio::test]
async fn folder_of_a_killed_process_is_opened_again() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    start(&folder).await.stop().await;
    drop(std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap());
    std::fs::write(folder.join("endpoints.json"), r#"{"dynamodb":"http://127.0.0.1:1","sqs":"http://127.0.0.1:1"}"#)
        .unwrap();
    assert!(socket::of_running(&folder).unwrap().is_none());
    let stack = start(&folder).await;
    assert!(!folder.join("endpoints.json").exists(), "an earlier version wrote it");
    assert!(socket::of_running(&folder).unwrap().is_some());
    stack.stop().await;
}

//! What is on the disk when a message that was sent is acknowledged.
use std::{fs, io};

use serde_json::Value;

use super::*;
use crate::sqs::flush::Flusher;

async fn perform(queues: &Queues, operation: &str, input: Value) -> u16 {
    queues.perform(&format!("{TARGET_PREFIX}{operation}"), input.to_string().as_bytes()).await.status
}

fn queues(file: &Path, flush: impl FnMut() -> io::Result<()> + Send + 'static) -> Queues {
    let mut database = Database::open(Some(file)).unwrap();
    database.flusher = Some(Flusher::start(flush).unwrap());
    Queues { database, wakers: Mutex::default(), stopped: watch::channel(false).1 }
}

fn message(body: &str) -> Value {
    json!({"QueueUrl": names::url("q"), "MessageBody": body})
}

#[tokio::test]
async fn sent_message_is_acknowledged_when_it_is_on_the_disk() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // What a loss of power leaves: the files as they were when they were last flushed.
    let (from, to) = (folder.path().to_owned(), disk.path().to_owned());
    let flush = move || {
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    };
    let queues = queues(&folder.path().join("queues.sqlite"), flush);
    assert_eq!(perform(&queues, "CreateQueue", json!({"QueueName": "q"})).await, 200);
    for number in 1..=5_i64 {
        assert_eq!(perform(&queues, "SendMessage", message("body")).await, 200);
        let left = Database::open(Some(&disk.path().join("queues.sqlite"))).unwrap();
        let count = |call: &Call<'_>| Ok(call.tx.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))?);
        assert_eq!(left.call::<i64>(count).unwrap().0, number);
    }
}

#[tokio::test]
async fn message_is_not_acknowledged_if_the_disk_fails() {
    let folder = tempfile::tempdir().unwrap();
    let queues = queues(&folder.path().join("queues.sqlite"), || Err(io::ErrorKind::StorageFull.into()));
    assert_eq!(perform(&queues, "CreateQueue", json!({"QueueName": "q"})).await, 200);
    assert_eq!(perform(&queues, "SendMessage", message("body")).await, 500);
    let batch = json!({"QueueUrl": names::url("q"), "Entries": [{"Id": "1", "MessageBody": "body"}]});
    assert_eq!(perform(&queues, "SendMessageBatch", batch).await, 500);
}

async fn received(queues: Arc<Queues>) -> String {
    let input = json!({"QueueUrl": names::url("q"), "WaitTimeSeconds": 20}).to_string();
    queues.perform(&format!("{TARGET_PREFIX}ReceiveMessage"), input.as_bytes()).await.body
}

/// With long polls that wait, each for one message. They end when the sender is dropped.
async fn waiting(polls: usize) -> (Arc<Queues>, Vec<JoinHandle<String>>, watch::Sender<bool>) {
    let database = Database::open(None).unwrap();
    let (stop, stopped) = watch::channel(false);
    let queues = Arc::new(Queues { database, wakers: Mutex::default(), stopped });
    assert_eq!(perform(&queues, "CreateQueue", json!({"QueueName": "q"})).await, 200);
    let polls = (0..polls).map(|_| tokio::spawn(received(queues.clone()))).collect();
    // On this one thread they are at their first pause by then.
    tokio::task::yield_now().await;
    (queues, polls, stop)
}

#[tokio::test]
async fn messages_of_one_batch_reach_all_polls_that_wait() {
    let (queues, polls, _stop) = waiting(4).await;
    let entry = |number| json!({"Id": format!("{number}"), "MessageBody": "body"});
    let batch = json!({"QueueUrl": names::url("q"), "Entries": (0..4).map(entry).collect::<Vec<_>>()});
    assert_eq!(perform(&queues, "SendMessageBatch", batch).await, 200);
    for poll in polls {
        assert!(poll.await.unwrap().contains("body"));
    }
}

#[tokio::test]
async fn delayed_message_reaches_the_poll_that_is_left() {
    let (queues, mut polls, _stop) = waiting(2).await;
    let mut delayed = message("body");
    delayed["DelaySeconds"] = 1.into();
    assert_eq!(perform(&queues, "SendMessage", delayed).await, 200);
    // The first in line was woken.
    tokio::task::yield_now().await;
    polls.remove(0).abort();
    let started = Instant::now();
    assert!(polls.remove(0).await.unwrap().contains("body"));
    assert!(started.elapsed() < Duration::from_secs(15), "it did not wait for its own end");
}

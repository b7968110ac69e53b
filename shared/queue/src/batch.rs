//! Handles one batch of an SQS event source and reports the messages that must come again. What holds:
//! - A message that fails, panics or cannot be read never fails the batch.
//! - Messages of one group run one after the other, and none runs after a failed one, which it would overtake.
//! - Groups do not wait for each other: a slow message holds up no other group.
//!
//! A message that cannot be read is our own bug. It fails at each receive, until SQS moves it to the dead-letter queue.
use std::{
    collections::HashMap,
    fmt::Display,
    panic::AssertUnwindSafe,
    sync::Mutex,
    time::{Duration, Instant},
};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde::de::DeserializeOwned;

const CONCURRENT_GROUPS: usize = 10;
/// SQS holds back the next messages of every group in the batch until the batch is answered. A batch that takes longer
/// than this acknowledges finished messages early.
const EARLY_ACK_EVERY: Duration = Duration::from_secs(1);

/// A message that could be read.
#[derive(Clone, Debug)]
pub struct Record<T> {
    pub task: T,
    /// Identifies this receipt of the message; needed to delay it.
    pub receipt_handle: String,
    /// 1 at the first receive.
    pub receive_count: u32,
}

/// Acknowledges messages of a batch before the whole batch is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EarlyAck {
    /// Delete the messages with these receipts: they are done, and the next ones of their groups may come.
    Delete(Vec<String>),
    /// Make the message with this receipt visible: it was not started, or goes on, and need not wait for its visibility
    /// timeout.
    Release(String),
}

/// What came of a message that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    Done,
    /// A part of the work is done. The message comes again at once, before those behind it in its group.
    Continues,
}

impl From<()> for Handled {
    fn from((): ()) -> Self {
        Self::Done
    }
}

/// Runs `handle` for every message and reports those that must come again. Errors are logged here, once. No message is
/// started after `start_within`, so that the function ends by itself and no time-out cuts a message short.
pub async fn handle_batch<T, O, E, F, G>(
    event: SqsEvent,
    handle: impl Fn(Record<T>) -> F,
    early_ack: impl Fn(EarlyAck) -> G,
    start_within: Duration,
) -> SqsBatchResponse
where
    T: DeserializeOwned,
    O: Into<Handled>,
    E: Display,
    F: Future<Output = Result<O, E>>,
    G: Future<Output = ()>,
{
    let (handle, early_ack) = (&handle, &early_ack);
    let start_until = Instant::now() + start_within;
    let done = Mutex::default();
    let failed = stream::iter(groups(event.records))
        .map(|group| handle_group(group, handle, early_ack, &done, start_until))
        .buffer_unordered(CONCURRENT_GROUPS)
        .concat();
    let acknowledge = async {
        loop {
            tokio::time::sleep(EARLY_ACK_EVERY).await;
            let done: Vec<String> = std::mem::take(&mut *done.lock().expect("nothing panics while holding it"));
            if !done.is_empty() {
                early_ack(EarlyAck::Delete(done)).await;
            }
        }
    };
    let failed: Vec<String> = tokio::select! {
        failed = failed => failed,
        () = acknowledge => unreachable!("the loop runs until the batch is done"),
    };
    let mut response = SqsBatchResponse::default();
    failed.into_iter().for_each(|id| response.add_failure(id));
    response
}

/// Messages by group, in order; a message without a group is a group of its own.
fn groups(messages: Vec<SqsMessage>) -> Vec<Vec<SqsMessage>> {
    let mut index_by_name: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<SqsMessage>> = Vec::new();
    for message in messages {
        match message.attributes.get("MessageGroupId") {
            Some(name) if index_by_name.contains_key(name) => groups[index_by_name[name]].push(message),
            name => {
                if let Some(name) = name {
                    index_by_name.insert(name.clone(), groups.len());
                }
                groups.push(vec![message]);
            }
        }
    }
    groups
}

/// Returns the ids of the messages that must come again: the first that failed or goes on and all after it, or all that
/// there was no time for. Receipts of finished messages go to `done`.
async fn handle_group<T, O, E, F, G>(
    group: Vec<SqsMessage>,
    handle: &impl Fn(Record<T>) -> F,
    early_ack: &impl Fn(EarlyAck) -> G,
    done: &Mutex<Vec<String>>,
    start_until: Instant,
) -> Vec<String>
where
    T: DeserializeOwned,
    O: Into<Handled>,
    E: Display,
    F: Future<Output = Result<O, E>>,
    G: Future<Output = ()>,
{
    let mut messages = group.into_iter();
    let (mut failed, mut released) = (Vec::new(), None);
    while Instant::now() < start_until
        && let Some(message) = messages.next()
    {
        let id = message.message_id.clone().unwrap_or_default();
        let receipt_handle = message.receipt_handle.clone().unwrap_or_default();
        let result = match read(message) {
            Ok(record) => {
                AssertUnwindSafe(async { handle(record).await.map(O::into).map_err(|err| format!("{err:#}")) })
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|_| Err("a panic".into()))
            }
            Err(err) => Err(format!("the message is not a task: {err}")),
        };
        match result {
            Ok(Handled::Done) => {
                done.lock().expect("nothing panics while holding it").push(receipt_handle);
                continue;
            }
            Ok(Handled::Continues) => released = Some(receipt_handle),
            Err(error) => {
                tracing::warn!(message.id = id, error, "a message was not handled and will come again");
            }
        }
        failed.push(id);
        break;
    }
    for skipped in messages {
        failed.push(skipped.message_id.unwrap_or_default());
        early_ack(EarlyAck::Release(skipped.receipt_handle.unwrap_or_default())).await;
    }
    // Last, so that those behind it can come with it.
    if let Some(receipt_handle) = released {
        early_ack(EarlyAck::Release(receipt_handle)).await;
    }
    failed
}

fn read<T: DeserializeOwned>(message: SqsMessage) -> Result<Record<T>, serde_json::Error> {
    let count = message.attributes.get("ApproximateReceiveCount");
    Ok(Record {
        task: serde_json::from_str(message.body.as_deref().unwrap_or_default())?,
        receipt_handle: message.receipt_handle.unwrap_or_default(),
        receive_count: count.and_then(|count| count.parse().ok()).unwrap_or(1),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::{Value, json};
    use tokio::sync::Barrier;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// (message id, group, body)
    fn event(messages: &[(&str, Option<&str>, &str)]) -> SqsEvent {
        let record = |(id, group, body): &(&str, Option<&str>, &str)| {
            let mut attributes = json!({"ApproximateReceiveCount": "3"});
            if let Some(group) = group {
                attributes["MessageGroupId"] = json!(group);
            }
            json!({"messageId": id, "receiptHandle": format!("handle of {id}"), "body": body, "attributes": attributes})
        };
        let records: Vec<Value> = messages.iter().map(record).collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    }

    async fn no_early_ack(ack: EarlyAck) {
        panic!("no group goes on after a failure here, and nothing takes long: {ack:?}");
    }

    fn failed(response: &SqsBatchResponse) -> Vec<&str> {
        let mut ids: Vec<_> = response.batch_item_failures.iter().map(|item| item.item_identifier.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    #[tokio::test]
    async fn only_the_failed_message_comes_again() {
        let event = event(&[("1", None, "\"good\""), ("2", None, "\"bad\""), ("3", None, "\"good\"")]);
        let response = handle_batch(
            event,
            |record: Record<String>| async move {
                assert_eq!((record.receipt_handle.len(), record.receive_count), ("handle of 1".len(), 3));
                if record.task == "bad" { Err("it failed") } else { Ok(()) }
            },
            no_early_ack,
            LONG,
        )
        .await;
        assert_eq!(failed(&response), ["2"]);
    }

    #[tokio::test]
    async fn nothing_of_a_group_runs_after_its_failed_message() {
        let event = event(&[
            ("a1", Some("a"), "\"a1\""),
            ("b1", Some("b"), "\"b1\""),
            ("a2", Some("a"), "\"a2\""),
            ("a3", Some("a"), "\"a3\""),
            ("b2", Some("b"), "\"b2\""),
        ]);
        let ran = Mutex::new(Vec::new());
        let released = Mutex::new(Vec::new());
        let response = handle_batch(
            event,
            |record: Record<String>| {
                ran.lock().unwrap().push(record.task.clone());
                async move { if record.task == "a2" { Err("it failed") } else { Ok(()) } }
            },
            async |ack| released.lock().unwrap().push(ack),
            LONG,
        )
        .await;
        assert_eq!(failed(&response), ["a2", "a3"]);
        assert_eq!(released.into_inner().unwrap(), [EarlyAck::Release("handle of a3".into())]);
        let mut ran = ran.into_inner().unwrap();
        ran.sort();
        assert_eq!(ran, ["a1", "a2", "b1", "b2"]);
    }

    #[tokio::test]
    async fn message_that_goes_on_is_released_after_those_behind_it_and_no_other_group_waits() {
        let messages = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")];
        let event = event(&messages.map(|(id, group)| (id, Some(group), "1")));
        let released = Mutex::new(Vec::new());
        let response = handle_batch(
            event,
            async |record: Record<u32>| {
                let continues = record.receipt_handle == "handle of a1";
                Ok::<_, String>(if continues { Handled::Continues } else { Handled::Done })
            },
            async |ack| released.lock().unwrap().push(ack),
            LONG,
        )
        .await;
        assert_eq!(failed(&response), ["a1", "a2"]);
        let expected = ["handle of a2", "handle of a1"].map(|receipt| EarlyAck::Release(receipt.into()));
        assert_eq!(released.into_inner().unwrap(), expected);
    }

    #[tokio::test]
    async fn groups_do_not_wait_for_each_other_and_messages_of_one_do() {
        let event = event(&[("a1", Some("a"), "1"), ("a2", Some("a"), "2"), ("b1", Some("b"), "3")]);
        let both = Barrier::new(2);
        let order = Mutex::new(Vec::new());
        let response = handle_batch(
            event,
            async |record: Record<u32>| {
                // The first of each group can only go on when the other one runs too.
                if record.task != 2 {
                    both.wait().await;
                }
                order.lock().unwrap().push(record.task);
                Ok::<_, String>(())
            },
            no_early_ack,
            LONG,
        )
        .await;
        assert!(failed(&response).is_empty());
        let order = order.into_inner().unwrap();
        assert!(order.iter().position(|n| *n == 1) < order.iter().position(|n| *n == 2), "{order:?}");
    }

    #[tokio::test]
    async fn an_unreadable_message_fails_alone() {
        let event = event(&[("1", None, "not json"), ("2", None, "7")]);
        let response = handle_batch(event, async |_: Record<u32>| Ok::<_, String>(()), no_early_ack, LONG).await;
        assert_eq!(failed(&response), ["1"]);
    }

    #[tokio::test]
    async fn a_panic_fails_alone() {
        let event = event(&[("1", None, "1"), ("2", None, "2")]);
        let response = handle_batch(
            event,
            async |record: Record<u32>| {
                assert_ne!(record.task, 1, "a bug");
                Ok::<_, String>(())
            },
            no_early_ack,
            LONG,
        )
        .await;
        assert_eq!(failed(&response), ["1"]);
    }

    #[tokio::test]
    async fn a_slow_message_holds_up_no_other_group() {
        let event =
            event(&[("a1", Some("a"), "1"), ("b1", Some("b"), "2"), ("b2", Some("b"), "3"), ("c1", Some("c"), "4")]);
        let (deleted, both_deleted) = (Mutex::new(Vec::new()), tokio::sync::Notify::new());
        let early_ack = async |ack| {
            let EarlyAck::Delete(receipts) = ack else { panic!("{ack:?}") };
            deleted.lock().unwrap().extend(receipts);
            both_deleted.notify_one();
        };
        let handle = async |record: Record<u32>| {
            match record.task {
                1 => both_deleted.notified().await,
                4 => return Err("it failed"),
                _ => {}
            }
            Ok(())
        };
        let response = handle_batch(event, handle, early_ack, LONG).await;
        assert_eq!(failed(&response), ["c1"]);
        assert_eq!(deleted.into_inner().unwrap(), ["handle of b1", "handle of b2"]);
    }

    #[tokio::test]
    async fn nothing_is_started_when_time_is_short() {
        let event = event(&[("1", Some("a"), "1"), ("2", Some("b"), "2")]);
        let released = Mutex::new(Vec::new());
        let early_ack = async |ack| released.lock().unwrap().push(ack);
        let handle = async |_: Record<u32>| panic!("it was started") as Result<(), String>;
        let response = handle_batch(event, handle, early_ack, Duration::ZERO).await;
        assert_eq!(failed(&response), ["1", "2"]);
        assert_eq!(released.into_inner().unwrap().len(), 2);
    }
}

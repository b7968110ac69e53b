//! One `SqsEvent` in, the records that must come again out. Wanted:
//! - a record that fails, panics or cannot be read never fails the batch;
//! - records of one message group run one after the other, and none runs after a failed one: it would overtake it;
//! - other records do not wait for each other: one that takes its time keeps nobody's next message.
//!
//! An unreadable message is our own bug: it is reported as failed each time, until SQS moves it to the dead letters.
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

const GROUPS_AT_A_TIME: usize = 10;
/// The queue holds back what follows a message of this batch, whatever group it is of, until the batch is answered. One
/// that is not answered by then lets go of what is done.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// A readable message.
#[derive(Clone, Debug)]
pub struct Record<T> {
    pub task: T,
    /// Names this receipt of the message, e.g. to delay it.
    pub receipt_handle: String,
    /// 1 at the first try.
    pub receive_count: u32,
}

/// What the queue is told before the batch is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EarlyAck {
    /// Receipts of what is worked off: it must not come again, and what follows it can.
    Done(Vec<String>),
    /// The receipt of what was skipped: it shall come again at its turn, not when its own visibility ends.
    Skipped(String),
}

/// Runs `work` over every record and reports those that must come again. Errors are logged here, once. No record is begun
/// after `begin_within`, so that the function ends before its time-out does it, in the middle of something.
pub async fn each_record<T, E, F, G>(
    event: SqsEvent,
    work: impl Fn(Record<T>) -> F,
    early_ack: impl Fn(EarlyAck) -> G,
    begin_within: Duration,
) -> SqsBatchResponse
where
    T: DeserializeOwned,
    E: Display,
    F: Future<Output = Result<(), E>>,
    G: Future<Output = ()>,
{
    let (work, early_ack) = (&work, &early_ack);
    let no_more_after = Instant::now() + begin_within;
    let done = Mutex::default();
    let failed = stream::iter(groups(event.records))
        .map(|group| work_off(group, work, early_ack, &done, no_more_after))
        .buffer_unordered(GROUPS_AT_A_TIME)
        .concat();
    let early = async {
        loop {
            tokio::time::sleep(ANSWER_WITHIN).await;
            let done: Vec<String> = std::mem::take(&mut *done.lock().expect("nothing panics while holding it"));
            if !done.is_empty() {
                early_ack(EarlyAck::Done(done)).await;
            }
        }
    };
    let failed: Vec<String> = tokio::select! {
        failed = failed => failed,
        () = early => unreachable!("it goes on until the batch is done"),
    };
    let mut response = SqsBatchResponse::default();
    failed.into_iter().for_each(|id| response.add_failure(id));
    response
}

/// Records by message group, in order; one without a group is a group of its own.
fn groups(records: Vec<SqsMessage>) -> Vec<Vec<SqsMessage>> {
    let mut place: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<SqsMessage>> = Vec::new();
    for record in records {
        match record.attributes.get("MessageGroupId") {
            Some(name) if place.contains_key(name) => groups[place[name]].push(record),
            name => {
                if let Some(name) = name {
                    place.insert(name.clone(), groups.len());
                }
                groups.push(vec![record]);
            }
        }
    }
    groups
}

/// Gives the message ids from the first failure on, or from the first that there was no time for.
async fn work_off<T, E, F, G>(
    group: Vec<SqsMessage>,
    work: &impl Fn(Record<T>) -> F,
    early_ack: &impl Fn(EarlyAck) -> G,
    done: &Mutex<Vec<String>>,
    no_more_after: Instant,
) -> Vec<String>
where
    T: DeserializeOwned,
    E: Display,
    F: Future<Output = Result<(), E>>,
    G: Future<Output = ()>,
{
    let mut records = group.into_iter();
    let mut failed = Vec::new();
    while Instant::now() < no_more_after
        && let Some(message) = records.next()
    {
        let id = message.message_id.clone().unwrap_or_default();
        let receipt_handle = message.receipt_handle.clone().unwrap_or_default();
        let result = match read(message) {
            Ok(record) => AssertUnwindSafe(async { work(record).await.map_err(|err| format!("{err:#}")) })
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err("a panic".into())),
            Err(err) => Err(format!("the message is not a task: {err}")),
        };
        if let Err(error) = result {
            tracing::warn!(message.id = id, error, "a message will come again");
            failed.push(id);
            break;
        }
        done.lock().expect("nothing panics while holding it").push(receipt_handle);
    }
    for skipped in records {
        failed.push(skipped.message_id.unwrap_or_default());
        early_ack(EarlyAck::Skipped(skipped.receipt_handle.unwrap_or_default())).await;
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

    async fn nothing(early: EarlyAck) {
        panic!("nothing stands behind a failed record here, and nothing takes long: {early:?}");
    }

    fn failed(response: &SqsBatchResponse) -> Vec<&str> {
        let mut ids: Vec<_> = response.batch_item_failures.iter().map(|item| item.item_identifier.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    #[tokio::test]
    async fn only_the_failed_record_comes_again() {
        let event = event(&[("1", None, "\"good\""), ("2", None, "\"bad\""), ("3", None, "\"good\"")]);
        let response = each_record(
            event,
            |record: Record<String>| async move {
                assert_eq!((record.receipt_handle.len(), record.receive_count), ("handle of 1".len(), 3));
                if record.task == "bad" { Err("it failed") } else { Ok(()) }
            },
            nothing,
            LONG,
        )
        .await;
        assert_eq!(failed(&response), ["2"]);
    }

    #[tokio::test]
    async fn nothing_of_a_group_runs_after_its_failed_record() {
        let event = event(&[
            ("a1", Some("a"), "\"a1\""),
            ("b1", Some("b"), "\"b1\""),
            ("a2", Some("a"), "\"a2\""),
            ("a3", Some("a"), "\"a3\""),
            ("b2", Some("b"), "\"b2\""),
        ]);
        let ran = Mutex::new(Vec::new());
        let given_back = Mutex::new(Vec::new());
        let response = each_record(
            event,
            |record: Record<String>| {
                ran.lock().unwrap().push(record.task.clone());
                async move { if record.task == "a2" { Err("it failed") } else { Ok(()) } }
            },
            async |early| given_back.lock().unwrap().push(early),
            LONG,
        )
        .await;
        assert_eq!(failed(&response), ["a2", "a3"]);
        assert_eq!(given_back.into_inner().unwrap(), [EarlyAck::Skipped("handle of a3".into())]);
        let mut ran = ran.into_inner().unwrap();
        ran.sort();
        assert_eq!(ran, ["a1", "a2", "b1", "b2"]);
    }

    #[tokio::test]
    async fn groups_do_not_wait_for_each_other_and_records_of_one_do() {
        let event = event(&[("a1", Some("a"), "1"), ("a2", Some("a"), "2"), ("b1", Some("b"), "3")]);
        let both = Barrier::new(2);
        let order = Mutex::new(Vec::new());
        let response = each_record(
            event,
            async |record: Record<u32>| {
                // The first of each group can only go on when the other one runs too.
                if record.task != 2 {
                    both.wait().await;
                }
                order.lock().unwrap().push(record.task);
                Ok::<_, String>(())
            },
            nothing,
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
        let response = each_record(event, async |_: Record<u32>| Ok::<_, String>(()), nothing, LONG).await;
        assert_eq!(failed(&response), ["1"]);
    }

    #[tokio::test]
    async fn a_panic_fails_alone() {
        let event = event(&[("1", None, "1"), ("2", None, "2")]);
        let response = each_record(
            event,
            async |record: Record<u32>| {
                assert_ne!(record.task, 1, "a bug");
                Ok::<_, String>(())
            },
            nothing,
            LONG,
        )
        .await;
        assert_eq!(failed(&response), ["1"]);
    }

    #[tokio::test]
    async fn a_record_that_takes_its_time_keeps_nobodys_next_message() {
        let event =
            event(&[("a1", Some("a"), "1"), ("b1", Some("b"), "2"), ("b2", Some("b"), "3"), ("c1", Some("c"), "4")]);
        let (done, all_told) = (Mutex::new(Vec::new()), tokio::sync::Notify::new());
        let told = async |early| {
            let EarlyAck::Done(receipts) = early else { panic!("{early:?}") };
            done.lock().unwrap().extend(receipts);
            all_told.notify_one();
        };
        let work = async |record: Record<u32>| {
            match record.task {
                1 => all_told.notified().await,
                4 => return Err("it failed"),
                _ => {}
            }
            Ok(())
        };
        let response = each_record(event, work, told, LONG).await;
        assert_eq!(failed(&response), ["c1"]);
        assert_eq!(done.into_inner().unwrap(), ["handle of b1", "handle of b2"]);
    }

    #[tokio::test]
    async fn nothing_is_begun_when_time_is_short() {
        let event = event(&[("1", Some("a"), "1"), ("2", Some("b"), "2")]);
        let given_back = Mutex::new(Vec::new());
        let keep = async |early| given_back.lock().unwrap().push(early);
        let work = async |_: Record<u32>| panic!("it was begun") as Result<(), String>;
        let response = each_record(event, work, keep, Duration::ZERO).await;
        assert_eq!(failed(&response), ["1", "2"]);
        assert_eq!(given_back.into_inner().unwrap().len(), 2);
    }
}

//! Which messages of a batch come again, and when.
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

/// Of batches in which no message waits behind one that failed, and none takes long.
async fn only_hidden(ack: EarlyAck) {
    assert!(matches!(ack, EarlyAck::Hide(..)), "{ack:?}");
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
        async |ack| assert_eq!(ack, EarlyAck::Hide("handle of 2".into(), Duration::from_secs(60))),
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
    let acks = Mutex::new(Vec::new());
    let response = handle_batch(
        event,
        |record: Record<String>| {
            ran.lock().unwrap().push(record.task.clone());
            async move { if record.task == "a2" { Err("it failed") } else { Ok(()) } }
        },
        async |ack| acks.lock().unwrap().push(ack),
        LONG,
    )
    .await;
    assert_eq!(failed(&response), ["a2", "a3"]);
    let hidden = EarlyAck::Hide("handle of a2".into(), Duration::from_secs(60));
    assert_eq!(acks.into_inner().unwrap(), [EarlyAck::Release("handle of a3".into()), hidden]);
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
        only_hidden,
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
    let response = handle_batch(event, async |_: Record<u32>| Ok::<_, String>(()), only_hidden, LONG).await;
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
        only_hidden,
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
        let receipts = match ack {
            EarlyAck::Delete(receipts) => receipts,
            EarlyAck::Hide(receipt, _) => return assert_eq!(receipt, "handle of c1"),
            EarlyAck::Release(_) => panic!("{ack:?}"),
        };
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

/// How long the message of a batch is hidden that was received so often; `None`: as long as before.
async fn hidden_for<E: Into<Failed>>(body: &str, receives: u32, result: impl Fn() -> Result<(), E>) -> Option<u64> {
    let mut event = event(&[("1", Some("a"), body)]);
    event.records[0].attributes.insert("ApproximateReceiveCount".into(), receives.to_string());
    let hidden = Mutex::new(None);
    let early_ack = async |ack| match ack {
        EarlyAck::Hide(_, pause) => *hidden.lock().unwrap() = Some(pause.as_secs()),
        EarlyAck::Delete(_) | EarlyAck::Release(_) => panic!("{ack:?}"),
    };
    let response = handle_batch(event, async |_: Record<u32>| result(), early_ack, LONG).await;
    assert_eq!(failed(&response), ["1"], "it comes again");
    hidden.into_inner().unwrap()
}

#[tokio::test]
async fn message_that_fails_for_our_fault_is_hidden_for_longer_each_time() {
    for (receives, seconds) in [(0, 5), (1, 5), (2, 15), (3, 60), (4, 180), (5, 180), (200, 180)] {
        let hidden = hidden_for("1", receives, || Err("the store throttles")).await;
        assert_eq!(hidden, Some(seconds), "receive {receives}");
    }
    assert_eq!(hidden_for("1", 3, || Err(Failed::hidden("the receiver asked for time"))).await, None);
}

#[tokio::test]
async fn message_that_panics_or_cannot_be_read_comes_again_soon_however_often_it_came() {
    for (receives, seconds) in [(1, 5), (2, 15), (3, 15), (30, 15), (200, 15)] {
        let panics = hidden_for("1", receives, || -> Result<(), String> { panic!("a bug") }).await;
        let unreadable = hidden_for("no task", receives, || Ok::<_, String>(())).await;
        assert_eq!((panics, unreadable), (Some(seconds), Some(seconds)), "receive {receives}");
    }
}

/// Of pauses alone, in minutes, until SQS moves the message to the dead-letter queue.
#[test]
fn poisoned_message_is_dead_within_an_hour_and_an_outage_of_hours_loses_none() {
    use local::stack::{ALERTS_MAX_RECEIVE_COUNT, CHANNEL_MAX_RECEIVE_COUNT};
    for most in [ALERTS_MAX_RECEIVE_COUNT, CHANNEL_MAX_RECEIVE_COUNT] {
        let minutes = |pauses: &[Duration]| (1..=most).map(|count| pause(pauses, count).as_secs()).sum::<u64>() / 60;
        assert!((30..=60).contains(&minutes(&CRASH_PAUSES)), "{}", minutes(&CRASH_PAUSES));
        assert!(minutes(&FAULT_PAUSES) > 9 * 60, "{}", minutes(&FAULT_PAUSES));
        // A million destinations take thirty receives, also of nine alerts that wait behind in the same batch.
        let after_fan_outs = (most / 2..=most).map(|count| pause(&FAULT_PAUSES, count).as_secs()).sum::<u64>();
        assert!(after_fan_outs > 90 * 60, "{after_fan_outs} s");
    }
}

#[tokio::test]
async fn task_of_a_newer_release_waits_as_long_as_after_an_outage() {
    let hidden = Mutex::new(Vec::new());
    let handle = async |_: Record<crate::task::RouteTask>| panic!("it cannot be read") as Result<(), String>;
    let early_ack = async |ack| hidden.lock().unwrap().push(ack);
    let response = handle_batch(event(&[("1", None, "{\"v\": 9}")]), handle, early_ack, LONG).await;
    assert_eq!(failed(&response), ["1"]);
    let expected = EarlyAck::Hide("handle of 1".into(), pause_after_fault(3));
    assert_eq!(hidden.into_inner().unwrap(), [expected]);
}

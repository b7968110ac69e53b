//! Handles one batch of an SQS event source and reports the messages that must come again. What holds:
//! - A message that fails, panics or cannot be read never fails the batch.
//! - Messages of one group run one after the other, and none runs after a failed one, which it would overtake.
//! - Groups do not wait for each other: a slow message holds up no other group.
//! - A message that fails for a fault of ours is hidden for longer each time ([`pause_after_fault`]), and with it its
//!   group. One that cannot be read or panics is a bug, and comes again sooner: it uses up its receives, and the
//!   dead-letter queue takes it within an hour, so that those behind it have their turn.
//!
//! SQS counts every receive alike, also those of a fan-out that goes on and of messages that wait behind another one.
//! So the pauses, and not the counts, tell a bug from an outage. See decision 36.
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
use tracing::Instrument as _;

use crate::{
    task::{self, TaskError},
    traces::span_of,
};

const CONCURRENT_GROUPS: usize = 10;
/// SQS holds back the next messages of every group in the batch until the batch is answered. A batch that takes longer
/// than this acknowledges finished messages early.
const EARLY_ACK_EVERY: Duration = Duration::from_secs(1);

/// Until a message comes again that failed for a fault of ours, such as a store that throttles, by its receives; the
/// last one repeats. Two hundred receives bridge an outage of nine hours.
const FAULT_PAUSES: [Duration; 4] =
    [Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60), Duration::from_secs(180)];
/// The same of a message that panics or cannot be read. Two hundred receives take fifty minutes.
const CRASH_PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(15)];

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
    /// Hide the message with this receipt for so long from now: it failed.
    Hide(String, Duration),
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

/// Why a message comes again. Every error is a fault of ours, unless [`Failed::hidden`] says otherwise.
#[derive(Debug)]
pub struct Failed {
    reason: String,
    is_hidden: bool,
}

impl Failed {
    /// The handler has hidden the message until it is to come again.
    pub fn hidden(reason: impl Display) -> Self {
        Self { reason: format!("{reason:#}"), is_hidden: true }
    }
}

impl<E: Display> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { reason: format!("{error:#}"), is_hidden: false }
    }
}

/// How long a message is hidden that failed for a fault of ours at this receive.
pub fn pause_after_fault(receive_count: u32) -> Duration {
    pause(&FAULT_PAUSES, receive_count)
}

fn pause(pauses: &[Duration], receive_count: u32) -> Duration {
    pauses[(receive_count.max(1) as usize - 1).min(pauses.len() - 1)]
}

/// Why a group stops at a message.
enum Stop {
    Continues,
    Hidden,
    /// It is hidden for so long.
    Failed(Duration),
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
    E: Into<Failed>,
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
    E: Into<Failed>,
    F: Future<Output = Result<O, E>>,
    G: Future<Output = ()>,
{
    let mut messages = group.into_iter();
    let (mut failed, mut stopped) = (Vec::new(), None);
    while Instant::now() < start_until
        && let Some(message) = messages.next()
    {
        let id = message.message_id.clone().unwrap_or_default();
        let receipt_handle = message.receipt_handle.clone().unwrap_or_default();
        let span = span_of(&message);
        match handle_message(message, handle).instrument(span).await {
            None => done.lock().expect("nothing panics while holding it").push(receipt_handle),
            Some(stop) => {
                failed.push(id);
                stopped = Some((receipt_handle, stop));
                break;
            }
        }
    }
    for skipped in messages {
        failed.push(skipped.message_id.unwrap_or_default());
        early_ack(EarlyAck::Release(skipped.receipt_handle.unwrap_or_default())).await;
    }
    // Last, so that those behind it can come with it.
    match stopped {
        Some((receipt_handle, Stop::Continues)) => early_ack(EarlyAck::Release(receipt_handle)).await,
        Some((receipt_handle, Stop::Failed(pause))) => early_ack(EarlyAck::Hide(receipt_handle, pause)).await,
        Some((_, Stop::Hidden)) | None => {}
    }
    failed
}

/// `None`: it is done. A failure is logged.
async fn handle_message<T, O, E, F>(message: SqsMessage, handle: &impl Fn(Record<T>) -> F) -> Option<Stop>
where
    T: DeserializeOwned,
    O: Into<Handled>,
    E: Into<Failed>,
    F: Future<Output = Result<O, E>>,
{
    let id = message.message_id.clone().unwrap_or_default();
    let receives = receive_count(&message);
    let crashed = |error: &str| {
        let pause = pause(&CRASH_PAUSES, receives);
        tracing::error!(message.id = id, error, receives, "a message is never handled: a bug of ours");
        Some(Stop::Failed(pause))
    };
    let record = match read(message) {
        Ok(record) => record,
        // No bug: it waits for the newer release, for as long as an outage may last.
        Err(error @ TaskError::Newer(_)) => {
            tracing::error!(message.id = id, %error, receives, "a message waits for a newer release");
            return Some(Stop::Failed(pause_after_fault(receives)));
        }
        Err(error) => return crashed(&error.to_string()),
    };
    let handled = AssertUnwindSafe(async { handle(record).await.map(O::into).map_err(E::into) });
    let Failed { reason: error, is_hidden } = match handled.catch_unwind().await {
        Ok(Ok(Handled::Done)) => return None,
        Ok(Ok(Handled::Continues)) => return Some(Stop::Continues),
        Ok(Err(failed)) => failed,
        Err(_) => return crashed("a panic"),
    };
    tracing::warn!(message.id = id, error, receives, "a message was not handled and will come again");
    Some(if is_hidden { Stop::Hidden } else { Stop::Failed(pause_after_fault(receives)) })
}

fn receive_count(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn read<T: DeserializeOwned>(message: SqsMessage) -> Result<Record<T>, TaskError> {
    Ok(Record {
        task: task::read(message.body.as_deref().unwrap_or_default())?,
        receive_count: receive_count(&message),
        receipt_handle: message.receipt_handle.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests;

//! Sending tasks to FIFO queues: alerts in groups by provider, deliveries in groups by destination. The rule that is not
//! visible in one request: the tasks of a group must be accepted in the order given, so no request holds two of them,
//! and a task waits until those before it were accepted. A task sent twice within five minutes is queued once.
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use aws_sdk_sqs::{
    Client,
    error::DisplayErrorContext,
    types::{DeleteMessageBatchRequestEntry as Receipt, SendMessageBatchRequestEntry as Entry},
};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use status::ids::{AlertId, ProviderId, digest};

use crate::{
    batch::EarlyAck,
    task::{DeliveryTask, RouteTask, VERSION},
};

/// SQS takes no more entries in one request.
const ENTRIES_PER_REQUEST: usize = 10;
const REQUESTS_AT_A_TIME: usize = 8;
/// Pauses before the entries that SQS refused are offered again; a request that fails as a whole is retried by the SDK.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];
/// SQS hides a message for at most 12 hours counted from its receipt; the rest is the longest run of a Lambda function.
const LONGEST_DELAY: Duration = Duration::from_secs(12 * 3600 - 15 * 60);

/// Where the queues are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrls {
    pub alerts: String,
    /// By the channel's name.
    pub channels: BTreeMap<String, String>,
}

/// The queue between poller and router, which also continues long fan-outs through it.
#[derive(Clone, Debug)]
pub struct AlertsQueue {
    client: Client,
    url: String,
}

/// The queue of one channel, between router and dispatcher.
#[derive(Clone, Debug)]
pub struct ChannelQueue {
    client: Client,
    url: String,
}

/// Some tasks were not accepted; which ones is left open, since sending one again does no harm.
#[derive(Debug, thiserror::Error)]
#[error("{unsent} of {total} tasks were not accepted by {url}: {reason}")]
pub struct SendError {
    pub unsent: usize,
    pub total: usize,
    url: String,
    reason: String,
}

#[derive(Debug, thiserror::Error)]
#[error("the message could not be delayed: {0}")]
pub struct DelayError(String);

impl AlertsQueue {
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// To be routed from the start, in this order.
    pub async fn send_alerts(&self, provider: &ProviderId, alerts: &[AlertId]) -> Result<(), SendError> {
        let task =
            |alert: &AlertId| RouteTask { v: VERSION, alert: alert.clone(), provider: provider.clone(), cursor: None };
        self.send(&alerts.iter().map(task).collect::<Vec<_>>()).await
    }

    pub async fn send(&self, tasks: &[RouteTask]) -> Result<(), SendError> {
        let entry = |task: &RouteTask| {
            let key = digest(&[task.alert.as_str(), task.cursor.as_deref().unwrap_or_default()]);
            entry(task, task.provider.as_str(), &key)
        };
        send(&self.client, &self.url, tasks.iter().map(entry)).await
    }

    /// Lets go of received messages while others of their batch are still worked on.
    pub async fn early_ack(&self, what: EarlyAck) {
        early_ack(&self.client, &self.url, what).await;
    }
}

impl ChannelQueue {
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    pub async fn send(&self, tasks: &[DeliveryTask]) -> Result<(), SendError> {
        let entry = |task: &DeliveryTask| entry(task, task.destination.as_str(), &task.deduplication_id());
        send(&self.client, &self.url, tasks.iter().map(entry)).await
    }

    /// Hides a received message, and thereby everything after it for the same destination, for `time` from now.
    pub async fn delay(&self, receipt_handle: &str, time: Duration) -> Result<(), DelayError> {
        let time = time.min(LONGEST_DELAY);
        hide(&self.client, &self.url, receipt_handle, time.as_secs() + u64::from(time.subsec_nanos() > 0)).await
    }

    /// Lets go of received messages while others of their batch are still worked on.
    pub async fn early_ack(&self, what: EarlyAck) {
        early_ack(&self.client, &self.url, what).await;
    }
}

async fn early_ack(client: &Client, url: &str, what: EarlyAck) {
    let (result, otherwise) = match what {
        EarlyAck::Skipped(receipt) => {
            (hide(client, url, &receipt, 0).await.map_err(|error| error.0), "it comes again when its visibility ends")
        }
        EarlyAck::Done(receipts) => (delete(client, url, receipts).await, "they are deleted with their batch"),
    };
    if let Err(error) = result {
        tracing::debug!(error, "the queue was not told early: {otherwise}");
    }
}

async fn delete(client: &Client, url: &str, receipts: Vec<String>) -> Result<(), String> {
    let entry = |(number, receipt): (usize, String)| {
        let entry = Receipt::builder().id(number.to_string()).receipt_handle(receipt).build();
        entry.expect("an entry has an id and a receipt")
    };
    let entries: Vec<_> = receipts.into_iter().enumerate().map(entry).collect();
    for entries in entries.chunks(ENTRIES_PER_REQUEST) {
        let request = client.delete_message_batch().queue_url(url).set_entries(Some(entries.to_vec()));
        request.send().await.map_err(|error| DisplayErrorContext(error).to_string())?;
    }
    Ok(())
}

async fn hide(client: &Client, url: &str, receipt_handle: &str, seconds: u64) -> Result<(), DelayError> {
    client
        .change_message_visibility()
        .queue_url(url)
        .receipt_handle(receipt_handle)
        .visibility_timeout(seconds as i32)
        .send()
        .await
        .map_err(|err| DelayError(DisplayErrorContext(err).to_string()))?;
    Ok(())
}

fn entry(task: &impl Serialize, group: &str, key: &str) -> Entry {
    Entry::builder()
        // Numbered anew in each request.
        .id("0")
        .message_body(serde_json::to_string(task).expect("a task is plain data"))
        .message_group_id(group)
        .message_deduplication_id(key)
        .build()
        .expect("an entry has an id and a body")
}

/// The first entries of every group, then the second ones, and so on.
fn waves(entries: impl Iterator<Item = Entry>) -> Vec<Vec<Entry>> {
    let mut seen: HashMap<Option<String>, usize> = HashMap::new();
    let mut waves: Vec<Vec<Entry>> = Vec::new();
    for entry in entries {
        let number = seen.entry(entry.message_group_id.clone()).or_default();
        if waves.len() == *number {
            waves.push(Vec::new());
        }
        waves[*number].push(entry);
        *number += 1;
    }
    waves
}

/// Within a wave order does not matter; a wave starts when the one before it was accepted whole.
async fn send(client: &Client, url: &str, entries: impl Iterator<Item = Entry>) -> Result<(), SendError> {
    let waves = waves(entries);
    let total: usize = waves.iter().map(Vec::len).sum();
    let mut accepted = 0;
    for wave in waves {
        let requests: Vec<_> =
            wave.chunks(ENTRIES_PER_REQUEST).map(|entries| send_request(client, url, entries.to_vec())).collect();
        let outcomes: Vec<_> = stream::iter(requests).buffer_unordered(REQUESTS_AT_A_TIME).collect().await;
        let refused: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
        accepted += wave.len() - refused.iter().map(|(unsent, _)| unsent).sum::<usize>();
        if let Some((_, reason)) = refused.into_iter().next() {
            let url = url.to_owned();
            return Err(SendError { unsent: total - accepted, total, url, reason });
        }
    }
    Ok(())
}

/// Offers what was refused again and gives how many entries stayed, with the last reason.
async fn send_request(client: &Client, url: &str, mut entries: Vec<Entry>) -> Result<(), (usize, String)> {
    let mut pauses = PAUSES.into_iter();
    loop {
        for (number, entry) in entries.iter_mut().enumerate() {
            entry.id = number.to_string();
        }
        let request = client.send_message_batch().queue_url(url).set_entries(Some(entries.clone()));
        let answer = request.send().await.map_err(|err| (entries.len(), DisplayErrorContext(err).to_string()))?;
        let Some(refusal) = answer.failed().first() else {
            return Ok(());
        };
        let reason = format!("{} {}", refusal.code(), refusal.message().unwrap_or_default());
        entries.retain(|entry| answer.failed().iter().any(|failed| failed.id() == entry.id));
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err((entries.len(), reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wave_holds_two_entries_of_one_group_and_order_is_kept() {
        let entries = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a"), ("b2", "b")];
        let waves = waves(entries.into_iter().map(|(key, group)| entry(&(), group, key)));
        let keys: Vec<Vec<_>> = waves
            .iter()
            .map(|wave| wave.iter().map(|entry| entry.message_deduplication_id().unwrap()).collect())
            .collect();
        assert_eq!(keys, [vec!["a1", "b1"], vec!["a2", "b2"], vec!["a3"]]);
    }
}

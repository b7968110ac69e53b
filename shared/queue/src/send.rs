//! Sends tasks to FIFO queues: alerts in a group per provider, deliveries in a group per destination. SQS must accept
//! the tasks of a group in the order given, and may accept a part of a request only. So no request holds two tasks of
//! one group, and a task is sent when those before it were accepted. A task sent twice within five minutes is queued
//! once.
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
    traces::Body,
};

/// The limit of SQS.
const MAX_ENTRIES_PER_REQUEST: usize = 10;
const CONCURRENT_REQUESTS: usize = 8;
/// Pauses before entries that SQS refused are sent again. The SDK retries a request that fails as a whole.
const RETRY_PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];
/// SQS hides a message for at most 12 hours from its receipt. A Lambda function may have run 15 minutes since then.
const MAX_DELAY: Duration = Duration::from_secs(12 * 3600 - 15 * 60);

/// URLs of the queues of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrls {
    pub alerts: String,
    /// By the channel's name.
    pub channels: BTreeMap<String, String>,
}

/// The queue between poller and router.
#[derive(Clone, Debug)]
pub struct AlertsQueue {
    pub(crate) client: Client,
    pub(crate) url: String,
}

/// The queue of one channel, between router and dispatcher.
#[derive(Clone, Debug)]
pub struct ChannelQueue {
    pub(crate) client: Client,
    pub(crate) url: String,
}

/// SQS did not accept some tasks. It does not say which, because sending all of them again does no harm.
#[derive(Debug, thiserror::Error)]
#[error("{unsent} of {total} tasks were not queued at {url}: {reason}")]
pub struct SendError {
    pub unsent: usize,
    pub total: usize,
    url: String,
    reason: String,
}

/// SQS did not change the visibility of a message.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be delayed: {0}")]
pub struct DelayError(String);

impl AlertsQueue {
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Queues a route task for each alert of the provider, in this order.
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

    /// Acknowledges, releases or hides messages before their batch is answered. A failure is logged and does no harm.
    pub async fn early_ack(&self, ack: EarlyAck) {
        early_ack(&self.client, &self.url, ack).await;
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

    /// Queues a task that waits for none before it: what a destination failed to take must not keep back a test that
    /// shows whether it takes anything again.
    pub async fn send_apart(&self, task: &DeliveryTask) -> Result<(), SendError> {
        let group = format!("{}@apart", task.destination);
        send(&self.client, &self.url, std::iter::once(entry(task, &group, &task.deduplication_id()))).await
    }

    /// Hides a received message, and with it all later ones for the same destination, for `delay` from now.
    pub async fn delay(&self, receipt_handle: &str, delay: Duration) -> Result<(), DelayError> {
        hide_for(&self.client, &self.url, receipt_handle, delay).await
    }

    /// Acknowledges, releases or hides messages before their batch is answered. A failure is logged and does no harm.
    pub async fn early_ack(&self, ack: EarlyAck) {
        early_ack(&self.client, &self.url, ack).await;
    }
}

async fn early_ack(client: &Client, url: &str, ack: EarlyAck) {
    let (result, consequence) = match ack {
        EarlyAck::Release(receipt) => {
            let released = hide(client, url, &receipt, 0).await.map_err(|error| error.0);
            (released, "a message that was not started comes again when its visibility timeout ends")
        }
        EarlyAck::Hide(receipt, pause) => {
            let hidden = hide_for(client, url, &receipt, pause).await.map_err(|error| error.0);
            (hidden, "a message that failed comes again when its visibility timeout ends")
        }
        EarlyAck::Delete(receipts) => (delete(client, url, receipts).await, "messages are deleted with their batch"),
    };
    if let Err(error) = result {
        tracing::debug!(error, "no early acknowledgement: {consequence}");
    }
}

async fn delete(client: &Client, url: &str, receipts: Vec<String>) -> Result<(), String> {
    let entry = |(number, receipt): (usize, String)| {
        let entry = Receipt::builder().id(number.to_string()).receipt_handle(receipt).build();
        entry.expect("an entry has an id and a receipt")
    };
    let entries: Vec<_> = receipts.into_iter().enumerate().map(entry).collect();
    for entries in entries.chunks(MAX_ENTRIES_PER_REQUEST) {
        let request = client.delete_message_batch().queue_url(url).set_entries(Some(entries.to_vec()));
        request.send().await.map_err(|error| DisplayErrorContext(error).to_string())?;
    }
    Ok(())
}

async fn hide_for(client: &Client, url: &str, receipt_handle: &str, delay: Duration) -> Result<(), DelayError> {
    let delay = delay.min(MAX_DELAY);
    hide(client, url, receipt_handle, delay.as_secs() + u64::from(delay.subsec_nanos() > 0)).await
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
        // Each request numbers its entries.
        .id("0")
        .message_body(serde_json::to_string(&Body::new(task)).expect("a task is plain data"))
        .message_group_id(group)
        .message_deduplication_id(key)
        .build()
        .expect("an entry has an id and a body")
}

/// The first entries of all groups, then the second ones, and so on.
fn waves(entries: impl Iterator<Item = Entry>) -> Vec<Vec<Entry>> {
    let mut next_wave: HashMap<Option<String>, usize> = HashMap::new();
    let mut waves: Vec<Vec<Entry>> = Vec::new();
    for entry in entries {
        let number = next_wave.entry(entry.message_group_id.clone()).or_default();
        if waves.len() == *number {
            waves.push(Vec::new());
        }
        waves[*number].push(entry);
        *number += 1;
    }
    waves
}

/// Sends wave by wave: order does not matter within one, and the next starts when all of it was accepted.
async fn send(client: &Client, url: &str, entries: impl Iterator<Item = Entry>) -> Result<(), SendError> {
    let waves = waves(entries);
    let total: usize = waves.iter().map(Vec::len).sum();
    let mut accepted = 0;
    for wave in waves {
        let requests: Vec<_> =
            wave.chunks(MAX_ENTRIES_PER_REQUEST).map(|entries| send_request(client, url, entries.to_vec())).collect();
        let outcomes: Vec<_> = stream::iter(requests).buffer_unordered(CONCURRENT_REQUESTS).collect().await;
        let refused: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
        accepted += wave.len() - refused.iter().map(|(unsent, _)| unsent).sum::<usize>();
        if let Some((_, reason)) = refused.into_iter().next() {
            let url = url.to_owned();
            return Err(SendError { unsent: total - accepted, total, url, reason });
        }
    }
    Ok(())
}

/// Sends refused entries again. An error is how many entries were refused to the end, with the last reason.
async fn send_request(client: &Client, url: &str, mut entries: Vec<Entry>) -> Result<(), (usize, String)> {
    let mut pauses = RETRY_PAUSES.into_iter();
    loop {
        for (number, entry) in entries.iter_mut().enumerate() {
            entry.id = number.to_string();
        }
        let request = client.send_message_batch().queue_url(url).set_entries(Some(entries.clone()));
        let response = request.send().await.map_err(|err| (entries.len(), DisplayErrorContext(err).to_string()))?;
        let Some(refusal) = response.failed().first() else {
            return Ok(());
        };
        let reason = format!("{} {}", refusal.code(), refusal.message().unwrap_or_default());
        entries.retain(|entry| response.failed().iter().any(|failed| failed.id() == entry.id));
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

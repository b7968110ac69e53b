//! What was sent and not recorded yet. If the store takes nothing for long, such as while it throttles, it stays in
//! this process: the message that comes again is recorded and not sent again.
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use queue::task::DeliveryTask;
use status::{ids::DeliveryId, words::Event};
use store::{DeliveryEnd, DeliveryRecord, DestinationRecord, Episode, KeptHandle, RecordError, Store, Verdict};
use tokio::time::{sleep, timeout};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Longer than its message can stay hidden. One that never comes again, or came to another process, is dropped.
const KEPT_FOR: Duration = Duration::from_secs(3600);

/// A delivery that the receiver accepted.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) claimed: DeliveryRecord,
    pub(crate) attempt: store::Attempt,
    pub(crate) handle: Option<(Episode, KeptHandle)>,
    pub(crate) at: Timestamp,
    /// Where it arrived, as it was read before the attempt.
    pub(crate) destination: DestinationRecord,
    pub(crate) event: Event,
    /// When the fact in it was read.
    pub(crate) seen_at: Timestamp,
}

impl Sent {
    /// Tries until then, at least once.
    pub(crate) async fn record(&self, store: &Store, until: Instant) -> anyhow::Result<()> {
        let mut pause = FIRST_PAUSE;
        loop {
            let rest = until.saturating_duration_since(Instant::now()).max(FIRST_PAUSE);
            let recorded = timeout(rest, self.record_once(store)).await;
            let error = match recorded {
                // The end is recorded: by an attempt whose response was lost, or by another process.
                Ok(Ok(()) | Err(RecordError::LeaseLost)) => return Ok(()),
                Ok(Err(RecordError::Store(error))) => anyhow::Error::from(error),
                Err(_) => anyhow::anyhow!("the store did not answer in time"),
            };
            if Instant::now() + pause >= until {
                return Err(error.context("it was sent, which is not recorded yet"));
            }
            let (id, error) = (&self.claimed.delivery, format!("{error:#}"));
            tracing::debug!(delivery.id = %id, error, "a delivery was sent, and recording it is tried again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn record_once(&self, store: &Store) -> Result<(), RecordError> {
        let handle = self.handle.clone();
        let handle = handle.as_ref().map(|(episode, handle)| (episode, handle.clone()));
        let verdict = Verdict::Ended(DeliveryEnd::Sent);
        store.record(&self.claimed, verdict, Some(self.attempt.clone()), handle, self.at).await
    }
}

/// What was sent and could not be recorded.
#[derive(Default)]
pub(crate) struct Unrecorded(Mutex<HashMap<(DeliveryId, u32), (Sent, Instant)>>);

impl Unrecorded {
    /// A delivery that was reopened is another one: it is to be sent again.
    fn key(task: &DeliveryTask) -> (DeliveryId, u32) {
        (task.delivery.clone(), task.reopened)
    }

    pub(crate) fn keep(&self, task: &DeliveryTask, sent: Sent, now: Instant) {
        let mut all = self.0.lock().expect("nothing panics while holding what was sent");
        all.retain(|_, (_, since)| now.duration_since(*since) < KEPT_FOR);
        all.insert(Self::key(task), (sent, now));
    }

    pub(crate) fn get(&self, task: &DeliveryTask) -> Option<Sent> {
        let all = self.0.lock().expect("nothing panics while holding what was sent");
        if all.is_empty() {
            return None;
        }
        all.get(&Self::key(task)).map(|(sent, _)| sent.clone())
    }

    pub(crate) fn remove(&self, task: &DeliveryTask) {
        self.0.lock().expect("nothing panics while holding what was sent").remove(&Self::key(task));
    }
}

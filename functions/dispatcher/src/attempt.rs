//! One attempt at a delivery that is claimed and prepared: sends it, and acts on the outcome. Nothing else acts on one.
use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use channels::{Handle, Job, MailJob, Outcome};
use jiff::Timestamp;
use queue::task::DeliveryTask;
use status::paths;
use store::{DeliveryEnd, DeliveryRecord, Episode, KeptHandle, Verdict};
use tokio::time::timeout;

use crate::{
    dispatcher::Dispatcher,
    prepare::Delivery,
    retry_policy::{backoff, has_expired, is_dead},
    send::send,
};

/// For all requests of one delivery together.
const MAX_DELIVERY_TIME: Duration = Duration::from_secs(23);
/// The longest cooldown of all destinations when the service refuses every request without naming a time: soon one of
/// them must find out whether it is over.
const MAX_GUESSED_COOLDOWN: Duration = Duration::from_secs(60);

pub(crate) struct Attempt<'a> {
    pub(crate) dispatcher: &'a Dispatcher,
    pub(crate) task: &'a DeliveryTask,
    pub(crate) claimed: &'a DeliveryRecord,
    pub(crate) delivery: &'a Delivery,
    /// Of the message that carries the task.
    pub(crate) receipt_handle: &'a str,
}

/// What the delivery log keeps of an attempt.
struct AttemptLog {
    /// When the attempt ended.
    at: Timestamp,
    took: Duration,
    /// The last response, in a line that holds no secret.
    answer: String,
}

impl AttemptLog {
    fn entry(&self, status: &str, answer: &str) -> store::Attempt {
        let took_ms = self.took.as_millis() as u64;
        store::Attempt { at: self.at, status: status.to_owned(), answer: answer.to_owned(), took_ms }
    }
}

impl Attempt<'_> {
    /// An error means that the message must come again.
    pub(crate) async fn run(&self, clock: fn() -> Timestamp) -> anyhow::Result<()> {
        let (started, mut answers) = (Instant::now(), Vec::new());
        let outcome = timeout(MAX_DELIVERY_TIME, self.send(&mut answers, clock())).await;
        let outcome = outcome.unwrap_or_else(|_| Outcome::Retry {
            after: None,
            everyone: false,
            reason: "the receiver took too long to answer".to_owned(),
        });
        let settings = &self.delivery.destination.settings;
        let answer = answers
            .last()
            .map(|response| channels::redacted(self.dispatcher.deps.channel, response, settings))
            .unwrap_or_default();
        let log = AttemptLog { took: started.elapsed(), answer, at: clock() };
        self.record_outcome(outcome, &log).await
    }

    async fn send(&self, answers: &mut Vec<channels::Response>, now: Timestamp) -> Outcome {
        let (deps, alert) = (&self.dispatcher.deps, &self.delivery.alert);
        let base = deps.public_url.as_deref();
        let incident_url = base.zip(paths::of_alert(alert)).map(|(base, path)| format!("{base}{path}"));
        let mail = deps.mail.as_ref().zip(self.delivery.recipient_page.as_deref());
        let job = Job {
            id: &self.task.delivery,
            alert,
            settings: &self.delivery.destination.settings,
            handle: self.delivery.handle.as_ref(),
            superseded: !self.delivery.is_newest,
            unknown: self.task.unknown,
            incident_url: incident_url.as_deref(),
            mail: mail.map(|(mail, page)| MailJob { from: &mail.from, page, destination: &self.task.destination }),
            now,
        };
        send(deps.channel, &deps.outbound, deps.mail.as_ref(), &job, answers, drop).await
    }

    async fn record_outcome(&self, outcome: Outcome, log: &AttemptLog) -> anyhow::Result<()> {
        match outcome {
            Outcome::Delivered { handle, cooldown } => self.delivered(handle, cooldown, log).await,
            Outcome::Skipped { reason } => self.skipped(&reason, log).await,
            Outcome::Retry { after, everyone, reason } => self.failed(after, everyone, &reason, log).await,
            Outcome::Rejected { reason } => self.rejected(&reason, log).await,
            Outcome::Gone { reason } => self.gone(&reason, log).await,
        }
    }

    async fn delivered(
        &self,
        handle: Option<Handle>,
        cooldown: Option<Duration>,
        log: &AttemptLog,
    ) -> anyhow::Result<()> {
        let (deps, destination) = (&self.dispatcher.deps, &self.delivery.destination.id);
        let cooldown = cooldown.unwrap_or_default().max(deps.channel.min_interval);
        self.dispatcher.cooldowns.set(destination, cooldown, Instant::now());
        let alert = &self.delivery.alert;
        let handle = handle.filter(|_| self.delivery.is_newest);
        let handle = handle.map(|handle| KeptHandle { fields: handle.0, as_of: Some(alert.seen_at) });
        let episode = Episode::of(alert);
        let handle = handle.map(|handle| (&episode, handle));
        let entry = log.entry("delivered", &log.answer);
        deps.store.record(self.claimed, Verdict::Ended(DeliveryEnd::Sent), Some(entry), handle, log.at).await?;
        if self.delivery.failing_since.is_some() {
            deps.store.note_arrival(destination).await?;
        }
        self.dispatcher.delivered.fetch_add(1, Relaxed);
        let (id, channel) = (&self.claimed.delivery, deps.channel.name);
        tracing::info!(delivery.id = %id, channel.name = channel, "delivered {} to {destination}", self.event());
        Ok(())
    }

    async fn skipped(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        self.end(DeliveryEnd::Skipped, log.entry("skipped", reason)).await?;
        let (id, destination) = (&self.claimed.delivery, &self.delivery.destination.id);
        tracing::debug!(delivery.id = %id, reason, "{} is not sent to {destination}", self.event());
        Ok(())
    }

    /// The receiver did not accept it now: it is retried, unless the alert will be of no use by then.
    async fn failed(
        &self,
        retry_after: Option<Duration>,
        everyone: bool,
        reason: &str,
        log: &AttemptLog,
    ) -> anyhow::Result<()> {
        let backoff = backoff(&self.claimed.delivery, self.claimed.attempt_count + 1, retry_after);
        if everyone {
            let cooldown = retry_after.unwrap_or(backoff.min(MAX_GUESSED_COOLDOWN));
            self.dispatcher.cooldowns.set_all(cooldown, Instant::now());
        }
        let retry_at = log.at + backoff;
        if has_expired(&self.delivery.alert, self.claimed.reopened_at, retry_at) {
            return self.give_up(reason, log).await;
        }
        // Only a time that the receiver named holds after a restart: a restart may cut our own backoff short.
        let not_before = if retry_after.is_some() { retry_at } else { log.at };
        let entry = log.entry("failed", reason);
        let store = &self.dispatcher.deps.store;
        store.record(self.claimed, Verdict::Retry { not_before }, Some(entry), None, log.at).await?;
        self.dispatcher.delay_message(self.receipt_handle, retry_at, log.at).await;
        let (event, destination) = (self.event(), &self.delivery.destination.id);
        anyhow::bail!("{event} was not delivered to {destination}: {reason}; next attempt in {} s", backoff.as_secs())
    }

    async fn give_up(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        let destination = &self.delivery.destination;
        if is_dead(self.delivery.failing_since, log.at) {
            let reason = format!("every delivery has failed for five days, most recently: {reason}");
            self.dispatcher.disable(destination, &reason, log.at).await?;
        } else {
            self.dispatcher.deps.store.note_failing(&destination.id, log.at).await?;
        }
        self.end(DeliveryEnd::GivenUp, log.entry("given up", reason)).await?;
        let (id, to) = (&self.claimed.delivery, &destination.id);
        tracing::warn!(delivery.id = %id, reason, "gave up delivering {} to {to}", self.event());
        self.dispatcher.undeliverable.fetch_add(1, Relaxed);
        Ok(())
    }

    async fn rejected(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        self.end(DeliveryEnd::Rejected, log.entry("rejected", reason)).await?;
        let (id, destination) = (&self.claimed.delivery, &self.delivery.destination.id);
        tracing::warn!(delivery.id = %id, reason, "{destination} rejected {}", self.event());
        self.dispatcher.undeliverable.fetch_add(1, Relaxed);
        Ok(())
    }

    /// The destination no longer exists: it is disabled, and a mail address is suppressed for every account.
    async fn gone(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        let (deps, destination) = (&self.dispatcher.deps, &self.delivery.destination);
        if let Some(address) = (deps.channel.recipient)(&destination.settings) {
            deps.store.suppress(&address, reason, log.at).await?;
        }
        self.dispatcher.disable(destination, reason, log.at).await?;
        self.end(DeliveryEnd::Disabled, log.entry("gone", reason)).await?;
        self.dispatcher.undeliverable.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Records the end of the delivery. The handle of an earlier message stays.
    async fn end(&self, end: DeliveryEnd, entry: store::Attempt) -> anyhow::Result<()> {
        let now = entry.at;
        self.dispatcher.deps.store.record(self.claimed, Verdict::Ended(end), Some(entry), None, now).await?;
        Ok(())
    }

    fn event(&self) -> &'static str {
        self.delivery.alert.event.as_str()
    }
}

//! One attempt at a delivery that is claimed and prepared: sends it, and acts on the outcome. Nothing else acts on one.
use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use channels::{Blame, Handle, Job, MailJob, Outcome};
use jiff::{SignedDuration, Timestamp};
use queue::{batch::pause_after_fault, task::DeliveryTask};
use status::{paths, words::Event};
use store::{
    DeliveryEnd, DeliveryRecord, Disabled, Episode, IncidentLink, KeptHandle, Refusals, SuppressionCause, Verdict,
};
use tokio::time::timeout;

use crate::{
    dispatcher::Dispatcher,
    prepare::Delivery,
    retry_policy::{AfterRefusal, after_refusal, backoff, has_expired, is_dead, is_lasting},
    send::{Hindered, send},
    sent::record_sent,
    unrecorded::Sent,
};

/// For all requests of one delivery together.
const MAX_DELIVERY_TIME: Duration = Duration::from_secs(23);
/// A receiver that answers has answered by then. With less time left, the store took too long before.
const MIN_DELIVERY_TIME: Duration = Duration::from_secs(10);
/// The longest cooldown of all destinations when the service refuses every request without naming a time: soon one of
/// them must find out whether it is over.
const MAX_GUESSED_COOLDOWN: Duration = Duration::from_secs(60);

/// Until this machine tries again what it was out of something for, at least.
const PAUSE_WHEN_HINDERED: Duration = Duration::from_secs(15);
/// Of a link that acknowledges an incident, from the alert on.
const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(crate) struct Attempt<'a> {
    pub(crate) dispatcher: &'a Dispatcher,
    pub(crate) task: &'a DeliveryTask,
    pub(crate) claimed: &'a DeliveryRecord,
    pub(crate) delivery: &'a Delivery,
    /// Of the message that carries the task.
    pub(crate) receipt_handle: &'a str,
    pub(crate) receive_count: u32,
    /// How long recording a delivery that was sent is tried.
    pub(crate) record_until: Instant,
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
        let left = self.record_until.saturating_duration_since(started);
        if left < MIN_DELIVERY_TIME {
            return self.release(clock()).await;
        }
        // What is cut short by the end of the function is sent again, although it may have arrived.
        let outcome = timeout(MAX_DELIVERY_TIME.min(left), self.send(&mut answers, clock())).await;
        let outcome = outcome.unwrap_or_else(|_| {
            let reason = "the receiver took too long to answer".to_owned();
            Ok(Outcome::Retry { after: None, everyone: false, reason })
        });
        let settings = &self.delivery.settings;
        let answer = answers
            .last()
            .map(|response| channels::redacted(self.dispatcher.deps.channel, response, settings))
            .unwrap_or_default();
        let log = AttemptLog { took: started.elapsed(), answer, at: clock() };
        match outcome {
            Ok(outcome) => self.record_outcome(outcome, &log).await,
            Err(Hindered(reason)) => self.hindered(&reason, &log).await,
        }
    }

    async fn send(&self, answers: &mut Vec<channels::Response>, now: Timestamp) -> Result<Outcome, Hindered> {
        let (deps, alert) = (&self.dispatcher.deps, &self.delivery.alert);
        let base = deps.public_url.as_deref();
        let incident_url = base.zip(paths::of_alert(alert)).map(|(base, path)| format!("{base}{path}"));
        let mail = deps.mail.as_ref().zip(self.delivery.recipient_page.as_deref());
        let acknowledge = base.filter(|_| mail.is_some()).and_then(|base| self.incident_link(base));
        let job = Job {
            id: &self.task.delivery,
            alert,
            settings: &self.delivery.settings,
            handle: self.delivery.handle.as_ref(),
            superseded: !self.delivery.is_newest,
            unknown: self.task.unknown,
            incident_url: incident_url.as_deref(),
            mail: mail.map(|(mail, page)| MailJob {
                from: &mail.from,
                page,
                acknowledge: acknowledge.as_deref(),
                destination: &self.task.destination,
            }),
            now,
        };
        send(deps.channel, &deps.outbound, deps.mail.as_ref(), &job, answers, drop).await
    }

    /// Of an incident that goes on. The same at every attempt.
    fn incident_link(&self, base: &str) -> Option<String> {
        let (deps, alert) = (&self.dispatcher.deps, &self.delivery.alert);
        if !deps.has_accounts || !alert.event.has_incident_page() || alert.event.is_end() {
            return None;
        }
        let (id, destination) = (alert.id.clone(), self.task.destination.clone());
        let link = IncidentLink { alert: id, destination, ends_at: alert.seen_at + LINK_LIFETIME };
        let signature = deps.store.sign_link(&link)?;
        let path = paths::incident_link(&link.alert, &link.destination, link.ends_at, &signature);
        Some(format!("{base}{path}"))
    }

    async fn record_outcome(&self, outcome: Outcome, log: &AttemptLog) -> anyhow::Result<()> {
        match outcome {
            Outcome::Delivered { handle, cooldown } => self.delivered(handle, cooldown, log).await,
            Outcome::Skipped { reason } => self.skipped(&reason, log).await,
            Outcome::Retry { reason, after, everyone } if self.is_test() => {
                self.set_cooldown_of_all(everyone, after, Duration::ZERO);
                self.test_failed(&reason, log).await
            }
            Outcome::Refused { reason, .. } | Outcome::Rejected { reason } if self.is_test() => {
                self.test_failed(&reason, log).await
            }
            // The mailbox does not exist, whoever writes to it.
            Outcome::Gone { reason } if self.is_test() && self.delivery.recipient_page.is_none() => {
                self.test_failed(&reason, log).await
            }
            Outcome::Retry { after, everyone, reason } => self.failed(after, everyone, &reason, log).await,
            Outcome::Refused { after, blame, reason } => self.refused(after, blame, &reason, log).await,
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
        let (deps, destination) = (&self.dispatcher.deps, &self.delivery.record.destination.id);
        let cooldown = cooldown.unwrap_or_default().max(deps.channel.min_interval);
        self.dispatcher.cooldowns.set(destination, cooldown, Instant::now());
        let alert = &self.delivery.alert;
        let handle = handle.filter(|_| self.delivery.is_newest);
        let handle = handle.map(|handle| KeptHandle { fields: handle.0, as_of: Some(alert.as_of()) });
        let sent = Sent {
            claimed: self.claimed.clone(),
            attempt: log.entry("delivered", &log.answer),
            handle: handle.map(|handle| (Episode::of(alert), handle)),
            at: log.at,
            destination: self.delivery.record.clone(),
            event: alert.event,
            seen_at: alert.seen_at,
        };
        record_sent(self.dispatcher, self.task, self.receipt_handle, sent, self.record_until).await
    }

    async fn skipped(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        self.end(DeliveryEnd::Skipped, log.entry("skipped", reason)).await?;
        let (id, destination) = (&self.claimed.delivery, &self.delivery.record.destination.id);
        tracing::debug!(delivery.id = %id, reason, "{} is not sent to {destination}", self.event());
        Ok(())
    }

    /// There is no time left to send it in.
    async fn release(&self, now: Timestamp) -> anyhow::Result<()> {
        let store = &self.dispatcher.deps.store;
        store.record(self.claimed, Verdict::Retry { not_before: now }, None, None, now).await?;
        anyhow::bail!("{} was not sent: the store took too long to say what and where to", self.event())
    }

    /// It was not sent for want of something here, which counts neither as an attempt nor against the destination.
    async fn hindered(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        let retry_at = log.at + PAUSE_WHEN_HINDERED.max(pause_after_fault(self.receive_count));
        if has_expired(&self.delivery.alert, self.claimed.reopened_at, retry_at) {
            let (store, destination) = (&self.dispatcher.deps.store, &self.delivery.record.destination.id);
            store.note_missed(destination, self.claimed.first_at).await?;
            self.end(DeliveryEnd::GivenUp, log.entry("given up", reason)).await?;
            tracing::error!(delivery.id = %self.claimed.delivery, reason, "gave up delivering {}", self.event());
            self.dispatcher.undeliverable.fetch_add(1, Relaxed);
            return Ok(());
        }
        let store = &self.dispatcher.deps.store;
        store.record(self.claimed, Verdict::Retry { not_before: log.at }, None, None, log.at).await?;
        let reason = format!("{} was not sent: {reason}", self.event());
        Err(self.dispatcher.delay_message(self.receipt_handle, retry_at, log.at, reason).await)
    }

    /// The receiver did not accept it now: it is retried, unless the alert will be of no use by then.
    async fn failed(
        &self,
        retry_after: Option<Duration>,
        everyone: bool,
        reason: &str,
        log: &AttemptLog,
    ) -> anyhow::Result<()> {
        let backoff = backoff(&self.claimed.delivery, self.claimed.attempts_since_opened() + 1, retry_after);
        self.set_cooldown_of_all(everyone, retry_after, backoff);
        let retry_at = log.at + backoff;
        if has_expired(&self.delivery.alert, self.claimed.reopened_at, retry_at) {
            return self.give_up(reason, log).await;
        }
        // Only a time that the receiver named holds after a restart: a restart may cut our own backoff short.
        let not_before = if retry_after.is_some() { retry_at } else { log.at };
        let entry = log.entry("failed", reason);
        let store = &self.dispatcher.deps.store;
        store.record(self.claimed, Verdict::Retry { not_before }, Some(entry), None, log.at).await?;
        self.dispatcher.count_retry();
        let (event, destination) = (self.event(), &self.delivery.record.destination.id);
        let next = backoff.as_secs();
        let reason = format!("{event} was not delivered to {destination}: {reason}; next attempt in {next} s");
        Err(self.dispatcher.delay_message(self.receipt_handle, retry_at, log.at, reason).await)
    }

    fn set_cooldown_of_all(&self, everyone: bool, retry_after: Option<Duration>, backoff: Duration) {
        if everyone {
            let cooldown = retry_after.unwrap_or(backoff.min(MAX_GUESSED_COOLDOWN));
            self.dispatcher.cooldowns.set_all(cooldown, Instant::now());
        }
    }

    fn is_test(&self) -> bool {
        self.delivery.alert.event == Event::Test
    }

    /// Somebody waits for the answer, so a test is not tried again. It was no alert, so nothing follows for the
    /// destination.
    async fn test_failed(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        let (store, ended) = (&self.dispatcher.deps.store, Verdict::Ended(DeliveryEnd::Rejected));
        store.record(self.claimed, ended, Some(log.entry("failed", reason)), None, log.at).await?;
        tracing::info!(delivery.id = %self.claimed.delivery, reason, "a test failed");
        Ok(())
    }

    async fn give_up(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        if is_dead(self.delivery.record.failing_since, log.at) {
            let reason = format!("every delivery has failed for five days, most recently: {reason}");
            self.disable(&reason, false, log.at).await?;
        } else {
            self.note_failing(log.at).await?;
        }
        self.end(DeliveryEnd::GivenUp, log.entry("given up", reason)).await?;
        let (id, to) = (&self.claimed.delivery, &self.delivery.record.destination.id);
        tracing::warn!(delivery.id = %id, reason, "gave up delivering {} to {to}", self.event());
        self.dispatcher.undeliverable.fetch_add(1, Relaxed);
        Ok(())
    }

    /// The receiver refuses the alert: it is tried again on the schedule. What happens if that lasts is decided by
    /// [`after_refusal`].
    async fn refused(
        &self,
        retry_after: Option<Duration>,
        blame: Blame,
        reason: &str,
        log: &AttemptLog,
    ) -> anyhow::Result<()> {
        let refusals = self.note_refusal(log.at).await?;
        let attempts = self.claimed.attempts_since_opened() + 1;
        match after_refusal(blame, &refusals, self.tried_since(log.at), attempts, log.at) {
            AfterRefusal::Retry => self.failed(retry_after, false, reason, log).await,
            AfterRefusal::GiveUp => self.give_up(reason, log).await,
            AfterRefusal::Disable => {
                let lasting =
                    format!("it has refused every alert since {:.0}, most recently: {reason}", refusals.since);
                self.disable(&lasting, false, log.at).await?;
                self.undeliverable(DeliveryEnd::Disabled, log.entry("refused", reason)).await
            }
        }
    }

    /// The receiver cannot read this alert. If it reads none for long, something else is wrong.
    async fn rejected(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        let refusals = self.note_refusal(log.at).await?;
        if refusals.several && is_lasting(&refusals, log.at) {
            self.disable(&format!("it cannot read our alerts, most recently: {reason}"), false, log.at).await?;
        } else {
            self.note_failing(log.at).await?;
        }
        let (id, destination) = (&self.claimed.delivery, &self.delivery.record.destination.id);
        tracing::warn!(delivery.id = %id, reason, "{destination} rejected {}", self.event());
        self.undeliverable(DeliveryEnd::Rejected, log.entry("rejected", reason)).await
    }

    /// The destination no longer exists: it is disabled, and a mail address is suppressed for every account.
    async fn gone(&self, reason: &str, log: &AttemptLog) -> anyhow::Result<()> {
        let deps = &self.dispatcher.deps;
        let address = (deps.channel.recipient)(&self.delivery.settings);
        if let Some(address) = &address {
            deps.store.suppress(address, SuppressionCause::NoMailbox, reason, log.at).await?;
        }
        self.disable(reason, address.is_some(), log.at).await?;
        self.undeliverable(DeliveryEnd::Disabled, log.entry("gone", reason)).await
    }

    /// `suppressed`: the mail address is suppressed, for which the destination is disabled.
    async fn disable(&self, reason: &str, suppressed: bool, at: Timestamp) -> anyhow::Result<()> {
        let disabled = match suppressed {
            true => Disabled::by_suppression(reason, at),
            false => Disabled::because(reason, at),
        };
        self.dispatcher.disable(&self.delivery.record.destination, disabled, self.claimed.first_at).await
    }

    async fn note_failing(&self, now: Timestamp) -> anyhow::Result<()> {
        let (store, destination) = (&self.dispatcher.deps.store, &self.delivery.record.destination);
        store.note_failing(destination, self.claimed.first_at, now).await?;
        Ok(())
    }

    /// Returns the series of refusals with this one.
    async fn note_refusal(&self, at: Timestamp) -> anyhow::Result<Refusals> {
        let record = &self.delivery.record;
        let refusals = Refusals::another(record.refusals.as_ref(), &self.claimed.delivery, at);
        self.dispatcher.deps.store.note_refusals(&record.destination, &refusals).await?;
        Ok(refusals)
    }

    /// When this delivery was tried first since it was opened.
    fn tried_since(&self, now: Timestamp) -> Timestamp {
        let first = self.claimed.attempts.first().map_or(now, |first| first.at);
        self.claimed.reopened_at.map_or(first, |reopened| first.max(reopened))
    }

    /// The end of a delivery that did not arrive.
    async fn undeliverable(&self, end: DeliveryEnd, entry: store::Attempt) -> anyhow::Result<()> {
        self.end(end, entry).await?;
        self.dispatcher.undeliverable.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Records the end of the delivery. The handle of an earlier message stays.
    async fn end(&self, end: DeliveryEnd, entry: store::Attempt) -> anyhow::Result<()> {
        let now = entry.at;
        self.dispatcher.deps.store.record(self.claimed, Verdict::Ended(end), Some(entry), None, now).await?;
        self.dispatcher.count_end(end);
        Ok(())
    }

    fn event(&self) -> &'static str {
        self.delivery.alert.event.as_str()
    }
}

//! `statuswire deliveries`: the delivery log, as text or as JSON lines. It contains no setting's value: a destination
//! is named by its id, and responses are redacted before they are stored.
use std::{
    cmp::Reverse,
    collections::HashMap,
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;
use status::{
    alert::Alert,
    ids::{AlertId, IncidentId, ProviderId},
    outside_text::{shown, shown_json},
    paths,
    words::Event,
};
use store::{Attempt, DeliveryEnd, DeliveryEntry, Store};

use crate::{cli::DeliveriesArgs, instance::Instance, plural::count};

/// Incidents that are checked through when none is named.
const NEWEST_INCIDENTS: usize = 50;
const PER_PAGE: u32 = 100;

pub async fn run(args: DeliveriesArgs) -> anyhow::Result<ExitCode> {
    let instance = Instance::open(&args.instance).await?;
    let found = find(&instance.store, &args).await;
    instance.close().await;
    let lines = found?;
    let mut out = io::stdout().lock();
    for line in &lines {
        if args.json {
            writeln!(out, "{}", shown_json(&serde_json::to_string(line)?))?;
        } else {
            line.print(&mut out)?;
        }
    }
    if lines.is_empty() && !args.json {
        writeln!(out, "no deliveries")?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn find(store: &Store, args: &DeliveriesArgs) -> anyhow::Result<Vec<DeliveryLine>> {
    if let Some(destination) = &args.destination {
        let entries = deliveries_to(store, destination, args.since).await?;
        let ids: Vec<AlertId> = entries.iter().map(|entry| entry.alert.clone()).collect();
        let alerts = store.alerts(&ids, AlertFact::of).await?;
        return Ok(lines(entries, &alerts, args));
    }
    let alerts = match (&args.incident, &args.alert) {
        (Some(incident), _) => {
            let (provider, incident) =
                incident.split_once('/').context("--incident must be PROVIDER/INCIDENT, such as github/abc123")?;
            of_incident(store, &ProviderId::new(provider), &paths::incident_id(incident)).await?
        }
        (None, Some(alert)) => store.alert(&AlertId::new(alert)).await?.into_iter().map(with_fact).collect(),
        (None, None) => newest_alerts(store).await?,
    };
    let mut found = Vec::new();
    for (alert, _) in &alerts {
        let mut entries = store.deliveries_of(alert).await?;
        entries.sort_by(|a, b| (a.first_at, &a.destination).cmp(&(b.first_at, &b.destination)));
        found.extend(entries);
        if found.len() >= args.limit && !args.failed {
            break;
        }
    }
    Ok(lines(found, &alerts.into_iter().collect(), args))
}

/// What a line says of an alert. Whole alerts may be long, and many are asked for.
struct AlertFact {
    event: Event,
    seen_at: Timestamp,
}

impl AlertFact {
    fn of(alert: Alert) -> Self {
        Self { event: alert.event, seen_at: alert.seen_at }
    }
}

fn with_fact(alert: Alert) -> (AlertId, AlertFact) {
    (alert.id.clone(), AlertFact::of(alert))
}

async fn of_incident(
    store: &Store,
    provider: &ProviderId,
    incident: &IncidentId,
) -> anyhow::Result<Vec<(AlertId, AlertFact)>> {
    Ok(store.alerts_of(provider, incident).await?.into_iter().map(with_fact).collect())
}

/// The alerts of the newest incidents, newest first.
async fn newest_alerts(store: &Store) -> anyhow::Result<Vec<(AlertId, AlertFact)>> {
    let mut alerts = Vec::new();
    let newest =
        store.recent_incidents(Timestamp::now(), NEWEST_INCIDENTS, |provider, state| (provider, state.incident.id));
    for (provider, incident) in newest.await? {
        alerts.extend(of_incident(store, &provider, &incident).await?);
    }
    alerts.sort_by_key(|(_, alert)| Reverse(alert.seen_at));
    Ok(alerts)
}

/// All deliveries to a destination since a time, oldest first.
pub(super) async fn deliveries_to(
    store: &Store,
    destination: &str,
    since: Timestamp,
) -> anyhow::Result<Vec<DeliveryEntry>> {
    let (id, mut cursor, mut entries) = (destination.into(), None, Vec::new());
    loop {
        let page = store.deliveries_to(&id, since, cursor.as_deref(), PER_PAGE).await?;
        entries.extend(page.deliveries);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(entries);
        }
    }
}

/// Whether the delivery was sent, or was intentionally not sent.
pub(super) fn is_settled(entry: &DeliveryEntry) -> bool {
    matches!(entry.ended, Some(DeliveryEnd::Sent | DeliveryEnd::Skipped | DeliveryEnd::NotWanted))
}

fn lines(
    entries: Vec<DeliveryEntry>,
    alerts: &HashMap<AlertId, AlertFact>,
    args: &DeliveriesArgs,
) -> Vec<DeliveryLine> {
    let wanted = entries.into_iter().filter(|entry| !args.failed || !is_settled(entry));
    wanted.take(args.limit).map(|entry| DeliveryLine::new(entry, alerts)).collect()
}

#[derive(Serialize)]
struct DeliveryLine {
    /// ALERT/DESTINATION, the argument of `redrive`.
    delivery: String,
    /// The idempotency key that the receiver gets.
    delivery_id: String,
    provider: String,
    incident: String,
    event: Option<&'static str>,
    destination: String,
    /// `sent`, `retrying`, or why it was not sent.
    status: &'static str,
    attempts: Vec<Attempt>,
    attempt_count: u32,
    /// When we detected the change.
    seen_at: Option<Timestamp>,
    /// From then to the receiver's response, if it was sent.
    latency_ms: Option<i64>,
    reopened: u32,
}

impl DeliveryLine {
    fn new(entry: DeliveryEntry, alerts: &HashMap<AlertId, AlertFact>) -> Self {
        let alert = alerts.get(&entry.alert);
        let seen_at = alert.map(|alert| alert.seen_at);
        let arrived_at = entry.attempts.last().filter(|_| entry.ended == Some(DeliveryEnd::Sent)).map(|last| last.at);
        let latency = arrived_at.zip(seen_at).map(|(arrived, seen)| arrived.duration_since(seen).as_millis() as i64);
        Self {
            delivery: format!("{}/{}", entry.alert, entry.destination),
            delivery_id: entry.delivery.to_string(),
            provider: entry.provider.to_string(),
            incident: entry.incident.to_string(),
            event: alert.map(|alert| alert.event.as_str()),
            destination: entry.destination.to_string(),
            status: status(entry.ended),
            attempts: entry.attempts,
            attempt_count: entry.attempt_count,
            seen_at,
            latency_ms: latency,
            reopened: entry.reopened,
        }
    }

    fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        let latency =
            self.latency_ms.map_or_else(String::new, |latency| format!(" after {:.1} s", latency as f64 / 1e3));
        let attempts = count(self.attempt_count as usize, "attempt");
        let (event, incident) = (self.event.unwrap_or("?"), shown(&format!("{}/{}", self.provider, self.incident)));
        writeln!(out, "{}  {event} {incident}  {}{latency}, {attempts}", self.delivery, self.status)?;
        for Attempt { at, status, answer, took_ms } in &self.attempts {
            writeln!(out, "    {at:.0}  {status} in {took_ms} ms  {}", shown(answer))?;
        }
        Ok(())
    }
}

fn status(ended: Option<DeliveryEnd>) -> &'static str {
    match ended {
        None => "retrying",
        Some(DeliveryEnd::Sent) => "sent",
        Some(DeliveryEnd::Skipped) => "skipped",
        Some(DeliveryEnd::NotWanted) => "not wanted",
        Some(DeliveryEnd::GivenUp) => "given up",
        Some(DeliveryEnd::DroppedStale) => "dropped as stale",
        Some(DeliveryEnd::Rejected) => "rejected",
        Some(DeliveryEnd::Disabled) => "disabled",
    }
}

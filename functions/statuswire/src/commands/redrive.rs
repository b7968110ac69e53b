//! `statuswire redrive`: repeats finished deliveries. A repeated delivery keeps its id, so that a receiver can
//! recognise it. A delivery in progress is left alone, because it is retried anyway.
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use jiff::Timestamp;
use queue::task::{DeliveryTask, VERSION};
use status::ids::{AlertId, DestinationId};
use store::{DeliveryEntry, DestinationRecord, Reopened};

use super::deliveries::{deliveries_to, is_settled};
use crate::{cli::RedriveArgs, instance::Instance, plural::count};

pub async fn run(args: RedriveArgs) -> anyhow::Result<ExitCode> {
    let instance = Instance::open(&args.instance).await?;
    let done = redrive(&instance, &args).await;
    let is_running = instance.is_running;
    instance.close().await;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", done?)?;
    if !is_running {
        writeln!(out, "statuswire is not running: start `statuswire serve` to send them")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns a one-line summary.
async fn redrive(instance: &Instance, args: &RedriveArgs) -> anyhow::Result<String> {
    if let Some(queue) = &args.dead_letters {
        return redrive_dead_letters(instance, queue).await;
    }
    if let Some(delivery) = &args.delivery {
        return redrive_one(instance, delivery).await;
    }
    let destination = args.destination.as_deref().context("name a delivery, --destination or --dead-letters")?;
    let (mut queued, mut in_progress) = (0, 0);
    for entry in deliveries_to(&instance.store, destination, args.since).await? {
        if !is_settled(&entry) || args.delivered_too {
            match requeue(instance, &entry).await? {
                Reopened::Times(_) => queued += 1,
                Reopened::UnderWay => in_progress += 1,
                Reopened::Unknown => {}
            }
        }
    }
    let rest = if in_progress > 0 { format!(", {in_progress} still in progress") } else { String::new() };
    Ok(format!("{} to {destination} queued{rest}", count(queued, "delivery")))
}

async fn redrive_dead_letters(instance: &Instance, queue: &str) -> anyhow::Result<String> {
    let dead_letters = instance.queues.dead_letters.get(queue).with_context(|| {
        let known: Vec<&str> = instance.queues.dead_letters.keys().map(String::as_str).collect();
        format!("unknown queue {queue}: choose one of {}", known.join(", "))
    })?;
    let moved = dead_letters.redrive().await?;
    Ok(format!("{} returned to queue {queue}", count(moved as usize, "dead letter")))
}

async fn redrive_one(instance: &Instance, delivery: &str) -> anyhow::Result<String> {
    let (alert, destination) = delivery.split_once('/').with_context(|| {
        format!("{delivery}: a delivery is ALERT/DESTINATION, as `statuswire deliveries` prints it")
    })?;
    let entries = instance.store.deliveries_of(&AlertId::new(alert)).await?;
    let destination = DestinationId::new(destination);
    let entry = entries.into_iter().find(|entry| entry.destination == destination);
    let not_found = || format!("delivery {delivery} not found: list deliveries with `statuswire deliveries`");
    match requeue(instance, &entry.with_context(not_found)?).await? {
        Reopened::Times(_) => Ok("1 delivery queued".to_owned()),
        Reopened::UnderWay => {
            anyhow::bail!("delivery {delivery} is still in progress: it is retried without your help")
        }
        Reopened::Unknown => anyhow::bail!("{}", not_found()),
    }
}

/// Whether the destination was disabled for a mail address whose suppression was lifted.
async fn is_enabled_again(instance: &Instance, record: &DestinationRecord) -> anyhow::Result<bool> {
    let channel = channels::channel(&record.destination.channel);
    match channel.and_then(|channel| (channel.recipient)(record.destination.clear_settings())) {
        Some(address) => Ok(instance.store.enable_if_lifted(record, &address).await?),
        None => Ok(false),
    }
}

/// Marks the delivery as unfinished and queues it.
pub(super) async fn requeue(instance: &Instance, entry: &DeliveryEntry) -> anyhow::Result<Reopened> {
    let record = instance.store.destination(&entry.destination).await?;
    let record = record
        .with_context(|| format!("destination {} was removed: add it to the configuration again", entry.destination))?;
    if let Some(disabled) = &record.disabled
        && !is_enabled_again(instance, &record).await?
    {
        anyhow::bail!(
            "destination {} is disabled ({}): fix it, then run `statuswire test {}` to enable it",
            entry.destination,
            disabled.reason,
            entry.destination
        );
    }
    let reopened = instance.store.reopen(&entry.alert, &entry.destination, Timestamp::now()).await?;
    let times = match reopened {
        Reopened::Times(times) => times,
        // An earlier redrive may have stopped between reopening and queueing. A second message does no harm.
        Reopened::UnderWay => entry.reopened,
        Reopened::Unknown => return Ok(reopened),
    };
    let task = DeliveryTask {
        v: VERSION,
        delivery: entry.delivery.clone(),
        alert: entry.alert.clone(),
        destination: entry.destination.clone(),
        provider: entry.provider.clone(),
        incident: entry.incident.clone(),
        unknown: entry.unknown,
        reopened: times,
    };
    let channel = &record.destination.channel;
    instance.queues.channel(channel)?.send(&[task]).await?;
    Ok(reopened)
}

//! `statuswire redrive`: sends once more what has ended. A delivery keeps its id, so that a receiver that knows it can
//! tell; what is still under way is left alone, since it comes by itself.
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use jiff::Timestamp;
use queue::task::{DeliveryTask, VERSION};
use status::ids::{AlertId, DestinationId};
use store::{DeliveryEntry, Reopened};

use crate::{
    cli::RedriveArgs,
    deliveries::{is_well, to_destination},
    settings_file::count,
    site::Site,
};

pub async fn run(args: RedriveArgs) -> anyhow::Result<ExitCode> {
    let site = Site::open(&args.site).await?;
    let done = redrive(&site, &args).await;
    let is_running = site.is_running;
    site.close().await;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", done?)?;
    if !is_running {
        writeln!(out, "they are sent when `statuswire serve` runs")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was done, in words.
async fn redrive(site: &Site, args: &RedriveArgs) -> anyhow::Result<String> {
    if let Some(name) = &args.dead_letters {
        let dead_letters = site.queues.dead_letters.get(name).with_context(|| {
            let known: Vec<&str> = site.queues.dead_letters.keys().map(String::as_str).collect();
            format!("no queue is called {name}: choose one of {}", known.join(", "))
        })?;
        let moved = dead_letters.redrive().await?;
        return Ok(format!("{} moved back into the queue {name}", count(moved as usize, "dead letter")));
    }
    if let Some(delivery) = &args.delivery {
        let (alert, destination) =
            delivery.split_once('/').context("a delivery is written ALERT/DESTINATION, as `deliveries` prints it")?;
        let entries = site.store.deliveries_of(&AlertId::new(alert)).await?;
        let destination = DestinationId::new(destination);
        let entry = entries.into_iter().find(|entry| entry.destination == destination);
        let entry = entry.with_context(|| format!("no delivery is known as {delivery}"))?;
        return match again(site, &entry).await? {
            Reopened::Times(_) => Ok("1 delivery queued".to_owned()),
            Reopened::UnderWay => anyhow::bail!("{delivery} is still under way: it comes by itself"),
            Reopened::Unknown => anyhow::bail!("{delivery} is not known any more"),
        };
    }
    let destination = args.destination.as_deref().context("say what is to be sent once more")?;
    let (mut queued, mut under_way) = (0, 0);
    for entry in to_destination(&site.store, destination, args.since).await? {
        if !is_well(&entry) || args.delivered_too {
            match again(site, &entry).await? {
                Reopened::Times(_) => queued += 1,
                Reopened::UnderWay => under_way += 1,
                Reopened::Unknown => {}
            }
        }
    }
    let rest = if under_way > 0 { format!(", {under_way} still under way") } else { String::new() };
    Ok(format!(
        "{} to {destination} queued{rest}",
        if queued == 1 { "1 delivery".to_owned() } else { format!("{queued} deliveries") }
    ))
}

async fn again(site: &Site, entry: &DeliveryEntry) -> anyhow::Result<Reopened> {
    let found = site.store.destination(&entry.destination).await?;
    let found = found.with_context(|| format!("the destination {} was removed", entry.destination))?;
    if let Some(disabled) = found.disabled {
        anyhow::bail!(
            "{} is disabled ({}): `statuswire test {}` enables it again once it answers",
            entry.destination,
            disabled.reason,
            entry.destination
        );
    }
    let reopened = site.store.reopen(&entry.alert, &entry.destination, Timestamp::now()).await?;
    let times = match reopened {
        Reopened::Times(times) => times,
        // Perhaps it was reopened by one who died before it was queued. A second message does no harm.
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
    let channel = &found.destination.channel;
    let queue = site.queues.channels.get(channel).with_context(|| format!("no channel is called {channel}"))?;
    queue.send(&[task]).await?;
    Ok(reopened)
}

//! `statuswire import`: an instance goes on where the exported one stopped. The table says which file it is made from
//! and how far: an interrupted import continues, a finished one is not repeated, and another file is refused. The file
//! is read to its end before anything is written.
use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use status::ids::ProviderId;
use store::{AccountSettings, Import, PortableItem};

use super::redrive;
use crate::{cli::ImportArgs, instance::Instance, plural::count, replay, transfer::Reader};

/// Items that are written before the import notes how far it is.
const BATCH: usize = 200;

pub async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    // Before the data folder is created.
    let (header, end) = Reader::check(&args.file)?;
    let instance = Instance::open_or_create(&args.instance).await?;
    let imported = import(&instance, &args, &header.id).await;
    let is_running = instance.is_running;
    instance.close().await;
    let mut out = io::stdout().lock();
    match imported? {
        Imported::Before(at) => writeln!(out, "this file was imported at {at:.0}: nothing is left to do")?,
        Imported::Now { queued, left, without_login } => {
            let (items, shown) = (count(end.items as usize, "item"), &header.instance);
            writeln!(out, "{items} of {shown} imported, as of {:.0}", header.at)?;
            if queued > 0 {
                writeln!(out, "{} queued that had not ended", count(queued, "delivery"))?;
            }
            for line in left {
                writeln!(out, "not queued: {line}")?;
            }
            for page in without_login {
                writeln!(
                    out,
                    "the login of page {page} is in no export, and the page is not read without it: apply the \
                     configuration file that has it, or type it again on the page's own page, or by the API"
                )?;
            }
            if !is_running {
                writeln!(out, "start `statuswire serve` to go on")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

enum Imported {
    Before(Timestamp),
    Now {
        /// Deliveries.
        queued: usize,
        /// Deliveries that could not be queued, with the reason.
        left: Vec<String>,
        without_login: BTreeSet<ProviderId>,
    },
}

async fn import(instance: &Instance, args: &ImportArgs, export: &str) -> anyhow::Result<Imported> {
    let mut import = match instance.store.import().await? {
        Some(known) if known.export == export => known,
        Some(_) => bail!("another file was imported into this instance: import into an empty one"),
        None => begin(instance, args, export).await?,
    };
    if let Some(at) = import.finished_at {
        return Ok(Imported::Before(at));
    }
    write_items(instance, &args.file, &mut import).await?;
    // The demo runs on one machine only, and `serve` applies its settings at each start.
    instance.store.apply(&replay::ACCOUNT.into(), &AccountSettings::default()).await?;
    let (queued, left) = queue_unfinished(instance, &args.file).await?;
    let without_login = without_login(&args.file)?;
    note(instance, &Import { finished_at: Some(Timestamp::now()), ..import }).await?;
    Ok(Imported::Now { queued, left, without_login })
}

async fn begin(instance: &Instance, args: &ImportArgs, export: &str) -> anyhow::Result<Import> {
    ensure!(
        args.instance.stack.is_some() || !instance.is_running,
        "statuswire runs on {}: stop it, or import into a new data folder",
        args.instance.data.display()
    );
    ensure!(
        instance.store.is_empty().await?,
        "this instance has data of its own: import into an empty one (a new data folder, or a new stack whose schedule \
         is off)"
    );
    let import = Import { export: export.to_owned(), items: 0, finished_at: None };
    note(instance, &import).await?;
    Ok(import)
}

async fn note(instance: &Instance, import: &Import) -> anyhow::Result<()> {
    ensure!(
        instance.store.note_import(import).await?,
        "another file is being imported into this instance: import into an empty one"
    );
    Ok(())
}

async fn write_items(instance: &Instance, file: &Path, import: &mut Import) -> anyhow::Result<()> {
    let mut reader = Reader::open(file)?;
    for _ in 0..import.items {
        reader.next()?.context("the file is shorter than it was: copy it again")?;
    }
    loop {
        let mut batch: Vec<PortableItem> = Vec::with_capacity(BATCH);
        while batch.len() < BATCH
            && let Some(item) = reader.next()?
        {
            batch.push(item);
        }
        if batch.is_empty() {
            return Ok(());
        }
        import.items += batch.len() as u64;
        instance.store.import_items(batch).await?;
        note(instance, import).await?;
    }
}

/// Pages whose logins did not come along.
fn without_login(file: &Path) -> anyhow::Result<BTreeSet<ProviderId>> {
    let (mut pages, mut reader) = (BTreeSet::new(), Reader::open(file)?);
    while let Some(item) = reader.next()? {
        pages.extend(item.page_without_login()?);
    }
    Ok(pages)
}

/// Queues the deliveries that the exported instance had tried and not ended.
async fn queue_unfinished(instance: &Instance, file: &Path) -> anyhow::Result<(usize, Vec<String>)> {
    let (mut queued, mut left) = (0, Vec::new());
    let mut reader = Reader::open(file)?;
    while let Some(item) = reader.next()? {
        let Some(entry) = item.unfinished_delivery()? else { continue };
        match redrive::requeue(instance, &entry).await {
            Ok(_) => queued += 1,
            Err(error) => left.push(format!("{}/{}: {error:#}", entry.alert, entry.destination)),
        }
    }
    Ok((queued, left))
}

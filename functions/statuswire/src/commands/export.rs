//! `statuswire export`: everything that an instance has to keep, in one file. The instance stands still meanwhile, so
//! that the parts of the file fit together and nothing is told twice, by this instance and by the one that imports it.
//! An export that is interrupted is run again: it leaves no file of that name.
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use store::Store;

use crate::{
    cli::{ExportArgs, InstanceArgs},
    instance::Instance,
    plural::count,
    transfer::{End, Writer},
};

/// A deployed poller begins a round every minute, and a round may take about as long.
const POLLER_RESTS_AFTER: SignedDuration = SignedDuration::from_mins(3);

pub async fn run(args: ExportArgs) -> anyhow::Result<ExitCode> {
    let to_file = args.file != Path::new("-");
    ensure!(!to_file || !args.file.exists(), "{} exists: choose another name", args.file.display());
    let instance = Instance::open(&args.instance).await?;
    let written = async {
        check(&instance, &args).await?;
        let name = name(&args.instance);
        if to_file {
            write_file(&instance.store, name, &args.file).await
        } else {
            write_out(&instance.store, name).await
        }
    };
    let written = written.await;
    instance.close().await;
    let End { items, .. } = written?;
    if to_file {
        let shown = args.file.display();
        writeln!(io::stdout(), "{} written to {shown}, which holds secrets", count(items as usize, "item"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// For people.
fn name(args: &InstanceArgs) -> String {
    match (&args.stack, &args.table) {
        (Some(stack), Some(table)) => format!("stack {stack}, table {table}"),
        _ => format!("data folder {}", args.data.display()),
    }
}

/// Whether the instance stands still.
async fn check(instance: &Instance, args: &ExportArgs) -> anyhow::Result<()> {
    if let Some(import) = instance.store.import().await? {
        ensure!(
            import.finished_at.is_some(),
            "this instance is half imported: run its `statuswire import` again first"
        );
    }
    if !args.while_running {
        if args.instance.stack.is_none() {
            ensure!(
                !instance.is_running,
                "statuswire runs on {}: stop it, so that nothing is sent by two instances; for a copy to keep, add \
                 --while-running",
                args.instance.data.display()
            );
        } else {
            let newest = instance.store.rounds().await?.into_iter().map(|round| round.began_at).max();
            let rests = newest.is_none_or(|at| Timestamp::now().duration_since(at) > POLLER_RESTS_AFTER);
            ensure!(
                rests,
                "the poller of this stack runs: turn its schedule off and wait {} minutes, so that nothing is sent by \
                 two instances; for a copy to keep, add --while-running",
                POLLER_RESTS_AFTER.as_mins()
            );
        }
    }
    if !args.leave_queued {
        // They come first: redriven, they wait.
        let dead = instance.queues.dead().await?;
        let of: Vec<String> = dead.iter().map(|(queue, number)| format!("{number} of {queue}")).collect();
        ensure!(
            dead.is_empty(),
            "there are dead letters ({}): mend what made them fail and let the instance send them (`statuswire redrive \
             --dead-letters {}`), or leave them behind with --leave-queued",
            of.join(", "),
            dead.keys().next().copied().unwrap_or_default()
        );
        let waiting = instance.queues.waiting().await?;
        ensure!(
            waiting == 0,
            "{} in the queues: let the instance send them first (`statuswire deliveries --failed` lists those that are \
             retried), or leave them behind with --leave-queued",
            count(waiting as usize, "message")
        );
    }
    Ok(())
}

/// Writes beside the file first, so that a file of this name is whole.
async fn write_file(store: &Store, name: String, path: &Path) -> anyhow::Result<End> {
    let part = PathBuf::from(format!("{}.part", path.display()));
    let context = || format!("writing {}", part.display());
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(context),
        _ => {}
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).with_context(context)?;
    let (file, end): (BufWriter<File>, End) = write(store, name, BufWriter::new(file)).await?;
    file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all()).with_context(context)?;
    // Unlike a rename, this never replaces a file that somebody else has written meanwhile.
    fs::hard_link(&part, path).with_context(|| format!("naming the export {}", path.display()))?;
    fs::remove_file(&part).with_context(context)?;
    Ok(end)
}

async fn write_out(store: &Store, name: String) -> anyhow::Result<End> {
    Ok(write(store, name, io::stdout()).await?.1)
}

async fn write<W: Write>(store: &Store, name: String, out: W) -> anyhow::Result<(W, End)> {
    let mut writer = Writer::start(out, name, Timestamp::now())?;
    let mut cursor = None;
    loop {
        let (items, next) = store.export_page(cursor.as_deref()).await?;
        for item in &items {
            writer.item(item)?;
        }
        cursor = next;
        if cursor.is_none() {
            return writer.end();
        }
    }
}

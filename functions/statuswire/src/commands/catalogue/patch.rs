//! `statuswire catalogue export` and `statuswire catalogue apply`: what an instance has found of the catalogue, as a
//! patch, and the patch applied to a file of the catalogue.
use std::{
    fs,
    io::{self, Write as _},
    process::ExitCode,
};

use ::catalogue;
use anyhow::Context as _;
use status::{catalogue_overlay::OverlayRow, outside_text::shown};

use crate::{
    cli::{ApplyPatchArgs, ExportPatchArgs},
    instance::Instance,
    plural::count,
};

pub async fn export(args: ExportPatchArgs) -> anyhow::Result<ExitCode> {
    let instance = Instance::open(&args.instance).await?;
    let overlay = instance.store.catalogue_overlay().await;
    instance.close().await;
    let patch = catalogue::write_patch(&current(overlay?));
    match &args.out {
        Some(file) => fs::write(file, &patch).with_context(|| format!("writing {}", file.display()))?,
        None => io::stdout().write_all(patch.as_bytes())?,
    }
    let found = count(patch.lines().count() - 1, "row");
    writeln!(io::stderr(), "{found} of {} are not as they are listed", catalogue::entries().len())?;
    Ok(ExitCode::SUCCESS)
}

/// The rows about the shipped file as it is, in its order.
fn current(mut overlay: Vec<OverlayRow>) -> Vec<OverlayRow> {
    let entry = |row: &OverlayRow| catalogue::entries().iter().position(|entry| entry.slug == row.provider.as_str());
    overlay.retain(catalogue::is_of_shipped);
    overlay.sort_by_key(entry);
    overlay
}

pub fn apply(args: &ApplyPatchArgs) -> anyhow::Result<ExitCode> {
    let read = |file: &std::path::Path| fs::read_to_string(file).with_context(|| format!("reading {}", file.display()));
    let (patch, csv) = (read(&args.patch)?, read(&args.file)?);
    let before = catalogue::check(&csv);
    anyhow::ensure!(before.is_empty(), "{}:{}", args.file.display(), before[0]);
    let patched =
        catalogue::apply_patch(&csv, &patch).map_err(|what| anyhow::anyhow!("{}: {what}", args.patch.display()))?;
    let problems = catalogue::check(&patched.csv);
    let problem = problems.first().map(|problem| shown(&problem.to_string()).to_string()).unwrap_or_default();
    anyhow::ensure!(problems.is_empty(), "with the patch the file breaks a rule, so it stays as it is: {problem}");
    fs::write(&args.file, &patched.csv).with_context(|| format!("writing {}", args.file.display()))?;
    let mut out = io::stdout().lock();
    for (slug, reason) in &patched.left {
        writeln!(out, "left    {}: {}", shown(slug), shown(reason))?;
    }
    patched.changed.iter().try_for_each(|slug| writeln!(out, "changed {slug}"))?;
    writeln!(out, "{} changed, {} left", count(patched.changed.len(), "row"), patched.left.len())?;
    Ok(ExitCode::SUCCESS)
}

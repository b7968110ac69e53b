//! `statuswire config check` and `statuswire config apply`.
use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;

use crate::{
    cli::InstanceArgs,
    config_file::{self, Config, load},
    consent,
    instance::Instance,
    plural::count,
};

/// Prints every error of the file, or what the file declares.
pub fn check(file: &Path) -> anyhow::Result<ExitCode> {
    match load::read(file)? {
        Err(errors) => {
            load::print(file, "", &errors)?;
            writeln!(io::stderr(), "{}: {}", file.display(), count(errors.len(), "error"))?;
            Ok(ExitCode::FAILURE)
        }
        Ok(config) => {
            load::print(file, " (warning)", &config.warnings)?;
            let Config { settings, .. } = config;
            let declared = [
                count(settings.pages.len(), "page"),
                count(settings.destinations.len(), "destination"),
                count(settings.groups.len(), "group"),
                count(settings.monitors.len(), "monitor"),
            ];
            writeln!(io::stdout(), "{}: OK: {}", file.display(), declared.join(", "))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Makes the settings of an instance equal to the file, as every start of `serve` does. A deployed stack is never
/// started by `serve`, so it gets its settings this way.
pub async fn apply(file: &Path, instance: &InstanceArgs) -> anyhow::Result<ExitCode> {
    let Some(config) = load::read_or_print(file)? else { return Ok(ExitCode::FAILURE) };
    let instance = Instance::open(instance).await?;
    let applied = apply_to(&instance, &config).await;
    instance.close().await;
    writeln!(io::stdout(), "{}", applied?)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns a one-line summary. Mail recipients who have not been asked for consent yet are asked.
async fn apply_to(instance: &Instance, config: &Config) -> anyhow::Result<String> {
    let account = config_file::account();
    let applied = instance.store.apply(&account, &config.settings).await.context("applying the settings")?;
    consent::ask_all(&instance.store, &instance.queues, &config.settings).await.context("asking mail recipients")?;
    let store::Applied { written, removed, unchanged } = applied;
    Ok(format!("{written} written, {removed} removed, {unchanged} unchanged"))
}

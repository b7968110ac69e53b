//! `statuswire config apply`: makes the settings of an instance what a file declares, as every start of `serve` does; for
//! a deployed stack, which has no start. Mail recipients who were not asked yet are asked.
use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;

use crate::{
    cli::SiteArgs,
    config::{self, Config},
    consent, settings_file,
    site::Site,
};

pub async fn run(file: &Path, site: &SiteArgs) -> anyhow::Result<ExitCode> {
    let config = match settings_file::load(file)? {
        Ok(config) => config,
        Err(mistakes) => {
            settings_file::print(file, "", &mistakes)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    settings_file::print(file, " (warning)", &config.warnings)?;
    let site = Site::open(site).await?;
    let applied = apply(&site, &config).await;
    site.close().await;
    writeln!(io::stdout(), "{}", applied?)?;
    Ok(ExitCode::SUCCESS)
}

/// What was done, in words.
async fn apply(site: &Site, config: &Config) -> anyhow::Result<String> {
    let account = config::account();
    let applied = site.store.apply(&account, &config.settings).await.context("applying the settings")?;
    consent::ask_all(&site.store, &site.queues, &config.settings).await.context("asking mail recipients")?;
    let store::Applied { written, removed, unchanged } = applied;
    Ok(format!("{written} written, {removed} removed, {unchanged} unchanged"))
}

//! `statuswire config check` and `statuswire config apply`.
mod code;

use std::{
    collections::HashMap,
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use store::{ManagedBy, Store};

pub use code::{diff, export};

use crate::{
    cli::InstanceArgs,
    config_file::{self, Config, Diagnostic, load},
    filters,
    instance::Instance,
    plural::count,
    settings,
};

/// Prints every error of the file, or what the file declares. It is compared with the instance, if there is one:
/// component filters with the pages that were read before, destinations with the channels that are deployed.
pub async fn check(file: &Path, instance: &InstanceArgs) -> anyhow::Result<ExitCode> {
    match load::read(file)? {
        Err(errors) => refuse(file, &errors),
        Ok(config) => {
            load::print(file, " (warning)", &config.warnings)?;
            let compared = compare(file, &config, instance).await?;
            load::print(file, " (warning)", &compared.unmatched)?;
            if !compared.undeployed.is_empty() {
                return refuse(file, &compared.undeployed);
            }
            let Config { settings, .. } = config;
            let mut declared = vec![
                count(settings.pages.len(), "page"),
                count(settings.destinations.len(), "destination"),
                count(settings.groups.len(), "group"),
                count(settings.monitors.len(), "monitor"),
            ];
            if !settings.boards.is_empty() {
                declared.push(count(settings.boards.len(), "board"));
            }
            writeln!(io::stdout(), "{}: OK: {}", file.display(), declared.join(", "))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn refuse(file: &Path, errors: &[Diagnostic]) -> anyhow::Result<ExitCode> {
    load::print(file, "", errors)?;
    writeln!(io::stderr(), "{}: {}", file.display(), count(errors.len(), "error"))?;
    Ok(ExitCode::FAILURE)
}

/// What the file has that does not fit the instance.
#[derive(Default)]
struct Compared {
    /// Entries of component filters that fit nothing on the page of their monitor.
    unmatched: Vec<Diagnostic>,
    /// Destinations on channels that the stack leaves out.
    undeployed: Vec<Diagnostic>,
}

async fn compare(file: &Path, config: &Config, args: &InstanceArgs) -> anyhow::Result<Compared> {
    let mut filtered = config.settings.monitors.iter().filter(|monitor| filters::has_filter(monitor)).peekable();
    // On one machine every channel is deployed.
    if args.stack.is_none() && (filtered.peek().is_none() || !args.data.exists()) {
        return Ok(Compared::default());
    }
    let instance = Instance::open(args).await?;
    let read = async {
        let mut names = HashMap::new();
        for monitor in filtered {
            if let Some(found) = filters::names_on(&instance.store, &monitor.provider).await? {
                names.insert(monitor.provider.clone(), found);
            }
        }
        anyhow::Ok(names)
    };
    let names = read.await;
    let undeployed = undeployed(file, &instance);
    instance.close().await;
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    Ok(Compared { unmatched: config_file::unmatched(&text, &names?), undeployed: undeployed? })
}

fn undeployed(file: &Path, instance: &Instance) -> anyhow::Result<Vec<Diagnostic>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let deployed: Vec<&str> = instance.queues.channels.keys().map(String::as_str).collect();
    Ok(config_file::undeployed(&text, &deployed))
}

/// Makes the settings of an instance equal to the file, as every start of `serve` does, once somebody has said yes to
/// the plan. A deployed stack is never started by `serve`, so it gets its settings this way.
pub async fn apply(file: &Path, instance: &InstanceArgs, yes: bool) -> anyhow::Result<ExitCode> {
    let Some(config) = load::read_or_print(file)? else { return Ok(ExitCode::FAILURE) };
    let instance = Instance::open(instance).await?;
    let applied = apply_plan(file, &instance, &config, yes).await;
    instance.close().await;
    applied
}

async fn apply_plan(file: &Path, instance: &Instance, config: &Config, yes: bool) -> anyhow::Result<ExitCode> {
    let undeployed = undeployed(file, instance)?;
    if !undeployed.is_empty() {
        return refuse(file, &undeployed);
    }
    let plan = code::plan(&instance.store, &config.settings).await?.0;
    writeln!(io::stdout(), "{plan}")?;
    if !plan.is_empty() && !yes {
        if !io::stdin().is_terminal() {
            writeln!(io::stderr(), "Nothing was changed: nobody can be asked here. Add --yes to apply the plan.")?;
            return Ok(ExitCode::FAILURE);
        }
        if !is_agreed()? {
            writeln!(io::stdout(), "Nothing was changed.")?;
            return Ok(ExitCode::FAILURE);
        }
        // Somebody may have thought about it for long.
        anyhow::ensure!(
            code::plan(&instance.store, &config.settings).await?.0 == plan,
            "the instance was changed meanwhile, so that the plan is another one: run it again (nothing was changed)"
        );
    }
    // Also without a change: what is secret is encrypted with today's key.
    let summary = apply_to(instance, config).await?;
    writeln!(io::stdout(), "{summary}")?;
    print_boards(&instance.store, config).await?;
    Ok(ExitCode::SUCCESS)
}

/// Where the boards of the file are: nobody chose their addresses.
async fn print_boards(store: &Store, config: &Config) -> anyhow::Result<()> {
    if config.settings.boards.is_empty() {
        return Ok(());
    }
    for stored in store.boards(&config_file::account()).await? {
        let address = store.address_of(&stored.value).filter(|_| stored.managed_by == ManagedBy::File);
        if let Some(address) = address {
            writeln!(io::stdout(), "board {}: /boards/{address}", stored.value.board.id)?;
        }
    }
    Ok(())
}

fn is_agreed() -> io::Result<bool> {
    write!(io::stdout(), "Apply it? [y/N] ")?;
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Returns a one-line summary. Mail recipients who have not been asked for consent yet are asked.
async fn apply_to(instance: &Instance, config: &Config) -> anyhow::Result<String> {
    let account = config_file::account();
    let applied = settings::apply(&instance.store, &instance.queues, &account, &config.settings).await;
    let store::Applied { written, removed, unchanged, .. } = applied.context("applying the settings")?;
    Ok(format!("{written} written, {removed} removed, {unchanged} unchanged"))
}

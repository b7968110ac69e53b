//! Settings as code: `statuswire config export` and `statuswire config diff`.
use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use status::provider::Provider;
use store::{AccountSettings, ManagedBy, Store, Stored};

use crate::{
    cli::InstanceArgs,
    config_file::{
        self, load,
        write::{Secrets, write},
    },
    instance::Instance,
    plan::Plan,
    plural::count,
};

/// The exit code of `diff` if applying the file would change something.
const DIFFERS: u8 = 2;

const HEAD: &str = "# What `statuswire config export` found. [instance], [network] and [mail] are not among it: they are\n\
                    # read when `serve` starts, and are stored nowhere.\n";
const NAMED: &str = "# Secrets are named, not written: set the variables, or export again with --secrets.\n";

/// Prints the settings of the account of the configuration file, those included that were made on the pages.
pub async fn export(instance: &InstanceArgs, with_secrets: bool) -> anyhow::Result<ExitCode> {
    let instance = Instance::open(instance).await?;
    let stored = stored(&instance.store, |_| true).await;
    instance.close().await;
    let secrets = if with_secrets { Secrets::InClear } else { Secrets::Named };
    let note = if with_secrets { "" } else { NAMED };
    write!(io::stdout(), "{HEAD}{note}\n{}", write(&stored?.0, secrets))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what applying the file would change. Exit code 0: nothing; 2: something; 1: the file or the instance cannot
/// be read.
pub async fn diff(file: &Path, instance: &InstanceArgs) -> anyhow::Result<ExitCode> {
    let Some(config) = load::read_or_print(file)? else { return Ok(ExitCode::FAILURE) };
    let instance = Instance::open(instance).await?;
    let planned = plan(&instance.store, &config.settings).await;
    instance.close().await;
    let (plan, others) = planned?;
    writeln!(io::stdout(), "{plan}")?;
    if others > 0 {
        writeln!(io::stdout(), "Made on the pages, and left alone: {}.", count(others, "setting"))?;
    }
    Ok(if plan.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
}

/// What applying these settings would change, and how many others there are, which were made on the pages.
pub(super) async fn plan(store: &Store, declared: &AccountSettings) -> anyhow::Result<(Plan, usize)> {
    let (stored, others) = stored(store, |managed_by| managed_by == ManagedBy::File).await?;
    Ok((Plan::between(&stored, declared), others))
}

/// What is stored of those that `is_wanted`, in clear, and how many others there are.
async fn stored(store: &Store, is_wanted: impl Fn(ManagedBy) -> bool) -> anyhow::Result<(AccountSettings, usize)> {
    let found = store.stored_settings(&config_file::account()).await?;
    let boards = store.boards(&config_file::account()).await?;
    let all = found.pages.len() + found.destinations.len() + found.groups.len() + found.monitors.len() + boards.len();
    let pages: Vec<Provider> = wanted(found.pages, &is_wanted).into_iter().map(|(page, _)| page).collect();
    let mut logins = BTreeMap::new();
    for page in &pages {
        if let Some(stored) = found.logins.get(&page.id) {
            logins.insert(page.id.clone(), store.login(page, stored)?);
        }
    }
    let destinations = wanted(found.destinations, &is_wanted);
    let settings = AccountSettings {
        pages,
        logins,
        destinations: destinations.iter().map(|it| store.unseal(it)).collect::<Result<_, _>>()?,
        groups: wanted(found.groups, &is_wanted),
        monitors: wanted(found.monitors, &is_wanted),
        boards: wanted(boards, &is_wanted).into_iter().map(|stored| stored.board).collect(),
    };
    let others = all - settings.len();
    Ok((settings, others))
}

fn wanted<T>(rows: Vec<Stored<T>>, is_wanted: impl Fn(ManagedBy) -> bool) -> Vec<T> {
    rows.into_iter().filter(|row| is_wanted(row.managed_by)).map(|row| row.value).collect()
}

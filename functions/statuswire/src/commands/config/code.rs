//! Settings as code: `statuswire config export` and `statuswire config diff`.
use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use status::ids::{AccountId, ProviderId};
use store::{AccountSettings, ManagedBy, Store};

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

/// Prints the settings of an account, those included that were made on the pages. `of`: its ID, or the mail address of
/// a member; `None`: the account of the configuration file.
pub async fn export(instance: &InstanceArgs, of: Option<&str>, with_secrets: bool) -> anyhow::Result<ExitCode> {
    let instance = Instance::open(instance).await?;
    let stored = async {
        let account = account(&instance.store, of).await?;
        let logins = instance.store.stored_settings(&account).await?.logins;
        let missing = logins.into_iter().filter(|(_, login)| login.is_missing()).map(|(page, _)| page).collect();
        anyhow::Ok((instance.store.settings_in_clear(&account, |_| true).await?.0, missing))
    };
    let stored = stored.await;
    instance.close().await;
    let secrets = if with_secrets { Secrets::InClear } else { Secrets::Named };
    let note = if with_secrets { "" } else { NAMED };
    let (stored, missing): (AccountSettings, BTreeSet<ProviderId>) = stored?;
    let missing = missing.iter().map(|page| format!("# The login of page {page} is not here: add it.\n"));
    let missing: String = missing.collect();
    write!(io::stdout(), "{HEAD}{note}{missing}\n{}", write(&stored, secrets))?;
    Ok(ExitCode::SUCCESS)
}

async fn account(store: &Store, of: Option<&str>) -> anyhow::Result<AccountId> {
    let Some(of) = of else { return Ok(config_file::account()) };
    if !of.contains('@') {
        let id = AccountId::new(of);
        anyhow::ensure!(store.account(&id).await?.is_some(), "there is no account {of:?}");
        return Ok(id);
    }
    let address = channels::mail_address(of).with_context(|| format!("{of:?} is no mail address"))?;
    let user = store.user(&address).await?.with_context(|| format!("nobody signed in with {of:?}"))?;
    let ids: Vec<&str> = user.accounts.iter().map(|id| id.as_str()).collect();
    match &user.accounts[..] {
        [id] => Ok(id.clone()),
        [] => anyhow::bail!("{of:?} is a member of no account"),
        _ => anyhow::bail!("{of:?} is a member of several accounts: name one of {}", ids.join(", ")),
    }
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
    let is_of_file = |managed_by| managed_by == ManagedBy::File;
    // The way out of a lost key is a file without what it encrypted.
    let (stored, others) = store.settings_to_compare(&config_file::account(), is_of_file).await?;
    Ok((Plan::between(&stored, declared), others))
}

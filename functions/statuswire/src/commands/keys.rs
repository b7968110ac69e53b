//! `statuswire keys reseal`: makes the newest key the only one that the instance needs. Passes over its table follow
//! each other until one finds nothing to do: who started before the newest key was added may encrypt with an older one
//! meanwhile.
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::ensure;
use store::{Resealed, Store};

use crate::{cli::InstanceArgs, instance::Instance, plural::count};

/// The exit code if an older key is needed still.
const NEEDED: u8 = 2;
/// Somebody who keeps encrypting with an older key is not waited for.
const PASSES: u32 = 5;

pub async fn reseal(args: &InstanceArgs) -> anyhow::Result<ExitCode> {
    ensure!(args.stack.is_none() || args.keys.is_some(), "name the keys by --keys: the output DestinationKeysArn");
    let instance = Instance::open(args).await?;
    let is_served = instance.is_running && args.stack.is_none();
    let done = if is_served { None } else { Some(passes(&instance.store).await) };
    instance.close().await;
    let data = args.data.display();
    let Some(done) = done else {
        anyhow::bail!("statuswire runs on {data} with the keys of its start: stop it, and run this again")
    };
    let Done { written, last, key } = done?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} encrypted anew with key {key}, {} were before",
        count(written, "secret"),
        last.current - written
    )?;
    for line in &last.left {
        writeln!(out, "left as it is: {line}")?;
    }
    if last.changed + last.written > 0 {
        let still = count(last.changed + last.written, "secret");
        writeln!(
            out,
            "{still} changed meanwhile: start all functions anew, so that they know key {key}, and run it again"
        )?;
    }
    let is_done = last.changed + last.written + last.left.len() == 0;
    writeln!(out, "{}", if is_done { "No older key is needed." } else { "Keep the older keys." })?;
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::from(NEEDED) })
}

struct Done {
    /// By all passes.
    written: usize,
    last: Resealed,
    key: u32,
}

async fn passes(store: &Store) -> anyhow::Result<Done> {
    let (mut written, mut pass) = (0, 1);
    loop {
        let (last, key) = store.reseal().await?;
        written += last.written;
        if last.written + last.changed == 0 || pass == PASSES {
            return Ok(Done { written, last, key });
        }
        pass += 1;
    }
}

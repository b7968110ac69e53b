//! `statuswire follow`: the operator's word that another page has rightly taken the place of a provider's (truth rule
//! 11). It works on a running instance and on a deployed stack; a page at another address can be configured instead.
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use jiff::Timestamp;
use status::{health::SourceHealth, identity::PageIdentity, ids::ProviderId, outside_text::shown};
use store::{Commit, CommitError, PageHead, PageRecord, Store};

use crate::{cli::FollowArgs, instance::Instance};

/// A poller that is reading the page may commit at the same time.
const TRIES: u32 = 5;

pub async fn run(args: FollowArgs) -> anyhow::Result<ExitCode> {
    let instance = Instance::open(&args.instance).await?;
    let done = follow(&instance.store, &ProviderId::new(&args.provider), Timestamp::now()).await;
    instance.close().await;
    let to = done?;
    let name = shown(to.name.as_deref().unwrap_or("a page without a name"));
    writeln!(io::stdout(), "{} is now \"{name}\" at {}: it is used from the next read on", args.provider, to.url)?;
    Ok(ExitCode::SUCCESS)
}

/// Accepts the page that a read found in the place of the known one, and returns it.
pub async fn follow(store: &Store, provider: &ProviderId, now: Timestamp) -> anyhow::Result<PageIdentity> {
    for _ in 0..TRIES {
        let health = store.healths(std::slice::from_ref(provider)).await?.remove(provider);
        let moved = health.and_then(|health: SourceHealth| health.moved);
        let to = moved.with_context(|| format!("the page of {provider} has not moved: there is nothing to follow"))?.to;
        let stored = store.page(provider).await?;
        let stored = stored.with_context(|| format!("the page of {provider} was never read"))?;
        let followed = Commit {
            read_version: Some(stored.head.version),
            page: PageRecord { head: head(stored.head, to.clone()), page_state: stored.page_state },
            incidents: Vec::new(),
            page_summary: None,
            alerts: Vec::new(),
            now,
        };
        match store.commit(&followed).await {
            Ok(_) => return Ok(to),
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error).with_context(|| format!("storing the page of {provider}")),
        }
    }
    anyhow::bail!("the page of {provider} is being written all the time: try again")
}

/// Without a format, a source or validators: the next read finds everything anew, and knows by that that it is of
/// another page.
fn head(known: PageHead, to: PageIdentity) -> PageHead {
    PageHead {
        version: known.version + 1,
        format: String::new(),
        source: String::new(),
        resolved: None,
        etag: None,
        last_modified: None,
        body_digest: None,
        snapshot_digest: String::new(),
        unsettled: true,
        identity: Some(to),
        ..known
    }
}

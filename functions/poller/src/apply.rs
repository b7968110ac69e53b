//! Carries out what [`crate::plan`] decided: loads the stored state, commits, and queues the alerts of the commit. Of
//! two pollers that read a change at the same time one commits it; the other drops what it had cached.
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use queue::traces;
use status::{health::Failure, provider::Provider};
use store::{Commit, CommitError};
use tracing::Instrument as _;

use crate::{
    Poller,
    cache::CachedPage,
    changes::log_alerts,
    identity::accept,
    memory::Nothing,
    plan::{Decision, PageRead, plan},
    publish,
    read::{FirstResponses, FullRead, reader::Reader},
    stored::{Stored, stored_page},
};

/// Applies a full read to the stored page.
pub(crate) async fn apply(
    poller: &Poller,
    reader: &Reader<'_>,
    page: &Arc<Provider>,
    cached: &mut CachedPage,
    full: FullRead,
    now: Timestamp,
) -> anyhow::Result<Applied> {
    let accepted = match accept(poller, page, cached, &full).await? {
        Ok(accepted) => accepted,
        Err(moved) => {
            let reason = moved.reason();
            return Ok(Applied::Not(Nothing::Moved(Failure { moved: Some(moved), ..Failure::new(reason) })));
        }
    };
    let (provider, head) = (page.clone(), cached.head.clone());
    let compare = move || PageRead::new(&provider, head.as_ref(), full, accepted, now);
    let read = match reader.work(reader.room.used(), compare).await {
        Ok(read) => read,
        Err(failure) => return Ok(Applied::Not(Nothing::Failed(failure))),
    };
    if read.means_the_same(cached.head.as_ref()) {
        keep(cached, read, now);
        return Ok(Applied::Unchanged);
    }
    let stored = match &cached.head {
        Some(_) => stored_page(poller, &page.id).await?,
        // Never read by this process. If another one has read it meanwhile, the commit is a conflict.
        None => Stored::Nothing,
    };
    // A state that cannot be read is replaced by a baseline.
    let replaced = matches!(stored, Stored::Oversized).then(|| cached.head.as_ref().map(|head| head.version)).flatten();
    let stored = stored.page();
    let provider = page.clone();
    let decide = move || (plan(&provider, stored.as_ref(), &read, now), read.first);
    match reader.work(reader.room.used().max(LEAST_TO_DECIDE), decide).await {
        Ok((Decision::Unchanged(head), first)) => {
            cached.head = Some(head);
            cached.remember(first, now);
            Ok(Applied::Unchanged)
        }
        Ok((Decision::Commit(commit), first)) => {
            // The trace of the alerts begins here, and goes through the queues.
            let change = traces::span(|| tracing::info_span!(parent: None, "change", provider.id = %page.id));
            self::commit(poller, page, cached, &commit.replacing(replaced), first).instrument(change).await
        }
        Err(failure) => Ok(Applied::Not(Nothing::Failed(failure))),
    }
}

/// What is stored of a page may be large, however small the page is now.
const LEAST_TO_DECIDE: usize = 256 * 1024;

/// What became of a full read.
pub(crate) enum Applied {
    Unchanged,
    Changed { alerts: usize },
    Not(Nothing),
}

/// Nothing new: neither the stored state nor a commit is needed.
fn keep(cached: &mut CachedPage, read: PageRead, now: Timestamp) {
    let Some(head) = &mut cached.head else { return };
    let again = read.again(&head.open, now);
    head.read_again_at = again.at;
    head.unlisted_since = again.unlisted_since;
    // The next read is to look them up again, so the page must not count as unchanged.
    head.unsettled = again.is_at_once;
    cached.remember(read.first, now);
}

async fn commit(
    poller: &Poller,
    page: &Provider,
    cached: &mut CachedPage,
    commit: &Commit,
    first: Option<FirstResponses>,
) -> anyhow::Result<Applied> {
    match poller.store.commit(commit).await {
        Ok(row) => {
            cached.head = Some(commit.page.head.clone());
            cached.remember(first, commit.now);
            if commit.read_version.is_none() {
                tracing::debug!(provider.id = %page.id, "first read of {}", page.name);
            }
            log_alerts(page, &commit.alerts, &poller.metrics);
            publish::publish(poller, row).await;
            Ok(Applied::Changed { alerts: commit.alerts.len() })
        }
        Err(CommitError::Conflict) => {
            // Nobody else need have been: a request whose answer was lost may have stored it, with alerts.
            poller.cache().unsent |= !commit.alerts.is_empty();
            tracing::info!(provider.id = %page.id, "another poller committed first");
            let heads = poller.store.page_heads(std::slice::from_ref(&page.id)).await?;
            cached.replace_head(heads.into_values().next());
            Ok(Applied::Unchanged)
        }
        Err(error @ CommitError::TooLarge { .. }) => {
            Ok(Applied::Not(Nothing::NotStored(format!("the page is too large to be stored: {error}"))))
        }
        Err(error) => {
            // It may have been stored all the same, with alerts in the outbox.
            poller.cache().unsent = true;
            Err(error).with_context(|| format!("committing the state of page {}", page.id))
        }
    }
}

//! What time alone causes on a page: reminders of a maintenance and its overrun. The stored page state is moved on and
//! committed as after a read, so that of two pollers one sends the alerts.
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use status::provider::Provider;
use store::{CommitError, PageHead};

use crate::{Poller, cache::CachedPage, changes::log_alerts, plan::commit_due, publish, stored::stored_page};

/// When a commit that did not fit is tried again.
const RETRY_TOO_LARGE: Duration = Duration::from_secs(15 * 60);

/// Commits what is due by `now` and returns the number of its alerts. Sends no request while nothing is due.
pub(crate) async fn fire_due(
    poller: &Poller,
    page: &Provider,
    cached: &mut CachedPage,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let is_due = cached.head.as_ref().and_then(|head| head.due_at).is_some_and(|due_at| due_at <= now);
    if !is_due {
        return Ok(0);
    }
    let Some(stored) = stored_page(poller, &page.id).await?.page() else {
        return Ok(0);
    };
    let state = stored.page_state.at(now);
    let due_at = state.due_at(now);
    if state == stored.page_state {
        // The due time passed without effect; the rest of the cached head stays.
        cached.head = cached.head.take().map(|head| PageHead { due_at, ..head });
        return Ok(0);
    }
    let head = PageHead { version: stored.head.version + 1, due_at, ..stored.head.clone() };
    let commit = commit_due(page, &stored, head, state, now);
    match poller.store.commit(&commit).await {
        Ok(row) => {
            cached.head = Some(commit.page.head);
            log_alerts(page, &commit.alerts, &poller.metrics);
            publish::publish(poller, row).await;
            Ok(commit.alerts.len())
        }
        // Another poller committed first; the read that follows sees it. Or this one did, and the answer was lost.
        Err(CommitError::Conflict) => {
            poller.cache().unsent |= !commit.alerts.is_empty();
            Ok(0)
        }
        // It will not fit the next time either. The page is read all the same: it may get smaller.
        Err(error @ CommitError::TooLarge { .. }) => {
            tracing::error!(provider.id = %page.id, error = %error, "a reminder could not be stored");
            let later = Some(now + RETRY_TOO_LARGE);
            cached.head = cached.head.take().map(|head| PageHead { due_at: later, ..head });
            Ok(0)
        }
        Err(error) => {
            poller.cache().unsent = true;
            Err(error).with_context(|| format!("committing what is due on page {}", page.id))
        }
    }
}

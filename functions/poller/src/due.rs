//! What the clock brings of a page without any read of it: reminders of a maintenance and its overrun. The stored page state
//! is moved on and committed as after a read, so that of two pollers one tells it.
use jiff::Timestamp;
use status::{alert::alerts, diff::diff, provider::Provider};
use store::{Commit, CommitError, PageHead, PageRecord};

use crate::{
    Poller,
    memory::Known,
    news::{changed, tell},
    publish,
};

/// Tells what fell due by `now`; how many alerts it made. Costs nothing as long as nothing is due.
pub(crate) async fn fire_due(
    poller: &Poller,
    page: &Provider,
    known: &mut Known,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let is_due = known.head.as_ref().and_then(|head| head.due_at).is_some_and(|due_at| due_at <= now);
    if !is_due {
        return Ok(0);
    }
    let Some(stored) = poller.store.page(&page.id).await? else {
        return Ok(0);
    };
    let page_state = stored.page_state.at(now);
    let due_at = page_state.due_at(now);
    if page_state == stored.page_state {
        // Its time has passed unused: the rest of what is known of the page stays as it is.
        known.head = known.head.take().map(|head| PageHead { due_at, ..head });
        return Ok(0);
    }
    let alerts = alerts(page, &stored.page_state, &page_state, &diff(&stored.page_state, &page_state), now);
    let incidents = changed(&stored.page_state, &page_state);
    let read_version = stored.head.version;
    let head = PageHead { version: read_version + 1, due_at, ..stored.head };
    let page_record = PageRecord { head: head.clone(), page_state };
    // What lists show does not depend on the clock.
    let commit =
        Commit { page: page_record, read_version: Some(read_version), incidents, page_summary: None, alerts, now };
    match poller.store.commit(&commit).await {
        Ok(row) => {
            known.head = Some(head);
            tell(page, &commit.alerts, false);
            publish::publish(poller, row).await;
            Ok(commit.alerts.len())
        }
        // Another poller was faster; what it committed is seen by the read that follows.
        Err(CommitError::Conflict) => Ok(0),
        Err(error) => Err(anyhow::Error::new(error).context(format!("committing what is due on {}", page.id))),
    }
}

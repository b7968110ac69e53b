//! Routes one alert. Wanted properties:
//! 1. For each destination the alerts of one provider are queued in the order they were committed, whatever the filters
//!    and however large the fan-out. So an alert's message stays at the head of its group until all of its deliveries
//!    are queued: an invocation that cannot end the fan-out stores its progress and releases the message, which comes
//!    again before those behind it.
//! 2. Whoever was told an opening is told its end, also if a filter, monitor or setting changes in between, between two
//!    invocations of one fan-out too. So marks are written before tasks, and progress names accounts and destinations
//!    and not rows.
//! 3. An invocation is bounded by destinations, never by monitors: one account may have any number of them.
//! 4. A repeat, a crash or a throttled request anywhere continues where the fan-out stood. So progress is stored after
//!    the tasks that it counts were accepted, and only by the router that read what was stored before. What is repeated
//!    after all, SQS drops within five minutes, and the dispatcher's claim later.
//! 5. One large fan-out delays no other provider. Each has its group, groups of a batch run side by side, and the
//!    finished ones are acknowledged before the batch ends.
use std::time::Instant;

use anyhow::Context as _;
use jiff::Timestamp;
use queue::{
    batch::{Handled, Record},
    task::RouteTask,
};
use status::{alert::Alert, ids::digest};

use crate::{
    fanout::{Fanout, Start},
    marks::Marks,
    progress::Progress,
    reads::Reads,
    router::Router,
    stages::{NOTIFIED_STAGE, stages},
};

/// No page of recipients is begun after `until`.
pub(crate) async fn route(router: &Router, record: Record<RouteTask>, until: Instant) -> anyhow::Result<Handled> {
    let Record { task, receipt_handle, .. } = record;
    let (alert, stored) = router.store.alert_and_progress(&task.alert).await?;
    let alert = alert.with_context(|| format!("{} is not stored", task.alert))?;
    let progress = match (&stored, &task.cursor) {
        (Some(stored), _) => Progress::parse(&stored.progress),
        (None, Some(cursor)) => Progress::of_continuation(cursor),
        (None, None) => Ok(Progress::default()),
    };
    let progress = progress.unwrap_or_else(|error| {
        tracing::warn!(alert.id = %alert.id, error = format!("{error:#}"), "the fan-out begins anew");
        Progress::default()
    });
    let stages = stages(&alert);
    let repeats = stages.get(NOTIFIED_STAGE).is_some_and(|notified| !notified.is_empty()) || spans_providers(&alert);
    // In the last stage each destination is found by its mark, and those are read there.
    let ending = stages.get(NOTIFIED_STAGE).filter(|_| alert.event.is_end() && progress.stage < NOTIFIED_STAGE);
    let marks = Marks::read(&router.store, ending.map_or(&[], Vec::as_slice), router.bounds.page).await?;
    let reads = Reads::begin(&router.store, &alert, router.bounds, repeats, marks, Timestamp::now()).await?;
    let (stored_by, writer) = (stored.map(|stored| stored.writer), digest(&[&receipt_handle]));
    let start = Start { progress, stored_by, writer, until };
    let is_done = Fanout::new(router, &reads, &stages, start).run().await?;
    Ok(if is_done { Handled::Done } else { Handled::Continues })
}

/// An account that watches several of the providers is in the segments of each.
fn spans_providers(alert: &Alert) -> bool {
    alert.concerned.len() > 1
}

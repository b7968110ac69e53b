//! Keeps the health of a page's source after each read, and sends its alerts (truth rule 10).
use std::time::Duration;

use jiff::Timestamp;
use status::{
    alert::source_alert,
    health::{Blame, Failure, GoodRead, HealthState, SourceHealth},
    provider::Provider,
    words::Event,
};

use crate::{Poller, cache::CachedPage, publish};

const STORED_AGAIN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Records a good read. `read`: what a full read says of the source; `None`: the page is unchanged, so it says what it
/// said before.
pub(crate) async fn good_read(
    poller: &Poller,
    page: &Provider,
    cached: &mut CachedPage,
    read: Option<GoodRead>,
    now: Timestamp,
) -> anyhow::Result<()> {
    cached.last_good = Some(now);
    let before = cached.health.as_ref();
    let read_before = before.map(SourceHealth::good_read).unwrap_or_default();
    let is_news = read.as_ref().is_some_and(|read| *read != read_before);
    if !is_news && before.is_none_or(|health| health.failures == 0) {
        return Ok(());
    }
    let read = read.unwrap_or(read_before);
    if let Some(moved_to) = read.moved_to.as_ref().filter(|_| is_news) {
        tracing::info!(provider.id = %page.id, moved_to, "{} has moved permanently; configure the new address", page.name);
    }
    let (health, event) = SourceHealth::after_good_read(before, read, now);
    if before.is_some_and(|health| health.failures > 0) {
        tracing::info!(provider.id = %page.id, "{} can be read again", page.name);
    }
    keep(poller, page, cached, (health, event), now).await
}

/// Records a failed read.
pub(crate) async fn failed_read(
    poller: &Poller,
    page: &Provider,
    cached: &mut CachedPage,
    failure: Failure,
    blame: Blame<'_>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let before = cached.health.as_ref();
    let (mut health, event) = SourceHealth::after_failed_read(before, failure, blame, now);
    health.last_good_at = health.last_good_at.or(cached.last_good);
    // The failures of a page that stays unreadable are counted in the cache only: a dead page must not cost a write at
    // every read. One that is tried more rarely than every day is stored, since a new process counts from there.
    let stays = |before: &SourceHealth| {
        before.state == HealthState::Unreadable
            && before.failed_at.is_some_and(|at| now.duration_since(at).unsigned_abs() < STORED_AGAIN_AFTER)
            && before.told_with == health.told_with
            && before.untold == health.untold
            && before.gone_since == health.gone_since
            && before.reason == health.reason
            && before.not_before == health.not_before
    };
    if before.is_some_and(stays) {
        cached.health = Some(health);
        return Ok(());
    }
    if before.is_none_or(|before| before.failures == 0) {
        let reason = health.reason.as_deref().unwrap_or_default();
        tracing::info!(provider.id = %page.id, reason, "{} could not be read", page.name);
    }
    keep(poller, page, cached, (health, event), now).await
}

/// Records what the clock alone says of a failing page that was not read: it may be that it is not to be read.
pub(crate) async fn waited(
    poller: &Poller,
    page: &Provider,
    cached: &mut CachedPage,
    blame: Blame<'_>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let Some(before) = cached.health.clone() else { return Ok(()) };
    let (health, event) = before.clone().after_waiting(blame, now);
    if health == before {
        return Ok(());
    }
    keep(poller, page, cached, (health, event), now).await
}

async fn keep(
    poller: &Poller,
    page: &Provider,
    cached: &mut CachedPage,
    (health, event): (SourceHealth, Option<Event>),
    now: Timestamp,
) -> anyhow::Result<()> {
    match event {
        None => poller.store.put_health(&page.id, &health).await?,
        Some(event) => {
            // Both alerts of an unreadable period carry its beginning.
            let period = cached.health.as_ref().filter(|_| event == Event::Readable).unwrap_or(&health);
            let alert = source_alert(page, period, event, now);
            tracing::warn!(provider.id = %page.id, alert.id = %alert.id, "{}: {}", page.name, alert.incident.title);
            let row = poller.store.commit_health(&page.id, &health, &[alert], now).await?;
            publish::publish(poller, row).await;
        }
    }
    cached.health = Some(health);
    Ok(())
}

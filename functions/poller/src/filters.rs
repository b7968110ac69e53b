//! Component filters that fit nothing on a page any more are told to the groups of their monitors (truth rule 8). The
//! commit that changes the names on a page notes in its head that the filters are to be checked, so that a stop after
//! it loses nothing. New settings are checked where they are applied.
use jiff::Timestamp;
use status::{component_match::PageNames, ids::AccountId, provider::Provider};
use store::{UnmatchedFilter, WatchersFrom, watcher_segments};

use crate::{Poller, cache::CachedPage, publish, stored::stored_page};

/// Monitors read at a time.
const PAGE_SIZE: u32 = 1_000;

/// Checks the filters of the page's monitors if its names have changed. After a failure the next poll tries again.
pub(crate) async fn check(poller: &Poller, page: &Provider, cached: &mut CachedPage, now: Timestamp) {
    if !cached.head.as_ref().is_some_and(|head| head.filters_unchecked) {
        return;
    }
    let is_watched = poller.cache().watched.contains(&page.id);
    let is_whole = cached.health.as_ref().is_none_or(|health| health.problems.is_empty());
    let checked = if is_watched { check_all(poller, page, is_whole, now).await } else { Ok(true) };
    match (checked, &mut cached.head) {
        (Ok(is_done), Some(head)) => head.filters_unchecked = !is_done,
        (Ok(_), None) => {}
        (Err(error), _) => {
            let error = format!("{error:#}");
            tracing::warn!(provider.id = %page.id, error, "the component filters of a page could not be checked");
        }
    }
}

/// Returns whether nothing is left to check: a read without damage may show more.
async fn check_all(poller: &Poller, page: &Provider, is_whole: bool, now: Timestamp) -> anyhow::Result<bool> {
    let store = &poller.store;
    let Some(stored) = stored_page(poller, &page.id).await?.page() else {
        return Ok(false);
    };
    let names = PageNames::of(&stored.page_state, is_whole);
    let mut gone: Vec<UnmatchedFilter> = store.unmatched_filters_of(&page.id).await?;
    let (known, mut rows) = (gone.clone(), Vec::new());
    for segment in watcher_segments() {
        let mut after: Option<AccountId> = None;
        loop {
            let from = after.as_ref().map_or(WatchersFrom::Start, WatchersFrom::After);
            let watchers = store.watchers(&page.id, segment, from, PAGE_SIZE).await?;
            gone.retain(|it| !watchers.monitors.iter().any(|m| m.account == it.account && m.id == it.monitor));
            rows.extend(store.check_filters(page, &names, &watchers.monitors, &known, now).await?);
            after = watchers.monitors.into_iter().next_back().map(|last| last.account);
            if !watchers.more {
                break;
            }
        }
    }
    store.forget_unmatched(&gone).await?;
    if !rows.is_empty() {
        tracing::warn!(provider.id = %page.id, monitors = rows.len(), "component filters fit nothing on {}", page.name);
    }
    publish::publish(poller, rows.pop()).await;
    Ok(names.are_all() || is_whole)
}

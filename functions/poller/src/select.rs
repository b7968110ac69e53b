//! Which pages a round polls, and in which order. Wanted properties:
//! - each slot of a page is in exactly one round: due times count from when rounds begin, however long they last;
//! - what was due and could not be read is due in the next round, also in a new process;
//! - pages with open incidents and watched pages come first, and no platform keeps the others waiting, should the round
//!   run out of time;
//! - however often rounds run out of time, every page is read in the end.
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use status::{
    health::HealthState,
    ids::{ProviderId, digest},
    provider::Provider,
    schedule::{interval, is_due, is_retry_due, is_return_due, is_search_due, return_interval},
};
use tokio::sync::{Mutex as PageLock, OwnedMutexGuard};

use crate::{PollEvent, Poller, cache::CachedPage};

/// A page of this round, locked.
pub(crate) type DuePage = (Arc<Provider>, OwnedMutexGuard<CachedPage>);

/// A page that another round has locked is left to that round.
pub(crate) fn due_pages(poller: &Poller, event: &PollEvent, now: Timestamp) -> Vec<DuePage> {
    let cache = poller.cache();
    let tick = poller.options.tick;
    let mut due = Vec::new();
    for page in &cache.pages {
        let is_chosen = event.only.is_empty() || event.only.contains(&page.id);
        let cached = cache.cached.get(&page.id).filter(|_| is_chosen && is_in_shard(event, &page.id));
        let Some(cached) = cached else { continue };
        let Ok(mut cached) = PageLock::try_lock_owned(cached.clone()) else { continue };
        // A page with an interval below the tick may have a schedule of its own, which this round must not delay.
        let is_fast = page.interval.is_some_and(|interval| interval < tick);
        let is_recent = cached.last_read.is_some_and(|at| now.duration_since(at).unsigned_abs() < tick);
        if is_fast && is_recent && event.only.is_empty() && !event.all {
            continue;
        }
        let watched = cache.added.contains(&page.id) || cache.watched.contains(&page.id);
        if event.all || is_time(page, &cached, watched, tick, now) {
            cached.owed = true;
            due.push((page.clone(), cached));
        }
    }
    in_order(due, &cache.watched)
}

/// Whether the event's poller reads this page.
pub(crate) fn is_in_shard(event: &PollEvent, page: &ProviderId) -> bool {
    let shard = || u64::from_str_radix(&digest(&[page.as_str()])[..8], 16).expect("a digest is hex");
    event.of <= 1 || shard() % event.of == event.shard
}

fn is_time(page: &Provider, cached: &CachedPage, watched: bool, tick: Duration, now: Timestamp) -> bool {
    let health = cached.health.as_ref();
    let asked_to_wait = health.and_then(|health| health.not_before).is_some_and(|not_before| now < not_before);
    // A response that stays fresh for less than half a tick from now must not cost a whole one.
    let is_fresh = cached.fresh_until.is_some_and(|until| now + tick / 2 < until);
    if asked_to_wait || is_fresh {
        return false;
    }
    let never_read = cached.head.is_none() && health.is_none() && cached.last_read.is_none();
    if cached.owed || (never_read && watched) {
        return true;
    }
    if !watched && (is_unrecognised(page, cached) || health.is_some_and(|health| health.is_given_up(now))) {
        return is_search_due(&page.id, health, cached.last_read, tick, now);
    }
    let open = cached.head.as_ref().is_some_and(|head| !head.open.is_empty() || head.unsettled);
    let usual = interval(page, watched, open, cached.poll_cost());
    match health.filter(|health| health.state != HealthState::Readable) {
        Some(health) => match return_interval(health, watched).filter(|_| cached.head.is_some()) {
            Some(pause) => is_return_due(&page.id, health, pause.max(usual), cached.last_read, tick, now),
            None => is_retry_due(&page.id, health, usual, cached.last_read, tick, now),
        },
        None => is_due(&page.id, usual, cached.last_read, tick, now),
    }
}

/// It was never read, and either nobody says on which platform it is, or it answers as none that is known: the platform
/// that the catalogue names may be wrong.
fn is_unrecognised(page: &Provider, cached: &CachedPage) -> bool {
    let names_platform =
        || catalogue::find(page.id.as_str()).is_some_and(|it| formats::of_platform(it.platform).is_some());
    let is_unrecognised = || cached.health.as_ref().is_some_and(|health| health.unrecognised);
    cached.head.is_none() && page.format.is_none() && (is_unrecognised() || !names_platform())
}

/// Pages with open incidents come first, then watched pages. Among equals the platforms take turns, each with a page
/// whose turn did not come in time before, or else the one that was tried longest ago. Every fourth place is for the
/// page that was left out most often, whatever it is.
fn in_order(mut due: Vec<DuePage>, watched: &HashSet<ProviderId>) -> Vec<DuePage> {
    let class = |(page, cached): &DuePage| {
        let open = cached.head.as_ref().is_some_and(|head| !head.open.is_empty());
        (!open, !watched.contains(&page.id))
    };
    due.sort_by_key(|page| (class(page), page.1.left_out == 0, page.1.tried_at));
    let mut turns = HashMap::new();
    let mut ordered: Vec<_> = due
        .into_iter()
        .map(|page| {
            let class = class(&page);
            let turn: &mut u32 = turns.entry((class, page.1.origin(&page.0))).or_default();
            *turn += 1;
            ((class, *turn), page)
        })
        .collect();
    ordered.sort_by_key(|(order, _)| *order);
    let ordered: Vec<_> = ordered.into_iter().map(|(_, page)| page).collect();
    let mut left_out: Vec<usize> = (0..ordered.len()).filter(|at| ordered[*at].1.left_out > 0).collect();
    left_out.sort_by_key(|at| (Reverse(ordered[*at].1.left_out), ordered[*at].1.tried_at));
    with_shares(ordered, left_out)
}

/// In their order, but every fourth place is for the next of `left_out`, which are numbers of pages.
fn with_shares<T>(ordered: Vec<T>, left_out: Vec<usize>) -> Vec<T> {
    const EVERY: usize = 4;
    let mut pages: Vec<Option<T>> = ordered.into_iter().map(Some).collect();
    let (mut usual, mut left_out) = (0..pages.len(), left_out.into_iter());
    let mut shared = Vec::with_capacity(pages.len());
    while shared.len() < pages.len() {
        let share = if shared.len() % EVERY == EVERY - 1 { left_out.find(|at| pages[*at].is_some()) } else { None };
        let next = share.or_else(|| usual.find(|at| pages[*at].is_some()));
        shared.extend(next.and_then(|at| pages[at].take()));
    }
    shared
}

#[cfg(test)]
mod tests;

//! When a page is polled. Due times are computed, not stored: each page has an offset within its interval, derived from
//! its id, so that thousands of pages spread evenly and an unchanged page causes no write.
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::{
    health::{HealthState, SourceHealth},
    ids::ProviderId,
    provider::Provider,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// What a poll of a page that has not changed costs its host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PollCost {
    /// A response without a body (304), or with hardly any.
    Low,
    /// The whole page once more. Also before it is known.
    #[default]
    High,
}

impl PollCost {
    /// In bytes, as sent. Setting up the connection takes as much.
    const SMALL_BODY: usize = 4 * 1024;

    /// Of a page whose response had a body of so many bytes when it was unchanged; none with 304.
    pub fn of_body(bytes: usize) -> Self {
        if bytes <= Self::SMALL_BODY { Self::Low } else { Self::High }
    }

    /// Before that is known: a response with validators can be asked for conditionally.
    pub fn presumed(has_validators: bool) -> Self {
        if has_validators { Self::Low } else { Self::High }
    }
}

/// How often `page` is polled: as configured; else every minute while something is open on it. A watched page is polled
/// every minute if that costs its host next to nothing, else every two; any other every fifteen. Nobody is alerted
/// about those, there are thousands of them, and each read costs us transfer and CPU.
pub fn interval(page: &Provider, watched: bool, something_open: bool, cost: PollCost) -> Duration {
    let minutes = match (watched, cost) {
        _ if something_open => 1,
        (true, PollCost::Low) => 1,
        (true, PollCost::High) => 2,
        (false, _) => 15,
    };
    page.interval.unwrap_or(MINUTE * minutes)
}

/// Whether a slot of the page began since its last read. Both times are those at which their rounds began, not those of
/// the reads: a slot that begins while a round is under way belongs to the next round. For a page that this process has
/// not read yet: whether one began within `tick`, the time between two rounds.
pub fn is_due(
    id: &ProviderId,
    interval: Duration,
    last_read: Option<Timestamp>,
    tick: Duration,
    now: Timestamp,
) -> bool {
    let since = last_read.unwrap_or(now - tick);
    // Not `<`: with a clock set back, a page must not wait until the clock has caught up.
    slot(id, interval, since) != slot(id, interval, now)
}

/// Whether a page whose newest read failed may be tried again: not before it allows it, and after growing pauses. Pages
/// that have failed for a day are tried in the same rounds: a round lasts as long as the time-out of a page that does
/// not answer, and what a round costs is how long it lasts. `last_read`: by this process.
pub fn is_retry_due(
    id: &ProviderId,
    health: &SourceHealth,
    usual: Duration,
    last_read: Option<Timestamp>,
    tick: Duration,
    now: Timestamp,
) -> bool {
    if health.not_before.is_some_and(|not_before| now < not_before) {
        return false;
    }
    let pause = usual.max(health.retry_interval());
    if health.is_long_dead(now) {
        let since = last_read.unwrap_or(now - tick);
        return slot_from(0, pause, since) != slot_from(0, pause, now);
    }
    // Half a tick is left to the schedule, which is no exact clock.
    let is_over = |since: Timestamp| now < since || now.duration_since(since).unsigned_abs() + tick / 2 >= pause;
    match (last_read, health.failed_at) {
        (Some(last_read), _) => is_over(last_read),
        (None, Some(failed_at)) if !is_over(failed_at) => false,
        (None, Some(_)) if health.state == HealthState::Failing => true,
        // Not each read of a dead page is stored, so that its last one is not known.
        (None, _) => is_due(id, pause, None, tick, now),
    }
}

/// How often to look for a status page where none was found so far, or that was given up: some time within the first
/// day, so that a new instance asks a thousand hosts one after the other; every day for a week if there was no answer;
/// then once a week.
pub fn search_interval(health: Option<&SourceHealth>) -> Duration {
    let is_old = |health: &SourceHealth| health.failing_for() >= WEEK;
    if health.is_some_and(|health| health.unrecognised || is_old(health)) { WEEK } else { DAY }
}

/// Whether such a search is due. `last_read`: by this process.
pub fn is_search_due(
    id: &ProviderId,
    health: Option<&SourceHealth>,
    last_read: Option<Timestamp>,
    tick: Duration,
    now: Timestamp,
) -> bool {
    is_slowly_due(id, search_interval(health), health, last_read, tick, now)
}

/// How often a page is asked that was read before and answers as something else since (see
/// [`SourceHealth::has_left`]): it may come back, and is as likely to stay away. `None`: as any page that fails, for a
/// day; then every hour, and after a week every day if nobody watches it.
pub fn return_interval(health: &SourceHealth, watched: bool) -> Option<Duration> {
    let failing = health.failing_for();
    if !health.has_left() || failing < DAY {
        return None;
    }
    Some(if watched || failing < WEEK { HOUR } else { DAY })
}

/// Whether it is to be asked again at this interval. `last_read`: by this process.
pub fn is_return_due(
    id: &ProviderId,
    health: &SourceHealth,
    interval: Duration,
    last_read: Option<Timestamp>,
    tick: Duration,
    now: Timestamp,
) -> bool {
    is_slowly_due(id, interval, Some(health), last_read, tick, now)
}

/// Whether a slot of an interval began that is so long that a process may know of no read in it but the stored one.
fn is_slowly_due(
    id: &ProviderId,
    interval: Duration,
    health: Option<&SourceHealth>,
    last_read: Option<Timestamp>,
    tick: Duration,
    now: Timestamp,
) -> bool {
    if health.and_then(|health| health.not_before).is_some_and(|not_before| now < not_before) {
        return false;
    }
    let is_recent = |at: &Timestamp| *at <= now && now.duration_since(*at).unsigned_abs() < interval;
    let failed_at = health.and_then(|health| health.failed_at);
    is_due(id, interval, [last_read, failed_at].into_iter().flatten().max().filter(is_recent), tick, now)
}

/// When the page was due last before `at`.
pub fn last_due(id: &ProviderId, interval: Duration, at: Timestamp) -> Timestamp {
    let length = interval.as_millis().max(1) as i128;
    let began = slot(id, interval, at) * length + offset(id, length);
    i64::try_from(began).ok().and_then(|began| Timestamp::from_millisecond(began).ok()).unwrap_or(at)
}

/// The number of the interval that includes `at`, counted from the page's offset.
fn slot(id: &ProviderId, interval: Duration, at: Timestamp) -> i128 {
    slot_from(offset(id, interval.as_millis().max(1) as i128), interval, at)
}

fn slot_from(offset: i128, interval: Duration, at: Timestamp) -> i128 {
    (i128::from(at.as_millisecond()) - offset).div_euclid(interval.as_millis().max(1) as i128)
}

fn offset(id: &ProviderId, length: i128) -> i128 {
    let hash = Sha256::digest(id.as_str().as_bytes());
    i128::from(u64::from_be_bytes(hash[..8].try_into().expect("a SHA-256 has 32 bytes"))) % length
}

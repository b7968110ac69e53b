//! The provider's own history from before the first read of its page (decision 74). Wanted properties:
//! - it is asked for once, at a poll after the first read, also if the page was read before there was a reader of it;
//! - pages have turns over a day, so that an instance does not ask all of them at once;
//! - what is imported is over and unknown, and no alert comes of it;
//! - that it is done is committed together with what was imported;
//! - it is given up after a few days, and costs the round nothing but time if it fails.
use std::time::Duration;

use anyhow::Context as _;
use formats::{KnownIncident, ParsedHistory, ReadError};
use jiff::Timestamp;
use outbound::Initiator;
use status::{
    bounds::bound,
    ids::{IncidentId, ProviderId, digest},
    page_state::PageState,
    provider::Provider,
    snapshot::{Coverage, Incident, Listing, Page, Snapshot},
};
use store::{Commit, CommitError, OutboxRow, PageHead, PageRecord, ResolvedUrl};
use url::Url;

use crate::{
    Poller,
    cache::CachedPage,
    read::{HistoryQuestion, ReadFailure, read_history, reader::Reader},
    stored::stored_page,
};

/// How far back it is imported: as far as the bars of a page go.
const IMPORTED: Duration = Duration::from_secs(90 * 24 * 3600);
/// After the first read of a page: a new instance has other things to do.
const EARLIEST: Duration = Duration::from_secs(10 * 60);
/// Over which time from then on the pages have their turns; those that somebody watches are asked sooner.
const TURNS: Duration = Duration::from_secs(24 * 3600);
const TURNS_OF_WATCHED: Duration = Duration::from_secs(15 * 60);
/// A page that is not marked as waiting has its turn in this part of each day, or of each two hours if it is watched:
/// nothing is written to remember it, and the process may be new.
const TURN: u32 = 8;
const LEAST_TURNS: Duration = Duration::from_secs(2 * 3600);
const RETRY_AFTER: Duration = Duration::from_secs(3600);
/// A history that could not be read for so long is done without.
const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);
/// What a stored page and its history take, about.
const WORK_BYTES: usize = 256 * 1024;

/// Imports the history of a page that was just read, if it is its turn. A failure is no fault of the read.
pub(crate) async fn import_if_due(
    poller: &Poller,
    reader: &Reader<'_>,
    page: &Provider,
    cached: &mut CachedPage,
    now: Timestamp,
) {
    let (is_added, is_watched) = {
        let cache = poller.cache();
        (cache.added.contains(&page.id), cache.watched.contains(&page.id))
    };
    let turns = if is_added || is_watched { TURNS_OF_WATCHED } else { TURNS };
    if !cached.head.as_ref().is_some_and(|head| is_due(page, head, turns, now))
        || cached.import_not_before.is_some_and(|at| now < at)
    {
        return;
    }
    cached.import_not_before = Some(now + RETRY_AFTER);
    let initiator = if is_added { Initiator::Us } else { Initiator::PublicPage };
    match import(poller, reader, page, cached, (initiator, now)).await {
        Ok(imported) => {
            tracing::debug!(provider.id = %page.id, imported, "the history of {} is imported", page.name);
        }
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(provider.id = %page.id, error, "the history of {} could not be imported", page.name);
        }
    }
}

fn is_due(page: &Provider, head: &PageHead, turns: Duration, now: Timestamp) -> bool {
    let is_here = head.identity.as_ref().is_none_or(|known| known.configured == page.page_url);
    let is_turn = match head.import_pending_since {
        Some(since) => now >= since + EARLIEST + turn(&page.id, turns),
        None => head.imported_at.is_none() && formats::history(&head.format).is_some() && is_in_turn(page, turns, now),
    };
    is_here && is_turn
}

/// When the turn of a page is, from the beginning of all turns.
fn turn(page: &ProviderId, turns: Duration) -> Duration {
    let number = u64::from_str_radix(&digest(&["history", page.as_str()])[..8], 16).expect("a digest is hex");
    Duration::from_secs(number % turns.as_secs())
}

/// Whether it is the turn of a page that is not marked.
fn is_in_turn(page: &Provider, turns: Duration, now: Timestamp) -> bool {
    let turns = turns.max(LEAST_TURNS);
    let begin = Timestamp::UNIX_EPOCH + turn(&page.id, turns);
    now.duration_since(begin).unsigned_abs().as_secs() % turns.as_secs() < (turns / TURN).as_secs()
}

/// Returns how many incidents were imported.
async fn import(
    poller: &Poller,
    reader: &Reader<'_>,
    page: &Provider,
    cached: &mut CachedPage,
    (initiator, now): (Initiator, Timestamp),
) -> anyhow::Result<usize> {
    let Some(stored) = stored_page(poller, &page.id).await?.page() else { return Ok(0) };
    let (Some(history), None) = (formats::history(&stored.head.format), stored.head.imported_at) else {
        // Another poller has done it.
        let (import_pending_since, imported_at) = (None, stored.head.imported_at);
        cached.head = cached.head.take().map(|head| PageHead { import_pending_since, imported_at, ..head });
        return Ok(0);
    };
    let resolved = stored.head.resolved.as_ref().filter(|resolved| resolved.from == page.page_url);
    let initiator = match resolved {
        Some(ResolvedUrl { private: Some(true), .. }) | None => initiator,
        Some(_) => Initiator::PublicPage,
    };
    let question = HistoryQuestion {
        history,
        page: Url::parse(resolved.map_or(&page.page_url, |resolved| &resolved.to))
            .context("the address of the page")?,
        source: stored.head.source.clone(),
        known: known(&stored.page_state),
        since: now - IMPORTED,
        now,
    };
    let past = match read_history(reader, &question, initiator).await {
        Ok(past) => past,
        Err(failure) if is_passing(&failure) && !is_given_up(&stored.head, now) => {
            let pause = failure.retry_after().unwrap_or_default().clamp(RETRY_AFTER, GIVE_UP_AFTER);
            cached.import_not_before = Some(now + pause);
            anyhow::bail!("{failure}");
        }
        Err(failure) => {
            tracing::info!(provider.id = %page.id, %failure, "{} is done without the history of its page", page.name);
            ParsedHistory::default()
        }
    };
    let (incidents, known) = (past.incidents, stored.clone());
    let decide = move || commit(known, incidents, now);
    let decided = reader.work(WORK_BYTES, decide).await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
    match poller.store.import_history(&decided).await {
        Err(error @ CommitError::TooLarge { .. }) => {
            tracing::warn!(provider.id = %page.id, %error, "the history of {} is too large to be stored", page.name);
            let nothing = commit(stored, Vec::new(), now);
            keep(page, cached, &nothing, poller.store.import_history(&nothing).await)
        }
        result => keep(page, cached, &decided, result),
    }
}

/// Returns how many incidents the commit imported.
fn keep(
    page: &Provider,
    cached: &mut CachedPage,
    commit: &Commit,
    result: Result<Option<OutboxRow>, CommitError>,
) -> anyhow::Result<usize> {
    match result {
        Ok(_) => {
            let PageHead { version, import_pending_since, imported_at, .. } = commit.page.head;
            cached.head =
                cached.head.take().map(|head| PageHead { version, import_pending_since, imported_at, ..head });
            Ok(commit.incidents.len())
        }
        // Another poller has changed the page: the next read finds that out.
        Err(CommitError::Conflict) => Ok(0),
        Err(error) => Err(error).with_context(|| format!("storing the history of page {}", page.id)),
    }
}

fn known(page_state: &PageState) -> Vec<KnownIncident> {
    let known = page_state.known().map(|(state, began_at)| KnownIncident {
        id: state.id_on_page().clone(),
        kind: state.incident.kind,
        began_at,
    });
    known.collect()
}

/// A page that is not marked gets its mark at its next change. Until then it is tried rarely.
fn is_given_up(head: &PageHead, now: Timestamp) -> bool {
    head.import_pending_since.is_some_and(|since| now >= since + GIVE_UP_AFTER)
}

/// It may be readable another time.
fn is_passing(failure: &ReadFailure) -> bool {
    let is_other = |error: &ReadError| matches!(error, ReadError::NotThisFormat(_) | ReadError::Malformed(_));
    !matches!(failure, ReadFailure::Unusable { error, .. } if is_other(error))
}

/// The stored page as it is, and what of these incidents is imported.
fn commit(stored: PageRecord, past: Vec<Incident>, now: Timestamp) -> Commit {
    let past = Snapshot {
        page: Page::default(),
        components: Vec::new(),
        incidents: past,
        coverage: Coverage { components: Listing::Partial, incidents: Listing::Partial },
    };
    let (past, _) = bound(past, std::iter::empty::<&IncidentId>());
    let version = stored.head.version;
    Commit {
        incidents: stored.page_state.import(past.incidents, now - IMPORTED, now),
        page_summary: None,
        alerts: Vec::new(),
        read_version: Some(version),
        page: PageRecord {
            head: PageHead { version: version + 1, import_pending_since: None, imported_at: Some(now), ..stored.head },
            page_state: stored.page_state,
        },
        now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_of_pages_are_spread_over_the_day_and_never_soon_after_the_first_read() {
        let turns: Vec<Duration> = (0..1_000).map(|number| turn(&page(number).id, TURNS)).collect();
        assert!(turns.iter().all(|turn| *turn < TURNS));
        for hour in 0..24 {
            let of_hour = turns.iter().filter(|turn| turn.as_secs() / 3600 == hour).count();
            assert!((10..90).contains(&of_hour), "{of_hour} in hour {hour}");
        }
        let head = PageHead { import_pending_since: Some(NOON), ..head() };
        assert!((0..1_000).all(|number| !is_due(&page(number), &head, TURNS, NOON + EARLIEST / 2)));
        assert!((0..1_000).all(|number| is_due(&page(number), &head, TURNS, NOON + EARLIEST + TURNS)));
    }

    #[test]
    fn page_that_is_not_marked_has_an_eighth_of_each_day_or_of_each_two_hours_if_it_is_watched() {
        let head = head();
        for (turns, all, step) in [(TURNS, TURNS, 60), (TURNS_OF_WATCHED, LEAST_TURNS, 5)] {
            let times = (0..).map(|n| NOON + Duration::from_secs(step * n)).take_while(|at| *at < NOON + all);
            let times: Vec<Timestamp> = times.collect();
            for page in (0..20).map(page) {
                let due = times.iter().filter(|at| is_due(&page, &head, turns, **at)).count();
                assert!(due.abs_diff(times.len() / 8) <= 1, "{due} of {}", times.len());
            }
            let at_noon = (0..800).filter(|number| is_due(&page(*number), &head, turns, NOON)).count();
            assert!((50..150).contains(&at_noon), "{at_noon} at a time");
        }
        let done = PageHead { imported_at: Some(NOON), ..head.clone() };
        let without = PageHead { format: "wedos".into(), ..head };
        assert!(times_of_a_day().all(|at| [&done, &without].iter().all(|head| !is_due(&page(1), head, TURNS, at))));
    }

    const NOON: Timestamp = Timestamp::constant(1_800_014_400, 0);

    fn times_of_a_day() -> impl Iterator<Item = Timestamp> {
        (0..24 * 60).map(|minute| NOON + Duration::from_secs(60 * minute))
    }

    fn page(number: u64) -> Provider {
        Provider {
            id: ProviderId::new(format!("page-{number}")),
            name: "Acme".into(),
            page_url: "https://status.acme.test".into(),
            format: None,
            interval: None,
        }
    }

    /// Of a page that was read before its head could say that its history waits.
    fn head() -> PageHead {
        let nothing = Snapshot {
            page: Page::default(),
            components: Vec::new(),
            incidents: Vec::new(),
            coverage: Coverage { components: Listing::Complete, incidents: Listing::Complete },
        };
        PageHead::of_read(&"acme".into(), 1, String::new(), &PageState::baseline(&nothing, NOON))
    }
}

//! The provider's own history from before the first read of its page (decision 74). Wanted properties:
//! - it is asked for once, at a poll after the first read, when no incident is open on the page;
//! - pages have turns over a day, so that a new instance does not ask all of them at once;
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
    snapshot::{Coverage, Incident, Kind, Listing, Page, Snapshot},
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
    let is_quiet = !head.unsettled && head.open.iter().all(|(kind, _)| *kind == Kind::Maintenance);
    let is_here = head.identity.as_ref().is_none_or(|known| known.configured == page.page_url);
    let is_turn = |since: Timestamp| now >= since + turn(&page.id, turns);
    is_quiet && is_here && head.import_pending_since.is_some_and(is_turn)
}

/// How long after the first read the turn of a page is.
fn turn(page: &ProviderId, turns: Duration) -> Duration {
    let number = u64::from_str_radix(&digest(&["history", page.as_str()])[..8], 16).expect("a digest is hex");
    EARLIEST + Duration::from_secs(number % turns.as_secs())
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
    let (Some(history), Some(pending_since)) =
        (formats::history(&stored.head.format), stored.head.import_pending_since)
    else {
        // Another poller has done it.
        cached.head = cached.head.take().map(|head| PageHead { import_pending_since: None, ..head });
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
        Err(failure) if is_passing(&failure) && now < pending_since + GIVE_UP_AFTER => {
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
            let version = commit.page.head.version;
            cached.head = cached.head.take().map(|head| PageHead { version, import_pending_since: None, ..head });
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
            head: PageHead { version: version + 1, import_pending_since: None, ..stored.head },
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
        let turns: Vec<Duration> =
            (0..1_000).map(|number| turn(&ProviderId::new(format!("page-{number}")), TURNS)).collect();
        assert!(turns.iter().all(|turn| (EARLIEST..EARLIEST + TURNS).contains(turn)));
        for hour in 0..24 {
            let of_hour = turns.iter().filter(|turn| (**turn - EARLIEST).as_secs() / 3600 == hour).count();
            assert!((10..90).contains(&of_hour), "{of_hour} in hour {hour}");
        }
    }
}

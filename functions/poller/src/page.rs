//! One page from top to bottom: read it, advance the page state, commit what changed with its alerts, keep the source's
//! health. Wanted properties:
//! - a read that gave no data changes nothing but the health;
//! - an unchanged page reads and writes nothing in the store;
//! - of two pollers that read a change at the same time one commits it, the other forgets what it knew.
use std::time::Duration;

use formats::{ReadError, detect::ResolvedBy};
use jiff::Timestamp;
use outbound::{FetchError, Validators};
use status::{
    alert::{alerts, source_alert},
    diff::diff,
    health::{Failure, GoodRead, HealthState, SourceHealth},
    ids::IncidentId,
    page_state::PageState,
    page_summary::PageSummary,
    provider::Provider,
    snapshot::{Kind, Listing, Snapshot},
    words::Event,
};
use store::{Commit, CommitError, PageHead, PageRecord, ResolvedUrl};
use tokio::time::timeout;
use url::Url;

use crate::{
    Poller, due,
    internet::is_out_there,
    memory::Known,
    news::{changed, tell},
    publish,
    read::{Before, Failed, First, Read, Seen, Whole, find_out, read},
};

/// Beyond this a page's wish to be left alone is taken for a mistake.
const LONGEST_REST: Duration = Duration::from_secs(24 * 3600);
/// For all requests of one read together, so that a round ends before the function's time-out.
const LONGEST_READ: Duration = Duration::from_secs(30);
/// No answer is taken to be fresh for longer, whatever it says: an incident would be missed.
const LONGEST_FRESH: Duration = Duration::from_secs(5 * 60);
/// After so many failed reads in a row a page that no longer matches its format is looked at anew.
const FAILURES_TO_FIND_OUT: u32 = 3;

pub(crate) enum Outcome {
    Unchanged,
    Changed {
        alerts: usize,
    },
    /// The read gave no data.
    Failed(Failure),
    /// It failed as all reads do on a machine without internet: the round decides whose fault that is.
    Unreachable(Failure),
}

impl Outcome {
    /// Nothing but `alerts` that fell due.
    fn of(alerts: usize) -> Self {
        if alerts == 0 { Self::Unchanged } else { Self::Changed { alerts } }
    }

    fn and(self, due: usize) -> Self {
        match self {
            Self::Unchanged => Self::of(due),
            Self::Changed { alerts } => Self::Changed { alerts: alerts + due },
            failed => failed,
        }
    }
}

/// Polls one page. Fails only if the store or the queue does.
pub(crate) async fn poll(
    poller: &Poller,
    page: &Provider,
    known: &mut Known,
    now: Timestamp,
) -> anyhow::Result<Outcome> {
    known.last_read = Some(now);
    let url = match Url::parse(&page.page_url) {
        Ok(url) => url,
        Err(error) => {
            let reason = format!("its URL is none: {error}");
            return Ok(Outcome::Failed(Failure { reason, not_before: None }));
        }
    };
    let due = due::fire_due(poller, page, known, now).await?;
    let out_there = is_out_there(&url);
    let result = timeout(LONGEST_READ, look(poller, page, &url, known, now)).await.unwrap_or(Err(Failed::TooSlow));
    let answered = !matches!(&result, Err(Failed::Fetch(error)) if no_answer(error));
    if out_there && answered {
        poller.memory.internet.answered();
    }
    match result {
        Ok(Read::Unchanged(first)) => {
            known.validators = first.validators;
            known.fresh_until = first.max_age.map(|age| now + age.min(LONGEST_FRESH));
            good_read(poller, page, known, None, now).await?;
            Ok(Outcome::of(due))
        }
        Ok(Read::Whole(whole)) => {
            let said = GoodRead {
                problems: whole.parsed.problems.clone(),
                moved_to: whole.moved_to.as_ref().map(Url::to_string),
                read_at: whole.led.as_ref().map(|(to, _)| to.to_string()),
            };
            let outcome = believe(poller, page, known, whole, now).await?;
            if matches!(outcome, Outcome::Failed(_)) {
                return Ok(outcome);
            }
            good_read(poller, page, known, Some(said), now).await?;
            Ok(outcome.and(due))
        }
        Err(failed) => {
            let not_before = match &failed {
                Failed::Unusable { retry_after, .. } => retry_after.map(|rest| now + rest.min(LONGEST_REST)),
                Failed::Fetch(_) | Failed::NoFormat(_) | Failed::TooSlow => None,
            };
            let failure = Failure { reason: failed.to_string(), not_before };
            match &failed {
                Failed::Fetch(error) if out_there && no_answer(error) => {
                    poller.memory.internet.no_answer(error, now);
                    Ok(Outcome::Unreachable(failure))
                }
                _ => Ok(Outcome::Failed(failure)),
            }
        }
    }
}

fn no_answer(error: &FetchError) -> bool {
    matches!(error, FetchError::Dns { .. } | FetchError::Connect { .. } | FetchError::Timeout { .. })
}

async fn look(poller: &Poller, page: &Provider, url: &Url, known: &Known, now: Timestamp) -> Result<Read, Failed> {
    let configured = page.format.as_deref();
    let head = known.head.as_ref().filter(|head| configured.is_none_or(|format| format == head.format));
    let name = head.map(|head| head.format.as_str()).or(configured);
    let Some(format) = name.and_then(formats::format) else {
        let hint = catalogue::find(page.id.as_str())
            .and_then(|entry| formats::of_platform(entry.platform))
            .map(|format| format.name);
        return find_out(&poller.outbound, url, hint, now).await.map(Read::Whole);
    };
    let before = Before {
        format,
        source: head.map(|head| head.source.as_str()),
        open: head.map_or(&[], |head| head.open.as_slice()),
        seen: head
            .filter(|head| !head.unsettled && head.read_again_at.is_none_or(|at| at > now))
            .map(|_| Seen { validators: &known.validators, raw_digest: known.raw_digest.as_deref() }),
    };
    let led = head.and_then(|head| head.resolved.as_ref()).filter(|led| led.from == page.page_url);
    let led_to = led.and_then(|led| Url::parse(&led.to).ok());
    let result = read(&poller.outbound, led_to.as_ref().unwrap_or(url), before, now).await;
    let failures = known.health.as_ref().map_or(0, |health| health.failures);
    match result {
        // The page may have moved to another format. One that does not answer at all has not.
        Err(failed @ Failed::Unusable { error: ReadError::NotThisFormat(_), .. })
            if configured.is_none() && failures + 1 >= FAILURES_TO_FIND_OUT =>
        {
            match find_out(&poller.outbound, url, name, now).await {
                // Where a page that fails merely links to may be somebody else's.
                Ok(whole) if whole.led.as_ref().is_none_or(|(_, by)| *by == ResolvedBy::Redirect) => {
                    Ok(Read::Whole(whole))
                }
                _ => Err(failed),
            }
        }
        Ok(Read::Whole(whole)) => Ok(Read::Whole(Whole { led: led_to.map(|to| (to, ResolvedBy::Link)), ..whole })),
        other => other,
    }
}

/// Advances the stored page state by a whole read and commits the difference.
async fn believe(
    poller: &Poller,
    page: &Provider,
    known: &mut Known,
    whole: Whole,
    now: Timestamp,
) -> anyhow::Result<Outcome> {
    let Whole { format, mut parsed, first, led, moved_to: _ } = whole;
    let (validators, raw_digest, max_age) = match first {
        Some(First { validators, raw_digest, max_age }) => (validators, Some(raw_digest), max_age),
        None => (Validators::default(), None, None),
    };
    let moved = known.head.as_ref().is_some_and(|head| head.format != format || head.source != parsed.source);
    if moved {
        // The new source was not asked for what the old one had open, so nothing is concluded from what it leaves out.
        parsed.snapshot.coverage.incidents = Listing::Partial;
    }
    let snapshot_digest = parsed.snapshot.digest();
    let same_meaning = known
        .head
        .as_ref()
        .is_some_and(|head| head.snapshot_digest == snapshot_digest && head.source == parsed.source && !head.unsettled);
    let read_again_at = next_turn(&parsed.snapshot, now);
    if same_meaning {
        if let Some(head) = &mut known.head {
            head.read_again_at = read_again_at;
        }
        match &mut known.head {
            // What the page lists no longer was found elsewhere as it was: that answer may be older than the page.
            Some(head) if !parsed.unlisted.is_empty() => head.unsettled = true,
            _ => known.recognise(validators, raw_digest, max_age, now),
        }
        return Ok(Outcome::Unchanged);
    }

    let stored = match &known.head {
        Some(_) => poller.store.page(&page.id).await?,
        // Never read by this process: another one may have done so in the meantime, which the commit will tell.
        None => None,
    };
    let (page_state, incidents, alerts) = match &stored {
        None => {
            let page_state = PageState::baseline(&parsed.snapshot, now);
            let incidents = page_state.incidents.clone();
            (page_state, incidents, Vec::new())
        }
        Some(record) => {
            let page_state = if moved {
                record.page_state.migrate(&parsed.snapshot, now)
            } else {
                record.page_state.apply(&parsed.snapshot, now)
            };
            let changes = diff(&record.page_state, &page_state);
            let alerts = alerts(page, &record.page_state, &page_state, &changes, now);
            let incidents = changed(&record.page_state, &page_state);
            (page_state, incidents, alerts)
        }
    };
    let read_version = stored.as_ref().map(|record| record.head.version);
    let open = page_state.open();
    let head = PageHead {
        provider: page.id.clone(),
        version: read_version.map_or(1, |version| version + 1),
        format: format.to_owned(),
        source: parsed.source.to_string(),
        resolved: led.map(|(to, _)| ResolvedUrl { from: page.page_url.clone(), to: to.to_string() }),
        etag: validators.etag.clone(),
        last_modified: validators.last_modified.clone(),
        body_digest: raw_digest.clone(),
        snapshot_digest,
        unsettled: !page_state.is_settled()
            || open.iter().any(|(_, id)| parsed.unlisted.contains(id) || !is_listed(&parsed.snapshot, id)),
        due_at: page_state.due_at(now),
        read_again_at,
        open,
    };
    if stored.as_ref().is_some_and(|record| record.page_state == page_state && record.head.source == head.source) {
        known.head = Some(PageHead { version: head.version - 1, ..head });
        known.recognise(validators, raw_digest, max_age, now);
        return Ok(Outcome::Unchanged);
    }
    let is_baseline = read_version.is_none();
    let shown_before = stored.as_ref().map(|record| PageSummary::of(&page.id, &record.page_state));
    let page_summary =
        Some(PageSummary::of(&page.id, &page_state)).filter(|page_summary| shown_before.as_ref() != Some(page_summary));
    let page_record = PageRecord { head: head.clone(), page_state };
    let commit = Commit { page: page_record, read_version, incidents, page_summary, alerts, now };
    match poller.store.commit(&commit).await {
        Ok(row) => {
            known.head = Some(head);
            known.recognise(validators, raw_digest, max_age, now);
            tell(page, &commit.alerts, is_baseline);
            publish::publish(poller, row).await;
            Ok(Outcome::Changed { alerts: commit.alerts.len() })
        }
        Err(CommitError::Conflict) => {
            tracing::info!(provider.id = %page.id, "another poller was faster");
            let heads = poller.store.page_heads(std::slice::from_ref(&page.id)).await?;
            *known = Known { head: heads.into_values().next(), health: known.health.take(), ..Known::default() };
            known.last_read = Some(now);
            Ok(Outcome::Unchanged)
        }
        Err(error @ CommitError::TooLarge { .. }) => {
            Ok(Outcome::Failed(Failure { reason: format!("it says too much to be kept: {error}"), not_before: None }))
        }
        Err(error) => Err(anyhow::Error::new(error).context(format!("committing what {} says", page.id))),
    }
}

impl Known {
    fn recognise(
        &mut self,
        validators: Validators,
        raw_digest: Option<String>,
        max_age: Option<Duration>,
        now: Timestamp,
    ) {
        self.validators = validators;
        self.raw_digest = raw_digest;
        self.fresh_until = max_age.map(|age| now + age.min(LONGEST_FRESH));
    }
}

/// When planned work on the page begins or ends next.
fn next_turn(snapshot: &Snapshot, now: Timestamp) -> Option<Timestamp> {
    let windows = snapshot.incidents.iter().filter(|it| !it.is_over()).filter_map(|incident| incident.window);
    windows.flat_map(|window| [window.starts_at, window.ends_at]).flatten().filter(|at| *at > now).min()
}

/// One that is open and not on the page has to be looked up again, however unchanged the page is: the look-up may have
/// failed.
fn is_listed(snapshot: &Snapshot, id: &IncidentId) -> bool {
    snapshot.incidents.iter().any(|incident| incident.id == *id)
}

/// `said`: by a page read in full; an unchanged page says what it said before.
async fn good_read(
    poller: &Poller,
    page: &Provider,
    known: &mut Known,
    said: Option<GoodRead>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let before = known.health.as_ref();
    let said_before = before.map(SourceHealth::good_read).unwrap_or_default();
    let is_news = said.as_ref().is_some_and(|said| *said != said_before);
    if !is_news && before.is_none_or(|health| health.failures == 0) {
        return Ok(());
    }
    let said = said.unwrap_or(said_before);
    if let Some(moved_to) = said.moved_to.as_ref().filter(|_| is_news) {
        tracing::info!(provider.id = %page.id, moved_to, "{} has moved for good; put the new address in its place", page.name);
    }
    let (health, event) = SourceHealth::after_good_read(before, said, now);
    if before.is_some_and(|health| health.failures > 0) {
        tracing::info!(provider.id = %page.id, "{} can be read again", page.name);
    }
    keep_health(poller, page, known, health, event, now).await
}

/// Records a failed read. `platform_fault`: most pages of its platform failed in this round.
pub(crate) async fn failed_read(
    poller: &Poller,
    page: &Provider,
    known: &mut Known,
    failure: Failure,
    platform_fault: bool,
    now: Timestamp,
) -> anyhow::Result<()> {
    let before = known.health.as_ref();
    let (health, event) = SourceHealth::after_failed_read(before, failure, platform_fault, now);
    // Long unreadable pages are not counted on: a dead page must not cost a write at every read.
    let stays = |before: &SourceHealth| {
        before.state == HealthState::Unreadable
            && before.reason == health.reason
            && before.not_before == health.not_before
    };
    if before.is_some_and(stays) {
        known.health = Some(health);
        return Ok(());
    }
    if before.is_none_or(|before| before.failures == 0) {
        let reason = health.reason.as_deref().unwrap_or_default();
        tracing::info!(provider.id = %page.id, reason, "{} could not be read", page.name);
    }
    keep_health(poller, page, known, health, event, now).await
}

async fn keep_health(
    poller: &Poller,
    page: &Provider,
    known: &mut Known,
    health: SourceHealth,
    event: Option<Event>,
    now: Timestamp,
) -> anyhow::Result<()> {
    match event {
        None => poller.store.put_health(&page.id, &health).await?,
        Some(event) => {
            let spell = known.health.as_ref().filter(|_| event == Event::Readable).unwrap_or(&health);
            let alert = source_alert(page, spell, event, now);
            tracing::warn!(provider.id = %page.id, alert.id = %alert.id, "{}: {}", page.name, alert.incident.title);
            let row = poller.store.commit_health(&page.id, &health, &[alert], now).await?;
            publish::publish(poller, row).await;
        }
    }
    known.health = Some(health);
    Ok(())
}

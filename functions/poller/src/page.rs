//! One page from top to bottom: read it, apply the read to its stored state, keep the health of the source. Wanted
//! properties:
//! - a read that gave no data changes nothing but the health (truth rule 1);
//! - an unchanged page causes no read and no write in the store.
use std::{sync::Arc, time::Duration};

use formats::{Format, ReadError, detect::ResolvedBy};
use jiff::Timestamp;
use outbound::{FetchError, Initiator};
use status::{
    health::{Failure, GoodRead},
    provider::Provider,
};
use store::{PageHead, ResolvedUrl};
use url::Url;

use crate::{
    Poller,
    apply::{Applied, apply},
    cache::CachedPage,
    due, filters,
    health::good_read,
    login::NoLogin,
    memory::{Memory, Nothing, Remembered},
    outcome::Outcome,
    overlay,
    read::{
        DetectRequest, End, FullRead, LastResponse, Read, ReadFailure, ReadRequest, detect_with, read_with,
        reader::Reader, trace::Trace,
    },
};

/// A longer `Retry-After` is taken for a mistake.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);
/// After this many failed reads in a row, the format of a page that no longer matches it is detected again.
const FAILURES_TO_DETECT: u32 = 3;

/// Polls one page. Fails only if the store fails.
pub(crate) async fn poll(
    poller: &Poller,
    reader: &Reader<'_>,
    page: &Arc<Provider>,
    cached: &mut CachedPage,
    now: Timestamp,
) -> anyhow::Result<Outcome> {
    let url = match Url::parse(&page.page_url) {
        Ok(url) => url,
        Err(error) => {
            let reason = format!("the configured address is not a URL: {error}");
            return Ok(Outcome::Failed(Failure::new(reason)));
        }
    };
    // Without it the page would say that we may not read it, or show what it shows to everybody.
    let no_login = poller.cache().logins.get(&page.id).and_then(|login| login.clone().err());
    match no_login {
        Some(NoLogin::NoKeys) => return Ok(Outcome::Hindered("the keys of its login could not be read".to_owned())),
        Some(NoLogin::Unusable(reason)) => return Ok(Outcome::Failed(Failure::new(reason))),
        None => {}
    }
    let due = due::fire_due(poller, page, cached, now).await?;
    forget_confirmed_move(poller, page, cached).await?;
    let result = read_page(poller, reader, page, &url, cached, now).await;
    let origin = cached.origin(page);
    if let Some(origin) = &origin
        && !matches!(&result, Err(Stopped::New(failure, _)) if is_no_sign(failure))
    {
        poller.connectivity.answered(origin, now);
    }
    match result {
        Ok((Read::Unchanged(first), _)) => {
            cached.memory.of_reading = None;
            cached.keep_unchanged(first, now);
            good_read(poller, page, cached, None, now).await?;
            filters::check(poller, page, cached, now).await;
            Ok(Outcome::of(due))
        }
        Ok((Read::Full(full), trace)) => {
            let outcome = apply_read(poller, reader, page, cached, (full, trace), now).await?;
            Ok(outcome.and(due))
        }
        Err(Stopped::New(failure, memory)) => {
            let outcome = failed(poller, page, origin.as_deref(), &failure, now);
            memory.keep(cached, Nothing::Failed(*failure), now);
            Ok(outcome)
        }
        Err(Stopped::Again(nothing)) => again(poller, page, cached, nothing, now).await,
    }
}

/// Applies a full read, and keeps what it says of the source.
async fn apply_read(
    poller: &Poller,
    reader: &Reader<'_>,
    page: &Arc<Provider>,
    cached: &mut CachedPage,
    (full, trace): (FullRead, Which),
    now: Timestamp,
) -> anyhow::Result<Outcome> {
    let mut good = GoodRead {
        problems: full.parsed.problems.clone(),
        moved_to: full.moved_to.as_ref().map(Url::to_string),
        read_at: full.resolved.as_ref().map(|(to, _)| to.to_string()),
    };
    let outcome = match apply(poller, reader, page, cached, full, now).await? {
        Applied::Unchanged => Outcome::Unchanged,
        Applied::Changed { alerts } => Outcome::Changed { alerts },
        Applied::Not(nothing) => {
            match &nothing {
                Nothing::NotStored(reason) => {
                    tracing::error!(provider.id = %page.id, reason, "{} was read and not stored", page.name);
                    good.problems.push(reason.clone());
                    good_read(poller, page, cached, Some(good), now).await?;
                }
                Nothing::Failed(_) | Nothing::Moved(_) => {}
            }
            let outcome = outcome_of(poller, page, cached.origin(page).as_deref(), &nothing, now);
            trace.keep(cached, nothing, now);
            return Ok(outcome);
        }
    };
    trace.forget(cached);
    good.problems.extend(cached.head.as_ref().and_then(|head| head.left_out.clone()));
    good_read(poller, page, cached, Some(good), now).await?;
    filters::check(poller, page, cached, now).await;
    Ok(outcome)
}

/// A page that has moved may have been confirmed meanwhile: then it is read in full.
async fn forget_confirmed_move(poller: &Poller, page: &Provider, cached: &mut CachedPage) -> anyhow::Result<()> {
    let is_moved = |known: &Option<Remembered>| matches!(known, Some(Remembered { outcome: Nothing::Moved(_), .. }));
    if !is_moved(&cached.memory.of_reading) && !is_moved(&cached.memory.of_detection) {
        return Ok(());
    }
    let heads = poller.store.page_heads(std::slice::from_ref(&page.id)).await?;
    if heads.get(&page.id).map(|head| head.version) != cached.head.as_ref().map(|head| head.version) {
        cached.memory = Memory::default();
    }
    Ok(())
}

/// The same came as at a read that led to nothing.
async fn again(
    poller: &Poller,
    page: &Provider,
    cached: &mut CachedPage,
    nothing: Nothing,
    now: Timestamp,
) -> anyhow::Result<Outcome> {
    match &nothing {
        Nothing::NotStored(_) => good_read(poller, page, cached, None, now).await?,
        Nothing::Moved(_) | Nothing::Failed(_) => {}
    }
    Ok(outcome_of(poller, page, cached.origin(page).as_deref(), &nothing, now))
}

fn outcome_of(poller: &Poller, page: &Provider, origin: Option<&str>, nothing: &Nothing, now: Timestamp) -> Outcome {
    match nothing {
        Nothing::NotStored(_) => Outcome::NotStored,
        Nothing::Moved(failure) => Outcome::Failed(failure.clone()),
        Nothing::Failed(failure) => failed(poller, page, origin, failure, now),
    }
}

fn failed(poller: &Poller, page: &Provider, origin: Option<&str>, failure: &ReadFailure, now: Timestamp) -> Outcome {
    if failure.is_no_turn() {
        return Outcome::NoTurn;
    }
    if failure.is_ours() {
        return Outcome::Hindered(failure.to_string());
    }
    let not_before = failure.retry_after().map(|after| now + after.min(MAX_RETRY_AFTER));
    let refused = matches!(failure, ReadFailure::Refused { .. });
    let unrecognised = failure.is_unrecognised();
    let gone = failure.is_gone(&own_hosts(poller, page, now));
    let reported = Failure { reason: failure.in_short(), not_before, refused, unrecognised, gone, moved: None };
    match (failure, origin) {
        (ReadFailure::Fetch(error), Some(origin)) if is_no_answer(error) => {
            poller.connectivity.no_answer(origin, error, now);
            Outcome::Unreachable(reported)
        }
        _ => Outcome::Failed(reported),
    }
}

/// Of its listed address, and of the one that it is known to have moved to.
fn own_hosts(poller: &Poller, page: &Provider, now: Timestamp) -> Vec<String> {
    let moved_to = overlay::new_address(poller, page, now).map(|moved| moved.to);
    let urls = [Some(page.page_url.clone()), moved_to].into_iter().flatten();
    urls.filter_map(|url| Some(Url::parse(&url).ok()?.host_str()?.to_owned())).collect()
}

/// Whether the page may not have answered at all.
fn is_no_sign(failure: &ReadFailure) -> bool {
    failure.is_ours() || is_not_asked(failure) || matches!(failure, ReadFailure::Fetch(error) if is_no_answer(error))
}

/// Its address is none that we may reach.
fn is_not_asked(failure: &ReadFailure) -> bool {
    matches!(failure, ReadFailure::Fetch(FetchError::Refused(_)))
}

fn is_no_answer(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::Dns { .. } | FetchError::Connect { .. } | FetchError::Timeout { .. } | FetchError::Tls { .. }
    )
}

/// What a read asked for and what came, and which of the page's memories it concerns.
struct Which {
    trace: Trace,
    is_detection: bool,
}

impl Which {
    fn keep(self, cached: &mut CachedPage, outcome: Nothing, now: Timestamp) {
        let version = cached.head.as_ref().map(|head| head.version);
        let remembered = Remembered::new(self.trace, version, outcome, now);
        match self.is_detection {
            true => cached.memory.of_detection = remembered,
            false => cached.memory.of_reading = remembered,
        }
    }

    fn forget(self, cached: &mut CachedPage) {
        cached.memory = Memory::default();
    }
}

/// Why a read led to nothing.
enum Stopped {
    New(Box<ReadFailure>, Which),
    /// The same came as when it led to nothing.
    Again(Nothing),
}

type Done = Result<(Read, Which), Stopped>;

fn done(end: End, is_detection: bool, known: Option<&Remembered>) -> Done {
    match (end, known) {
        (End::Read(Ok(read), trace), _) => Ok((read, Which { trace, is_detection })),
        (End::Read(Err(failure), trace), _) => Err(Stopped::New(failure.into(), Which { trace, is_detection })),
        (End::Again, Some(known)) => Err(Stopped::Again(known.outcome.clone())),
        (End::Again, None) => unreachable!("nothing is known that could come again"),
    }
}

/// One read of a page with what is known of it.
struct PageReader<'a> {
    reader: &'a Reader<'a>,
    url: &'a Url,
    cached: &'a CachedPage,
    /// Who chose the address of the page.
    initiator: Initiator,
    now: Timestamp,
}

/// Reads the page with its known format, or detects the format.
async fn read_page(
    poller: &Poller,
    reader: &Reader<'_>,
    page: &Provider,
    url: &Url,
    cached: &CachedPage,
    now: Timestamp,
) -> Done {
    // The networks that we may reach are open to the pages of accounts; the catalogue lists public pages.
    let is_ours = poller.cache().added.contains(&page.id);
    let initiator = if is_ours { Initiator::Us } else { Initiator::PublicPage };
    let page_reader = PageReader { reader, url, cached, initiator, now };
    let configured = page.format.as_deref();
    let head = cached.head.as_ref().filter(|head| configured.is_none_or(|format| format == head.format));
    // What is known of the page at another address says nothing about the one at this.
    let is_here = |head: &&PageHead| head.identity.as_ref().is_none_or(|known| known.configured == page.page_url);
    let head = head.filter(is_here);
    let name = head.map(|head| head.format.as_str()).or(configured);
    let Some(format) = name.and_then(formats::format) else {
        let entry = catalogue::find(page.id.as_str());
        let hint = entry.and_then(|entry| formats::of_platform(entry.platform)).map(|format| format.name);
        return page_reader.detect(hint).await;
    };
    let resolved = head.and_then(|head| head.resolved.as_ref()).filter(|resolved| resolved.from == page.page_url);
    let moved = overlay::new_address(poller, page, now);
    let resolved = moved.as_ref().or(resolved);
    let result = match page_reader.read(format, head, resolved).await {
        // It may have moved back.
        Err(stopped) if moved.is_some() && !stopped.is_ours() => {
            page_reader.read(format, head, None).await.map_err(|_| stopped)
        }
        other => other,
    };
    let failures = cached.health.as_ref().map_or(0, |health| health.failures);
    match result {
        // The page may have moved to another format. One that does not answer at all has not.
        Err(stopped)
            if stopped.is_of_another_format() && configured.is_none() && failures + 1 >= FAILURES_TO_DETECT =>
        {
            match page_reader.detect(name).await {
                // A failing page may link to somebody else's page, so only redirects are followed.
                Ok((Read::Full(full), which))
                    if full.resolved.as_ref().is_none_or(|(_, by)| *by == ResolvedBy::Redirect) =>
                {
                    Ok((Read::Full(full), which))
                }
                // That nothing is there says more than that it is no page of the known format.
                Err(nothing) if nothing.is_not_there() => Err(nothing),
                _ => Err(stopped),
            }
        }
        // Rows of older versions do not say who chose the address, so it is looked for anew.
        Err(Stopped::New(failure, _)) if resolved.is_some() && is_not_asked(&failure) => page_reader.detect(name).await,
        other => other,
    }
}

impl PageReader<'_> {
    async fn detect(&self, hint: Option<&str>) -> Done {
        let known = self.cached.memory.of_detection.as_ref();
        let request = DetectRequest { initiator: self.initiator, hint };
        let end = detect_with(self.reader, self.url, request, self.trace(known), self.now).await;
        done(end, true, known)
    }

    async fn read(&self, format: &'static Format, head: Option<&PageHead>, resolved: Option<&ResolvedUrl>) -> Done {
        let cached = self.cached;
        let request = ReadRequest {
            format,
            initiator: match resolved {
                Some(ResolvedUrl { private: Some(true), .. }) | None => self.initiator,
                Some(_) => Initiator::PublicPage,
            },
            source: head.map(|head| head.source.as_str()),
            open: head.map_or(&[], |head| head.open.as_slice()),
            last: head
                .filter(|head| !head.unsettled && head.identity.is_some())
                .filter(|head| head.read_again_at.is_none_or(|at| at > self.now))
                .map(|_| LastResponse {
                    validators: &cached.validators,
                    raw_digest: cached.raw_digest.as_deref(),
                    is_moved: cached.health.as_ref().is_some_and(|health| health.moved_to.is_some()),
                }),
        };
        let resolved = resolved.and_then(|resolved| Url::parse(&resolved.to).ok());
        let known = cached.memory.of_reading.as_ref();
        let url = resolved.as_ref().unwrap_or(self.url);
        let end = read_with(self.reader, url, request, self.trace(known), self.now).await;
        match done(end, false, known)? {
            (Read::Full(full), which) => {
                Ok((Read::Full(FullRead { resolved: resolved.map(|to| (to, ResolvedBy::Link)), ..full }), which))
            }
            unchanged => Ok(unchanged),
        }
    }

    /// What came when it led to nothing, if it would lead to nothing again.
    fn trace<'k>(&self, known: Option<&'k Remembered>) -> Option<&'k Trace> {
        let head = self.cached.head.as_ref();
        known?.trace(head.map(|head| head.version), head.is_some_and(|head| head.unsettled), self.now)
    }
}

impl Stopped {
    /// This machine is at fault, so that another request would fail too.
    fn is_ours(&self) -> bool {
        matches!(self, Self::New(failure, _) if failure.is_ours())
    }

    fn failure(&self) -> Option<&ReadFailure> {
        match self {
            Self::New(failure, _) => Some(failure),
            Self::Again(Nothing::Failed(failure)) => Some(failure),
            Self::Again(_) => None,
        }
    }

    fn is_of_another_format(&self) -> bool {
        matches!(self.failure(), Some(ReadFailure::Unusable { error: ReadError::NotThisFormat(_), .. }))
    }

    fn is_not_there(&self) -> bool {
        matches!(self.failure(), Some(ReadFailure::NotThere { .. }))
    }
}

//! One page from top to bottom: read it, apply the read to its stored state, keep the health of the source. Wanted
//! properties:
//! - a read that gave no data changes nothing but the health (truth rule 1);
//! - an unchanged page causes no read and no write in the store.
use std::time::Duration;

use formats::{ReadError, detect::ResolvedBy};
use jiff::Timestamp;
use outbound::{FetchError, Initiator};
use status::{
    health::{Failure, GoodRead},
    provider::Provider,
};
use store::{PageHead, ResolvedUrl};
use tokio::time::timeout;
use url::Url;

use crate::{
    Poller,
    apply::apply,
    cache::CachedPage,
    due, filters,
    health::good_read,
    outcome::Outcome,
    read::{FullRead, LastResponse, Read, ReadFailure, ReadRequest, detect, read},
};

/// A longer `Retry-After` is taken for a mistake.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);
/// For all requests of one read together, so that a round ends before the function's time-out.
const MAX_READ: Duration = Duration::from_secs(30);
/// After this many failed reads in a row, the format of a page that no longer matches it is detected again.
const FAILURES_TO_DETECT: u32 = 3;

/// Polls one page. Fails only if the store fails.
pub(crate) async fn poll(
    poller: &Poller,
    page: &Provider,
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
    let due = due::fire_due(poller, page, cached, now).await?;
    let result = timeout(MAX_READ, read_page(poller, page, &url, cached, now)).await;
    let result = result.unwrap_or(Err(ReadFailure::TooSlow));
    let origin = cached.origin(page);
    if let Some(origin) = &origin
        && !matches!(&result, Err(ReadFailure::Fetch(error)) if is_no_answer(error) || is_not_asked(error))
    {
        poller.connectivity.answered(origin, now);
    }
    match result {
        Ok(Read::Unchanged(first)) => {
            cached.validators = first.validators;
            cached.set_fresh(first.max_age, now);
            good_read(poller, page, cached, None, now).await?;
            filters::check(poller, page, cached, now).await;
            Ok(Outcome::of(due))
        }
        Ok(Read::Full(full)) => {
            let mut good = GoodRead {
                problems: full.parsed.problems.clone(),
                moved_to: full.moved_to.as_ref().map(Url::to_string),
                read_at: full.resolved.as_ref().map(|(to, _)| to.to_string()),
            };
            let outcome = apply(poller, page, cached, full, now).await?;
            if matches!(outcome, Outcome::Failed(_)) {
                return Ok(outcome);
            }
            good.problems.extend(cached.head.as_ref().and_then(|head| head.left_out.clone()));
            good_read(poller, page, cached, Some(good), now).await?;
            filters::check(poller, page, cached, now).await;
            Ok(outcome.and(due))
        }
        Err(failure) => Ok(failed(poller, origin.as_deref(), &failure, now)),
    }
}

fn failed(poller: &Poller, origin: Option<&str>, failure: &ReadFailure, now: Timestamp) -> Outcome {
    let not_before = match failure {
        ReadFailure::Unusable { retry_after, .. } | ReadFailure::Refused { retry_after, .. } => {
            retry_after.map(|after| now + after.min(MAX_RETRY_AFTER))
        }
        ReadFailure::Fetch(_) | ReadFailure::NoFormat(_) | ReadFailure::TooSlow => None,
    };
    let refused = matches!(failure, ReadFailure::Refused { .. });
    let reported = Failure { reason: failure.to_string(), not_before, refused, moved: None };
    match (failure, origin) {
        (ReadFailure::Fetch(error), Some(origin)) if is_no_answer(error) => {
            poller.connectivity.no_answer(origin, error, now);
            Outcome::Unreachable(reported)
        }
        (failure, _) if failure.is_ours() => Outcome::Hindered(reported.reason),
        _ => Outcome::Failed(reported),
    }
}

fn is_not_asked(error: &FetchError) -> bool {
    error.is_ours() || matches!(error, FetchError::Refused(_))
}

fn is_no_answer(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::Dns { .. } | FetchError::Connect { .. } | FetchError::Timeout { .. } | FetchError::Tls { .. }
    )
}

/// Reads the page with its known format, or detects the format.
async fn read_page(
    poller: &Poller,
    page: &Provider,
    url: &Url,
    cached: &CachedPage,
    now: Timestamp,
) -> Result<Read, ReadFailure> {
    let configured = page.format.as_deref();
    // The networks that we may reach are open to the pages of accounts; the catalogue lists public pages.
    let is_ours = poller.cache().added.contains(&page.id);
    let initiator = if is_ours { Initiator::Us } else { Initiator::PublicPage };
    let head = cached.head.as_ref().filter(|head| configured.is_none_or(|format| format == head.format));
    // What is known of the page at another address says nothing about the one at this.
    let is_here = |head: &&PageHead| head.identity.as_ref().is_none_or(|known| known.configured == page.page_url);
    let head = head.filter(is_here);
    let name = head.map(|head| head.format.as_str()).or(configured);
    let Some(format) = name.and_then(formats::format) else {
        let entry = catalogue::find(page.id.as_str());
        let hint = entry.and_then(|entry| formats::of_platform(entry.platform)).map(|format| format.name);
        return detect(&poller.outbound, url, initiator, hint, now).await.map(Read::Full);
    };
    let resolved = head.and_then(|head| head.resolved.as_ref()).filter(|resolved| resolved.from == page.page_url);
    let request = ReadRequest {
        format,
        initiator: match resolved {
            Some(ResolvedUrl { private: Some(true), .. }) | None => initiator,
            Some(_) => Initiator::PublicPage,
        },
        source: head.map(|head| head.source.as_str()),
        open: head.map_or(&[], |head| head.open.as_slice()),
        last: head
            .filter(|head| !head.unsettled && head.identity.is_some())
            .filter(|head| head.read_again_at.is_none_or(|at| at > now))
            .map(|_| LastResponse { validators: &cached.validators, raw_digest: cached.raw_digest.as_deref() }),
    };
    let resolved = resolved.and_then(|resolved| Url::parse(&resolved.to).ok());
    let result = read(&poller.outbound, resolved.as_ref().unwrap_or(url), request, now).await;
    let failures = cached.health.as_ref().map_or(0, |health| health.failures);
    match result {
        // The page may have moved to another format. One that does not answer at all has not.
        Err(failure @ ReadFailure::Unusable { error: ReadError::NotThisFormat(_), .. })
            if configured.is_none() && failures + 1 >= FAILURES_TO_DETECT =>
        {
            match detect(&poller.outbound, url, initiator, name, now).await {
                // A failing page may link to somebody else's page, so only redirects are followed.
                Ok(full) if full.resolved.as_ref().is_none_or(|(_, by)| *by == ResolvedBy::Redirect) => {
                    Ok(Read::Full(full))
                }
                _ => Err(failure),
            }
        }
        // Rows of older versions do not say who chose the address, so it is looked for anew.
        Err(ReadFailure::Fetch(FetchError::Refused(_))) if resolved.is_some() => {
            detect(&poller.outbound, url, initiator, name, now).await.map(Read::Full)
        }
        Ok(Read::Full(full)) => {
            Ok(Read::Full(FullRead { resolved: resolved.map(|to| (to, ResolvedBy::Link)), ..full }))
        }
        other => other,
    }
}

//! What reads show of the rows of the catalogue, kept in the overlay: the platform that a page is on, where it has
//! moved, and that it is dead. Wanted properties:
//! - a row is written when what it says changes, so that a usual round writes none;
//! - a page is dead only by evidence of it, never for what it answers;
//! - an address that may be somebody else's page is noted and never read in the page's place (truth rule 11);
//! - what an earlier shipped file was corrected by says nothing about this one.
use catalogue::{Entry, find_by_page, is_page_url, page_key};
use formats::{found_platform, is_page_of};
use jiff::Timestamp;
use status::{
    catalogue_overlay::OverlayRow,
    health::{HealthState, SourceHealth},
    identity::PageIdentity,
    ids::ProviderId,
    provider::Provider,
};
use store::{PageHead, ResolvedUrl};
use url::Url;

use crate::{Poller, cache::CachedPage};

/// The row of the catalogue that this page is polled for. A page that an account added is not of the catalogue, also if
/// it has the id of one.
fn entry_of(poller: &Poller, page: &Provider) -> Option<&'static Entry> {
    let is_shipped = poller.options.catalogue && !poller.cache().added.contains(&page.id);
    catalogue::find(page.id.as_str()).filter(|entry| is_shipped && entry.url == page.page_url)
}

/// Where to read a page that has moved permanently.
pub(crate) fn new_address(poller: &Poller, page: &Provider, now: Timestamp) -> Option<ResolvedUrl> {
    let entry = entry_of(poller, page)?;
    let cache = poller.cache();
    let row = cache.overlay.get(&page.id).filter(|row| row.is_of(entry.url, entry.platform))?;
    let to = row.address(now)?.to_owned();
    Some(ResolvedUrl { from: page.page_url.clone(), to, private: None })
}

/// Keeps what the newest read has shown. A failure is no fault of the read: the next one finds the same.
pub(crate) async fn keep(poller: &Poller, page: &Provider, cached: &CachedPage, now: Timestamp) {
    let Some(entry) = entry_of(poller, page) else { return };
    let known = poller.cache().overlay.get(&page.id).cloned();
    let found = found(entry, cached.head.as_ref(), cached.health.as_ref(), known.as_ref(), now);
    let is_known = match (&known, &found) {
        (Some(known), Some(found)) => known.says_the_same(found),
        (None, None) => true,
        _ => false,
    };
    if is_known {
        return;
    }
    let kept = match &found {
        Some(row) => poller.store.put_overlay(row).await,
        None => poller.store.forget_overlay(&page.id).await,
    };
    if let Err(error) = kept {
        let error = format!("{:#}", anyhow::Error::new(error));
        tracing::warn!(provider.id = %page.id, error, "what was found of {} could not be kept", page.name);
        return;
    }
    if let Some(row) = &found {
        let (platform, url, leads_to) = (row.platform.as_deref(), row.url.as_deref(), row.leads_to.as_deref());
        let is_dead = row.dead_since.is_some();
        tracing::info!(provider.id = %page.id, platform, url, leads_to, is_dead, "{} is not as it is listed", page.name);
    }
    let mut cache = poller.cache();
    match found {
        Some(row) => _ = cache.overlay.insert(page.id.clone(), row),
        None => _ = cache.overlay.remove(&page.id),
    }
}

/// What is known of a row of the catalogue after a read; `None`: all is as it is listed, as far as is known.
fn found(
    entry: &Entry,
    head: Option<&PageHead>,
    health: Option<&SourceHealth>,
    known: Option<&OverlayRow>,
    now: Timestamp,
) -> Option<OverlayRow> {
    let known = known.filter(|row| row.is_of(entry.url, entry.platform));
    let head = head.filter(|head| head.identity.as_ref().is_none_or(|seen| seen.configured == entry.url));
    let identity = head.and_then(|head| head.identity.as_ref());
    // Which platform somebody else's page is on says nothing of the provider.
    let of_provider = head.filter(|_| identity.is_none_or(|seen| is_page_of(entry, seen)));
    let platform = of_provider.and_then(|head| found_platform(entry.platform, &head.format)).map(str::to_owned);
    let (url, leads_to) = addresses(entry, identity, health, known);
    let dead_since = health.and_then(|health| health.dead_since(now));
    let row = OverlayRow::new(ProviderId::new(entry.slug), entry.url, entry.platform, now);
    let row = OverlayRow { platform, url, leads_to, dead_since, ..row };
    // Since when the address is known decides when it is used.
    let found_at = known.filter(|known| known.url == row.url).map_or(now, |known| known.found_at);
    (!row.is_empty()).then_some(OverlayRow { found_at, ..row })
}

/// Where the page has moved, and where its address leads without being that page, as far as is known.
fn addresses(
    entry: &Entry,
    identity: Option<&PageIdentity>,
    health: Option<&SourceHealth>,
    known: Option<&OverlayRow>,
) -> (Option<String>, Option<String>) {
    let Some(health) = health else { return (None, None) };
    if let Some(moved) = &health.moved {
        return (None, listable(&moved.to.url, entry));
    }
    let spelled = |url: &String| url.trim_end_matches('/').to_owned();
    // A page that is read at its new address does not say any more that it has moved there.
    let stayed = known.and_then(|known| known.url.clone()).filter(|url| {
        let is_failing = health.state != HealthState::Readable;
        is_failing || health.read_at.as_ref().map(spelled).as_ref() == Some(url)
    });
    let Some(to) = health.moved_to.as_ref().map(spelled).or(stayed).and_then(|to| listable(&to, entry)) else {
        return (None, None);
    };
    let is_anothers = find_by_page_text(&to).is_some_and(|owner| owner.slug != entry.slug);
    if !is_anothers && identity.is_some_and(|identity| is_page_of(entry, identity)) {
        return (Some(to), None);
    }
    (None, Some(to))
}

/// An address as the catalogue spells them, other than the listed one.
fn listable(url: &str, entry: &Entry) -> Option<String> {
    let url = url.trim_end_matches('/');
    (is_page_url(url) && page_key(url) != page_key(entry.url)).then(|| url.to_owned())
}

fn find_by_page_text(url: &str) -> Option<&'static Entry> {
    find_by_page(&Url::parse(url).ok()?)
}

#[cfg(test)]
mod tests;

//! What a warm poller knows without a request to the store. It only saves requests: the stored version decides at each
//! commit, and what is in doubt is dropped and loaded again.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use outbound::Validators;
use status::{health::SourceHealth, ids::ProviderId, provider::Provider};
use store::{Directory, PageHead};
use tokio::sync::Mutex as PageLock;

use crate::{Poller, read::FirstResponses};

/// How long the list of pages and watched providers is used before it is loaded again. Outbox rows of other processes
/// are left to them as long.
const REFRESH_AFTER: Duration = Duration::from_secs(300);
/// No response counts as fresh for longer, whatever it says: an incident would be missed.
const MAX_FRESH: Duration = Duration::from_secs(5 * 60);

#[derive(Default)]
pub(crate) struct PageCache {
    /// All pages to read.
    pub(crate) pages: Vec<Arc<Provider>>,
    /// Providers with a monitor.
    pub(crate) watched: HashSet<ProviderId>,
    /// Pages that accounts added.
    pub(crate) added: HashSet<ProviderId>,
    /// Locked while the page is read: two rounds of one process never read a page at the same time.
    pub(crate) cached: HashMap<ProviderId, Arc<PageLock<CachedPage>>>,
    loaded_at: Option<Timestamp>,
    /// Committed alerts could not be queued; the next round tries again.
    pub(crate) unsent: bool,
}

/// One page.
#[derive(Default)]
pub(crate) struct CachedPage {
    /// As stored; `None`: never read successfully.
    pub(crate) head: Option<PageHead>,
    pub(crate) health: Option<SourceHealth>,
    pub(crate) last_read: Option<Timestamp>,
    /// May be newer than those stored with the head, which is written only with a change.
    pub(crate) validators: Validators,
    pub(crate) raw_digest: Option<String>,
    /// The responses said that they stay fresh until then; no request is made before.
    pub(crate) fresh_until: Option<Timestamp>,
}

impl CachedPage {
    fn load(head: Option<PageHead>, health: Option<SourceHealth>) -> Self {
        let validators = head.as_ref().map_or_else(Validators::default, |head| Validators {
            etag: head.etag.clone(),
            last_modified: head.last_modified.clone(),
        });
        let raw_digest = head.as_ref().and_then(|head| head.body_digest.clone());
        Self { validators, raw_digest, health, head, ..Self::default() }
    }

    /// Keeps what identifies the page, so that the next read can tell whether it is unchanged. `None`: it cannot.
    pub(crate) fn remember(&mut self, first: Option<FirstResponses>, now: Timestamp) {
        let (validators, raw_digest, max_age) = match first {
            Some(first) => (first.validators, Some(first.raw_digest), first.max_age),
            None => (Validators::default(), None, None),
        };
        self.validators = validators;
        self.raw_digest = raw_digest;
        self.set_fresh(max_age, now);
    }

    pub(crate) fn set_fresh(&mut self, max_age: Option<Duration>, now: Timestamp) {
        self.fresh_until = max_age.map(|age| now + age.min(MAX_FRESH));
    }
}

/// Loads the list of pages every few minutes, with the head and the health of pages that are new in it. Returns whether
/// the outbox should be swept too: rows of a run that died are found no later than this.
pub(crate) async fn refresh(poller: &Poller, now: Timestamp) -> anyhow::Result<bool> {
    {
        let cache = poller.cache();
        let is_fresh = cache.loaded_at.is_some_and(|at| now.duration_since(at).unsigned_abs() < REFRESH_AFTER);
        if is_fresh {
            return Ok(cache.unsent);
        }
    }
    let Directory { pages, watched } = poller.store.directory().await?;
    let added: HashSet<ProviderId> = pages.iter().map(|page| page.id.clone()).collect();
    let mut pages: Vec<Arc<Provider>> = pages.into_iter().map(Arc::new).collect();
    if poller.options.catalogue {
        // Those of a known platform, and those that somebody watches, whose format the first read detects.
        let entries = catalogue::entries()
            .iter()
            .filter(|entry| formats::of_platform(entry.platform).is_some() || watched.contains(entry.slug));
        pages.extend(entries.map(|entry| entry.provider()).filter(|page| !added.contains(&page.id)).map(Arc::new));
    }
    let new: Vec<ProviderId> = {
        let cache = poller.cache();
        let is_new = |page: &&Arc<Provider>| !cache.cached.contains_key(&page.id);
        pages.iter().filter(is_new).map(|page| page.id.clone()).collect()
    };
    let (mut heads, mut healths) = tokio::try_join!(poller.store.page_heads(&new), poller.store.healths(&new))?;

    let mut cache = poller.cache();
    for id in new {
        let page = CachedPage::load(heads.remove(&id), healths.remove(&id));
        cache.cached.insert(id, Arc::new(PageLock::new(page)));
    }
    cache.pages = pages;
    cache.watched = watched;
    cache.added = added;
    cache.loaded_at = Some(now);
    Ok(true)
}

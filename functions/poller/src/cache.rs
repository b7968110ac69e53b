//! What a warm poller knows without a request to the store. It only saves requests: the stored version decides at each
//! commit, and what is in doubt is dropped and loaded again.
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use outbound::Validators;
use status::{
    catalogue_overlay::OverlayRow,
    health::{HealthState, SourceHealth},
    ids::ProviderId,
    platform_fault::{PlatformFault, Sign},
    provider::Provider,
    schedule::PollCost,
};
use store::{Directory, PageHead, Round};
use tokio::sync::Mutex as PageLock;

use crate::{Poller, connectivity::origin, login::PageLogin, memory::Memory, read::FirstResponses};

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
    /// Of those of them that need one.
    pub(crate) logins: HashMap<ProviderId, PageLogin>,
    /// Locked while the page is read: two rounds of one process never read a page at the same time.
    pub(crate) cached: HashMap<ProviderId, Arc<PageLock<CachedPage>>>,
    /// The newest read of each page as a sign of its platform's state.
    pub(crate) signs: HashMap<ProviderId, PlatformSign>,
    /// The newest fault of each platform that had one, by format.
    pub(crate) faults: HashMap<String, PlatformFault>,
    /// Platforms of which most pages fail, by format; not told yet.
    pub(crate) suspected: BTreeSet<String>,
    /// What was found of rows of the catalogue, also of earlier files.
    pub(crate) overlay: HashMap<ProviderId, OverlayRow>,
    loaded_at: Option<Timestamp>,
    /// Shards of which this process has finished a round.
    finished: HashSet<(u64, u64)>,
    /// Another process reads these pages too: what is cached is compared with the store before the next round.
    is_doubtful: bool,
    /// When the first of what waits for the end of quiet hours is due, as far as is known.
    pub(crate) held_until: Option<Timestamp>,
    /// Committed alerts could not be queued; the next round tries again.
    pub(crate) unsent: bool,
}

/// What the newest read of a page says of its platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlatformSign {
    /// The format's name.
    pub(crate) platform: String,
    pub(crate) sign: Sign,
}

/// One page.
#[derive(Default)]
pub(crate) struct CachedPage {
    /// As stored; `None`: never read successfully.
    pub(crate) head: Option<PageHead>,
    pub(crate) health: Option<SourceHealth>,
    /// When the round of the newest read began.
    pub(crate) last_read: Option<Timestamp>,
    /// When the newest attempt was made, also one that proved nothing.
    pub(crate) tried_at: Option<Timestamp>,
    /// It was due and was not read: there was no time, no internet, or the store failed.
    pub(crate) owed: bool,
    /// In how many rounds in a row it was due and its turn did not come in time.
    pub(crate) left_out: u32,
    /// The newest good read by this process.
    pub(crate) last_good: Option<Timestamp>,
    /// May be newer than those stored with the head, which is written only with a change.
    pub(crate) validators: Validators,
    pub(crate) raw_digest: Option<String>,
    /// The responses said that they stay fresh until then; no request is made before.
    pub(crate) fresh_until: Option<Timestamp>,
    /// What the newest read that found the page unchanged cost its host.
    pub(crate) cost: Option<PollCost>,
    /// What came at reads that led to nothing.
    pub(crate) memory: Memory,
    /// Its history was asked for in vain, and is not asked for again before then.
    pub(crate) import_not_before: Option<Timestamp>,
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

    /// Takes over what another process has stored. Without validators, so that the next read is a full one.
    pub(crate) fn replace_head(&mut self, head: Option<PageHead>) {
        let Self { health, last_read, tried_at, last_good, .. } = std::mem::take(self);
        *self = Self { head, health, last_read, tried_at, last_good, ..Self::default() };
    }

    fn compare(&mut self, head: Option<PageHead>, health: Option<SourceHealth>) {
        let version = |head: &Option<PageHead>| head.as_ref().map(|head| head.version);
        if version(&head) != version(&self.head) {
            self.replace_head(head);
        }
        // The same but for failures that only this process counts.
        let period = |health: &SourceHealth| (health.state, health.since, health.told_with.clone());
        if health.as_ref().map(period) != self.health.as_ref().map(period) {
            self.health = health;
        }
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

    /// The page is unchanged: `first` came.
    pub(crate) fn keep_unchanged(&mut self, first: FirstResponses, now: Timestamp) {
        self.validators = first.validators;
        self.cost = first.unchanged_cost;
        self.set_fresh(first.max_age, now);
    }

    /// What the next poll costs its host if the page is unchanged.
    pub(crate) fn poll_cost(&self) -> PollCost {
        self.cost.unwrap_or_else(|| PollCost::presumed(self.validators != Validators::default()))
    }

    /// The format's name where it stands for one company's hosting; "feed" stands for many.
    pub(crate) fn platform<'a>(&'a self, page: &'a Provider) -> Option<&'a str> {
        let format = self.head.as_ref().map(|head| head.format.as_str()).or(page.format.as_deref());
        format.filter(|format| *format != "feed")
    }

    /// A read begins, in a round that began at `round`. Due times count from there: the slot in which a slow round ends
    /// belongs to the next one. Returns when the round of the read before began.
    pub(crate) fn begin_read(&mut self, round: Timestamp, now: Timestamp) -> Option<Timestamp> {
        self.tried_at = Some(now);
        self.owed = false;
        self.left_out = 0;
        self.last_read.replace(round)
    }

    /// It stays due, as if it had not been tried.
    pub(crate) fn owe(&mut self, last_read: Option<Timestamp>) {
        self.owed = true;
        self.last_read = last_read;
    }

    /// What the page depends on to be reached; `None`: on nothing outside.
    pub(crate) fn origin(&self, page: &Provider) -> Option<String> {
        origin(page, self.platform(page))
    }

    /// `None`: the page says nothing of its platform, because it was never read or is known to be unreadable.
    pub(crate) fn sign(&self, page: &Provider) -> Option<PlatformSign> {
        let platform = self.platform(page).filter(|_| self.head.is_some())?.to_owned();
        let sign = match self.health.as_ref().filter(|health| health.state != HealthState::Readable) {
            None => Sign::Good { read_at: self.last_read? },
            // Its platform answered, with another page.
            Some(health) if health.moved.is_some() => Sign::Good { read_at: self.last_read? },
            Some(health) if health.is_unreadable_itself() => return None,
            Some(health) => Sign::Failing { since: health.since, confirmed: self.last_read.is_some() },
        };
        Some(PlatformSign { platform, sign })
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
        if is_fresh && !cache.is_doubtful {
            return Ok(cache.unsent);
        }
    }
    let Directory { pages, watched, logins: stored, .. } = poller.store.directory().await?;
    let logins = poller.logins(&pages, &stored).await;
    let added: HashSet<ProviderId> = pages.iter().map(|page| page.id.clone()).collect();
    let mut pages: Vec<Arc<Provider>> = pages.into_iter().map(Arc::new).collect();
    if poller.options.catalogue {
        let entries = catalogue::entries().iter().map(|entry| entry.provider());
        pages.extend(entries.filter(|page| !added.contains(&page.id)).map(Arc::new));
    }
    let new: Vec<ProviderId> = {
        let cache = poller.cache();
        let is_new = |page: &&Arc<Provider>| cache.is_doubtful || !cache.cached.contains_key(&page.id);
        pages.iter().filter(is_new).map(|page| page.id.clone()).collect()
    };
    let overlay =
        async { if poller.options.catalogue { poller.store.catalogue_overlay().await } else { Ok(Vec::new()) } };
    let (mut heads, mut healths, faults, overlay) = tokio::try_join!(
        poller.store.page_heads(&new),
        poller.store.healths(&new),
        poller.store.platform_faults(),
        overlay
    )?;

    let mut cache = poller.cache();
    let new: HashSet<ProviderId> = new.into_iter().collect();
    for page in pages.iter().filter(|page| new.contains(&page.id)) {
        let (head, health) = (heads.remove(&page.id), healths.remove(&page.id));
        if let Some(known) = cache.cached.get(&page.id) {
            // One that is being read meanwhile learns of another commit by its own.
            if let Ok(mut known) = known.try_lock() {
                known.compare(head, health);
            }
            continue;
        }
        let cached = CachedPage::load(head, health);
        let sign = cached.sign(page).map(|sign| (page.id.clone(), sign));
        cache.signs.extend(sign);
        cache.cached.insert(page.id.clone(), Arc::new(PageLock::new(cached)));
    }
    let listed: HashSet<&ProviderId> = pages.iter().map(|page| &page.id).collect();
    cache.signs.retain(|id, _| listed.contains(id));
    cache.keep_faults(faults);
    cache.overlay = overlay.into_iter().map(|row| (row.provider.clone(), row)).collect();
    cache.pages = pages;
    cache.watched = watched;
    cache.added = added;
    cache.logins = logins;
    cache.loaded_at = Some(now);
    cache.is_doubtful = false;
    poller.connectivity.expect_origins(cache.origins());
    Ok(true)
}

impl PageCache {
    pub(crate) fn keep_faults(&mut self, faults: Vec<PlatformFault>) {
        self.faults = faults.into_iter().map(|fault| (fault.platform.clone(), fault)).collect();
    }

    /// `is_next`: no other process has read these pages since the round before. Returns whether one has, as far as is
    /// known.
    pub(crate) fn finish_round(&mut self, round: &Round, is_next: bool) -> bool {
        let is_first = self.finished.insert((round.shard, round.of));
        let has_another = !is_first && !is_next;
        if has_another {
            tracing::info!(shard = round.shard, "another process polls the same pages");
            self.is_doubtful = true;
        }
        has_another
    }

    /// On how many platforms and domains the public pages are.
    fn origins(&self) -> usize {
        let of = |page: &Arc<Provider>| {
            let cached = self.cached.get(&page.id)?.try_lock().ok()?;
            cached.origin(page)
        };
        self.pages.iter().filter_map(of).collect::<HashSet<String>>().len()
    }
}

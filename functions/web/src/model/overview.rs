//! All providers with their present state, as the dashboard and the API list them. Seven queries read it from the
//! store, and a process reuses the result for some seconds. Two of them take nearly all of what that costs, and what
//! they read changes by rounds: so it is kept until a round says that it has written something. Of what accounts watch
//! it knows the configuration file's account alone: whoever opens the pages of an instance learns nothing of others.
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use status::{
    health::SourceHealth,
    ids::{AccountId, FILE_ACCOUNT, ProviderId},
    page_summary::PageSummary,
    platform_fault::PlatformFault,
    provider::{Provider, may_be_private},
    schedule::{self, PollCost},
};
use store::{Round, Store, StoreError};
use tokio::sync::Mutex;

use super::provider_state::{ProviderState, Urgency, urgency};

/// How much older than the store an overview may be.
const CACHE_TTL: Duration = Duration::from_secs(5);
/// The same of who is alerted: it takes all groups and monitors, and changes rarely.
const TOLD_TTL: Duration = Duration::from_secs(60);
/// The same of the states of pages while no round says that it changed something. A poller that is stopped in the midst
/// of one says nothing, but the next one does after its first.
const PAGES_TTL: Duration = Duration::from_secs(3600);
/// So long after a round the index may lack what it wrote.
const INDEX_LAG: SignedDuration = SignedDuration::from_secs(15);

const MAX_CATALOGUE_HITS: usize = 300;

/// All providers in their default order: watched ones first, then the others by their rank in the catalogue.
pub(crate) struct Overview {
    pub(crate) rows: Vec<ProviderRow>,
    by_id: HashMap<ProviderId, usize>,
    pub(crate) rounds: Vec<Round>,
    /// Faults of whole platforms that last, the newest first.
    pub(crate) platform_faults: Vec<PlatformFault>,
    /// By the clock of this process: tells overviews apart.
    pub(crate) loaded_at: Instant,
}

/// One provider.
pub(crate) struct ProviderRow {
    pub(crate) provider: Provider,
    /// The catalogue's category; empty for pages that accounts added.
    pub(crate) category: &'static str,
    /// Whether the account of the configuration file watches it.
    pub(crate) watched: bool,
    /// It is listed as watched, and nobody is alerted of it: no monitor watches it, or no group with destinations
    /// covers those that do.
    pub(crate) is_silent: bool,
    /// `None`: the page was never read.
    pub(crate) page_summary: Option<PageSummary>,
    /// The health of a page whose latest reads failed; `None` if the last read succeeded.
    pub(crate) failing: Option<SourceHealth>,
    /// Entries of component filters of its monitors that fit nothing on the page.
    pub(crate) unmatched: BTreeSet<String>,
}

impl ProviderRow {
    pub(crate) fn id(&self) -> &str {
        self.provider.id.as_str()
    }

    pub(crate) fn state(&self) -> ProviderState {
        ProviderState::of(self.page_summary.as_ref(), self.failing.as_ref())
    }

    /// The key of a list with the worst first.
    pub(crate) fn urgency(&self) -> Urgency {
        urgency(self.state(), self.page_summary.as_ref())
    }

    /// When the page was last read, if it cannot be read now: what is shown of it was true then.
    pub(crate) fn as_of(&self) -> Option<Timestamp> {
        let failing = self.failing.as_ref().filter(|_| self.page_summary.is_some())?;
        let interval = self.longest_interval();
        let due = || schedule::last_due(&self.provider.id, interval, failing.since - Duration::from_secs(1));
        Some(failing.last_good_at.unwrap_or_else(due))
    }

    /// How often the page is polled at present, if that costs its host as much as this.
    pub(crate) fn interval(&self, cost: PollCost) -> Duration {
        if self.state() == ProviderState::NoStatusPage && !self.watched {
            return schedule::search_interval(self.failing.as_ref());
        }
        let open = self.page_summary.iter().flat_map(|page_summary| &page_summary.open);
        let something_open = open.into_iter().any(|item| item.no_news_since.is_none());
        schedule::interval(&self.provider, self.watched, something_open, cost)
    }

    /// The same without knowing what it costs.
    pub(crate) fn longest_interval(&self) -> Duration {
        self.interval(PollCost::High)
    }
}

impl Overview {
    /// Since when no status page is read, because the poller has no internet.
    pub(crate) fn no_internet_since(&self) -> Option<Timestamp> {
        self.rounds.iter().filter_map(|round| round.no_internet_since).min()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&ProviderRow> {
        self.by_id.get(&ProviderId::new(id)).map(|at| &self.rows[*at])
    }

    /// Whether this is a page that accounts keep to themselves, or kept. Whoever lists what the store has of all pages
    /// leaves it out.
    pub(crate) fn is_private(&self, id: &ProviderId) -> bool {
        may_be_private(id) && !self.by_id.contains_key(id)
    }

    /// Providers by name, alias or domain, the best match first: pages that accounts added, then the catalogue's hits.
    pub(crate) fn search<'a>(&'a self, query: &str) -> Vec<&'a ProviderRow> {
        let lower = query.to_lowercase();
        let is_added_match = |row: &&ProviderRow| {
            row.category.is_empty()
                && catalogue::find(row.id()).is_none()
                && (row.provider.name.to_lowercase().contains(&lower) || row.id().contains(&lower))
        };
        let added = self.rows.iter().filter(is_added_match);
        let hits = catalogue::search(query, MAX_CATALOGUE_HITS).into_iter().filter_map(|entry| self.get(entry.slug));
        added.chain(hits).collect()
    }

    /// With the states of pages, which are read again if need be.
    async fn load(
        store: &Store,
        with_catalogue: bool,
        told: &HashSet<ProviderId>,
        known: Read<Arc<PageStates>>,
    ) -> Result<(Self, Read<Arc<PageStates>>), StoreError> {
        // What others watch is told to nobody.
        let account = AccountId::new(FILE_ACCOUNT);
        let page_states = async {
            let rounds = store.rounds().await?;
            let known = match known.filter(|(at, known)| at.elapsed() < PAGES_TTL && known.are_of(&rounds)) {
                Some(known) => known,
                None => (Instant::now(), Arc::new(PageStates::read(store, &rounds).await?)),
            };
            Ok((rounds, known))
        };
        let (pages, watched, (rounds, known), mut platform_faults, filters) = tokio::try_join!(
            store.public_pages(),
            store.watched_by(&account),
            page_states,
            store.platform_faults(),
            store.unmatched_filters(),
        )?;
        platform_faults.retain(PlatformFault::lasts);
        platform_faults.sort_by_key(|fault| Reverse(fault.since));
        let mut unmatched: HashMap<ProviderId, BTreeSet<String>> = HashMap::new();
        for filter in filters.into_iter().filter(|filter| filter.account == account) {
            unmatched.entry(filter.provider).or_default().extend(filter.entries);
        }
        let PageStates { page_summaries, failing, .. } = &*known.1;
        let added: HashSet<ProviderId> = pages.iter().map(|page| page.id.clone()).collect();
        // A page of the file is listed as watched, also if no monitor watches it; one of another account is not.
        let is_listed = |page: &Provider| !may_be_private(&page.id) || watched.contains(&page.id);
        let mut pages: Vec<(Provider, &'static str, bool)> =
            pages.into_iter().map(|page| (is_listed(&page), page)).map(|(listed, page)| (page, "", listed)).collect();
        if with_catalogue {
            // A page that an account added may replace one of the catalogue.
            let entries = catalogue::entries().iter().filter(|entry| !added.contains(entry.slug));
            pages.extend(entries.map(|entry| {
                let provider = entry.provider();
                let is_watched = watched.contains(&provider.id);
                (provider, entry.category, is_watched)
            }));
        }
        pages.sort_by_key(|(.., is_watched)| !*is_watched);
        let rows: Vec<ProviderRow> = pages
            .into_iter()
            .map(|(provider, category, is_watched)| ProviderRow {
                page_summary: page_summaries.get(&provider.id).cloned(),
                failing: failing.get(&provider.id).cloned(),
                unmatched: unmatched.remove(&provider.id).unwrap_or_default(),
                is_silent: is_watched && !told.contains(&provider.id),
                provider,
                category,
                watched: is_watched,
            })
            .collect();
        let by_id = rows.iter().enumerate().map(|(at, row)| (row.provider.id.clone(), at)).collect();
        Ok((Self { rows, by_id, rounds, platform_faults, loaded_at: Instant::now() }, Some(known)))
    }
}

/// What the poller writes of all pages.
struct PageStates {
    page_summaries: HashMap<ProviderId, PageSummary>,
    failing: HashMap<ProviderId, SourceHealth>,
    /// The newest change that the rounds name, before it was read; `None`: they do not say, or it was too short ago.
    changed_at: Option<Vec<(u64, u64, Timestamp)>>,
}

impl PageStates {
    async fn read(store: &Store, rounds: &[Round]) -> Result<Self, StoreError> {
        let now = Timestamp::now();
        let is_past = |at: &Timestamp| now.duration_since(*at) > INDEX_LAG;
        let changed_at = changes(rounds).filter(|changes| changes.iter().all(|(.., at)| is_past(at)));
        let (page_summaries, failing) = tokio::try_join!(store.page_summaries(), store.failing())?;
        let page_summaries = page_summaries.into_iter().map(|summary| (summary.provider.clone(), summary)).collect();
        Ok(Self { page_summaries, failing: failing.into_iter().collect(), changed_at })
    }

    /// Whether nothing was written since, as these rounds say.
    fn are_of(&self, rounds: &[Round]) -> bool {
        self.changed_at.is_some() && self.changed_at == changes(rounds)
    }
}

/// The newest change of each poller. `None`: there is no poller, or one that does not say.
fn changes(rounds: &[Round]) -> Option<Vec<(u64, u64, Timestamp)>> {
    let changes: Option<Vec<_>> = rounds.iter().map(|round| Some((round.shard, round.of, round.changed_at?))).collect();
    changes.filter(|changes| !changes.is_empty())
}

/// A value, and when it was read.
type Read<T> = Option<(Instant, T)>;

#[derive(Default)]
struct Cached {
    overview: Read<Arc<Overview>>,
    told: Read<Arc<HashSet<ProviderId>>>,
    page_states: Read<Arc<PageStates>>,
}

fn fresh<T: Clone>(read: &Read<T>, ttl: Duration) -> Option<T> {
    read.as_ref().filter(|(at, _)| at.elapsed() < ttl).map(|(_, value)| value.clone())
}

/// The overview cache of this process.
#[derive(Clone)]
pub(crate) struct OverviewCache {
    store: Store,
    with_catalogue: bool,
    cached: Arc<Mutex<Cached>>,
    ttl: Duration,
}

impl OverviewCache {
    pub(crate) fn new(store: Store, with_catalogue: bool) -> Self {
        Self { store, with_catalogue, cached: Arc::default(), ttl: CACHE_TTL }
    }

    /// The cached overview, loaded again once it is stale. Concurrent callers wait for the same load.
    pub(crate) async fn get(&self) -> Result<Arc<Overview>, StoreError> {
        let mut cached = self.cached.lock().await;
        if let Some(overview) = fresh(&cached.overview, self.ttl) {
            return Ok(overview);
        }
        let told = match fresh(&cached.told, TOLD_TTL) {
            Some(told) => told,
            None => {
                let told = Arc::new(self.store.told_of(&AccountId::new(FILE_ACCOUNT)).await?);
                cached.told = Some((Instant::now(), told.clone()));
                told
            }
        };
        let known = cached.page_states.clone();
        let (overview, known) = Overview::load(&self.store, self.with_catalogue, &told, known).await?;
        let overview = Arc::new(overview);
        cached.page_states = known;
        cached.overview = Some((Instant::now(), overview.clone()));
        Ok(overview)
    }
}

/// When a page that is polled so often was last polled: its latest due time before the newest round. `None` if no round
/// is recorded.
pub(crate) fn last_polled(row: &ProviderRow, interval: Duration, rounds: &[Round]) -> Option<Timestamp> {
    let newest = rounds.iter().map(|round| round.began_at).max()?;
    Some(schedule::last_due(&row.provider.id, interval, newest))
}

#[cfg(test)]
mod tests;

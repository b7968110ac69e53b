//! All providers at a glance, as the pages and the API show them: read from the store in four queries, and then for some
//! seconds not again, however many people look.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use status::{
    health::{HealthState, SourceHealth},
    ids::ProviderId,
    page_summary::PageSummary,
    provider::Provider,
    schedule,
    words::ComponentStatus,
};
use store::{Round, Store, StoreError};
use tokio::sync::Mutex;

/// What is shown may be this much older than the store.
const FRESH_FOR: Duration = Duration::from_secs(5);

/// Everything there is to list, in its usual order: what the configuration watches, then the catalogue as it is ranked.
pub(crate) struct Overview {
    pub(crate) rows: Vec<Row>,
    by_id: HashMap<ProviderId, usize>,
    pub(crate) rounds: Vec<Round>,
}

/// One provider.
pub(crate) struct Row {
    pub(crate) provider: Provider,
    /// As the catalogue has it; may be empty.
    pub(crate) category: &'static str,
    /// The configuration watches it.
    pub(crate) mine: bool,
    /// `None`: never read.
    pub(crate) page_summary: Option<PageSummary>,
    /// Of a page whose newest reads failed.
    pub(crate) failing: Option<SourceHealth>,
}

/// How a provider is doing, worst first in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    MajorOutage,
    PartialOutage,
    Degraded,
    Maintenance,
    /// It could not be read for some time: nothing is known of now.
    Unreadable,
    Operational,
    /// Never read: nothing is claimed.
    NotWatched,
}

impl State {
    /// One word for addresses, classes and the API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::MajorOutage => "major_outage",
            Self::PartialOutage => "partial_outage",
            Self::Degraded => "degraded_performance",
            Self::Maintenance => "under_maintenance",
            Self::Unreadable => "unreadable",
            Self::Operational => "operational",
            Self::NotWatched => "not_watched",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::MajorOutage => "Major outage",
            Self::PartialOutage => "Partial outage",
            Self::Degraded => "Degraded performance",
            Self::Maintenance => "Under maintenance",
            Self::Unreadable => "Unreadable",
            Self::Operational => "Operational",
            Self::NotWatched => "Not watched",
        }
    }

    pub(crate) fn is_trouble(self) -> bool {
        self <= Self::Degraded
    }
}

impl Row {
    pub(crate) fn id(&self) -> &str {
        self.provider.id.as_str()
    }

    pub(crate) fn state(&self) -> State {
        let is_unreadable = self.failing.as_ref().is_some_and(|health| health.state == HealthState::Unreadable);
        match self.page_summary.as_ref().map(|page_summary| page_summary.state) {
            _ if is_unreadable => State::Unreadable,
            None => State::NotWatched,
            Some(ComponentStatus::MajorOutage) => State::MajorOutage,
            Some(ComponentStatus::PartialOutage) => State::PartialOutage,
            Some(ComponentStatus::DegradedPerformance) => State::Degraded,
            Some(ComponentStatus::UnderMaintenance) => State::Maintenance,
            Some(ComponentStatus::Operational | ComponentStatus::Unknown) => State::Operational,
        }
    }

    /// How often it is read.
    pub(crate) fn interval(&self) -> Duration {
        let something_open = self.page_summary.as_ref().is_some_and(|page_summary| !page_summary.open.is_empty());
        schedule::interval(&self.provider, self.mine, something_open)
    }
}

impl Overview {
    pub(crate) fn get(&self, id: &str) -> Option<&Row> {
        self.by_id.get(&ProviderId::new(id)).map(|at| &self.rows[*at])
    }

    async fn load(store: &Store, with_catalogue: bool) -> Result<Self, StoreError> {
        let (directory, page_summaries, failing, rounds) =
            tokio::try_join!(store.directory(), store.page_summaries(), store.failing(), store.rounds())?;
        let mut page_summaries: HashMap<ProviderId, PageSummary> =
            page_summaries.into_iter().map(|page_summary| (page_summary.provider.clone(), page_summary)).collect();
        let mut failing: HashMap<ProviderId, SourceHealth> = failing.into_iter().collect();

        let added: HashSet<ProviderId> = directory.pages.iter().map(|page| page.id.clone()).collect();
        let mut pages: Vec<(Provider, &'static str, bool)> =
            directory.pages.into_iter().map(|page| (page, "", true)).collect();
        if with_catalogue {
            // A page of one's own may stand for one of the catalogue.
            let entries = catalogue::entries().iter().filter(|entry| !added.contains(entry.slug));
            pages.extend(entries.map(|entry| {
                let provider = entry.provider();
                let mine = directory.watched.contains(&provider.id);
                (provider, entry.category, mine)
            }));
        }
        pages.sort_by_key(|(.., mine)| !*mine);
        let rows: Vec<Row> = pages
            .into_iter()
            .map(|(provider, category, mine)| Row {
                page_summary: page_summaries.remove(&provider.id),
                failing: failing.remove(&provider.id),
                provider,
                category,
                mine,
            })
            .collect();
        let by_id = rows.iter().enumerate().map(|(at, row)| (row.provider.id.clone(), at)).collect();
        Ok(Self { rows, by_id, rounds })
    }
}

type Newest = (Instant, Arc<Overview>);

/// The overview of this process, read anew when it is asked for after its time.
#[derive(Clone)]
pub(crate) struct Overviews {
    store: Store,
    with_catalogue: bool,
    newest: Arc<Mutex<Option<Newest>>>,
}

impl Overviews {
    pub(crate) fn new(store: Store, with_catalogue: bool) -> Self {
        Self { store, with_catalogue, newest: Arc::default() }
    }

    /// Whoever asks while it is being read waits for the same answer.
    pub(crate) async fn get(&self) -> Result<Arc<Overview>, StoreError> {
        let mut newest = self.newest.lock().await;
        if let Some((at, overview)) = newest.as_ref()
            && at.elapsed() < FRESH_FOR
        {
            return Ok(overview.clone());
        }
        let overview = Arc::new(Overview::load(&self.store, self.with_catalogue).await?);
        *newest = Some((Instant::now(), overview.clone()));
        Ok(overview)
    }
}

/// When a page was read last: the newest time its turn came before the newest round. `None` where no round is known.
pub(crate) fn last_read(row: &Row, rounds: &[Round]) -> Option<Timestamp> {
    let newest = rounds.iter().map(|round| round.began_at).max()?;
    Some(schedule::last_due(&row.provider.id, row.interval(), newest))
}

//! What an account watches, with how each of it is at present: the worst first.
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use settings::MonitorDraft;
use site::provider_state::{ProviderState, Urgency, urgency};
use status::{
    health::{HealthState, SourceHealth},
    ids::ProviderId,
    monitor::Monitor,
    page_summary::PageSummary,
    provider::Provider,
};
use store::{Store, StoreError, Stored, StoredSettings};

/// A provider that an account may watch: one of the catalogue, or a page of its own.
pub(super) struct Found {
    pub(super) provider: Provider,
    /// A custom page of the account. `web` shows the file's to everybody, and none of the others.
    pub(super) is_own: bool,
}

/// How the pages of some providers are.
#[derive(Default)]
pub(super) struct States {
    summaries: HashMap<ProviderId, PageSummary>,
    healths: HashMap<ProviderId, SourceHealth>,
}

/// One provider with its monitors.
pub(super) struct Watched<'a> {
    pub(super) id: &'a ProviderId,
    /// `None`: it is neither in the catalogue that is read nor among the account's pages, so that nobody reads it.
    pub(super) found: Option<Found>,
    /// At least one.
    pub(super) monitors: Vec<&'a Stored<Monitor>>,
}

/// `with_catalogue`: the instance reads the catalogue's pages.
pub(super) fn find(settings: &StoredSettings, with_catalogue: bool, id: &str) -> Option<Found> {
    let own = settings.pages.iter().map(|page| &page.value.0).find(|page| page.id.as_str() == id);
    match own {
        Some(page) => Some(Found { provider: page.clone(), is_own: true }),
        None => of_catalogue(with_catalogue, id),
    }
}

fn of_catalogue(with_catalogue: bool, id: &str) -> Option<Found> {
    let entry = catalogue::find(id).filter(|_| with_catalogue)?;
    Some(Found { provider: entry.provider(), is_own: false })
}

/// In no particular order.
pub(super) fn of_account(settings: &StoredSettings, with_catalogue: bool) -> Vec<Watched<'_>> {
    let mut by_provider: BTreeMap<&ProviderId, Vec<&Stored<Monitor>>> = BTreeMap::new();
    for monitor in &settings.monitors {
        by_provider.entry(&monitor.value.provider).or_default().push(monitor);
    }
    let own: HashMap<&ProviderId, &Provider> =
        settings.pages.iter().map(|page| (&page.value.0.id, &page.value.0)).collect();
    let found = |id: &ProviderId| match own.get(id) {
        Some(page) => Some(Found { provider: (*page).clone(), is_own: true }),
        None => of_catalogue(with_catalogue, id.as_str()),
    };
    by_provider.into_iter().map(|(id, monitors)| Watched { id, found: found(id), monitors }).collect()
}

impl Found {
    /// The draft, of a monitor of this provider.
    pub(super) fn draft(&self, draft: MonitorDraft) -> MonitorDraft {
        let id = Some(self.provider.id.to_string());
        if self.is_own {
            MonitorDraft { page: id, provider: None, ..draft }
        } else {
            MonitorDraft { page: None, provider: id, ..draft }
        }
    }

    /// Whether `web` has a page about it.
    pub(super) fn is_public(&self) -> bool {
        !(self.is_own && status::provider::may_be_private(&self.provider.id))
    }
}

impl States {
    pub(super) async fn read(store: &Store, providers: &[ProviderId]) -> Result<Self, StoreError> {
        if providers.is_empty() {
            return Ok(Self::default());
        }
        let (summaries, healths) = tokio::try_join!(store.page_summaries_of(providers), store.healths(providers))?;
        Ok(Self { summaries, healths })
    }

    pub(super) fn summary(&self, id: &ProviderId) -> Option<&PageSummary> {
        self.summaries.get(id)
    }

    /// `None`: no read of it ever failed.
    pub(super) fn health(&self, id: &ProviderId) -> Option<&SourceHealth> {
        self.healths.get(id)
    }

    pub(super) fn failing(&self, id: &ProviderId) -> Option<&SourceHealth> {
        self.health(id).filter(|health| health.state != HealthState::Readable)
    }

    pub(super) fn state(&self, id: &ProviderId) -> ProviderState {
        ProviderState::of(self.summary(id), self.failing(id))
    }

    /// When what is shown was true, of a page that cannot be read now.
    pub(super) fn as_of(&self, id: &ProviderId) -> Option<Timestamp> {
        self.summary(id)?;
        let failing = self.failing(id)?;
        Some(failing.last_good_at.unwrap_or(failing.since))
    }

    pub(super) fn urgency(&self, id: &ProviderId) -> Urgency {
        urgency(self.state(id), self.summary(id))
    }
}

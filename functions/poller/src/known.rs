//! What is looked at when alerts and follow-ups are due: accounts as they are now, and which incidents of a page are
//! over. Each is read once for all that is told together.
use std::{collections::HashMap, sync::Arc};

use futures_util::lock::Mutex;
use status::{
    alert::Alert,
    filter::still_wants,
    ids::{AccountId, DestinationId, IncidentId, ProviderId},
    monitor::{Group, Monitor},
    mute::Mute,
    page_state::{IncidentState, PageState},
};
use store::{AlertSettings, Store, StoreError};

pub(crate) struct Known<'a> {
    store: &'a Store,
    accounts: Mutex<HashMap<AccountId, Arc<Account>>>,
    pages: Mutex<HashMap<ProviderId, Arc<Incidents>>>,
}

/// An account as it is now.
pub(crate) struct Account {
    pub(crate) groups: Vec<Group>,
    pub(crate) monitors: Vec<Monitor>,
    pub(crate) destinations: Vec<DestinationId>,
    pub(crate) mutes: Vec<Mute>,
}

impl Account {
    /// Whether a group that names the destination would get the alert with the settings as they are now.
    pub(crate) fn wants(&self, destination: &DestinationId, alert: &Alert) -> bool {
        let mut groups = self.groups.iter().filter(|group| group.destinations.contains(destination));
        groups.any(|group| still_wants(alert, &self.monitors, group))
    }
}

/// Those of a page, each with its newest episode.
#[derive(Default)]
pub(crate) struct Incidents(HashMap<IncidentId, Newest>);

struct Newest {
    episode: u32,
    is_open: bool,
}

impl Incidents {
    fn of(page: &PageState) -> Self {
        let newest = |state: &IncidentState| Newest { episode: state.episode, is_open: state.is_open() };
        Self(page.incidents.iter().map(|state| (state.incident.id.clone(), newest(state))).collect())
    }

    /// What is not known is not over.
    pub(crate) fn is_over(&self, incident: &IncidentId, episode: u32) -> bool {
        let is_over = |newest: &Newest| newest.episode > episode || (newest.episode == episode && !newest.is_open);
        self.0.get(incident).is_some_and(is_over)
    }
}

impl<'a> Known<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, accounts: Mutex::default(), pages: Mutex::default() }
    }

    pub(crate) async fn account(&self, id: &AccountId) -> Result<Arc<Account>, StoreError> {
        let mut accounts = self.accounts.lock().await;
        if let Some(known) = accounts.get(id) {
            return Ok(known.clone());
        }
        let AlertSettings { groups, destinations, monitors } = self.store.alert_settings(id).await?;
        let destinations = destinations.into_iter().map(|destination| destination.id).collect();
        let mutes = self.store.mutes(id).await?;
        let account = Arc::new(Account { groups, monitors, destinations, mutes });
        accounts.insert(id.clone(), account.clone());
        Ok(account)
    }

    pub(crate) async fn incidents(&self, provider: &ProviderId) -> Result<Arc<Incidents>, StoreError> {
        let mut pages = self.pages.lock().await;
        if let Some(known) = pages.get(provider) {
            return Ok(known.clone());
        }
        let page = match self.store.page(provider).await {
            Ok(page) => page,
            // Nothing is known of it until its next read.
            Err(StoreError::Oversized { .. }) => None,
            Err(error) => return Err(error),
        };
        let incidents = Arc::new(page.map_or_else(Incidents::default, |page| Incidents::of(&page.page_state)));
        pages.insert(provider.clone(), incidents.clone());
        Ok(incidents)
    }
}

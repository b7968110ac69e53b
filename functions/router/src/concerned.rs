//! Whom an alert about a whole platform concerns: destinations of groups that want it through the monitors of any
//! concerned provider, whatever those chose of its components.
use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use status::{
    alert::Alert,
    ids::{DestinationId, ProviderId},
    monitor::{Destination, Monitor},
};
use store::{Store, StoreError};

use crate::accounts::Accounts;

/// Monitors on one page.
const PAGE_SIZE: u32 = 1_000;
const CONCURRENT_PROVIDERS: usize = 16;

/// Destinations, each once.
pub(crate) type Concerned = BTreeMap<DestinationId, Destination>;

pub(crate) async fn find(store: &Store, accounts: &mut Accounts, alert: &Alert) -> anyhow::Result<Concerned> {
    let providers: Vec<ProviderId> = alert.concerned.iter().map(|provider| provider.id.clone()).collect();
    let watchers = stream::iter(providers).map(|provider| watchers(store, provider)).buffered(CONCURRENT_PROVIDERS);
    let watchers: Vec<Vec<Monitor>> = watchers.try_collect().await?;
    accounts.load(store, watchers.iter().flatten().map(|monitor| &monitor.account)).await?;
    let accounts = &*accounts;
    let through = |monitor: &Monitor| {
        let (account, id) = (accounts.of(&monitor.account), monitor.id.clone());
        let groups = account.groups.iter();
        let wanting = groups.filter(move |group| group.covers(&id) && group.wants(alert.event, alert.severity));
        wanting.flat_map(|group| account.destinations_of(group))
    };
    let destinations = watchers.iter().flatten().flat_map(through);
    Ok(destinations.map(|destination| (destination.id.clone(), destination.clone())).collect())
}

async fn watchers(store: &Store, provider: ProviderId) -> Result<Vec<Monitor>, StoreError> {
    let (mut monitors, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.watchers(&provider, cursor.as_deref(), PAGE_SIZE).await?;
        monitors.extend(page.monitors);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(monitors);
        }
    }
}

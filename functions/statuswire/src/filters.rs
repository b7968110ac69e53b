//! Component filters are checked against the pages that were read before, whenever settings are applied: what fits
//! nothing is logged at each start, and the groups of the monitor are told once (truth rule 8).
use std::collections::{BTreeMap, HashSet};

use anyhow::Context as _;
use jiff::Timestamp;
use queue::send::AlertsQueue;
use status::{
    component_match::PageNames,
    ids::{AccountId, MonitorId, ProviderId},
    monitor::{ComponentFilter, Monitor},
    provider::Provider,
};
use store::{AccountSettings, Store};

use crate::filter_hint::hint;

/// Checks the filters of an account whose settings have just been applied, and queues the notices.
pub(crate) async fn check_all(
    store: &Store,
    alerts: &AlertsQueue,
    account: &AccountId,
    settings: &AccountSettings,
) -> anyhow::Result<()> {
    forget_gone(store, account, settings).await?;
    let mut by_provider: BTreeMap<&ProviderId, Vec<Monitor>> = BTreeMap::new();
    for monitor in &settings.monitors {
        by_provider.entry(&monitor.provider).or_default().push(monitor.clone());
    }
    for (id, monitors) in by_provider {
        let known = store.unmatched_filters_of(id).await?;
        if known.is_empty() && !monitors.iter().any(has_filter) {
            continue;
        }
        let (Some(page), Some(names)) = (provider(id, settings), names_on(store, id).await?) else { continue };
        warn(&page, &names, &monitors);
        for row in store.check_filters(&page, &names, &monitors, &known, Timestamp::now()).await? {
            alerts.send_alerts(&row.provider, &row.alerts).await.context("queueing a notice")?;
            store.clear(&row).await?;
        }
    }
    Ok(())
}

/// Logs what is known to fit nothing, for settings that were checked before: page and settings may have been so for
/// long.
pub(crate) async fn warn_again(store: &Store, account: &AccountId, settings: &AccountSettings) -> anyhow::Result<()> {
    let mut known: BTreeMap<ProviderId, HashSet<MonitorId>> = BTreeMap::new();
    for it in store.unmatched_filters().await?.into_iter().filter(|it| it.account == *account) {
        known.entry(it.provider).or_default().insert(it.monitor);
    }
    for (id, told) in known {
        let (Some(page), Some(names)) = (provider(&id, settings), names_on(store, &id).await?) else { continue };
        let monitors = settings.monitors.iter().filter(|it| it.provider == id && told.contains(&it.id));
        warn(&page, &names, monitors);
    }
    Ok(())
}

/// Forgets what was told of monitors that the settings no longer have.
async fn forget_gone(store: &Store, account: &AccountId, settings: &AccountSettings) -> anyhow::Result<()> {
    let declared: HashSet<(&ProviderId, &MonitorId)> =
        settings.monitors.iter().map(|monitor| (&monitor.provider, &monitor.id)).collect();
    let mut gone = store.unmatched_filters().await?;
    gone.retain(|it| it.account == *account && !declared.contains(&(&it.provider, &it.monitor)));
    store.forget_unmatched(&gone).await?;
    Ok(())
}

pub(crate) fn has_filter(monitor: &Monitor) -> bool {
    matches!(monitor.components, ComponentFilter::Chosen(_))
}

/// The names on a page; `None` if it was never read.
pub(crate) async fn names_on(store: &Store, id: &ProviderId) -> anyhow::Result<Option<PageNames>> {
    let Some(stored) = store.page(id).await? else {
        return Ok(None);
    };
    let health = store.healths(std::slice::from_ref(id)).await?.remove(id);
    let is_whole = health.is_none_or(|health| health.problems.is_empty());
    Ok(Some(PageNames::of(&stored.page_state, is_whole)))
}

fn provider(id: &ProviderId, settings: &AccountSettings) -> Option<Provider> {
    let own = settings.pages.iter().find(|page| page.id == *id).cloned();
    own.or_else(|| catalogue::find(id.as_str()).map(catalogue::Entry::provider))
}

fn warn<'a>(page: &Provider, names: &PageNames, monitors: impl IntoIterator<Item = &'a Monitor>) {
    for monitor in monitors {
        for entry in names.unmatched(&monitor.components) {
            let hint = hint(entry, names);
            tracing::warn!(
                provider.id = %page.id,
                "monitor \"{}\": \"{entry}\" fits no component of {}'s page; {hint}", monitor.id, page.name
            );
        }
    }
}

//! Tells what is still open of the follow-ups that are due. Wanted properties:
//! - none is told of what its account has muted or acknowledged, watches no more, or wants for others alone;
//! - it is queued in order with the other alerts of its provider, and never behind the end of its incident;
//! - what cannot be told now, since the page is being changed or the store fails, stays due.
use std::collections::{BTreeMap, HashMap};

use futures_util::{StreamExt as _, stream};
use status::{
    alert::Alert,
    follow_up_due::{Due, KnownPage, due},
    health::HealthState,
    ids::{AlertId, ProviderId},
    monitor::Group,
    mute::stops_follow_up,
};
use store::{Episode, MAX_FOLLOW_UPS, PlannedFollowUp};

use crate::{
    Poller,
    clock::Clock,
    known::{Account, Known},
    publish,
};

const CONCURRENT_PROVIDERS: usize = 16;

pub(crate) async fn tell(
    poller: &Poller,
    known: &Known<'_>,
    planned: Vec<PlannedFollowUp>,
    clock: Clock,
) -> anyhow::Result<()> {
    let mut of_providers: BTreeMap<ProviderId, Vec<PlannedFollowUp>> = BTreeMap::new();
    for planned in planned {
        of_providers.entry(planned.episode.provider.clone()).or_default().push(planned);
    }
    let told = stream::iter(of_providers)
        .map(|(provider, planned)| async move { of_provider(poller, known, &provider, planned, clock).await })
        .buffer_unordered(CONCURRENT_PROVIDERS);
    let told: Vec<anyhow::Result<()>> = told.collect().await;
    told.into_iter().collect()
}

/// One batch after the other, since each checks the page and has an outbox row of its own.
async fn of_provider(
    poller: &Poller,
    known: &Known<'_>,
    provider: &ProviderId,
    planned: Vec<PlannedFollowUp>,
    clock: Clock,
) -> anyhow::Result<()> {
    let store = &poller.store;
    let page = store.page(provider).await?;
    let health = store.healths(std::slice::from_ref(provider)).await?.remove(provider);
    let is_readable = health.is_none_or(|health| health.state == HealthState::Readable);
    let version = page.as_ref().map(|page| page.head.version);
    for planned in planned.chunks(MAX_FOLLOW_UPS) {
        let now = clock.now();
        let ids: Vec<AlertId> = planned.iter().map(|planned| planned.alert.clone()).collect();
        let told: HashMap<AlertId, Alert> = store.alerts(&ids, |alert| alert).await?;
        let (mut settled, mut alerts) = (Vec::new(), Vec::new());
        for planned in planned {
            let account = known.account(&planned.account).await?;
            let page = page.as_ref().map(|page| KnownPage { page: &page.page_state, is_readable });
            let next = match (told.get(&planned.alert), page, groups_of(&account, planned)) {
                (Some(told), Some(page), Some(groups)) => {
                    let settings = (&groups[..], &account.monitors[..]);
                    due((&planned.destination, planned.minutes), settings, told, page, now)
                }
                _ => Due::Drop,
            };
            match next {
                Due::Wait(until) => store.postpone_follow_up(planned, until).await?,
                Due::Drop => settled.push(planned.clone()),
                Due::Tell(alert) => {
                    settled.push(planned.clone());
                    alerts.push(*alert);
                }
            }
        }
        publish::publish(poller, store.settle_follow_ups(&settled, &alerts, version, now).await?).await;
    }
    Ok(())
}

/// Those that planned it and still exist; `None`: its destination was removed, or somebody muted or acknowledged the
/// incident.
fn groups_of<'a>(account: &'a Account, planned: &PlannedFollowUp) -> Option<Vec<&'a Group>> {
    let Episode { provider, incident, number } = &planned.episode;
    let is_there = account.destinations.contains(&planned.destination);
    let of_it = account.groups.iter().filter(|group| planned.groups.contains(&group.id));
    (is_there && !stops_follow_up(&account.mutes, provider, incident, *number)).then(|| of_it.collect())
}

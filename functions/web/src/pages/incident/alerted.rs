//! Who was alerted, and when: for readers of a private instance, since names of destinations tell of its owners. Only
//! destinations of the configuration file are named: the password says nothing of other accounts.
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use maud::{Markup, html};
use status::{
    ids::{AccountId, AlertId, DestinationId, FILE_ACCOUNT, IncidentId, ProviderId},
    words::Event,
};
use store::{AlertHead, DeliveryEnd, DeliveryEntry, Store, StoreError};

use crate::layout::{states::capitalized, times::time};

/// Destinations that are named of an alert; it may have a hundred thousand.
const MAX_SHOWN: u32 = 50;
/// Of an account with more destinations, the first deliveries of an alert are looked at, whosever they are.
const FEW: u32 = 100;
/// Alerts that are listed: the one that began the newest episode, and the newest ones. Each is a query of each shard.
const MAX_ALERTS: usize = 12;
const MAX_CONCURRENT_READS: usize = 4;

/// The alerts of an incident with their deliveries.
pub(super) struct Alerted {
    /// The oldest first.
    sent: Vec<Sent>,
    /// Number of alerts that are not in `sent`.
    not_listed: usize,
}

struct Sent {
    head: AlertHead,
    /// In the order they were first claimed; one more than [`MAX_SHOWN`] if there are more.
    deliveries: Vec<DeliveryEntry>,
}

impl Alerted {
    pub(super) async fn read(store: &Store, provider: &ProviderId, incident: &IncidentId) -> Result<Self, StoreError> {
        let (mut heads, without) = store.alert_heads_of(provider, incident).await?;
        let all = heads.len() + without;
        if let Some(surplus) = heads.len().checked_sub(MAX_ALERTS) {
            let first = heads.iter().rposition(is_beginning).unwrap_or_default().min(surplus);
            let kept = |at: &usize| *at == first || *at > surplus;
            heads = heads.into_iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, head)| head).collect();
        }
        let not_listed = all - heads.len();
        let account = AccountId::new(FILE_ACCOUNT);
        let own = store.few_destinations_of(&account, FEW).await?;
        let read = async |head: AlertHead| {
            let mut deliveries = deliveries(store, &account, own.as_deref(), &head.id).await?;
            deliveries.sort_by(|a, b| (a.first_at, &a.destination).cmp(&(b.first_at, &b.destination)));
            Ok::<_, StoreError>(Sent { head, deliveries })
        };
        let sent = stream::iter(heads).map(read).buffered(MAX_CONCURRENT_READS).try_collect().await?;
        Ok(Self { sent, not_listed })
    }
}

/// One more than [`MAX_SHOWN`] if there are more. `own`: all of the account's destinations, if they are few.
async fn deliveries(
    store: &Store,
    account: &AccountId,
    own: Option<&[DestinationId]>,
    alert: &AlertId,
) -> Result<Vec<DeliveryEntry>, StoreError> {
    if let Some(own) = own {
        let mut deliveries = store.deliveries_among(alert, own).await?;
        deliveries.truncate(MAX_SHOWN as usize + 1);
        return Ok(deliveries);
    }
    let mut deliveries = store.first_deliveries_of(alert, MAX_SHOWN + 1).await?;
    let own = store.destinations_of(account, deliveries.iter().map(|delivery| &delivery.destination)).await?;
    deliveries.retain(|delivery| own.contains(&delivery.destination));
    Ok(deliveries)
}

fn is_beginning(head: &AlertHead) -> bool {
    matches!(head.event, Event::Opened | Event::Scheduled)
}

/// The newest first.
pub(super) fn section(alerted: &Alerted) -> Markup {
    let is_silent = alerted.sent.iter().all(|sent| sent.deliveries.is_empty());
    html! {
        h2 { "Alerted" }
        @if is_silent && alerted.not_listed == 0 { p.soft.small { "Nobody was alerted." } }
        @for sent in alerted.sent.iter().rev() {
            @if !sent.deliveries.is_empty() {
                h3.small { (capitalized(sent.head.event.as_str())) " " span.soft { (time(sent.head.seen_at)) } }
                ul.alerted { @for delivery in sent.deliveries.iter().take(MAX_SHOWN as usize) { li { (row(delivery)) } } }
                @if sent.deliveries.len() > MAX_SHOWN as usize { p.soft.small { "and more: see the delivery log" } }
            }
        }
        @if alerted.not_listed > 0 {
            p.soft.small {
                (alerted.not_listed) @if alerted.not_listed == 1 { " alert" } @else { " alerts" }
                " not shown: see the delivery log"
            }
        }
    }
}

fn row(delivery: &DeliveryEntry) -> Markup {
    let DeliveryEntry { destination, attempts, ended, first_at, .. } = delivery;
    let at = attempts.last().map_or(*first_at, |attempt| attempt.at);
    html! { bdi { (destination.as_str()) } " " span.soft { (outcome(*ended)) " " (time(at)) } }
}

fn outcome(ended: Option<DeliveryEnd>) -> &'static str {
    match ended {
        None => "being tried",
        Some(DeliveryEnd::Sent) => "sent",
        Some(DeliveryEnd::Skipped) => "not needed",
        Some(DeliveryEnd::NotWanted) => "not confirmed",
        Some(DeliveryEnd::GivenUp) => "given up",
        Some(DeliveryEnd::DroppedStale) => "too late",
        Some(DeliveryEnd::Rejected) => "refused",
        Some(DeliveryEnd::Disabled) => "paused",
    }
}

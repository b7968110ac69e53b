//! Who was alerted, and when: for readers of a private instance, since names of destinations tell of its owners.
use jiff::Timestamp;
use maud::{Markup, html};
use status::{
    alert::Alert,
    ids::{IncidentId, ProviderId},
    words::Event,
};
use store::{DeliveryEnd, DeliveryEntry, Store, StoreError};

use crate::layout::{states::capitalized, times::time};

/// Destinations that are named; an alert may have a hundred thousand.
const MAX_SHOWN: u32 = 50;

/// The first alert of the incident's newest episode, and its newest alert.
pub(super) struct Alerted {
    sent: Vec<Sent>,
}

struct Sent {
    event: Event,
    at: Timestamp,
    /// In the order they were first claimed; one more than [`MAX_SHOWN`] if there are more.
    deliveries: Vec<DeliveryEntry>,
}

impl Alerted {
    pub(super) async fn read(store: &Store, provider: &ProviderId, incident: &IncidentId) -> Result<Self, StoreError> {
        let alerts = store.alerts_of(provider, incident).await?;
        let first = alerts.iter().rposition(is_beginning).unwrap_or_default();
        let newest = alerts.len().saturating_sub(1);
        let mut sent = Vec::new();
        for alert in alerts.get(first).into_iter().chain(alerts.get(newest).filter(|_| newest != first)) {
            let mut deliveries = store.first_deliveries_of(&alert.id, MAX_SHOWN + 1).await?;
            deliveries.sort_by(|a, b| (a.first_at, &a.destination).cmp(&(b.first_at, &b.destination)));
            sent.push(Sent { event: alert.event, at: alert.seen_at, deliveries });
        }
        Ok(Self { sent })
    }
}

fn is_beginning(alert: &Alert) -> bool {
    matches!(alert.event, Event::Opened | Event::Scheduled)
}

pub(super) fn section(alerted: &Alerted) -> Markup {
    html! {
        h2 { "Alerted" }
        @if alerted.sent.iter().all(|sent| sent.deliveries.is_empty()) { p.soft.small { "Nobody was alerted." } }
        @for sent in &alerted.sent {
            @if !sent.deliveries.is_empty() {
                h3.small { (capitalized(sent.event.as_str())) " " span.soft { (time(sent.at)) } }
                ul.alerted { @for delivery in sent.deliveries.iter().take(MAX_SHOWN as usize) { li { (row(delivery)) } } }
                @if sent.deliveries.len() > MAX_SHOWN as usize { p.soft.small { "and more: see the delivery log" } }
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

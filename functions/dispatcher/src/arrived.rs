//! What has arrived at a destination, whatever the index of deliveries shows by now.
use status::{
    alert::{Alert, InsteadOf},
    ids::{AlertId, DestinationId},
};
use store::{DeliveryEnd, Store, StoreError};

/// Whether one of these alerts arrived there.
pub(crate) async fn has_arrived(
    store: &Store,
    alerts: impl Iterator<Item = &Alert>,
    destination: &DestinationId,
) -> Result<bool, StoreError> {
    let ids: Vec<AlertId> = alerts.map(|alert| alert.id.clone()).collect();
    let entries = store.deliveries_among_alerts(&ids, destination).await?;
    Ok(entries.iter().any(|entry| entry.ended == Some(DeliveryEnd::Sent)))
}

/// Whether the destination was told meanwhile what `alert` was put together for: alerts that were queued before it did
/// arrive in the end.
pub(crate) async fn is_overtaken(
    store: &Store,
    alert: &Alert,
    instead_of: &InsteadOf,
    destination: &DestinationId,
) -> Result<bool, StoreError> {
    let of_incident = store.alerts_of(&alert.provider, &alert.incident.id).await?;
    let missed = match of_incident.iter().find(|it| it.id == instead_of.missed) {
        Some(missed) => Some(missed.as_of()),
        // A follow-up, which is not listed.
        None => store.alert(&instead_of.missed).await?.map(|missed| missed.as_of()),
    };
    let Some(missed) = missed else { return Ok(false) };
    let is_later =
        |it: &&Alert| it.incident.episode == alert.incident.episode && it.id != alert.id && it.as_of() >= missed;
    has_arrived(store, of_incident.iter().filter(is_later), destination).await
}

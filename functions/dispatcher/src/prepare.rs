//! Checks whether a claimed delivery is to be sent, and reads what the channel needs for it. Every reason against
//! sending is found here, in the words that the delivery log keeps.
use std::sync::Arc;

use channels::Handle;
use jiff::Timestamp;
use queue::task::DeliveryTask;
use status::{alert::Alert, health::HealthState, ids::AccountId, monitor::Settings, words::Event};
use store::{Consent, DeliveryEnd, DeliveryRecord, DestinationRecord, Episode, Store, StoredDestination};

use crate::{
    arrived::is_overtaken,
    dispatcher::Dispatcher,
    retry_policy::{has_expired, is_late},
};

pub(crate) enum Prepared {
    Send(Box<Delivery>),
    /// Nothing is sent, and the delivery ends.
    Nothing {
        end: DeliveryEnd,
        why: String,
        /// It is missed, and older than what the destination is known to have missed.
        is_news: bool,
    },
    /// Mail to the destination's address is suppressed, so the destination is to be disabled.
    Gone {
        destination: StoredDestination,
        why: String,
    },
}

/// What is sent, and where to.
pub(crate) struct Delivery {
    pub(crate) alert: Arc<Alert>,
    pub(crate) record: DestinationRecord,
    /// All settings of the destination.
    pub(crate) settings: Settings,
    /// The earlier message about the incident; `None` if that one is newer than this alert and must not be overwritten.
    pub(crate) handle: Option<Handle>,
    /// Whether the handle that this delivery yields may replace the stored one.
    pub(crate) is_newest: bool,
    /// URL of the mail recipient's preferences, which nobody else knows.
    pub(crate) recipient_page: Option<String>,
}

pub(crate) async fn prepare(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    claimed: &DeliveryRecord,
    now: Timestamp,
) -> anyhow::Result<Prepared> {
    let store = &dispatcher.deps.store;
    let nothing = |end, why: &str| Ok(Prepared::Nothing { end, why: why.to_owned(), is_news: false });
    let Some(alert) = dispatcher.alert_cache.get(store, &task.alert).await? else {
        return nothing(DeliveryEnd::GivenUp, "the alert is no longer stored");
    };
    let episode = Episode::of(&alert);
    let (found, stored_handle) =
        store.destination_and_handle(&task.destination, &episode, may_continue(&alert, claimed)).await?;
    let Some(found) = found else {
        return nothing(DeliveryEnd::Disabled, "the destination was removed");
    };
    let is_news = is_missed_anew(&found, claimed);
    let missed = |end, why: &str| Ok(Prepared::Nothing { end, why: why.to_owned(), is_news });
    let address = (dispatcher.deps.channel.recipient)(found.destination.clear_settings());
    if let Some(disabled) = &found.disabled {
        let is_lifted = match &address {
            Some(address) => store.enable_if_lifted(&found, address).await?,
            None => false,
        };
        // A test is how its owner finds out whether it works again.
        if !is_lifted && alert.event != Event::Test {
            return missed(DeliveryEnd::Disabled, &format!("the destination is disabled: {}", disabled.reason));
        }
    }
    if found.destination.channel != dispatcher.deps.channel.name {
        return nothing(DeliveryEnd::Disabled, "the destination was moved to another channel");
    }
    if has_expired(&alert, claimed.reopened_at, now) {
        return missed(DeliveryEnd::GivenUp, "the alert has expired");
    }
    if let Some(instead_of) = &alert.instead_of
        && is_overtaken(store, &alert, instead_of, &task.destination).await?
    {
        return nothing(DeliveryEnd::DroppedStale, "another alert about the incident arrived meanwhile");
    }
    let is_newest = stored_handle.as_ref().is_none_or(|kept| kept.as_of.is_none_or(|as_of| as_of <= alert.as_of()));
    if let Some(why) = staleness(dispatcher, &alert, claimed.reopened_at.is_some(), is_newest, now).await? {
        return nothing(DeliveryEnd::DroppedStale, why);
    }
    let recipient_page = match address {
        None => None,
        Some(address) => match mail_consent(dispatcher, &alert, &found.destination, &address).await? {
            Ok(page) => page,
            Err(refusal) => return Ok(refusal),
        },
    };
    let handle = stored_handle.filter(|_| is_newest).map(|kept| Handle(kept.fields));
    let alert = for_account(store, alert, &found.destination.account).await?;
    // What cannot be decrypted is a fault of ours: the delivery waits.
    let settings = store.unseal(&found.destination)?.settings;
    Ok(Prepared::Send(Box::new(Delivery { alert, record: found, settings, handle, is_newest, recipient_page })))
}

/// Whether the destination is not known to have missed what is as old as this delivery.
fn is_missed_anew(found: &DestinationRecord, claimed: &DeliveryRecord) -> bool {
    let known = found.missed_since.or(found.disabled.as_ref().map(|disabled| disabled.at));
    known.is_none_or(|known| claimed.first_at < known)
}

/// Whether there may be an earlier message about the incident.
fn may_continue(alert: &Alert, claimed: &DeliveryRecord) -> bool {
    let is_first = alert.event.is_notice() || matches!(alert.event, Event::Opened | Event::Scheduled);
    !is_first || claimed.reopened_at.is_some()
}

/// Why the alert is of no use any more. A late or redriven alert of an incident that is over would start something that
/// nothing ends: a message that says "investigating" for ever, or a page that nobody closes. The end says it all.
async fn staleness(
    dispatcher: &Dispatcher,
    alert: &Alert,
    is_redriven: bool,
    is_newest: bool,
    now: Timestamp,
) -> anyhow::Result<Option<&'static str>> {
    if alert.event.is_end() || alert.event.is_notice() || alert.is_held_summary() {
        return Ok(None);
    }
    let is_over = (is_redriven || is_late(alert, now)) && incident_is_over(dispatcher, alert).await?;
    Ok(match (is_over, is_redriven) {
        (true, true) => Some("the incident is over: redrive its end"),
        (true, false) => Some("the alert is late and its incident is over"),
        (false, true) if !is_newest => Some("a newer alert about the incident was sent: redrive that one"),
        (false, _) => None,
    })
}

/// An alert about a whole platform names those of its providers that the account watches; all, if it watches none any
/// more.
async fn for_account(store: &Store, alert: Arc<Alert>, account: &AccountId) -> anyhow::Result<Arc<Alert>> {
    if alert.concerned.is_empty() {
        return Ok(alert);
    }
    let watched = store.watched_of(account, alert.concerned.iter().map(|it| &it.id)).await?;
    let concerned: Vec<_> = alert.concerned.iter().filter(|it| watched.contains(&it.id)).cloned().collect();
    if concerned.is_empty() || concerned.len() == alert.concerned.len() {
        return Ok(alert);
    }
    Ok(Arc::new(Alert { concerned, ..Alert::clone(&alert) }))
}

async fn incident_is_over(dispatcher: &Dispatcher, alert: &Alert) -> anyhow::Result<bool> {
    let (store, incident) = (&dispatcher.deps.store, &alert.incident);
    if alert.event == Event::Unreadable {
        let health = store.healths(std::slice::from_ref(&alert.provider)).await?.remove(&alert.provider);
        return Ok(health.is_some_and(|health| health.state == HealthState::Readable));
    }
    let known = store.alerted_incident(&alert.provider, incident.kind, &incident.id).await?;
    Ok(known.is_some_and(|known| known.episode > incident.episode || !known.is_open()))
}

/// The recipient's page if the owner of the address has agreed or is asked by this alert; else why nothing is sent.
async fn mail_consent(
    dispatcher: &Dispatcher,
    alert: &Alert,
    destination: &StoredDestination,
    address: &str,
) -> anyhow::Result<Result<Option<String>, Prepared>> {
    let (recipient, suppression) = dispatcher.deps.store.recipient(&destination.account, address).await?;
    let not_wanted =
        |why: &str| Ok(Err(Prepared::Nothing { end: DeliveryEnd::NotWanted, why: why.to_owned(), is_news: false }));
    if let Some(suppression) = suppression {
        let why = format!("mail to this address is suppressed: {}", suppression.reason);
        return Ok(Err(Prepared::Gone { destination: destination.clone(), why }));
    }
    let Some(recipient) = recipient else {
        return not_wanted("the owner of the address has not been asked to confirm yet");
    };
    match (recipient.consent, alert.event) {
        (Consent::Confirmed, Event::Confirm) => not_wanted("the owner of the address has already confirmed"),
        (Consent::Confirmed, _) | (Consent::Asked, Event::Confirm) => {
            let base = dispatcher.deps.public_url.as_ref();
            Ok(Ok(base.map(|base| format!("{base}/mail/{}", recipient.token))))
        }
        (Consent::Asked, _) => not_wanted("the owner of the address has not confirmed yet"),
        (Consent::Unsubscribed, _) => not_wanted("the owner of the address has unsubscribed"),
    }
}

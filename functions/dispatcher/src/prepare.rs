//! Whether there is something to be sent, and what a channel needs to send it. Everything that speaks against sending is
//! found here, with the words that the delivery log keeps.
use std::sync::Arc;

use channels::Handle;
use jiff::Timestamp;
use queue::task::DeliveryTask;
use status::{alert::Alert, monitor::Destination, words::Event};
use store::{Consent, DeliveryEnd, DeliveryRecord, Episode};

use crate::{
    Dispatcher,
    patience::{has_expired, is_late},
};

pub(crate) enum Prepared {
    Send(Box<Delivery>),
    /// There is nothing to be sent, or nobody to send it to.
    Nothing {
        end: DeliveryEnd,
        why: String,
    },
    /// The destination is no more, by what is known of its address.
    Gone {
        destination: Destination,
        why: String,
    },
}

pub(crate) struct Delivery {
    pub(crate) alert: Arc<Alert>,
    pub(crate) destination: Destination,
    /// Since when every delivery to it failed.
    pub(crate) failing_since: Option<Timestamp>,
    /// Not one that tells something newer than this alert: that must not be overwritten.
    pub(crate) handle: Option<Handle>,
    /// What is kept of the message may be replaced by what this alert leaves.
    pub(crate) is_newest: bool,
    /// The mail recipient's own page.
    pub(crate) recipient_page: Option<String>,
}

pub(crate) async fn prepare(
    dispatcher: &Dispatcher,
    task: &DeliveryTask,
    claimed: &DeliveryRecord,
    now: Timestamp,
) -> anyhow::Result<Prepared> {
    let store = &dispatcher.parts.store;
    let nothing = |end, why: &str| Ok(Prepared::Nothing { end, why: why.to_owned() });
    let Some(alert) = dispatcher.alerts_seen.get(store, &task.alert).await? else {
        return nothing(DeliveryEnd::GivenUp, "the alert is not stored any more");
    };
    let episode = Episode::of(&alert);
    let (found, kept) = store.destination_and_handle(&task.destination, &episode).await?;
    let Some(found) = found else {
        return nothing(DeliveryEnd::Disabled, "the destination was removed");
    };
    if let Some(disabled) = found.disabled {
        return nothing(DeliveryEnd::Disabled, &format!("the destination is disabled: {}", disabled.reason));
    }
    if found.destination.channel != dispatcher.parts.channel.name {
        return nothing(DeliveryEnd::Disabled, "the destination was moved to another channel");
    }
    if has_expired(&alert, claimed.reopened_at, now) {
        return nothing(DeliveryEnd::GivenUp, "the alert is too old to be of use");
    }
    let on_demand = claimed.reopened_at.is_some();
    if !on_demand && is_late(&alert, now) && incident_is_over(dispatcher, &alert).await? {
        return nothing(DeliveryEnd::DroppedStale, "late, and the incident is over");
    }
    let recipient_page = match (dispatcher.parts.channel.recipient)(&found.destination.settings) {
        None => None,
        Some(address) => match may_write(dispatcher, &alert, &found.destination, &address).await? {
            Ok(page) => page,
            Err(refusal) => return Ok(refusal),
        },
    };
    let is_newest = kept.as_ref().is_none_or(|kept| kept.as_of.is_none_or(|as_of| as_of <= alert.seen_at));
    let handle = kept.filter(|_| is_newest).map(|kept| Handle(kept.fields));
    Ok(Prepared::Send(Box::new(Delivery {
        alert,
        destination: found.destination,
        failing_since: found.failing_since,
        handle,
        is_newest,
        recipient_page,
    })))
}

async fn incident_is_over(dispatcher: &Dispatcher, alert: &Alert) -> anyhow::Result<bool> {
    let incident = &alert.incident;
    let known = dispatcher.parts.store.incident(&alert.provider, incident.kind, &incident.id).await?;
    Ok(known.is_some_and(|known| known.episode > incident.episode || !known.is_open()))
}

/// The recipient's page if the owner of the address agreed (or is asked by this very alert), else why nothing is sent.
async fn may_write(
    dispatcher: &Dispatcher,
    alert: &Alert,
    destination: &Destination,
    address: &str,
) -> anyhow::Result<Result<Option<String>, Prepared>> {
    let (recipient, suppression) = dispatcher.parts.store.recipient(&destination.account, address).await?;
    let not_wanted = |why: &str| Ok(Err(Prepared::Nothing { end: DeliveryEnd::NotWanted, why: why.to_owned() }));
    if let Some(suppression) = suppression {
        let why = format!("nobody writes to this address any more: {}", suppression.reason);
        return Ok(Err(Prepared::Gone { destination: destination.clone(), why }));
    }
    let Some(recipient) = recipient else {
        return not_wanted("the owner of the address was not asked yet");
    };
    match (recipient.consent, alert.event) {
        (Consent::Confirmed, Event::Confirm) => not_wanted("the owner of the address has agreed already"),
        (Consent::Confirmed, _) | (Consent::Asked, Event::Confirm) => {
            let base = dispatcher.parts.public_url.as_ref();
            Ok(Ok(base.map(|base| format!("{base}/mail/{}", recipient.token))))
        }
        (Consent::Asked, _) => not_wanted("the owner of the address has not confirmed yet"),
        (Consent::Unsubscribed, _) => not_wanted("the owner of the address has unsubscribed"),
    }
}

//! How a destination is: whether alerts arrive there, and if not, why and what to do.
use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use maud::{Markup, html};
use site::{
    provider_state::ProviderState,
    states,
    times::{ago, utc},
};
use status::ids::{AccountId, DestinationId};
use store::{
    Consent, DeliveryEnd, DeliveryEntry, DestinationRecord, Recipient, StoreError, StoredDestination, Suppression,
    SuppressionCause,
};

use crate::{sending, state::Console};

const AT_A_TIME: usize = 8;

pub(super) struct Condition {
    /// `None`: it was removed a moment ago.
    record: Option<DestinationRecord>,
    /// Of a channel that needs consent.
    mail: Option<Mail>,
    newest: Option<DeliveryEntry>,
}

struct Mail {
    address: String,
    recipient: Option<Recipient>,
    suppression: Option<Suppression>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Health {
    Works,
    /// Nothing arrived there yet. `has_failed`: the newest that was sent did not.
    Unverified {
        has_failed: bool,
    },
    /// The owner of the address has not answered.
    Waiting {
        address: String,
        asked_at: Option<Timestamp>,
    },
    Unsubscribed {
        address: String,
    },
    Suppressed {
        address: String,
        by_complaint: bool,
        reason: String,
    },
    /// Deliveries fail or are refused, and are tried again.
    Failing {
        since: Timestamp,
    },
    Paused {
        reason: String,
        at: Timestamp,
    },
}

impl Condition {
    pub(super) async fn read(
        console: &Console,
        account: &AccountId,
        destination: &StoredDestination,
    ) -> Result<Self, StoreError> {
        let record = console.store.destination(&destination.id);
        let (record, rest) = tokio::try_join!(record, Self::without_record(console, account, destination))?;
        Ok(rest.with(record, account))
    }

    /// Of several, in their order.
    pub(super) async fn read_all(
        console: &Console,
        account: &AccountId,
        destinations: Vec<StoredDestination>,
    ) -> Result<Vec<Self>, StoreError> {
        let ids: Vec<DestinationId> = destinations.iter().map(|destination| destination.id.clone()).collect();
        let records = console.store.destinations(&ids).await?.into_iter();
        let mut records: HashMap<DestinationId, DestinationRecord> =
            records.map(|record| (record.destination.id.clone(), record)).collect();
        let read = async |destination| Self::without_record(console, account, &destination).await;
        let rest: Vec<Self> = stream::iter(destinations).map(read).buffered(AT_A_TIME).try_collect().await?;
        Ok(rest.into_iter().zip(ids).map(|(rest, id)| rest.with(records.remove(&id), account)).collect())
    }

    async fn without_record(
        console: &Console,
        account: &AccountId,
        destination: &StoredDestination,
    ) -> Result<Self, StoreError> {
        let store = &console.store;
        let mail = async {
            let Some(address) = sending::address(destination) else { return Ok(None) };
            let (recipient, suppression) = store.recipient(account, &address).await?;
            Ok(Some(Mail { address, recipient, suppression }))
        };
        let (mail, mut newest) = tokio::try_join!(mail, store.newest_deliveries_to(&destination.id, None, 1))?;
        Ok(Self { record: None, mail, newest: newest.pop() })
    }

    /// Destinations of all accounts share one key space.
    fn with(self, record: Option<DestinationRecord>, account: &AccountId) -> Self {
        Self { record: record.filter(|record| record.destination.account == *account), ..self }
    }

    pub(super) fn health(&self) -> Health {
        let record = self.record.as_ref();
        if let Some(mail) = &self.mail {
            let address = mail.address.clone();
            if let Some(suppression) = &mail.suppression {
                let by_complaint = suppression.cause() == SuppressionCause::Complained;
                return Health::Suppressed { address, by_complaint, reason: suppression.reason.clone() };
            }
            match mail.recipient.as_ref().map(|recipient| (recipient.consent, recipient.asked_at)) {
                Some((Consent::Confirmed, _)) => {}
                Some((Consent::Unsubscribed, _)) => return Health::Unsubscribed { address },
                Some((Consent::Asked, at)) => return Health::Waiting { address, asked_at: Some(at) },
                None => return Health::Waiting { address, asked_at: None },
            }
        }
        if let Some(disabled) = record.and_then(|record| record.disabled.as_ref()) {
            return Health::Paused { reason: disabled.reason.clone(), at: disabled.at };
        }
        let failing_since = record.and_then(|record| record.failing_since);
        if let Some(since) = failing_since.or_else(|| Some(record?.refusals.as_ref()?.since)) {
            return Health::Failing { since };
        }
        match record.and_then(|record| record.verified_at) {
            Some(_) => Health::Works,
            None => Health::Unverified { has_failed: self.newest.as_ref().is_some_and(has_failed) },
        }
    }

    /// When something was sent there last.
    pub(super) fn newest(&self) -> Markup {
        html! {
            @match &self.newest {
                Some(entry) => { @if has_failed(entry) { "last tried " } @else { "last sent " } (ago(entry.attempts.last().map_or(entry.first_at, |attempt| attempt.at))) },
                None => "nothing sent yet",
            }
        }
    }
}

fn has_failed(entry: &DeliveryEntry) -> bool {
    matches!(entry.ended, Some(DeliveryEnd::GivenUp | DeliveryEnd::Rejected | DeliveryEnd::Disabled))
}

impl Health {
    fn state(&self) -> ProviderState {
        match self {
            Self::Works => ProviderState::Operational,
            Self::Unverified { has_failed: false } | Self::Waiting { .. } => ProviderState::DegradedPerformance,
            Self::Unverified { has_failed: true } | Self::Failing { .. } => ProviderState::PartialOutage,
            Self::Unsubscribed { .. } | Self::Suppressed { .. } | Self::Paused { .. } => ProviderState::MajorOutage,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Works => "Works",
            Self::Unverified { has_failed: false } => "Not tested yet",
            Self::Unverified { has_failed: true } => "Does not work yet",
            Self::Waiting { .. } => "Waiting for confirmation",
            Self::Unsubscribed { .. } => "Unsubscribed",
            Self::Suppressed { .. } => "Gets no mail",
            Self::Failing { .. } => "Failing",
            Self::Paused { .. } => "Paused",
        }
    }

    pub(super) fn markup(&self) -> Markup {
        html! {
            span class={ "state " (self.state().as_str()) } { (states::icon(self.state())) (self.word()) }
        }
    }

    /// Nothing arrives there until somebody does something.
    pub(super) fn is_stopped(&self) -> bool {
        self.state() == ProviderState::MajorOutage
    }

    /// Why, and what to do; `None`: nothing is to be done.
    pub(super) fn advice(&self) -> Option<String> {
        Some(match self {
            Self::Works => return None,
            Self::Unverified { .. } => "Nothing has arrived there with these settings. Send a test.".to_owned(),
            Self::Waiting { address, asked_at: Some(at) } => {
                format!("Waiting for {address} to confirm, asked {}. Nothing else is sent there before.", utc(*at))
            }
            Self::Waiting { address, asked_at: None } => format!("{address} was not asked to confirm yet."),
            Self::Unsubscribed { address } => {
                format!("{address} has unsubscribed. Only its owner can come back, by the link in any earlier email.")
            }
            Self::Suppressed { address, by_complaint: true, .. } => format!(
                "The owner of {address} reported an email as spam. Only they can lift that, by the link in any earlier \
                 email."
            ),
            Self::Suppressed { address, reason, .. } => format!(
                "Mail to {address} came back: {reason}. Correct the address; or let its owner lift that, by the link in \
                 any earlier email."
            ),
            Self::Failing { since } => format!(
                "Deliveries have failed since {}, and are tried again. Send a test to see what it answers.",
                utc(*since)
            ),
            Self::Paused { reason, at } => format!(
                "Paused since {}: {reason}. Correct the settings, then send a test. If it arrives, alerts go on, and \
                 what was missed and is of use follows.",
                utc(*at)
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(consent: Consent) -> Recipient {
        Recipient {
            account: "a".into(),
            address: "jo@example.com".to_owned(),
            token: "t".to_owned(),
            consent,
            asked: 1,
            asked_at: Timestamp::UNIX_EPOCH,
            answered_at: None,
        }
    }

    fn mail(recipient: Option<Recipient>) -> Condition {
        let mail = Mail { address: "jo@example.com".to_owned(), recipient, suppression: None };
        Condition { record: None, mail: Some(mail), newest: None }
    }

    #[test]
    fn mail_address_waits_until_its_owner_has_answered() {
        for (known, word) in [
            (None, "Waiting for confirmation"),
            (Some(recipient(Consent::Asked)), "Waiting for confirmation"),
            (Some(recipient(Consent::Unsubscribed)), "Unsubscribed"),
            (Some(recipient(Consent::Confirmed)), "Not tested yet"),
        ] {
            assert_eq!(mail(known).health().word(), word);
        }
    }

    #[test]
    fn reason_of_a_pause_is_told_with_what_to_do() {
        let health = Health::Paused { reason: "answered 404: no_service".to_owned(), at: Timestamp::UNIX_EPOCH };
        assert!(health.is_stopped());
        let advice = health.advice().unwrap();
        assert!(advice.contains("no_service") && advice.contains("send a test"), "{advice}");
    }
}

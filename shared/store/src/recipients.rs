//! Which addresses may get mail. An address belongs to whoever reads its mail, not to the account that names it, so its
//! owner is asked once and can withdraw consent. Addresses that bounced or complained get no mail. Wanted properties:
//! - consent outlives every change of the settings: nobody is asked again because a destination was edited;
//! - only the address's owner knows the secret of the links, since it is only ever mailed there.
use std::collections::BTreeSet;

use aws_sdk_dynamodb::{operation::update_item::UpdateItemError, types::AttributeValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use status::{
    alert::Alert,
    ids::{AccountId, DestinationId},
    notice,
};

use crate::{
    error::StoreError,
    items::{attribute, indexed, item, primary, read_item},
    keys,
    monitors::DestinationRecord,
    requests::{BatchGet, query_page},
    store::Store,
};

/// One address as used by one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub account: AccountId,
    pub address: String,
    /// The secret part of the links in its mails.
    pub token: String,
    pub consent: Consent,
    /// How often the request for consent was sent.
    pub asked: u32,
    /// When it was sent last.
    pub asked_at: Timestamp,
    /// When the owner answered last.
    pub answered_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// No answer yet.
    Asked,
    Confirmed,
    Unsubscribed,
}

/// Why an address gets no mail from any account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    pub address: String,
    /// For people: a bounce or a complaint, in words of the mail server too.
    pub reason: String,
    pub at: Timestamp,
    cause: SuppressionCause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionCause {
    /// A mail server said so in its answer.
    NoMailbox,
    /// A mail was returned later.
    Bounced,
    /// The owner reported a mail as spam.
    Complained,
}

impl Recipient {
    /// The request for consent that the record describes: the same until the owner is asked again.
    pub fn request(&self, destination: &DestinationId) -> Alert {
        notice::confirm(destination, &format!("{} {}", self.address, self.asked), self.asked_at)
    }
}

impl Suppression {
    pub fn cause(&self) -> SuppressionCause {
        self.cause
    }
}

impl Store {
    /// The recipient, and whether it is new and has to be asked for consent. `token` becomes the secret of a new one's
    /// links.
    pub async fn recipient_or_new(
        &self,
        account: &AccountId,
        address: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<(Recipient, bool), StoreError> {
        // Read first, since a refused write shows up as an error in logs.
        if let (Some(known), _) = self.recipient(account, address).await? {
            return Ok((known, false));
        }
        let new = Recipient {
            account: account.clone(),
            address: address.to_owned(),
            token: token.to_owned(),
            consent: Consent::Asked,
            asked: 1,
            asked_at: now,
            answered_at: None,
        };
        let row = indexed(item(keys::recipient(account, address), "recipient", &new), keys::link(token));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => return Ok((new, true)),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {}
            Err(error) => return Err(StoreError::request("write recipient")(error)),
        }
        let found = self.get("read recipient", keys::recipient(account, address)).await?;
        Ok((read_item(found.unwrap_or_default(), "recipient")?, false))
    }

    /// The account's recipient of this address, and why the address gets no mail at all. Strongly consistent.
    pub async fn recipient(
        &self,
        account: &AccountId,
        address: &str,
    ) -> Result<(Option<Recipient>, Option<Suppression>), StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read recipient",
            keys: [keys::recipient(account, address), keys::suppressed(address)].into(),
            only: None,
            consistent: true,
        });
        let (mut recipient, mut suppression) = (None, None);
        for item in found.await? {
            match item.get("type").and_then(|value| value.as_s().ok()).map(String::as_str) {
                Some("suppression") => suppression = Some(read_item(item, "suppression")?),
                _ => recipient = Some(read_item(item, "recipient")?),
            }
        }
        Ok((recipient, suppression))
    }

    /// Those of these accounts' addresses that are known, in no order. Strongly consistent.
    pub async fn recipients<'a>(
        &self,
        addresses: impl IntoIterator<Item = (&'a AccountId, &'a str)>,
    ) -> Result<Vec<Recipient>, StoreError> {
        let found = self.batch_get(BatchGet {
            operation: "read recipients",
            keys: addresses.into_iter().map(|(account, address)| keys::recipient(account, address)).collect(),
            only: None,
            consistent: true,
        });
        found.await?.into_iter().map(|item| read_item(item, "recipient")).collect()
    }

    /// The recipient whose links have this secret. May lag behind the newest write.
    pub async fn recipient_by_token(&self, token: &str) -> Result<Option<Recipient>, StoreError> {
        let (mut items, _) = query_page("read link", self.query_index(keys::link_of(token)), None, 1).await?;
        items.pop().map(|item| read_item(item, "recipient")).transpose()
    }

    /// Counts another request for consent. Returns the recipient as it is then.
    pub async fn ask_again(&self, recipient: &Recipient, now: Timestamp) -> Result<Recipient, StoreError> {
        let (set, values) =
            ("asked = asked + :one, asked_at = :now", [(":one", attribute(1)), (":now", attribute(now))]);
        self.update_recipient(recipient, set, values).await
    }

    /// Records the owner's answer. Consent lifts a suppression too: somebody reads the mail and wants it.
    pub async fn answer(&self, recipient: &Recipient, consent: Consent, now: Timestamp) -> Result<(), StoreError> {
        let values = [(":consent", attribute(consent)), (":now", attribute(now))];
        self.update_recipient(recipient, "consent = :consent, answered_at = :now", values).await?;
        if consent == Consent::Confirmed {
            self.lift_suppression(&recipient.address).await?;
        }
        Ok(())
    }

    async fn update_recipient<const N: usize>(
        &self,
        recipient: &Recipient,
        set: &str,
        values: [(&str, AttributeValue); N],
    ) -> Result<Recipient, StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::recipient(&recipient.account, &recipient.address))))
            .update_expression(format!("SET {set}"))
            .condition_expression("attribute_exists(pk)")
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        match update.send().await {
            Ok(answer) => read_item(answer.attributes.unwrap_or_default(), "recipient"),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => {
                    Err(StoreError::Unreadable { what: "a recipient that was removed".to_owned() })
                }
                _ => Err(StoreError::request("update recipient")(error)),
            },
        }
    }

    /// For the deletion of an account. Who has unsubscribed stays known, so that their refusal outlives it; and so does
    /// an address that gets no mail, since only the link in an earlier mail lifts that.
    pub async fn forget_recipients(&self, account: &AccountId, addresses: &BTreeSet<String>) -> Result<(), StoreError> {
        for address in addresses {
            let (recipient, suppression) = self.recipient(account, address).await?;
            let has_refused = recipient.is_none_or(|recipient| recipient.consent == Consent::Unsubscribed);
            if has_refused || suppression.is_some() {
                continue;
            }
            let delete = self
                .client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(primary(keys::recipient(account, address))))
                .condition_expression("attribute_not_exists(pk) OR consent <> :unsubscribed")
                .expression_attribute_values(":unsubscribed", attribute(Consent::Unsubscribed));
            match delete.send().await {
                Err(error) if error.as_service_error().is_none_or(|it| !it.is_conditional_check_failed_exception()) => {
                    return Err(StoreError::request("forget recipient")(error));
                }
                // Deleted, or refused since they unsubscribed at this moment.
                _ => {}
            }
        }
        Ok(())
    }

    /// Lifts a suppression. Destinations that were disabled because of it are enabled when an alert for them is due.
    pub async fn lift_suppression(&self, address: &str) -> Result<(), StoreError> {
        let key = primary(keys::suppressed(address));
        let lifted = self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await;
        lifted.map_err(StoreError::request("lift suppression"))?;
        Ok(())
    }

    /// Enables a disabled destination with a mail address if the suppression was lifted that disabled it, or if the
    /// owner of the address has agreed since: neither knows all destinations that name the address. Returns whether it
    /// is enabled now.
    pub async fn enable_if_lifted(&self, record: &DestinationRecord, address: &str) -> Result<bool, StoreError> {
        let (Some(disabled), destination) = (&record.disabled, &record.destination) else { return Ok(true) };
        let (recipient, suppression) = self.recipient(&destination.account, address).await?;
        let has_agreed = recipient.is_some_and(|recipient| {
            recipient.consent == Consent::Confirmed && recipient.answered_at.is_some_and(|at| at > disabled.at)
        });
        if suppression.is_some() || !(disabled.is_by_suppression() || has_agreed) {
            return Ok(false);
        }
        self.enable(&destination.id).await?;
        Ok(true)
    }

    /// Why the address gets no mail, if it gets none.
    pub async fn suppression(&self, address: &str) -> Result<Option<Suppression>, StoreError> {
        let found = self.get("read suppression", keys::suppressed(address)).await?;
        found.map(|item| read_item(item, "suppression")).transpose()
    }

    /// From now on no account mails this address.
    pub async fn suppress(
        &self,
        address: &str,
        cause: SuppressionCause,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let suppression = Suppression { address: address.to_owned(), reason: reason.to_owned(), at: now, cause };
        let row = item(keys::suppressed(address), "suppression", &suppression);
        self.replace("write suppression", row, "suppression").await
    }
}

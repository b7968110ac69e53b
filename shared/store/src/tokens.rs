//! API tokens and invitations of an account: found by account and id, and compared with the digest of their secret.
use accounts::{ApiToken, Invitation, audit::AuditEntry, credential::Credential};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::{SignedDuration, Timestamp};
use status::ids::AccountId;

use crate::{
    error::StoreError,
    items::{Item, attribute, expiring, item, primary, read_item},
    keys,
    store::Store,
};

/// Between two writes of when a token was used last.
const USE_IS_NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

impl Store {
    pub async fn put_api_token(&self, token: &ApiToken, entry: AuditEntry) -> Result<(), StoreError> {
        let row = item(keys::api_token(&token.account, &token.id), "api_token", token);
        self.put_audited(ends(row, token.ends_at), entry).await
    }

    /// The token, if its secret fits and it has not ended; notes that it is used.
    pub async fn api_token(&self, given: &Credential, now: Timestamp) -> Result<Option<ApiToken>, StoreError> {
        let account = AccountId::new(&given.owner);
        let key = keys::api_token(&account, &given.id);
        let found = self.get("read API token", key.clone()).await?;
        let token: Option<ApiToken> = found.map(|item| read_item(item, "API token")).transpose()?;
        let has_ended = |token: &ApiToken| token.ends_at.is_some_and(|end| end <= now);
        let Some(token) = token.filter(|token| token.digest.is_of(&given.secret) && !has_ended(token)) else {
            return Ok(None);
        };
        if token.used_at.is_none_or(|used| now.duration_since(used) >= USE_IS_NOTED_EVERY) {
            let update = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(primary(key)))
                .update_expression("SET used_at = :now")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_values(":now", attribute(now));
            match update.send().await {
                Ok(_) => {}
                Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                    return Ok(None);
                }
                Err(error) => return Err(StoreError::request("note the use of an API token")(error)),
            }
        }
        Ok(Some(token))
    }

    /// Whether there is a token with this id that has not ended.
    pub async fn has_api_token(&self, account: &AccountId, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let found = self.get("read API token", keys::api_token(account, id)).await?;
        let token: Option<ApiToken> = found.map(|item| read_item(item, "API token")).transpose()?;
        Ok(token.is_some_and(|token| token.ends_at.is_none_or(|end| end > now)))
    }

    pub async fn remove_api_token(&self, token: &ApiToken, entry: AuditEntry) -> Result<(), StoreError> {
        self.delete_audited(primary(keys::api_token(&token.account, &token.id)), entry).await
    }

    pub async fn put_invitation(&self, invitation: &Invitation, entry: AuditEntry) -> Result<(), StoreError> {
        let row = item(keys::invitation(&invitation.account, &invitation.id), "invitation", invitation);
        self.put_audited(expiring(row, invitation.ends_at), entry).await
    }

    /// The invitation of a link, if its secret fits and it has not ended.
    pub async fn invitation(&self, link: &Credential, now: Timestamp) -> Result<Option<Invitation>, StoreError> {
        let key = keys::invitation(&AccountId::new(&link.owner), &link.id);
        let found = self.get("read invitation", key).await?;
        let invitation: Option<Invitation> = found.map(|item| read_item(item, "invitation")).transpose()?;
        Ok(invitation.filter(|invitation| invitation.digest.is_of(&link.secret) && invitation.ends_at > now))
    }

    pub async fn remove_invitation(&self, invitation: &Invitation, entry: AuditEntry) -> Result<(), StoreError> {
        self.delete_audited(primary(keys::invitation(&invitation.account, &invitation.id)), entry).await
    }

    pub(crate) async fn put_audited(&self, row: Item, entry: AuditEntry) -> Result<(), StoreError> {
        self.write_audited(self.put(row), entry).await
    }

    pub(crate) async fn delete_audited(&self, key: Item, entry: AuditEntry) -> Result<(), StoreError> {
        self.write_audited(self.delete(key), entry).await
    }

    async fn write_audited(&self, write: TransactWriteItem, entry: AuditEntry) -> Result<(), StoreError> {
        let written = self.transact("write team", &[write, self.audited(entry)?]).await;
        written.map_err(|cancelled| cancelled.error)
    }
}

fn ends(row: Item, at: Option<Timestamp>) -> Item {
    match at {
        Some(at) => expiring(row, at),
        None => row,
    }
}

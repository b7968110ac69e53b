//! Encrypts anew what an older key has encrypted, in the rows of all accounts, so that this key can be taken away: for
//! `statuswire keys reseal`. Each row is written on the condition that its secret is still the one that was read, so
//! that whoever saves a setting meanwhile keeps what they saved. Nothing else of a row changes: neither its version,
//! nor whether a destination is disabled. A pass that stops is repeated, and finds less to do.
use aws_sdk_dynamodb::{operation::update_item::UpdateItemError, types::AttributeValue};

use crate::{
    error::StoreError,
    items::{Item, key_of, primary},
    requests::{read_cursor, write_cursor},
    row_secrets::{Standing, secret_of},
    schema,
    store::Store,
};

/// The rows with secrets that a pass over the table found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Encrypted with the newest key now.
    pub written: usize,
    /// They were already.
    pub current: usize,
    /// Somebody else wrote them meanwhile: another pass looks at them again.
    pub changed: usize,
    /// Those that cannot be decrypted or read, with what to do.
    pub left: Vec<String>,
}

impl Store {
    /// One pass over the whole table, which is read once. With the number of the newest key.
    pub async fn reseal(&self) -> Result<(Resealed, u32), StoreError> {
        let key = self.sealer.0.as_ref().map(|encryption| encryption.keyring.current());
        let key = key.ok_or_else(|| StoreError::NoKeys { what: "what is secret in the table".to_owned() })?;
        let (mut resealed, mut cursor) = (Resealed::default(), None::<String>);
        loop {
            let scan = self.client.scan().table_name(&self.table).consistent_read(true);
            let scan = scan.set_exclusive_start_key(cursor.as_deref().map(read_cursor).transpose()?);
            let found = scan.send().await.map_err(StoreError::request("read the table"))?;
            for item in found.items.unwrap_or_default() {
                self.reseal_row(&item, key, &mut resealed).await?;
            }
            match found.last_evaluated_key.filter(|key| !key.is_empty()) {
                Some(next) => cursor = Some(write_cursor(next)),
                None => return Ok((resealed, key)),
            }
        }
    }

    /// Fails only if the table does.
    async fn reseal_row(&self, item: &Item, key: u32, resealed: &mut Resealed) -> Result<(), StoreError> {
        let kind = item.get("type").and_then(|kind| kind.as_s().ok()).map_or("item", String::as_str);
        let secret = match schema::version_of(item, kind).and_then(|_| secret_of(item)) {
            Ok(Some(secret)) => secret,
            Ok(None) => return Ok(()),
            Err(error) => {
                resealed.left.push(error.to_string());
                return Ok(());
            }
        };
        match secret.standing(self, key) {
            Standing::Clear => return Ok(()),
            Standing::Current => {
                resealed.current += 1;
                return Ok(());
            }
            Standing::Stale => {}
        }
        let after = match secret.sealed_anew(self) {
            Ok(after) => after,
            Err(error) => {
                resealed.left.push(error.to_string());
                return Ok(());
            }
        };
        let is_written = self.replace_secret(item, secret.attribute(), after).await?;
        if is_written {
            resealed.written += 1
        } else {
            resealed.changed += 1
        }
        Ok(())
    }

    /// `false`: it is another one by now, or is being written.
    async fn replace_secret(&self, item: &Item, name: &str, after: AttributeValue) -> Result<bool, StoreError> {
        let unreadable = || StoreError::Unreadable { what: "key of an item".to_owned() };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(key_of(item).ok_or_else(unreadable)?)))
            .update_expression("SET #secret = :after")
            .condition_expression("#secret = :before")
            .expression_attribute_names("#secret", name)
            .expression_attribute_values(":before", item[name].clone())
            .expression_attribute_values(":after", after);
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(
                UpdateItemError::ConditionalCheckFailedException(_) | UpdateItemError::TransactionConflictException(_),
            ) => Ok(false),
            _ => Err(StoreError::request("encrypt a secret anew")(error)),
        }
    }
}

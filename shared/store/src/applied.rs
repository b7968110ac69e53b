//! Which settings of an account are applied: a digest of them, so that a start with the same settings as before neither
//! reads nor compares them. Wanted properties:
//! - the digest is written after the settings and after all that the caller does about them (invariant 5);
//! - it is removed before the first setting changes, so that nothing counts as applied after a stop half-way;
//! - of two applies that overlap and write, neither leaves a digest: the rows may be a mixture of both;
//! - a version that writes other rows, and a key that encrypts them anew, has other digests, so that its first start
//!   writes them;
//! - without the key the digest says nothing of what is secret in the settings.
use aws_sdk_dynamodb::types::ReturnValue;
use serde::Deserialize;
use status::ids::{AccountId, digest};

use crate::{
    error::StoreError,
    items::{attribute, primary, read_item, setting_keys},
    keys,
    settings::{AccountSettings, Applied},
    store::Store,
};

/// Part of every digest. To be increased where the rows of settings mean something else, or rows beside them are needed
/// as well, although their keys and attributes are the same.
const ROWS_VERSION: u32 = 1;

#[derive(Default, Deserialize)]
struct Mark {
    /// Counts the applies of the account that changed something, so that each knows whether it was the only one.
    #[serde(default)]
    runs: u64,
    #[serde(default)]
    digest: Option<String>,
}

impl Store {
    /// `Some` if these settings are the ones that [`Store::note_applied`] was told of, and nothing has been applied
    /// since. One request, however many settings there are.
    pub async fn already_applied(
        &self,
        account: &AccountId,
        wanted: &AccountSettings,
    ) -> Result<Option<Applied>, StoreError> {
        let Mark { runs: run, digest: noted } = self.mark(account).await?;
        let is_same = noted.is_some_and(|noted| noted == wanted.digest(account, self.sealer.fingerprint()));
        Ok(is_same.then(|| Applied { unchanged: wanted.len(), run, ..Applied::default() }))
    }

    /// All that follows from these settings was done. Nothing is noted if another apply has begun meanwhile.
    pub async fn note_applied(
        &self,
        account: &AccountId,
        wanted: &AccountSettings,
        applied: &Applied,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::applied(account))))
            .update_expression("SET digest = :digest, runs = :run")
            .condition_expression("attribute_not_exists(pk) OR runs = :run")
            .expression_attribute_values(":digest", attribute(wanted.digest(account, self.sealer.fingerprint())))
            .expression_attribute_values(":run", attribute(applied.run));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                self.begin_apply(account).await.map(drop)
            }
            Err(error) => Err(StoreError::request("note applied settings")(error)),
        }
    }

    /// Settings of the account are about to change: none are applied any more. Returns the number of this run.
    pub(crate) async fn begin_apply(&self, account: &AccountId) -> Result<u64, StoreError> {
        let updated = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::applied(account))))
            .update_expression("ADD runs :one REMOVE digest")
            .expression_attribute_values(":one", attribute(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(StoreError::request("begin to apply settings"))?;
        let mark: Mark = read_item(updated.attributes.unwrap_or_default(), "mark of applied settings")?;
        Ok(mark.runs)
    }

    /// The number of the newest run; 0 before the first.
    pub(crate) async fn newest_run(&self, account: &AccountId) -> Result<u64, StoreError> {
        Ok(self.mark(account).await?.runs)
    }

    async fn mark(&self, account: &AccountId) -> Result<Mark, StoreError> {
        let found = self.get("read mark of applied settings", keys::applied(account)).await?;
        found.map_or(Ok(Mark::default()), |item| read_item(item, "mark of applied settings"))
    }
}

impl AccountSettings {
    /// Of all rows with their keys, in one order. `fingerprint`: of the key that encrypts.
    fn digest(&self, account: &AccountId, fingerprint: &str) -> String {
        let mut parts = vec![ROWS_VERSION.to_string(), fingerprint.to_owned()];
        for setting in self.settings(account).values() {
            let (key, index) = setting_keys(account, setting);
            parts.extend(std::iter::once(key).chain(index).flat_map(|key| [key.partition, key.sort]));
            parts.push(serde_json::to_string(setting).expect("settings are plain data"));
        }
        for (page, login) in &self.logins {
            parts.push(format!("login of {page}: {}", serde_json::to_string(login).expect("settings are plain data")));
        }
        for board in &self.boards {
            parts.push(format!("board: {}", serde_json::to_string(board).expect("settings are plain data")));
        }
        digest(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}
